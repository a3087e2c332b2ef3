//! What a data folder holds besides the tables: the secrets made for it, whose books it holds, and how far its clock has
//! been moved. Only its owner can look into it: it holds every customer, every mail and every key.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use clock::Clock;
use function_runtime::IdGenerator;
use jiff::SignedDuration;
use receivables::BusinessId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Nobody but the owner may list, read or enter the folder.
const FOLDER_MODE: u32 = 0o700;

/// Makes the folder if it is absent, and closes it to everybody else if it is there.
pub(crate) fn prepare(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)?;
    let mode = fs::metadata(folder)?.permissions().mode() & 0o777;
    if mode == FOLDER_MODE { Ok(()) } else { fs::set_permissions(folder, Permissions::from_mode(FOLDER_MODE)) }
}

/// The number of the form in which items are stored. It changes where this version cannot read what another wrote.
pub const STORED_FORM: u32 = 4;

/// The folder's own settings, made once and kept in `kept.json`.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// The form of what is stored in the folder; 0 of folders from before it had a number.
    #[serde(default)]
    pub(crate) stored_form: u32,
    pub(crate) business: BusinessId,
    pub(crate) link_secret: String,
    pub(crate) api_key: String,
    pub(crate) stripe_secret_key: String,
    pub(crate) stripe_webhook_secret: String,
    /// Whether the demo's customers and invoices have been made.
    pub(crate) furnished: bool,
}

impl Settings {
    /// Reads the settings of a folder, or makes them.
    pub(crate) fn open(folder: &Path, clock: &Clock, ids: &IdGenerator) -> io::Result<Self> {
        match fs::read(Self::file(folder)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::other).and_then(Self::of_this_form),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let settings = Self {
                    stored_form: STORED_FORM,
                    business: ids.business_id(clock.now()),
                    link_secret: hex::encode(Sha256::digest(ids.token())),
                    api_key: format!("gk_{}", ids.token()),
                    stripe_secret_key: format!("sk_test_{}", letters(&ids.token())),
                    stripe_webhook_secret: format!("whsec_{}", letters(&ids.token())),
                    furnished: false,
                };
                settings.save(folder)?;
                Ok(settings)
            }
            Err(error) => Err(error),
        }
    }

    fn of_this_form(self) -> io::Result<Self> {
        if self.stored_form == STORED_FORM {
            return Ok(self);
        }
        Err(io::Error::other(format!(
            "it was written by another version of Guichet, in form {}, and this one reads form {STORED_FORM}; use a new folder, \
             as with --data FOLDER",
            self.stored_form
        )))
    }

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

/// How far ahead of the system's clock the folder's was when it was last saved.
pub(crate) fn clock_ahead(folder: &Path) -> SignedDuration {
    let ahead_ms = fs::read_to_string(folder.join("clock")).ok().and_then(|text| text.trim().parse().ok());
    SignedDuration::from_millis(ahead_ms.unwrap_or(0))
}

/// Saves how far ahead a clock is. The books were written by that time, so a later start must go on from there.
pub(crate) fn save_clock(folder: &Path, clock: &Clock) -> io::Result<()> {
    fs::write(folder.join("clock"), clock.ahead().as_millis().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_another_form_is_refused_in_plain_words() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Settings::open(folder.path(), &Clock::system(), &IdGenerator::seeded(b"test"));
        let made = open().unwrap();
        assert_eq!(open().unwrap().business, made.business);
        for form in [0, STORED_FORM + 1] {
            Settings { stored_form: form, ..made.clone() }.save(folder.path()).unwrap();
            let refused = open().err().unwrap().to_string();
            assert!(refused.contains("another version of Guichet") && refused.contains("--data"), "{refused}");
        }
    }
}
