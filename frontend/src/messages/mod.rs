//! The words of every page, as a typed catalogue.
//!
//! Each language is one constant of the same type, so a message that a language lacks fails the build. A message with
//! something to fill in is a function; the parts it is given are already written for the reader ([`crate::localizer`]). Words
//! of the books that programs read (states, kinds) are not here.

mod english;
mod french;

use receivables::locale::Language;

pub(crate) use english::ENGLISH;
pub(crate) use french::FRENCH;

/// A fixed message.
pub(crate) type Text = &'static str;
/// A message with one thing to fill in.
pub(crate) type With = fn(&str) -> String;
/// A message with two things to fill in.
pub(crate) type WithTwo = fn(&str, &str) -> String;
/// A message about a number of things.
pub(crate) type Count = fn(u32) -> String;

/// The words of a language.
pub(crate) fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::French => &FRENCH,
    }
}

/// Everything a page can say.
#[derive(Debug)]
pub(crate) struct Words {
    /// What frames every page.
    pub(crate) shell: Shell,
    /// Invoices, shown and listed.
    pub(crate) invoice: Invoice,
    /// The form that pays one.
    pub(crate) pay: Pay,
    /// A payment and what became of it.
    pub(crate) payment: Payment,
    /// Signing in and out.
    pub(crate) sign_in: SignIn,
    /// The account at a glance.
    pub(crate) account: Account,
    /// The statement.
    pub(crate) statement: Statement,
    /// What went wrong.
    pub(crate) trouble: Trouble,
}

/// What frames every page.
#[derive(Debug)]
pub(crate) struct Shell {
    pub(crate) description: Text,
    pub(crate) skip: Text,
    pub(crate) language: Text,
    pub(crate) navigation: Text,
    pub(crate) overview: Text,
    pub(crate) invoices: Text,
    pub(crate) statement: Text,
    pub(crate) sign_out: Text,
    pub(crate) questions: Text,
}

/// Invoices, shown and listed.
#[derive(Debug)]
pub(crate) struct Invoice {
    pub(crate) heading: With,
    pub(crate) due_on: With,
    pub(crate) was_due_on: With,
    pub(crate) to_pay: Text,
    pub(crate) partly_paid: Text,
    pub(crate) processing: Text,
    pub(crate) overdue: Count,
    pub(crate) paid: Text,
    pub(crate) summary: Text,
    pub(crate) issued_label: Text,
    pub(crate) due_label: Text,
    pub(crate) order_label: Text,
    pub(crate) lines: Text,
    pub(crate) description: Text,
    pub(crate) quantity: Text,
    pub(crate) unit_price: Text,
    pub(crate) tax_rate: Text,
    pub(crate) net: Text,
    pub(crate) net_total: Text,
    pub(crate) tax_at: With,
    pub(crate) total: Text,
    pub(crate) paid_so_far: Text,
    pub(crate) pending: Text,
    pub(crate) disputed: Text,
    pub(crate) written_off: Text,
    pub(crate) charged_back: Text,
    pub(crate) open: Text,
    pub(crate) number_column: Text,
    pub(crate) due_column: Text,
    pub(crate) status_column: Text,
    pub(crate) total_column: Text,
    pub(crate) pay_column: Text,
    pub(crate) pay: Text,
    pub(crate) pay_named: With,
    pub(crate) more: Text,
    pub(crate) first: Text,
    pub(crate) none: Text,
}

/// The form that pays an invoice.
#[derive(Debug)]
pub(crate) struct Pay {
    pub(crate) amount: With,
    pub(crate) range: WithTwo,
    pub(crate) button: Text,
    pub(crate) reassurance: Text,
    pub(crate) paid_on: With,
    pub(crate) paid: Text,
    pub(crate) all_pending: With,
    pub(crate) part_pending: With,
    pub(crate) disputed: With,
    pub(crate) written_off: With,
    pub(crate) charged_back: With,
    pub(crate) unchargeable_remainder: With,
    pub(crate) only_crumbs: With,
    pub(crate) too_small: WithTwo,
    pub(crate) other_currency: With,
    pub(crate) fault_title: Text,
    pub(crate) missing: Text,
    pub(crate) not_a_number: With,
    pub(crate) negative: Text,
    pub(crate) zero: Text,
    pub(crate) whole_only: Text,
    pub(crate) decimals_max: Count,
    pub(crate) at_most: With,
    pub(crate) leaves_too_little: WithTwo,
    pub(crate) at_least: With,
    pub(crate) too_much_at_once: Text,
    pub(crate) too_little_at_once: Text,
    pub(crate) changed: Text,
    pub(crate) checkout_open: Text,
}

/// A payment and what became of it.
#[derive(Debug)]
pub(crate) struct Payment {
    pub(crate) started: Text,
    pub(crate) started_text: With,
    pub(crate) closed_text: With,
    pub(crate) just_paid: Text,
    pub(crate) look_again: Text,
    pub(crate) resume: Text,
    pub(crate) needs_action: Text,
    pub(crate) needs_action_text: With,
    pub(crate) processing: Text,
    pub(crate) processing_text: With,
    pub(crate) partly_arrived: Text,
    pub(crate) partly_arrived_text: WithTwo,
    pub(crate) settled: Text,
    pub(crate) settled_text: WithTwo,
    pub(crate) failed: Text,
    pub(crate) cancelled: Text,
    pub(crate) nothing_taken: Text,
    pub(crate) try_again: Text,
    pub(crate) covers: Text,
    pub(crate) invoice_column: Text,
    pub(crate) applied_column: Text,
    pub(crate) intended_column: Text,
    pub(crate) open_column: Text,
    pub(crate) unapplied: With,
    pub(crate) refunded: With,
    pub(crate) charged_back: With,
    pub(crate) suspense: With,
    pub(crate) reference: Text,
    pub(crate) to_invoice: Text,
    pub(crate) declines: Declines,
    pub(crate) date_column: Text,
    pub(crate) amount_column: Text,
    pub(crate) status_column: Text,
    pub(crate) state_started: Text,
    pub(crate) state_needs_action: Text,
    pub(crate) state_processing: Text,
    pub(crate) state_settled: Text,
    pub(crate) state_failed: Text,
    pub(crate) state_cancelled: Text,
}

