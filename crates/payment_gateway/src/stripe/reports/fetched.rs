//! The kinds of object that we read, each under its own name: in events of a family, in thin events, in fetches.

use serde_json::value::RawValue;

use super::{charge, checkout, concern, dispute, intent, method, payout, refund};
use crate::meaning::{Meaning, Unreadable};

/// An object that can be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetchable {
    Checkout,
    Intent,
    Charge,
    Refund,
    /// A chargeback or an inquiry.
    Chargeback,
    /// The issuer's early warning of fraud.
    FraudWarning,
    /// A payment held for a person to look at.
    Review,
    Method,
    /// The setup intent that saved a method.
    Setup,
    /// The customer's authority behind a method.
    Mandate,
    Payout,
}

impl Fetchable {
    /// Every kind, for tests and look-ups by name.
    pub const ALL: [Self; 11] = [
        Self::Checkout,
        Self::Intent,
        Self::Charge,
        Self::Refund,
        Self::Chargeback,
        Self::FraudWarning,
        Self::Review,
        Self::Method,
        Self::Setup,
        Self::Mandate,
        Self::Payout,
    ];

    /// Stripe's name for such an object.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Checkout => checkout::OBJECT,
            Self::Intent => intent::OBJECT,
            Self::Charge => charge::OBJECT,
            Self::Refund => refund::OBJECT,
            Self::Chargeback => dispute::OBJECT,
            Self::FraudWarning => concern::WARNING,
            Self::Review => concern::REVIEW,
            Self::Method => method::OBJECT,
            Self::Setup => method::SETUP,
            Self::Mandate => method::MANDATE,
            Self::Payout => payout::OBJECT,
        }
    }

    /// The kind of an object by Stripe's name.
    pub(super) fn of_object(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The kind of object that events of a type are about.
    pub(super) fn of_event(kind: &str) -> Option<Self> {
        if kind.starts_with(dispute::FAMILY) {
            Some(Self::Chargeback)
        } else if kind == refund::OF_CHARGE_UPDATED {
            Some(Self::Refund)
        } else {
            let (family, _) = kind.rsplit_once('.')?;
            Self::of_object(family)
        }
    }

    pub(super) fn read(self, object: &RawValue, kind: Option<&str>) -> Result<Meaning, Unreadable> {
        Ok(match self {
            Self::Checkout => Meaning::of_reports(checkout::read(object, kind)?),
            Self::Intent => Meaning::of_intent(intent::read(object, kind)?, method::kept_with_money(object)?),
            Self::Charge => Meaning::of_reports(charge::read(object, kind)?),
            Self::Refund => Meaning::of_reports(vec![refund::read(object, kind)?]),
            Self::Chargeback => Meaning::of_reports(vec![dispute::read(object, kind)?]),
            Self::FraudWarning => Meaning::of_reports(vec![concern::warning(object)?]),
            Self::Review => Meaning::of_reports(vec![concern::review(object, kind)?]),
            Self::Method => Meaning::of_method(Some(method::read(object, kind)?)),
            Self::Setup => Meaning::of_method(method::setup(object, kind)?),
            Self::Mandate => Meaning::of_method(method::mandate(object)?),
            Self::Payout => Meaning::Payout(payout::read(object, kind)?),
        })
    }
}
