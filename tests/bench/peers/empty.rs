//! The smallest function that answers HTTP on Lambda.

use lambda_http::{Body, Error, Response, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_http::tracing::init_default_subscriber();
    run(service_fn(async |_| Ok::<_, Error>(Response::new(Body::from("empty"))))).await
}
