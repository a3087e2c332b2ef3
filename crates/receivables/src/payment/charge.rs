//! What becomes of the charge of a saved method, beyond what the provider reports of its money.

use jiff::Timestamp;

use super::fold::{self, Reason};
use super::{Charge, Decline, Instead, Instrument, Payment};
use crate::decision::Decision;
use crate::provider_object::ObjectId;

/// Records the provider's record of a charge, and why it brought no money where it was declined: without money on its way the payment
/// has failed. The first decline stands. `None` where nothing of it is new, or the payment is no charge.
pub fn charge_answered(
    before: &Payment,
    intent: Option<&ObjectId>,
    decline: Option<&Decline>,
    now: Timestamp,
) -> Option<(Payment, Decision)> {
    changed(before, now, |charge| {
        charge.intent = charge.intent.take().or_else(|| intent.cloned());
        charge.decline = charge.decline.take().or_else(|| decline.cloned());
    })
}

/// Records what came of asking the customer. `None` where that is known.
pub fn asked_instead(before: &Payment, instead: &Instead, now: Timestamp) -> Option<(Payment, Decision)> {
    changed(before, now, |charge| charge.instead = charge.instead.take().or_else(|| Some(instead.clone())))
}

/// Ends a payment of which it is known that its provider never made the charge. Money that comes all the same is taken. `None` where it
/// is over already.
pub fn charge_not_made(before: &Payment, now: Timestamp) -> Option<(Payment, Decision)> {
    let waits = before.state().checkout_is_live() && before.charge().is_some();
    waits.then(|| fold::decide(before, before.clone(), Reason::Abandoned, now))
}

fn changed(before: &Payment, now: Timestamp, alter: impl FnOnce(&mut Charge)) -> Option<(Payment, Decision)> {
    let mut payment = before.clone();
    let Instrument::Charge(charge) = &mut payment.instrument else { return None };
    alter(charge);
    (payment.instrument != before.instrument).then(|| fold::decide(before, payment, Reason::FoldedState, now))
}
