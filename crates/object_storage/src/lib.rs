//! Object storage: named bytes that are too many for an item of the tables. An object is written whole or not at all, and is read
//! by whoever knows its name. There is one kind so far, a folder; what is deployed has none yet.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Nobody but the owner may read what is stored.
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
/// Bytes of a name, at most.
const NAME_BYTES_MAX: usize = 255;

/// Where objects are. Clones share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectStorage {
    /// Files in a folder of this machine, which is made with the first of them.
    Folder(PathBuf),
}

/// Why an object could not be written, read or removed.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// It does not do what it was asked for now; it may later. What is in the text names no place of the machine.
    #[error("the object storage does not answer: {0}")]
    Unavailable(ErrorKind),
    /// The name is not of letters, digits, `_`, `-` and, between them, `/`.
    #[error("an object cannot have this name")]
    Name,
}

impl ObjectStorage {
    /// Writes an object over whatever has its name.
    pub async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), StorageError> {
        let path = self.path_of(name)?;
        blocking(move || write_whole(&path, &bytes)).await
    }

    /// The object of a name; `None` where there is none.
    pub async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        let path = self.path_of(name)?;
        blocking(move || match fs::read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    /// Removes every object whose name begins with a name and a slash. Doing so again removes nothing.
    pub async fn remove_all(&self, name: &str) -> Result<(), StorageError> {
        let path = self.path_of(name)?;
        blocking(move || match fs::remove_dir_all(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        })
        .await
    }

    fn path_of(&self, name: &str) -> Result<PathBuf, StorageError> {
        let is_good = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        };
        match self {
            Self::Folder(folder) if name.len() <= NAME_BYTES_MAX && name.split('/').all(is_good) => {
                Ok(folder.join(name))
            }
            Self::Folder(_) => Err(StorageError::Name),
        }
    }
}

/// A reader sees the file before or after, and after a crash one of the two is there.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(ErrorKind::InvalidInput)?;
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)?;
    let part = path.with_extension("part");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(FILE_MODE).open(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&part, path)?;
    File::open(folder)?.sync_all()
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, StorageError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| StorageError::Unavailable(error.kind())),
        Err(_) => Err(StorageError::Unavailable(ErrorKind::Interrupted)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_object_is_what_was_last_written_until_it_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let storage = ObjectStorage::Folder(folder.path().join("objects"));
        assert_eq!(storage.get("a/b/1").await.unwrap(), None);
        storage.put("a/b/1", b"one".to_vec()).await.unwrap();
        storage.put("a/b/1", b"two".to_vec()).await.unwrap();
        storage.put("a/c/1", b"other".to_vec()).await.unwrap();
        assert_eq!(storage.get("a/b/1").await.unwrap(), Some(b"two".to_vec()));
        for _ in 0..2 {
            storage.remove_all("a/b").await.unwrap();
            assert_eq!(storage.get("a/b/1").await.unwrap(), None);
            assert_eq!(storage.get("a/c/1").await.unwrap(), Some(b"other".to_vec()));
        }
    }

    #[tokio::test]
    async fn no_name_leads_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let storage = ObjectStorage::Folder(folder.path().to_owned());
        for name in ["", "/etc/x", "../x", "a/../../x", "a//b", "a/", "a.b", "a\0b", &"a".repeat(256)] {
            assert!(matches!(storage.put(name, Vec::new()).await, Err(StorageError::Name)), "{name:?}");
            assert!(matches!(storage.get(name).await, Err(StorageError::Name)), "{name:?}");
            assert!(matches!(storage.remove_all(name).await, Err(StorageError::Name)), "{name:?}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn what_cannot_be_written_may_be_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("objects");
        fs::write(&path, "not a folder").unwrap();
        let storage = ObjectStorage::Folder(path.clone());
        let error = storage.put("a", Vec::new()).await.unwrap_err();
        assert!(!error.to_string().contains(folder.path().to_str().unwrap()), "{error}");
        fs::remove_file(path).unwrap();
        storage.put("a", Vec::new()).await.unwrap();
    }
}
