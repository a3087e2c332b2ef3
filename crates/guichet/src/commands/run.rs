//! `guichet run`: the whole product in one process.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use function_runtime::IdGenerator;
use function_runtime::config::{Reader, environment};
use payment_gateway::Secret;

use super::folder::{self, FolderArguments};
use super::{Outcome, Problem};
use crate::demo;
use crate::options::{Options, Reach, StripeAccount};
use crate::process::Local;

#[derive(Args, Clone)]
pub(super) struct RunArguments {
    /// The address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    addr: SocketAddr,
    /// Allow an address that other machines can reach. Needs an account at Stripe; nothing under /dev is served there.
    #[arg(long)]
    expose_to_network: bool,
    #[command(flatten)]
    folder: FolderArguments,
    /// Use a new folder, and delete it at the end.
    #[arg(long)]
    ephemeral: bool,
    /// Start without the demo's customers and invoices.
    #[arg(long)]
    empty: bool,
}

pub(super) async fn run(arguments: RunArguments) -> Outcome {
    let data = if arguments.ephemeral { ephemeral_folder() } else { arguments.folder.data.clone() };
    let options = Options {
        address: arguments.addr,
        ephemeral: arguments.ephemeral,
        empty: arguments.empty,
        reach: if arguments.expose_to_network { Reach::Network } else { Reach::ThisMachine },
        api_key: environment("GUICHET_API_KEY").filter(|key| !key.trim().is_empty()),
        stripe: stripe_account()?,
        ..folder::options(&data)
    };
    let local = Local::start(options).await?;
    announce(&local).await?;
    signal_to_stop().await?;
    // Whoever read the output may be gone by now.
    let _ = writeln!(std::io::stdout(), "stopping");
    local.stop().await?;
    Ok(ExitCode::SUCCESS)
}

async fn announce(local: &Local) -> Result<(), Problem> {
    println!("portal    {}/", local.origin);
    if let Some(link) = demo::pay_link(&local.state, &local.business).await? {
        println!("pay link  {}", local.state.context.links.pay_url(&link));
    }
    println!("mailbox   {}/dev/", local.dev_origin);
    println!("api docs  {}/api/docs", local.origin);
    println!("api key   {}", local.api_key);
    println!("business  {}", local.business);
    println!("data      {}", local.folder().display());
    if local.has_real_processor() {
        println!(
            "stripe    the account of STRIPE_SECRET_KEY; point its webhooks at /webhooks/stripe/{}",
            local.business
        );
        println!("mail      is not delivered: it stays in the mailbox, which only this machine can open");
    } else {
        println!("stripe    the sandbox: no real money moves");
    }
    println!("ready; press Ctrl-C to stop");
    std::io::stdout().flush()?;
    Ok(())
}

/// Returns when the process is asked to end.
async fn signal_to_stop() -> std::io::Result<()> {
    let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminated.recv() => Ok(()),
    }
}

/// The account at the real Stripe, where the environment names one. Its key without its webhook secret is an error.
fn stripe_account() -> Result<Option<StripeAccount>, Problem> {
    let Some(secret_key) = environment("STRIPE_SECRET_KEY") else { return Ok(None) };
    let mut reader = Reader::new(&environment);
    let secrets = reader.webhook_secrets();
    let webhook_secrets = reader.finish(secrets)?;
    let api_base = environment("STRIPE_API_BASE").unwrap_or_else(|| "https://api.stripe.com".to_owned());
    Ok(Some(StripeAccount { api_base, secret_key: Secret::new(secret_key)?, webhook_secrets }))
}

fn ephemeral_folder() -> PathBuf {
    std::env::temp_dir().join(format!("guichet-{}", IdGenerator::system().token()))
}
