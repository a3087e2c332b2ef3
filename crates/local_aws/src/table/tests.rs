//! What the product needs of the embedded tables, through the real SDK.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

/// The access key of every table in these tests.
pub(crate) const ACCESS_KEY: &str = "an-access-key-of-the-tests";

pub(crate) type Attributes<'a> = &'a [(&'a str, AttributeValue)];

pub(crate) fn client(table: &Table) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(ACCESS_KEY, "any", None, None, "test"))
        .endpoint_url(table.endpoint())
        .build();
    Client::from_conf(config)
}

pub(crate) fn s(value: &str) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn n(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) async fn put(client: &Client, table: &str, pk: &str, sk: &str, more: Attributes<'_>) {
    let mut item = HashMap::from([("pk".to_owned(), s(pk)), ("sk".to_owned(), s(sk))]);
    item.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    client.put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
}

async fn exists(client: &Client, table: &str, pk: &str, sk: &str) -> bool {
    let read = client.get_item().table_name(table).key("pk", s(pk)).key("sk", s(sk)).send().await.unwrap();
    read.item.is_some()
}

/// A third connection to the file, to look behind the engine.
fn behind(folder: &Path) -> Connection {
    engine_file::connect(&folder.join("table")).unwrap()
}

fn open(folder: &Path) -> Table {
    Table::open(&folder.join("table"), ACCESS_KEY).unwrap()
}

#[tokio::test]
async fn tables_have_their_keys_indexes_streams_and_expiry_and_survive_reopening() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..2 {
        let table = open(folder.path());
        let client = client(&table);
        for name in [CORE, INBOX] {
            let described = client.describe_table().table_name(name).send().await.unwrap().table.unwrap();
            let mut indexes: Vec<_> =
                described.global_secondary_indexes().iter().filter_map(|index| index.index_name()).collect();
            indexes.sort_unstable();
            assert_eq!(indexes, ["gsi1", "gsi2", "gsi3"]);
            assert!(described.stream_specification().unwrap().stream_enabled());
            let ttl = client.describe_time_to_live().table_name(name).send().await.unwrap();
            assert_eq!(ttl.time_to_live_description().unwrap().attribute_name(), Some(TTL_ATTRIBUTE));
            if round == 0 {
                put(&client, name, "A", "1", &[("gsi3pk", s("DUE")), ("gsi3sk", s("7"))]).await;
            }
            let found = client.query().table_name(name).index_name("gsi3");
            let found = found.key_condition_expression("gsi3pk = :due").expression_attribute_values(":due", s("DUE"));
            assert_eq!(found.send().await.unwrap().items()[0]["pk"], s("A"));
        }
    }
}

#[tokio::test]
async fn the_engine_numbers_its_stream_records_by_our_index() {
    let folder = tempfile::tempdir().unwrap();
    let table = open(folder.path());
    put(&client(&table), CORE, "A", "1", &[]).await;
    let behind = behind(folder.path());
    // The engine's own statements, as of its pinned version.
    for statement in [
        "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 FROM _stream_records WHERE table_name = 'T'",
        "SELECT id FROM _stream_records WHERE table_name = 'T' AND CAST(sequence_number AS INTEGER) > 1
         ORDER BY CAST(sequence_number AS INTEGER) LIMIT 5",
    ] {
        let plan: String =
            behind.query_row(&format!("EXPLAIN QUERY PLAN {statement}"), [], |row| row.get("detail")).unwrap();
        assert!(plan.contains("guichet_stream_records") && plan.contains("SEARCH"), "{plan}");
    }
}

