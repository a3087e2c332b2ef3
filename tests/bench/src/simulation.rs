//! Simulated worlds in numbers: how many a minute, and the stories of those whose books do not hold.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use simulation::{FailedWorld, Worlds, simulate};

/// Worlds, where no other number is asked for.
const WORLDS: u64 = 20_000;
/// How long a failing story is shortened.
const SHRINK_FOR: Duration = Duration::from_secs(25);
/// Worlds side by side on each core: a world waits for its streams now and then.
const WORLDS_PER_CORE: usize = 2;
/// Worlds after which it says how far it is.
const SAID_EVERY: u64 = 500;

/// Plays worlds as asked, and says what came of them.
pub(crate) fn run(words: &[String]) -> Result<ExitCode, String> {
    let (mut count, mut from, mut minutes) = (WORLDS, 0, None);
    let mut words = words.iter().peekable();
    if let Some(number) = words.next_if(|word| !word.starts_with("--")) {
        count = read(number)?;
    }
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word}: expected a number")).and_then(|word| read(word));
        match word.as_str() {
            "--from" => from = value()?,
            "--minutes" => minutes = Some(value()?),
            _ => return Err(format!("`{word}` means nothing here")),
        }
    }
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) * WORLDS_PER_CORE;
    let time = minutes.map(Duration::from_mins);
    eprintln!("worlds of the seeds from {from} to {}, on {threads} threads", from + count - 1);
    let began = Instant::now();
    let plan = Worlds { seeds: from..from + count, threads, time, shrink_for: SHRINK_FOR };
    let outcome = simulate(&plan, |played: u64, failed: Option<&FailedWorld>| {
        if let Some(failed) = failed {
            println!("{failed}");
        }
        if played.is_multiple_of(SAID_EVERY) {
            eprintln!("{played} of {count} worlds in {} s", began.elapsed().as_secs());
        }
    });
    println!("{}", outcome.coverage);
    let seeds: Vec<String> = outcome.failed.iter().map(|failed| failed.seed.to_string()).collect();
    let seconds = outcome.took.as_secs().max(1);
    println!("{} worlds in {seconds} s: {} a minute", outcome.worlds, outcome.worlds * 60 / seconds);
    println!("{} failed: {}", seeds.len(), if seeds.is_empty() { "none".to_owned() } else { seeds.join(", ") });
    Ok(if seeds.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(word: &str) -> Result<u64, String> {
    word.parse().map_err(|_| format!("expected a number, not `{word}`"))
}
