//! Payments that were not started here: money of a customer of whom the provider told us.
//!
//! Such a payment is made of the reports about it, on the account it belongs to. Nothing was chosen for it, so the books find
//! invoices for it: oldest due first.

use jiff::Timestamp;

use super::{Instrument, Opening, Origin, Payment, fold};
use crate::allocation::{self, ApplyRefusal};
use crate::currency::Currency;
use crate::decision::Decision;
use crate::ids::{BusinessId, CustomerId, PaymentId};
use crate::invoice::{HolderId, InvoiceHead};
use crate::locale::Locale;
use crate::money::Money;
use crate::provider_object::{Provider, ProviderState, Report};

/// What is known of money that came from outside.
#[derive(Clone, Debug)]
pub struct ExternalPayment {
    /// The id, which follows from the provider's object, so that the same money never makes two payments.
    pub id: PaymentId,
    /// The business that it belongs to.
    pub business: BusinessId,
    /// The customer on whose account it stands.
    pub customer: CustomerId,
    /// Who took the money.
    pub provider: Provider,
    /// How the customer reads.
    pub locale: Locale,
    /// The invoices an operator, or the payment itself, says it is for; none where the books find them, oldest due first. What these
    /// leave over is kept on account.
    pub parts: Vec<(InvoiceHead, Money)>,
    /// Nothing says what it is for: it is kept and proposed to a person, unless it is a bank transfer.
    pub propose: bool,
}

/// Makes a payment of the reports, which it has then applied, where they speak of money that came. Of money in two currencies at
/// once the larger part decides the currency. `None` where no money came.
pub fn start_external(
    external: ExternalPayment,
    reports: &[Report],
    now: Timestamp,
) -> Result<Option<(Payment, Decision)>, ApplyRefusal> {
    let mut provider_state = ProviderState::default();
    for report in reports {
        provider_state.merge(report);
    }
    let folded = provider_state.fold();
    let Some(amount) = folded.received.amounts().max_by_key(|amount| amount.minor()) else { return Ok(None) };
    let ExternalPayment { id, business, customer, provider, locale, parts, propose } = external;
    let (origin, instrument) = (Origin::Provider, Instrument::Outside);
    let before = Payment::blank(Opening { id, business, customer, provider, origin, locale, amount, instrument }, now);
    let mut payment = Payment { provider_state, proposed: propose, ..before.clone() };
    if !parts.is_empty() {
        let (aside, own) = (payment.set_aside(), HolderId::from(&before.id));
        allocation::apply(&mut payment.allocations, amount, &before.customer, &parts, &aside, Some(&own))?;
        let meant = Money::sum(amount.currency(), parts.iter().map(|(_, part)| *part)).unwrap_or(amount);
        payment.cash.on_account = amount.less(meant);
        payment.cash.kept = payment.cash.on_account;
    }
    Ok(Some(fold::begin_external(&before, payment, now)))
}

/// Whether reports speak of money that came.
pub fn mention_cash(reports: &[Report]) -> bool {
    reports.iter().any(|report| report.state.received().is_some_and(|received| !received.is_empty()))
}

/// Whether reports say that the money comes by a bank transfer.
pub fn mention_transfer(reports: &[Report]) -> bool {
    reports.iter().any(|report| report.state.intent().is_some_and(|intent| intent.by_transfer))
}

/// How much came by all that is reported, in a currency.
pub fn mentioned_cash(reports: &[Report], currency: Currency) -> Money {
    let mut provider_state = ProviderState::default();
    for report in reports {
        provider_state.merge(report);
    }
    provider_state.fold().received.in_currency(currency)
}