#[tokio::test]
async fn old_stream_records_are_trimmed_but_never_an_undelivered_or_the_newest_one() {
    let folder = tempfile::tempdir().unwrap();
    let table = open(folder.path());
    let client = client(&table);
    for number in 0..5 {
        put(&client, CORE, "A", "1", &[("n", n(number))]).await;
    }
    assert_eq!(table.trim_streams().unwrap(), 0, "all are young");

    behind(folder.path()).execute("UPDATE _stream_records SET created_at = created_at - 86500", []).unwrap();
    let records = table.records_after(CORE, 0, 10).unwrap();
    table.checkpoints().resume("worker", CORE, 1).unwrap();
    table.checkpoints().keep_position("worker", records[1].sequence).unwrap();
    assert_eq!(table.trim_streams().unwrap(), 2, "three are not delivered");

    table.checkpoints().keep_position("worker", records[4].sequence).unwrap();
    assert_eq!(table.trim_streams().unwrap(), 2, "the engine numbers from the newest");
    assert_eq!(table.count_after(CORE, 0).unwrap(), 1);
}

#[tokio::test]
async fn items_expire_by_the_given_time_and_their_records_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let table = open(folder.path());
    let client = client(&table);
    let now = Timestamp::from_second(4_000_000_000).unwrap();
    put(&client, INBOX, "SE#past", "SE", &[(TTL_ATTRIBUTE, n(3_999_999_999))]).await;
    put(&client, INBOX, "SE#now", "SE", &[(TTL_ATTRIBUTE, n(4_000_000_000))]).await;
    put(&client, INBOX, "SE#mistake", "SE", &[(TTL_ATTRIBUTE, n(1_000_000_000))]).await;
    put(&client, INBOX, "SE#text", "SE", &[(TTL_ATTRIBUTE, s("3999999999"))]).await;
    put(&client, INBOX, "SE#none", "SE", &[]).await;

    assert_eq!(table.sweep_ttl(now).unwrap(), 1);
    assert_eq!(table.sweep_ttl(now).unwrap(), 0);
    assert!(!exists(&client, INBOX, "SE#past", "SE").await);
    for kept in ["SE#now", "SE#mistake", "SE#text", "SE#none"] {
        assert!(exists(&client, INBOX, kept, "SE").await, "{kept}");
    }
    let records = table.records_after(INBOX, 0, 10).unwrap();
    let removed = records.last().unwrap();
    assert_eq!((removed.event_name.as_str(), removed.user_identity.is_some()), ("REMOVE", true));
    assert!(records.iter().rev().skip(1).all(|record| record.user_identity.is_none()));
}

#[tokio::test]
async fn clearing_leaves_nothing_behind_and_the_tables_in_working_order() {
    let folder = tempfile::tempdir().unwrap();
    let table = open(folder.path());
    let client = client(&table);
    let due = [("gsi1pk", s("G")), ("gsi1sk", s("1")), ("gsi3pk", s("DUE")), ("gsi3sk", s("1"))];
    for round in 0..2 {
        for name in [CORE, INBOX] {
            put(&client, name, "A", "1", &due).await;
        }
        let last = table.records_after(CORE, 0, 10).unwrap()[0].sequence;
        table.clear().unwrap();
        for name in [CORE, INBOX] {
            assert!(client.scan().table_name(name).send().await.unwrap().items().is_empty(), "round {round}");
            for index in ["gsi1", "gsi3"] {
                let scanned = client.scan().table_name(name).index_name(index).send().await.unwrap();
                assert!(scanned.items().is_empty(), "{index}");
            }
            assert_eq!(table.count_after(name, 0).unwrap(), 0);
        }
        put(&client, CORE, "A", "1", &due).await;
        let next = table.records_after(CORE, 0, 10).unwrap().remove(0);
        assert!(next.sequence > last && next.event_name == "INSERT");
    }
}

#[tokio::test]
async fn a_change_is_announced() {
    let folder = tempfile::tempdir().unwrap();
    let table = open(folder.path());
    let mut changes = table.changes();
    tokio::time::sleep(Duration::from_millis(50)).await;
    changes.borrow_and_update();
    put(&client(&table), CORE, "A", "1", &[]).await;
    tokio::time::timeout(Duration::from_secs(5), changes.changed()).await.unwrap().unwrap();
}

