//! The worker at its boundary: batches of stream records over the embedded table. There is no Stripe and no mail.

use aws_lambda_events::event::dynamodb::StreamRecord as Change;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use clock::Clock;
use function_runtime::IdGenerator;
use function_runtime::config::{Config, ContextConfig};
use local_aws::table::{CORE, INBOX, Table};
use payment_gateway::{GatewayConfig, Secret};
use receivables::customer::{self, Profile};
use receivables::{BillingZone, Business, BusinessId, Currency, CustomerId, Locale};
use store::{CommitContext, DueList, Envelope, EventState, Page, Store, Tables};
use tempfile::TempDir;

use super::*;

/// An address at which no server listens.
const NOBODY: &str = "http://127.0.0.1:9";

struct Fixture {
    state: AppState,
    /// A client that can write what the product would not.
    client: Client,
    _table: Table,
    _folder: TempDir,
}

fn now() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

fn b() -> BusinessId {
    "biz_0000000000000000000000000B".parse().unwrap()
}

fn c() -> CustomerId {
    "cst_0000000000000000000000000C".parse().unwrap()
}

fn client(endpoint: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-west-3"))
        .credentials_provider(credentials())
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::disabled());
    Client::from_conf(config.build())
}

/// The credentials that the table's server accepts.
fn credentials() -> Credentials {
    Credentials::new("test", "test", None, None, "test")
}

fn state_at(endpoint: &str) -> AppState {
    let tables = Tables { core: CORE.to_owned(), inbox: INBOX.to_owned() };
    let ids = IdGenerator::seeded(b"test");
    let store = Store::new(client(endpoint), tables.clone(), ids.jitter(), Clock::manual(now()));
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

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let table = Table::open(&folder.path().join("table"), "test").unwrap();
        let (state, client) = (state_at(table.endpoint()), client(table.endpoint()));
        Self { state, client, _table: table, _folder: folder }
    }

    /// The items of a table whose partition key begins with a text, as records of its stream.
    async fn records(&self, table: &str, partition: &str) -> Vec<EventRecord> {
        let scanned = self.client.scan().table_name(table).send().await.unwrap().items.unwrap();
        let mut items: Vec<_> =
            scanned.into_iter().filter(|item| item["pk"].as_s().unwrap().starts_with(partition)).collect();
        items.sort_by_key(|item| item["sk"].as_s().unwrap().clone());
        items.into_iter().map(|item| record(item.into())).collect()
    }

    async fn event_state(&self, id: &str) -> EventState {
        self.state.context.store.event(&event(id).key).await.unwrap().unwrap().state
    }
}

fn record(image: serde_dynamo::Item) -> EventRecord {
    let mut change = Change::default();
    change.new_image = image;
    let mut record = EventRecord::default();
    record.change = change;
    record
}

/// A batch whose records are numbered from 1.
fn batch(records: Vec<EventRecord>) -> Event {
    let mut event = Event::default();
    event.records = records;
    for (place, record) in event.records.iter_mut().enumerate() {
        record.change.sequence_number = Some((place + 1).to_string());
    }
    event
}

fn failed(response: &DynamoDbEventResponse) -> Vec<&str> {
    response.batch_item_failures.iter().filter_map(|failure| failure.item_identifier.as_deref()).collect()
}

/// An event of a type that changes no books.
fn event(id: &str) -> ReceivedEvent {
    let body = format!(
        r#"{{"id":"{id}","object":"event","type":"novelty.happened","api_version":"2025-01-27.acacia",
            "created":1772441000,"livemode":false,"data":{{"object":{{"id":"xx_1","object":"novelty"}}}}}}"#
    );
    let envelope = Envelope {
        id,
        object: Some("xx_1"),
        kind: "novelty.happened",
        api_version: Some("2025-01-27.acacia"),
        livemode: Some(false),
    };
    ReceivedEvent::fresh(b(), "stripe".parse().unwrap(), envelope, body.as_bytes(), now())
}

#[tokio::test]
async fn a_record_that_cannot_be_read_holds_up_no_other() {
    for broken in [None, Some(0), Some(2), Some(3)] {
        let fixture = Fixture::new();
        let ids = ["evt_1", "evt_2", "evt_3", "evt_4"];
        for id in ids {
            fixture.state.context.store.record_event(&event(id)).await.unwrap();
        }
        let mut records = fixture.records(INBOX, "W#").await;
        if let Some(broken) = broken {
            let record: &mut EventRecord = &mut records[broken];
            let mut image: std::collections::HashMap<String, AttributeValue> = record.change.new_image.clone().into();
            image.remove("body");
            record.change.new_image = image.into();
        }
        for _ in 0..2 {
            // What was done before is done.
            let answer = handle(&fixture.state, batch(records.clone()), Deadline::default()).await;
            assert_eq!(failed(&answer), Vec::<&str>::new());
        }
        for (place, id) in ids.into_iter().enumerate() {
            let state = if broken == Some(place) { EventState::Received } else { EventState::Applied };
            assert_eq!(fixture.event_state(id).await, state, "{id}, broken: {broken:?}");
        }
        let due = fixture.state.context.store.everything_due(DueList::Events).await.unwrap();
        assert_eq!(due.len(), usize::from(broken.is_some()), "what was not applied stays due");
    }
}

