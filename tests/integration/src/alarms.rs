//! What would wake somebody at night: events at level error and panics. Tests assert that there were none.

use std::sync::{Mutex, Once};

use testing::World;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::{Registry, filter::LevelFilter};

/// What would have woken somebody: events at level error, and panics.
static ALARMS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static WATCHED: Once = Once::new();

/// The subscriber of this process: it reads every field of every event, as the real log does, and keeps those at level error.
struct AlarmLayer;

struct Words(Vec<String>);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.push(format!("{field}={value:?}"));
    }
}

impl<S: Subscriber> Layer<S> for AlarmLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut words = Words(Vec::new());
        event.record(&mut words);
        if *event.metadata().level() == Level::ERROR {
            ALARMS.lock().unwrap().push(words.0.join(" "));
        }
    }
}

/// Counts alarms from now on. The subscriber and the hook are those of the process, of which each test has its own.
pub(crate) fn watch_for_alarms() {
    WATCHED.call_once(|| {
        let subscriber = Registry::default().with(LevelFilter::INFO).with(AlarmLayer);
        tracing::subscriber::set_global_default(subscriber).expect("no other test of this process has a subscriber");
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // The lock is held nowhere that could panic.
            ALARMS.lock().unwrap().push(panic.to_string());
            usual(panic);
        }));
    });
}

/// What would have woken somebody since the last time.
pub(crate) fn take_alarms() -> Vec<String> {
    std::mem::take(&mut *ALARMS.lock().unwrap())
}

/// Does what the requests have left to do, and asserts that nobody was woken.
pub(crate) async fn nobody_is_woken(world: &World) {
    world.drain().await;
    world.verify().await;
    let alarms = take_alarms();
    assert!(alarms.is_empty(), "{} alarms, such as {:#?}", alarms.len(), alarms.iter().take(20).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_wake_somebody_is_seen() {
    watch_for_alarms();
    let world = World::new().await;
    world.webhook("{\"id\":").await;
    let alarms = take_alarms();
    assert!(alarms.len() == 1 && alarms[0].contains("could not be read"), "{alarms:?}");
}
