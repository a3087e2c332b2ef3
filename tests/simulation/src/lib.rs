//! The simulation: worlds derived from a seed, in which everything that can go wrong does, and whose books must hold.
//!
//! A seed gives a list of steps: accounts, invoices in six currencies, payments of every kind, events doubled, late, out of
//! order or lost, calls that are refused, or lost before or after they are carried out, outages of the provider and of the mail
//! service, banks that pay in parts and send back, operators who undo. Half of all worlds have AWS as it is: indexes that lag,
//! transactions seen half done, stream records again and late, functions ended in the middle. The runner carries them out in a whole world and brings
//! it to rest. Then the books verify, every cent of the provider is in them once, what was folded piece by piece is the fold of
//! all events together, replaying all of them changes nothing, and who followed the changes has every document as it is. The steps of a world that fails are reduced to a short list.
//!
//! What happens follows from the seed alone, except that the streams' lanes run side by side: a failure between them may need
//! more than one run. Deliberately absent: the pages.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on ends"
)]

mod coverage;
mod faults;
mod follower;
mod generator;
mod invariants;
mod provider;
mod provider_invariants;
mod runner;
mod shrink;
mod steps;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub use coverage::Coverage;
pub use faults::{Disturbance, Fault};
pub use generator::generate;
pub use shrink::{ShrunkSteps, shrink};
pub use steps::Step;
use testing::World;

/// Why a world failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The invariant that did not hold.
    pub kind: String,
    /// The details, such as ids and values.
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

/// A world that failed, with the shortest steps found.
pub struct FailedWorld {
    pub seed: u64,
    pub shrunk: ShrunkSteps,
}

impl fmt::Display for FailedWorld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {} fails. {}", self.seed, self.shrunk.failure)?;
        self.shrunk.steps.iter().try_for_each(|step| writeln!(f, "  {step};"))
    }
}

/// Runs steps in a new world, with a runtime of its own that ends with it.
pub fn run_steps(seed: u64, steps: &[Step]) -> Result<Coverage, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let play = async { Box::pin(run_in_world(seed, steps)).await.map(|runner| runner.coverage.take()) };
    let done = catch_unwind(AssertUnwindSafe(|| runtime.block_on(play)));
    runtime.shutdown_background();
    done.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(Failure::new("a panic", text.unwrap_or_default()))
    })
}

/// A world at rest, whose books hold.
pub struct WorldAtRest {
    pub world: World,
    /// What happened in it.
    pub coverage: Coverage,
}

/// Plays the world of a seed until it is at rest.
pub async fn play(seed: u64) -> Result<WorldAtRest, Failure> {
    let runner = Box::pin(run_in_world(seed, &generate(seed))).await?;
    let coverage = runner.coverage.take();
    Ok(WorldAtRest { world: runner.world, coverage })
}

async fn run_in_world(seed: u64, steps: &[Step]) -> Result<runner::Runner, Failure> {
    let mut runner = runner::Runner::begin(seed).await;
    let mut follower = follower::Follower::of(&runner.world);
    // A quarter of the worlds is checked whenever all work is done, and a quarter of those after every step.
    let (at_each_drain, every_step) = (seed.is_multiple_of(4), seed.is_multiple_of(16));
    for step in steps {
        runner.coverage.borrow_mut().generated(step);
        Box::pin(runner.step(step)).await?;
        if *step == Step::Drain {
            // What is not answered now is read the next time.
            follower.read_on().await.ok();
        }
        if every_step && runner.is_calm() {
            runner.folds_agree().await?;
        }
        if at_each_drain && *step == Step::Drain && runner.is_calm() {
            runner.folds_agree().await?;
            runner.books_verify("on the way").await?;
        }
    }
    Box::pin(runner.come_to_rest(seed)).await?;
    Box::pin(follower.read_on()).await.map_err(|error| Failure::new("what changed is not told", error))?;
    Box::pin(follower.agrees()).await?;
    Ok(runner)
}

/// The result of many worlds.
pub struct Outcome {
    pub worlds: u64,
    pub took: Duration,
    /// What happened in the worlds that did not fail.
    pub coverage: Coverage,
    pub failed: Vec<FailedWorld>,
}

/// How many worlds to run, and how.
pub struct Worlds {
    pub seeds: std::ops::Range<u64>,
    /// How many run side by side.
    pub threads: usize,
    /// After this time no more worlds are begun.
    pub time: Option<Duration>,
    /// For how long the steps of a failed world are reduced.
    pub shrink_for: Duration,
}

/// Runs worlds until the seeds or the time are over. After each, calls `ended` with the number so far, and the world if it
/// failed.
pub fn simulate(worlds: &Worlds, ended: impl Fn(u64, Option<&FailedWorld>) + Sync) -> Outcome {
    let Worlds { seeds, threads, time, shrink_for } = worlds;
    let (next, done) = (AtomicU64::new(seeds.start), AtomicU64::new(0));
    let began = Instant::now();
    let one = || {
        let (mut failed, mut happened) = (Vec::new(), Coverage::default());
        loop {
            let seed = next.fetch_add(1, Ordering::SeqCst);
            if seed >= seeds.end || time.is_some_and(|time| began.elapsed() > time) {
                return (failed, happened);
            }
            let steps = generate(seed);
            let outcome = run_steps(seed, &steps);
            let count = done.fetch_add(1, Ordering::SeqCst) + 1;
            match outcome {
                Ok(coverage) => {
                    happened.add(&coverage);
                    ended(count, None);
                }
                Err(failure) => {
                    let shrunk = FailedWorld { seed, shrunk: shrink(seed, steps, failure, *shrink_for) };
                    ended(count, Some(&shrunk));
                    failed.push(shrunk);
                }
            }
        }
    };
    let of_threads: Vec<(Vec<FailedWorld>, Coverage)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..*threads.max(&1)).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread of worlds")).collect()
    });
    let (mut failed, mut coverage) = (Vec::new(), Coverage::default());
    for (of_thread, seen) in of_threads {
        failed.extend(of_thread);
        coverage.add(&seen);
    }
    Outcome { worlds: done.into_inner(), took: began.elapsed(), coverage, failed }
}
