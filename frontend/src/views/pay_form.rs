//! The form that pays an invoice, and what can be wrong with what was typed into it.

use receivables::{Currency, Locale, Money, MoneyError, PaymentId, Refusal};

/// Characters taken in the amount field; longer input is not an amount.
pub const AMOUNT_CHARS_MAX: usize = 40;

/// The form.
#[derive(Clone, Debug)]
pub struct PayForm {
    /// Where it is posted.
    pub action: String,
    /// Minted for this rendering: the once-key of the payment it starts.
    pub payment: PaymentId,
    /// The most that can be paid.
    pub payable: Money,
    /// The least that the provider takes.
    pub minimum: Money,
    /// What was typed, where it is shown again.
    pub typed: Option<String>,
    /// What was wrong with it.
    pub fault: Option<PayFault>,
}

/// Why a payment could not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayFault {
    /// Nothing was typed.
    Missing,
    /// It is no number.
    NotANumber,
    /// It is below zero.
    Negative,
    /// It is zero.
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
    /// The invoice changed meanwhile.
    Changed,
    /// Another checkout is open.
    CheckoutOpen,
}

impl PayFault {
    /// Whether it is about what was typed, and so stands at the field.
    pub fn is_of_the_amount(self) -> bool {
        match self {
            Self::Missing
            | Self::NotANumber
            | Self::Negative
            | Self::Zero
            | Self::TooPrecise(_)
            | Self::AtMost(_)
            | Self::AtLeast(_)
            | Self::LeavesTooLittle { .. } => true,
            Self::Changed | Self::CheckoutOpen => false,
        }
    }
}

/// Reads what was typed into the amount field.
pub fn read_amount(typed: &str, locale: Locale, currency: Currency, payable: Money) -> Result<Money, PayFault> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(PayFault::Missing);
    }
    if typed.chars().count() > AMOUNT_CHARS_MAX {
        return Err(PayFault::NotANumber);
    }
    let amount = locale.parse_amount(typed, currency).map_err(|cause| fault_of(cause, payable))?;
    if amount.is_zero() { Err(PayFault::Zero) } else { Ok(amount) }
}

/// What a refusal of the books means to the person who pays. `None` where the page itself says it by its state.
pub fn fault_of_refusal(refusal: &Refusal, payable: Money) -> Option<PayFault> {
    match refusal {
        Refusal::AlreadyPaid | Refusal::PaymentOnItsWay => None,
        Refusal::MoreThanPayable { payable, .. } => Some(PayFault::AtMost(*payable)),
        Refusal::BelowMinimum { minimum } => Some(PayFault::AtLeast(*minimum)),
        Refusal::LeavesTooLittle { payable, minimum, .. } => {
            Some(PayFault::LeavesTooLittle { payable: *payable, minimum: *minimum })
        }
        Refusal::NothingToPay => Some(PayFault::Zero),
        Refusal::CheckoutOpen { .. } => Some(PayFault::CheckoutOpen),
        Refusal::Amount { cause, .. } => Some(fault_of(*cause, payable)),
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
        | Refusal::NoSuchReview => Some(PayFault::Changed),
    }
}

fn fault_of(cause: MoneyError, payable: Money) -> PayFault {
    match cause {
        MoneyError::NotANumber | MoneyError::NoShares => PayFault::NotANumber,
        MoneyError::Negative => PayFault::Negative,
        MoneyError::TooPrecise(places) => PayFault::TooPrecise(places),
        MoneyError::TooLarge | MoneyError::OtherCurrency(..) => PayFault::AtMost(payable),
    }
}
