//! `guichet replay`: applies stored provider events again.

use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use operations::{Replay, replay_events};

use super::Outcome;
use super::folder::FolderArguments;

#[derive(Args)]
pub(super) struct ReplayArguments {
    /// Only events received since this instant, such as 2026-11-01T00:00:00Z.
    #[arg(long, value_name = "INSTANT", conflicts_with = "all_failed")]
    since: Option<Timestamp>,
    /// Only events in quarantine, which could not be applied so far.
    #[arg(long)]
    all_failed: bool,
    #[command(flatten)]
    folder: FolderArguments,
}

pub(super) async fn replay(arguments: ReplayArguments) -> Outcome {
    let local = arguments.folder.open().await?;
    let selection = match (arguments.since, arguments.all_failed) {
        (Some(since), _) => Replay::Since(since, None),
        (None, true) => Replay::AllFailed,
        (None, false) => Replay::All,
    };
    let (state, now) = (&local.state, local.state.clock.now());
    let report = replay_events(&state.context, &local.business, selection, usize::MAX, now).await?;
    println!(
        "{} replayed: {} in the books, {} nothing, {} unmatched, {} quarantined, {} failed",
        report.replayed, report.in_the_books, report.nothing, report.unmatched, report.quarantined, report.failed
    );
    let all_applied = report.quarantined + report.failed == 0;
    local.stop().await?;
    Ok(if all_applied { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
