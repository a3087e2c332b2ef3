//! The Lambda functions, each beside the smallest program that does as little as can be done with the same clients.
//!
//! Both are started by turns against a Runtime API on loopback and the same tables. The peers use the SDK as it comes, and
//! their clients trust what the machine trusts.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::Outcome;
use crate::effort::Effort;
use crate::far_table::FarTable;
use crate::figures::{hundredths, median, size, time};
use crate::invocations::Stage;
use crate::programs;
use crate::running::Running;
use crate::runtime_api::RuntimeApi;
use crate::table::{Table, Target};

/// A zip's own words around its one deflated file, called `bootstrap`.
const ZIP_FRAME_BYTES: usize = 116;

/// Webhooks that one process is given for its processor's time.
const WEBHOOKS_FOR_CPU: usize = 500;
/// Of the peer's processor time for a webhook, in hundredths.
const WEBHOOK_CPU_MOST: u128 = 120;

/// A function, its peer, and how many hundredths of the peer it may take.
struct Pair {
    name: &'static str,
    peer: &'static str,
    most: u128,
    event: Event,
}

/// What a function is first given.
#[derive(Clone, Copy)]
enum Event {
    Webhook,
    StreamBatch,
    Tick,
    Invoices,
    PayPage,
}

const PAIRS: [Pair; 5] = [
    Pair { name: "webhook_receiver", peer: "peer_receiver", most: 130, event: Event::Webhook },
    Pair { name: "event_worker", peer: "peer_worker", most: 130, event: Event::StreamBatch },
    Pair { name: "due_worker", peer: "peer_worker", most: 130, event: Event::Tick },
    Pair { name: "business_api", peer: "peer_portal", most: 200, event: Event::Invoices },
    Pair { name: "frontend", peer: "peer_portal", most: 200, event: Event::PayPage },
];

/// One program on the stage.
struct Function {
    program: PathBuf,
    environment: Vec<(&'static str, String)>,
}

pub(crate) fn measure(effort: &Effort, table: &mut Table) -> Outcome {
    programs::functions()?;
    let stage = Stage::set()?;
    let function = |name: &str| -> Outcome<Function> {
        Ok(Function { program: programs::released(name)?, environment: stage.environment() })
    };
    let empty = function("peer_empty")?;
    let mut starts = (0..effort.starts()).map(|_| empty.cold_start()).collect::<Outcome<Vec<Duration>>>()?;
    let how = "the smallest lambda_http, for comparison; exec to the first poll";
    table.figure("Lambda peer_empty: cold start", time(median(&mut starts)), how);
    table.figure("Lambda peer_empty: zip", size(empty.zip_bytes()?), "deflate at its best");
    for pair in &PAIRS {
        compare(pair, &function(pair.name)?, &function(pair.peer)?, &stage, effort, table)?;
    }
    Ok(())
}

/// The receiver alone, by what a webhook costs the processor.
pub(crate) fn measure_webhook(effort: &Effort, table: &mut Table) -> Outcome {
    programs::receiver()?;
    let stage = Stage::set()?;
    let function = |name: &str| -> Outcome<Function> {
        Ok(Function { program: programs::released(name)?, environment: stage.environment() })
    };
    compare_cpu(function("webhook_receiver")?, function("peer_receiver")?, &stage, effort, table)
}

fn compare(
    pair: &Pair,
    ours: &Function,
    peer: &Function,
    stage: &Stage,
    effort: &Effort,
    table: &mut Table,
) -> Outcome {
    let (mut our_starts, mut peer_starts) = (Vec::new(), Vec::new());
    for _ in 0..effort.starts() {
        our_starts.push(ours.cold_start()?);
        peer_starts.push(peer.cold_start()?);
    }
    let (our_start, peer_start) = (median(&mut our_starts), median(&mut peer_starts));
    let row = |what: &str, said: [String; 2], hundreds: [u128; 2], how: &str, table: &mut Table| {
        let [our_figure, peer_figure] = hundreds;
        let ratio = (our_figure * 100).div_ceil(peer_figure.max(1));
        let [ours, peers] = said;
        let measured = format!("{ours}, peer {peers}: {} ×", hundredths(ratio));
        let target = Target::at_most(&ratio, &pair.most, &format!("{} × {}", hundredths(pair.most), pair.peer));
        table.aimed(format!("Lambda {}: {what}", pair.name), measured, target, how);
    };
    let (said, nanos) = ([time(our_start), time(peer_start)], [our_start.as_nanos(), peer_start.as_nanos()]);
    row("cold start", said, nanos, "exec to the first poll of the Runtime API, by turns", table);
    let (our_zip, peer_zip) = (ours.zip_bytes()?, peer.zip_bytes()?);
    row("zip", [size(our_zip), size(peer_zip)], [our_zip.into(), peer_zip.into()], "deflate at its best", table);
    let (mut our_memory, mut peer_memory) = (Vec::new(), Vec::new());
    for number in 0..effort.long_starts() {
        our_memory.push(ours.memory_after(&first(pair.event, stage, number * 2)?)?);
        let for_peer = if let Event::StreamBatch | Event::Tick = pair.event {
            "{}".to_owned()
        } else {
            first(pair.event, stage, number * 2 + 1)?
        };
        peer_memory.push(peer.memory_after(&for_peer)?);
    }
    let (ours, peers) = (median(&mut our_memory), median(&mut peer_memory));
    let how = "VmRSS once the first event is answered; DynamoDB over plain HTTP";
    row("memory", [size(ours), size(peers)], [ours.into(), peers.into()], how, table);
    Ok(())
}

/// What a webhook costs the processor, once the function is warm.
fn compare_cpu(ours: Function, peer: Function, stage: &Stage, effort: &Effort, table: &mut Table) -> Outcome {
    let far = FarTable::start()?;
    let (ours, peer) = (ours.with_table(&far), peer.with_table(&far));
    let (mut our_times, mut peer_times) = (Vec::new(), Vec::new());
    for number in 0..effort.starts() {
        for (function, times, place) in [(&ours, &mut our_times, 2), (&peer, &mut peer_times, 3)] {
            let before = far.puts();
            let from = (number * 2 + place) * (WEBHOOKS_FOR_CPU + 1);
            let events: Vec<String> =
                (from..=from + WEBHOOKS_FOR_CPU).map(|number| stage.webhook(number)).collect::<Outcome<_>>()?;
            times.push(function.cpu_of_each(&events)?);
            if far.puts() != before + events.len() {
                return Err(format!("{} webhooks, but {} puts", events.len(), far.puts() - before).into());
            }
        }
    }
    let (ours, peers) = (median(&mut our_times), median(&mut peer_times));
    let ratio = (ours.as_nanos() * 100).div_ceil(peers.as_nanos().max(1));
    let target =
        Target::at_most(&ratio, &WEBHOOK_CPU_MOST, &format!("{} × peer_receiver", hundredths(WEBHOOK_CPU_MOST)));
    let measured = format!("{}, peer {}: {} ×", time(ours), time(peers), hundredths(ratio));
    let how = format!("{WEBHOOKS_FOR_CPU} webhooks to one warm process, all its threads, the table far away; by turns");
    table.aimed("Lambda webhook_receiver: CPU of a webhook", measured, target, &how);
    Ok(())
}

fn first(event: Event, stage: &Stage, number: usize) -> Outcome<String> {
    match event {
        Event::Webhook => stage.webhook(number),
        Event::StreamBatch => stage.stream_batch(),
        Event::Tick => Ok("{}".to_owned()),
        Event::Invoices => Ok(stage.invoices()),
        Event::PayPage => Ok(stage.pay_page()),
    }
}

impl Function {
    /// The same, with another table.
    fn with_table(mut self, table: &FarTable) -> Self {
        self.environment.retain(|(name, _)| *name != "AWS_ENDPOINT_URL_DYNAMODB");
        self.environment.push(("AWS_ENDPOINT_URL_DYNAMODB", table.endpoint()));
        self
    }

