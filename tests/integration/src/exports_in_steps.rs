//! Exports of any size: made in steps that may be done twice or not at all, into a file that has every row once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use jiff::SignedDuration;
use local_aws::table::CORE;
use local_aws::table::faults::Refusal;
use receivables::payout::{BalanceTransaction, PayoutRank, PayoutState};
use receivables::{Balance, Currency, PaymentId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use store::{Payout, ProviderTransaction};
use testing::{Answer, World};

type Item = std::collections::HashMap<String, AttributeValue>;

const MARCH: &str = "from=2026-03-01&to=2026-03-31";
/// Rows of a journal's first step, of twenty pages.
const FIRST_STEP: usize = 20 * 100 * 2;
const CARD: &str = "4242424242424242";

fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

/// All items of a partition.
async fn partition(world: &World, pk: &str) -> Vec<Item> {
    let client = world.local.table_client();
    let asked = client.query().table_name(CORE).key_condition_expression("pk = :pk");
    let asked = asked.expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()));
    asked.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.unwrap()
}

async fn put_all(world: &World, items: Vec<Item>) {
    let client = world.local.table_client();
    for some in items.chunks(25) {
        let put = |item: &Item| PutRequest::builder().set_item(Some(item.clone())).build().unwrap();
        let writes = some.iter().map(|item| WriteRequest::builder().put_request(put(item)).build()).collect();
        client.batch_write_item().request_items(CORE, writes).send().await.unwrap();
    }
}

fn text(item: &Item, name: &str) -> String {
    item[name].as_s().unwrap().clone()
}

/// Copies an account's only entry so often that the ledger has so many.
async fn enter(world: &World, customer: &Value, count: usize) {
    let pk = format!("C#{}#{}", world.local.business, customer["id"].as_str().unwrap());
    let entries = partition(world, &pk).await.into_iter().filter(|item| text(item, "sk").starts_with("L#"));
    let entry = entries.last().unwrap();
    let first = entry["version"].as_n().unwrap().parse::<usize>().unwrap();
    let source = text(&entry, "source");
    let copies = (1..count).map(|number| {
        let version = first + number;
        let mut copy = entry.clone();
        for name in ["sk", "gsi2sk"] {
            let key = text(&entry, name);
            let stem = key.rsplit_once('#').unwrap().0.to_owned();
            copy.insert(name.to_owned(), AttributeValue::S(format!("{stem}#{source}.{version:06}.0")));
        }
        copy.insert("version".to_owned(), AttributeValue::N(version.to_string()));
        copy
    });
    put_all(world, copies.collect()).await;
}

/// A world whose ledger has so many entries in March, on one account.
async fn world_with(entries: usize) -> (World, Value) {
    let world = World::new().await;
    let customer = world.customer("en").await;
    world.invoice(&customer, "EUR", "20.00").await;
    world.drain().await;
    enter(&world, &customer, entries).await;
    (world, customer)
}

