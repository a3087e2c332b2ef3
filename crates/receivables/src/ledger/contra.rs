//! Contra accounts: what stands on the other side of a leg.

use std::fmt;
use std::str::FromStr;

use crate::journal::JournalAccount;

/// Why a text names no contra account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the word of a contra account")]
pub struct ContraError;

/// One line for each: its meaning, its name, the word under which it is stored and shown, and its account in the journal.
macro_rules! contras {
    ($($(#[$doc:meta])* $name:ident = $word:literal on $account:ident;)*) => {
        /// The account on the other side of a leg: what the customer's account is moved by, or against.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Contra {
            $($(#[$doc])* $name,)*
        }

        impl Contra {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word in the ledger, in the API and in files.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// Its account in the journal.
            pub fn journal_account(self) -> JournalAccount {
                match self { $(Self::$name => JournalAccount::$account,)* }
            }
        }
    };
}

contras! {
    /// What an invoice demands, tax included.
    Invoiced = "invoiced" on Invoiced;
    /// Money of a payment.
    Cash = "cash" on Clearing;
    /// The amount of a credit note.
    Credit = "credit" on Credited;
    /// Unapplied cash of the other account, where money is handed from one to another.
    Unapplied = "unapplied" on CustomerCredit;
    /// What is not expected any more.
    WriteOff = "write_off" on WrittenOff;
    /// What a customer will not or cannot pay.
    BadDebt = "bad_debt" on BadDebts;
    /// Money that the business sends the customer by its bank.
    CustomerRefund = "customer_refund" on CustomerRefunds;
    /// A discount for paying early, without its tax.
    Discount = "discount" on Discounts;
    /// Tax of what a customer need not pay, or pays besides.
    Tax = "tax" on Tax;
    /// What is charged for paying late, without its tax.
    Charge = "charge" on Charges;
    /// What passes from one currency into another, and what is gained or lost by it.
    Exchange = "exchange" on Exchange;
}

impl fmt::Display for Contra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Contra {
    type Err = ContraError;

    fn from_str(word: &str) -> Result<Self, ContraError> {
        Self::ALL.iter().copied().find(|contra| contra.as_str() == word).ok_or(ContraError)
    }
}
