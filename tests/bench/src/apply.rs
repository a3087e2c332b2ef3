//! What applying an event costs: a payment that succeeded, heard of for the first time.

use aws_sdk_dynamodb::config::SharedInterceptor;
use futures::StreamExt;
use operations::{ApplyOutcome, Context, apply_provider_event};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use store::{EventState, ReceivedEvent};
use testing::{Calls, World};
use tokio::runtime::Builder;

use crate::Outcome;
use crate::effort::Effort;
use crate::figures::{Taken, median, medians, taken, time};
use crate::table::{Table, Target};

/// Each sample is a payment of its own, from invoice to hosted page.
const SAMPLES_MAX: usize = 25;
/// Invoices of a small account.
const INVOICES_FEW: usize = 10;
/// Invoices of a large one.
const INVOICES_MANY: usize = 10_000;
/// Of the small account's CPU, in percent.
const PERCENT_MAX: u128 = 110;

pub(crate) fn measure(effort: &Effort, table: &mut Table) -> Outcome {
    let shared = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let alone = Builder::new_current_thread().enable_all().build()?;
    let world = shared.block_on(World::new());
    let calls = Calls::default();
    let context = Context {
        store: world.local.store_watched_by(&SharedInterceptor::new(calls.clone())),
        ..world.local.state.context.clone()
    };
    shared.block_on(world.chaos(json!({"drop": 100})));
    let (mut samples, mut made) = (Vec::new(), Vec::new());
    for number in 0..=effort.calls().min(SAMPLES_MAX) {
        let event = shared.block_on(paid(&world))?;
        alone.block_on(context.store.record_event(&event))?;
        calls.forget();
        let (applied, taken) = taken(|| alone.block_on(apply_provider_event(&context, &event, world.now())));
        match applied? {
            ApplyOutcome::InTheBooks => {}
            ApplyOutcome::Nothing | ApplyOutcome::Unmatched | ApplyOutcome::Quarantined => {
                return Err("it is not in the books".into());
            }
        }
        // The first one connects.
        if number > 0 {
            samples.push(taken);
            made.push(calls.made());
        }
        shared.block_on(world.drain());
    }
    shared.block_on(world.verify());
    let wanted = ["Query", "TransactWriteItems"];
    let all = made.iter().all(|calls| *calls == wanted);
    let said = made.first().map(|calls| calls.join(" + ")).unwrap_or_default();
    let exact = Target::exactly(&all, &true, "1 read + 1 transaction");
    table.aimed("apply: calls to DynamoDB", said, exact, "every sample; tests/integration/src/budget.rs proves it");
    let Taken { wall, cpu } = medians(&samples);
    let how = "a first payment_intent.succeeded; this thread's CPU, the embedded table's not in it; then the books are proved";
    table.figure("apply: one event", format!("{} CPU, {} in all", time(cpu), time(wall)), how);
    Ok(())
}

/// What applying costs on an account of very many invoices, beside one of a few.
pub(crate) fn measure_flat(effort: &Effort, table: &mut Table) -> Outcome {
    let shared = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let alone = Builder::new_current_thread().enable_all().build()?;
    let world = shared.block_on(World::new());
    let calls = Calls::default();
    let context = Context {
        store: world.local.store_watched_by(&SharedInterceptor::new(calls.clone())),
        ..world.local.state.context.clone()
    };
    calls.meter();
    let many = if effort.quick { 500 } else { INVOICES_MANY };
    let accounts = shared.block_on(async {
        let (small, large) = (world.customer("en").await, world.customer("en").await);
        for (customer, count) in [(&small, INVOICES_FEW), (&large, many)] {
            let issued = futures::stream::iter(0..count).map(|_| world.invoice(customer, "EUR", "12.00"));
            issued.buffer_unordered(8).for_each(|_| async {}).await;
        }
        world.drain().await;
        world.chaos(json!({"drop": 100})).await;
        [small, large]
    });
    let mut samples = [Vec::new(), Vec::new()];
    let (mut made, mut used) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for number in 0..=effort.calls().min(SAMPLES_MAX) {
        for (place, customer) in accounts.iter().enumerate() {
            let event = shared.block_on(paid_by(&world, customer))?;
            alone.block_on(context.store.record_event(&event))?;
            calls.forget();
            let (applied, taken) = taken(|| alone.block_on(apply_provider_event(&context, &event, world.now())));
            applied?;
            if let (Some(samples), Some(made), Some(used), true) =
                (samples.get_mut(place), made.get_mut(place), used.get_mut(place), number > 0)
            {
                used.push(calls.units());
                samples.push(taken);
                made.push(calls.made());
            }
            shared.block_on(world.drain());
        }
    }
    let [few, very_many] = samples.map(|samples| medians(&samples).cpu);
    let [calls_few, calls_many] = made;
    let same = Target::exactly(&calls_few, &calls_many, "the same");
    let said = calls_many.first().map(|calls| calls.join(" + ")).unwrap_or_default();
    table.aimed(format!("apply: calls on an account of {many} invoices"), said, same, "beside one of 10, by turns");
    let [mut units_few, mut units_many] = used;
    let (units_few, units_many) = (median(&mut units_few), median(&mut units_many));
    let target = Target::at_most(&(units_many * Decimal::from(100)), &(units_few * Decimal::from(110)), "1.10");
    let said = format!("{units_many} beside {units_few}");
    table.aimed("apply: units of the large account beside the small", said, target, "as the table tells; medians");
    let percent = very_many.as_nanos() * 100 / few.as_nanos().max(1);
    let target = Target::at_most(&percent, &PERCENT_MAX, "1.10");
    let ratio = format!("{}.{:02} ({} beside {})", percent / 100, percent % 100, time(very_many), time(few));
    table.aimed("apply: CPU of the large account beside the small", ratio, target, "medians of samples by turns");
    Ok(())
}

/// A payment paid on the hosted page, its webhooks lost: the event that says so, as nobody has applied it yet.
async fn paid(world: &World) -> Outcome<ReceivedEvent> {
    let customer = world.customer("en").await;
    paid_by(world, &customer).await
}

async fn paid_by(world: &World, customer: &Value) -> Outcome<ReceivedEvent> {
    let invoice = world.invoice(customer, "EUR", "31.00").await;
    world.drain().await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().ok_or("no pay link")?, "31.00").await;
    world.submit_hosted(pressed.location(), "4242424242424242").await;
    let events = world.stripe("/events?type=payment_intent.succeeded&limit=1").await;
    let event = events.pointer("/data/0").ok_or("no event")?;
    // The stream's worker leaves what is in quarantine alone.
    Ok(world.received(event, EventState::Quarantined))
}
