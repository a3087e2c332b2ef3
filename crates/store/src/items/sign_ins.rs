//! Sign-in requests and sessions.

use jiff::{SignedDuration, Timestamp};
use receivables::text::EmailAddress;
use receivables::{BusinessId, CustomerId, Locale, SignInId};
use serde::{Deserialize, Serialize};

use super::{Item, due, expiring, item, record};
use crate::error::StoreError;
use crate::keys::{self, DueList};

/// How long a sign-in link and code are good.
pub const SIGN_IN_GOOD_FOR: SignedDuration = SignedDuration::from_mins(15);
/// How long the stream has for the mail, before the timer sends it.
const STREAM_HAS: SignedDuration = SignedDuration::from_mins(1);

/// A request to sign in: the link and its code, good once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    pub id: SignInId,
    pub business: BusinessId,
    /// The address it was mailed to.
    pub email: EmailAddress,
    /// The account it opens; none where the address is no customer's, which nobody is told.
    pub customer: Option<CustomerId>,
    pub locale: Locale,
    /// SHA-256 of the code with the id, in hexadecimal.
    pub code_hash: String,
    /// How often a code was tried.
    #[serde(rename = "code_tries")]
    pub tries: u32,
    /// A link or code is good once.
    pub spent: bool,
    /// Until when it is good.
    pub ends_at: Timestamp,
}

pub(crate) fn of_sign_in(sign_in: &SignIn) -> Result<Item, StoreError> {
    let item = expiring(item(&keys::sign_in(&sign_in.business, &sign_in.id), sign_in)?, sign_in.ends_at);
    let began_at = sign_in.ends_at.saturating_sub(SIGN_IN_GOOD_FOR).unwrap_or(sign_in.ends_at);
    let due_at = began_at.saturating_add(STREAM_HAS).unwrap_or(Timestamp::MAX);
    Ok(due(item, DueList::Sends, due_at, sign_in.id.as_str()))
}

pub(crate) fn sign_in(item: Item) -> Result<SignIn, StoreError> {
    record(item)
}

#[derive(Serialize, Deserialize)]
pub(crate) struct TokenRecord {
    pub(crate) business: BusinessId,
    pub(crate) sign_in: SignInId,
}

/// A person signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub business: BusinessId,
    /// The account that is open to them.
    pub customer: CustomerId,
    pub email: EmailAddress,
    /// When it ends if nothing is done.
    pub idle_ends_at: Timestamp,
    /// When it ends whatever is done.
    pub ends_at: Timestamp,
}

pub(crate) fn of_session(hash: &str, session: &Session) -> Result<Item, StoreError> {
    Ok(expiring(item(&keys::session(hash), session)?, session.ends_at))
}

pub(crate) fn session(item: Item) -> Result<Session, StoreError> {
    record(item)
}
