//! Keys of payouts, and of what moves at the providers.

use jiff::Timestamp;
use receivables::BusinessId;
use receivables::provider_object::{ObjectId, Provider};

use super::{Key, objects};

pub(crate) fn payout_partition(b: &BusinessId, provider: Provider, payout: &ObjectId) -> String {
    format!("PO#{b}#{}#{payout}", provider.as_str())
}

pub(crate) fn payout(b: &BusinessId, provider: Provider, payout: &ObjectId) -> Key {
    Key::new(payout_partition(b, provider, payout), "PO")
}

pub(crate) const TRANSACTION: &str = "T#";

/// That a transaction is of a payout.
pub(crate) fn transaction_of_payout(
    b: &BusinessId,
    provider: Provider,
    payout: &ObjectId,
    transaction: &ObjectId,
) -> Key {
    Key::new(payout_partition(b, provider, payout), format!("{TRANSACTION}{transaction}"))
}

/// A movement at a provider, whichever payout it is of: so it is there once, however it was found.
pub(crate) fn transaction(b: &BusinessId, provider: Provider, transaction: &ObjectId) -> Key {
    Key::new(format!("BT#{b}#{}#{transaction}", provider.as_str()), "T")
}

/// That a payment took a transaction over: until then its customer was not known.
pub(crate) fn taken_over(b: &BusinessId, provider: Provider, transaction: &ObjectId) -> Key {
    Key::new(format!("BT#{b}#{}#{transaction}", provider.as_str()), TAKEN_OVER)
}

pub(crate) const TAKEN_OVER: &str = "TO";

/// That a transaction was said not to be ours at an instant, or to be after all.
pub(crate) fn marked(b: &BusinessId, provider: Provider, transaction: &ObjectId, at: Timestamp) -> Key {
    Key::new(format!("BT#{b}#{}#{transaction}", provider.as_str()), format!("{MARKED}{at}"))
}

pub(crate) const MARKED: &str = "M#";

/// The list of a provider's movements that are not ours, by the object that carries their money.
pub(crate) fn not_ours_movements(b: &BusinessId, provider: Provider) -> String {
    format!("B#{b}#NM#{}", provider.as_str())
}

/// Under which object the money of another is kept that is nobody's.
pub(crate) fn kept_under(b: &BusinessId, provider: Provider, object: &ObjectId) -> Key {
    Key::new(objects(b, provider, object), KEPT_UNDER)
}

pub(crate) const KEPT_UNDER: &str = "K";

/// The list of a provider's movements of which nobody knows whose they are.
pub(crate) fn unmatched(b: &BusinessId, provider: Provider) -> String {
    format!("B#{b}#UM#{}", provider.as_str())
}

/// The month's list of the provider's transactions, and of when payments took them over.
pub(crate) fn movements_of_month(b: &BusinessId, at: Timestamp) -> String {
    format!("B#{b}#TX#{}", at.strftime("%Y%m"))
}