/// Why money did not come.
#[derive(Debug)]
pub(crate) struct Declines {
    pub(crate) insufficient_funds: Text,
    pub(crate) expired: Text,
    pub(crate) wrong_details: Text,
    pub(crate) not_authenticated: Text,
    pub(crate) not_accepted: Text,
    pub(crate) over_limit: Text,
    pub(crate) account_closed: Text,
    pub(crate) debit_refused: Text,
    pub(crate) try_later: Text,
    pub(crate) refused: Text,
}

/// Signing in and out.
#[derive(Debug)]
pub(crate) struct SignIn {
    pub(crate) title: Text,
    pub(crate) intro: Text,
    pub(crate) email: Text,
    pub(crate) send: Text,
    pub(crate) email_missing: Text,
    pub(crate) email_unreadable: Text,
    pub(crate) sent: Text,
    pub(crate) sent_text: With,
    pub(crate) sent_hint: Text,
    pub(crate) code: Text,
    pub(crate) button: Text,
    pub(crate) code_wrong: Text,
    pub(crate) another: Text,
    pub(crate) confirm: With,
    pub(crate) confirm_text: Text,
    pub(crate) link_spent: Text,
    pub(crate) link_spent_text: Text,
    pub(crate) pay_link_closed: Text,
    pub(crate) pay_link_closed_text: Text,
    pub(crate) fault_title: Text,
}

/// The account at a glance.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) title: Text,
    pub(crate) owed: Text,
    pub(crate) in_favour: Text,
    pub(crate) nothing_owed: Text,
    pub(crate) overdue: Text,
    pub(crate) pending: Text,
    pub(crate) disputed: Text,
    pub(crate) unapplied: Text,
    pub(crate) open_invoices: Text,
    pub(crate) no_open_invoices: Text,
    pub(crate) all_invoices: Text,
    pub(crate) payments: Text,
    pub(crate) no_payments: Text,
}

/// The statement.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) title: Text,
    pub(crate) period: WithTwo,
    pub(crate) period_form: Text,
    pub(crate) from: Text,
    pub(crate) to: Text,
    pub(crate) show: Text,
    pub(crate) csv: Text,
    pub(crate) kind: Text,
    pub(crate) balance_forward: Text,
    pub(crate) open_item: Text,
    pub(crate) as_of: Text,
    pub(crate) as_of_hint: Text,
    pub(crate) not_a_date: Text,
    pub(crate) from_after_to: Text,
    pub(crate) too_long: Text,
    pub(crate) as_of_ahead: Text,
    pub(crate) as_of_before_from: Text,
    pub(crate) no_kind: Text,
    pub(crate) no_place: Text,
    pub(crate) caption: With,
    pub(crate) date_column: Text,
    pub(crate) what_column: Text,
    pub(crate) change_column: Text,
    pub(crate) balance_column: Text,
    pub(crate) opening: Text,
    pub(crate) closing: Text,
    pub(crate) brought_forward: Text,
    pub(crate) carried_forward: Text,
    pub(crate) earlier: Text,
    pub(crate) more_items: Text,
    pub(crate) first_page: Text,
    pub(crate) open_on: With,
    pub(crate) open_caption: With,
    pub(crate) number_column: Text,
    pub(crate) due_column: Text,
    pub(crate) open_column: Text,
    pub(crate) nothing_open: Text,
    pub(crate) charged_back: With,
    pub(crate) written_off: With,
    pub(crate) invoice_issued: With,
    pub(crate) payment_applied: With,
    pub(crate) payment_reversed: With,
    pub(crate) payment_refunded: With,
    pub(crate) payment_charged_back: With,
    pub(crate) cash_moved: With,
    pub(crate) payment_handed_over: Text,
    pub(crate) credit_note_issued: With,
    pub(crate) credit_note_moved: With,
    pub(crate) invoice_written_off: With,
    pub(crate) write_off_reversed: With,
    pub(crate) on_account: Text,
    pub(crate) nothing: Text,
    pub(crate) as_of_date: With,
    pub(crate) past_hint: Text,
    pub(crate) ageing: With,
    pub(crate) days_column: Text,
    pub(crate) not_overdue: Text,
    pub(crate) days_range: WithTwo,
    pub(crate) days_over: With,
    pub(crate) amount_column: Text,
    pub(crate) empty: Text,
}

/// What went wrong.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) not_found: Text,
    pub(crate) not_found_text: Text,
    pub(crate) cross_site: Text,
    pub(crate) cross_site_text: Text,
    pub(crate) method: Text,
    pub(crate) method_text: Text,
    pub(crate) too_large: Text,
    pub(crate) too_large_text: Text,
    pub(crate) unreadable: Text,
    pub(crate) unreadable_text: Text,
    pub(crate) unavailable: Text,
    pub(crate) unavailable_text: Text,
    pub(crate) defect: Text,
    pub(crate) defect_text: Text,
    pub(crate) home: Text,
}
