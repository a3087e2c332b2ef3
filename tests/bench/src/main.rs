//! The benchmarks: `cargo xtask bench` measures and prints one table.
//!
//! Every ratio is of two programs measured by turns in the same run; a figure is the median of repeated samples. Nothing is
//! asserted: a target that is missed is marked, and someone looks. What is measured is the product as it is built for
//! release, driven from outside where that is possible. Deliberately absent: averages, and a record of former runs; what one
//! run found is in `RESULTS.md`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the table is what this program is for")]

mod apply;
mod effort;
mod far_table;
mod figures;
mod functions;
mod ingest;
mod invocations;
mod laptop;
mod loopback;
mod pay_page;
mod payout;
mod programs;
mod rate;
mod running;
mod runtime_api;
mod simulation;
mod statement;
mod table;

use std::process::ExitCode;

use effort::Effort;
use table::Table;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// One part of the benchmarks, by the name that `--only` takes.
struct Part {
    name: &'static str,
    measure: fn(&Effort, &mut Table) -> Outcome,
}

const PARTS: [Part; 10] = [
    Part { name: "ingest", measure: ingest::measure },
    Part { name: "apply", measure: apply::measure },
    Part { name: "rate", measure: rate::measure },
    Part { name: "flat", measure: apply::measure_flat },
    Part { name: "statement", measure: statement::measure },
    Part { name: "payout", measure: payout::measure },
    Part { name: "run", measure: laptop::measure },
    Part { name: "page", measure: pay_page::measure },
    Part { name: "lambda", measure: functions::measure },
    Part { name: "webhook", measure: functions::measure_webhook },
];

const HELP: &str = "\
cargo xtask bench [--only NAME] [--quick]
cargo xtask bench --simulation [WORLDS] [--from SEED] [--minutes N]

  --only NAME   one part: ingest, apply, rate, flat, statement, payout, run,
                page, lambda or webhook
  --quick       fewer samples and shorter waits: to see that it works
  --simulation  no measurements but simulated worlds whose books must hold, 20,000 unless told otherwise
  --from SEED   the first seed of them
  --minutes N   end them after so long
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some((first, rest)) = arguments.split_first()
        && first == "--simulation"
    {
        return simulation::run(rest).unwrap_or_else(|message| {
            eprintln!("bench: {message}\n\n{HELP}");
            ExitCode::FAILURE
        });
    }
    let (effort, only) = match read(&arguments) {
        Ok(Some(asked)) => asked,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("bench: {message}\n\n{HELP}");
            return ExitCode::FAILURE;
        }
    };
    let mut table = Table::default();
    let mut failed = false;
    for part in PARTS.iter().filter(|part| only.as_deref().is_none_or(|only| only == part.name)) {
        eprintln!("measuring: {}", part.name);
        if let Err(error) = (part.measure)(&effort, &mut table) {
            eprintln!("{}: {error}", part.name);
            table.absent(part.name, &error.to_string());
            failed = true;
        }
    }
    print!("{table}");
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// What was asked for, or nothing where help was.
fn read(arguments: &[String]) -> Result<Option<(Effort, Option<String>)>, String> {
    let (mut quick, mut only) = (false, None);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--quick" => quick = true,
            "--only" => only = Some(words.next().ok_or("--only: expected a name")?.clone()),
            "--help" | "-h" => return Ok(None),
            _ => return Err(format!("`{word}` means nothing here")),
        }
    }
    match &only {
        Some(name) if PARTS.iter().all(|part| part.name != name) => Err(format!("--only: there is no part {name}")),
        Some(_) | None => Ok(Some((Effort { quick }, only))),
    }
}
