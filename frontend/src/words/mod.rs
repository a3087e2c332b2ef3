//! The words of every page, as a typed catalogue.
//!
//! Each language is one constant of the same type, so a message that a language lacks fails the build. A message with
//! something to fill in is a function; the parts it is given are already written for the reader ([`crate::reader`]). Words
//! of the books that programs read (states, kinds) are not here.

mod english;
mod french;

use receivables::locale::Language;

pub use english::ENGLISH;
pub use french::FRENCH;

/// A fixed message.
pub type Text = &'static str;
/// A message with one thing to fill in.
pub type With = fn(&str) -> String;
/// A message with two things to fill in.
pub type WithTwo = fn(&str, &str) -> String;
/// A message about a number of things.
pub type Count = fn(u32) -> String;

/// The words of a language.
pub fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::French => &FRENCH,
    }
}

/// Everything a page can say.
#[derive(Debug)]
pub struct Words {
    /// What frames every page.
    pub shell: Shell,
    /// Invoices, shown and listed.
    pub invoice: Invoice,
    /// The form that pays one.
    pub pay: Pay,
    /// A payment and what became of it.
    pub payment: Payment,
    /// Signing in and out.
    pub sign_in: SignIn,
    /// The account at a glance.
    pub account: Account,
    /// The statement.
    pub statement: Statement,
    /// What went wrong.
    pub trouble: Trouble,
}

/// What frames every page.
#[derive(Debug)]
pub struct Shell {
    pub description: Text,
    pub skip: Text,
    pub language: Text,
    pub navigation: Text,
    pub overview: Text,
    pub invoices: Text,
    pub statement: Text,
    pub sign_out: Text,
    pub questions: Text,
}

/// Invoices, shown and listed.
#[derive(Debug)]
pub struct Invoice {
    pub heading: With,
    pub due_on: With,
    pub was_due_on: With,
    pub to_pay: Text,
    pub partly_paid: Text,
    pub processing: Text,
    pub overdue: Count,
    pub paid: Text,
    pub summary: Text,
    pub issued_label: Text,
    pub due_label: Text,
    pub order_label: Text,
    pub lines: Text,
    pub description: Text,
    pub quantity: Text,
    pub unit_price: Text,
    pub tax_rate: Text,
    pub net: Text,
    pub net_total: Text,
    pub tax_at: With,
    pub total: Text,
    pub paid_so_far: Text,
    pub pending: Text,
    pub disputed: Text,
    pub written_off: Text,
    pub charged_back: Text,
    pub open: Text,
    pub number_column: Text,
    pub due_column: Text,
    pub status_column: Text,
    pub total_column: Text,
    pub pay_column: Text,
    pub pay: Text,
    pub pay_named: With,
    pub more: Text,
    pub first: Text,
    pub none: Text,
}

/// The form that pays an invoice.
#[derive(Debug)]
pub struct Pay {
    pub amount: With,
    pub range: WithTwo,
    pub button: Text,
    pub reassurance: Text,
    pub paid_on: With,
    pub paid: Text,
    pub all_pending: With,
    pub part_pending: With,
    pub disputed: With,
    pub written_off: With,
    pub charged_back: With,
    pub unchargeable_remainder: With,
    pub only_crumbs: With,
    pub too_small: WithTwo,
    pub other_currency: With,
    pub fault_title: Text,
    pub missing: Text,
    pub not_a_number: With,
    pub negative: Text,
    pub zero: Text,
    pub whole_only: Text,
    pub decimals_max: Count,
    pub at_most: With,
    pub leaves_too_little: WithTwo,
    pub at_least: With,
    pub too_much_at_once: Text,
    pub too_little_at_once: Text,
    pub changed: Text,
    pub checkout_open: Text,
}

/// A payment and what became of it.
#[derive(Debug)]
pub struct Payment {
    pub started: Text,
    pub started_text: With,
    pub closed_text: With,
    pub just_paid: Text,
    pub look_again: Text,
    pub resume: Text,
    pub needs_action: Text,
    pub needs_action_text: With,
    pub processing: Text,
    pub processing_text: With,
    pub partly_arrived: Text,
    pub partly_arrived_text: WithTwo,
    pub settled: Text,
    pub settled_text: WithTwo,
    pub failed: Text,
    pub cancelled: Text,
    pub nothing_taken: Text,
    pub try_again: Text,
    pub covers: Text,
    pub invoice_column: Text,
    pub applied_column: Text,
    pub intended_column: Text,
    pub open_column: Text,
    pub unapplied: With,
    pub refunded: With,
    pub charged_back: With,
    pub suspense: With,
    pub reference: Text,
    pub to_invoice: Text,
    pub declines: Declines,
    pub date_column: Text,
    pub amount_column: Text,
    pub status_column: Text,
    pub state_started: Text,
    pub state_needs_action: Text,
    pub state_processing: Text,
    pub state_settled: Text,
    pub state_failed: Text,
    pub state_cancelled: Text,
}

