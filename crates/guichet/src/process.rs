//! Putting the process together.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::config::{Credentials, Region, SharedInterceptor};
use aws_types::SdkConfig;
use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use clock::Clock;
use function_runtime::config::{Config, ContextConfig};
use function_runtime::{AppState, IdGenerator};
use payment_gateway::stripe::Secret;
use payment_gateway::stripe::requests::{Client, ClientConfig};
use receivables::{BusinessId, KeyId};
use store::{ApiKey, Store, StoreError, Tables};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tower_http::compression::CompressionLayer;
use webhook_receiver::Receiver;

use crate::background::{StreamHandler, Works};
use crate::data_folder::{self, Kept};
use crate::folder_lock::{Held, NotHeld};
use crate::{demo, dev_routes};
use local_aws::mailbox::Mailbox;
use local_aws::table::{CORE, INBOX, Table, TableError};
use stripe_sandbox::{Sandbox, SandboxConfig, SandboxError};

/// How long a task has to end.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// How the process is to run.
#[derive(Clone)]
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    pub address: SocketAddr,
    /// The folder that holds everything.
    pub data: PathBuf,
    /// Whether the folder is thrown away at the end, and may be reset before.
    pub ephemeral: bool,
    /// Whether the demo's customers and invoices are left out.
    pub empty: bool,
    /// The key of the business's API, in place of the folder's own.
    pub api_key: Option<String>,
    /// An account at the real Stripe, in place of the sandbox.
    pub stripe: Option<StripeAccount>,
    /// The clock.
    pub clock: Clock,
    /// Draws ids and tokens.
    pub ids: IdGenerator,
    /// Whether the timer and the sandbox work by themselves; tests let them work only when asked to.
    pub by_itself: bool,
    /// Watches, counts or breaks the calls to the tables. For tests.
    pub table_interceptor: Option<SharedInterceptor>,
    /// About how long is waited before a try that follows a refusal, at the tables and at Stripe; the product's own pauses where
    /// nothing is said. For tests.
    pub first_pause: Option<Duration>,
    /// Is handed the streams' batches in place of this process's own worker. For tests.
    pub stream_handler: Option<StreamHandler>,
}

/// An account at Stripe.
#[derive(Clone)]
pub struct StripeAccount {
    /// Where its API is.
    pub api_base: String,
    /// The secret key.
    pub secret_key: Secret,
    /// The signing secrets of its webhook.
    pub webhook_secrets: Vec<Secret>,
}

