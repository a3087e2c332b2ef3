//! What a webhook costs: the arithmetic by itself, then the whole handler with its one call.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::config::SharedInterceptor;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use payment_gateway::Secret;
use payment_gateway::stripe::{Event, reports, signature};
use serde_json::Value;
use sha2::Sha256;
use testing::{Calls, World};
use tokio::runtime::Builder;
use tower::ServiceExt;
use webhook_receiver::Receiver;

use crate::Outcome;
use crate::effort::Effort;
use crate::figures::{Taken, cpu_per_call, medians, taken, time};
use crate::table::{Table, Target};

/// What an event of everyday size has.
const EVENT_BYTES: usize = 2_048;
const SECRET: &str = "whsec_0123456789abcdefghijklmnopqrstuv";
const NOW: &str = "2026-03-02T09:00:00Z";
const CPU_MAX: Duration = Duration::from_micros(10);

pub(crate) fn measure(effort: &Effort, table: &mut Table) -> Outcome {
    arithmetic(effort, table)?;
    handler(effort, table)
}

/// An event of everyday size: a payment that succeeded, with a description as long as is needed.
pub(crate) fn event_of_everyday_size(id: &str) -> Outcome<String> {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/stripe/payment_intent.succeeded-new.json");
    let mut event: Value = serde_json::from_slice(&std::fs::read(fixture)?)?;
    *event.pointer_mut("/id").ok_or("the event has no id")? = Value::from(id);
    let object = event.pointer_mut("/data/object").and_then(Value::as_object_mut).ok_or("the event has no object")?;
    object.insert("description".to_owned(), Value::from(""));
    let short = serde_json::to_string_pretty(&event)?.len();
    let padding = "x".repeat(EVENT_BYTES.saturating_sub(short));
    *event.pointer_mut("/data/object/description").ok_or("it was there")? = Value::from(padding);
    Ok(serde_json::to_string_pretty(&event)?)
}

fn arithmetic(effort: &Effort, table: &mut Table) -> Outcome {
    let (now, secrets) = (NOW.parse::<Timestamp>()?, [Secret::new(SECRET)?]);
    let [secret] = &secrets;
    let body = event_of_everyday_size("evt_bench")?;
    let header = signature::sign(secret, now, body.as_bytes());
    let hmac = cpu_per_call(effort, || {
        let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes());
        mac.map(|mac| mac.chain_update(b"1772442000.").chain_update(&body).finalize().into_bytes())
    });
    signature::verify(&header, body.as_bytes(), &secrets, now)?;
    let verify = cpu_per_call(effort, || signature::verify(&header, body.as_bytes(), &secrets, now).is_ok());
    let event = Event::read(body.as_bytes())?;
    let envelope = cpu_per_call(effort, || Event::read(body.as_bytes()).is_ok());
    reports::reports(&event)?;
    let reports = cpu_per_call(effort, || reports::reports(&event).is_ok());
    let both = cpu_per_call(effort, || {
        signature::verify(&header, body.as_bytes(), &secrets, now).is_ok() && Event::read(body.as_bytes()).is_ok()
    });
    let batches = "median of batches, the thread's own CPU time, event of 2,048 bytes";
    table.figure("webhook: HMAC alone", time(hmac), batches);
    table.figure("webhook: verify", time(verify), batches);
    table.figure("webhook: envelope", time(envelope), batches);
    table.aimed("webhook: verify + envelope", time(both), Target::at_most(&both, &CPU_MAX, "10 µs"), batches);
    table.figure("webhook: envelope to facts", time(reports), "the same; done by the worker, not the receiver");
    Ok(())
}

fn handler(effort: &Effort, table: &mut Table) -> Outcome {
    let shared = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let alone = Builder::new_current_thread().enable_all().build()?;
    let world = shared.block_on(World::new());
    let (calls, secret) = (Calls::default(), Secret::new(SECRET)?);
    let receiver = Receiver {
        store: world.local.store_watched_by(&SharedInterceptor::new(calls.clone())),
        clock: world.clock.clone(),
        secrets: Arc::from([secret.clone()]),
        only_business: world.local.business.clone(),
    };
    let router = webhook_receiver::router(receiver);
    let path = format!("/webhooks/stripe/{}", world.local.business);
    let mut post = |number: usize| -> Outcome<Taken> {
        let body = event_of_everyday_size(&format!("evt_{number}"))?;
        let signature = signature::sign(&secret, world.now(), body.as_bytes());
        let request = Request::post(&path).header(signature::HEADER, signature).body(Body::from(body))?;
        let (status, taken) = taken(|| alone.block_on(answer(&router, request)));
        if status? == StatusCode::OK { Ok(taken) } else { Err("a webhook was not accepted".into()) }
    };
    // The first one connects.
    post(0)?;
    calls.forget();
    let samples = (1..=effort.calls()).map(&mut post).collect::<Outcome<Vec<Taken>>>()?;
    let made = calls.made();
    let puts = made.iter().filter(|call| *call == "PutItem").count();
    let one_each = made.len() == samples.len() && puts == samples.len();
    let each = format!("{} PutItem for {} webhooks", made.len(), samples.len());
    let exact = Target::exactly(&one_each, &true, "exactly 1 each");
    table.aimed(
        "webhook: calls to DynamoDB",
        each,
        exact,
        "counted inside the client; tests/integration/src/budget.rs proves it",
    );
    let Taken { wall, cpu } = medians(&samples);
    let how = "the receiver's router in process, its thread's CPU; answered by the embedded table over HTTP";
    table.figure("webhook: received, verified, recorded", format!("{} CPU, {} in all", time(cpu), time(wall)), how);
    Ok(())
}

async fn answer(router: &Router, request: Request<Body>) -> Outcome<StatusCode> {
    Ok(router.clone().oneshot(request).await?.status())
}
