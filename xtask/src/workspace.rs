//! Where things are: the sources, cargo's target directory and our own corner of it.

use std::path::{Path, PathBuf};

/// The top of the sources. Cargo rebuilds this crate when they move, so the compiled-in path is never stale.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Cargo's target directory, wherever the environment or a configuration file puts it: this program runs from there.
pub(crate) fn target() -> Result<PathBuf, String> {
    let program = std::env::current_exe().map_err(|error| format!("cannot find this program's own file: {error}"))?;
    let target = program.parent().and_then(Path::parent);
    target.map(Path::to_path_buf).ok_or_else(|| "this program is not in a target directory".to_owned())
}

/// Programs we install for ourselves; kept between runs, gone with `cargo clean`.
pub(crate) fn tools() -> Result<PathBuf, String> {
    Ok(target()?.join("tools"))
}

/// The browser journeys and their Node packages.
pub(crate) fn browser() -> PathBuf {
    root().join("tests").join("browser")
}
