//! Starting a payment: what a payer may ask for, and the claim of each invoice's one live checkout.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::fold::next_poll;
use super::{
    ALLOCATIONS_PER_PAYMENT_MAX, Charge, ChargeRule, ChosenMethod, HostedPage, Instrument, OnlinePayable, Opening,
    Payment, Request,
};
use crate::allocation::{ALLOCATIONS_PER_STEP, Allocation};
use crate::currency::Currency;
use crate::decision::{Change, Decision};
use crate::fact::FactKind;
use crate::ids::{CustomerId, PaymentId};
use crate::invoice::{Hold, HoldChange, HolderId, InvoiceChange, InvoiceHead};
use crate::money::{AmountRefusal, Money};

/// How long a hosted page stays open.
pub const PAGE_OPEN_FOR: SignedDuration = SignedDuration::from_hours(23);

/// Why a payment was not started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartRefusal {
    /// No invoice, or nothing of one.
    #[error("expected at least one allocation")]
    NothingToPay,
    /// Too many invoices.
    #[error("expected at most {max} allocations in one payment")]
    TooManyAllocations {
        /// The most invoices there may be.
        max: usize,
    },
    /// One invoice is named twice.
    #[error("expected each invoice at most once")]
    InvoiceTwice {
        /// The path of the invoice: `allocations[1].invoice`.
        field: String,
    },
    /// An invoice of another customer or business.
    #[error("expected invoices of one customer")]
    OtherCustomer {
        /// The path of the invoice.
        field: String,
    },
    /// An invoice, or an amount for it, in another currency.
    #[error("expected invoices in {expected}")]
    OtherCurrency {
        /// The path of the invoice.
        field: String,
        /// The currency of the payment.
        expected: Currency,
    },
    /// Nothing is open on the invoice.
    #[error("the invoice is paid")]
    AlreadyPaid,
    /// A payment covers all that is open, and is on its way.
    #[error("a payment of the whole open amount is on its way")]
    PaymentOnItsWay,
    /// Another checkout of the invoice is open; it is closed first, so that nobody pays twice.
    #[error("another checkout of the invoice is open")]
    CheckoutOpen {
        /// The payment that the checkout belongs to.
        payment: PaymentId,
    },
    /// More than can be paid on an invoice now.
    #[error("expected at most {payable:?}, which is what can be paid on the invoice now")]
    MoreThanPayable {
        /// The path of the amount: `allocations[1].amount`.
        field: String,
        /// What can be paid on the invoice now.
        payable: Money,
    },
    /// Less than the provider charges.
    #[error("expected at least {minimum:?}, the smallest amount that the payment provider takes")]
    BelowMinimum {
        /// The least that the provider charges.
        minimum: Money,
    },
    /// A part that would leave less open than the provider charges, which nobody could pay then.
    #[error("expected all of {payable:?}, or a part that leaves at least {minimum:?} to pay")]
    LeavesTooLittle {
        /// The path of the amount.
        field: String,
        /// The most that can be paid on the invoice.
        payable: Money,
        /// The least that may be left.
        minimum: Money,
    },
    /// An amount that cannot be, or that the provider cannot charge.
    #[error(transparent)]
    Amount(#[from] AmountRefusal),
}

impl StartRefusal {
    /// The field of the command that is at fault, in the API's words.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::NothingToPay | Self::TooManyAllocations { .. } | Self::BelowMinimum { .. } => Some("allocations"),
            Self::AlreadyPaid | Self::PaymentOnItsWay | Self::CheckoutOpen { .. } => None,
            Self::InvoiceTwice { field }
            | Self::OtherCustomer { field }
            | Self::OtherCurrency { field, .. }
            | Self::MoreThanPayable { field, .. }
            | Self::LeavesTooLittle { field, .. } => Some(field),
            Self::Amount(amount) => Some(&amount.field),
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NothingToPay => "nothing_to_pay",
            Self::TooManyAllocations { .. } => "too_many_allocations",
            Self::InvoiceTwice { .. } => "invoice_twice",
            Self::OtherCustomer { .. } => "other_customer",
            Self::OtherCurrency { .. } => "other_currency",
            Self::AlreadyPaid => "already_paid",
            Self::PaymentOnItsWay => "payment_on_its_way",
            Self::CheckoutOpen { .. } => "checkout_open",
            Self::MoreThanPayable { .. } => "more_than_payable",
            Self::BelowMinimum { .. } => "below_minimum",
            Self::LeavesTooLittle { .. } => "leaves_too_little",
            Self::Amount(_) => AmountRefusal::CODE,
        }
    }
}

