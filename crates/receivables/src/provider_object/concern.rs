//! Doubts of the provider's about a payment, which a person should look at.

/// What is known of a doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConcernState {
    /// Of which kind.
    pub kind: ConcernKind,
    /// It is over.
    pub closed: bool,
    /// Why, in the provider's word.
    pub reason: Option<String>,
}

/// The kinds of doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConcernKind {
    /// The issuer suspects fraud; a chargeback may follow.
    FraudWarning,
    /// The provider holds the payment for a person to look at.
    Review,
}

impl ConcernKind {
    /// The word for it in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FraudWarning => "fraud_warning",
            Self::Review => "provider_review",
        }
    }
}

impl ConcernState {
    pub(super) fn merge(&mut self, other: &Self) {
        self.kind = self.kind.max(other.kind);
        self.closed |= other.closed;
        self.reason = self.reason.clone().max(other.reason.clone());
    }
}
