//! Saved payment methods: what a provider has said of each, merged one way only.
//!
//! A method is the provider's; here is only what a page shows of it and whether it may still be charged. A dead mandate or a
//! removed method never comes back: the provider gives another id.
//!
//! Saved is not yet allowed: what its owner kept only to see it again on the next page is never charged without them. And a method that a
//! provider declined for good is not tried again.

use jiff::civil::Date;

use crate::currency::Currency;
use crate::payment::DeclineReason;
use crate::provider_object::ObjectId;

/// What is known of a saved method.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is said by itself, and none follows from the others")]
pub struct MethodState {
    /// The provider's customer it belongs to.
    pub customer: Option<ObjectId>,
    /// What it is, in the provider's word: `card`, `sepa_debit`.
    pub kind: Option<String>,
    /// How it looks. A provider renews a card by itself; of two looks the one that lasts longer is the newer.
    pub look: Option<MethodLook>,
    /// The customer's authority behind it, where it is a debit.
    pub mandate: Option<ObjectId>,
    /// It was attached to its customer.
    pub attached: bool,
    /// It was removed, or its customer was.
    pub detached: bool,
    /// The mandate behind it has ended.
    pub mandate_ended: bool,
    /// Its owner agreed that it is charged while they are away.
    pub off_session: bool,
}

/// How a method looks to its owner.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MethodLook {
    /// The last day on which it can be charged, where it says so.
    pub good_until: Option<Date>,
    /// The scheme's or the bank's name.
    pub brand: Option<String>,
    /// The last four digits.
    pub last4: Option<String>,
}

impl std::fmt::Debug for MethodLook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MethodLook(…)")
    }
}

/// That a charge was declined in such a way that the method is not charged again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodEnd {
    /// Why.
    pub reason: DeclineReason,
    /// The day until which it was good then. A card that has expired comes to life again where its provider renews it.
    pub good_until: Option<Date>,
}

/// Why a saved method is not charged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MethodRefusal {
    /// The customer has no such method with a provider that is configured.
    #[error("expected a saved payment method of the customer")]
    NotOfCustomer,
    /// Its owner removed it.
    #[error("expected a payment method that was not removed")]
    Removed,
    /// The mandate behind it has ended.
    #[error("expected a payment method whose mandate has not ended")]
    MandateEnded,
    /// Its owner kept it only to see it again on a page.
    #[error("expected a payment method that its owner has saved for charges while they are away")]
    NoConsent,
    /// A charge of it was declined for good.
    #[error("expected a payment method that works: an earlier charge was declined for good ({})", .0.as_str())]
    Declined(DeclineReason),
    /// It cannot be charged in the currency.
    #[error("expected a payment method that can be charged in {0}")]
    OtherCurrency(Currency),
}

impl MethodRefusal {
    /// The field of the command that is at fault, in the API's words.
    pub const FIELD: &str = "payment_method";

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotOfCustomer => "no_such_payment_method",
            Self::Removed => "payment_method_removed",
            Self::MandateEnded => "mandate_ended",
            Self::NoConsent => "no_consent",
            Self::Declined(_) => "payment_method_declined",
            Self::OtherCurrency(_) => "payment_method_currency",
        }
    }
}

/// One statement of a provider about a method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodReport {
    /// The provider's id of the method.
    pub method: ObjectId,
    /// What is said of it.
    pub state: MethodState,
}

impl MethodState {
    /// Takes in another statement about the same method. Says whether anything was news.
    pub fn merge(&mut self, other: &Self) -> bool {
        let before = self.clone();
        self.customer = self.customer.clone().max(other.customer.clone());
        self.kind = self.kind.clone().max(other.kind.clone());
        self.look = self.look.clone().max(other.look.clone());
        self.mandate = self.mandate.clone().max(other.mandate.clone());
        self.attached |= other.attached;
        self.detached |= other.detached;
        self.mandate_ended |= other.mandate_ended;
        self.off_session |= other.off_session;
        *self != before
    }

    /// Whether it may be charged, as far as is known.
    pub fn usable(&self) -> bool {
        !self.detached && !self.mandate_ended
    }

    /// The end of it that a decline is: what of its look may change again is remembered.
    pub fn ended_by(&self, reason: DeclineReason) -> MethodEnd {
        MethodEnd { reason, good_until: self.look.as_ref().and_then(|look| look.good_until) }
    }

    /// Refuses to charge it while its owner is away, as far as is known, where an earlier decline has perhaps ended it. A printed expiry is
    /// no reason: issuers renew cards silently.
    pub fn check_chargeable(&self, ended: Option<&MethodEnd>) -> Result<(), MethodRefusal> {
        let is_over = |end: &&MethodEnd| {
            let good_until = self.look.as_ref().and_then(|look| look.good_until);
            end.reason != DeclineReason::Expired || good_until <= end.good_until
        };
        if self.detached {
            Err(MethodRefusal::Removed)
        } else if self.mandate_ended {
            Err(MethodRefusal::MandateEnded)
        } else if !self.off_session {
            Err(MethodRefusal::NoConsent)
        } else if let Some(end) = ended.filter(is_over) {
            Err(MethodRefusal::Declined(end.reason))
        } else if !self.attached || self.customer.is_none() {
            Err(MethodRefusal::NotOfCustomer)
        } else {
            Ok(())
        }
    }
}
