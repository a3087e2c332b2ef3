//! Recording an outgoing payment, and reversing it.

use jiff::Timestamp;

use super::{
    CreditPart, CreditSource, OutgoingPayment, OutgoingPaymentDraft, OutgoingPaymentRefusal,
    SOURCES_PER_OUTGOING_PAYMENT_MAX,
};
use crate::credit_note::{self, CreditNote};
use crate::decision::{Change, Decision};
use crate::fact::FactKind;
use crate::ids::{BusinessId, CustomerId, OutgoingPaymentId};
use crate::ledger::{Contra, DraftEntry, EntryDay, EntryKind, Leg, LegAccount};
use crate::money::{Balance, Money};
use crate::payment::Payment;

/// A source of credit as it stands.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there are a few at a time, and most are payments")]
pub enum Credit {
    /// A credit note.
    CreditNote(CreditNote),
    /// A payment.
    Payment(Payment),
}

impl Credit {
    /// What of it can be paid out.
    pub fn free(&self) -> Money {
        match self {
            Self::CreditNote(note) => note.unapplied,
            Self::Payment(payment) => payment.free(),
        }
    }

    /// The order in which credit is taken: of credit notes first, the oldest first.
    pub fn rank(&self) -> (bool, Timestamp, String) {
        match self {
            Self::CreditNote(note) => (false, note.recorded_at, note.id.to_string()),
            Self::Payment(payment) => (true, payment.started_at(), payment.id().to_string()),
        }
    }

    fn source(&self) -> CreditSource {
        match self {
            Self::CreditNote(note) => CreditSource::CreditNote(note.id.clone()),
            Self::Payment(payment) => CreditSource::Payment(payment.id().clone()),
        }
    }
}

/// Splits an amount over what there is, in its order. Refused where that is less, or is in too many places.
pub fn split<T: Clone>(
    amount: Money,
    there: &[(T, Money)],
    less: impl FnOnce(Money) -> OutgoingPaymentRefusal,
) -> Result<Vec<(T, Money)>, OutgoingPaymentRefusal> {
    let (mut left, mut parts) = (amount, Vec::new());
    for (source, free) in there {
        let part = free.min(left);
        left = left.less(part);
        if !part.is_zero() {
            parts.push((source.clone(), part));
        }
    }
    let sum = |of: &mut dyn Iterator<Item = Money>| Money::sum(amount.currency(), of).unwrap_or(amount);
    if amount.is_zero() || !left.is_zero() {
        return Err(less(sum(&mut there.iter().map(|(_, free)| *free))));
    }
    let max = SOURCES_PER_OUTGOING_PAYMENT_MAX;
    if parts.len() > max {
        let available = sum(&mut parts.iter().take(max).map(|(_, part)| *part));
        return Err(OutgoingPaymentRefusal::TooManySources { max, available });
    }
    Ok(parts)
}

/// Records an outgoing payment of credit of an account. `credits` are all sources of its currency, in their [`Credit::rank`].
pub fn pay_out(
    (id, business, customer): (OutgoingPaymentId, BusinessId, CustomerId),
    draft: OutgoingPaymentDraft,
    credits: &[Credit],
    now: Timestamp,
) -> Result<(OutgoingPayment, Decision), OutgoingPaymentRefusal> {
    let OutgoingPaymentDraft { amount, sent_on, reference, reason } = draft;
    let there: Vec<(&Credit, Money)> = credits.iter().map(|credit| (credit, credit.free())).collect();
    let parts = split(amount, &there, |available| OutgoingPaymentRefusal::MoreThanUnapplied { available })?;
    let taken = parts.iter().map(|(credit, part)| match credit {
        Credit::CreditNote(note) => {
            let paid_out = note.paid_out.checked_add(*part).unwrap_or(note.amount);
            credit_note::with_paid_out(note, paid_out, now).1
        }
        Credit::Payment(payment) => payment.with_paid_out(*part, now).1,
    });
    let outgoing = OutgoingPayment {
        id,
        business,
        customer,
        amount,
        parts: parts.iter().map(|(credit, part)| CreditPart { source: credit.source(), amount: *part }).collect(),
        sent_on,
        reference,
        reason,
        recorded_at: now,
        reversed_at: None,
        version: 1,
    };
    let change = Change::CreditPaidOut(Box::new(outgoing.clone()));
    let kind = EntryKind::CreditPaidOut(outgoing.id.clone());
    let fact = FactKind::CreditPaidOut { outgoing_payment: outgoing.id.clone(), amount };
    let decision = decide(&outgoing, taken.collect(), change, (kind, Balance::owed(amount)), fact, now);
    Ok((outgoing, decision))
}

/// Reverses an outgoing payment: the credit is the account's again. `credits` are the sources of its parts, as they stand.
pub fn reverse(
    before: &OutgoingPayment,
    credits: &[Credit],
    now: Timestamp,
) -> Result<(OutgoingPayment, Decision), OutgoingPaymentRefusal> {
    if before.reversed_at.is_some() {
        return Err(OutgoingPaymentRefusal::AlreadyReversed);
    }
    let outgoing = OutgoingPayment { reversed_at: Some(now), version: before.version + 1, ..before.clone() };
    let part_of = |credit: &Credit| {
        let source = credit.source();
        let part = before.parts.iter().find(|part| part.source == source);
        part.map_or(Money::zero(before.amount.currency()), |part| part.amount)
    };
    let returned = credits.iter().map(|credit| match credit {
        Credit::CreditNote(note) => credit_note::with_paid_out(note, note.paid_out.less(part_of(credit)), now).1,
        Credit::Payment(payment) => payment.with_payout_reversed(part_of(credit), now).1,
    });
    let change = Change::CreditPayoutReversed { before: Box::new(before.clone()), after: Box::new(outgoing.clone()) };
    let kind = EntryKind::CreditPayoutReversed(outgoing.id.clone());
    let fact = FactKind::CreditPayoutReversed { outgoing_payment: outgoing.id.clone(), amount: before.amount };
    let change_of_account = Balance::in_favour(before.amount);
    let decision = decide(&outgoing, returned.collect(), change, (kind, change_of_account), fact, now);
    Ok((outgoing, decision))
}

/// One decision of what becomes of the sources and of the outgoing payment, of which it has its name.
fn decide(
    outgoing: &OutgoingPayment,
    sources: Vec<Decision>,
    change: Change,
    (kind, moved): (EntryKind, Balance),
    fact: FactKind,
    now: Timestamp,
) -> Decision {
    let (id, version) = (outgoing.id.as_str(), outgoing.version);
    let leg = Leg { account: LegAccount::Unapplied, change: moved, contra: Contra::CustomerRefund };
    let decision = Decision::new(outgoing.business.clone(), outgoing.customer.clone(), now).with_entry(
        id,
        version,
        EntryDay::Decided,
        kind,
        vec![leg],
    );
    let mut decision = sources.into_iter().fold(decision, |mut all, one| {
        all.changes.extend(one.changes);
        all.entries.extend(one.entries.into_iter().map(|entry| DraftEntry { source: id.to_owned(), version, ..entry }));
        all.facts.extend(one.facts);
        all
    });
    decision.changes.push(change);
    decision.with_facts(id, version, [fact])
}
