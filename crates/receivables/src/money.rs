//! Amounts of money.
//!
//! [`Money`] is a whole number of minor units with its currency and is never negative. [`Balance`] is the signed sum of
//! such amounts. There are no `+` and `*`: every operation names what it does and says when it cannot. No unit is ever
//! lost: [`Money::split`] and [`Money::allocate`] hand out exactly what they were given.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};

use crate::currency::Currency;

/// The largest amount, in minor units: a hundred million million, far inside both `i64` and DynamoDB's numbers.
pub const MINOR_MAX: i64 = 100_000_000_000_000;

/// An amount that is owed, paid or applied. Never negative.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// Why an amount cannot be, or why two amounts do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The text is no plain decimal number.
    #[error("expected a decimal number such as 120.50, without spaces, signs or thousands separators")]
    NotANumber,
    /// The amount is below zero.
    #[error("expected an amount of zero or more")]
    Negative,
    /// More digits after the point than the currency has.
    #[error("expected at most {0} digits after the decimal point")]
    TooPrecise(u32),
    /// Over [`MINOR_MAX`].
    #[error("the amount is larger than can be booked")]
    TooLarge,
    /// The two amounts are of different currencies.
    #[error("expected {0}, got {1}")]
    OtherCurrency(Currency, Currency),
    /// There are no shares, or all weigh zero.
    #[error("expected at least one share of some weight")]
    NoShares,
}

impl Money {
    /// An amount of so many minor units.
    pub fn new(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        match minor {
            i64::MIN..0 => Err(MoneyError::Negative),
            0..=MINOR_MAX => Ok(Self { minor, currency }),
            _ => Err(MoneyError::TooLarge),
        }
    }

    /// Zero, in a currency.
    pub fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Reads the API's form: digits, optionally a point and at most as many digits as the currency has (`120.50`).
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        if text.starts_with('-') && Decimal::from_str_exact(text).is_ok() {
            return Err(MoneyError::Negative);
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || text.ends_with('.') {
            return Err(MoneyError::NotANumber);
        }
        let exponent = currency.exponent();
        let places = u32::try_from(fraction.len()).unwrap_or(u32::MAX);
        if places > exponent {
            return Err(MoneyError::TooPrecise(exponent));
        }
        let units: i64 = whole.parse().map_err(|_| MoneyError::TooLarge)?;
        let cents: i64 = if fraction.is_empty() { 0 } else { fraction.parse().map_err(|_| MoneyError::TooLarge)? };
        let scaled = units.checked_mul(10_i64.pow(exponent)).ok_or(MoneyError::TooLarge)?;
        let minor = scaled.checked_add(cents.saturating_mul(10_i64.pow(exponent - places)));
        Self::new(minor.ok_or(MoneyError::TooLarge)?, currency)
    }

    /// The whole number of minor units.
    pub fn minor(self) -> i64 {
        self.minor
    }

