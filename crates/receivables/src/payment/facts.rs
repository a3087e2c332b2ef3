//! What is announced of a payment: that it moved on, and that money of it came, went or came back.

use super::{Announcement, Payment, State};
use crate::fact::FactKind;
use crate::money::Money;
use crate::provider_object::{Cash, FoldedState};

/// What is announced of a payment that moves on.
pub(super) fn announce(announcement: Announcement, payment: &Payment, folded: &FoldedState) -> Option<FactKind> {
    let (id, amount) = (payment.id.clone(), payment.amount);
    match announcement {
        Announcement::NeedsAction => Some(FactKind::PaymentNeedsAction { payment: id, amount }),
        Announcement::Processing => Some(FactKind::PaymentProcessing { payment: id, amount }),
        // That waits until all of the money has its place.
        Announcement::Settled => None,
        Announcement::Failed => Some(FactKind::PaymentFailed { payment: id, amount, decline: folded.decline.clone() }),
        Announcement::Cancelled => Some(FactKind::PaymentCancelled { payment: id, amount }),
    }
}

/// What is announced of money that came, went, or came back.
pub(super) fn money_facts(before: &Payment, payment: &mut Payment) -> Vec<FactKind> {
    let owned = payment.id.clone();
    let id = || owned.clone();
    let mut facts = Vec::new();
    // Money in another currency alone settles nothing that could be announced: it would use up the one announcement.
    let reported = payment.settlement_announced || payment.received.is_zero();
    let settled = payment.state == State::Settled && !payment.unfinished && !payment.proposed && !reported;
    if settled {
        facts.push(FactKind::PaymentSettled { payment: id(), received: payment.received });
    }
    let more = |amount: &Money| {
        let kept = before.suspense.iter().find(|kept| kept.currency() == amount.currency());
        kept.is_none_or(|kept| kept.minor() < amount.minor())
    };
    for amount in payment.suspense.iter().filter(|amount| more(amount)) {
        facts.push(FactKind::PaymentInSuspense { payment: id(), received: *amount });
    }
    // Less is counted as sent back, too, where what had come was returned: then nothing came again.
    let (was, is, currency) = (before.provider_state.fold(), payment.provider_state.fold(), payment.currency());
    let fell =
        |of: fn(&FoldedState) -> &Cash| of(&is).in_currency(currency).minor() < of(&was).in_currency(currency).minor();
    if payment.returned.minor() > before.returned.minor() {
        facts.push(FactKind::PaymentReturned {
            payment: id(),
            amount: payment.returned.less(before.returned),
            returned: payment.returned,
        });
    }
    if payment.refunded.minor() > before.refunded.minor() {
        facts.push(FactKind::PaymentRefunded {
            payment: id(),
            amount: payment.refunded.less(before.refunded),
            refunded: payment.refunded,
        });
    } else if payment.refunded != before.refunded && fell(|folded| &folded.refunded) {
        facts.push(FactKind::PaymentRefundFailed {
            payment: id(),
            amount: before.refunded.less(payment.refunded),
            refunded: payment.refunded,
        });
    }
    if payment.charged_back.minor() > before.charged_back.minor() {
        facts.push(FactKind::PaymentChargedBack {
            payment: id(),
            amount: payment.charged_back.less(before.charged_back),
            charged_back: payment.charged_back,
        });
    } else if payment.charged_back != before.charged_back && fell(|folded| &folded.charged_back) {
        facts.push(FactKind::PaymentReinstated {
            payment: id(),
            amount: before.charged_back.less(payment.charged_back),
            charged_back: payment.charged_back,
        });
    }
    // Each of those that speak of more money has the account settled already.
    let is_more = before.settlement_announced && payment.free().minor() > before.free().minor();
    let takes =
        |fact: &FactKind| matches!(fact, FactKind::PaymentRefunded { .. } | FactKind::PaymentChargedBack { .. });
    if is_more && facts.iter().all(takes) {
        facts.push(FactKind::PaymentUnapplied { payment: id(), unapplied: payment.unapplied });
    }
    payment.settlement_announced |= settled;
    facts
}
