//! Fetching an object by its id, whatever it is.
//!
//! These requests have no parameters to get wrong, so they are written without generated builders, each family of which would
//! make the binary larger.

use receivables::{Money, ObjectId, Report};
use stripe_client_core::{RequestBuilder, StripeMethod};

use super::Client;
use crate::meaning::Meaning;
use crate::request_error::RequestError;
use crate::stripe::reports::{Fetchable, cash_balance_amounts, object_meaning};

impl Client {
    /// Fetches an object and returns its meaning. Never [`Meaning::Fetch`].
    pub async fn fetch(&self, kind: Fetchable, id: &ObjectId) -> Result<Meaning, RequestError> {
        let answer = self.transport.send(request(kind, id), None).await?;
        Ok(object_meaning(kind, &answer)?)
    }

    /// What lies at Stripe for a customer, by currency: nothing for one who is gone.
    pub async fn cash_balance(&self, customer: &ObjectId) -> Result<Vec<Money>, RequestError> {
        let request = RequestBuilder::new(StripeMethod::Get, format!("/customers/{customer}/cash_balance"));
        match self.transport.send(request, None).await {
            Ok(answer) => Ok(cash_balance_amounts(&answer)?),
            Err(RequestError::Refused { code, .. }) if code == "resource_missing" => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

/// The reports about a payment.
pub(super) fn payment_reports(meaning: Meaning) -> Result<Vec<Report>, RequestError> {
    match meaning {
        Meaning::Reports(reports) | Meaning::ReportsAndMethods(reports, _) => Ok(reports),
        Meaning::Nothing => Ok(Vec::new()),
        Meaning::Methods(_)
        | Meaning::Payout(_)
        | Meaning::CustomerDeleted(_)
        | Meaning::CashBalance(_)
        | Meaning::OfOtherAccount
        | Meaning::Fetch(_) => Err(other("no part of a payment")),
    }
}

fn other(what: &str) -> RequestError {
    RequestError::Unreadable { reason: format!("it is {what}") }
}

/// The request for an object, with the object inside it that must be expanded.
fn request(kind: Fetchable, id: &ObjectId) -> RequestBuilder {
    let (folder, expanded) = match kind {
        Fetchable::Checkout => ("checkout/sessions", Some("payment_intent")),
        Fetchable::Intent => ("payment_intents", None),
        Fetchable::Charge => ("charges", None),
        Fetchable::Refund => ("refunds", None),
        Fetchable::Chargeback => ("disputes", None),
        Fetchable::FraudWarning => ("radar/early_fraud_warnings", None),
        Fetchable::Review => ("reviews", None),
        Fetchable::Method => ("payment_methods", None),
        Fetchable::Setup => ("setup_intents", Some("payment_method")),
        Fetchable::Mandate => ("mandates", None),
        Fetchable::Payout => ("payouts", None),
    };
    let mut request = RequestBuilder::new(StripeMethod::Get, format!("/{folder}/{id}"));
    request.query = expanded.map(|field| format!("expand[0]={field}"));
    request
}
