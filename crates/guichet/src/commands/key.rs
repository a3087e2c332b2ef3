//! `guichet key`: the keys of a business's API.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use receivables::{BusinessId, KeyId, Permission};

use super::folder::FolderArguments;
use super::{Outcome, Problem};
use crate::api_key;
use crate::process::Local;

#[derive(Subcommand)]
pub(super) enum KeyCommand {
    /// Create a key and print it. It is not shown again.
    Create(CreateArguments),
    /// List the keys of a business: id, name and permissions. Their secrets are not kept.
    List(ListArguments),
    /// Revoke a key: from then on it opens nothing.
    Revoke(RevokeArguments),
}

#[derive(Args)]
pub(super) struct CreateArguments {
    /// A name for the list of keys.
    #[arg(long, default_value = "key")]
    name: String,
    /// What the key may do beyond what every key may: `bad_debts`, to write off bad debts of any amount. Can be given several times.
    #[arg(long, value_name = "PERMISSION")]
    may: Vec<Permission>,
    #[command(flatten)]
    of: OfBusiness,
}

#[derive(Args)]
pub(super) struct ListArguments {
    #[command(flatten)]
    of: OfBusiness,
}

#[derive(Args)]
pub(super) struct RevokeArguments {
    /// The key's id, as `guichet key list` shows it.
    id: KeyId,
    #[command(flatten)]
    of: OfBusiness,
}

#[derive(Args)]
struct OfBusiness {
    /// The business. Without it, the one that every folder has from the start.
    #[arg(long, value_name = "ID")]
    business: Option<BusinessId>,
    #[command(flatten)]
    folder: FolderArguments,
}

impl OfBusiness {
    async fn open(self) -> Result<(Local, BusinessId), Problem> {
        let local = self.folder.open().await?;
        let business = self.business.unwrap_or_else(|| local.business.clone());
        if local.state.context.store.business(&business).await?.is_none() {
            return Err(format!("--business: there is no business {business} in this folder").into());
        }
        Ok((local, business))
    }
}

pub(super) async fn run(command: KeyCommand) -> Outcome {
    match command {
        KeyCommand::Create(arguments) => create(arguments).await,
        KeyCommand::List(arguments) => list(arguments).await,
        KeyCommand::Revoke(arguments) => revoke(arguments).await,
    }
}

async fn create(arguments: CreateArguments) -> Outcome {
    if api_key::is_reserved(&arguments.name) {
        return Err("--name: this name is kept for the key that `guichet run` starts with".into());
    }
    let (local, business) = arguments.of.open().await?;
    println!("{}", api_key::create(&local.state, &business, arguments.name, &arguments.may).await?);
    local.stop().await?;
    Ok(ExitCode::SUCCESS)
}

async fn list(arguments: ListArguments) -> Outcome {
    let (local, business) = arguments.of.open().await?;
    for key in local.state.context.store.keys_of_business(&business).await? {
        let mut columns = vec![key.id.to_string(), key.name.clone()];
        columns.extend(key.permissions.iter().map(ToString::to_string));
        println!("{}", columns.join("  "));
    }
    local.stop().await?;
    Ok(ExitCode::SUCCESS)
}

async fn revoke(arguments: RevokeArguments) -> Outcome {
    let (local, business) = arguments.of.open().await?;
    let revoked = local.state.context.store.remove_key(&business, &arguments.id).await?;
    local.stop().await?;
    if !revoked {
        return Err(format!(
            "there is no key {} of {business}; `guichet key list` shows those there are",
            arguments.id
        )
        .into());
    }
    println!("{} is revoked", arguments.id);
    Ok(ExitCode::SUCCESS)
}
