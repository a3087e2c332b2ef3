//! How a thing stands, in a word that colour only underlines.

use leptos::prelude::*;
use receivables::payment::State;

use crate::invoices::view::InvoiceState;
use crate::localizer::Reader;

/// How an invoice stands.
pub(crate) fn invoice_state(reader: Reader, state: InvoiceState) -> impl IntoView + use<> {
    let words = &reader.words.invoice;
    let (class, text) = match state {
        InvoiceState::Open => ("state", words.to_pay.to_owned()),
        InvoiceState::PartlyPaid => ("state", words.partly_paid.to_owned()),
        InvoiceState::Overdue { days } => ("state late", (words.overdue)(days)),
        InvoiceState::Processing => ("state moving", words.processing.to_owned()),
        InvoiceState::Paid => ("state good", words.paid.to_owned()),
    };
    view! { <span class=class>{text}</span> }
}

/// How a payment stands.
pub(crate) fn payment_state(reader: Reader, state: State) -> impl IntoView + use<> {
    let words = &reader.words.payment;
    let (class, text) = match state {
        State::Started => ("state", words.state_started),
        State::NeedsAction => ("state late", words.state_needs_action),
        State::Processing => ("state moving", words.state_processing),
        State::Settled => ("state good", words.state_settled),
        State::Failed => ("state late", words.state_failed),
        State::Cancelled => ("state", words.state_cancelled),
    };
    view! { <span class=class>{text}</span> }
}
