//! What a data folder keeps besides the tables: the secrets made for it, whose books it holds, and how far its clock has
//! been moved.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clock::Clock;
use function_runtime::IdGenerator;
use jiff::SignedDuration;
use receivables::BusinessId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a data folder keeps.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) business: BusinessId,
    pub(crate) link_secret: String,
    pub(crate) api_key: String,
    pub(crate) stripe_secret_key: String,
    pub(crate) stripe_webhook_secret: String,
    /// Whether the demo's customers and invoices are there.
    pub(crate) furnished: bool,
}

impl Kept {
    /// Reads what a folder keeps, or makes it.
    pub(crate) fn open(folder: &Path, clock: &Clock, ids: &IdGenerator) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        match fs::read(Self::file(folder)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let kept = Self {
                    business: ids.business_id(clock.now()),
                    link_secret: hex::encode(Sha256::digest(ids.token())),
                    api_key: format!("gk_{}", ids.token()),
                    stripe_secret_key: format!("sk_test_{}", letters(&ids.token())),
                    stripe_webhook_secret: format!("whsec_{}", letters(&ids.token())),
                    furnished: false,
                };
                kept.save(folder)?;
                Ok(kept)
            }
            Err(error) => Err(error),
        }
    }

    /// Writes it, readable by its owner only.
    pub(crate) fn save(&self, folder: &Path) -> io::Result<()> {
        let bytes = serde_json::to_vec_pretty(self).map_err(io::Error::other)?;
        let part = folder.join("kept.json.part");
        fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&part)?.write_all(&bytes)?;
        fs::rename(part, Self::file(folder))
    }

    fn file(folder: &Path) -> PathBuf {
        folder.join("kept.json")
    }
}

fn letters(token: &str) -> String {
    token.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Moves a clock as far ahead as it was when the folder was last used: the books were written by that time.
pub(crate) fn restore_clock(folder: &Path, clock: &Clock) {
    let ahead_ms = fs::read_to_string(folder.join("clock")).ok().and_then(|text| text.trim().parse().ok());
    clock.advance(SignedDuration::from_millis(ahead_ms.unwrap_or(0)));
}

/// Keeps how far ahead a clock is.
pub(crate) fn keep_clock(folder: &Path, clock: &Clock) -> io::Result<()> {
    fs::write(folder.join("clock"), clock.ahead().as_millis().to_string())
}