async fn ask_for(world: &World, kind: &str, format: &str) -> String {
    let body = json!({"kind": kind, "from": "2026-03-01", "to": "2026-03-31", "format": format});
    let answer = world.api(Method::POST, "/exports", Some(body)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    assert_eq!((&answer.json()["status"], &answer.json()["rows"]), (&json!("making"), &json!(0)));
    answer.json()["id"].as_str().unwrap().to_owned()
}

async fn shown(world: &World, id: &str) -> Value {
    world.ask(Method::GET, &format!("/exports/{id}"), None).await
}

async fn file(world: &World, id: &str) -> Answer {
    let url = shown(world, id).await["url"].as_str().expect("the file is whole").to_owned();
    let path = url.split("/api/v1").nth(1).unwrap().to_owned();
    let answer = world.api(Method::GET, &path, None).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer
}

fn folder_of(world: &World, id: &str) -> PathBuf {
    world.local.folder().join("exports").join(world.local.business.as_str()).join(id)
}

fn files_in(folder: &Path) -> BTreeSet<String> {
    let Ok(read) = fs::read_dir(folder) else { return BTreeSet::new() };
    read.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

/// The sum of each source of a journal, in hundredths.
fn sums(lines: &[Value]) -> BTreeMap<(String, String), i64> {
    let mut sums = BTreeMap::new();
    for line in lines {
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        let minor: i64 = text("amount").replace('.', "").parse().unwrap();
        *sums.entry((text("source"), text("currency"))).or_insert(0) += minor;
    }
    sums
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_entries_are_exported_in_steps_and_both_forms_say_the_same() {
    const ENTRIES: usize = 10_000;
    let (world, _) = world_with(ENTRIES).await;
    for form in ["json", "csv"] {
        let at_once = world.api(Method::GET, &format!("/exports/journal?{MARCH}&format={form}"), None).await;
        assert_eq!(at_once.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(at_once.json()["type"], "urn:guichet:problem:too_many_rows");
        assert!(at_once.text.contains("POST /api/v1/exports"), "{}", at_once.text);
    }
    let (as_json, as_csv) = (ask_for(&world, "journal", "json").await, ask_for(&world, "journal", "csv").await);
    let early = world.api(Method::GET, &format!("/exports/{as_json}/file"), None).await;
    assert_eq!((early.status, &early.json()["type"]), (StatusCode::CONFLICT, &json!("urn:guichet:problem:not_ready")));
    world.drain().await;
    let exported = shown(&world, &as_json).await;
    assert_eq!((&exported["status"], &exported["rows"]), (&json!("ready"), &json!(2 * ENTRIES)), "{exported:#}");
    let parts = files_in(&folder_of(&world, &as_json)).len();
    assert!((5..=8).contains(&parts), "{parts} parts of some thousand rows");

    let as_json = file(&world, &as_json).await;
    assert_eq!(as_json.header("content-type"), Some("application/json"));
    let name = "attachment; filename=\"journal-2026-03-01-2026-03-31.json\"";
    assert_eq!(as_json.header("content-disposition"), Some(name));
    let journal = as_json.json();
    let lines = journal["lines"].as_array().unwrap();
    let sums = sums(lines);
    assert_eq!((lines.len(), sums.len()), (2 * ENTRIES, ENTRIES), "every entry is there once");
    assert!(sums.values().all(|sum| *sum == 0));
    assert_eq!(journal["complete_until"], exported["complete_until"]);

    let as_csv = file(&world, &as_csv).await;
    assert_eq!(as_csv.header("content-type"), Some("text/csv; charset=utf-8"));
    let rows: Vec<&str> = as_csv.text.lines().collect();
    assert_eq!(rows[0], "date,source,kind,account,invoice,debit,credit,currency,late");
    assert_eq!(rows.len(), 1 + lines.len());
    for (row, line) in rows[1..].iter().zip(lines) {
        let cells: Vec<&str> = row.split(',').collect();
        assert_eq!(
            (cells[0], cells[1], cells[3]),
            (line["on"].as_str().unwrap(), line["source"].as_str().unwrap(), line["account"].as_str().unwrap())
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_dies_between_a_part_and_its_place_leaves_a_file_without_it_and_the_next_goes_on() {
    let (world, customer) = world_with(3_000).await;
    let whole = ask_for(&world, "journal", "csv").await;
    world.drain().await;
    let whole = file(&world, &whole).await.text;

    let id = ask_for(&world, "journal", "csv").await;
    // The second step dies; the first is done.
    let late = world.local.table_faults().delay_transaction(1);
    tokio::select! {
        run = world.run_due() => panic!("{run:?}"),
        () = late.arrived() => {}
    }
    late.go_on(Some(Refusal::Conflict));
    let after = shown(&world, &id).await;
    assert_eq!((&after["status"], &after["rows"]), (&json!("making"), &json!(FIRST_STEP)));
    assert_eq!(files_in(&folder_of(&world, &id)).len(), 2, "the second part was written");
    world.run_due().await.unwrap();
    assert_eq!(shown(&world, &id).await["rows"], FIRST_STEP, "it is still claimed by the worker that died");
    world.advance(minutes(3));
    world.run_due().await.unwrap();
    assert_eq!(shown(&world, &id).await["status"], "ready");
    assert_eq!(file(&world, &id).await.text, whole);
    assert_eq!(files_in(&folder_of(&world, &id)).len(), 2, "the same step writes the same part");

    // One more dies, and then its rows change: the part that it wrote is in no file.
    let id = ask_for(&world, "journal", "csv").await;
    let late = world.local.table_faults().delay_transaction(1);
    tokio::select! {
        run = world.run_due() => panic!("{run:?}"),
        () = late.arrived() => {}
    }
    late.go_on(Some(Refusal::Conflict));
    world.invoice(&customer, "EUR", "7.00").await;
    world.advance(minutes(3));
    world.drain().await;
    assert_eq!(files_in(&folder_of(&world, &id)).len(), 3);
    assert_eq!(file(&world, &id).await.text.lines().count(), whole.lines().count() + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_whose_time_is_over_begins_no_step() {
    let (world, _) = world_with(3_000).await;
    let id = ask_for(&world, "journal", "csv").await;
    let context = &world.local.state.context;
    let over = operations::Deadline::within(std::time::Duration::ZERO);
    let run = operations::run_due(context, || world.now(), operations::Shards::All, over).await.unwrap();
    assert_eq!((run.done, &shown(&world, &id).await["rows"]), (0, &json!(0)));
    world.drain().await;
    assert_eq!(shown(&world, &id).await["rows"], 6_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_workers_one_makes_a_step() {
    let (world, customer) = world_with(3_000).await;
    let id = ask_for(&world, "journal", "json").await;
    let late = world.local.table_faults().delay_transaction(0);
    let slow = world.run_due();
    let other = async {
        late.arrived().await;
        // The slow worker's claim has run out, and what it has read is not all there is any more.
        world.advance(minutes(3));
        world.invoice(&customer, "EUR", "7.00").await;
        world.run_due().await.unwrap();
        assert_eq!(shown(&world, &id).await["status"], "ready");
        late.go_on(None);
    };
    let (slow, ()) = tokio::join!(slow, other);
    assert!(slow.unwrap().taken > 0);
    let journal = file(&world, &id).await.json();
    let lines = journal["lines"].as_array().unwrap();
    assert_eq!((lines.len(), sums(lines).len()), (6_002, 3_001));
    assert_eq!(shown(&world, &id).await["rows"], 6_002);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_that_fails_says_why_and_is_tried_again_and_holds_nothing_up() {
    let (world, _) = world_with(3).await;
    let storage = world.local.folder().join("exports");
    fs::write(&storage, "in the way").unwrap();
    let id = ask_for(&world, "journal", "csv").await;
    world.run_due().await.unwrap();
    let listed = world.ask(Method::GET, "/exports", None).await;
    let failed = &listed["data"][0];
    assert_eq!((&failed["id"], &failed["status"]), (&json!(id), &json!("failed")), "{listed:#}");
    let why = failed["failure"].as_str().unwrap();
    assert!(why.contains("object storage"), "{why}");
    assert!(!why.contains(world.local.folder().to_str().unwrap()), "{why}");
    fs::remove_file(&storage).unwrap();
    world.run_due().await.unwrap();
    assert_eq!(shown(&world, &id).await["status"], "failed", "it waits a minute");
    world.advance(minutes(2));
    world.run_due().await.unwrap();
    let ready = shown(&world, &id).await;
    assert_eq!((&ready["status"], &ready["failure"]), (&json!("ready"), &Value::Null));
    assert_eq!(file(&world, &id).await.text.lines().count(), 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_repeated_makes_one_export_and_after_ninety_days_nothing_is_left() {
    let (world, _) = world_with(3).await;
    let body = json!({"kind": "journal", "from": "2026-03-01", "to": "2026-03-31"});
    let ask = async |body: &Value| {
        world.api_with(Method::POST, "/exports", Some(body.clone()), &[("idempotency-key", "march")]).await
    };
    let (first, again) = (ask(&body).await, ask(&body).await);
    assert_eq!((first.status, &first.text), (StatusCode::ACCEPTED, &again.text));
    let other = ask(&json!({"kind": "payments", "from": "2026-03-01", "to": "2026-03-31"})).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    world.drain().await;
    world.advance(minutes(1));
    let second = ask_for(&world, "payments", "csv").await;
    world.drain().await;
    let listed = world.ask(Method::GET, "/exports", None).await;
    let ids: Vec<&Value> = listed["data"].as_array().unwrap().iter().map(|export| &export["id"]).collect();
    let first = first.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(ids, [&json!(second), &json!(first)], "newest first");
    assert_eq!(files_in(&folder_of(&world, &first)).len(), 1);

    world.advance(SignedDuration::from_hours(24 * 90) - minutes(2));
    world.run_due().await.unwrap();
    file(&world, &first).await;
    world.advance(minutes(3));
    world.run_due().await.unwrap();
    assert!(!folder_of(&world, &first).exists() && !folder_of(&world, &second).exists());
    assert_eq!(world.ask(Method::GET, "/exports", None).await["data"], json!([]));
    let gone = world.api(Method::GET, &format!("/exports/{first}/file"), None).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert!(partition(&world, &format!("EX#{}#{first}", world.local.business)).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_exported_is_refused_and_the_file_is_for_callers_with_a_key_only() {
    let (world, customer) = world_with(1).await;
    let refused = async |body: Value, field: &str| {
        let answer = world.api(Method::POST, "/exports", Some(body)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
        assert_eq!(answer.json()["errors"][0]["field"], field, "{}", answer.text);
    };
    let of = |kind: &str, from: &str, to: &str| json!({"kind": kind, "from": from, "to": to});
    refused(of("ledger", "2026-03-01", "2026-03-31"), "kind").await;
    refused(of("journal", "2026-03-32", "2026-03-31"), "from").await;
    refused(of("journal", "2026-03-31", "2026-03-01"), "from").await;
    refused(of("journal", "2026-03-01", "2027-03-02"), "from").await;
    refused(of("statement", "2026-03-01", "2026-03-31"), "customer").await;
    let with = |kind: &str, customer: &Value| json!({"kind": kind, "from": "2026-03-01", "to": "2026-03-31", "customer": customer});
    refused(with("payments", &customer["id"]), "customer").await;
    refused(with("statement", &json!("nobody")), "customer").await;
    let form = json!({"kind": "journal", "from": "2026-03-01", "to": "2026-03-31", "format": "xml"});
    refused(form, "format").await;

    let id = ask_for(&world, "journal", "csv").await;
    world.drain().await;
    let without_key = world.get(&format!("/api/v1/exports/{id}/file")).await;
    assert_eq!(without_key.status, StatusCode::UNAUTHORIZED);
    let unknown = world.api(Method::GET, "/exports/exp_01JD8Z0000ABCDEFGHJKMNPQRS/file", None).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_of_any_length_has_the_lines_of_the_statement() {
    let (world, customer) = world_with(250).await;
    let opening = json!({"number": "=É-1", "customer": customer["id"], "currency": "USD", "issued_on": "2026-03-03",
        "due_on": "2026-04-01", "lines": [{"description": "Work", "quantity": "1", "unit_price": "5.00"}]});
    world.advance(SignedDuration::from_hours(24));
    world.ask(Method::POST, "/invoices", Some(opening)).await;
    world.drain().await;
    let id = customer["id"].as_str().unwrap();
    for (from, count, balances) in [("2026-03-01", 251, "EUR 0.00 USD 0.00"), ("2026-03-03", 1, "EUR 5000.00 USD 0.00")]
    {
        let body = json!({"kind": "statement", "customer": id, "from": from, "to": "2026-03-31", "format": "csv"});
        let asked = world.ask(Method::POST, "/exports", Some(body.clone())).await;
        let mut as_json = body;
        as_json["format"] = json!("json");
        let as_json = world.ask(Method::POST, "/exports", Some(as_json)).await;
        world.drain().await;
        let made = file(&world, asked["id"].as_str().unwrap()).await.text;
        let rows: Vec<&str> = made.lines().collect();
        let of = |kind: &str| -> String {
            let rows = rows.iter().filter(|row| row.contains(kind)).map(|row| {
                let cells: Vec<&str> = row.split(',').collect();
                format!("{} {}", cells[3], cells[5])
            });
            rows.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(rows[0], "date,kind,invoices,currency,change,balance");
        assert_eq!(rows.iter().filter(|row| row.contains(",invoice_issued,")).count(), count);
        assert_eq!(
            (of("opening_balance"), of("closing_balance")),
            (balances.to_owned(), "EUR 5000.00 USD 5.00".to_owned())
        );
        assert!(made.contains(",'=É-1,"), "no reader takes the number for a formula: {}", rows[rows.len() - 3]);
        // The statement that is answered at once has the same lines, currency by currency. The copies are in no balance that is kept.
        let at_once = format!("/customers/{id}/statement?from={from}&to=2026-03-31&format=csv");
        let at_once = world.api(Method::GET, &at_once, None).await.text;
        let lines = |text: &str| {
            let issued = text.lines().filter(|row| row.contains("invoice_issued"));
            let mut lines: Vec<String> = issued.map(|row| row.rsplit_once(',').unwrap().0.to_owned()).collect();
            lines.sort();
            lines
        };
        assert_eq!(lines(&made), lines(&at_once));
        let as_json = file(&world, as_json["id"].as_str().unwrap()).await.json();
        assert_eq!(as_json["lines"].as_array().unwrap().len(), rows.len() - 1);
        assert_eq!((&as_json["customer"], &as_json["lines"][0]["kind"]), (&json!(id), &json!("opening_balance")));
    }
}

/// Says another text wherever an item says one.
fn with_other_names(value: &AttributeValue, names: &[(&str, String)]) -> AttributeValue {
    if let Ok(text) = value.as_s() {
        AttributeValue::S(names.iter().fold(text.clone(), |text, (from, to)| text.replace(from, to)))
    } else if let Ok(fields) = value.as_m() {
        AttributeValue::M(renamed(fields, names))
    } else {
        value.clone()
    }
}

fn renamed(item: &Item, names: &[(&str, String)]) -> Item {
    let other = |name: &str| names.iter().fold(name.to_owned(), |name, (from, to)| name.replace(from, to));
    item.iter().map(|(name, value)| (other(name), with_other_names(value, names))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_payments_and_their_movements_are_read_with_a_few_calls() {
    const PAYMENTS: usize = 1_000;
    let world = World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "75.00").await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "75.00").await;
    world.pay_hosted(pressed.location(), "4000000000000077").await;
    world.drain().await;
    let payout = world.stripe_control("/payouts", &json!({})).await["data"][0]["id"].as_str().unwrap().to_owned();
    world.advance(minutes(1));
    world.drain().await;
    let payments = world.ask(Method::GET, &format!("/exports/payments?{MARCH}"), None).await;
    let payment = payments["payments"][0]["payment"].as_str().unwrap().to_owned();
    let (b, stem) = (&world.local.business, &payment[..payment.len() - 4]);
    let mut items = partition(&world, &format!("P#{b}#{payment}")).await;
    for member in partition(&world, &format!("PO#{b}#stripe#{payout}")).await {
        let moved = partition(&world, &format!("BT#{b}#stripe#{}", text(&member, "id"))).await;
        items.extend(moved.into_iter().filter(|item| item.get("payment").is_some()));
    }
    let transaction = items.iter().find(|item| text(item, "sk") == "T").map(|item| text(item, "id")).unwrap();
    let copies = (1..PAYMENTS).flat_map(|number| {
        let names = [
            (payment.as_str(), format!("{stem}{number:04}")),
            (transaction.as_str(), format!("{transaction}{number}")),
        ];
        items.iter().map(|item| renamed(item, &names)).collect::<Vec<_>>()
    });
    put_all(&world, copies.collect()).await;

    let calls = async |path: &str| {
        world.calls.forget();
        let exported = world.ask(Method::GET, path, None).await;
        // Two of them find the caller's key and the business.
        (exported, world.calls.made().len())
    };
    let (exported, made) = calls(&format!("/exports/payments?{MARCH}")).await;
    assert_eq!(exported["payments"].as_array().unwrap().len(), PAYMENTS);
    let fees = exported["payments"].as_array().unwrap().iter().filter(|one| one["settled"][0]["fee"] == "1.38");
    assert_eq!(fees.count(), PAYMENTS);
    assert!(made <= 25, "{made} calls for a thousand payments");
    let (journal, made) = calls(&format!("/exports/journal?{MARCH}")).await;
    let lines = journal["lines"].as_array().unwrap();
    assert!(lines.iter().filter(|line| line["kind"] == "charge").count() >= 2 * PAYMENTS, "each has its fee");
    assert!(lines.iter().all(|line| line["account"] != "suspense" && line["account"] != "unidentified"));
    assert!(made <= 40, "{made} calls for a thousand movements");

    // The file has the same rows.
    for (kind, list, expected) in [("journal", "lines", &journal), ("payments", "payments", &exported)] {
        let id = ask_for(&world, kind, "json").await;
        world.drain().await;
        let made = file(&world, &id).await.json();
        let in_order = |rows: &Value| {
            let mut rows: Vec<String> = rows[list].as_array().unwrap().iter().map(Value::to_string).collect();
            rows.sort();
            rows
        };
        assert_eq!(in_order(&made), in_order(expected), "{kind}");
    }
}

/// The kind, the source, the gross amount and the fee of a movement.
type Moved<'a> = (&'a str, &'a str, i64, i64);

/// Writes a payout whose charges and refunds are a payment's.
async fn pay_out(world: &World, name: &str, currency: Currency, moves: &[Moved<'_>], payment: &PaymentId) {
    let (store, b) = (&world.local.state.context.store, &world.local.business);
    let amount = |minor| Balance::new(minor, currency).unwrap();
    let state = PayoutState {
        amount: amount(0),
        arrives_on: None,
        rank: PayoutRank::Paid,
        reconciled: true,
        manual: false,
        bank_reference: None,
        failure: None,
        movements: BTreeSet::new(),
    };
    let payout = Payout {
        provider: testing::stripe(),
        id: name.parse().unwrap(),
        state,
        proof: None,
        unlisted: false,
        part_of: None,
        heard_at: world.now(),
        reading: None,
        version: 1,
    };
    assert!(store.put_payout(b, &payout).await.unwrap());
    let transactions = moves.iter().enumerate().map(|(place, (kind, source, gross, fee))| ProviderTransaction {
        transaction: BalanceTransaction {
            id: format!("txn_{name}_{place}").parse().unwrap(),
            kind: (*kind).to_owned(),
            source: Some(source.parse().unwrap()),
            gross: amount(*gross),
            fee: amount(*fee),
            net: amount(gross - fee),
            exchange_rate: None,
            at: world.now(),
        },
        payout: Some(payout.id.clone()),
        recorded_at: world.now(),
        payment: matches!(*kind, "charge" | "refund").then(|| payment.clone()),
        fact: None,
        taken_over_at: None,
        ownership: None,
        other_business: None,
        holder: None,
    });
    let transactions: Vec<ProviderTransaction> = transactions.collect();
    store.put_new_transactions(b, testing::stripe(), &transactions).await.unwrap();
    // What was read before the payment was known does not take it away.
    let unmatched: Vec<ProviderTransaction> =
        transactions.iter().map(|one| ProviderTransaction { payment: None, ..one.clone() }).collect();
    store.put_new_transactions(b, testing::stripe(), &unmatched).await.unwrap();
    store.match_transactions(b, testing::stripe(), &unmatched).await.unwrap();
    assert_eq!(store.payout_transactions(b, testing::stripe(), &payout.id).await.unwrap(), transactions);
}

/// The sum of each account of a journal that is not nothing, in hundredths.
fn accounts(lines: &[Value]) -> BTreeMap<String, i64> {
    let mut accounts = BTreeMap::new();
    for line in lines {
        let text = |name: &str| line[name].as_str().unwrap();
        let minor: i64 = text("amount").replace('.', "").parse().unwrap();
        *accounts.entry(format!("{} {}", text("account"), text("currency"))).or_default() += minor;
    }
    accounts.retain(|_, sum| *sum != 0);
    accounts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payouts_in_two_currencies_balance_in_each_and_a_payment_may_be_paid_out_in_both() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "75.00").await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "75.00").await;
    world.pay_hosted(pressed.location(), CARD).await;
    world.drain().await;
    let listed = world.ask(Method::GET, &format!("/exports/payments?{MARCH}"), None).await;
    let payment: PaymentId = listed["payments"][0]["payment"].as_str().unwrap().parse().unwrap();
    let charge = world.stripe("/charges?limit=1").await["data"][0]["id"].as_str().unwrap().to_owned();
    let euros = [("charge", charge.as_str(), 7_500, 138), ("payout", "po_eur", -7_362, 0)];
    pay_out(&world, "po_eur", Currency::EUR, &euros, &payment).await;
    let dollars = [
        ("refund", "re_other", -2_712, 0),
        ("topup", "tu_1", 5_000, 0),
        ("reserve_transaction", "rsv_1", -1_000, 0),
        ("payout", "po_usd", -1_288, 0),
    ];
    pay_out(&world, "po_usd", Currency::USD, &dollars, &payment).await;

    let journal = world.ask(Method::GET, &format!("/exports/journal?{MARCH}"), None).await;
    let lines = journal["lines"].as_array().unwrap();
    let sums = sums(lines);
    assert!(sums.values().all(|sum| *sum == 0), "{sums:?}");
    let expected = [
        ("bank EUR", 7_362),
        ("bank USD", -3_712),
        ("invoiced EUR", -7_500),
        ("provider_fees EUR", 138),
        ("provider_reserve USD", 1_000),
        ("suspense USD", 2_712),
    ];
    assert_eq!(accounts(lines), expected.map(|(account, sum)| (account.to_owned(), sum)).into());

    let payments = world.ask(Method::GET, &format!("/exports/payments?{MARCH}"), None).await;
    let settled = &payments["payments"][0]["settled"];
    let of = |place: usize| (settled[place]["currency"].as_str().unwrap(), settled[place]["net"].as_str().unwrap());
    assert_eq!([of(0), of(1)], [("EUR", "73.62"), ("USD", "-27.12")], "{payments:#}");
    let file = world.api(Method::GET, &format!("/exports/payments?{MARCH}&format=csv"), None).await.text;
    let rows: Vec<Vec<&str>> = file.lines().skip(1).map(|row| row.split(',').collect()).collect();
    let shown: Vec<String> =
        rows.iter().map(|cells| format!("{} {} {} {}", cells[6], cells[7], cells[11], cells[14])).collect();
    assert_eq!(shown, ["75.00 75.00 EUR 73.62", "  USD -27.12"], "no amount of the payment is counted twice: {file}");
}
