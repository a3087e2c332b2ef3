//! Files that are whole or absent.

use std::io::{self, Write};
use std::path::Path;

/// Writes a file beside its final name and renames it, so that no reader ever sees half of it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut file = std::fs::File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    std::fs::rename(&unfinished, path)
}
