//! The product's programs as binaries.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// The functions of the product.
pub const FUNCTIONS: [&str; 5] = ["webhook_receiver", "event_worker", "due_worker", "business_api", "frontend"];
/// The program that people run.
pub const GUICHET: &str = "guichet";
/// The variables that cargo sets for its tests. Passed on to another cargo they would make build scripts run again.
const OF_THE_TEST: [&str; 6] =
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_NAME", "CARGO_BIN_", "CARGO_PRIMARY_PACKAGE", "NEXTEST"];

/// The binary of a function or of [`GUICHET`], built if necessary: all with one call of cargo, once per process.
pub fn binary(name: &str) -> PathBuf {
    static BUILT: OnceLock<HashMap<String, PathBuf>> = OnceLock::new();
    let built = BUILT.get_or_init(build);
    built.get(name).unwrap_or_else(|| panic!("{name} has no binary among {built:?}")).clone()
}

fn build() -> HashMap<String, PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    // With all targets of the workspace, so that the features are those of the tests: no dependency is built a second time.
    cargo.args(["build", "--offline", "--workspace", "--all-targets", "--message-format=json-render-diagnostics"]);
    for (variable, _) in std::env::vars_os() {
        if OF_THE_TEST.iter().any(|prefix| variable.to_string_lossy().starts_with(prefix)) {
            cargo.env_remove(variable);
        }
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the workspace");
    let output = cargo.current_dir(workspace).stderr(Stdio::inherit()).output().expect("cargo runs");
    assert!(output.status.success(), "the programs do not build");
    let messages = String::from_utf8(output.stdout).expect("the output of cargo");
    let messages = messages.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    messages
        .filter(|message| message["profile"]["test"] == false)
        .filter_map(|message| {
            Some((message["target"]["name"].as_str()?.to_owned(), message["executable"].as_str()?.into()))
        })
        .collect()
}
