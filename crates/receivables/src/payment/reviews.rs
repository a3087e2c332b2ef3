//! Reviews: what of a payment a person should look at. They follow from its facts, and go when their cause does or a person
//! has closed them.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Payment, UnansweredRefund, fold};
use crate::currency::Currency;
use crate::decision::Decision;
use crate::money::Money;
use crate::provider_object::{Cash, ChargebackStage, ChargebackState, ObjectId, ObjectState};

/// Something of a payment that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Its name within the payment.
    pub name: String,
    /// The cause, which decides what to do about it.
    pub kind: ReviewKind,
    /// The provider's object it is about.
    pub object: Option<ObjectId>,
    /// The amount at stake.
    pub amount: Money,
    /// The instant until which the issuer takes an answer.
    pub answer_by: Option<Timestamp>,
}

/// Why a person should look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReviewKind {
    /// Money came in another currency than the payment's.
    OtherCurrency,
    /// More went back than had come.
    Overdrawn,
    /// The issuer asks about the payment; no money has moved.
    Inquiry,
    /// The issuer takes the money back.
    Chargeback,
    /// What moved because of a chargeback comes neither to what is disputed nor to nothing, or to the contrary of the decision.
    UnevenChargeback,
    /// The issuer suspects fraud.
    FraudWarning,
    /// The provider holds the payment for a person to look at.
    ProviderReview,
    /// The bank returned a debit after the money had come, and no chargeback tells how much it took.
    DebitReturned,
    /// Money that had covered invoices was refunded at the provider, and nobody has said whether that credits the invoices or they are
    /// owed again. The amount is held until a person says so.
    ProviderRefund,
    /// A refund did not arrive.
    RefundFailed,
    /// The provider would not make a refund that was ordered.
    RefundRefused,
    /// The provider does not know the customer's id, or does not take it; the page was opened without the customer.
    CustomerRefused,
    /// The provider does not take the customer's e-mail address; the page was opened without it.
    EmailRefused,
    /// The provider opens no page for the payment, and only the business can mend that.
    PageRefused,
}

impl ReviewKind {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::OtherCurrency,
        Self::Overdrawn,
        Self::Inquiry,
        Self::Chargeback,
        Self::UnevenChargeback,
        Self::FraudWarning,
        Self::ProviderReview,
        Self::DebitReturned,
        Self::ProviderRefund,
        Self::RefundFailed,
        Self::RefundRefused,
        Self::CustomerRefused,
        Self::EmailRefused,
        Self::PageRefused,
    ];

    /// The word for it in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OtherCurrency => "other_currency",
            Self::Overdrawn => "overdrawn",
            Self::Inquiry => "inquiry",
            Self::Chargeback => "chargeback",
            Self::UnevenChargeback => "uneven_chargeback",
            Self::FraudWarning => "fraud_warning",
            Self::ProviderReview => "provider_review",
            Self::DebitReturned => "debit_returned",
            Self::ProviderRefund => "provider_refund",
            Self::RefundFailed => "refund_failed",
            Self::RefundRefused => "refund_refused",
            Self::CustomerRefused => "customer_refused",
            Self::EmailRefused => "email_refused",
            Self::PageRefused => "page_refused",
        }
    }
}

impl Payment {
    /// What a person should look at now.
    pub fn reviews(&self) -> Vec<Review> {
        let mut reviews = self.causes();
        reviews.retain(|review| !self.reviews_closed.contains(&review.name));
        reviews
    }

    /// The names of reviews that were closed and whose cause is still there. Once it is gone, it may come again.
    pub(super) fn still_closed(&self) -> Vec<String> {
        let causes = self.causes();
        let there = |name: &&String| causes.iter().any(|review| review.name == **name);
        self.reviews_closed.iter().filter(there).cloned().collect()
    }

