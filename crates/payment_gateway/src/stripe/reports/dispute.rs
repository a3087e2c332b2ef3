//! Disputes, which here are chargebacks and inquiries.
//!
//! | status | meaning |
//! |---|---|
//! | `warning_needs_response`, `warning_under_review` | an inquiry |
//! | `warning_closed` | an inquiry, closed |
//! | `needs_response`, `under_review` | a chargeback |
//! | `won`, `lost` | a chargeback, decided |
//! | `prevented`, `charge_refunded` | an inquiry, closed: it was stopped before it reached the scheme, and there is nothing to
//! answer |
//! | missing, or a new status | a chargeback by default (see `ChargebackState::state`): it is safer that a person looks |
//!
//! Whether money moved is never read from a status: each balance transaction is a move, out where it is negative and back where
//! it is positive, in the currency in which Stripe settles; `funds_withdrawn` and `funds_reinstated` say so for API versions
//! that list none. Whether a closed dispute was won or lost is in its status; `charge.dispute.closed` alone does not say which.
//! With `lost` the amount is what it was lost on, which may be less than what was disputed.
//!
//! A transaction has its fee beside its amount. One that is a fee as a whole (its type ends in `_fee`, or its
//! `reporting_category` is `fee` or `tax`) moves nothing of the payer's money.
//!
//! Source: <https://docs.stripe.com/api/disputes/object>, <https://docs.stripe.com/reports/reporting-categories>.

use receivables::provider_object::{Cash, ChargebackState, Move, Moves};
use receivables::{Balance, ObjectState, Report};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Owner, carrier, is_fee, received, sum_of};
use crate::meaning::Unreadable;
use crate::stripe::field::{Field, record};

pub(super) const OBJECT: &str = "dispute";
pub(super) const FAMILY: &str = "charge.dispute.";
pub(super) const CREATED: &str = "charge.dispute.created";
pub(super) const UPDATED: &str = "charge.dispute.updated";
pub(super) const CLOSED: &str = "charge.dispute.closed";
pub(super) const FUNDS_WITHDRAWN: &str = "charge.dispute.funds_withdrawn";
pub(super) const FUNDS_REINSTATED: &str = "charge.dispute.funds_reinstated";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Dispute<'a> {
    #[serde(borrow)]
    id: Field<'a>,
    amount: Field<'a>,
    currency: Field<'a>,
    status: Field<'a>,
    reason: Field<'a>,
    payment_intent: Field<'a>,
    charge: Field<'a>,
    balance_transactions: Field<'a>,
    balance_transaction: Field<'a>,
    evidence_details: Field<'a>,
    evidence_due_by: Field<'a>,
    metadata: Field<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct EvidenceDetails<'a> {
    #[serde(borrow)]
    due_by: Field<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Transaction<'a> {
    #[serde(borrow)]
    id: Field<'a>,
    r#type: Field<'a>,
    reporting_category: Field<'a>,
    amount: Field<'a>,
    fee: Field<'a>,
    net: Field<'a>,
    currency: Field<'a>,
    exchange_rate: Field<'a>,
    created: Field<'a>,
}

/// The report of a dispute.
pub(super) fn read(object: &RawValue, kind: Option<&str>) -> Result<Report, Unreadable> {
    let dispute: Dispute<'_> = record(object)?;
    let id = dispute.id.id().ok_or(Unreadable::because("the dispute has no id"))?;
    let (of, holder) = carrier(dispute.payment_intent, dispute.charge)?;
    let status = dispute.status.text();
    let word = status.as_deref().unwrap_or_default();
    let stopped = matches!(word, "warning_closed" | "prevented" | "charge_refunded");
    let details: EvidenceDetails<'_> = dispute.evidence_details.record().unwrap_or_default();
    let amount = received(dispute.amount, dispute.currency)?.map(Cash::of).unwrap_or_default();
    let (amount, lost_on) = if word == "lost" { (Cash::default(), amount) } else { (amount, Cash::default()) };
    let fact = ChargebackState {
        amount,
        lost_on,
        inquiry: stopped || word.starts_with("warning_"),
        formal: matches!(word, "needs_response" | "under_review" | "won" | "lost"),
        withdrawn: kind == Some(FUNDS_WITHDRAWN),
        reinstated: kind == Some(FUNDS_REINSTATED),
        inquiry_closed: stopped,
        won: word == "won",
        lost: word == "lost",
        moves: dispute.moves()?,
        // Before 2014-12-08 it was a field of the dispute's own.
        answer_by: details.due_by.instant().or(dispute.evidence_due_by.instant()),
        reason: dispute.reason.word(),
    };
    let owner = Owner::of(dispute.metadata, Field::default()).or(&holder);
    Ok(Report { of, ..owner.report(id, ObjectState::Chargeback(fact)) })
}

impl Dispute<'_> {
    /// The balance transactions that are included whole. One that is only named does not say how much moved.
    fn moves(&self) -> Result<Moves, Unreadable> {
        let mut moves = Moves::default();
        let listed = self.balance_transactions.list().into_iter().chain([self.balance_transaction]);
        for transaction in listed.filter_map(Field::record::<Transaction<'_>>) {
            let id =
                transaction.id.id().ok_or(Unreadable::because("the dispute's money moved by nothing with an id"))?;
            let one = transaction.moved()?;
            if !one.amount.is_zero() || !one.fee.is_zero() {
                moves.note(id, one);
            }
        }
        Ok(moves)
    }
}

impl Transaction<'_> {
    fn moved(&self) -> Result<Move, Unreadable> {
        let amount = sum_of(self.amount, self.currency)?;
        let (at, rate) = (self.created.instant(), self.exchange_rate.decimal());
        if is_fee(self.r#type, self.reporting_category) {
            let net = sum_of(self.net, self.currency)?;
            return Ok(Move { amount: Balance::zero(net.currency()), fee: net.reversed(), at, rate });
        }
        // A version that says nothing of fees takes none here.
        let fee = self.fee.raw().map_or(Ok(Balance::zero(amount.currency())), |_| sum_of(self.fee, self.currency))?;
        Ok(Move { amount, fee, at, rate })
    }
}
