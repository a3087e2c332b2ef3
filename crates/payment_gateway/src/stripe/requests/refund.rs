//! Refunds.

use receivables::ObjectId;
use stripe_client_core::{RequestBuilder, StripeRequest};
use stripe_core::refund::CreateRefund;

use super::Client;
use super::fetch::payment_reports;
use super::order::{in_one_order, named};
use crate::idempotency_key::IdempotencyKey;
use crate::orders::{RefundOrder, RefundOutcome};
use crate::request_error::{OrderError, RequestError};
use crate::stripe::currency::to_stripe;
use crate::stripe::reports::{Fetchable, METADATA_REFUND, object_meaning};

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

/// Whether the money was taken by an intent; otherwise by a charge.
pub(super) fn is_intent(id: &ObjectId) -> bool {
    id.as_str().starts_with("pi_")
}

impl Client {
    /// Refunds money. An error leaves the outcome unknown: ask again with the same key.
    pub async fn create_refund(
        &self,
        order: &RefundOrder,
        key: &IdempotencyKey,
    ) -> Result<RefundOutcome, RequestError> {
        let request = match refund_request(order) {
            Ok(request) => request,
            // The request can never be sent: the order is refused, so that a person looks at it.
            Err(error) => return Ok(RefundOutcome::Refused { reason: error.to_string() }),
        };
        match self.transport.send(request, Some(key)).await {
            Ok(answer) => Ok(RefundOutcome::Made(payment_reports(object_meaning(Fetchable::Refund, &answer)?)?)),
            Err(RequestError::Refused { code, reaction, .. }) if reaction.is_final() => {
                Ok(RefundOutcome::Refused { reason: code })
            }
            Err(error) => Err(error),
        }
    }
}
