//! Orders to a provider, and their outcomes.

use jiff::Timestamp;
use receivables::payment::Decline;
use receivables::payout::BalanceTransaction;
use receivables::text::EmailAddress;
use receivables::{BusinessId, Currency, Locale, Money, ObjectId, PaymentId, RefundId, Report};

/// An order to open a checkout.
#[derive(Clone, Debug)]
pub struct CheckoutOrder {
    /// The payment that is made on it.
    pub payment: PaymentId,
    /// The business that is paid.
    pub business: BusinessId,
    /// The currency of every line.
    pub currency: Currency,
    /// A label and an amount for each invoice, in the payer's order.
    pub lines: Vec<(String, Money)>,
    /// The payer's id at the provider, if they are known there.
    pub customer: Option<ObjectId>,
    /// The payer's address, for the provider to fill in. Not sent beside a customer, who has one.
    pub customer_email: Option<EmailAddress>,
    /// The language of the page.
    pub locale: Locale,
    /// The page the payer returns to after paying.
    pub success_url: String,
    /// The page the payer returns to without paying.
    pub cancel_url: String,
    /// When the checkout closes; the provider's own limit if `None`. It must be the same on every retry.
    pub expires_at: Option<Timestamp>,
}

/// A checkout that was opened, now or by an earlier request with the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedCheckout {
    pub id: ObjectId,
    /// The address the payer is sent to; `None` where it is paid or closed already.
    pub url: Option<String>,
    /// Whether the provider repeats its answer to an earlier request: the checkout may be paid or closed by now.
    pub is_repeated: bool,
    /// When it closes by itself.
    pub expires_at: Timestamp,
    /// What the answer already reports.
    pub reports: Vec<Report>,
}

/// The outcome of closing a checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloseOutcome {
    /// It is closed, with these reports.
    Closed(Vec<Report>),
    /// It was paid or closed before: look it up.
    NoLongerOpen,
}

/// An order to charge a saved method.
#[derive(Clone, Debug)]
pub struct SavedCharge {
    /// The payment that is made by it.
    pub payment: PaymentId,
    /// The business that is paid.
    pub business: BusinessId,
    pub amount: Money,
    /// The customer's id at the provider.
    pub customer: ObjectId,
    /// The saved method's id at the provider.
    pub method: ObjectId,
}

/// The outcome of charging a saved method, when it was requested or as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChargeOutcome {
    /// The provider reports that the money came, or that it is on its way, or was given up.
    Made {
        /// The provider's record of the charge.
        intent: ObjectId,
        reports: Vec<Report>,
    },
    /// It was declined, or could not be tried, or waits for its owner, and no money moved.
    Declined {
        /// The provider's record of the charge, if there is one.
        intent: Option<ObjectId>,
        decline: Decline,
        /// What the provider reports of the attempt, if there was one.
        reports: Vec<Report>,
    },
}

/// An order to refund money.
#[derive(Clone, Debug)]
pub struct RefundOrder {
    /// The object that took the money: a report's `of`.
    pub of: ObjectId,
    /// The amount to send back.
    pub amount: Money,
    /// Our refund order.
    pub refund: RefundId,
    /// The payment whose money it is.
    pub payment: PaymentId,
    /// The business that sends it back.
    pub business: BusinessId,
}

/// The outcome of a refund order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundOutcome {
    /// There is a refund now, with these reports. They may say that it failed.
    Made(Vec<Report>),
    /// The provider will not refund it, or cannot write the amount, and no money moved.
    Refused {
        /// The provider's reason, or our own sentence where the provider was not asked.
        reason: String,
    },
}

/// A page of a provider's list of transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionsPage {
    /// The transactions, the newest first; of a payout's list its own is one.
    pub transactions: Vec<BalanceTransaction>,
    /// The cursor of the next page, if there is one.
    pub more: Option<String>,
}

/// A page of the provider's list of events.
#[derive(Clone, PartialEq, Eq)]
pub struct EventsPage {
    /// The events, the newest first.
    pub events: Vec<ListedEvent>,
    /// The cursor of the next page, if there is one.
    pub more: Option<String>,
}

/// An event as the provider lists it. It has no `Debug`, because its body is personal.
#[derive(Clone, PartialEq, Eq)]
pub struct ListedEvent {
    pub id: ObjectId,
    /// Its bytes, exactly as listed.
    pub body: Vec<u8>,
}
