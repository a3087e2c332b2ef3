//! What the first page of a statement costs: of an account that got an invoice a day for ten years, beside one that got them
//! for a month. Each invoice is due after thirty days and settled then, by a credit note.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};
use reqwest::Method;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use testing::World;
use tokio::runtime::Builder;

use crate::Outcome;
use crate::effort::Effort;
use crate::table::{Table, Target};

/// A day.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Days until an invoice is due.
const TERM: usize = 30;
/// Days with an invoice in the young account: as many are open as in the old one, and it has more than a page of entries.
const MONTH: usize = TERM + 1;
/// Days of ten years.
const TEN_YEARS: usize = 3_650;
/// Days of a year and a bit, where little trouble is taken.
const QUICK: usize = 400;
/// Lines of a page, as the portal shows them.
const PAGE: usize = 30;

/// What a page was asked for with, and what it took of the table.
#[derive(PartialEq)]
struct Cost {
    calls: Vec<String>,
    units: Decimal,
}

pub(crate) fn measure(effort: &Effort, table: &mut Table) -> Outcome {
    let shared = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let many = if effort.quick { QUICK } else { TEN_YEARS };
    let young = shared.block_on(costs(MONTH))?;
    let old = shared.block_on(costs(many))?;
    for ((what, young), (_, old)) in young.into_iter().zip(old) {
        let said = format!("{}: {} units, beside {}", old.calls.join(" + "), old.units, young.units);
        let same = Target::exactly(&young, &old, "the same calls and units");
        let what = format!("statement of {many} daily invoices, first page: {what}");
        table.aimed(what, said, same, "beside one of 31; the units as the table tells; the account's key is known");
    }
    Ok(())
}

/// The first pages of an account with an invoice on each of so many days, the last of them today.
async fn costs(days: usize) -> Outcome<Vec<(&'static str, Cost)>> {
    let world = World::new().await;
    let customer = world.customer("en").await;
    for day in 0..days {
        if day > 0 {
            world.advance(DAY);
        }
        bill(&world, &customer, day).await?;
        if let Some(due) = day.checked_sub(TERM) {
            settle(&world, &customer, due).await;
        }
        world.drain().await;
    }
    world.calls.meter();
    let path = format!("/customers/{}/statement", customer["id"].as_str().ok_or("no id")?);
    let mut costs = Vec::new();
    for (what, query) in [("the usual", ""), ("open items", "&kind=open_item"), ("all there is", "&from=2026-03-02")] {
        // The first one may have more to look up.
        for _ in 0..2 {
            world.calls.forget();
            let page: Value = world.ask(Method::GET, &format!("{path}?limit={PAGE}{query}"), None).await;
            if page["statements"].as_array().is_none_or(Vec::is_empty) {
                return Err("an empty statement".into());
            }
        }
        let mut calls = world.calls.made();
        calls.sort();
        costs.push((what, Cost { calls, units: world.calls.units() }));
    }
    Ok(costs)
}

/// An invoice of a day.
async fn bill(world: &World, customer: &Value, day: usize) -> Outcome {
    let today = world.now().to_zoned(TimeZone::UTC).date();
    let body = json!({
        "number": format!("D-{day}"), "customer": customer["id"], "currency": "EUR", "issued_on": today,
        "due_on": today.checked_add(i64::try_from(TERM)?.days())?,
        "lines": [{"description": "Work", "quantity": "1", "unit_price": "10.00"}],
    });
    world.ask(Method::POST, "/invoices", Some(body)).await;
    Ok(())
}

/// A credit note for the invoice of a day.
async fn settle(world: &World, customer: &Value, day: usize) {
    let body = json!({
        "number": format!("CN-{day}"), "customer": customer["id"], "currency": "EUR", "amount": "10.00", "reason": "Settled",
        "issued_on": world.now().to_zoned(TimeZone::UTC).date(),
        "allocations": [{"invoice": format!("D-{day}"), "amount": "10.00"}],
    });
    world.ask(Method::POST, "/credit-notes", Some(body)).await;
}
