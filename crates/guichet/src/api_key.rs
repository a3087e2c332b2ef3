//! The key of the business's API with which the process starts: the folder's own, or one from the environment.

use function_runtime::AppState;
use receivables::{BusinessId, KeyId, Permission};
use store::{ApiKey, StoreError};

/// What every key begins with.
const PREFIX: &str = "gk_";
/// Characters after the prefix, at least. A shorter key could be guessed.
const SECRET_CHARS_MIN: usize = 16;
/// What the key of the process is called in the list of keys. Only one key has this name at a time.
const NAME: &str = "local";

/// Why a text is no key. It does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeyError {
    #[error("it must begin with {PREFIX}")]
    Prefix,
    #[error("it must have at least {SECRET_CHARS_MIN} characters after {PREFIX}, so that nobody can guess it")]
    TooShort,
    #[error("it must consist of ASCII letters, digits, '-' and '_'")]
    Characters,
}

/// Refuses a key that is easily guessed, or that no client could send.
pub(crate) fn check(key: &str) -> Result<(), ApiKeyError> {
    let secret = key.strip_prefix(PREFIX).ok_or(ApiKeyError::Prefix)?;
    if !secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
        return Err(ApiKeyError::Characters);
    }
    if secret.len() < SECRET_CHARS_MIN { Err(ApiKeyError::TooShort) } else { Ok(()) }
}

/// Lets this key open the business's API, with every permission, and no other key with which the process was started before.
pub(crate) async fn install(state: &AppState, business: &BusinessId, secret: &str) -> Result<(), StoreError> {
    let store = &state.context.store;
    let hash = operations::Links::hash(secret);
    let id: KeyId = state.ids.key_id(state.clock.now());
    let permissions = Permission::ALL.iter().map(ToString::to_string).collect();
    store.put_key(&hash, &ApiKey { id, business: business.clone(), name: NAME.to_owned(), permissions }).await?;
    let current = store.key(&hash).await?.map(|key| key.id);
    for key in store.keys_of_business(business).await? {
        if key.name == NAME && Some(&key.id) != current.as_ref() {
            store.remove_key(business, &key.id).await?;
        }
    }
    Ok(())
}

/// A new key, to be shown once.
pub(crate) async fn create(
    state: &AppState,
    business: &BusinessId,
    name: String,
    permissions: &[Permission],
) -> Result<String, StoreError> {
    let secret = format!("{PREFIX}{}", state.ids.token());
    let permissions = permissions.iter().map(ToString::to_string).collect();
    let key = ApiKey { id: state.ids.key_id(state.clock.now()), business: business.clone(), name, permissions };
    state.context.store.put_key(&operations::Links::hash(&secret), &key).await?;
    Ok(secret)
}

/// Whether this name is kept for the key of the process.
pub(crate) fn is_reserved(name: &str) -> bool {
    name == NAME
}
