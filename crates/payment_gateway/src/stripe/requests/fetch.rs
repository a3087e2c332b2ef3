//! Fetching an object by its id, whatever it is.
//!
//! These requests have no parameters to get wrong, so they are written without generated builders, whose families would each
//! cost their part of the binary.

use receivables::payout::PayoutReport;
use receivables::saved_method::MethodReport;
use receivables::{ObjectId, Report};
use stripe_client_core::{RequestBuilder, StripeMethod};

use super::{Client, RequestError};
use crate::stripe::reports::{Fetchable, Meaning, object_meaning};

impl Client {
    /// Fetches an object, and says what it means. Never [`Meaning::Fetch`].
    pub async fn fetch(&self, kind: Fetchable, id: &ObjectId) -> Result<Meaning, RequestError> {
        let answer = self.transport.send(request(kind, id), None).await?;
        Ok(object_meaning(kind, &answer)?)
    }

    /// Looks at a refund.
    pub async fn refund(&self, id: &ObjectId) -> Result<Vec<Report>, RequestError> {
        self.reported(Fetchable::Refund, id).await
    }

    /// Looks at a chargeback or an inquiry.
    pub async fn chargeback(&self, id: &ObjectId) -> Result<Vec<Report>, RequestError> {
        self.reported(Fetchable::Chargeback, id).await
    }

    /// Looks at a charge: what it says of its intent, or of itself.
    pub async fn charge(&self, id: &ObjectId) -> Result<Vec<Report>, RequestError> {
        self.reported(Fetchable::Charge, id).await
    }

    /// Looks at a payout.
    pub async fn payout(&self, id: &ObjectId) -> Result<PayoutReport, RequestError> {
        match self.fetch(Fetchable::Payout, id).await? {
            Meaning::Payout(report) => Ok(report),
            Meaning::Reports(_)
            | Meaning::Methods(_)
            | Meaning::CustomerDeleted(_)
            | Meaning::Nothing
            | Meaning::Fetch { .. } => Err(other("no payout")),
        }
    }

    /// Looks at a saved method.
    pub async fn method(&self, id: &ObjectId) -> Result<MethodReport, RequestError> {
        let methods = match self.fetch(Fetchable::Method, id).await? {
            Meaning::Methods(reports) => reports,
            Meaning::Reports(_)
            | Meaning::Payout(_)
            | Meaning::CustomerDeleted(_)
            | Meaning::Nothing
            | Meaning::Fetch { .. } => Vec::new(),
        };
        methods.into_iter().next().ok_or(other("no method"))
    }

    async fn reported(&self, kind: Fetchable, id: &ObjectId) -> Result<Vec<Report>, RequestError> {
        said(self.fetch(kind, id).await?)
    }
}

/// What is said of a payment.
pub(super) fn said(meaning: Meaning) -> Result<Vec<Report>, RequestError> {
    match meaning {
        Meaning::Reports(reports) => Ok(reports),
        Meaning::Nothing => Ok(Vec::new()),
        Meaning::Methods(_) | Meaning::Payout(_) | Meaning::CustomerDeleted(_) | Meaning::Fetch { .. } => {
            Err(other("no part of a payment"))
        }
    }
}

fn other(what: &str) -> RequestError {
    RequestError::Unreadable { reason: format!("it is {what}") }
}

/// What is asked for, with the object in it that must be whole to say all there is.
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
