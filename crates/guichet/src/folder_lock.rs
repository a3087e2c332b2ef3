//! The lock of a data folder: one process at a time serves it.
//!
//! The lock is the operating system's, so that it is released however the process ends. Commands that run beside a
//! serving process take none: they write under the same conditions as everybody, and the serving process handles what
//! they leave in the streams.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::Path;

/// The lock of a folder that this process serves. Dropping it releases the folder.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

/// Why this process cannot serve a folder.
pub(crate) enum LockError {
    /// Another process serves it; what that one wrote about itself, where it could be read.
    InUse(String),
    Io(io::Error),
}

impl FolderLock {
    /// Locks a folder, which must exist.
    pub(crate) fn take(folder: &Path) -> Result<Self, LockError> {
        let path = folder.join("lock");
        // What another process wrote about itself stays readable: the file is cut off only once the lock is ours.
        let options = File::options().create(true).truncate(false).write(true).to_owned();
        let mut file = options.open(&path).map_err(LockError::Io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let by = fs::read_to_string(&path).unwrap_or_default();
                return Err(LockError::InUse(by.trim().to_owned()));
            }
            Err(TryLockError::Error(error)) => return Err(LockError::Io(error)),
        }
        file.set_len(0).map_err(LockError::Io)?;
        writeln!(file, "process {}", std::process::id()).map_err(LockError::Io)?;
        Ok(Self { _file: file })
    }
}
