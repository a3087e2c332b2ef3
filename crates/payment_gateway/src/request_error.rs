//! Why a request to a provider failed.

use std::fmt;

use receivables::{Currency, Money, MoneyError};

use crate::meaning::Unreadable;
use crate::reaction::{Alarm, PayerRemedy, Reaction};

/// Why something cannot be requested of a provider at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// The order has no lines.
    #[error("a checkout needs at least one line")]
    NoLines,
    /// The lines do not add up.
    #[error(transparent)]
    Sum(#[from] MoneyError),
    /// The provider does not take the currency.
    #[error("{provider} does not take {currency}")]
    CurrencyNotTaken {
        /// The provider's name, for people.
        provider: &'static str,
        currency: Currency,
    },
    /// The amount is finer than what the provider can charge.
    #[error("expected a multiple of {} {}", .step.to_plain(), .step.currency())]
    TooFine {
        /// The provider's step: every amount must be a multiple of it.
        step: Money,
    },
    /// The amount is too large for the provider's numbers.
    #[error("{provider} has no number for so much {currency}")]
    TooLarge {
        /// The provider's name, for people.
        provider: &'static str,
        currency: Currency,
    },
}

impl OrderError {
    /// A word for it, as a provider would have one.
    fn code(&self) -> &'static str {
        match self {
            Self::NoLines => "no_lines",
            Self::Sum(_) => "lines_do_not_add_up",
            Self::CurrencyNotTaken { .. } => "currency_not_supported",
            Self::TooFine { .. } => "amount_too_fine",
            Self::TooLarge { .. } => "amount_too_large",
        }
    }

    fn reaction(&self) -> Reaction {
        match self {
            Self::CurrencyNotTaken { .. } => Reaction::AskBusiness,
            Self::TooLarge { .. } => Reaction::AskPayer(PayerRemedy::SmallerAmount),
            Self::NoLines | Self::Sum(_) | Self::TooFine { .. } => Reaction::Alarm(Alarm::Request),
        }
    }
}

/// Why a request failed. [`RequestError::reaction`] says what is done about it.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The order cannot be requested of the provider.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// The provider understood and refused; asking again would not help.
    #[error("the provider refuses the request: {code}")]
    Refused {
        /// The provider's error code, or its word for the kind of error.
        code: String,
        /// What is done about it.
        reaction: Reaction,
        /// The provider's sentence, for an operator. It may quote what was sent, so it is not logged.
        message: String,
        /// The parameter at fault, where the provider names one.
        param: Option<String>,
    },
    /// No answer came. Whether anything happened is unknown: ask again with the same key.
    #[error("the provider does not answer; whether the request was carried out is unknown")]
    Unreachable,
    /// Too many requests in a short time.
    #[error("the provider wants fewer requests")]
    RateLimited,
    /// The provider has a fault, or is still busy with the same request.
    #[error("the provider is not able to answer now (status {status})")]
    Unavailable { status: u16 },
    /// The key is wrong or lacks a permission, or an address of ours is wrong: a person must correct the settings.
    #[error("the provider does not accept our settings (status {status}: {code})")]
    Misconfigured {
        /// The HTTP status; 0 where the request could not even be written.
        status: u16,
        /// The provider's error code, or its word for the kind of error.
        code: String,
    },
    /// No account at the provider is configured: a person must correct the settings.
    #[error("no account at this payment provider is configured")]
    NoAccount,
    /// The provider's answer cannot be understood.
    #[error("the provider's answer cannot be understood: {reason}")]
    Unreadable {
        /// What could not be understood; it quotes nothing of the answer.
        reason: String,
    },
}

impl RequestError {
    /// What is done about it.
    pub fn reaction(&self) -> Reaction {
        match self {
            Self::Order(error) => error.reaction(),
            Self::Refused { reaction, .. } => *reaction,
            Self::Unreachable | Self::RateLimited | Self::Unavailable { .. } => Reaction::Wait,
            Self::Misconfigured { .. } | Self::NoAccount => Reaction::Alarm(Alarm::Settings),
            Self::Unreadable { .. } => Reaction::Alarm(Alarm::Answer),
        }
    }

    /// The provider's code for it, or a word of ours.
    pub fn code(&self) -> &str {
        match self {
            Self::Order(error) => error.code(),
            Self::Refused { code, .. } | Self::Misconfigured { code, .. } => code,
            Self::Unreachable => "unreachable",
            Self::RateLimited => "rate_limited",
            Self::Unavailable { .. } => "unavailable",
            Self::NoAccount => "no_account",
            Self::Unreadable { .. } => "unreadable",
        }
    }

    /// Whether asking again later, with the same key, may succeed.
    pub fn retryable(&self) -> bool {
        self.reaction() == Reaction::Wait
    }
}

impl fmt::Debug for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestError({self})")
    }
}

impl From<Unreadable> for RequestError {
    fn from(error: Unreadable) -> Self {
        Self::Unreadable { reason: error.reason.into_owned() }
    }
}
