//! The clients through which the product reaches what this process hosts: its tables, its mailbox and its Stripe.

use aws_sdk_dynamodb::config::{Credentials, Region, SharedCredentialsProvider, SharedInterceptor};
use aws_types::SdkConfig;
use function_runtime::AppState;
use function_runtime::config::{Config, ContextConfig};
use local_aws::table::{CORE, INBOX, Table};
use object_storage::ObjectStorage;
use payment_gateway::{GatewayConfig, Secret};
use store::{Store, Tables};
use stripe_sandbox::{Sandbox, SandboxConfig, SandboxError};

use crate::data_folder::Settings;
use crate::error::LocalError;
use crate::options::Options;

/// Where the product is reached, and where what only this machine may use is.
#[derive(Clone)]
pub(crate) struct Origins {
    /// The address in every link.
    pub(crate) product: String,
    /// The address of `/dev`: the same, unless other machines reach the product.
    pub(crate) dev: String,
}

pub(crate) fn sandbox(options: &Options, settings: &Settings, origins: &Origins) -> Result<Sandbox, SandboxError> {
    let config = SandboxConfig {
        origin: origins.dev.clone(),
        secret_key: settings.stripe_secret_key.clone(),
        webhook_secret: settings.stripe_webhook_secret.clone(),
        file: options.data.join("stripe.sqlite"),
    };
    Sandbox::open(config, options.clock.clone())
}

pub(crate) fn webhook_secrets(options: &Options, settings: &Settings) -> Result<Vec<Secret>, LocalError> {
    match &options.stripe {
        Some(account) => Ok(account.webhook_secrets.clone()),
        None => Ok(vec![secret(&settings.stripe_webhook_secret)?]),
    }
}

/// The state of all functions.
pub(crate) fn app_state(
    options: &Options,
    settings: &Settings,
    origins: &Origins,
    table: &Table,
) -> Result<AppState, LocalError> {
    let context = ContextConfig {
        origin: origins.product.clone(),
        link_secret: hex::decode(&settings.link_secret).map_err(std::io::Error::other)?,
        gateway: match &options.stripe {
            Some(account) => GatewayConfig::Stripe {
                api_base: account.api_base.clone(),
                secret_key: account.secret_key.clone(),
                first_pause: options.first_pause,
            },
            None => GatewayConfig::Stripe {
                api_base: format!("{}/dev/stripe", origins.dev),
                secret_key: secret(&settings.stripe_secret_key)?,
                first_pause: options.first_pause,
            },
        },
    };
    let mail = aws_sdk_ses::config::Builder::from(&aws_config("local"));
    let mail = mail.endpoint_url(format!("{}/dev/ses", origins.dev)).build();
    let sender = mail::Sender::new(aws_sdk_ses::Client::from_conf(mail));
    let store = store(table, options.table_interceptor.as_ref(), options);
    let config = Config { tables: tables(), default_business: Some(settings.business.clone()) };
    let mut state = AppState::new(&config, &context, store, sender, options.clock.clone(), options.ids.clone())?;
    state.context.object_storage = Some(ObjectStorage::Folder(options.data.join("exports")));
    if let Some(first_pause) = options.first_pause {
        state.context.store = state.context.store.with_first_pause(first_pause);
    }
    Ok(state)
}

/// The tables, with a watcher of every call where one is given.
pub(crate) fn store(table: &Table, interceptor: Option<&SharedInterceptor>, options: &Options) -> Store {
    Store::new(dynamodb(table, interceptor), tables(), options.ids.jitter(), options.clock.clone())
}

/// A client of the tables.
pub(crate) fn dynamodb(table: &Table, interceptor: Option<&SharedInterceptor>) -> aws_sdk_dynamodb::Client {
    let shared = aws_config(table.access_key());
    let mut config = aws_sdk_dynamodb::config::Builder::from(&shared).endpoint_url(table.endpoint());
    if let Some(interceptor) = interceptor {
        config = config.interceptor(interceptor.clone());
    }
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

/// Configured by hand: to look for profiles and metadata would only cost time, and could find someone's real account.
fn aws_config(access_key: &str) -> SdkConfig {
    let credentials = Credentials::new(access_key, "not checked", None, None, "guichet");
    SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::v2026_01_12())
        .region(Region::from_static("eu-west-3"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(aws_smithy_async::rt::sleep::TokioSleep::new()))
        .retry_config(aws_config::retry::RetryConfig::standard().with_max_attempts(4))
        .build()
}

fn tables() -> Tables {
    Tables { core: CORE.to_owned(), inbox: INBOX.to_owned() }
}

fn secret(text: &str) -> Result<Secret, LocalError> {
    Ok(Secret::new(text).map_err(|error| std::io::Error::other(error.to_string()))?)
}
