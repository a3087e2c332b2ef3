//! What is asked of a provider, and what comes of it.

use jiff::Timestamp;
use receivables::text::EmailAddress;
use receivables::{BusinessId, Currency, Locale, Money, ObjectId, PaymentId, RefundId, Report};

/// A checkout that is wanted.
#[derive(Clone, Debug)]
pub struct CheckoutOrder {
    /// The payment that is made on it.
    pub payment: PaymentId,
    /// The business that is paid.
    pub business: BusinessId,
    /// The currency of every line.
    pub currency: Currency,
    /// What is paid, in the payer's order: a label and an amount for each invoice.
    pub lines: Vec<(String, Money)>,
    /// The payer's id at the provider, if they are known there.
    pub customer: Option<ObjectId>,
    /// The payer's address, for the provider to fill in. Not sent beside a customer, who has one.
    pub customer_email: Option<EmailAddress>,
    /// How the payer reads.
    pub locale: Locale,
    /// Where the payer comes back to.
    pub success_url: String,
    /// Where the payer turns back to.
    pub cancel_url: String,
    /// When the checkout closes; the provider's own limit if nothing is said. It must be the same on every retry.
    pub expires_at: Option<Timestamp>,
}

/// A checkout that is ready to be paid on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedCheckout {
    /// Its id.
    pub id: ObjectId,
    /// Where the payer is sent.
    pub url: String,
    /// When it closes.
    pub expires_at: Timestamp,
    /// What it says already.
    pub reports: Vec<Report>,
}

/// How closing a checkout went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloseOutcome {
    /// It is closed, and says this.
    Closed(Vec<Report>),
    /// It was paid or closed before: look at it.
    NoLongerOpen,
}

/// A charge of a saved method that is wanted.
#[derive(Clone, Debug)]
pub struct SavedCharge {
    /// The payment that is made by it.
    pub payment: PaymentId,
    /// The business that is paid.
    pub business: BusinessId,
    /// The amount to charge.
    pub amount: Money,
    /// The provider's customer.
    pub customer: ObjectId,
    /// Their saved method.
    pub method: ObjectId,
}

/// How charging a saved method went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChargeOutcome {
    /// The provider says this: that the money came, or that it is on its way.
    Made(Vec<Report>),
    /// It was declined, or could not be tried, and no money moved.
    Declined {
        /// Why, in the provider's word: the issuer's where it gives one.
        decline: String,
        /// What the provider says of the attempt, where there was one.
        reports: Vec<Report>,
    },
}

/// Money that is to be sent back.
#[derive(Clone, Debug)]
pub struct RefundOrder {
    /// The object that took the money: a report's `of`.
    pub of: ObjectId,
    /// The amount to send back.
    pub amount: Money,
    /// Our order to send it back.
    pub refund: RefundId,
    /// The payment whose money it is.
    pub payment: PaymentId,
    /// The business that sends it back.
    pub business: BusinessId,
}

/// How asking for a refund went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundOutcome {
    /// There is a refund now, and it says this. It may say that it failed.
    Made(Vec<Report>),
    /// The provider will not send it back, or has no way to write it, and no money moved.
    Refused {
        /// The provider's word for why, or our sentence where it was not asked.
        reason: String,
    },
}

/// A page of the provider's list of events.
#[derive(Clone, PartialEq, Eq)]
pub struct EventsPage {
    /// The events, the newest first.
    pub events: Vec<ListedEvent>,
    /// After what to ask for the next page, where there is one.
    pub more: Option<String>,
}

/// An event as the provider lists it. No `Debug`: its body is personal.
#[derive(Clone, PartialEq, Eq)]
pub struct ListedEvent {
    /// Its id.
    pub id: ObjectId,
    /// Its bytes, exactly as listed.
    pub body: Vec<u8>,
}
