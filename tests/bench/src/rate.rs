//! How many events a second get in, beside the conditional puts a second that the same table takes from the same process.
//!
//! The table is the ceiling: the embedded one writes one thing after the other. What the receiver does besides (HTTP, the
//! signature, the envelope) may cost a part of it only. In both cases the stream hands on what was recorded, which is of a type
//! that changes nothing.

use std::time::{Duration, Instant};

use futures::StreamExt;
use serde_json::json;
use store::{EventKey, EventState, ReceivedEvent, RecordOutcome};
use testing::World;
use tokio::runtime::Builder;

use crate::Outcome;
use crate::effort::Effort;
use crate::figures::median;
use crate::table::{Table, Target};

/// Requests under way at a time.
const AT_ONCE: usize = 8;
/// Of the puts a second, in percent.
const PERCENT_MIN: u128 = 70;
/// An event of a type that nothing listens to, of everyday size.
const PADDING_BYTES: usize = 1_800;

pub(crate) fn measure(effort: &Effort, table: &mut Table) -> Outcome {
    let shared = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let world = shared.block_on(World::new());
    let (rounds, each) = if effort.quick { (2, 100) } else { (7, 400) };
    let (mut puts, mut posts) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let put = shared.block_on(timed(each, |number| put(&world, format!("evt_put_{round}_{number}"))))?;
        shared.block_on(world.drain());
        let post = shared.block_on(timed(each, |number| post(&world, format!("evt_post_{round}_{number}"))))?;
        shared.block_on(world.drain());
        // The first round connects.
        if round > 0 {
            puts.push(put);
            posts.push(post);
        }
    }
    let (put, post) = (median(&mut puts), median(&mut posts));
    let a_second =
        |took: Duration| u128::from(u64::try_from(each).unwrap_or_default()) * 1_000_000 / took.as_micros().max(1);
    let percent = put.as_micros() * 100 / post.as_micros().max(1);
    let how =
        format!("{rounds} rounds of {each} by turns, {AT_ONCE} at a time; sender, receiver and table share two cores");
    table.figure("ingest: conditional puts by the store", format!("{} a second", a_second(put)), &how);
    table.figure("ingest: signed events through HTTP", format!("{} a second", a_second(post)), &how);
    let target = Target::at_least(&percent, &PERCENT_MIN, "0.70");
    table.aimed("ingest: events beside puts", format!("0.{percent:02}"), target, "the ratio of the two");
    Ok(())
}

async fn timed<F, R>(count: usize, one: F) -> Outcome<Duration>
where
    F: Fn(usize) -> R,
    R: Future<Output = Outcome>,
{
    let began = Instant::now();
    let mut all = futures::stream::iter((0..count).map(one)).buffer_unordered(AT_ONCE);
    while let Some(done) = all.next().await {
        done?;
    }
    Ok(began.elapsed())
}

fn body(id: &str) -> String {
    let object = json!({"id": id.replace("evt", "obj"), "object": "novelty", "text": "x".repeat(PADDING_BYTES)});
    json!({"id": id, "object": "event", "type": "novelty.happened", "livemode": false, "data": {"object": object}})
        .to_string()
}

async fn put(world: &World, id: String) -> Outcome {
    let event = ReceivedEvent {
        key: EventKey {
            business: world.local.business.clone(),
            provider: testing::stripe(),
            object: id.replace("evt", "obj"),
            event: id.clone(),
        },
        kind: "novelty.happened".to_owned(),
        api_version: None,
        livemode: Some(false),
        received_at: world.now(),
        body: body(&id).into_bytes(),
        state: EventState::Received,
        reason: None,
    };
    match world.local.state.context.store.record_event(&event).await? {
        RecordOutcome::Fresh => Ok(()),
        RecordOutcome::Duplicate => Err("it was there before".into()),
    }
}

async fn post(world: &World, id: String) -> Outcome {
    let answer = world.webhook(&body(&id)).await;
    if answer.status.is_success() { Ok(()) } else { Err(answer.text.into()) }
}
