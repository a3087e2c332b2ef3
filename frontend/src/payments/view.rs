//! A payment as its payer sees it: how it stands, what it covers, and why it failed where it did.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use receivables::payment::{Origin, State};
use receivables::{Business, InvoiceHead, InvoiceId, Money, Payment, PaymentId};

#[derive(Clone, Debug)]
pub(crate) struct PaymentView {
    /// Our id, which the payer may quote.
    pub(crate) id: PaymentId,
    pub(crate) state: State,
    /// What the payer set out to pay.
    pub(crate) amount: Money,
    /// What arrived.
    pub(crate) received: Money,
    /// What of it was sent back.
    pub(crate) refunded: Money,
    /// What of it the bank took back.
    pub(crate) charged_back: Money,
    /// What of it covers no invoice.
    pub(crate) unapplied: Money,
    /// What arrived in a currency that is not the payment's.
    pub(crate) suspense: Vec<Money>,
    /// The part of a bank transfer that has arrived, while the rest is missing.
    pub(crate) arrived: Option<Money>,
    pub(crate) allocations: Vec<AllocationView>,
    /// The hosted page, while the payer can still pay there.
    pub(crate) checkout: Option<String>,
    /// A saved method is charged: there is no page, and nothing to do.
    pub(crate) is_charge: bool,
    /// Why the money did not come, or why a first attempt on a page that is still open did not work.
    pub(crate) decline: Option<Decline>,
    /// The day on which the money arrived.
    pub(crate) settled_on: Option<Date>,
    /// The address at which the invoice can be seen and paid again; none where the reader may not have it.
    pub(crate) back: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct AllocationView {
    pub(crate) number: String,
    /// What the payer meant for it.
    pub(crate) intended: Money,
    pub(crate) applied: Money,
    /// What is still open on it now.
    pub(crate) open: Money,
}

#[derive(Clone, Debug)]
pub(crate) struct PaymentRow {
    /// Our id, which is its address.
    pub(crate) id: PaymentId,
    /// The day it arrived, or else was started.
    pub(crate) on: Date,
    /// What arrived, or else what the payer set out to pay.
    pub(crate) amount: Money,
    pub(crate) state: State,
}

/// Why money did not come, as far as a payer can use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decline {
    InsufficientFunds,
    Expired,
    /// A number was mistyped.
    WrongDetails,
    /// The bank could not confirm that it was them.
    NotAuthenticated,
    /// Not this kind of card or account.
    NotAccepted,
    /// Over a limit.
    OverLimit,
    AccountClosed,
    /// The bank refused the debit.
    DebitRefused,
    /// Out of order for a moment.
    TryLater,
    /// Refused, with no reason the payer may be told.
    Refused,
}

/// A payment with its invoices as they stand now.
pub(crate) fn payment_view(
    payment: &Payment,
    invoices: &BTreeMap<InvoiceId, InvoiceHead>,
    back: Option<String>,
    business: &Business,
    now: Timestamp,
) -> PaymentView {
    let open_page = payment.checkout().filter(|page| payment.state().checkout_is_live() && page.expires_at > now);
    // What an operator has taken back altogether is not the payer's concern.
    let covered = payment.allocations().iter().filter(|part| !part.withdrawn_by_operator || !part.applied.is_zero());
    PaymentView {
        id: payment.id().clone(),
        state: payment.state(),
        amount: payment.amount(),
        received: payment.received(),
        refunded: payment.refunded(),
        charged_back: payment.charged_back(),
        unapplied: payment.unapplied(),
        suspense: payment.suspense().to_vec(),
        arrived: payment.arrived(),
        allocations: covered.map(|allocation| allocation_view(allocation, invoices)).collect(),
        checkout: open_page.map(|page| page.url.clone()),
        is_charge: payment.charge().is_some(),
        decline: decline_of(payment),
        settled_on: payment.settled_at().map(|at| business.time_zone.date_at(at)),
        back,
    }
}

/// A row of a list of payments.
pub(crate) fn payment_row(payment: &Payment, business: &Business) -> PaymentRow {
    PaymentRow {
        id: payment.id().clone(),
        on: business.time_zone.date_at(payment.settled_at().unwrap_or(payment.started_at())),
        amount: if payment.state() == State::Settled { payment.received() } else { payment.amount() },
        state: payment.state(),
    }
}

/// The address at which the invoice can be seen, and paid again where this payment came to nothing.
///
/// A customer who is signed in gets their own account. A key alone, which a forwarded receipt carries, leads to the pay link
/// that the payer came by while that opens, and to no other: else revoking a link would not hold against who has a receipt.
pub(crate) fn invoice_address(payment: &Payment, open_pay_link: Option<String>, is_own: bool) -> Option<String> {
    let in_account = || match payment.allocations() {
        [allocation] => format!("/invoices/{}", allocation.invoice),
        _ => "/invoices".to_owned(),
    };
    match payment.origin() {
        Origin::PayLink(_) => open_pay_link.or_else(|| is_own.then(in_account)),
        // Whoever began in the account can sign in there.
        Origin::Portal => Some(in_account()),
        Origin::Api | Origin::Provider => is_own.then(in_account),
    }
}

fn allocation_view(
    allocation: &receivables::Allocation,
    invoices: &BTreeMap<InvoiceId, InvoiceHead>,
) -> AllocationView {
    let invoice = invoices.get(&allocation.invoice);
    AllocationView {
        number: allocation.number.to_string(),
        intended: allocation.intended,
        applied: allocation.applied,
        open: invoice.map_or(allocation.invoice_open(), |invoice| invoice.balance.open()),
    }
}

fn decline_of(payment: &Payment) -> Option<Decline> {
    let word = payment.decline_word();
    match payment.state() {
        State::Failed => Some(decline_named(word.as_deref().unwrap_or_default())),
        State::Started | State::NeedsAction => word.as_deref().map(decline_named),
        State::Processing | State::Settled | State::Cancelled => None,
    }
}

/// What a provider's word for a decline tells the payer. Words that name a suspicion (lost, stolen, fraudulent) are shown as a
/// plain refusal, as the card schemes demand.
fn decline_named(word: &str) -> Decline {
    match word {
        "insufficient_funds" | "debit_insufficient_funds" => Decline::InsufficientFunds,
        "expired_card" | "invalid_expiry_month" | "invalid_expiry_year" => Decline::Expired,
        "incorrect_cvc" | "invalid_cvc" | "incorrect_number" | "invalid_number" | "incorrect_zip"
        | "incorrect_address" => Decline::WrongDetails,
        "authentication_required" | "payment_intent_authentication_failure" | "authentication_not_handled" => {
            Decline::NotAuthenticated
        }
        "card_not_supported" | "currency_not_supported" | "transaction_not_allowed" | "service_not_allowed" => {
            Decline::NotAccepted
        }
        "card_velocity_exceeded" | "withdrawal_count_limit_exceeded" | "amount_too_large" => Decline::OverLimit,
        "account_closed"
        | "bank_account_closed"
        | "no_account"
        | "invalid_account"
        | "invalid_account_number"
        | "bank_account_unusable" => Decline::AccountClosed,
        "debit_not_authorized" | "debit_declined" | "debit_disputed" | "recipient_deceased" | "refer_to_customer" => {
            Decline::DebitRefused
        }
        "processing_error"
        | "issuer_not_available"
        | "reenter_transaction"
        | "try_again_later"
        | "bank_cannot_process" => Decline::TryLater,
        _ => Decline::Refused,
    }
}
