//! A period's export misses nothing: a decision is of the instant at which it is made, it is not written long after that, and an
//! export says up to which instant it is complete.

use jiff::{SignedDuration, Timestamp};
use local_aws::table::faults::Refusal;
use reqwest::Method;
use serde_json::Value;
use testing::World;

fn seconds(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count)
}

/// When the only entry of the ledger was made.
async fn entered_at(world: &World, customer: &Value) -> Timestamp {
    let (store, b) = (&world.local.state.context.store, &world.local.business);
    let customer = customer["id"].as_str().unwrap().parse().unwrap();
    let entries = store.entries(b, &customer).await.unwrap();
    assert_eq!(entries.len(), 1, "{entries:?}");
    entries[0].recorded_at
}

/// Issues an invoice whose transaction reaches the table so much later, where it is carried out or refused.
async fn issued_late(world: &World, customer: &Value, late_by: SignedDuration, refusal: Option<Refusal>) {
    let late = world.local.table_faults().delay_transaction(0);
    let lateness = async {
        late.arrived().await;
        world.advance(late_by);
        late.go_on(refusal);
    };
    tokio::join!(lateness, world.invoice(customer, "EUR", "20.00"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_that_waited_is_made_again_and_dated_anew() {
    for (late_by, is_dated_anew) in [(60, false), (61, true), (3_600, true)] {
        let world = World::new().await;
        let (customer, began) = (world.customer("en").await, world.now());
        issued_late(&world, &customer, seconds(late_by), Some(Refusal::Conflict)).await;
        let expected = if is_dated_anew { world.now() } else { began };
        assert_eq!(entered_at(&world, &customer).await, expected, "after {late_by} s");
        world.drain().await;
        world.verify().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_takes_long_dates_each_decision_by_its_own_instant() {
    let world = World::new().await;
    let (customer, began) = (world.customer("en").await, world.now());
    let (context, b) = (&world.local.state.context, &world.local.business);
    let business = context.store.business(b).await.unwrap().unwrap();
    // An import began two hours ago; this is one of its last invoices.
    world.advance(SignedDuration::from_hours(2));
    let file = format!(
        "number,customer,currency,issued_on,due_on,description,quantity,unit_price\nF-9,{},EUR,2026-03-02,2026-04-01,Work,1,10.00\n",
        customer["external_id"].as_str().unwrap()
    );
    let ids = operations::ImportIds {
        customer: &|| receivables::CustomerId::from_ulid(&"1".repeat(26)).unwrap(),
        invoice: &|| receivables::InvoiceId::from_ulid(&"1".repeat(26)).unwrap(),
        pay_link: &|| receivables::PayLinkId::from_ulid(&"1".repeat(26)).unwrap(),
    };
    let report =
        operations::import_invoices(context, &business, ids, file.as_bytes(), false, |_| {}, began).await.unwrap();
    assert_eq!(report.issued, 1, "{report:?}");
    assert_eq!(entered_at(&world, &customer).await, world.now());
}

/// Midnight in Paris at the end of the 31st of March.
const MONTH_END: &str = "2026-03-31T22:00:00Z";
const MARCH: &str = "/exports/journal?from=2026-03-01&to=2026-03-31";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_after_its_period_was_exported_is_later_than_the_export_says_it_is_complete() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let month_end: Timestamp = MONTH_END.parse().unwrap();
    // Decided half a minute before the month ends, and written after it.
    world.advance(month_end.duration_since(world.now()) - seconds(30));
    let decided_at = world.now();
    let late = world.local.table_faults().delay_transaction(0);
    let exported = async {
        late.arrived().await;
        world.advance(seconds(45));
        let at_once = world.ask(Method::GET, MARCH, None).await;
        late.go_on(None);
        at_once
    };
    let (at_once, _) = tokio::join!(exported, world.invoice(&customer, "EUR", "20.00"));
    assert_eq!(at_once["lines"], serde_json::json!([]), "it is not written yet");
    let until: Timestamp = at_once["complete_until"].as_str().unwrap().parse().unwrap();
    assert!(until <= decided_at, "{until} does not promise what was decided at {decided_at}");
    assert_eq!(entered_at(&world, &customer).await, decided_at, "it is of March");

    // Three minutes after its end the month is complete, and stays so.
    for (wait, complete_until) in [(164, "2026-03-31T21:59:59Z"), (1, MONTH_END), (86_400, MONTH_END)] {
        world.advance(seconds(wait));
        let march = world.ask(Method::GET, MARCH, None).await;
        assert_eq!(march["complete_until"], complete_until);
        assert_eq!(march["lines"].as_array().unwrap().len(), 2, "{march:#}");
    }
    let file = world.api(Method::GET, &format!("{MARCH}&format=csv"), None).await;
    assert_eq!(file.header("complete-until"), Some(MONTH_END));
    let payments = world.ask(Method::GET, &MARCH.replace("journal", "payments"), None).await;
    assert_eq!(payments["complete_until"], MONTH_END);
}
