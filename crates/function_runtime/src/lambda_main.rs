//! A function's process: one thread, because an instance answers one request at a time.

use std::fmt::Display;
use std::process::ExitCode;
use std::time::Duration;

use tokio::runtime::{Builder, LocalOptions};
use tokio::time::sleep;

use crate::telemetry;

/// The time between two ticks: less than the timeout of any request.
const TICK: Duration = Duration::from_secs(1);

/// Runs a function until it ends. The error that ended it is logged like everything else, and whole: all that is wrong with a
/// configuration is in one line.
///
/// The function is a task of its own. Waking the future that a runtime blocks on goes through the kernel, with a write and a
/// poll each time; waking a task of the same thread only puts it in a list. A timer that ends before all others goes through the
/// kernel too, and each request sets one, its timeout; so a tick is always there that ends sooner.
pub fn run<F, E>(function: F) -> ExitCode
where
    F: Future<Output = Result<(), E>> + 'static,
    E: Display + 'static,
{
    telemetry::start();
    let ended = match Builder::new_current_thread().enable_all().build_local(LocalOptions::default()) {
        Ok(runtime) => {
            let ticking = runtime.spawn_local(tick());
            let ended = match runtime.block_on(runtime.spawn_local(function)) {
                Ok(ended) => ended.map_err(|error| error.to_string()),
                Err(panicked) => Err(panicked.to_string()),
            };
            ticking.abort();
            ended
        }
        Err(error) => Err(error.to_string()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error, "the function ended");
            ExitCode::FAILURE
        }
    }
}

async fn tick() {
    loop {
        sleep(TICK).await;
    }
}
