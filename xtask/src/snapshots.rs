//! Snapshots that nothing compares with any more say nothing, and look as if they did.
//!
//! While the Rust tests run, insta notes every snapshot file it was asked for; whatever lies beside those is rejected, and so
//! is a snapshot that waits for somebody's judgement.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::command::Outcome;
use crate::workspace;

/// Where a run of the tests leaves insta's notes; `insta` reads the name from the environment.
pub(crate) const REFERENCES_VARIABLE: &str = "INSTA_SNAPSHOT_REFERENCES_FILE";

pub(crate) fn references_file() -> Outcome<PathBuf> {
    Ok(workspace::target()?.join("snapshot-references"))
}

pub(crate) fn check() -> Outcome {
    let references = references_file()?;
    let noted = fs::read_to_string(&references)
        .map_err(|_| "run `cargo xtask test` first: it notes which snapshots are used")?;
    let used: BTreeSet<PathBuf> = noted.lines().filter_map(|line| Path::new(line).canonicalize().ok()).collect();
    let mut found = Vec::new();
    for room in ["functions", "frontend", "tests", "infra", "xtask"] {
        collect(&workspace::root().join(room), &mut found)?;
    }
    let mut faults = Vec::new();
    for path in &found {
        if path.extension().is_some_and(|ending| ending == "snap") {
            if !path.canonicalize().is_ok_and(|path| used.contains(&path)) {
                faults.push(format!("no test refers to {}", path.display()));
            }
        } else {
            faults.push(format!("pending: {}", path.display()));
        }
    }
    if faults.is_empty() {
        println!("{} snapshots, each used by a test", found.len());
        return Ok(());
    }
    Err(faults.join("\n"))
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Outcome {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry.map_err(|error| format!("cannot list {}: {error}", folder.display()))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "node_modules" && name != "target" {
                collect(&path, found)?;
            }
        } else if [".snap", ".snap.new", ".pending-snap"].iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
    Ok(())
}
