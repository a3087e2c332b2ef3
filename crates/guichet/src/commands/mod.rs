//! The command line: one file for each command.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is the program that people run")]

mod business;
mod folder;
mod import;
mod key;
mod replay;
mod run;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use function_runtime::config::environment;
use tracing_subscriber::EnvFilter;

use self::business::BusinessCommand;
use self::folder::FolderArguments;
use self::import::ImportArguments;
use self::key::KeyCommand;
use self::replay::ReplayArguments;
use self::run::RunArguments;

/// Guichet: the window where customers pay.
#[derive(Parser)]
#[command(name = "guichet", version, about, long_about = None)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: RunArguments,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the whole product in one process (the default).
    Run(RunArguments),
    /// Import invoices from a CSV file.
    Import(ImportArguments),
    /// Check the books: recompute every number and list what disagrees.
    Verify(FolderArguments),
    /// Apply stored provider events again: all of them, or those chosen.
    Replay(ReplayArguments),
    /// Create businesses.
    #[command(subcommand)]
    Business(BusinessCommand),
    /// Create, list and revoke keys of the API.
    #[command(subcommand)]
    Key(KeyCommand),
}

/// Why a command failed, for the person who typed it.
type Problem = Box<dyn std::error::Error>;
type Outcome = Result<ExitCode, Problem>;

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = environment("GUICHET_LOG").and_then(|filter| filter.parse::<EnvFilter>().ok());
    let filter = filter.unwrap_or_else(|| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let outcome = runtime.block_on(async {
        match cli.command {
            None => run::run(cli.run).await,
            Some(Command::Run(arguments)) => run::run(arguments).await,
            Some(Command::Import(arguments)) => import::import(arguments).await,
            Some(Command::Verify(arguments)) => verify::verify(arguments).await,
            Some(Command::Replay(arguments)) => replay::replay(arguments).await,
            Some(Command::Business(command)) => business::run(command).await,
            Some(Command::Key(command)) => key::run(command).await,
        }
    });
    match outcome {
        Ok(code) => code,
        Err(error) => fail(&*error),
    }
}

fn fail(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("guichet: {error}");
    ExitCode::FAILURE
}
