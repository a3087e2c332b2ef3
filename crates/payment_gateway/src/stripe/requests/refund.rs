//! Sending money back.

use receivables::ObjectId;
use stripe_client_core::{RequestBuilder, StripeRequest};
use stripe_core::refund::CreateRefund;

use super::Client;
use super::fetch::said;
use super::order::{in_one_order, named};
use crate::idempotency_key::IdempotencyKey;
use crate::orders::{RefundOrder, RefundOutcome};
use crate::request_error::{OrderError, RequestError};
use crate::stripe::currency::to_stripe;
use crate::stripe::reports::{Fetchable, METADATA_REFUND, object_meaning};

/// What Stripe calls a refusal because the idempotency key was used for something else: nothing is known of the
/// effect by it.
pub(super) const OTHER_REQUEST: &str = "idempotency_error";

/// Stripe's parameters for a refund.
pub(super) fn refund_request(order: &RefundOrder) -> Result<RequestBuilder, OrderError> {
    let mut metadata = named(&order.payment, &order.business);
    metadata.insert(METADATA_REFUND.to_owned(), order.refund.to_string());
    let request = CreateRefund::new().amount(to_stripe(order.amount)?).metadata(metadata);
    let request = if is_intent(&order.of) {
        request.payment_intent(order.of.as_str())
    } else {
        request.charge(order.of.as_str())
    };
    Ok(in_one_order(request.build()))
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
        key: &IdempotencyKey,
    ) -> Result<RefundOutcome, RequestError> {
        let request = match refund_request(order) {
            Ok(request) => request,
            // Asking could never be tried: the order is answered, so that somebody looks at it.
            Err(error) => return Ok(RefundOutcome::Refused { reason: error.to_string() }),
        };
        match self.transport.send(request, Some(key)).await {
            Ok(answer) => Ok(RefundOutcome::Made(said(object_meaning(Fetchable::Refund, &answer)?)?)),
            Err(RequestError::Refused { code, .. }) if code != OTHER_REQUEST => {
                Ok(RefundOutcome::Refused { reason: code })
            }
            Err(error) => Err(error),
        }
    }
}
