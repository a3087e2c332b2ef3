//! `guichet verify`: whether the books agree with the ledger and with what the provider said.

use std::process::ExitCode;

use super::Outcome;
use super::folder::FolderArguments;

pub(super) async fn verify(arguments: FolderArguments) -> Outcome {
    let local = arguments.open().await?;
    let proof = operations::verify_books(&local.state.context, &local.business).await?;
    for difference in &proof.differences {
        println!("{difference}");
    }
    println!(
        "{} accounts, {} invoices, {} payments, {} ledger entries; {} differences",
        proof.accounts,
        proof.invoices,
        proof.payments,
        proof.entries,
        proof.differences.len()
    );
    let code = if proof.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    local.stop().await?;
    Ok(code)
}
