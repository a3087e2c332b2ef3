//! `guichet import`: invoices from a CSV file.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use operations::{ImportIds, Progress, import_invoices};

use super::Outcome;
use super::folder::FolderArguments;

#[derive(Args)]
pub(super) struct ImportArguments {
    /// The file: a header row, then one row per invoice line.
    file: PathBuf,
    /// Import the correct invoices even if others in the file have errors.
    #[arg(long)]
    keep_good: bool,
    #[command(flatten)]
    folder: FolderArguments,
}

pub(super) async fn import(arguments: ImportArguments) -> Outcome {
    let file = std::fs::read(&arguments.file).map_err(|error| format!("{}: {error}", arguments.file.display()))?;
    let local = arguments.folder.open().await?;
    let (state, now) = (local.state.clone(), local.state.clock.now());
    let business = state.business(&local.business).await?;
    let ids = ImportIds {
        customer: &|| state.ids.customer_id(now),
        invoice: &|| state.ids.invoice_id(now),
        pay_link: &|| state.ids.pay_link_id(now),
    };
    let show = |progress: Progress| {
        if progress.done.is_multiple_of(100) || progress.done == progress.of {
            eprint!("\r{} of {} invoices", progress.done, progress.of);
        }
    };
    let report = import_invoices(&state.context, &business, ids, &file, arguments.keep_good, show, now).await?;
    if report.issued > 0 {
        eprintln!();
    }
    for error in &report.errors {
        let column = error.column.map(|column| format!(", {column}")).unwrap_or_default();
        eprintln!("line {}{column}: {}", error.line, error.message);
    }
    if report.errors_total > report.errors.len() {
        eprintln!("and {} more", report.errors_total - report.errors.len());
    }
    println!(
        "{} rows, {} invoices: {} issued, {} known already; {} customers registered; {} errors",
        report.rows, report.invoices, report.issued, report.known, report.customers, report.errors_total
    );
    let is_whole = report.is_whole();
    if !is_whole && !arguments.keep_good {
        println!("nothing of the file was kept; --keep-good imports its correct invoices");
    }
    local.stop().await?;
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
