//! What a handler receives from a stream, with real writes through the real SDK.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::Client;
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::faults::{Disorder, StreamFaultsMet};
use super::*;
use crate::table::tests::{ACCESS_KEY, client, n, put, s};
use crate::table::{CORE, INBOX};

type Answer = Result<DynamoDbEventResponse, String>;

struct World {
    folder: TempDir,
    table: Arc<Table>,
    client: Client,
    clock: Clock,
}

/// A running mapping, and what its handler received.
struct Run {
    invocations: Arc<Mutex<Vec<Vec<EventRecord>>>>,
    progress: StreamProgress,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl World {
    fn new() -> Self {
        Self::at(tempfile::tempdir().unwrap())
    }

    fn at(folder: TempDir) -> Self {
        let table = Arc::new(Table::open(&folder.path().join("table"), ACCESS_KEY).unwrap());
        let client = client(&table);
        let clock = Clock::manual(jiff::Timestamp::from_second(1_800_000_000).unwrap());
        Self { folder, table, client, clock }
    }

    /// The same folder, opened again.
    fn restart(self) -> Self {
        let Self { folder, table, client, .. } = self;
        drop((table, client));
        Self::at(folder)
    }

    fn mapping(&self) -> Mapping {
        let on_failure = self.folder.path().join("failed");
        Mapping { name: "worker", table: CORE, batch_size: 10, lanes: 1, retries_max: 3, on_failure, filter: |_| true }
    }

    /// Puts `n` = 1, 2, 3 … under one key.
    async fn write(&self, table: &str, pk: &str, numbers: impl IntoIterator<Item = i64>) {
        for number in numbers {
            put(&self.client, table, pk, "S", &[("n", n(number))]).await;
        }
    }

    /// Runs a handler that receives the number of each invocation.
    fn run(&self, mapping: Mapping, answer: impl Fn(usize, &[i64]) -> Answer + Send + Sync + 'static) -> Run {
        let answer = Arc::new(answer);
        self.run_async(mapping, move |count, event| {
            let answer = Arc::clone(&answer);
            async move { answer(count, &numbers(&event.records)) }
        })
    }

    fn run_async<Fut>(&self, mapping: Mapping, handler: impl Fn(usize, Event) -> Fut + Send + Sync + 'static) -> Run
    where
        Fut: Future<Output = Answer> + Send + 'static,
    {
        let stream = Stream::open(Arc::clone(&self.table), mapping, self.clock.clone()).unwrap();
        let progress = stream.progress();
        let invocations = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&invocations);
        let (stop, stopped) = watch::channel(false);
        let handler = move |event: Event| {
            let count = {
                let mut kept = kept.lock().unwrap();
                kept.push(event.records.clone());
                kept.len()
            };
            handler(count, event)
        };
        Run { invocations, progress, stop, task: tokio::spawn(stream.drive(handler, stopped)) }
    }

    fn put_aside(&self) -> Vec<Value> {
        let files = std::fs::read_dir(self.folder.path().join("failed")).unwrap();
        files.map(|file| serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap()).collect()
    }
}

impl Run {
    async fn settle(&self) {
        for _ in 0..2_000 {
            if self.progress.lag().unwrap() == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{} records are still on their way", self.progress.lag().unwrap());
    }

    async fn invocations_reach(&self, count: usize) {
        while self.invocations.lock().unwrap().len() < count {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    fn batches(&self) -> Vec<Vec<i64>> {
        self.invocations.lock().unwrap().iter().map(|records| numbers(records)).collect()
    }

    async fn end(self) -> Vec<Vec<EventRecord>> {
        self.stop.send(true).unwrap();
        self.task.await.unwrap();
        let invocations = self.invocations.lock().unwrap();
        invocations.clone()
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is a handler's answer, which may be an error")]
fn handled() -> Answer {
    Ok(DynamoDbEventResponse::default())
}

/// Reports those of the given records that are in the batch as failed.
#[expect(clippy::unnecessary_wraps, reason = "it is a handler's answer, which may be an error")]
fn failed_at(batch: &[i64], sequences: &HashMap<i64, String>, numbers: &[i64]) -> Answer {
    let mut response = DynamoDbEventResponse::default();
    for number in numbers.iter().filter(|number| batch.contains(number)) {
        let mut failure = aws_lambda_events::event::streams::DynamoDbBatchItemFailure::default();
        failure.item_identifier = Some(sequences[number].clone());
        response.batch_item_failures.push(failure);
    }
    Ok(response)
}

fn numbers(records: &[EventRecord]) -> Vec<i64> {
    records.iter().filter_map(number).collect()
}

fn number(record: &EventRecord) -> Option<i64> {
    let image = serde_json::to_value(&record.change.new_image).unwrap();
    image["n"]["N"].as_str().map(|n| n.parse().unwrap())
}

fn sequences(world: &World, table: &str) -> HashMap<i64, String> {
    let source = Source::of(&world.table, table).unwrap();
    let stored = world.table.records_after(table, 0, 1_000).unwrap();
    let changes = stored.iter().filter_map(|stored| source.change(stored).unwrap());
    changes.filter_map(|c| Some((number(&c.record)?, c.record.change.sequence_number.clone()?))).collect()
}

#[tokio::test]
async fn a_record_has_the_shape_of_aws() {
    let world = World::new();
    world.write(CORE, "A", [1, 2]).await;
    world.client.delete_item().table_name(CORE).key("pk", s("A")).key("sk", s("S")).send().await.unwrap();
    let run = world.run(world.mapping(), |_, _| handled());
    run.settle().await;
    let records = run.end().await.concat();
    let shown: Vec<Value> = records.iter().map(|record| serde_json::to_value(record).unwrap()).collect();

    assert_eq!(records.iter().map(|r| r.event_name.as_str()).collect::<Vec<_>>(), ["INSERT", "MODIFY", "REMOVE"]);
    assert_eq!(shown[1]["eventSource"], "aws:dynamodb");
    assert_eq!(shown[1]["eventVersion"], "1.1");
    assert_eq!(shown[1]["dynamodb"]["StreamViewType"], "NEW_AND_OLD_IMAGES");
    assert_eq!(shown[1]["dynamodb"]["Keys"]["pk"]["S"], "A");
    assert_eq!(shown[1]["dynamodb"]["OldImage"]["n"]["N"], "1");
    assert_eq!(shown[1]["dynamodb"]["NewImage"]["n"]["N"], "2");
    // pk, sk and n, twice over, and the keys: 6 + 2 * 9 bytes.
    assert_eq!(shown[1]["dynamodb"]["SizeBytes"], 24);
    assert_eq!(shown[2]["dynamodb"]["NewImage"], serde_json::json!({}));
    let arn = shown[1]["eventSourceARN"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:dynamodb:us-east-1:000000000000:table/guichet-core/stream/20"), "{arn}");
    let sequences: Vec<String> = records.iter().filter_map(|r| r.change.sequence_number.clone()).collect();
    assert!(sequences.is_sorted() && sequences.iter().all(|sequence| sequence.len() == 21), "{sequences:?}");
    assert_eq!(records.iter().map(|r| &r.event_id).collect::<HashSet<_>>().len(), 3);
}

#[tokio::test]
async fn the_inbox_streams_new_images_only_and_an_expiry_names_the_service() {
    let world = World::new();
    put(&world.client, INBOX, "A", "S", &[("n", n(1))]).await;
    put(&world.client, INBOX, "A", "S", &[("n", n(2)), ("ttl", n(1_799_999_999))]).await;
    assert_eq!(world.table.sweep_ttl(world.clock.now()).unwrap(), 1);
    let run = world.run(Mapping { table: INBOX, ..world.mapping() }, |_, _| handled());
    run.settle().await;
    let shown = serde_json::to_value(run.end().await.concat()).unwrap();
    assert_eq!(shown[1]["dynamodb"]["StreamViewType"], "NEW_IMAGE");
    assert_eq!(shown[1]["dynamodb"]["NewImage"]["n"]["N"], "2");
    assert_eq!(shown[1]["dynamodb"]["OldImage"], serde_json::json!({}));
    assert_eq!(shown[1]["userIdentity"], Value::Null);
    assert_eq!(shown[2]["eventName"], "REMOVE");
    assert_eq!(shown[2]["userIdentity"]["type"], "Service");
    assert_eq!(shown[2]["userIdentity"]["principalId"], "dynamodb.amazonaws.com");
}

#[tokio::test]
async fn writes_that_change_nothing_and_unwanted_records_are_not_delivered_but_count_as_done() {
    for table in [CORE, INBOX] {
        let world = World::new();
        world.write(table, "A", [1, 1, 1, 2, 3, 3]).await;
        let filter = |record: &EventRecord| number(record) != Some(2);
        let run = world.run(Mapping { table, filter, ..world.mapping() }, |_, _| handled());
        run.settle().await;
        assert_eq!(run.batches(), [[1, 3]]);
        run.end().await;

        let world = world.restart();
        let run = world.run(Mapping { table, ..world.mapping() }, |_, _| handled());
        assert_eq!(run.progress.lag().unwrap(), 0);
        run.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_of_a_key_stay_in_order_while_lanes_run_at_the_same_time() {
    let world = World::new();
    let at_once = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let (counted, seen) = (Arc::clone(&at_once), Arc::clone(&most));
    let run = world.run_async(Mapping { lanes: 4, batch_size: 7, ..world.mapping() }, move |count, event| {
        let (counted, seen) = (Arc::clone(&counted), Arc::clone(&seen));
        async move {
            seen.fetch_max(counted.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(u64::try_from(count % 4).unwrap())).await;
            counted.fetch_sub(1, Ordering::SeqCst);
            assert!(event.records.len() <= 7);
            // Some batches fail as a whole, so that retries are part of the order too.
            if count % 5 == 0 { Err("now and then".into()) } else { handled() }
        }
    });
    for number in 0..20 {
        for key in 0..10 {
            world.write(CORE, &format!("K{key}"), [number]).await;
        }
    }
    run.settle().await;
    assert!(most.load(Ordering::SeqCst) > 1, "the lanes never ran at the same time");
    let invocations = run.end().await;
    let mut of_key: HashMap<String, Vec<i64>> = HashMap::new();
    for record in invocations.iter().flatten() {
        let key = serde_json::to_value(&record.change.keys).unwrap()["pk"]["S"].to_string();
        let seen = of_key.entry(key).or_default();
        let number = number(record).unwrap();
        // The same again is a retry; further back than the next in line would be out of order.
        assert!(number <= seen.iter().max().map_or(0, |last| last + 1), "{number} after {seen:?}");
        seen.push(number);
    }
    assert_eq!(of_key.len(), 10);
    for seen in of_key.values() {
        assert_eq!(seen.iter().collect::<HashSet<_>>().len(), 20);
        assert_eq!(seen.last(), Some(&19));
    }
}

#[tokio::test]
async fn after_a_partial_failure_everything_from_the_lowest_failed_record_comes_again() {
    let world = World::new();
    world.write(CORE, "A", 1..=6).await;
    let sequences = sequences(&world, CORE);
    let run = world.run(world.mapping(), move |count, batch| match count {
        1 => failed_at(batch, &sequences, &[5, 3]),
        2 => failed_at(batch, &sequences, &[3]),
        _ => handled(),
    });
    run.settle().await;
    assert_eq!(run.batches(), [vec![1, 2, 3, 4, 5, 6], vec![3, 4, 5, 6], vec![3, 4, 5, 6]]);
    run.end().await;
}

#[tokio::test]
async fn a_report_that_names_no_record_of_the_batch_fails_all_of_it() {
    for named in [Some("1"), Some(""), None] {
        let world = World::new();
        world.write(CORE, "A", 1..=2).await;
        let run = world.run(world.mapping(), move |count, _| {
            let mut response = DynamoDbEventResponse::default();
            if count == 1 {
                let mut failure = aws_lambda_events::event::streams::DynamoDbBatchItemFailure::default();
                failure.item_identifier = named.map(str::to_owned);
                response.batch_item_failures.push(failure);
            }
            Ok(response)
        });
        run.settle().await;
        assert_eq!(run.batches(), [vec![1, 2], vec![1], vec![2]], "{named:?}");
        run.end().await;
    }
}

#[tokio::test]
async fn a_batch_that_fails_as_a_whole_is_retried_in_halves_from_its_start() {
    let world = World::new();
    world.write(CORE, "A", 1..=8).await;
    let run = world.run(world.mapping(), |_, batch| {
        assert!(batch.len() < 4, "a panic is a failure like any other");
        if batch.len() > 2 { Err("too much".into()) } else { handled() }
    });
    run.settle().await;
    let batches = run.batches();
    assert_eq!(batches[..3], [vec![1, 2, 3, 4, 5, 6, 7, 8], vec![1, 2, 3, 4], vec![1, 2]]);
    let handled: Vec<i64> = batches.into_iter().filter(|batch| batch.len() <= 2).flatten().collect();
    assert_eq!(handled, (1..=8).collect::<Vec<_>>());
    run.end().await;
    assert!(world.put_aside().is_empty());
}

#[tokio::test]
async fn a_record_that_fails_every_retry_is_put_aside_whole_and_the_lane_goes_on() {
    let world = World::new();
    world.write(CORE, "A", 1..=4).await;
    let sequences = sequences(&world, CORE);
    let expected = sequences[&2].clone();
    let run =
        world.run(Mapping { retries_max: 2, ..world.mapping() }, move |_, batch| failed_at(batch, &sequences, &[2]));
    run.settle().await;
    assert_eq!(run.batches(), [vec![1, 2, 3, 4], vec![2, 3, 4], vec![2, 3, 4], vec![3, 4]]);
    run.end().await;

    let put_aside = world.put_aside();
    assert_eq!(put_aside.len(), 1);
    let letter = &put_aside[0];
    assert_eq!(letter["requestContext"]["condition"], "RetryAttemptsExhausted");
    assert_eq!(letter["requestContext"]["approximateInvokeCount"], 3);
    assert_eq!(letter["version"], "1.0");
    assert_eq!(letter["timestamp"], world.clock.now().to_string());
    let batch = &letter["DDBStreamBatchInfo"];
    assert_eq!(
        (&batch["startSequenceNumber"], &batch["endSequenceNumber"]),
        (&expected.clone().into(), &expected.into())
    );
    assert_eq!(batch["batchSize"], 1);
    assert!(batch["streamArn"].as_str().unwrap().contains(CORE));
    let event: Event = serde_json::from_str(letter["payload"].as_str().unwrap()).unwrap();
    assert_eq!(numbers(&event.records), [2]);
}

#[tokio::test]
async fn a_handler_that_always_fails_loses_nothing_but_time() {
    let world = World::new();
    world.write(CORE, "A", 1..=3).await;
    let run = world.run(Mapping { retries_max: 0, ..world.mapping() }, |_, _| Err("down".into()));
    run.settle().await;
    run.end().await;
    assert_eq!(world.put_aside().len(), 3);
}

#[tokio::test]
async fn a_restart_repeats_nothing_done_and_delivers_the_rest_whatever_the_number_of_lanes() {
    let mut world = World::new();
    let mut number = 0;
    for lanes in [3, 3, 5, 1] {
        let keys: Vec<String> = (0..8).map(|key| format!("K{key}")).collect();
        let mut written = Vec::new();
        for key in &keys {
            number += 1;
            written.push(number);
            world.write(CORE, key, [number]).await;
        }
        let run = world.run(Mapping { lanes, ..world.mapping() }, |_, _| handled());
        run.settle().await;
        let mut delivered = numbers(&run.end().await.concat());
        delivered.sort_unstable();
        assert_eq!(delivered, written, "with {lanes} lanes");
        world = world.restart();
    }
}

#[tokio::test]
async fn what_was_done_beyond_a_stuck_lane_is_not_repeated_and_what_was_not_is() {
    let mut world = World::new();
    // Two keys of different lanes.
    let stuck = "A";
    let stuck_lane = record::lane_of("{\"S\":\"A\"}", 2);
    let free = (0..).map(|key| format!("K{key}"));
    let free = free.into_iter().find(|key| record::lane_of(&format!("{{\"S\":\"{key}\"}}"), 2) != stuck_lane).unwrap();
    world.write(CORE, stuck, [1]).await;
    world.write(CORE, &free, [2, 3]).await;
    let mapping = Mapping { lanes: 2, retries_max: 1_000, ..world.mapping() };
    let run = world.run(mapping.clone(), |_, batch| if batch.contains(&1) { Err("not yet".into()) } else { handled() });
    run.invocations_reach(3).await;
    while run.progress.lag().unwrap() > 1 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    run.end().await;

    world = world.restart();
    let run = world.run(mapping, |_, _| handled());
    assert_eq!(run.progress.lag().unwrap(), 3, "not read again yet");
    run.settle().await;
    assert_eq!(run.batches(), [[1]]);
    run.end().await;
}

#[tokio::test]
async fn lag_counts_what_a_handler_writes() {
    let world = World::new();
    let client = world.client.clone();
    let run = world.run_async(world.mapping(), move |_, event| {
        let client = client.clone();
        async move {
            for number in numbers(&event.records).into_iter().filter(|number| *number < 5) {
                put(&client, CORE, "A", "S", &[("n", n(number + 1))]).await;
            }
            handled()
        }
    });
    world.write(CORE, "A", [1]).await;
    run.settle().await;
    assert_eq!(run.batches().concat(), [1, 2, 3, 4, 5]);
    run.end().await;
}

#[tokio::test]
async fn no_delivery_goes_wrong_unasked() {
    let world = World::new();
    world.write(CORE, "A", 1..=30).await;
    let run = world.run(world.mapping(), |_, _| handled());
    run.settle().await;
    assert_eq!(run.batches().concat(), (1..=30).collect::<Vec<_>>());
    assert_eq!(run.progress.faults().met(), StreamFaultsMet::default());
    run.end().await;
}

#[tokio::test]
async fn batches_come_again_late_cut_short_and_in_halves_and_every_record_comes_in_order() {
    let world = World::new();
    let run = world.run(Mapping { retries_max: 1_000, ..world.mapping() }, |_, _| handled());
    let faults = run.progress.faults().clone();
    faults.seed(5);
    let late_by_at_most = Duration::from_millis(1);
    faults.disturb(Disorder { twice: 30, late: 30, late_by_at_most, unanswered: 30, short: 50 });
    world.write(CORE, "A", 1..=60).await;
    run.settle().await;
    let met = faults.met();
    assert!([met.twice, met.late, met.unanswered, met.short].iter().all(|times| *times > 0), "{met:?}");
    assert_eq!((met.lost, met.put_aside), (0, 0));
    let mut last = 0;
    for number in run.batches().concat() {
        // The same again is a repetition; further ahead than the next would be a gap.
        assert!(number <= last + 1, "{number} after {last}");
        last = last.max(number);
    }
    assert_eq!(last, 60);
    faults.mend();
    run.end().await;
    assert!(world.put_aside().is_empty());
}

#[tokio::test]
async fn a_mapping_that_is_switched_off_delivers_later_or_loses_what_came_meanwhile() {
    let world = World::new();
    world.write(CORE, "A", [1]).await;
    let run = world.run(Mapping { filter: |record| number(record) != Some(3), ..world.mapping() }, |_, _| handled());
    run.settle().await;
    let faults = run.progress.faults().clone();
    faults.switch_off();
    world.write(CORE, "A", [2, 3, 4]).await;
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert_eq!(run.batches(), [[1]]);
    assert_eq!(run.progress.lag().unwrap(), 0, "nobody waits for it");
    faults.switch_on();
    run.settle().await;
    assert_eq!(run.batches().concat(), [1, 2, 4]);

    faults.switch_off();
    world.write(CORE, "A", [5, 6]).await;
    run.progress.lose_undelivered().unwrap();
    world.write(CORE, "A", [7]).await;
    faults.switch_on();
    run.settle().await;
    assert_eq!(run.batches().concat(), [1, 2, 4, 7]);
    assert_eq!(faults.met().lost, 2);
    run.end().await;
}

#[tokio::test]
async fn a_record_is_put_aside_as_if_every_retry_had_failed() {
    let world = World::new();
    let run = world.run(world.mapping(), |_, _| handled());
    run.progress.faults().put_aside(2);
    world.write(CORE, "A", 1..=4).await;
    run.settle().await;
    assert_eq!(run.batches().concat(), [3, 4]);
    assert_eq!(run.progress.faults().met().put_aside, 2);
    run.end().await;
    let put_aside = world.put_aside();
    assert_eq!(put_aside.len(), 2);
    assert_eq!(put_aside[0]["requestContext"]["condition"], "RetryAttemptsExhausted");
    assert_eq!(put_aside[0]["requestContext"]["approximateInvokeCount"], 4);
}
