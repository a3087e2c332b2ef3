//! The programs that are measured, built as they are deployed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Outcome;

/// The receiver is built by itself: together with the others it would be compiled with what only they need.
const RECEIVER: &[&str] = &["--release", "--package", "webhook_receiver"];
const PEERS: &[&str] = &["--release", "--package", "bench", "--no-default-features", "--features", "peers", "--bins"];
const BUILDS: [&[&str]; 3] = [
    RECEIVER,
    &[
        "--release",
        "--package",
        "event_worker",
        "--package",
        "due_worker",
        "--package",
        "business_api",
        "--package",
        "frontend",
    ],
    PEERS,
];

/// Builds the functions and their peers.
pub(crate) fn functions() -> Outcome {
    BUILDS.iter().try_for_each(|arguments| cargo(arguments))
}

/// Builds the receiver and the peers.
pub(crate) fn receiver() -> Outcome {
    [RECEIVER, PEERS].iter().try_for_each(|arguments| cargo(arguments))
}

/// Builds `guichet`. For release it is compiled with what this program is compiled with, so that most of it is there; else
/// just as `cargo xtask run` does.
pub(crate) fn guichet(release: bool) -> Outcome<PathBuf> {
    if release {
        cargo(&["--release", "--package", "guichet", "--package", "bench", "--bin", "guichet"])?;
        return released("guichet");
    }
    cargo(&["--package", "guichet", "--bin", "guichet"])?;
    Ok(target()?.join("debug").join("guichet"))
}

/// A program built for release.
pub(crate) fn released(name: &str) -> Outcome<PathBuf> {
    Ok(target()?.join("release").join(name))
}

/// The top of the sources.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn cargo(arguments: &[&str]) -> Outcome {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut cargo = Command::new(program);
    cargo.arg("build").args(arguments).current_dir(root()).stdin(Stdio::null());
    if cargo.status()?.success() { Ok(()) } else { Err(format!("cargo build {} failed", arguments.join(" ")).into()) }
}

/// Cargo's target directory: this program runs from there.
fn target() -> Outcome<PathBuf> {
    let program = std::env::current_exe()?;
    Ok(program.parent().and_then(Path::parent).ok_or("this program is not in a target directory")?.to_owned())
}
