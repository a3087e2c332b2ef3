//! The functions as they run on Lambda: their binaries as processes of their own, each served by a Runtime API.
//!
//! Their input has the shapes of AWS: requests of an HTTP API, batches of a stream, the timer's event. Their tables, their mail
//! and their Stripe belong to a test world. Absent on purpose: more than one process of a function, freezing between
//! invocations, and permissions.

mod deployment;
pub mod event;
mod gateway;
mod runtime_api;
mod table_front;

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

pub use self::deployment::{Deployment, variables};
use self::runtime_api::RuntimeApi;
pub use self::table_front::TableFront;
use crate::programs;

/// The longest wait for a function.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often to check whether a process has ended.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A running function.
pub struct Lambda {
    name: &'static str,
    api: RuntimeApi,
    child: Mutex<Child>,
    log: Arc<Mutex<Vec<u8>>>,
    /// Copies the process's output to the log; it ends when the process does.
    listener: Mutex<Option<JoinHandle<()>>>,
}

impl Lambda {
    /// Starts a function with the variables that Lambda gives every function and its own, and no others.
    pub async fn start(name: &'static str, variables: &[(&str, String)]) -> Self {
        let api = RuntimeApi::start(name).await;
        let mut command = Command::new(programs::binary(name));
        command.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command.envs([
            ("AWS_LAMBDA_FUNCTION_NAME", name),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/test"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "test"),
            ("AWS_LAMBDA_RUNTIME_API", api.address()),
            ("AWS_REGION", "eu-west-3"),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_SESSION_TOKEN", "local"),
        ]);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let mut said = child.stderr.take().expect("its standard error output");
        let log = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&log);
        let listener = std::thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(length @ 1..) = said.read(&mut part) {
                kept.lock().unwrap().extend_from_slice(&part[..length]);
            }
        });
        Self { name, api, child: Mutex::new(child), log, listener: Mutex::new(Some(listener)) }
    }

    /// Invokes the function. Returns its answer, or the error that Lambda would report.
    pub async fn invoke(&self, event: &Value) -> Result<Value, Value> {
        tokio::select! {
            answer = self.api.invoke(event) => answer,
            status = self.ended() => Err(json!({"errorType": "Runtime.ExitError", "errorMessage": status.to_string()})),
            () = tokio::time::sleep(PATIENCE) => panic!("{} does not answer; it said:\n{}", self.name, self.log()),
        }
    }

    /// Waits until the process has ended by itself and its output is in the log.
    pub async fn ended(&self) -> ExitStatus {
        let status = loop {
            let ended = self.child.lock().unwrap().try_wait();
            if let Some(status) = ended.expect("its state") {
                break status;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        };
        // The process is gone, but its last output may still be in the pipe.
        let listener = self.listener.lock().unwrap().take();
        if let Some(listener) = listener {
            tokio::task::spawn_blocking(|| listener.join().expect("the listener")).await.expect("the wait");
        }
        status
    }

    /// Ends the process and returns its log. Before that, some output may still be in the pipe.
    pub async fn last_words(&self) -> String {
        // It may have ended by itself already.
        let _ = self.child.lock().unwrap().kill();
        self.ended().await;
        self.log()
    }

    /// The log so far.
    pub fn log(&self) -> String {
        String::from_utf8(self.log.lock().unwrap().clone()).expect("a log is text")
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        // It may have ended by itself already.
        let child = self.child.get_mut().unwrap();
        let _ = child.kill();
        let _ = child.wait();
    }
}
