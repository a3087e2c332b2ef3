//! How an invoice stands, in a word that colour only underlines.

use leptos::prelude::*;

use super::messages::InvoiceMessages;
use super::view::InvoiceState;
use crate::localizer::Localizer;

pub(crate) fn invoice_state(localizer: Localizer, state: InvoiceState) -> impl IntoView + use<> {
    let messages = localizer.messages::<InvoiceMessages>();
    let (class, text) = match state {
        InvoiceState::Open => ("state", messages.to_pay.to_owned()),
        InvoiceState::PartlyPaid => ("state", messages.partly_paid.to_owned()),
        InvoiceState::Overdue { days } => ("state late", (messages.overdue)(days)),
        InvoiceState::InQuestion => ("state moving", messages.in_question.to_owned()),
        InvoiceState::Processing => ("state moving", messages.processing.to_owned()),
        InvoiceState::Paid => ("state good", messages.paid.to_owned()),
        InvoiceState::WrittenOff => ("state", messages.written_off.to_owned()),
    };
    view! { <span class=class>{text}</span> }
}
