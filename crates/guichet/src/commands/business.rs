//! `guichet business`: the businesses whose books a folder holds.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use receivables::text::{EmailAddress, PartyName};
use receivables::{BillingZone, Business, Currency, Locale, OutsidePayments, ProviderRefunds};

use super::Outcome;
use super::folder::FolderArguments;

#[derive(Subcommand)]
pub(super) enum BusinessCommand {
    /// Create a business and print its id.
    Create(BusinessArguments),
}

#[derive(Args)]
pub(super) struct BusinessArguments {
    /// The name that its customers know.
    #[arg(long)]
    name: PartyName,
    /// The address that its mail is sent from.
    #[arg(long)]
    email: EmailAddress,
    /// The currency of invoices that name none.
    #[arg(long, default_value = "EUR")]
    currency: Currency,
    /// The time zone in which its days begin and end.
    #[arg(long, default_value = "Europe/Paris")]
    time_zone: String,
    /// The locales it writes in. The first is used for customers who want another.
    #[arg(long, value_delimiter = ',', default_value = "en,fr")]
    locales: Vec<Locale>,
    /// The host name of its portal.
    #[arg(long)]
    host: Option<String>,
    #[command(flatten)]
    folder: FolderArguments,
}

pub(super) async fn run(command: BusinessCommand) -> Outcome {
    match command {
        BusinessCommand::Create(arguments) => create(arguments).await,
    }
}

async fn create(arguments: BusinessArguments) -> Outcome {
    let local = arguments.folder.open().await?;
    let business = Business {
        id: local.state.ids.business_id(local.state.clock.now()),
        name: arguments.name,
        default_currency: arguments.currency,
        time_zone: BillingZone::named(&arguments.time_zone)?,
        locales: arguments.locales,
        email: arguments.email,
        write_off_tolerances: std::collections::BTreeMap::new(),
        outside_payments: OutsidePayments::default(),
        provider_refunds: ProviderRefunds::default(),
        not_ours: Vec::new(),
        version: 1,
    };
    operations::put_business(&local.state.context, &business, local.state.clock.now()).await?;
    if let Some(host) = &arguments.host {
        local.state.context.store.put_host(host, &business.id).await?;
    }
    println!("{}", business.id);
    local.stop().await?;
    Ok(ExitCode::SUCCESS)
}
