//! What can go wrong with an operation: one variant for each reaction of the caller.

use object_storage::StorageError;
use payment_gateway::{Alarm, PayerRemedy, Reaction, RequestError};
use receivables::{Refusal, allocation, credit_note, customer, invoice, pay_link, payment, saved_method};
use store::StoreError;

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// The books refuse: tell the caller which rule.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    /// It does not exist, or not for this caller.
    #[error("not found")]
    NotFound,
    /// Other writers kept changing the same items: try again.
    #[error("contended")]
    Conflict,
    /// The provider refuses what the payer asks for: the payer can choose otherwise.
    #[error("the payment provider refused: {code}")]
    PayerMustChange {
        /// The provider's own code.
        code: String,
        remedy: PayerRemedy,
    },
    /// The provider refuses, and the payer cannot mend it: the business or its program is at fault.
    #[error("the payment provider refused: {code}")]
    ProviderRefused {
        /// The provider's own code.
        code: String,
    },
    /// The tables do not answer: try again later.
    #[error("the tables are unavailable: {0}")]
    TablesUnavailable(String),
    /// A newer version of the program has written what this would change: that version does it, or this one once it is updated.
    #[error("a newer version must do it: {0}")]
    NewerVersion(String),
    /// Another service, such as the provider, does not answer: try again later.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A service does not accept our key: a person must mend the settings, and then the same operation succeeds.
    #[error("misconfigured: {0}")]
    Misconfigured(String),
    /// A bug or a wrong configuration of ours: a person must look.
    #[error("defect: {0}")]
    Defect(String),
}

impl OperationError {
    /// Whether the same operation may succeed later without anyone changing anything.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Conflict | Self::TablesUnavailable(_) | Self::NewerVersion(_) | Self::Unavailable(_) => true,
            Self::Refused(_)
            | Self::NotFound
            | Self::PayerMustChange { .. }
            | Self::ProviderRefused { .. }
            | Self::Misconfigured(_)
            | Self::Defect(_) => false,
        }
    }

    /// Whether what failed was a service or the settings, and not what was asked: the same operation is only to be tried later.
    pub fn is_outage(&self) -> bool {
        self.retryable() || matches!(self, Self::Misconfigured(_))
    }
}

macro_rules! refused {
    ($($refusal:ty)*) => {
        $(
            impl From<$refusal> for OperationError {
                fn from(refusal: $refusal) -> Self {
                    Self::Refused(refusal.into())
                }
            }
        )*
    };
}

// Each command of the books has its own type of refusal; all become `Refused`.
refused! {
    credit_note::IssueRefusal customer::RegisterRefusal invoice::IssueRefusal pay_link::LinkRefusal
    allocation::ApplyRefusal payment::RefundRefusal payment::ReviewRefusal payment::StartRefusal
    saved_method::MethodRefusal
}

impl From<StoreError> for OperationError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(why) => Self::TablesUnavailable(why),
            StoreError::NewerVersion(what) => Self::NewerVersion(what),
            StoreError::Defect(why) => Self::Defect(why),
        }
    }
}

impl From<StorageError> for OperationError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Unavailable(_) => Self::Unavailable(error.to_string()),
            StorageError::Name => Self::Defect(error.to_string()),
        }
    }
}

impl From<RequestError> for OperationError {
    fn from(error: RequestError) -> Self {
        let code = error.code().to_owned();
        match error.reaction() {
            Reaction::Wait => Self::Unavailable(error.to_string()),
            Reaction::AskPayer(remedy) => Self::PayerMustChange { code, remedy },
            // Only a page can do without something.
            Reaction::GoOnWithout(_) | Reaction::AskBusiness | Reaction::Alarm(Alarm::Request | Alarm::KeyReused) => {
                Self::ProviderRefused { code }
            }
            Reaction::Alarm(Alarm::Settings) => Self::Misconfigured(error.to_string()),
            Reaction::Alarm(Alarm::Answer) => Self::Defect(error.to_string()),
        }
    }
}
