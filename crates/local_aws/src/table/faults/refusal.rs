//! How the tables refuse a call, in the service's own words.

use fault_injection::Random;
use serde_json::{Value, json};

use super::keys::items_of;
use crate::table::operation::{Failure, Operation};

/// How the tables refuse a call without carrying it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// A transaction: another one is using one of its items.
    Conflict,
    /// A transaction: one of its items is requested too often.
    Throttled,
    /// A transaction: the throughput of one of its items is used up.
    Exceeded,
    /// A transaction: two of its items are to blame, each in its own way.
    Mixed,
    /// A transaction: the same one is being carried out.
    InProgress,
    /// A write of one item: a transaction is using the item.
    ConflictOfWrite,
    /// A batch: it is carried out in part, and the rest is returned as not processed.
    LeftOver,
    /// Any call: too many arrive.
    SlowDown,
    /// Any call: the throughput of a partition is used up.
    ThroughputExceeded,
    /// Any call: the account makes too many.
    LimitExceeded,
    /// Any call: the service failed.
    Failed,
    /// Any call: the service is down.
    Unavailable,
    /// Any call: the function's role may not make it.
    Denied,
    /// Any call: there is no such table.
    NoTable,
    /// Any call: the credentials have expired.
    Expired,
}

impl Refusal {
    pub const ALL: [Self; 15] = [
        Self::Conflict,
        Self::Throttled,
        Self::Exceeded,
        Self::Mixed,
        Self::InProgress,
        Self::ConflictOfWrite,
        Self::LeftOver,
        Self::SlowDown,
        Self::ThroughputExceeded,
        Self::LimitExceeded,
        Self::Failed,
        Self::Unavailable,
        Self::Denied,
        Self::NoTable,
        Self::Expired,
    ];

    /// The service's name for the refusal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conflict => "TransactionConflict",
            Self::Throttled => "ThrottlingError",
            Self::Exceeded => "ProvisionedThroughputExceeded",
            Self::Mixed => "TransactionConflict and ThrottlingError",
            Self::InProgress => "TransactionInProgressException",
            Self::ConflictOfWrite => "TransactionConflictException",
            Self::LeftOver => "UnprocessedKeys",
            Self::SlowDown => "ThrottlingException",
            Self::ThroughputExceeded => "ProvisionedThroughputExceededException",
            Self::LimitExceeded => "RequestLimitExceeded",
            Self::Failed => "InternalServerError",
            Self::Unavailable => "ServiceUnavailable",
            Self::Denied => "AccessDeniedException",
            Self::NoTable => "ResourceNotFoundException",
            Self::Expired => "ExpiredTokenException",
        }
    }

    /// Whether it lasts until a person changes something.
    pub fn is_lasting(self) -> bool {
        matches!(self, Self::Denied | Self::NoTable)
    }

    /// Whether only transactions are refused in this way.
    pub fn is_of_transactions(self) -> bool {
        matches!(self, Self::Conflict | Self::Throttled | Self::Exceeded | Self::Mixed | Self::InProgress)
    }

    /// Whether a call of this kind can be refused in this way.
    pub(super) fn concerns(self, operation: Operation) -> bool {
        match operation {
            Operation::TransactWriteItems => !matches!(self, Self::ConflictOfWrite | Self::LeftOver),
            Operation::PutItem | Operation::UpdateItem | Operation::DeleteItem => {
                !self.is_of_transactions() && self != Self::LeftOver
            }
            Operation::BatchGetItem | Operation::BatchWriteItem => {
                !self.is_of_transactions() && self != Self::ConflictOfWrite
            }
            Operation::DescribeTable
            | Operation::DescribeTimeToLive
            | Operation::GetItem
            | Operation::Query
            | Operation::Scan
            | Operation::TransactGetItems => {
                !self.is_of_transactions() && !matches!(self, Self::ConflictOfWrite | Self::LeftOver)
            }
        }
    }

    /// The service's answer to a request; `None` where the request is carried out in part.
    pub(super) fn answer(self, request: &Value, random: &mut Random) -> Option<Failure> {
        match self {
            Self::LeftOver => None,
            Self::Conflict | Self::Throttled | Self::Exceeded => {
                let items = request["TransactItems"].as_array().map_or(1, Vec::len);
                Some(cancelled(items, &[(random.below(items), self.as_str())]))
            }
            Self::Mixed => {
                let items = request["TransactItems"].as_array().map_or(1, Vec::len);
                let (first, second) = (random.below(items), random.below(items));
                Some(cancelled(items, &[(first, "ThrottlingError"), (second, "TransactionConflict")]))
            }
            Self::SlowDown | Self::ThroughputExceeded | Self::LimitExceeded => {
                let table = items_of(request).first().map(|key| key.table.clone());
                let table = table.or_else(|| request["TableName"].as_str().map(str::to_owned)).unwrap_or_default();
                let body = json!({
                    "__type": name_of(self.as_str()),
                    "message": "Throughput exceeds the current capacity: refused by the test.",
                    "throttlingReasons": [{
                        "reason": "TableWriteKeyRangeThroughputExceeded",
                        "resource": format!("arn:aws:dynamodb:us-east-1:000000000000:table/{table}"),
                    }],
                });
                Some(Failure { status: 400, body: body.to_string() })
            }
            Self::Failed => Some(failure(500, self.as_str())),
            Self::Unavailable => Some(failure(503, self.as_str())),
            Self::InProgress | Self::ConflictOfWrite | Self::Denied | Self::NoTable | Self::Expired => {
                Some(failure(400, self.as_str()))
            }
        }
    }
}

/// A cancelled transaction of so many items, of which some are to blame and the others have no reason.
pub(super) fn cancelled(items: usize, blamed: &[(usize, &str)]) -> Failure {
    let reason = |place: usize| {
        let code = blamed.iter().rev().find(|(blamed, _)| *blamed == place).map_or("None", |(_, code)| *code);
        json!({ "Code": code })
    };
    let reasons: Vec<Value> = (0..items).map(reason).collect();
    let body = json!({
        "__type": name_of("TransactionCanceledException"),
        "Message": "Transaction cancelled by the test, please refer cancellation reasons for specific reasons",
        "CancellationReasons": reasons,
    });
    Failure { status: 400, body: body.to_string() }
}

/// One of the service's errors.
pub(super) fn failure(status: u16, name: &str) -> Failure {
    let body = json!({ "__type": name_of(name), "message": "refused by the test" });
    Failure { status, body: body.to_string() }
}

fn name_of(error: &str) -> String {
    format!("com.amazonaws.dynamodb.v20120810#{error}")
}
