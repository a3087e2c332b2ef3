//! How the process is to run.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use aws_sdk_dynamodb::config::SharedInterceptor;
use clock::Clock;
use function_runtime::IdGenerator;
use futures::future::BoxFuture;
use payment_gateway::Secret;

/// Handles a batch of stream records, or says why it cannot.
pub type StreamHandler = Arc<dyn Fn(Event) -> BoxFuture<'static, Result<DynamoDbEventResponse, String>> + Send + Sync>;

/// How the process is to run.
#[derive(Clone)]
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    pub address: SocketAddr,
    /// The folder that holds everything.
    pub data: PathBuf,
    /// Whether the folder is thrown away at the end, and may be reset before.
    pub ephemeral: bool,
    /// Whether the demo's customers and invoices are left out.
    pub empty: bool,
    /// Who may be able to reach that address.
    pub reach: Reach,
    /// The key of the business's API, in place of the folder's own: `gk_` and at least 16 characters.
    pub api_key: Option<String>,
    /// An account at the real Stripe, in place of the sandbox.
    pub stripe: Option<StripeAccount>,
    pub clock: Clock,
    pub ids: IdGenerator,
    /// Whether the timer and the sandbox run on their own; tests run them step by step.
    pub automatic: bool,
    /// Watches, counts or breaks the calls to the tables. For tests.
    pub table_interceptor: Option<SharedInterceptor>,
    /// How long to wait, roughly, before the first retry at the tables and at Stripe, in place of the product's own
    /// pauses. For tests.
    pub first_pause: Option<Duration>,
    /// Handles the streams' batches in place of this process's own worker. For tests.
    pub stream_handler: Option<StreamHandler>,
}

/// Who may be able to reach the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Only this machine: any other address is refused.
    ThisMachine,
    /// Other machines too. That needs an account at the real Stripe, and nothing under `/dev` is served to them.
    Network,
}

/// An account at Stripe.
#[derive(Clone)]
pub struct StripeAccount {
    /// The address of its API, without a path.
    pub api_base: String,
    pub secret_key: Secret,
    /// The signing secrets of its webhook: one, or two while one is replaced.
    pub webhook_secrets: Vec<Secret>,
}