    /// From the start of the process to its first poll.
    fn cold_start(&self) -> Outcome<Duration> {
        let api = RuntimeApi::start()?;
        let began = Instant::now();
        let _running = self.start(&api)?;
        Ok(api.polled()?.saturating_duration_since(began))
    }

    /// The memory in use once the first event is answered, as it should be.
    fn memory_after(&self, event: &str) -> Outcome<u64> {
        let api = RuntimeApi::start()?;
        let running = self.start(&api)?;
        api.polled()?;
        let answer: serde_json::Value = serde_json::from_str(&api.invoke(event)?)?;
        if answer.get("statusCode").is_some_and(|status| status != 200) {
            return Err(format!("{} answered {answer}", self.program.display()).into());
        }
        if answer.pointer("/batchItemFailures/0").is_some() {
            return Err(format!("{} failed: {answer}", self.program.display()).into());
        }
        api.polled()?;
        running.resident_bytes()
    }

    /// The processor's time that each of the events takes but the first, which connects.
    fn cpu_of_each(&self, events: &[String]) -> Outcome<Duration> {
        let api = RuntimeApi::start()?;
        let running = self.start(&api)?;
        api.polled()?;
        let (first, rest) = events.split_first().ok_or("no events")?;
        api.invoke(first)?;
        api.polled()?;
        let before = running.cpu()?;
        for event in rest {
            let answer: serde_json::Value = serde_json::from_str(&api.invoke(event)?)?;
            if answer.get("statusCode").is_none_or(|status| status != 200) {
                return Err(format!("{} answered {answer}", self.program.display()).into());
            }
            api.polled()?;
        }
        let taken = running.cpu()?.saturating_sub(before);
        Ok(taken / u32::try_from(rest.len().max(1))?)
    }

    fn start(&self, api: &RuntimeApi) -> Outcome<Running> {
        let mut command = Command::new(&self.program);
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env("AWS_LAMBDA_RUNTIME_API", api.address().to_string());
        Running::start(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()))
    }

    /// The size of the zip that is deployed.
    fn zip_bytes(&self) -> Outcome<u64> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&std::fs::read(&self.program)?)?;
        Ok(u64::try_from(encoder.finish()?.len() + ZIP_FRAME_BYTES)?)
    }
}
