//! Saved payment methods: what a provider has said of each, merged one way only.
//!
//! A method is the provider's; here is only what a page shows of it and whether it may still be charged. A dead mandate or a
//! removed method never comes back: the provider gives another id.

use jiff::civil::Date;

use crate::provider_object::ObjectId;

/// What is known of a saved method.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
        *self != before
    }

    /// Whether it may be charged, as far as is known.
    pub fn usable(&self) -> bool {
        !self.detached && !self.mandate_ended
    }
}
