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
/// What a cargo that runs tests tells them of themselves. Given on to another cargo it would have build scripts run again.
const OF_THE_TEST: [&str; 6] =
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_NAME", "CARGO_BIN_", "CARGO_PRIMARY_PACKAGE", "NEXTEST"];

/// The binary of a function or of [`GUICHET`], built if need be: all by one call of cargo, once in a process.
pub fn binary(name: &str) -> PathBuf {
    static BUILT: OnceLock<HashMap<String, PathBuf>> = OnceLock::new();
    let built = BUILT.get_or_init(build);
    built.get(name).unwrap_or_else(|| panic!("{name} has no binary among {built:?}")).clone()
}

fn build() -> HashMap<String, PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    // The whole workspace decides the features, as for the tests themselves: the dependencies are not built a second time.
    cargo.args(["build", "--offline", "--workspace", "--message-format=json-render-diagnostics"]);
    cargo.args(FUNCTIONS.into_iter().chain([GUICHET]).flat_map(|name| ["--bin", name]));
    for (variable, _) in std::env::vars_os() {
        if OF_THE_TEST.iter().any(|prefix| variable.to_string_lossy().starts_with(prefix)) {
            cargo.env_remove(variable);
        }
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the workspace");
    let output = cargo.current_dir(workspace).stderr(Stdio::inherit()).output().expect("cargo runs");
    assert!(output.status.success(), "the programs do not build");
    let told = String::from_utf8(output.stdout).expect("what cargo tells");
    let told = told.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    told.filter_map(|told| Some((told["target"]["name"].as_str()?.to_owned(), told["executable"].as_str()?.into())))
        .collect()
}
