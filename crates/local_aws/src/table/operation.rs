//! The operations of DynamoDB that the embedded table answers, and how the engine carries them out.

use axum::http::{HeaderMap, Method};
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

const TARGET_PREFIX: &str = "DynamoDB_20120810.";

/// A refusal or failure in DynamoDB's form.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) status: u16,
    /// JSON with `__type` and `message`.
    pub(super) body: String,
}

impl From<DynoxideError> for Failure {
    fn from(error: DynoxideError) -> Self {
        Self { status: error.status_code(), body: error.to_json() }
    }
}

/// The operations that a client of the product may use: to read and write items, and to describe the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    BatchGetItem,
    BatchWriteItem,
    DeleteItem,
    DescribeTable,
    DescribeTimeToLive,
    GetItem,
    PutItem,
    Query,
    Scan,
    TransactGetItems,
    TransactWriteItems,
    UpdateItem,
}

/// The operation that a request names in its headers.
pub(super) fn named(method: &Method, headers: &HeaderMap) -> Option<Operation> {
    let target = headers.get("x-amz-target")?.to_str().ok()?;
    let operation = match target.strip_prefix(TARGET_PREFIX)? {
        "BatchGetItem" => Operation::BatchGetItem,
        "BatchWriteItem" => Operation::BatchWriteItem,
        "DeleteItem" => Operation::DeleteItem,
        "DescribeTable" => Operation::DescribeTable,
        "DescribeTimeToLive" => Operation::DescribeTimeToLive,
        "GetItem" => Operation::GetItem,
        "PutItem" => Operation::PutItem,
        "Query" => Operation::Query,
        "Scan" => Operation::Scan,
        "TransactGetItems" => Operation::TransactGetItems,
        "TransactWriteItems" => Operation::TransactWriteItems,
        "UpdateItem" => Operation::UpdateItem,
        _ => return None,
    };
    Some(operation).filter(|_| method == Method::POST)
}

/// Lets the engine carry a request out.
pub(super) fn run(database: &Database, operation: Operation, body: &[u8]) -> Result<Vec<u8>, Failure> {
    match operation {
        Operation::BatchGetItem => call(body, |request| database.batch_get_item(request)),
        Operation::BatchWriteItem => call(body, |request| database.batch_write_item(request)),
        Operation::DeleteItem => call(body, |request| database.delete_item(request)),
        Operation::DescribeTable => call(body, |request| database.describe_table(request)),
        Operation::DescribeTimeToLive => call(body, |request| database.describe_time_to_live(request)),
        Operation::GetItem => call(body, |request| database.get_item(request)),
        Operation::PutItem => call(body, |request| database.put_item(request)),
        Operation::Query => call(body, |request| database.query(request)),
        Operation::Scan => call(body, |request| database.scan(request)),
        Operation::TransactGetItems => call(body, |request| database.transact_get_items(request)),
        Operation::TransactWriteItems => call(body, |request| database.transact_write_items(request)),
        Operation::UpdateItem => call(body, |request| database.update_item(request)),
    }
}

fn call<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    run: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<Vec<u8>, Failure> {
    // The clients are SDKs, whose requests can always be read.
    let request = serde_json::from_slice(body).map_err(|e| DynoxideError::SerializationException(e.to_string()))?;
    serde_json::to_vec(&run(request)?).map_err(|e| DynoxideError::InternalServerError(e.to_string()).into())
}
