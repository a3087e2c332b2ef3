//! The sentences in English, worded to read the same on both sides of the Atlantic.

use super::Words;

pub(super) const WORDS: Words = Words {
    colon: ": ",
    greeting: |customer| format!("Hello {customer},"),
    copy_address: "Or copy this address into your browser:",
    questions: |email| format!("Questions? Reply to this message or write to {email}."),
    receipt_subject: |amount, business| format!("Receipt: {amount} paid to {business}"),
    receipt_title: "Receipt",
    receipt_lead: |amount, date| format!("We received your payment of {amount} made on {date}. Thank you."),
    invoice: |number| format!("Invoice {number}"),
    paid_in_full: "Paid in full",
    still_open: |amount| format!("Still open: {amount}"),
    more_invoices: |count| {
        let invoices = if count == 1 { "invoice" } else { "invoices" };
        format!("And {count} more {invoices}, listed on the page of this payment")
    },
    unapplied: "Kept on your account",
    unapplied_note: "Not yet applied to an invoice",
    total: "Total paid",
    payment_reference: "Payment reference",
    view_payment: "View this payment",
    receipt_why: |business| format!("{business} sent you this message because a payment was made on your account."),
    sign_in_subject: |business| format!("Your sign-in link and code for {business}"),
    sign_in_title: |business| format!("Sign in to {business}"),
    sign_in_lead: |business| format!("You asked to sign in to your account with {business}."),
    sign_in_button: "Sign in",
    sign_in_code: "Or type this code on the page where you asked to sign in:",
    sign_in_validity: |minutes| {
        let unit = if minutes == 1 { "minute" } else { "minutes" };
        format!("The link and the code work once, within {minutes}\u{a0}{unit}.")
    },
    sign_in_never_asked: |business| format!("Nobody at {business} will ever ask you for this code. Give it to no one."),
    sign_in_not_you: "If you did not ask to sign in, ignore this message: nothing will happen.",
    sign_in_why: |business| {
        format!("{business} sent you this message because someone entered your address to sign in.")
    },
};
