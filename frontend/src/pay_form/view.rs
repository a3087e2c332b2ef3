//! The form that pays an invoice, and what can be wrong with what was typed into it.

use operations::{OperationError, PayerRemedy};
use receivables::payment::{ChargeRule, OnlinePayable, StartRefusal};
use receivables::{Currency, Locale, Money, MoneyError, PaymentId, Refusal};

/// Characters taken in the amount field; longer input is not an amount.
pub(crate) const AMOUNT_CHARS_MAX: usize = 40;

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
    /// The provider does not take this card or account.
    OtherMethod,
    /// The provider opens no page, and only the business can mend that.
    NotOnline,
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
            Self::Changed | Self::CheckoutOpen | Self::OtherMethod | Self::NotOnline => false,
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
pub(crate) fn fault_of_refusal(refusal: &Refusal, rule: Option<ChargeRule>, most: Money) -> Option<PayFault> {
    if let Refusal::Amount(amount) = refusal {
        return Some(fault_of(amount.cause, most));
    }
    // No other command is behind the form: what another refuses means that something else has happened.
    let Refusal::Start(refusal) = refusal else { return Some(PayFault::Changed) };
    match refusal {
        StartRefusal::AlreadyPaid | StartRefusal::PaymentOnItsWay => None,
        // Less may have become payable, and of that the provider may charge less still.
        StartRefusal::MoreThanPayable { payable, .. } => {
            OnlinePayable::of_amount(*payable, rule).most().map(PayFault::AtMost)
        }
        StartRefusal::BelowMinimum { minimum } => Some(PayFault::AtLeast(*minimum)),
        StartRefusal::LeavesTooLittle { payable, minimum, .. } => {
            Some(PayFault::LeavesTooLittle { payable: *payable, minimum: *minimum })
        }
        StartRefusal::NothingToPay => Some(PayFault::Zero),
        StartRefusal::CheckoutOpen { .. } => Some(PayFault::CheckoutOpen),
        StartRefusal::Amount(amount) => Some(fault_of(amount.cause, most)),
        StartRefusal::TooManyAllocations { .. }
        | StartRefusal::InvoiceTwice { .. }
        | StartRefusal::OtherCustomer { .. }
        | StartRefusal::OtherCurrency { .. } => Some(PayFault::Changed),
    }
}

/// What the provider's refusal means to the person who pays. `None` where it is not the provider that refuses.
pub(crate) fn fault_of_provider(error: &OperationError) -> Option<PayFault> {
    match error {
        OperationError::PayerMustChange { remedy, .. } => Some(match remedy {
            PayerRemedy::SmallerAmount => PayFault::TooMuchAtOnce,
            PayerRemedy::LargerAmount => PayFault::TooLittleAtOnce,
            PayerRemedy::OtherMethod => PayFault::OtherMethod,
        }),
        OperationError::ProviderRefused { .. } | OperationError::Misconfigured(_) => Some(PayFault::NotOnline),
        OperationError::Refused(_)
        | OperationError::NotFound
        | OperationError::Conflict
        | OperationError::TablesUnavailable(_)
        | OperationError::NewerVersion(_)
        | OperationError::Unavailable(_)
        | OperationError::Defect(_) => None,
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