#[tokio::test]
async fn dropping_the_table_closes_its_port() {
    let folder = tempfile::tempdir().unwrap();
    let table = open(folder.path());
    let address = table.endpoint().trim_start_matches("http://").to_owned();
    // Kept open, as the SDK's pool does.
    let _held = std::net::TcpStream::connect(&address).unwrap();
    let began = Instant::now();
    drop(table);
    assert!(began.elapsed() < Duration::from_secs(2));
    assert!(std::net::TcpStream::connect(&address).is_err());
}

#[test]
fn a_file_that_is_no_table_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("table"), "not a database, but long enough to be read as a header of one")
        .unwrap();
    assert!(Table::open(&folder.path().join("table"), ACCESS_KEY).is_err());
}

/// Sends a request as it is and returns the whole answer.
async fn raw(table: &Table, request: &str) -> String {
    let address = table.endpoint().trim_start_matches("http://");
    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    answer
}

/// A scan of the whole table, with these headers.
fn scan(headers: &[(&str, &str)]) -> String {
    let headers = headers.iter().map(|(name, value)| [name, ": ", value, "\r\n"].concat()).collect::<Vec<_>>().concat();
    let body = format!(r#"{{"TableName":"{CORE}"}}"#);
    format!(
        "POST / HTTP/1.1\r\n{headers}connection: close\r\nx-amz-target: DynamoDB_20120810.Scan\r\n\
         x-amz-date: 20261201T000000Z\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn only_clients_with_the_access_key_are_answered_and_no_web_page_ever_is() {
    let folder = tempfile::tempdir().unwrap();
    let table = open(folder.path());
    put(&client(&table), CORE, "A", "secret-item", &[]).await;
    let host = table.endpoint().trim_start_matches("http://").to_owned();
    let port = host.split_once(':').unwrap().1.to_owned();
    let key = |id: &str| {
        format!(
            "AWS4-HMAC-SHA256 Credential={id}/20261201/eu-west-3/dynamodb/aws4_request, SignedHeaders=host, Signature=00"
        )
    };
    let right = key(ACCESS_KEY);

    for host in [host.clone(), format!("localhost:{port}")] {
        let answer = raw(&table, &scan(&[("host", &host), ("authorization", &right)])).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("secret-item"), "{answer}");
    }
    let origin = ("origin", "https://page.example");
    let wrong = key("local");
    let longer = key(&format!("{ACCESS_KEY}x"));
    let refused: [Vec<(&str, &str)>; 8] = [
        vec![("host", &host)],
        vec![("host", &host), ("authorization", "")],
        vec![("host", &host), ("authorization", ACCESS_KEY)],
        vec![("host", &host), ("authorization", &wrong)],
        vec![("host", &host), ("authorization", &longer)],
        vec![("host", &host), ("authorization", &right), origin],
        vec![("host", &host), ("authorization", &right), ("origin", "null")],
        vec![("host", "rebound.example"), ("authorization", &right)],
    ];
    for headers in refused {
        let answer = raw(&table, &scan(&headers)).await;
        assert!(answer.starts_with("HTTP/1.1 403"), "{headers:?}: {answer}");
        assert!(!answer.contains("secret-item") && !answer.to_lowercase().contains("access-control"), "{answer}");
    }
    for method in ["OPTIONS", "GET"] {
        for authorization in ["", &right] {
            let answer = raw(
                &table,
                &format!(
                    "{method} / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\norigin: https://page.example\r\n\
                     authorization: {authorization}\r\naccess-control-request-method: POST\r\n\
                     access-control-request-headers: x-amz-target\r\n\r\n"
                ),
            )
            .await;
            assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
            assert!(!answer.to_lowercase().contains("access-control"), "{answer}");
        }
    }
    let delete_table = scan(&[("host", &host), ("authorization", &right)]).replace(".Scan", ".DeleteTable");
    let answer = raw(&table, &delete_table).await;
    assert!(answer.contains("UnknownOperationException"), "a client cannot take the tables away: {answer}");
}
