//! Figures: taking them, their median, and how they are written. Whole numbers throughout.

use std::hint::black_box;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::effort::Effort;

/// Calls in one batch: long enough for the clock, short enough to fit between two interruptions.
const BATCH: u32 = 200;

/// The middle one of the samples.
pub(crate) fn median<T: Ord + Copy + Default>(samples: &mut [T]) -> T {
    samples.sort_unstable();
    samples.get(samples.len() / 2).copied().unwrap_or_default()
}

/// The processor's time that this thread has had. Unlike the clock on the wall it does not run while others work.
pub(crate) fn thread_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or_default(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// The processor's time that one call takes.
pub(crate) fn cpu_per_call<T>(effort: &Effort, mut call: impl FnMut() -> T) -> Duration {
    let mut samples: Vec<Duration> = (0..effort.batches())
        .map(|_| {
            let began = thread_cpu();
            for _ in 0..BATCH {
                black_box(call());
            }
            thread_cpu().saturating_sub(began) / BATCH
        })
        .collect();
    median(&mut samples)
}

/// What one doing of something took.
#[derive(Clone, Copy, Default)]
pub(crate) struct Taken {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
}

/// What something takes on this thread.
pub(crate) fn taken<T>(does: impl FnOnce() -> T) -> (T, Taken) {
    let (wall, cpu) = (Instant::now(), thread_cpu());
    let done = does();
    (done, Taken { cpu: thread_cpu().saturating_sub(cpu), wall: wall.elapsed() })
}

/// The medians of time and of the processor's time, each for itself.
pub(crate) fn medians(samples: &[Taken]) -> Taken {
    let mut wall: Vec<Duration> = samples.iter().map(|taken| taken.wall).collect();
    let mut cpu: Vec<Duration> = samples.iter().map(|taken| taken.cpu).collect();
    Taken { wall: median(&mut wall), cpu: median(&mut cpu) }
}

/// A time, in the unit that suits it.
pub(crate) fn time(taken: Duration) -> String {
    let nanos = taken.as_nanos();
    let (unit, name) = match nanos {
        0..1_000_000 => (1_000, "µs"),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    format!("{} {name}", hundredths(nanos * 100 / unit))
}

/// A size, in the unit that suits it.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", hundredths(u128::from(bytes) / 10)),
        _ => format!("{} MB", hundredths(u128::from(bytes) / 10_000)),
    }
}

/// A number of hundredths.
pub(crate) fn hundredths(number: u128) -> String {
    format!("{}.{:02}", number / 100, number % 100)
}