/// Why money did not come.
#[derive(Debug)]
pub struct Declines {
    pub insufficient_funds: Text,
    pub expired: Text,
    pub wrong_details: Text,
    pub not_authenticated: Text,
    pub not_accepted: Text,
    pub over_limit: Text,
    pub account_closed: Text,
    pub debit_refused: Text,
    pub try_later: Text,
    pub refused: Text,
}

/// Signing in and out.
#[derive(Debug)]
pub struct SignIn {
    pub title: Text,
    pub intro: Text,
    pub email: Text,
    pub send: Text,
    pub email_missing: Text,
    pub email_unreadable: Text,
    pub sent: Text,
    pub sent_text: With,
    pub sent_hint: Text,
    pub code: Text,
    pub button: Text,
    pub code_wrong: Text,
    pub another: Text,
    pub confirm: With,
    pub confirm_text: Text,
    pub link_spent: Text,
    pub link_spent_text: Text,
    pub pay_link_closed: Text,
    pub pay_link_closed_text: Text,
    pub fault_title: Text,
}

/// The account at a glance.
#[derive(Debug)]
pub struct Account {
    pub title: Text,
    pub owed: Text,
    pub in_favour: Text,
    pub nothing_owed: Text,
    pub overdue: Text,
    pub pending: Text,
    pub disputed: Text,
    pub unapplied: Text,
    pub open_invoices: Text,
    pub no_open_invoices: Text,
    pub all_invoices: Text,
    pub payments: Text,
    pub no_payments: Text,
}

/// The statement.
#[derive(Debug)]
pub struct Statement {
    pub title: Text,
    pub period: WithTwo,
    pub period_form: Text,
    pub from: Text,
    pub to: Text,
    pub show: Text,
    pub csv: Text,
    pub kind: Text,
    pub balance_forward: Text,
    pub open_item: Text,
    pub as_of: Text,
    pub as_of_hint: Text,
    pub not_a_date: Text,
    pub from_after_to: Text,
    pub too_long: Text,
    pub as_of_ahead: Text,
    pub as_of_before_from: Text,
    pub no_kind: Text,
    pub no_place: Text,
    pub caption: With,
    pub date_column: Text,
    pub what_column: Text,
    pub change_column: Text,
    pub balance_column: Text,
    pub opening: Text,
    pub closing: Text,
    pub brought_forward: Text,
    pub carried_forward: Text,
    pub earlier: Text,
    pub more_items: Text,
    pub first_page: Text,
    pub open_on: With,
    pub open_caption: With,
    pub number_column: Text,
    pub due_column: Text,
    pub open_column: Text,
    pub nothing_open: Text,
    pub charged_back: With,
    pub written_off: With,
    pub invoice_issued: With,
    pub payment_applied: With,
    pub payment_reversed: With,
    pub payment_refunded: With,
    pub payment_charged_back: With,
    pub cash_moved: With,
    pub payment_handed_over: Text,
    pub credit_note_issued: With,
    pub credit_note_moved: With,
    pub invoice_written_off: With,
    pub write_off_reversed: With,
    pub on_account: Text,
    pub nothing: Text,
    pub as_of_date: With,
    pub past_hint: Text,
    pub ageing: With,
    pub days_column: Text,
    pub not_overdue: Text,
    pub days_range: WithTwo,
    pub days_over: With,
    pub amount_column: Text,
    pub empty: Text,
}

/// What went wrong.
#[derive(Debug)]
pub struct Trouble {
    pub not_found: Text,
    pub not_found_text: Text,
    pub cross_site: Text,
    pub cross_site_text: Text,
    pub method: Text,
    pub method_text: Text,
    pub too_large: Text,
    pub too_large_text: Text,
    pub unreadable: Text,
    pub unreadable_text: Text,
    pub unavailable: Text,
    pub unavailable_text: Text,
    pub defect: Text,
    pub defect_text: Text,
    pub home: Text,
}
