//! `cargo xtask`: sets up what the project needs, then does it.
//!
//! Each subcommand installs what is missing on this machine, where it can do so without asking (under `target/tools`, or by apt
//! as root on Debian), and otherwise says in one sentence what to install and how. It reads no standard input. Deliberately absent: an argument parser, an async runtime and anything else that takes long to build.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool")]

mod command;
mod journeys;
mod lambda;
mod prerequisites;
mod test;
mod workspace;

use std::process::{Command, ExitCode};

use command::Outcome;

const HELP: &str = "\
cargo xtask COMMAND

  run [ARGS]             build the program and run it; ARGS are passed to `guichet run` (try --help)
  test                   run every test: the Rust tests, the build of the books for wasm, the browser journeys
    --unit               all but the browser journeys
    --browser            only the browser journeys
    --only NAME          only the browser journeys whose name contains NAME
    --out DIR            write the journeys' screenshots to DIR (default: tests/browser/out)
  build --release        build and zip the Lambda functions into target/lambda, and print their sizes
    --arm64              for arm64, on any machine
  bench [ARGS]           run the benchmarks; ARGS are passed to them
    --simulation [N]     instead of measuring, play N simulated worlds and check their books (default: 20,000)
  wasm                   check that the books (the crate receivables) compile for wasm
  unused                 fail on dependencies that nothing uses (cargo machete)
  spelling               fail on misspelt words and forbidden synonyms (typos)
  deny                   fail on dependencies with other licences or sources than deny.toml allows (cargo deny)
  help                   print this text
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
        "test" => test::run(rest),
        "build" => lambda::build(rest),
        "bench" => bench(pass_through(rest)),
        "wasm" => no_arguments(rest).and_then(|()| wasm()),
        "unused" => no_arguments(rest).and_then(|()| unused()),
        "spelling" => no_arguments(rest).and_then(|()| spelling()),
        "deny" => no_arguments(rest).and_then(|()| deny()),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        _ => Err(format!("unknown command\n\n{HELP}")),
    }
}

fn run(arguments: &[&str]) -> Outcome {
    let guichet = build_guichet(&["--package", "guichet"])?;
    command::replace(Command::new(guichet).arg("run").args(arguments))
}

/// Builds the program and returns its path.
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
    match prerequisites::browser_packages(prerequisites::Packages::AlsoForBenchmarks)
        .and_then(|_| prerequisites::chromium())
    {
        Ok(chromium) => {
            bench.env("CHROME", chromium);
        }
        Err(reason) => eprintln!("xtask bench: no browser measurements: {reason}"),
    }
    command::run(&mut bench)
}

/// The books are shared with code that runs in the browser, so they must compile for it.
fn wasm() -> Outcome {
    const TRIPLE: &str = "wasm32-unknown-unknown";
    prerequisites::rustup_target(TRIPLE)?;
    command::run(command::cargo().args(["check", "--package", "receivables", "--target", TRIPLE]))
}

fn unused() -> Outcome {
    let machete = prerequisites::cargo_tool("cargo-machete", "0.9.2")?;
    command::run(Command::new(machete).current_dir(workspace::root()))
}

fn spelling() -> Outcome {
    let typos = prerequisites::python_tool("typos", "1.52.0")?;
    command::run(Command::new(typos).arg("--force-exclude").current_dir(workspace::root()))
}

/// Licences, bans and sources. Advisories are left out: their database comes from GitHub, and a check must not fail for want of
/// a network; `cargo deny check advisories` asks for them.
fn deny() -> Outcome {
    let deny = prerequisites::cargo_tool("cargo-deny", "0.20.2")?;
    let mut check = Command::new(deny);
    check.current_dir(workspace::root()).args(["--offline", "--workspace", "check", "--hide-inclusion-graph"]);
    command::run(check.args(["licenses", "bans", "sources"]))
}

/// Arguments for another program; a leading `--` is for us alone.
fn pass_through<'a>(rest: &'a [&'a str]) -> &'a [&'a str] {
    rest.strip_prefix(&["--"]).unwrap_or(rest)
}

fn no_arguments(rest: &[&str]) -> Outcome {
    rest.first().map_or(Ok(()), |word| Err(command::unknown_argument(word)))
}