/// Why the process could not start.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The address is taken, or not ours.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        cause: std::io::Error,
    },
    /// Another process serves the folder.
    #[error(
        "the data folder {} is served by another guichet ({by}): stop that one, or give this one another folder with --data",
        .folder.display()
    )]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// The process, as it named itself.
        by: String,
    },
    /// The data folder.
    #[error("the data folder: {0}")]
    Folder(#[from] std::io::Error),
    /// The embedded tables.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The sandbox.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The clients.
    #[error(transparent)]
    Start(#[from] function_runtime::StartError),
    /// The tables refused something.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A verb failed.
    #[error(transparent)]
    Operation(#[from] operations::OperationError),
    /// The demo could not be furnished.
    #[error("the demo: {0}")]
    Demo(String),
}

/// The running process.
pub struct Local {
    /// Where it is reached.
    pub origin: String,
    /// The business whose books these are.
    pub business: BusinessId,
    /// The key of its API.
    pub api_key: String,
    /// What its functions hold.
    pub state: AppState,
    /// Sends mail.
    pub mailbox: Mailbox,
    /// Stripe, where it is not the real one.
    pub sandbox: Sandbox,
    pub(crate) works: Arc<Works>,
    options: Options,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    /// Only of a process that serves.
    held: Option<Held>,
}

impl Local {
    /// Takes the folder, listens, and begins to work.
    pub async fn start(options: Options) -> Result<Self, LocalError> {
        // Before anything else: a second process on the same folder would also find the address taken, which says less.
        let held = Held::take(&options.data).map_err(|why| match why {
            NotHeld::InUse(by) => LocalError::InUse { folder: options.data.clone(), by },
            NotHeld::Folder(error) => LocalError::Folder(error),
        })?;
        let listener = TcpListener::bind(options.address).await;
        let listener = listener.map_err(|cause| LocalError::Listen { address: options.address, cause })?;
        let origin = format!("http://{}", listener.local_addr()?);
        let kept = Kept::open(&options.data, &options.clock, &options.ids)?;
        let local = Self::assemble(options, &kept, origin).await?;
        Self { held: Some(held), ..local }.run(listener, &kept).await
    }

    /// Opens the folder for one command: nothing listens, and nothing works in the background. A process that runs on the
    /// same folder goes on, and takes up what the command leaves in the streams.
    pub async fn open(options: Options) -> Result<Self, LocalError> {
        let origin = format!("http://{}", options.address);
        let kept = Kept::open(&options.data, &options.clock, &options.ids)?;
        Self::assemble(options, &kept, origin).await
    }

    async fn assemble(options: Options, kept: &Kept, origin: String) -> Result<Self, LocalError> {
        data_folder::restore_clock(&options.data, &options.clock);
        let table = Arc::new(Table::open(&options.data.join("tables.sqlite"))?);
        let mailbox = Mailbox::open(options.data.join("mail"), options.clock.clone())?;
        let sandbox = sandbox(&options, kept, &origin)?;
        let state = state(&options, kept, &origin, &table)?;
        let api_key = options.api_key.clone().unwrap_or_else(|| kept.api_key.clone());
        found(&state, &kept.business, &api_key).await?;
        let works = Works::new(state.clone(), table, sandbox.clone(), &options)?;
        Ok(Self {
            business: kept.business.clone(),
            api_key,
            state,
            mailbox,
            sandbox,
            works: Arc::new(works),
            stop: watch::channel(false).0,
            tasks: Vec::new(),
            held: None,
            origin,
            options,
        })
    }

    async fn run(mut self, listener: TcpListener, kept: &Kept) -> Result<Self, LocalError> {
        let app = self.app(kept)?;
        let mut stopped = self.stop.subscribe();
        self.tasks.push(tokio::spawn(async move {
            let stopping = async move { drop(stopped.wait_for(|stop| *stop).await) };
            if let Err(error) = axum::serve(listener, app).with_graceful_shutdown(stopping).await {
                tracing::error!(%error, "the server ended");
            }
        }));
        self.sandbox.subscribe(format!("{}/webhooks/stripe/{}", self.origin, self.business));
        self.tasks.extend(self.works.begin(self.options.by_itself, &self.stop)?);
        if !self.options.empty && !kept.furnished {
            demo::furnish(&self.state, &self.business).await.map_err(|error| LocalError::Demo(error.to_string()))?;
            Kept { furnished: true, ..kept.clone() }.save(&self.options.data)?;
        }
        Ok(self)
    }

    /// The tables through a client of their own, with a watcher. For tests.
    pub fn store_watched_by(&self, interceptor: &SharedInterceptor) -> Store {
        let client = dynamodb(&shared(), self.works.table(), Some(interceptor));
        Store::new(client, tables())
    }

    /// Where the tables are reached by DynamoDB's protocol.
    pub fn table_endpoint(&self) -> &str {
        self.works.table().endpoint()
    }

    /// A client of the tables, past all rules. For tests that break something.
    pub fn table_client(&self) -> aws_sdk_dynamodb::Client {
        dynamodb(&shared(), self.works.table(), None)
    }

    /// The folder that holds everything.
    pub fn folder(&self) -> &Path {
        &self.options.data
    }

    pub(crate) fn is_ephemeral(&self) -> bool {
        self.options.ephemeral
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.options.empty
    }

    /// Does all that can be done now, and returns when nothing is left: webhooks delivered, streams drained, nothing due.
    pub async fn drain(&self) -> Result<(), String> {
        self.works.drain().await
    }

    /// Returns when the streams are drained. Unlike [`Local::drain`] it delivers no webhook and does nothing that is due.
    pub async fn drain_streams(&self) -> Result<(), String> {
        self.works.drain_streams().await
    }

    /// Ends what is in hand, and throws an ephemeral folder away.
    pub async fn stop(self) -> Result<(), LocalError> {
        // Nobody may be listening any more; then there is nobody to stop.
        let _ = self.stop.send(true);
        data_folder::keep_clock(&self.options.data, &self.options.clock)?;
        for task in self.tasks {
            let stopped = tokio::time::timeout(STOP_TIMEOUT, task).await;
            if stopped.is_err() {
                tracing::warn!("a task did not end in time");
            }
        }
        drop(self.works);
        drop(self.held);
        if self.options.ephemeral {
            std::fs::remove_dir_all(&self.options.data)?;
        }
        Ok(())
    }

    fn app(&self, kept: &Kept) -> Result<Router, LocalError> {
        let receiver = Receiver {
            store: self.state.context.store.clone(),
            clock: self.state.clock.clone(),
            secrets: webhook_secrets(&self.options, kept)?.into(),
            business: Some(self.business.clone()),
        };
        let product = frontend::router(self.state.clone())
            .merge(business_api::router(self.state.clone()))
            .merge(webhook_receiver::router(receiver))
            .layer(CompressionLayer::new());
        let slash = || async { Redirect::permanent("/dev/") };
        Ok(product.route("/dev", get(slash)).nest("/dev/", dev_routes::router(self)))
    }
}

fn sandbox(options: &Options, kept: &Kept, origin: &str) -> Result<Sandbox, SandboxError> {
    let config = SandboxConfig {
        origin: origin.to_owned(),
        secret_key: kept.stripe_secret_key.clone(),
        webhook_secret: kept.stripe_webhook_secret.clone(),
        file: options.data.join("stripe.sqlite"),
    };
    Sandbox::open(config, options.clock.clone())
}

fn webhook_secrets(options: &Options, kept: &Kept) -> Result<Vec<Secret>, LocalError> {
    let own =
        || Secret::new(kept.stripe_webhook_secret.clone()).map_err(|error| std::io::Error::other(error.to_string()));
    Ok(match &options.stripe {
        Some(account) => account.webhook_secrets.clone(),
        None => vec![own()?],
    })
}

/// The clients point at what this process hosts. They are built by hand: looking for profiles and metadata would only cost
/// time, and could find someone's real account.
fn shared() -> SdkConfig {
    let credentials = Credentials::new("local", "local", None, None, "guichet local");
    SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::v2026_01_12())
        .region(Region::from_static("eu-west-3"))
        .credentials_provider(aws_sdk_dynamodb::config::SharedCredentialsProvider::new(credentials))
        .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(aws_smithy_async::rt::sleep::TokioSleep::new()))
        .retry_config(aws_config::retry::RetryConfig::standard().with_max_attempts(4))
        .build()
}