    /// Every cause of a review, closed ones included.
    fn causes(&self) -> Vec<Review> {
        let mut all: Vec<Review> = self
            .suspense()
            .iter()
            .map(|amount| review(ReviewKind::OtherCurrency, &named(*amount), None, *amount))
            .collect();
        let folded = self.provider_state.fold();
        // What was taken in a currency that never came moves nothing of the payment's own money, and only a person can say what it
        // is worth.
        let gone = folded.charged_back.amounts().chain(folded.refunded.amounts()).map(Money::currency);
        let gone: BTreeSet<Currency> = gone.filter(|currency| *currency != self.currency()).collect();
        let beyond = gone.into_iter().map(|currency| folded.overdrawn(currency)).filter(|beyond| !beyond.is_zero());
        all.extend(
            beyond
                .map(|amount| review(ReviewKind::OtherCurrency, &format!("overdrawn.{}", named(amount)), None, amount)),
        );
        let overdrawn = self.overdrawn();
        if !overdrawn.is_zero() {
            all.push(review(ReviewKind::Overdrawn, &named(overdrawn), None, overdrawn));
        }
        for (object, fact) in &self.provider_state.0 {
            all.extend(self.doubt(object, fact));
            all.extend(fact.chargeback().and_then(|chargeback| uneven(object, chargeback)));
        }
        let questions = self.unanswered_refunds().into_iter().filter(|refund| !refund.questioned.is_zero());
        all.extend(questions.map(|UnansweredRefund { refund, questioned, .. }| {
            review(ReviewKind::ProviderRefund, refund.as_str(), Some(refund.clone()), questioned)
        }));
        let refused = self.refunds.iter().filter(|order| order.refused.is_some());
        all.extend(refused.map(|order| review(ReviewKind::RefundRefused, order.id.as_str(), None, order.amount)));
        all.extend(self.page_refusals().iter().map(|refusal| refusal.review(self)));
        all
    }

    fn doubt(&self, object: &ObjectId, fact: &ObjectState) -> Option<Review> {
        let currency = self.currency();
        let (kind, amount, answer_by) = match fact {
            ObjectState::Chargeback(chargeback) => {
                let kind = match chargeback.state() {
                    ChargebackStage::Inquiry => ReviewKind::Inquiry,
                    ChargebackStage::Open => ReviewKind::Chargeback,
                    ChargebackStage::Closed | ChargebackStage::Won | ChargebackStage::Lost => return None,
                };
                (kind, at_stake(chargeback.disputed(), currency), chargeback.answer_by)
            }
            ObjectState::Concern(concern) if !concern.closed => {
                let kind = match concern.kind {
                    crate::provider_object::ConcernKind::FraudWarning => ReviewKind::FraudWarning,
                    crate::provider_object::ConcernKind::Review => ReviewKind::ProviderReview,
                };
                (kind, self.cash.received, None)
            }
            ObjectState::Refund(refund) if !refund.stands() => {
                (ReviewKind::RefundFailed, at_stake(&refund.amount, currency), None)
            }
            ObjectState::Intent(intent) if intent.attempts.values().any(|attempt| attempt.returned) => {
                (ReviewKind::DebitReturned, at_stake(&intent.received, currency), None)
            }
            ObjectState::Checkout(_) | ObjectState::Intent(_) | ObjectState::Refund(_) | ObjectState::Concern(_) => {
                return None;
            }
        };
        Some(Review { answer_by, ..review(kind, object.as_str(), Some(object.clone()), amount) })
    }
}

/// The review of a chargeback whose moves do not add up. Of another amount it is another review.
fn uneven(object: &ObjectId, chargeback: &ChargebackState) -> Option<Review> {
    let amount = chargeback.uneven()?;
    let of = format!("{object}.{}", named(amount));
    Some(review(ReviewKind::UnevenChargeback, &of, Some(object.clone()), amount))
}

/// The amount at stake: in the payment's currency, or in its own where it is of another.
fn at_stake(cash: &Cash, own: Currency) -> Money {
    let amount = cash.in_currency(own);
    if amount.is_zero() { cash.amounts().next().unwrap_or(amount) } else { amount }
}

/// An amount as part of a review's name: of another amount it is another review, also where the first was closed.
fn named(amount: Money) -> String {
    format!("{}.{}", amount.currency().code(), amount.minor())
}

pub(super) fn review(kind: ReviewKind, of: &str, object: Option<ObjectId>, amount: Money) -> Review {
    Review { name: format!("{}#{of}", kind.as_str()), kind, object, amount, answer_by: None }
}

/// Why a review was not closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReviewRefusal {
    /// The payment has no open review of this name.
    #[error("expected the name of an open review of the payment")]
    NoSuchReview,
    /// What it is about is held until somebody says what it means.
    #[error("expected an answer to what the refund means, which closes the review")]
    NeedsAnswer,
}

impl ReviewRefusal {
    /// A stable word for programs. No field of the command is ever at fault.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoSuchReview => "no_such_review",
            Self::NeedsAnswer => "needs_answer",
        }
    }
}

/// Closes a review that a person has looked at. It stays closed as long as its cause is the same.
pub fn close_review(before: &Payment, name: &str, now: Timestamp) -> Result<(Payment, Decision), ReviewRefusal> {
    let review = before.reviews().into_iter().find(|review| review.name == name);
    let review = review.ok_or(ReviewRefusal::NoSuchReview)?;
    if review.kind == ReviewKind::ProviderRefund {
        return Err(ReviewRefusal::NeedsAnswer);
    }
    let mut payment = before.clone();
    payment.reviews_closed.push(name.to_owned());
    Ok(fold::changed(before, payment, now))
}
