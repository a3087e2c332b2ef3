//! The whole process: its parts put together, served, and ended.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::config::SharedInterceptor;
use axum::Router;
use function_runtime::{AppState, IdGenerator};
use jiff::SignedDuration;
use local_aws::http_server;
use local_aws::mailbox::Mailbox;
use local_aws::streams::StreamProgress;
use local_aws::table::Table;
use local_aws::table::faults::Faults;
use receivables::BusinessId;
use store::Store;
use stripe_sandbox::Sandbox;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tower_http::compression::CompressionLayer;
use webhook_receiver::Receiver;

use crate::background::BackgroundWork;
use crate::clients::{self, Origins};
use crate::data_folder::{self, Settings};
use crate::dev_routes::{Controls, DevRoutes};
use crate::error::LocalError;
use crate::folder_lock::{FolderLock, LockError};
use crate::options::Options;
use crate::{api_key, demo, exposure, first_business};

/// How long a task has to end.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// A process over one data folder: serving it, or opened for one command.
pub struct Local {
    /// Where customers reach it, without a slash at the end.
    pub origin: String,
    /// Where this machine reaches `/dev`: the same, unless other machines reach the product.
    pub dev_origin: String,
    /// The business whose books these are.
    pub business: BusinessId,
    /// The key of the business's API.
    pub api_key: String,
    /// The state that all functions share.
    pub state: AppState,
    /// Takes the mail that the product sends.
    pub mailbox: Mailbox,
    /// Stands for Stripe, unless the real one is configured.
    pub sandbox: Sandbox,
    background: Arc<BackgroundWork>,
    options: Options,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    /// Only of a process that serves.
    lock: Option<FolderLock>,
}

/// Where the process listens.
struct Listeners {
    product: TcpListener,
    /// The one of `/dev`, where that is not served beside the product.
    dev: Option<TcpListener>,
}

impl Local {
    /// Locks the folder, listens, and starts the background work.
    pub async fn start(options: Options) -> Result<Self, LocalError> {
        exposure::check(&options)?;
        if let Some(key) = &options.api_key {
            api_key::check(key)?;
        }
        data_folder::prepare(&options.data)?;
        // Before the address: a second process on the same folder would also find that taken, which says less.
        let lock = FolderLock::take(&options.data).map_err(|error| match error {
            LockError::InUse(by) => LocalError::InUse { folder: options.data.clone(), by },
            LockError::Io(error) => LocalError::Folder(error),
        })?;
        if options.stripe.is_some() && data_folder::clock_ahead(&options.data) > SignedDuration::ZERO {
            return Err(LocalError::ClockMoved { folder: options.data });
        }
        let (listeners, origins) = Listeners::open(options.address).await?;
        let settings = Settings::open(&options.data, &options.clock, &options.ids)?;
        let local = Self::assemble(options, &settings, origins)?;
        first_business::ensure(&local.state, &local.business).await?;
        api_key::install(&local.state, &local.business, &local.api_key).await?;
        Self { lock: Some(lock), ..local }.run(listeners, &settings).await
    }

    /// Opens the folder for one command: nothing listens, and nothing works in the background. A process that serves
    /// the same folder goes on, and handles what the command leaves in the streams.
    pub async fn open(options: Options) -> Result<Self, LocalError> {
        data_folder::prepare(&options.data)?;
        let origin = format!("http://{}", options.address);
        let settings = Settings::open(&options.data, &options.clock, &options.ids)?;
        let local = Self::assemble(options, &settings, Origins { product: origin.clone(), dev: origin })?;
        first_business::ensure(&local.state, &local.business).await?;
        Ok(local)
    }

    fn assemble(options: Options, settings: &Settings, origins: Origins) -> Result<Self, LocalError> {
        options.clock.advance(data_folder::clock_ahead(&options.data));
        // Not from the options' generator: in a test that is seeded, so that what it draws can be known.
        let access_key = IdGenerator::system().token();
        let table = Arc::new(Table::open(&options.data.join("tables.sqlite"), &access_key)?);
        let mailbox = Mailbox::open(options.data.join("mail"), options.clock.clone())?;
        let sandbox = clients::sandbox(&options, settings, &origins)?;
        let state = clients::app_state(&options, settings, &origins, &table)?;
        let background = BackgroundWork::new(state.clone(), table, sandbox.clone(), &options)?;
        Ok(Self {
            origin: origins.product,
            dev_origin: origins.dev,
            business: settings.business.clone(),
            api_key: options.api_key.clone().unwrap_or_else(|| settings.api_key.clone()),
            state,
            mailbox,
            sandbox,
            background: Arc::new(background),
            stop: watch::channel(false).0,
            tasks: Vec::new(),
            lock: None,
            options,
        })
    }

    async fn run(mut self, listeners: Listeners, settings: &Settings) -> Result<Self, LocalError> {
        let (product, dev) = (self.product_routes(settings)?, self.dev_routes());
        match listeners.dev {
            None => self.serve(listeners.product, product.merge(dev)),
            Some(listener) => {
                self.serve(listeners.product, product);
                self.serve(listener, dev);
            }
        }
        if !self.has_real_processor() {
            self.sandbox.subscribe(format!("{}/webhooks/stripe/{}", self.origin, self.business));
        }
        self.tasks.extend(self.background.start(self.options.automatic, &self.stop)?);
        if !self.options.empty && !settings.furnished {
            demo::create(&self.state, &self.business).await.map_err(|error| LocalError::Demo(error.to_string()))?;
            Settings { furnished: true, ..settings.clone() }.save(&self.options.data)?;
        }
        Ok(self)
    }