#[tokio::test]
async fn near_its_deadline_a_batch_reports_the_rest_as_not_done() {
    let fixture = Fixture::new();
    for id in ["evt_1", "evt_2"] {
        fixture.state.context.store.record_event(&event(id)).await.unwrap();
    }
    let records = fixture.records(INBOX, "W#").await;
    let over = Deadline::within(std::time::Duration::ZERO);
    assert_eq!(failed(&handle(&fixture.state, batch(records.clone()), over).await), ["1"]);
    assert_eq!(fixture.event_state("evt_1").await, EventState::Received);
    // A function with little time begins with what it is given all the same.
    let short = Deadline::within(std::time::Duration::from_secs(9));
    assert_eq!(failed(&handle(&fixture.state, batch(records), short).await), Vec::<&str>::new());
    assert_eq!(fixture.event_state("evt_2").await, EventState::Applied);
}

#[tokio::test]
async fn where_the_table_does_not_answer_everything_comes_again() {
    let fixture = Fixture::new();
    fixture.state.context.store.record_event(&event("evt_1")).await.unwrap();
    let records = fixture.records(INBOX, "W#").await;
    let answer = handle(&state_at(NOBODY), batch(records), Deadline::default()).await;
    assert_eq!(failed(&answer), ["1"]);
}

#[tokio::test]
async fn records_that_nobody_waits_for_pass() {
    let fixture = Fixture::new();
    let image = |pairs: &[(&str, &str)]| -> serde_dynamo::Item {
        let attribute = |(name, value): &(&str, &str)| ((*name).to_owned(), AttributeValue::S((*value).to_owned()));
        pairs.iter().map(attribute).collect::<std::collections::HashMap<_, _>>().into()
    };
    let records = vec![
        // A removal has no new image.
        record(serde_dynamo::Item::from(std::collections::HashMap::<String, AttributeValue>::new())),
        record(image(&[("pk", "X"), ("sk", "Y")])),
        record(image(&[("other", "attribute")])),
        record(image(&[("pk", "SE#hash"), ("sk", "SE")])),
        record(image(&[("pk", "W#biz#stripe#xx_1"), ("sk", "evt_1"), ("state", "applied")])),
        record(image(&[("pk", "C#nobody#nowhere"), ("sk", "BAL")])),
    ];
    assert_eq!(failed(&handle(&fixture.state, batch(records), Deadline::default()).await), Vec::<&str>::new());
    assert_eq!(failed(&handle(&fixture.state, batch(Vec::new()), Deadline::default()).await), Vec::<&str>::new());
}

#[tokio::test]
async fn a_decision_is_sealed_once_however_often_its_record_comes() {
    let fixture = Fixture::new();
    let store = &fixture.state.context.store;
    let business = Business {
        id: b(),
        name: "Maison Example".parse().unwrap(),
        default_currency: Currency::EUR,
        time_zone: BillingZone::named("Europe/Paris").unwrap(),
        locales: vec![Locale::French],
        email: "compta@maison.example".parse().unwrap(),
        write_off_tolerances: std::collections::BTreeMap::new(),
        outside_payments: receivables::OutsidePayments::Propose,
        provider_refunds: receivables::ProviderRefunds::Ask,
        not_ours: Vec::new(),
        version: 1,
    };
    store.put_business(&business).await.unwrap();
    let profile = Profile {
        external_id: None,
        name: "Ada".parse().unwrap(),
        email: None,
        locale: None,
        provider_ids: std::collections::BTreeMap::new(),
    };
    let (_, decision) = customer::register(c(), b(), profile, now());
    store.commit(&decision, &CommitContext::by(Actor::Program)).await.unwrap();
    let records = fixture.records(CORE, "O#").await;
    assert_eq!(records.len(), 1, "the decision");
    for _ in 0..2 {
        assert_eq!(
            failed(&handle(&fixture.state, batch(records.clone()), Deadline::default()).await),
            Vec::<&str>::new()
        );
    }
    let sealed = store.audit(&b(), &Page::first(10)).await.unwrap().items;
    assert_eq!(sealed.iter().map(|seal| seal.number).collect::<Vec<_>>(), [1]);
}
