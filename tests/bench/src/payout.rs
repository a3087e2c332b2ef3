//! What a payout of very many transactions costs: read in steps by the timer until it is proved, and heard again.

use std::time::Instant;

use jiff::SignedDuration;
use operations::{Deadline, Shards};
use reqwest::Method;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use testing::World;
use tokio::runtime::Builder;

use crate::Outcome;
use crate::effort::Effort;
use crate::table::{Table, Target};

/// Transactions of the payout.
const MANY: usize = 50_000;
/// The same, where little trouble is taken.
const QUICK: usize = 2_000;
/// Days until the money that is paid out is available.
const AVAILABLE_AFTER: SignedDuration = SignedDuration::from_hours(72);
/// Runs of the timer after which the payout must be proved.
const RUNS_MAX: u64 = 2_000;

/// What reading a payout to its end took.
struct Reading {
    /// Runs of the timer that did something.
    steps: usize,
    calls: usize,
    units: Decimal,
    seconds: u64,
}

pub(crate) fn measure(effort: &Effort, table: &mut Table) -> Outcome {
    let many = if effort.quick { QUICK } else { MANY };
    let shared = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (first, again) = shared.block_on(readings(many))?;
    let how =
        "the timer alone, until the payout is proved; calls and units of everything that is due, as the table tells";
    let said = |reading: &Reading| {
        let Reading { steps, calls, units, seconds } = reading;
        format!("{steps} steps, {calls} calls, {units} units, {seconds} s with the sandbox")
    };
    table.figure(format!("payout of {many} transactions: read and proved"), said(&first), how);
    let less = Target::at_most(&again.units, &(first.units / Decimal::TEN), "a tenth of the units: what is new alone");
    table.aimed(format!("payout of {many} transactions: read again, with one more"), said(&again), less, how);
    Ok(())
}

async fn readings(many: usize) -> Outcome<(Reading, Reading)> {
    let world = World::new().await;
    // One large charge pays for very many small fees.
    world.stripe_control("/foreign_charge", &json!({"amount": 99_000_000, "currency": "eur"})).await;
    for _ in 1..many {
        world.stripe_control("/fees", &json!({"amount": 1, "currency": "eur"})).await;
    }
    world.advance(AVAILABLE_AFTER);
    world.drain().await;
    let paid = world.stripe_control("/payouts", &json!({})).await;
    let id = paid["data"][0]["id"].as_str().ok_or("no payout")?.to_owned();
    world.advance(SignedDuration::from_mins(10));
    world.local.sandbox.deliver_due().await;
    world.local.drain_streams().await?;
    let first = read(&world, &id).await?;
    // The bank sends it back: its list is read once more, with one transaction that is new.
    world.stripe_control(&format!("/payouts/{id}/fail"), &json!({})).await;
    world.local.sandbox.deliver_due().await;
    world.local.drain_streams().await?;
    let again = read(&world, &id).await?;
    Ok((first, again))
}

/// Runs the timer until the payout is proved and nothing more is due.
async fn read(world: &World, id: &str) -> Outcome<Reading> {
    world.calls.meter();
    world.calls.forget();
    let (began, mut steps) = (Instant::now(), 0);
    let context = world.local.state.context.clone();
    for run in 0..RUNS_MAX {
        let done = operations::run_due(&context, || world.now(), Shards::All, Deadline::default()).await?;
        if done == operations::DueRun::default() {
            let (calls, units) = (world.calls.made().len(), world.calls.units());
            let payout: Value = world.ask(Method::GET, &format!("/payouts/{id}"), None).await;
            if payout["proof"]["holds"] != json!(true) {
                return Err(format!("not proved after {run} runs: {payout}").into());
            }
            return Ok(Reading { steps, calls, units, seconds: began.elapsed().as_secs() });
        }
        steps += 1;
        world.advance(SignedDuration::from_secs(1));
    }
    Err("it does not end".into())
}
