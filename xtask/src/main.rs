//! `cargo xtask`: sets up what the project needs, then does it.
//!
//! Each subcommand finds out what is missing on this machine, installs it where that is possible without asking (under
//! `target/tools`, or by apt as root on Debian), and otherwise says in one sentence what to install and how. It reads no
//! standard input. Deliberately absent: an argument parser, an async runtime and anything else that takes long to build.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool")]

mod command;
mod journeys;
mod lambda;
mod prerequisites;
mod snapshots;
mod wasm;
mod workspace;
mod zip;

use std::process::{Command, ExitCode};

use command::Outcome;

const HELP: &str = "\
cargo xtask COMMAND

  run [ARGS]             build guichet and run it; ARGS go to `guichet run` (try --help)
  test                   every test: the Rust tests, the books built for wasm, the browser journeys
    --unit               without the browser journeys
    --browser            only the browser journeys
    --only NAME          only the journeys whose name contains NAME
    --out DIR            where the journeys leave their screenshots (default tests/browser/out)
  build --release        the Lambda functions, zipped, in target/lambda, with their sizes
    --arm64              for arm64, from any machine
  bench [ARGS]           the benchmarks; ARGS go to them
    --simulation [N]     no measurements but N simulated worlds whose books must hold (default 20,000)
  wasm                   check that the books (receivables) build for the browser
    --debian             by Debian's Rust, even where rustup could do it
  snapshots              fail on snapshots that no test refers to, and on pending ones
  unused                 fail on dependencies that nothing uses (cargo machete)
  spelling               fail on misspelt words and forbidden synonyms (typos)
  help                   this text
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut words = arguments.iter().map(String::as_str);
    let name = words.next().unwrap_or("help");
    let rest: Vec<&str> = words.collect();
    match dispatch(name, &rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask {name}: {message}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(name: &str, rest: &[&str]) -> Outcome {
    match name {
        "run" => run(pass_through(rest)),
        "test" => journeys::test(rest),
        "build" => lambda::build(rest),
        "bench" => bench(pass_through(rest)),
        "wasm" => wasm::check(rest),
        "snapshots" => nothing_more(rest).and_then(|()| snapshots::check()),
        "unused" => nothing_more(rest).and_then(|()| unused()),
        "spelling" => nothing_more(rest).and_then(|()| spelling()),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        _ => Err(format!("there is no such command\n\n{HELP}")),
    }
}

fn run(arguments: &[&str]) -> Outcome {
    let guichet = build_guichet(&["--package", "guichet"])?;
    command::replace(Command::new(guichet).arg("run").args(arguments))
}

/// Builds the program with cargo's own progress in view, and says where it is.
fn build_guichet(packages: &[&str]) -> Outcome<std::path::PathBuf> {
    prerequisites::c_compiler()?;
    command::run(command::cargo().arg("build").args(packages).args(["--bin", "guichet"]))?;
    Ok(workspace::target()?.join("debug").join(format!("guichet{}", std::env::consts::EXE_SUFFIX)))
}

fn bench(arguments: &[&str]) -> Outcome {
    prerequisites::c_compiler()?;
    let mut bench = command::cargo();
    bench.args(["run", "--release", "--package", "bench", "--"]).args(arguments);
    // The page measurements drive a browser; without one the benchmarks say so themselves.
    match prerequisites::browser_packages(prerequisites::Packages::AlsoForBenchmarks).and_then(|_| prerequisites::chromium()) {
        Ok(chromium) => {
            bench.env("CHROME", chromium);
        }
        Err(reason) => eprintln!("xtask bench: no browser measurements: {reason}"),
    }
    command::run(&mut bench)
}

fn unused() -> Outcome {
    let machete = prerequisites::cargo_tool("cargo-machete", "0.9.2")?;
    command::run(Command::new(machete).current_dir(workspace::root()))
}

fn spelling() -> Outcome {
    let typos = prerequisites::python_tool("typos", "1.52.0")?;
    command::run(Command::new(typos).arg("--force-exclude").current_dir(workspace::root()))
}

/// Arguments for another program; a leading `--` is for us alone.
fn pass_through<'a>(rest: &'a [&'a str]) -> &'a [&'a str] {
    rest.strip_prefix(&["--"]).unwrap_or(rest)
}

fn nothing_more(rest: &[&str]) -> Outcome {
    match rest.first() {
        None => Ok(()),
        Some(word) => Err(format!("`{word}` means nothing here; see `cargo xtask help`")),
    }
}
