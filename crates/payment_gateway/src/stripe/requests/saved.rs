//! Charging a saved method while its owner is away.
//!
//! The request must say that no page can follow (`allow_redirects=never`): without a return address Stripe would otherwise
//! refuse every charge. It names no mandate; Stripe finds the method's own.

use jiff::{SignedDuration, Timestamp};
use receivables::ObjectId;
use stripe_client_core::{RequestBuilder, StripeRequest};
use stripe_core::payment_intent::{
    CancelPaymentIntent, CreatePaymentIntent, CreatePaymentIntentAutomaticPaymentMethods,
    CreatePaymentIntentAutomaticPaymentMethodsAllowRedirects, CreatePaymentIntentOffSession, ListPaymentIntent,
    RetrievePaymentIntent,
};
use stripe_types::RangeQueryTs;

use super::list::items;
use super::order::{currency, in_one_order, named};
use super::transport::Answer;
use super::{Client, PayableObject, reply};
use crate::idempotency_key::IdempotencyKey;
use crate::orders::{ChargeOutcome, CloseOutcome, SavedCharge};
use crate::request_error::{OrderError, RequestError};
use crate::stripe::currency::to_stripe;
use crate::stripe::declines::{Failed, decline_of};
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

/// How long before a charge was requested its record is looked for: clocks differ.
const CLOCKS_DIFFER_BY: SignedDuration = SignedDuration::from_hours(1);
/// Charges on a page of the list.
const PAGE_MAX: i64 = 100;

impl Client {
    /// Charges a saved method. An error leaves the outcome unknown: ask again with the same key.
    pub async fn charge_saved(&self, order: &SavedCharge, key: &IdempotencyKey) -> Result<ChargeOutcome, RequestError> {
        let request = match charge_request(order) {
            Ok(request) => request,
            // It can never be sent, and so nothing was.
            Err(error) => {
                let word = RequestError::from(error).code().to_owned();
                let decline = decline_of(&Failed { code: Some(word), ..Failed::default() });
                return Ok(ChargeOutcome::Declined { intent: None, decline, reports: Vec::new() });
            }
        };
        match self.transport.ask(request, Some(key)).await? {
            Answer::Yes { body, .. } => reply::charge(&body),
            Answer::No { refusal, .. } if !refusal.reaction().is_final() => Err(refusal),
            Answer::No { body, .. } => Ok(reply::declined(&body)),
        }
    }

    /// How a charge stands now.
    pub async fn charge(&self, intent: &ObjectId) -> Result<ChargeOutcome, RequestError> {
        let answer = self.transport.send(RetrievePaymentIntent::new(intent.as_str()).build(), None).await?;
        reply::charge(&answer)
    }

    /// The charge of an order among all intents of its customer since an instant; the list is read to its end. Stripe's search would
    /// name it by its metadata, but knows of it only after a while (<https://docs.stripe.com/search>: not for read-after-write).
    pub async fn find_charge(
        &self,
        order: &SavedCharge,
        since: Timestamp,
    ) -> Result<Option<ChargeOutcome>, RequestError> {
        let since = since.saturating_sub(CLOCKS_DIFFER_BY).unwrap_or(since);
        let request = ListPaymentIntent::new()
            .customer(order.customer.as_str())
            .created(RangeQueryTs::gte(since.as_second()))
            .limit(PAGE_MAX);
        for page in self.pages(&request.build()).await? {
            for intent in items(&page)? {
                let body = intent.get().as_bytes();
                let reports = payment_intent_reports(body)?;
                if reports.iter().any(|report| report.payment.as_ref() == Some(&order.payment)) {
                    return reply::charge(body).map(Some);
                }
            }
        }
        Ok(None)
    }

    /// Gives up a charge, so that no money can come by it.
    pub async fn cancel_charge(&self, intent: &ObjectId, key: &IdempotencyKey) -> Result<CloseOutcome, RequestError> {
        match self.transport.send(CancelPaymentIntent::new(intent.as_str()).build(), Some(key)).await {
            Ok(answer) => Ok(CloseOutcome::Closed(payment_intent_reports(&answer)?)),
            // It was given up before, or money is on its way by it.
            Err(refusal @ RequestError::Refused { .. }) => match self.intent(intent).await {
                Ok(PayableObject { open: false, .. }) => Ok(CloseOutcome::NoLongerOpen),
                Err(error) if error.retryable() => Err(error),
                Ok(PayableObject { open: true, .. }) | Err(_) => Err(refusal),
            },
            Err(error) => Err(error),
        }
    }
}
