//! What is said of refunds that were made at the provider: by a person, or by what the business has chosen for them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::refund_meaning::{
    NewCredit, NoteOfRefund, RefundAnswer, RefundCredit, RefundMeaning, from_the_last, limited,
};
use super::refunds::RefundRefusal;
use super::{Payment, fold};
use crate::allocation::Unfinished;
use crate::decision::Decision;
use crate::provider_object::ObjectId;

/// Answers that one payment keeps.
pub const REFUND_ANSWERS_PER_PAYMENT_MAX: usize = 100;

/// Says what a refund means that was made at the provider. What it had covered is credited by a note of the same amount, or is open
/// again and asked for. The payment must be on fresh standings.
pub fn answer_refund(
    before: &Payment,
    refund: &ObjectId,
    meaning: RefundMeaning,
    note: NoteOfRefund,
    now: Timestamp,
) -> Result<(Payment, Decision), RefundRefusal> {
    if before.unfinished {
        return Err(Unfinished.into());
    }
    let open = before.unanswered_refunds().into_iter().find(|open| open.refund == *refund);
    let Some(open) = open else {
        let known = before.refund_answers.iter().rev().find(|answer| answer.refund == *refund);
        let told = known.map(|answer| RefundRefusal::AlreadyAnswered { meaning: answer.meaning });
        return Err(told.unwrap_or(RefundRefusal::NothingToAnswer));
    };
    if before.refund_answers.len() >= REFUND_ANSWERS_PER_PAYMENT_MAX {
        return Err(RefundRefusal::TooManyRefunds { max: REFUND_ANSWERS_PER_PAYMENT_MAX });
    }
    let parts = match meaning {
        RefundMeaning::Credits => {
            let rooms = before.allocations.iter().map(|part| (&part.invoice, part.questioned));
            limited(before, from_the_last(rooms, open.questioned))?
        }
        RefundMeaning::Reopens => BTreeMap::new(),
    };
    let credit = (!parts.is_empty()).then(|| RefundCredit { note: note.id.clone(), parts: parts.clone() });
    let mut payment = before.clone();
    let new = credit.as_ref().map(|_| NewCredit { note, parts });
    payment.refund_answers.push(RefundAnswer { refund: refund.clone(), meaning, amount: open.amount, credit });
    Ok(match new {
        Some(new) => fold::credited(before, payment, &new, now),
        None => fold::changed(before, payment, now),
    })
}
