//! What a payment knows of a movement of money at the provider.

use super::Known;
use crate::money::{Balance, Money};
use crate::payment::{Origin, Payment};
use crate::payout::BalanceTransaction;
use crate::provider_object::{Cash, Course, IntentState, Move, Moves, ObjectId, ObjectState, Share};

/// What a payment knows of a movement at the provider, among all its movements that are known by payouts. One that
/// [`stands_alone`] needs no others.
pub fn known_of(payment: &Payment, transaction: &BalanceTransaction, others: &[BalanceTransaction]) -> Known {
    let Some(source) = &transaction.source else { return Known::Unidentified };
    let own = payment.currency();
    let mut moves = Moves::default();
    // A debit that came and was returned moved twice: each way by itself is what the ledger has entered.
    let is_returned = was_returned(payment, source);
    let goes = transaction.gross.minor() < 0;
    let counts = |other: &BalanceTransaction| {
        (other.may_be_a_payments() || other.is_fee()) && (!is_returned || (other.gross.minor() < 0) == goes)
    };
    let of_source = others.iter().filter(|other| other.source.as_ref() == Some(source) && counts(other));
    for moved in of_source.chain([transaction]) {
        moves.note(moved.id.as_str(), Move::from(moved));
    }
    let is_foreign = |cash: &Cash| !cash.is_empty() && cash.in_currency(own).is_zero();
    let shares = match payment.provider_state().0.get(source) {
        Some(ObjectState::Chargeback(chargeback)) if is_foreign(chargeback.disputed()) => return Known::InSuspense,
        Some(ObjectState::Chargeback(chargeback)) => {
            for (id, moved) in chargeback.moves.iter() {
                moves.note(id, *moved);
            }
            let amounts = chargeback.amounts_in(own);
            moves.shares(amounts.whole, amounts.last.less(never_had(payment, source)), Course::Goes)
        }
        Some(ObjectState::Refund(refund)) if is_foreign(&refund.amount) => return Known::InSuspense,
        Some(ObjectState::Refund(refund)) => {
            let amount = refund.amount.in_currency(own);
            moves.shares(amount, amount.less(never_had(payment, source)), Course::Goes)
        }
        Some(ObjectState::Intent(_) | ObjectState::Checkout(_) | ObjectState::Concern(_)) | None => {
            match received_by(payment, source) {
                Some(received) if is_foreign(received) => return Known::InSuspense,
                Some(received) => {
                    let amount = received.in_currency(own);
                    if is_returned && goes {
                        moves.shares(amount, amount.less(never_had(payment, source)), Course::Goes)
                    } else {
                        moves.shares(amount, amount, Course::Comes)
                    }
                }
                None => Vec::new(),
            }
        }
    };
    let share = shares.into_iter().find(|(id, _)| *id == transaction.id.as_str());
    Known::As(share.map_or(Share::unexplained(transaction.gross), |(_, share)| share))
}

/// Whether a movement says all that is to know of it: it is of no object, or money that came whole in one movement. Of the payment
/// only the object that carries the money is needed to tell.
pub fn stands_alone(payment: &Payment, transaction: &BalanceTransaction) -> bool {
    let Some(source) = &transaction.source else { return true };
    let Some(received) = received_by(payment, source) else { return false };
    let as_it_came = received.in_currency(transaction.gross.currency());
    if as_it_came.is_zero() {
        return Move::from(transaction).is_whole_of(received.in_currency(payment.currency()));
    }
    Balance::owed(as_it_came) == transaction.gross
}

/// What a refund, a chargeback or the return of a debit took beyond the money that the payment had, so that the ledger could not enter
/// it: of the chargebacks first, then of the refunds, and of each kind the last first.
fn never_had(payment: &Payment, source: &ObjectId) -> Money {
    let own = payment.currency();
    let is_returned = |intent: &IntentState| intent.attempts.values().any(|attempt| attempt.returned);
    let went = |fact: &ObjectState| match fact {
        ObjectState::Chargeback(chargeback) if chargeback.is_out() => Some((0, chargeback.disputed().in_currency(own))),
        ObjectState::Refund(refund) if refund.stands() => Some((1, refund.amount.in_currency(own))),
        ObjectState::Intent(intent) if is_returned(intent) => Some((2, intent.received.in_currency(own))),
        ObjectState::Chargeback(_)
        | ObjectState::Refund(_)
        | ObjectState::Intent(_)
        | ObjectState::Checkout(_)
        | ObjectState::Concern(_) => None,
    };
    let is_source = |object: &ObjectId, fact: &ObjectState| {
        object == source || fact.intent().is_some_and(|intent| intent.attempts.contains_key(source.as_str()))
    };
    let back = payment.provider_state().0.iter().rev();
    let mut back: Vec<_> = back
        .filter_map(|(object, fact)| went(fact).map(|(kind, amount)| (kind, is_source(object, fact), amount)))
        .collect();
    back.sort_by_key(|(kind, _, _)| *kind);
    let mut left = payment.overdrawn();
    for (_, is_it, amount) in back {
        let beyond = amount.min(left);
        if is_it {
            return beyond;
        }
        left = left.less(beyond);
    }
    Money::zero(own)
}

/// Whether the bank returned what came by a charge, or by any attempt of an intent.
fn was_returned(payment: &Payment, source: &ObjectId) -> bool {
    payment.provider_state().0.iter().any(|(object, fact)| {
        fact.intent().is_some_and(|intent| match intent.attempts.get(source.as_str()) {
            Some(attempt) => attempt.returned,
            None => object == source && intent.attempts.values().any(|attempt| attempt.returned),
        })
    })
}

/// The money that came by an intent, or by a charge that carries its money itself or is an attempt of its intent.
fn received_by<'a>(payment: &'a Payment, source: &ObjectId) -> Option<&'a Cash> {
    payment.provider_state().0.iter().find_map(|(object, fact)| match fact {
        ObjectState::Intent(intent) if object == source || intent.attempts.contains_key(source.as_str()) => {
            Some(&intent.received)
        }
        ObjectState::Intent(_)
        | ObjectState::Checkout(_)
        | ObjectState::Refund(_)
        | ObjectState::Chargeback(_)
        | ObjectState::Concern(_) => None,
    })
}

/// Whether a movement came before the payment that has it now: until then its customer was not known.
pub fn was_unidentified(payment: &Payment, transaction: &BalanceTransaction) -> bool {
    *payment.origin() == Origin::Provider && transaction.at < payment.started_at() && transaction.may_be_a_payments()
}
