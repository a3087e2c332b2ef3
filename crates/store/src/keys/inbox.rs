//! The keys of the inbox.

use jiff::Timestamp;
use receivables::provider_object::Provider;
use receivables::{BusinessId, SignInId};

use super::Key;

pub(crate) fn event(b: &BusinessId, provider: Provider, object: &str, event: &str) -> Key {
    Key::new(format!("W#{b}#{}#{object}", provider.as_str()), event)
}

/// The hour's list of events a business received, in one of [`EVENT_SHARDS`] shards.
pub(crate) fn events_of_hour(b: &BusinessId, at: Timestamp, shard: u8) -> String {
    format!("B#{b}#EV#{}#{shard}", at.strftime("%Y%m%d%H"))
}

/// Shards of an hour's event list: its sort key is monotonic, so a burst would heat one partition.
pub const EVENT_SHARDS: u8 = 4;

pub(crate) fn events_quarantined(b: &BusinessId) -> String {
    format!("B#{b}#EVQ")
}

pub(crate) fn sign_in(b: &BusinessId, s: &SignInId) -> Key {
    Key::new(format!("SG#{b}#{s}"), "SG")
}

pub(crate) fn sign_in_token(hash: &str) -> Key {
    Key::new(format!("ST#{hash}"), "ST")
}

pub(crate) fn sign_in_mails(b: &BusinessId, address_hash: &str, at: Timestamp) -> Key {
    Key::new(format!("SR#{b}#{address_hash}#{}", at.strftime("%Y%m%d%H")), "SR")
}

pub(crate) fn session(hash: &str) -> Key {
    Key::new(format!("SE#{hash}"), "SE")
}

pub(crate) fn idempotency(b: &BusinessId, hash: &str) -> Key {
    Key::new(format!("IK#{b}#{hash}"), "IK")
}

pub(crate) fn act(b: &BusinessId, name: &str) -> Key {
    Key::new(format!("AC#{b}#{name}"), "AC")
}

/// What follows from a fact outside the books, such as a receipt.
pub(crate) fn effect(b: &BusinessId, fact: &str, kind: &str) -> Key {
    Key::new(format!("{EFFECT}{b}#{fact}"), kind)
}

pub(crate) const EFFECT: &str = "E#";

/// The list of effects that fail, or were given up.
pub(crate) fn effects_failing(b: &BusinessId) -> String {
    format!("B#{b}#EF")
}