    /// The currency, which fixes what a minor unit is.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// Whether the amount is zero.
    pub fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// The sum; an error where the currencies differ or it is too large.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Self::new(self.minor + other.minor, self.currency)
    }

    /// The difference; [`MoneyError::Negative`] where `other` is more.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Self::new(self.minor - other.minor, self.currency)
    }

    /// The difference, or nothing where `other` is more or of another currency.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        self.checked_sub(other).unwrap_or(Self::zero(self.currency))
    }

    /// The smaller of two amounts of one currency; nothing where the currencies differ.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        if self.currency == other.currency {
            Self { minor: self.minor.min(other.minor), currency: self.currency }
        } else {
            Self::zero(self.currency)
        }
    }

    /// The sum of many amounts of one currency.
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::checked_add)
    }

    /// A rate or quantity of the amount, rounded half up (away from zero) to the minor unit, as tax authorities and
    /// EN 16931 (BR-CO-17) count.
    pub fn times_round_half_up(self, factor: Decimal) -> Result<Self, MoneyError> {
        let product = Decimal::from(self.minor).checked_mul(factor).ok_or(MoneyError::TooLarge)?;
        let rounded = product.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
        Self::new(i64::try_from(rounded).map_err(|_| MoneyError::TooLarge)?, self.currency)
    }

    /// So many parts, as even as can be; earlier parts are the larger by one unit.
    pub fn split(self, parts: usize) -> Result<Vec<Self>, MoneyError> {
        self.allocate(&vec![1; parts])
    }

    /// Shares in proportion to the weights, by largest remainder, earlier first among equals. The shares add up to the amount.
    pub fn allocate(self, weights: &[u32]) -> Result<Vec<Self>, MoneyError> {
        let whole: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        if whole == 0 {
            return Err(MoneyError::NoShares);
        }
        let amount = i128::from(self.minor);
        let mut shares: Vec<(usize, i128, i128)> = weights
            .iter()
            .enumerate()
            .map(|(place, weight)| (place, amount * i128::from(*weight) / whole, amount * i128::from(*weight) % whole))
            .collect();
        let given: i128 = shares.iter().map(|(_, share, _)| share).sum();
        let left = usize::try_from(amount - given).map_err(|_| MoneyError::TooLarge)?;
        shares.sort_by_key(|(place, _, rest)| (std::cmp::Reverse(*rest), *place));
        for (_, share, _) in shares.iter_mut().take(left) {
            *share += 1;
        }
        shares.sort_by_key(|(place, _, _)| *place);
        shares
            .into_iter()
            .map(|(_, share, _)| Self::new(i64::try_from(share).map_err(|_| MoneyError::TooLarge)?, self.currency))
            .collect()
    }

    /// The API's form: `120.50`, `500`, `1.234`.
    pub fn to_plain(self) -> String {
        plain(self.minor, self.currency)
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::OtherCurrency(self.currency, other.currency))
        }
    }
}

/// An amount in a command that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct AmountRefusal {
    /// The path of the amount in the command, in the API's words: `lines[0].unit_price`.
    pub field: String,
    /// The rule of money that it breaks.
    pub cause: MoneyError,
}

impl AmountRefusal {
    /// The stable word for programs.
    pub const CODE: &'static str = "amount";

    /// The refusal of the amount in a field.
    pub fn new(field: impl Into<String>, cause: MoneyError) -> Self {
        Self { field: field.into(), cause }
    }
}

/// A signed sum of money: what an account owes (positive) or has in its favour (negative).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Balance {
    minor: i64,
    currency: Currency,
}

impl Balance {
    /// A sum of so many minor units, of either sign.
    pub fn new(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        if minor.unsigned_abs() > MINOR_MAX.unsigned_abs().saturating_mul(1_000) {
            return Err(MoneyError::TooLarge);
        }
        Ok(Self { minor, currency })
    }

    /// A balance of zero, in a currency.
    pub fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// The balance of an amount that is owed.
    pub fn owed(amount: Money) -> Self {
        Self { minor: amount.minor, currency: amount.currency }
    }

    /// What is in the customer's favour.
    pub fn in_favour(amount: Money) -> Self {
        Self { minor: -amount.minor, currency: amount.currency }
    }

    /// The signed number of minor units.
    pub fn minor(self) -> i64 {
        self.minor
    }

    /// The currency, which fixes what a minor unit is.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// Whether nothing is owed either way.
    pub fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// The sum; an error where the currencies differ or it is too large.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::OtherCurrency(self.currency, other.currency));
        }
        Self::new(self.minor.checked_add(other.minor).ok_or(MoneyError::TooLarge)?, self.currency)
    }

    /// The same with the sign turned.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { minor: -self.minor, currency: self.currency }
    }

    /// Its size without its sign.
    pub fn magnitude(self) -> Money {
        Money { minor: self.minor.abs(), currency: self.currency }
    }

    /// The API's form, with a leading minus where it is in the customer's favour.
    pub fn to_plain(self) -> String {
        plain(self.minor, self.currency)
    }
}

fn plain(minor: i64, currency: Currency) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let exponent = currency.exponent();
    let size = minor.unsigned_abs();
    if exponent == 0 {
        return format!("{sign}{size}");
    }
    let unit = 10_u64.pow(exponent);
    let width = usize::try_from(exponent).unwrap_or_default();
    format!("{sign}{}.{:0width$}", size / unit, size % unit)
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_plain(), self.currency)
    }
}

impl fmt::Debug for Balance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_plain(), self.currency)
    }
}