    fn serve(&mut self, listener: TcpListener, routes: Router) {
        let mut stopped = self.stop.subscribe();
        let stopping = async move { drop(stopped.wait_for(|stop| *stop).await) };
        self.tasks.push(tokio::spawn(http_server::serve(listener, routes, stopping)));
    }

    fn product_routes(&self, settings: &Settings) -> Result<Router, LocalError> {
        let receiver = Receiver {
            store: self.state.context.store.clone(),
            clock: self.state.clock.clone(),
            secrets: clients::webhook_secrets(&self.options, settings)?.into(),
            only_business: self.business.clone(),
        };
        Ok(frontend::router(self.state.clone())
            .merge(business_api::router(self.state.clone()))
            .merge(webhook_receiver::router(receiver))
            .layer(CompressionLayer::new()))
    }

    fn dev_routes(&self) -> Router {
        // With a real processor time is real, and so is the money: there is nothing to play with.
        let controls = (!self.has_real_processor()).then(|| Controls {
            background: Arc::clone(&self.background),
            state: self.state.clone(),
            mailbox: self.mailbox.clone(),
            business: self.business.clone(),
            folder: self.folder().to_owned(),
            api_key: self.api_key.clone(),
            ephemeral: self.options.ephemeral,
            empty: self.options.empty,
        });
        DevRoutes { mailbox: &self.mailbox, sandbox: &self.sandbox, controls }.router()
    }

    /// Whether payments go through a real account at Stripe rather than the sandbox.
    pub fn has_real_processor(&self) -> bool {
        self.options.stripe.is_some()
    }

    /// The tables through a client of their own, with a watcher. For tests.
    pub fn store_watched_by(&self, interceptor: &SharedInterceptor) -> Store {
        clients::store(self.background.table(), Some(interceptor), &self.options)
    }

    /// Where the tables are reached by DynamoDB's protocol, with [`Local::table_access_key`].
    pub fn table_endpoint(&self) -> &str {
        self.background.table().endpoint()
    }

    /// The access key id that a client of the tables must have in its credentials, drawn at every start. Their secret
    /// key may be anything.
    pub fn table_access_key(&self) -> &str {
        self.background.table().access_key()
    }

    /// A client of the tables, past all rules. For tests that break something.
    pub fn table_client(&self) -> aws_sdk_dynamodb::Client {
        clients::dynamodb(self.background.table(), None)
    }

    /// What goes wrong with the tables. Nothing does, unless a test lets it.
    pub fn table_faults(&self) -> &Faults {
        self.background.table().faults()
    }

    /// The deliveries of the tables' streams, of the inbox and of the core table. For tests that disturb them.
    pub fn streams(&self) -> &[StreamProgress] {
        self.background.streams()
    }

    /// The folder that holds everything.
    pub fn folder(&self) -> &Path {
        &self.options.data
    }

    /// Does all that can be done now, and returns when nothing is left: webhooks delivered, streams drained, nothing due.
    pub async fn drain(&self) -> Result<(), String> {
        self.background.drain().await
    }

    /// Deletes what has expired by the clock, as the tables do on their own, and returns how many items that were.
    pub async fn sweep_expired(&self) -> Result<usize, String> {
        self.background.sweep_expired().await
    }

    /// Returns when the streams are drained. Unlike [`Local::drain`] it delivers no webhook and does nothing that is due.
    pub async fn drain_streams(&self) -> Result<(), String> {
        self.background.drain_streams().await
    }

    /// Finishes the work in hand, ends, and deletes an ephemeral folder.
    pub async fn stop(self) -> Result<(), LocalError> {
        // There may be no task left that listens, and so nothing to stop.
        let _ = self.stop.send(true);
        data_folder::save_clock(&self.options.data, &self.options.clock)?;
        for task in self.tasks {
            let stopped = tokio::time::timeout(STOP_TIMEOUT, task).await;
            if stopped.is_err() {
                tracing::warn!("a task did not end in time");
            }
        }
        drop(self.background);
        drop(self.lock);
        if self.options.ephemeral {
            std::fs::remove_dir_all(&self.options.data)?;
        }
        Ok(())
    }
}

impl Listeners {
    /// Listens on an address; and where that can be reached by other machines, on a free port of loopback for `/dev`.
    async fn open(address: SocketAddr) -> Result<(Self, Origins), LocalError> {
        let bind = async |address| {
            let listener = TcpListener::bind(address).await;
            listener.map_err(|cause| LocalError::Listen { address, cause })
        };
        let product = bind(address).await?;
        let origin = format!("http://{}", product.local_addr()?);
        if address.ip().is_loopback() {
            return Ok((Self { product, dev: None }, Origins { product: origin.clone(), dev: origin }));
        }
        let dev = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let dev_origin = format!("http://{}", dev.local_addr()?);
        Ok((Self { product, dev: Some(dev) }, Origins { product: origin, dev: dev_origin }))
    }
}
