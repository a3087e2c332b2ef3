//! The simulation: worlds that follow from a seed, in which everything goes wrong that can, and whose books must hold.
//!
//! A seed tells a story: accounts, invoices in six currencies, payments of every kind, events doubled, late, out of
//! order or lost, calls that are refused, or lost before or after they are carried out, outages of the provider and of the post,
//! banks that pay in parts and send back, operators who undo. It is played in a whole world
//! and brought to rest. Then the books verify, every cent of the provider is in them once, what was folded piece by piece is
//! what all events together say, and replaying all of them changes nothing. A story that fails is shrunk to a short one.
//!
//! What happens follows from the seed alone; the streams' lanes run side by side all the same, so that a failure of theirs may
//! need more than one run. Deliberately absent: the pages.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on ends"
)]

mod coverage;
mod generator;
mod invariants;
mod provider;
mod provider_invariants;
mod random;
mod runner;
mod shrink;
mod steps;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub use coverage::Coverage;
pub use generator::generate;
pub use shrink::{Shrunk, shrink};
pub use steps::Step;

/// How a world failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What did not hold.
    pub kind: String,
    /// In which way.
    pub how: String,
}

impl Failure {
    fn new(kind: &str, how: impl fmt::Display) -> Self {
        Self { kind: kind.to_owned(), how: how.to_string() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.how)
    }
}

/// A world that failed.
pub struct Failed {
    /// The seed of its story.
    pub seed: u64,
    /// The story, shortened.
    pub shrunk: Shrunk,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {} fails. {}", self.seed, self.shrunk.failure)?;
        self.shrunk.steps.iter().try_for_each(|step| writeln!(f, "  {step};"))
    }
}

/// Plays one story to its end, in a runtime of its own that ends with it.
pub fn run_story(seed: u64, steps: &[Step]) -> Result<Coverage, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let played = catch_unwind(AssertUnwindSafe(|| runtime.block_on(play(seed, steps))));
    runtime.shutdown_background();
    played.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(Failure::new("a panic", text.unwrap_or_default()))
    })
}

async fn play(seed: u64, steps: &[Step]) -> Result<Coverage, Failure> {
    let mut play = runner::Runner::begin(seed).await;
    // A quarter of the worlds is looked into whenever all is done, and of a quarter of those every step.
    let (looked_into, every_step) = (seed.is_multiple_of(4), seed.is_multiple_of(16));
    for step in steps {
        play.coverage.borrow_mut().told(step);
        Box::pin(play.step(step)).await?;
        if every_step && !play.shaken {
            play.folds_agree().await?;
        }
        if looked_into && *step == Step::Drain && !play.shaken {
            play.folds_agree().await?;
            play.books_verify("on the way").await?;
        }
    }
    Box::pin(play.come_to_rest(seed)).await?;
    Ok(play.coverage.take())
}

/// What came of many worlds.
pub struct Outcome {
    /// How many were played.
    pub worlds: u64,
    /// How long it took.
    pub took: Duration,
    /// What happened in those that did not fail.
    pub coverage: Coverage,
    /// Those that failed, shrunk.
    pub failed: Vec<Failed>,
}

/// How many worlds are played, and how.
pub struct Worlds {
    /// Their seeds.
    pub seeds: std::ops::Range<u64>,
    /// How many are played side by side.
    pub threads: usize,
    /// After how long no more are begun.
    pub time: Option<Duration>,
    /// For how long the story of one that fails is shrunk.
    pub shrink_for: Duration,
}

/// Plays worlds until they or the time are over. After each, `ended` is told how many that were, and of the one if it failed.
pub fn simulate(worlds: &Worlds, ended: impl Fn(u64, Option<&Failed>) + Sync) -> Outcome {
    let Worlds { seeds, threads, time, shrink_for } = worlds;
    let (next, played) = (AtomicU64::new(seeds.start), AtomicU64::new(0));
    let began = Instant::now();
    let one = || {
        let (mut failed, mut happened) = (Vec::new(), Coverage::default());
        loop {
            let seed = next.fetch_add(1, Ordering::SeqCst);
            if seed >= seeds.end || time.is_some_and(|time| began.elapsed() > time) {
                return (failed, happened);
            }
            let steps = generate(seed);
            let outcome = run_story(seed, &steps);
            let count = played.fetch_add(1, Ordering::SeqCst) + 1;
            match outcome {
                Ok(coverage) => {
                    happened.add(&coverage);
                    ended(count, None);
                }
                Err(failure) => {
                    let shrunk = Failed { seed, shrunk: shrink(seed, steps, failure, *shrink_for) };
                    ended(count, Some(&shrunk));
                    failed.push(shrunk);
                }
            }
        }
    };
    let of_threads: Vec<(Vec<Failed>, Coverage)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..*threads.max(&1)).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread of worlds")).collect()
    });
    let (mut failed, mut coverage) = (Vec::new(), Coverage::default());
    for (of_thread, seen) in of_threads {
        failed.extend(of_thread);
        coverage.add(&seen);
    }
    Outcome { worlds: played.into_inner(), took: began.elapsed(), coverage, failed }
}
