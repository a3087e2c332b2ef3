//! Sending money back.

use receivables::{BusinessId, Money, ObjectId, PaymentId, RefundId, Report};
use stripe_client_core::{RequestBuilder, StripeRequest};
use stripe_core::refund::{CreateRefund, CreateRefundReason};

use super::fetch::said;
use super::order::{in_one_order, named};
use super::{Client, IdempotencyKey, OrderError, RequestError};
use crate::stripe::currency::to_stripe;
use crate::stripe::reports::{Fetchable, METADATA_REFUND, object_meaning};

/// What Stripe calls a refusal because the idempotency key was used for something else: nothing is known of the
/// effect by it.
pub(super) const OTHER_REQUEST: &str = "idempotency_error";

/// Money that is to be sent back.
#[derive(Clone, Debug)]
pub struct RefundOrder {
    /// The intent that took the money, or the charge where there was no intent: a report's `of`.
    pub of: ObjectId,
    /// How much.
    pub amount: Money,
    /// By which order of ours.
    pub refund: RefundId,
    /// Of which payment.
    pub payment: PaymentId,
    /// By whom.
    pub business: BusinessId,
    /// Why, where one of Stripe's words fits.
    pub reason: Option<RefundReason>,
}

/// Stripe's words for why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundReason {
    /// The payer had paid already.
    Duplicate,
    /// The payer was not who they said. Stripe blocks the card as well.
    Fraudulent,
    /// The payer asked for it.
    RequestedByCustomer,
}

/// How asking for a refund went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundOutcome {
    /// There is a refund now, and it says this. It may say that it failed.
    Made(Vec<Report>),
    /// Stripe will not send it back, or has no way to write it, and no money moved.
    Refused {
        /// Stripe's word for why, such as `charge_already_refunded`, or our sentence where Stripe was not asked.
        reason: String,
    },
}

impl RefundOrder {
    pub(super) fn request(&self) -> Result<RequestBuilder, OrderError> {
        let mut metadata = named(&self.payment, &self.business);
        metadata.insert(METADATA_REFUND.to_owned(), self.refund.to_string());
        let mut request = CreateRefund::new().amount(to_stripe(self.amount)?).metadata(metadata);
        request = if is_intent(&self.of) {
            request.payment_intent(self.of.as_str())
        } else {
            request.charge(self.of.as_str())
        };
        if let Some(reason) = self.reason {
            request = request.reason(match reason {
                RefundReason::Duplicate => CreateRefundReason::Duplicate,
                RefundReason::Fraudulent => CreateRefundReason::Fraudulent,
                RefundReason::RequestedByCustomer => CreateRefundReason::RequestedByCustomer,
            });
        }
        Ok(in_one_order(request.build()))
    }
}

/// Whether money was taken by an intent; else by a charge.
pub(super) fn is_intent(id: &ObjectId) -> bool {
    id.as_str().starts_with("pi_")
}

impl Client {
    /// Sends money back. An error says nothing of the outcome: ask again with the same key.
    pub async fn create_refund(
        &self,
        order: &RefundOrder,
        once: &IdempotencyKey,
    ) -> Result<RefundOutcome, RequestError> {
        let request = match order.request() {
            Ok(request) => request,
            // Asking could never be tried: the order is answered, so that somebody looks at it.
            Err(error) => return Ok(RefundOutcome::Refused { reason: error.to_string() }),
        };
        match self.transport.send(request, Some(once)).await {
            Ok(answer) => Ok(RefundOutcome::Made(said(object_meaning(Fetchable::Refund, &answer)?)?)),
            Err(RequestError::Refused { code, .. }) if code != OTHER_REQUEST => {
                Ok(RefundOutcome::Refused { reason: code })
            }
            Err(error) => Err(error),
        }
    }
}
