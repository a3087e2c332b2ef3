//! The form that pays an invoice, and what can be wrong with what was typed into it.

use operations::OperationError;
use payment_gateway::stripe::currency::charge_rule;
use receivables::payment::ChargeRule;
use receivables::{Currency, Locale, Money, MoneyError, PaymentId, Refusal};

/// Characters taken in the amount field; longer input is not an amount.
pub(crate) const AMOUNT_CHARS_MAX: usize = 40;

/// What of an invoice can be paid online now. Whatever is payable, there is an amount to pay or something to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Online {
    /// There is nothing to pay now.
    Nothing,
    /// Up to so much.
    UpTo {
        /// The most that can be paid.
        most: Money,
        /// What remains even then, because the provider charges whole steps only; nearly always zero.
        unchargeable_remainder: Money,
        /// What the provider charges in the currency.
        rule: ChargeRule,
    },
    /// Less is left than the provider ever takes.
    TooLittle {
        rest: Money,
        /// The least that the provider takes.
        minimum: Money,
    },
    /// Only fractions are left that the provider never charges.
    UnchargeableRemainder { rest: Money },
    /// The provider does not take the currency.
    OtherCurrency,
}

impl Online {
    /// What can be paid online of what is payable.
    pub(crate) fn of(payable: Money) -> Self {
        if payable.is_zero() {
            return Self::Nothing;
        }
        let Some(rule) = charge_rule(payable.currency()) else { return Self::OtherCurrency };
        let most = rule.most_of(payable);
        if rule.is_crumbs(payable) {
            Self::UnchargeableRemainder { rest: payable }
        } else if most.is_zero() {
            Self::TooLittle { rest: payable, minimum: rule.minimum }
        } else {
            Self::UpTo { most, unchargeable_remainder: payable.less(most), rule }
        }
    }

    /// The most that can be paid; nothing where nothing can.
    pub(crate) fn most(&self) -> Option<Money> {
        match self {
            Self::UpTo { most, .. } => Some(*most),
            Self::Nothing | Self::UnchargeableRemainder { .. } | Self::TooLittle { .. } | Self::OtherCurrency => None,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct PayForm {
    pub(crate) action: String,
    /// New for each rendering: the idempotency key of the payment it starts.
    pub(crate) payment: PaymentId,
    /// The most that can be paid.
    pub(crate) most: Money,
    /// The least that the provider takes.
    pub(crate) minimum: Money,
    /// What was typed, where it is shown again.
    pub(crate) typed: Option<String>,
    /// What was wrong with what was typed.
    pub(crate) fault: Option<PayFault>,
}

/// Why a payment could not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PayFault {
    Missing,
    NotANumber,
    Negative,
    Zero,
    /// It has more decimals than the currency.
    TooPrecise(u32),
    /// It is more than can be paid.
    AtMost(Money),
    /// It is less than the provider takes.
    AtLeast(Money),
    /// It would leave less than can be paid online.
    LeavesTooLittle {
        /// What may be paid in all.
        payable: Money,
        /// The least that may be left.
        minimum: Money,
    },
    /// The invoice has changed since the form was shown.
    Changed,
    /// The invoice is being paid on a hosted page that is still open.
    CheckoutOpen,
    /// The provider says that it is too much at once.
    TooMuchAtOnce,
    /// The provider says that it is too little, in a currency of which it published no minimum.
    TooLittleAtOnce,
}

impl PayFault {
    /// Whether it is about what was typed, and so stands at the field.
    pub(crate) fn is_of_the_amount(self) -> bool {
        match self {
            Self::Missing
            | Self::NotANumber
            | Self::Negative
            | Self::Zero
            | Self::TooPrecise(_)
            | Self::AtMost(_)
            | Self::AtLeast(_)
            | Self::TooMuchAtOnce
            | Self::TooLittleAtOnce
            | Self::LeavesTooLittle { .. } => true,
            Self::Changed | Self::CheckoutOpen => false,
        }
    }
}

/// Reads what was typed into the amount field.
pub(crate) fn read_amount(typed: &str, locale: Locale, currency: Currency, most: Money) -> Result<Money, PayFault> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(PayFault::Missing);
    }
    if typed.chars().count() > AMOUNT_CHARS_MAX {
        return Err(PayFault::NotANumber);
    }
    let amount = locale.parse_amount(typed, currency).map_err(|cause| fault_of(cause, most))?;
    if amount.is_zero() { Err(PayFault::Zero) } else { Ok(amount) }
}

/// What a refusal of the books means to the person who pays. `None` where the page itself says it by its state.
pub(crate) fn fault_of_refusal(refusal: &Refusal, most: Money) -> Option<PayFault> {
    match refusal {
        Refusal::AlreadyPaid | Refusal::PaymentOnItsWay => None,
        // Less may have become payable, and of that the provider may charge less still.
        Refusal::MoreThanPayable { payable, .. } => Online::of(*payable).most().map(PayFault::AtMost),
        Refusal::BelowMinimum { minimum } => Some(PayFault::AtLeast(*minimum)),
        Refusal::LeavesTooLittle { payable, minimum, .. } => {
            Some(PayFault::LeavesTooLittle { payable: *payable, minimum: *minimum })
        }
        Refusal::NothingToPay => Some(PayFault::Zero),
        Refusal::CheckoutOpen { .. } => Some(PayFault::CheckoutOpen),
        Refusal::Amount { cause, .. } => Some(fault_of(*cause, most)),
        Refusal::DueBeforeIssue
        | Refusal::LineCount { .. }
        | Refusal::Quantity { .. }
        | Refusal::TaxRate { .. }
        | Refusal::InvoiceImmutable { .. }
        | Refusal::NumberTaken
        | Refusal::ExternalIdTaken
        | Refusal::TooManyAllocations { .. }
        | Refusal::InvoiceTwice { .. }
        | Refusal::OtherCustomer { .. }
        | Refusal::OtherCurrency { .. }
        | Refusal::DayPassed { .. }
        // These answer an operator, never a payer.
        | Refusal::MoreThanUnapplied { .. }
        | Refusal::MoreThanOpen { .. }
        | Refusal::MoreThanApplied { .. }
        | Refusal::GoesElsewhereFirst { .. }
        | Refusal::NotAllocated
        | Refusal::MoreThanRefundable { .. }
        | Refusal::TooManyRefunds { .. }
        | Refusal::NothingReceived
        | Refusal::Unfinished
        | Refusal::NothingToCredit
        | Refusal::MoreThanTolerated { .. }
        | Refusal::NothingWrittenOff
        | Refusal::PaidHere
        | Refusal::SameCustomer
        | Refusal::NothingUnapplied
        | Refusal::StillAllocated { .. }
        | Refusal::NoSuchReview => Some(PayFault::Changed),
    }
}

/// What the provider's own word for its refusal means to the person who pays, where they can do something about it.
pub(crate) fn fault_of_provider(error: &OperationError) -> Option<PayFault> {
    let OperationError::ProviderRefused { code } = error else { return None };
    match code.as_str() {
        "amount_too_large" => Some(PayFault::TooMuchAtOnce),
        "amount_too_small" => Some(PayFault::TooLittleAtOnce),
        _ => None,
    }
}

fn fault_of(cause: MoneyError, most: Money) -> PayFault {
    match cause {
        MoneyError::NotANumber | MoneyError::NoShares => PayFault::NotANumber,
        MoneyError::Negative => PayFault::Negative,
        MoneyError::TooPrecise(places) => PayFault::TooPrecise(places),
        MoneyError::TooLarge | MoneyError::OtherCurrency(..) => PayFault::AtMost(most),
    }
}
