//! Charging a saved method while its owner is away.
//!
//! The request must say that no page can follow (`allow_redirects=never`): without a return address Stripe would otherwise
//! refuse every charge. It names no mandate; Stripe finds the method's own.

use stripe_client_core::{RequestBuilder, StripeRequest};
use stripe_core::payment_intent::{
    CreatePaymentIntent, CreatePaymentIntentAutomaticPaymentMethods,
    CreatePaymentIntentAutomaticPaymentMethodsAllowRedirects, CreatePaymentIntentOffSession,
};

use super::order::{currency, in_one_order, named};
use super::transport::Answer;
use super::{Client, reply};
use crate::idempotency_key::IdempotencyKey;
use crate::orders::{ChargeOutcome, SavedCharge};
use crate::request_error::{OrderError, RequestError};
use crate::stripe::currency::to_stripe;
use crate::stripe::reports::payment_intent_reports;

/// Stripe's parameters for the charge of a saved method.
pub(super) fn charge_request(order: &SavedCharge) -> Result<RequestBuilder, OrderError> {
    let never = CreatePaymentIntentAutomaticPaymentMethodsAllowRedirects::Never;
    let methods = CreatePaymentIntentAutomaticPaymentMethods { allow_redirects: Some(never), enabled: true };
    let request = CreatePaymentIntent::new(to_stripe(order.amount)?, currency(order.amount)?)
        .customer(order.customer.as_str())
        .payment_method(order.method.as_str())
        .automatic_payment_methods(methods)
        .off_session(CreatePaymentIntentOffSession::Bool(true))
        .confirm(true)
        .metadata(named(&order.payment, &order.business));
    Ok(in_one_order(request.build()))
}

impl Client {
    /// Charges a saved method. An error leaves the outcome unknown: ask again with the same key.
    pub async fn charge_saved(&self, order: &SavedCharge, key: &IdempotencyKey) -> Result<ChargeOutcome, RequestError> {
        match self.transport.ask(charge_request(order)?, Some(key)).await? {
            Answer::Yes { body, .. } => Ok(ChargeOutcome::Made(payment_intent_reports(&body)?)),
            Answer::No { refusal, .. } if !refusal.reaction().is_final() => Err(refusal),
            Answer::No { body, .. } => {
                let (decline, reports) = reply::declined(&body);
                Ok(ChargeOutcome::Declined { decline, reports })
            }
        }
    }
}
