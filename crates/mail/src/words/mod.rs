//! The sentences of every message, one complete set per language.
//!
//! A set is a `const` of one struct: a sentence that is missing in a language does not compile. Amounts and dates arrive as
//! text, already written for the reader.

mod en;
mod fr;

use receivables::Language;

/// The sentences of one language. Sentences with gaps are functions of the values that fill them.
pub(crate) struct Words {
    /// What stands between a label and its value.
    pub(crate) colon: &'static str,
    /// Takes the customer's name.
    pub(crate) greeting: fn(&str) -> String,
    /// Before an address to be copied.
    pub(crate) copy_address: &'static str,
    /// Takes the business's e-mail address.
    pub(crate) questions: fn(&str) -> String,
    /// Takes the amount and the business's name.
    pub(crate) receipt_subject: fn(&str, &str) -> String,
    pub(crate) receipt_title: &'static str,
    /// Takes the amount and the date.
    pub(crate) receipt_lead: fn(&str, &str) -> String,
    /// Takes the invoice's number.
    pub(crate) invoice: fn(&str) -> String,
    /// Nothing of the invoice is open any more.
    pub(crate) paid_in_full: &'static str,
    /// Takes the amount still open of the invoice.
    pub(crate) still_open: fn(&str) -> String,
    /// Takes the number of invoices that are not listed, which is at least one.
    pub(crate) more_invoices: fn(usize) -> String,
    /// Money that covers no invoice yet.
    pub(crate) unapplied: &'static str,
    /// What will happen to the unapplied cash.
    pub(crate) unapplied_note: &'static str,
    /// The label of the whole amount.
    pub(crate) total: &'static str,
    /// The label of the payment's id.
    pub(crate) payment_reference: &'static str,
    /// The button to the payment's page.
    pub(crate) view_payment: &'static str,
    /// Takes the business's name; says why the receipt came.
    pub(crate) receipt_why: fn(&str) -> String,
    /// Takes the business's name.
    pub(crate) sign_in_subject: fn(&str) -> String,
    /// The heading; takes the business's name.
    pub(crate) sign_in_title: fn(&str) -> String,
    /// Takes the business's name.
    pub(crate) sign_in_lead: fn(&str) -> String,
    /// The button to the page that signs in.
    pub(crate) sign_in_button: &'static str,
    /// Stands before the code.
    pub(crate) sign_in_code: &'static str,
    /// Takes the minutes for which link and code are valid.
    pub(crate) sign_in_validity: fn(u16) -> String,
    /// Takes the business's name; says that nobody will ask for the code.
    pub(crate) sign_in_never_asked: fn(&str) -> String,
    /// For a reader who did not ask to sign in.
    pub(crate) sign_in_not_you: &'static str,
    /// Takes the business's name; says why the message came.
    pub(crate) sign_in_why: fn(&str) -> String,
}

impl Words {
    /// The sentences of a language.
    pub(crate) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &en::WORDS,
            Language::French => &fr::WORDS,
        }
    }
}
