//! The words of every message, one complete set per language.
//!
//! A set is a `const` of one struct: a word that is missing in a language does not compile. Amounts and dates arrive as text,
//! already written for the reader.

mod en;
mod fr;

use receivables::Language;

/// Words of one language. Phrases with gaps are functions from what fills them.
pub(crate) struct Words {
    /// What stands between a label and its value.
    pub(crate) colon: &'static str,
    /// From the customer's name.
    pub(crate) greeting: fn(&str) -> String,
    /// Before an address to be copied.
    pub(crate) copy_address: &'static str,
    /// From the business's address.
    pub(crate) questions: fn(&str) -> String,
    /// From the amount and the business's name.
    pub(crate) receipt_subject: fn(&str, &str) -> String,
    /// The document's name.
    pub(crate) receipt_title: &'static str,
    /// From the amount and the date.
    pub(crate) receipt_lead: fn(&str, &str) -> String,
    /// From the number of an invoice.
    pub(crate) invoice: fn(&str) -> String,
    /// Nothing of the invoice is open any more.
    pub(crate) paid_in_full: &'static str,
    /// From what is still open of the invoice.
    pub(crate) still_open: fn(&str) -> String,
    /// From how many invoices are not listed; at least one.
    pub(crate) more_invoices: fn(usize) -> String,
    /// Money that covers no invoice yet.
    pub(crate) unapplied: &'static str,
    /// What becomes of it.
    pub(crate) unapplied_note: &'static str,
    /// The label of the whole amount.
    pub(crate) total: &'static str,
    /// The label of the payment's id.
    pub(crate) payment_reference: &'static str,
    /// The button to the payment's page.
    pub(crate) view_payment: &'static str,
    /// From the business's name: why the receipt came.
    pub(crate) receipt_why: fn(&str) -> String,
    /// From the business's name.
    pub(crate) sign_in_subject: fn(&str) -> String,
    /// The heading, from the business's name.
    pub(crate) sign_in_title: fn(&str) -> String,
    /// From the business's name.
    pub(crate) sign_in_lead: fn(&str) -> String,
    /// The button to the page that signs in.
    pub(crate) sign_in_button: &'static str,
    /// Before the code.
    pub(crate) sign_in_code: &'static str,
    /// From the minutes that link and code live.
    pub(crate) sign_in_validity: fn(u16) -> String,
    /// From the business's name: nobody asks for the code.
    pub(crate) sign_in_never_asked: fn(&str) -> String,
    /// For a reader who asked for nothing.
    pub(crate) sign_in_not_you: &'static str,
    /// From the business's name: why the message came.
    pub(crate) sign_in_why: fn(&str) -> String,
}

impl Words {
    /// The words of a language.
    pub(crate) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &en::WORDS,
            Language::French => &fr::WORDS,
        }
    }
}
