//! A world whose product is the five binaries: no part of the product runs in the test's own process.

use std::sync::Arc;

use futures::FutureExt as _;
use guichet::StreamHandler;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Lambda;
use super::gateway::{self, Routes};
use crate::World;

/// The five running functions, with the tables, the mail and the Stripe of a world.
pub struct Deployment {
    /// The world. Its requests to the product go to the functions.
    pub world: World,
    pub webhook_receiver: Arc<Lambda>,
    /// Receives the streams' batches.
    pub event_worker: Arc<Lambda>,
    /// Runs only when the test invokes it.
    pub due_worker: Arc<Lambda>,
    pub business_api: Arc<Lambda>,
    pub frontend: Arc<Lambda>,
    gateway: JoinHandle<()>,
}

impl Deployment {
    /// Starts everything, with an empty business.
    pub async fn start() -> Self {
        let (worker, hired) = watch::channel(None);
        let mut world = World::handled_by(hand_over_to(hired)).await;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        world.product = format!("http://{}", listener.local_addr().expect("an address"));
        world.local.sandbox.subscribe(format!("{}/webhooks/stripe/{}", world.product, world.local.business));
        let start = async |name| Arc::new(Lambda::start(name, &variables(name, &world)).await);
        let webhook_receiver = start("webhook_receiver").await;
        let event_worker = start("event_worker").await;
        let due_worker = start("due_worker").await;
        let business_api = start("business_api").await;
        let frontend = start("frontend").await;
        worker.send_replace(Some(Arc::clone(&event_worker)));
        let routes = Routes {
            webhook_receiver: Arc::clone(&webhook_receiver),
            business_api: Arc::clone(&business_api),
            frontend: Arc::clone(&frontend),
        };
        let gateway = gateway::serve(listener, routes);
        Self { world, webhook_receiver, event_worker, due_worker, business_api, frontend, gateway }
    }

    /// Delivers the sandbox's webhooks and drains the streams. Nothing that is due is done.
    pub async fn deliver(&self) {
        self.world.local.sandbox.deliver_due().await;
        self.world.local.drain_streams().await.expect("the streams drain");
    }

    /// Ends the functions, and returns their logs.
    pub async fn last_words(&self) -> String {
        let functions =
            [&self.webhook_receiver, &self.event_worker, &self.due_worker, &self.business_api, &self.frontend];
        futures::future::join_all(functions.map(|function| function.last_words())).await.concat()
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        self.gateway.abort();
    }
}

/// Sends each batch to the worker, once there is one.
fn hand_over_to(worker: watch::Receiver<Option<Arc<Lambda>>>) -> StreamHandler {
    Arc::new(move |batch| {
        let mut worker = worker.clone();
        async move {
            let worker = worker.wait_for(Option::is_some).await.map_err(|error| error.to_string())?.clone();
            let worker = worker.ok_or("no worker")?;
            let batch = serde_json::to_value(&batch).map_err(|error| error.to_string())?;
            let answer = worker.invoke(&batch).await.map_err(|error| error.to_string())?;
            serde_json::from_value(answer).map_err(|error| error.to_string())
        }
        .boxed()
    })
}

/// The variables of a function in a world: those that it needs, and no others.
pub fn variables(name: &str, world: &World) -> Vec<(&'static str, String)> {
    let origin = &world.local.origin;
    let mut variables = vec![
        ("AWS_ENDPOINT_URL_DYNAMODB", world.local.table_endpoint().to_owned()),
        ("AWS_ACCESS_KEY_ID", world.local.table_access_key().to_owned()),
        ("GUICHET_CORE_TABLE", local_aws::table::CORE.to_owned()),
        ("GUICHET_INBOX_TABLE", local_aws::table::INBOX.to_owned()),
        ("GUICHET_BUSINESS", world.local.business.to_string()),
    ];
    if name == "webhook_receiver" {
        variables.push(("STRIPE_WEBHOOK_SECRET", world.kept("stripe_webhook_secret")));
    } else {
        variables.extend([
            ("AWS_ENDPOINT_URL_SES", format!("{origin}/dev/ses")),
            ("GUICHET_ORIGIN", world.product.clone()),
            ("GUICHET_LINK_SECRET", world.kept("link_secret")),
            ("STRIPE_SECRET_KEY", world.kept("stripe_secret_key")),
            ("STRIPE_API_BASE", format!("{origin}/dev/stripe")),
        ]);
    }
    variables
}
