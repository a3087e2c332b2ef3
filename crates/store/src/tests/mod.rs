//! The tables, from their own door: a store over the embedded DynamoDB, whose calls can be lost or refused.

mod changes;
mod commits;
mod faults;
mod keys;
mod queries;
mod records;
mod samples;
mod torn_reads;
mod versions;

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use clock::Clock;
use jiff::Timestamp;
use local_aws::table::{CORE, INBOX, Table};
use tempfile::TempDir;

use self::faults::Faults;
use crate::{Jitter, Store, Tables};

/// A store over tables of its own.
struct Fixture {
    store: Store,
    clock: Clock,
    faults: Faults,
    /// A client past all faults.
    client: Client,
    // Dropped after the client: the server first, then its folder.
    _table: Table,
    _folder: TempDir,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let table = Table::open(&folder.path().join("table"), "test").unwrap();
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-west-3"))
            .credentials_provider(credentials(&table))
            .endpoint_url(table.endpoint())
            // What is lost is lost at once, as with a worker that dies.
            .retry_config(RetryConfig::disabled());
        let faults = Faults::default();
        let client = Client::from_conf(config.clone().build());
        let watched = Client::from_conf(config.interceptor(faults.clone()).build());
        let tables = Tables { core: CORE.to_owned(), inbox: INBOX.to_owned() };
        let clock = Clock::manual(Timestamp::UNIX_EPOCH);
        let store =
            Store::new(watched, tables, Jitter::seeded(1), clock.clone()).with_first_pause(Duration::from_micros(100));
        // Its zone is known, as to a worker that has read it.
        store.remember_zone(&samples::business());
        Self { store, clock, faults, client, _table: table, _folder: folder }
    }
}

/// The credentials that the table's server takes.
fn credentials(table: &Table) -> Credentials {
    Credentials::new(table.access_key(), "test", None, None, "test")
}