/// Starts a payment: its record, and its claim of each invoice. What one transaction cannot carry is claimed by the next ones, in
/// order; until the last of them is committed the payment cannot be paid, and no method is charged for it.
pub fn start(request: &Request, now: Timestamp) -> Result<(Payment, Vec<Decision>), StartRefusal> {
    let (first, _) = request.parts.first().ok_or(StartRefusal::NothingToPay)?;
    let (customer, currency) = (first.customer.clone(), first.currency());
    check_parts(&request.parts, &customer, currency)?;
    let amount = Money::sum(currency, request.parts.iter().map(|(_, part)| *part))
        .map_err(|cause| AmountRefusal::new("allocations", cause))?;
    let ChargeRule { minimum, .. } = request.rule;
    if amount.checked_sub(minimum).is_err() {
        return Err(StartRefusal::BelowMinimum { minimum });
    }
    check_charges(&request.parts, request.rule)?;
    let mut payment = first_form(request, amount, now)?;
    let mut decisions = Vec::with_capacity(request.parts.len().div_ceil(ALLOCATIONS_PER_STEP));
    for parts in request.parts.chunks(ALLOCATIONS_PER_STEP) {
        let before = payment.clone();
        payment.version += 1;
        let changes: Vec<Change> = parts.iter().map(|(invoice, part)| claim(&mut payment, invoice, *part)).collect();
        payment.unfinished = payment.allocations.len() < request.parts.len();
        let decision = Decision::new(payment.business.clone(), payment.customer.clone(), now).with_changes(changes);
        decisions.push(if before.allocations.is_empty() {
            decision.with_change(Change::PaymentStarted(Box::new(payment.clone()))).with_facts(
                payment.id.as_str(),
                1,
                [FactKind::PaymentStarted { payment: payment.id.clone(), amount }],
            )
        } else {
            decision.with_change(Change::PaymentChanged { before: Box::new(before), after: Box::new(payment.clone()) })
        });
    }
    Ok((payment, decisions))
}

fn first_form(request: &Request, amount: Money, now: Timestamp) -> Result<Payment, StartRefusal> {
    let (first, _) = request.parts.first().ok_or(StartRefusal::NothingToPay)?;
    let opening = Opening {
        provider: request.provider,
        id: request.id.clone(),
        business: first.business.clone(),
        customer: first.customer.clone(),
        origin: request.origin.clone(),
        locale: request.locale,
        amount,
        instrument: request
            .method
            .as_ref()
            .map_or_else(|| Instrument::Page(HostedPage::default()), |method| Instrument::Charge(charge(method, now))),
    };
    let blank = Payment::blank(opening, now);
    Ok(Payment { next_poll_at: next_poll(&blank, now), ..blank })
}

/// A charge of which nothing is known yet.
fn charge(method: &ChosenMethod, now: Timestamp) -> Charge {
    let ChosenMethod { id, kind, customer } = method.clone();
    let (intent, decline, instead) = (None, None, None);
    Charge { method: id, kind, customer, attempt: 1, requested_at: now, intent, decline, instead }
}

/// The payment holds the invoice: for its one hosted page, or as on its way where it charges a method, which nobody can close.
fn claim(payment: &mut Payment, invoice: &InvoiceHead, part: Money) -> Change {
    let unchanged = InvoiceChange::of(invoice);
    let mut allocation = Allocation::of(invoice, part);
    let until = match &payment.instrument {
        Instrument::Page(_) | Instrument::Outside => {
            allocation.page = true;
            payment.started_at.checked_add(PAGE_OPEN_FOR).ok()
        }
        Instrument::Charge(_) => {
            allocation.pending = part;
            None
        }
    };
    let after = allocation.hold().map(|(kind, amount)| Hold { kind, amount, until });
    let hold = Some(HoldChange { holder: HolderId::from(&payment.id), before: None, after });
    let after = allocation.standing(allocation.applied, allocation.pending, allocation.questioned);
    let change = InvoiceChange { after, hold, ..unchanged };
    allocation.seen.version = change.version_after();
    payment.allocations.push(allocation);
    Change::InvoiceChanged(Box::new(change))
}

fn check_parts(parts: &[(InvoiceHead, Money)], customer: &CustomerId, currency: Currency) -> Result<(), StartRefusal> {
    if parts.len() > ALLOCATIONS_PER_PAYMENT_MAX {
        return Err(StartRefusal::TooManyAllocations { max: ALLOCATIONS_PER_PAYMENT_MAX });
    }
    let mut named = BTreeSet::new();
    for (place, (invoice, part)) in parts.iter().enumerate() {
        let field = |name: &str| format!("allocations[{place}].{name}");
        if !named.insert(&invoice.id) {
            return Err(StartRefusal::InvoiceTwice { field: field("invoice") });
        }
        if invoice.customer != *customer {
            return Err(StartRefusal::OtherCustomer { field: field("invoice") });
        }
        if invoice.currency() != currency || part.currency() != currency {
            return Err(StartRefusal::OtherCurrency { field: field("invoice"), expected: currency });
        }
        let balance = &invoice.balance;
        if balance.open().is_zero() {
            return Err(StartRefusal::AlreadyPaid);
        }
        if balance.payable().is_zero() {
            return Err(StartRefusal::PaymentOnItsWay);
        }
        if let Some(payment) = balance.holds.page() {
            return Err(StartRefusal::CheckoutOpen { payment });
        }
        if part.is_zero() {
            return Err(StartRefusal::NothingToPay);
        }
        if balance.payable().checked_sub(*part).is_err() {
            return Err(StartRefusal::MoreThanPayable { field: field("amount"), payable: balance.payable() });
        }
    }
    Ok(())
}

/// Each part is a multiple of what the provider charges, and what it leaves open is nothing, enough to be paid another time, or
/// so little that no payment could take it.
fn check_charges(parts: &[(InvoiceHead, Money)], rule: ChargeRule) -> Result<(), StartRefusal> {
    for (place, (invoice, part)) in parts.iter().enumerate() {
        let field = || format!("allocations[{place}].amount");
        let online = OnlinePayable::of(&invoice.balance, Some(rule));
        if let Some(payable) = online.most().filter(|_| online.strands_the_rest(*part)) {
            return Err(StartRefusal::LeavesTooLittle { field: field(), payable, minimum: rule.minimum });
        }
        rule.check_step(*part).map_err(|cause| AmountRefusal::new(field(), cause))?;
    }
    Ok(())
}
