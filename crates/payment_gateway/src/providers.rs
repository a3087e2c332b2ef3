//! The list of providers.

use receivables::Provider;

use crate::stripe;

/// The providers that this version knows. A closed enum, so that every `match` covers them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KnownProvider {
    Stripe,
}

impl KnownProvider {
    const ALL: [Self; 1] = [Self::Stripe];

    /// The provider of a name; `None` where this version does not know it.
    pub(crate) fn of(provider: Provider) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == provider.as_str())
    }

    fn name(self) -> &'static str {
        match self {
            Self::Stripe => stripe::NAME,
        }
    }
}

/// The provider of a name such as the one in the address `/webhooks/{provider}/…`; `None` where there is none.
pub fn provider_named(word: &str) -> Option<Provider> {
    word.parse().ok().filter(|provider| KnownProvider::of(*provider).is_some())
}
