//! A payment as its payer sees it: how it stands, what it covers, and why it failed where it did.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use receivables::payment::State;
use receivables::{Business, Invoice, InvoiceId, Money, Payment, PaymentId};

/// A payment.
#[derive(Clone, Debug)]
pub(crate) struct PaymentView {
    /// Our id, which the payer may quote.
    pub(crate) id: PaymentId,
    /// How it stands.
    pub(crate) state: State,
    /// How much was asked for.
    pub(crate) amount: Money,
    /// What came.
    pub(crate) received: Money,
    /// What of it was sent back.
    pub(crate) refunded: Money,
    /// What of it the bank took back.
    pub(crate) charged_back: Money,
    /// What of it covers no invoice.
    pub(crate) unapplied: Money,
    /// What came in another currency.
    pub(crate) suspense: Vec<Money>,
    /// What of a transfer has arrived, before it is whole.
    pub(crate) arrived: Option<Money>,
    /// What it is for.
    pub(crate) allocations: Vec<AllocationView>,
    /// The hosted page, while the payer can still pay there.
    pub(crate) checkout: Option<String>,
    /// Why the money did not come, or why a first attempt on a page that is still open did not work.
    pub(crate) decline: Option<Decline>,
    /// When the money came.
    pub(crate) settled_on: Option<Date>,
    /// Where the payer came from and can start again: the pay link or the invoice.
    pub(crate) back: Option<String>,
}

/// What a payment is for.
#[derive(Clone, Debug)]
pub(crate) struct AllocationView {
    /// The invoice's number.
    pub(crate) number: String,
    /// What the payer meant for it.
    pub(crate) intended: Money,
    /// What is applied to it.
    pub(crate) applied: Money,
    /// What is still open on it now.
    pub(crate) open: Money,
}

/// A payment in a list.
#[derive(Clone, Debug)]
pub(crate) struct PaymentRow {
    /// Our id, which is its address.
    pub(crate) id: PaymentId,
    /// When it arrived, or else was started.
    pub(crate) on: Date,
    /// What came, or else was asked for.
    pub(crate) amount: Money,
    /// How it stands.
    pub(crate) state: State,
}

/// Why money did not come, as far as a payer can use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decline {
    /// Not enough money.
    InsufficientFunds,
    /// The card has expired.
    Expired,
    /// A number was mistyped.
    WrongDetails,
    /// The bank could not confirm that it was them.
    NotAuthenticated,
    /// Not this kind of card or account.
    NotAccepted,
    /// Over a limit.
    OverLimit,
    /// The account is closed.
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
    invoices: &BTreeMap<InvoiceId, Invoice>,
    back: Option<String>,
    business: &Business,
    now: Timestamp,
) -> PaymentView {
    let open_page =
        |checkout: &&receivables::payment::Checkout| payment.state.checkout_is_live() && checkout.expires_at > now;
    // What an operator has taken back altogether is not the payer's concern.
    let covered = payment.allocations.iter().filter(|part| !part.withdrawn_by_operator || !part.applied.is_zero());
    PaymentView {
        id: payment.id.clone(),
        state: payment.state,
        amount: payment.amount,
        received: payment.received,
        refunded: payment.refunded,
        charged_back: payment.charged_back,
        unapplied: payment.unapplied,
        suspense: payment.suspense.clone(),
        arrived: payment.arrived(),
        allocations: covered.map(|allocation| allocation_view(allocation, invoices)).collect(),
        checkout: payment.checkout.as_ref().filter(open_page).map(|checkout| checkout.url.clone()),
        decline: decline_of(payment),
        settled_on: payment.settled_at.map(|at| business.time_zone.date_at(at)),
        back,
    }
}

/// A row of a list of payments.
pub(crate) fn payment_row(payment: &Payment, business: &Business) -> PaymentRow {
    PaymentRow {
        id: payment.id.clone(),
        on: business.time_zone.date_at(payment.settled_at.unwrap_or(payment.started_at)),
        amount: if payment.state == State::Settled { payment.received } else { payment.amount },
        state: payment.state,
    }
}

/// The day on which the last money for an invoice arrived, among payments that were meant for it.
pub(crate) fn last_paid_on(payments: &[Payment], invoice: &Invoice, business: &Business) -> Option<Date> {
    let for_it = |payment: &&Payment| {
        payment.allocations.iter().any(|allocation| allocation.invoice == invoice.id && !allocation.applied.is_zero())
    };
    let last = payments.iter().filter(for_it).filter_map(|payment| payment.settled_at).max();
    last.map(|at| business.time_zone.date_at(at))
}

fn allocation_view(allocation: &receivables::Allocation, invoices: &BTreeMap<InvoiceId, Invoice>) -> AllocationView {
    let now = invoices.get(&allocation.invoice);
    AllocationView {
        number: allocation.number.to_string(),
        intended: allocation.intended,
        applied: allocation.applied,
        open: now.map_or(allocation.balance.open(), |invoice| invoice.balance.open()),
    }
}

fn decline_of(payment: &Payment) -> Option<Decline> {
    let word = payment.provider_state.fold().decline;
    match payment.state {
        State::Failed => Some(decline_named(word.as_deref().unwrap_or_default())),
        State::Started | State::NeedsAction => word.as_deref().map(decline_named),
        State::Processing | State::Settled | State::Cancelled => None,
    }
}

/// What a provider's word for a decline tells the payer. Words that name a suspicion (lost, stolen, fraudulent) are told as a
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
