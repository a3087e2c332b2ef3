//! The worker at its boundary, over the embedded table. There is no Stripe and no mail.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use clock::Clock;
use function_runtime::IdGenerator;
use function_runtime::config::{Config, ContextConfig};
use jiff::{SignedDuration, Timestamp};
use local_aws::table::{CORE, INBOX, Table};
use payment_gateway::{GatewayConfig, Secret};
use receivables::BusinessId;
use store::{DueList, Store, Sweep, Tables};

use super::*;

/// An address at which no server listens.
const NOBODY: &str = "http://127.0.0.1:9";

fn now() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

fn b() -> BusinessId {
    "biz_0000000000000000000000000B".parse().unwrap()
}

/// The credentials that the table's server accepts.
fn credentials() -> Credentials {
    Credentials::new("test", "test", None, None, "test")
}

fn state_at(endpoint: &str) -> AppState {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-west-3"))
        .credentials_provider(credentials())
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::disabled());
    let tables = Tables { core: CORE.to_owned(), inbox: INBOX.to_owned() };
    let ids = IdGenerator::seeded(b"test");
    let store = Store::new(Client::from_conf(config.build()), tables.clone(), ids.jitter(), Clock::manual(now()));
    let ses = aws_sdk_ses::Config::builder()
        .behavior_version(aws_sdk_ses::config::BehaviorVersion::v2026_01_12())
        .region(aws_sdk_ses::config::Region::new("eu-west-3"))
        .endpoint_url(NOBODY)
        .build();
    let mailer = mail::Sender::new(aws_sdk_ses::Client::from_conf(ses));
    let context = ContextConfig {
        origin: "https://pay.example.com".to_owned(),
        link_secret: vec![7; 32],
        gateway: GatewayConfig::Stripe {
            api_base: NOBODY.to_owned(),
            secret_key: Secret::new("sk_test_1").unwrap(),
            first_pause: None,
        },
    };
    let config = Config { tables, default_business: Some(b()) };
    AppState::new(&config, &context, store, mailer, Clock::manual(now()), ids).unwrap()
}

#[tokio::test]
async fn what_is_due_is_asked_of_the_table_and_what_fails_stays_due() {
    let folder = tempfile::tempdir().unwrap();
    let table = Table::open(&folder.path().join("table"), "test").unwrap();
    let state = state_at(table.endpoint());
    let nothing = DueRun { done: 0, failed: 0, taken: 0 };
    assert_eq!(handle(&state, Shards::All, Deadline::default()).await.unwrap(), nothing, "nothing is there");
    let due_at = now().saturating_add(SignedDuration::from_mins(5)).unwrap();
    let sweep = Sweep { business: b(), provider: "stripe".parse().unwrap(), seen_until: now(), due_at, reading: None };
    state.context.store.ensure_sweep(&sweep).await.unwrap();
    assert_eq!(handle(&state, Shards::All, Deadline::default()).await.unwrap(), nothing, "nothing is due yet");
    state.clock.advance(SignedDuration::from_mins(5));
    assert_eq!(
        handle(&state, Shards::All, Deadline::default()).await.unwrap(),
        DueRun { failed: 1, ..nothing },
        "Stripe does not answer"
    );
    assert_eq!(
        handle(&state, Shards::All, Deadline::default()).await.unwrap(),
        nothing,
        "it is tried again when its lease has run out"
    );
    state.clock.advance(SignedDuration::from_hours(1));
    let due = state.context.store.due(DueList::Jobs, 0, state.clock.now(), 10).await.unwrap();
    assert_eq!(due.len(), 1);
}

#[tokio::test]
async fn where_the_table_does_not_answer_the_run_fails_and_may_come_again() {
    let error = handle(&state_at(NOBODY), Shards::Turn(7), Deadline::default()).await.unwrap_err();
    assert!(error.retryable(), "{error}");
}
