//! What is announced of a payment: that it moved on, and that money of it came, went or came back.

use std::collections::BTreeSet;

use super::{Announcement, Payment, State};
use crate::currency::Currency;
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
        Announcement::Failed => {
            Some(FactKind::PaymentFailed { payment: id, amount, decline: payment.decline_word_of(folded) })
        }
        Announcement::Cancelled => Some(FactKind::PaymentCancelled { payment: id, amount }),
    }
}

/// What is announced of money that came, went, or came back.
pub(super) fn money_facts(before: &Payment, payment: &mut Payment) -> Vec<FactKind> {
    let owned = payment.id.clone();
    let id = || owned.clone();
    let mut facts = Vec::new();
    // Money in another currency alone settles nothing that could be announced: it would use up the one announcement.
    let reported = payment.settlement_announced() || payment.cash.received.is_zero();
    let settled = payment.state() == State::Settled && !payment.unfinished && !payment.proposed && !reported;
    if settled {
        facts.push(FactKind::PaymentSettled { payment: id(), received: payment.cash.received });
    }
    let more = |amount: &Money| {
        let kept = before.cash.suspense.iter().find(|kept| kept.currency() == amount.currency());
        kept.is_none_or(|kept| kept.minor() < amount.minor())
    };
    for amount in payment.cash.suspense.iter().filter(|amount| more(amount)) {
        facts.push(FactKind::PaymentInSuspense { payment: id(), received: *amount });
    }
    // Less is counted as sent back, too, where what had come was returned: then nothing came again.
    let (was, is, currency) = (before.provider_state.fold(), payment.provider_state.fold(), payment.currency());
    let fell =
        |of: fn(&FoldedState) -> &Cash| of(&is).in_currency(currency).minor() < of(&was).in_currency(currency).minor();
    if payment.cash.returned.minor() > before.cash.returned.minor() {
        facts.push(FactKind::PaymentReturned {
            payment: id(),
            amount: payment.cash.returned.less(before.cash.returned),
            returned: payment.cash.returned,
        });
    }
    if payment.cash.refunded.minor() > before.cash.refunded.minor() {
        facts.push(FactKind::PaymentRefunded {
            payment: id(),
            amount: payment.cash.refunded.less(before.cash.refunded),
            refunded: payment.cash.refunded,
        });
    } else if payment.cash.refunded != before.cash.refunded && fell(|folded| &folded.refunded) {
        facts.push(FactKind::PaymentRefundFailed {
            payment: id(),
            amount: before.cash.refunded.less(payment.cash.refunded),
            refunded: payment.cash.refunded,
        });
    }
    if payment.cash.charged_back.minor() > before.cash.charged_back.minor() {
        facts.push(FactKind::PaymentChargedBack {
            payment: id(),
            amount: payment.cash.charged_back.less(before.cash.charged_back),
            charged_back: payment.cash.charged_back,
        });
    } else if payment.cash.charged_back != before.cash.charged_back && fell(|folded| &folded.charged_back) {
        facts.push(FactKind::PaymentReinstated {
            payment: id(),
            amount: before.cash.charged_back.less(payment.cash.charged_back),
            charged_back: payment.cash.charged_back,
        });
    }
    facts.extend(suspense_facts(before, payment, &was, &is));
    // Each of those that speak of more money has the account settled already.
    let is_more = before.settlement_announced() && payment.free().minor() > before.free().minor();
    let takes =
        |fact: &FactKind| matches!(fact, FactKind::PaymentRefunded { .. } | FactKind::PaymentChargedBack { .. });
    if is_more && facts.iter().all(takes) {
        facts.push(FactKind::PaymentUnapplied { payment: id(), unapplied: payment.cash.unapplied });
    }
    if settled {
        payment.progress.settlement_was_announced();
    }
    facts
}

/// What is announced of money in suspense that went back to the payer, or did not arrive there.
fn suspense_facts(before: &Payment, payment: &Payment, was: &FoldedState, is: &FoldedState) -> Vec<FactKind> {
    let others = before.suspense().iter().chain(payment.suspense()).map(|amount| amount.currency());
    let others: BTreeSet<Currency> = others.collect();
    let id = || payment.id.clone();
    let of = |currency: Currency| {
        let (refunded_before, refunded) = (was.refunded.in_currency(currency), is.refunded.in_currency(currency));
        let (more, less) = (refunded.less(refunded_before), refunded_before.less(refunded));
        let went = (!more.is_zero()).then(|| FactKind::PaymentRefunded { payment: id(), amount: more, refunded });
        let back = (!less.is_zero()).then(|| FactKind::PaymentRefundFailed { payment: id(), amount: less, refunded });
        went.or(back)
    };
    others.into_iter().filter_map(of).collect()
}
