//! Whose a data folder is: one process at a time serves it.
//!
//! The lock is the operating system's, so that it goes with the process however that ends. Commands beside a running process
//! take none: they write through the same conditions as everybody, and the process takes up what they leave in the streams.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::Path;

/// A folder that this process serves, until it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    _lock: File,
}

/// Why a folder is not this process's to serve.
pub(crate) enum NotHeld {
    /// Another serves it; what it wrote of itself, where that could be read.
    InUse(String),
    /// The lock could not be made.
    Folder(io::Error),
}

impl Held {
    /// Takes a folder, which is made if it is not there.
    pub(crate) fn take(folder: &Path) -> Result<Self, NotHeld> {
        let of_folder = NotHeld::Folder;
        fs::create_dir_all(folder).map_err(of_folder)?;
        let path = folder.join("lock");
        // What another wrote of itself stays readable, so nothing is cut off before the lock is ours.
        let options = File::options().create(true).truncate(false).write(true).to_owned();
        let mut lock = options.open(&path).map_err(of_folder)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let by = fs::read_to_string(&path).unwrap_or_default();
                return Err(NotHeld::InUse(by.trim().to_owned()));
            }
            Err(TryLockError::Error(error)) => return Err(NotHeld::Folder(error)),
        }
        lock.set_len(0).map_err(of_folder)?;
        writeln!(lock, "process {}", std::process::id()).map_err(of_folder)?;
        Ok(Self { _lock: lock })
    }
}
