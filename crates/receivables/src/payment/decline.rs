//! Why a charge brought no money, and what can be done about it, in words of ours.

/// Why a charge brought no money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decline {
    /// The reason.
    pub reason: DeclineReason,
    /// What can be done about it.
    pub remedy: Remedy,
    /// The provider's own word.
    pub word: String,
    /// The method will never succeed: it is not charged again.
    pub ends_method: bool,
}

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word for it in the API.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// The one of a word.
            pub fn named(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == word)
            }
        }
    };
}

words! {
    /// A reason, as far as it makes a difference to anybody.
    DeclineReason {
        /// The owner must confirm it to their bank.
        AuthenticationRequired = "authentication_required",
        /// There is not enough money on the account.
        InsufficientFunds = "insufficient_funds",
        /// The amount is over a limit of the method.
        OverLimit = "over_limit",
        /// The bank, or the provider, is out of order for a moment.
        BankUnavailable = "bank_unavailable",
        /// The card has expired.
        Expired = "expired",
        /// A number of the method is wrong.
        WrongDetails = "wrong_details",
        /// The card was reported lost, stolen or misused, or is barred.
        Barred = "barred",
        /// The account is closed, or there is none.
        AccountClosed = "account_closed",
        /// The owner's authority has ended, or was never given to their bank.
        NotAuthorised = "not_authorised",
        /// The provider has the method no more.
        MethodRemoved = "method_removed",
        /// The method is not for payments of this kind or currency.
        NotSupported = "not_supported",
        /// Only the business can mend it, in its account at the provider.
        ProviderRefused = "provider_refused",
        /// The bank refuses and does not say why.
        Refused = "refused",
    }
}

words! {
    /// What can be done about a decline.
    Remedy {
        /// The customer must be there: they pay on a page.
        AskTheCustomer = "ask_the_customer",
        /// The same method may succeed another day.
        TryLater = "try_later",
        /// This method will not do.
        UseAnotherMethod = "use_another_method",
        /// The business looks at its account at the provider.
        CheckTheProviderAccount = "check_the_provider_account",
    }
}
