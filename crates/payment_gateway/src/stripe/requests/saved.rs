//! Charging a saved method while its owner is away.
//!
//! Stripe must be told that no page can follow (`allow_redirects=never`): without an address to come back to it would otherwise
//! refuse every charge. A mandate is not named; Stripe finds the method's own.

use receivables::{BusinessId, Money, ObjectId, PaymentId, Report};
use stripe_client_core::{RequestBuilder, StripeRequest};
use stripe_core::payment_intent::{
    CreatePaymentIntent, CreatePaymentIntentAutomaticPaymentMethods,
    CreatePaymentIntentAutomaticPaymentMethodsAllowRedirects, CreatePaymentIntentOffSession,
};

use super::order::{currency, in_one_order, named};
use super::refund::OTHER_REQUEST;
use super::transport::Answer;
use super::{Client, IdempotencyKey, OrderError, RequestError, reply};
use crate::stripe::currency::to_stripe;
use crate::stripe::reports::payment_intent_reports;

/// A charge of a saved method that is wanted.
#[derive(Clone, Debug)]
pub struct SavedCharge {
    /// For which payment.
    pub payment: PaymentId,
    /// To whom.
    pub business: BusinessId,
    /// How much.
    pub amount: Money,
    /// The provider's customer.
    pub customer: ObjectId,
    /// Their saved method.
    pub method: ObjectId,
}

/// How charging a saved method went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChargeOutcome {
    /// There is an intent now, and it says this: that the money came, or that it is on its way.
    Made(Vec<Report>),
    /// It was declined, or could not be tried, and no money moved.
    Declined {
        /// Why, in the provider's word: the issuer's where it gives one.
        decline: String,
        /// What the intent says, where there is one.
        reports: Vec<Report>,
    },
}

impl SavedCharge {
    pub(super) fn request(&self) -> Result<RequestBuilder, OrderError> {
        let never = CreatePaymentIntentAutomaticPaymentMethodsAllowRedirects::Never;
        let methods = CreatePaymentIntentAutomaticPaymentMethods { allow_redirects: Some(never), enabled: true };
        let request = CreatePaymentIntent::new(to_stripe(self.amount)?, currency(self.amount)?)
            .customer(self.customer.as_str())
            .payment_method(self.method.as_str())
            .automatic_payment_methods(methods)
            .off_session(CreatePaymentIntentOffSession::Bool(true))
            .confirm(true)
            .metadata(named(&self.payment, &self.business));
        Ok(in_one_order(request.build()))
    }
}

impl Client {
    /// Charges a saved method. An error says nothing of the outcome: ask again with the same key.
    pub async fn charge_saved(
        &self,
        order: &SavedCharge,
        once: &IdempotencyKey,
    ) -> Result<ChargeOutcome, RequestError> {
        match self.transport.ask(order.request()?, Some(once)).await? {
            Answer::Yes(body) => Ok(ChargeOutcome::Made(payment_intent_reports(&body)?)),
            Answer::No(body) => {
                let refusal = reply::refusal(&body);
                if matches!(&refusal, RequestError::Refused { code, .. } if code == OTHER_REQUEST) {
                    return Err(refusal);
                }
                let (decline, reports) = reply::declined(&body);
                Ok(ChargeOutcome::Declined { decline, reports })
            }
        }
    }
}