fn dynamodb(shared: &SdkConfig, table: &Table, interceptor: Option<&SharedInterceptor>) -> aws_sdk_dynamodb::Client {
    let mut config = aws_sdk_dynamodb::config::Builder::from(shared).endpoint_url(table.endpoint());
    if let Some(interceptor) = interceptor {
        config = config.interceptor(interceptor.clone());
    }
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

fn tables() -> Tables {
    Tables { core: CORE.to_owned(), inbox: INBOX.to_owned() }
}

fn state(options: &Options, kept: &Kept, origin: &str, table: &Table) -> Result<AppState, LocalError> {
    let shared = shared();
    let ses = aws_sdk_ses::config::Builder::from(&shared).endpoint_url(format!("{origin}/dev/ses")).build();
    let tables = tables();
    let secret = |text: &str| Secret::new(text).map_err(|error| std::io::Error::other(error.to_string()));
    let context = ContextConfig {
        origin: origin.to_owned(),
        link_secret: hex::decode(&kept.link_secret).map_err(std::io::Error::other)?,
        stripe_key: match &options.stripe {
            Some(account) => account.secret_key.clone(),
            None => secret(&kept.stripe_secret_key)?,
        },
        stripe_api_base: match &options.stripe {
            Some(account) => account.api_base.clone(),
            None => format!("{origin}/dev/stripe"),
        },
    };
    let store = Store::new(dynamodb(&shared, table, options.table_interceptor.as_ref()), tables.clone());
    let post = mail::Sender::new(aws_sdk_ses::Client::from_conf(ses));
    let config = Config { tables, business: Some(kept.business.clone()) };
    let mut state = AppState::new(&config, &context, store, post, options.clock.clone(), options.ids.clone())?;
    if let Some(first_pause) = options.first_pause {
        let config =
            ClientConfig { first_pause, ..ClientConfig::new(&context.stripe_api_base, context.stripe_key.clone()) };
        state.context.stripe = Client::new(config).map_err(function_runtime::StartError::from)?;
        state.context.store = state.context.store.with_first_pause(first_pause);
    }
    Ok(state)
}

/// One business exists from the start, with a key of its API.
pub(crate) async fn found(state: &AppState, id: &BusinessId, api_key: &str) -> Result<(), LocalError> {
    let store = &state.context.store;
    if store.business(id).await?.is_none() {
        let business = demo::business(id.clone()).map_err(LocalError::Demo)?;
        store.put_business(&business).await?;
    }
    operations::watch(&state.context, id, state.clock.now()).await?;
    let key: KeyId = state.ids.key_id(state.clock.now());
    let key = ApiKey { id: key, business: id.clone(), name: "local".to_owned() };
    store.put_key(&operations::Links::hash(api_key), &key).await?;
    Ok(())
}
