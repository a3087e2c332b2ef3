//! An invoice and the form that pays it: the page behind a pay link, and the same page within an account.

use leptos::prelude::*;
use receivables::payment::OnlinePayable;

use crate::components::Body;
use crate::invoices::details::invoice_details;
use crate::invoices::messages::InvoiceMessages;
use crate::invoices::state::invoice_state;
use crate::invoices::view::{InvoiceState, InvoiceView};
use crate::localizer::Localizer;
use crate::pay_form::form::amount_form;
use crate::pay_form::messages::PayFormMessages;
use crate::pay_form::view::PayForm;

/// The page. The form is shown where something can be paid online now; otherwise a notice says why not.
pub(crate) fn invoice_page(localizer: Localizer, view: &InvoiceView, form: Option<&PayForm>) -> Body {
    let messages = localizer.messages::<InvoiceMessages>();
    let title = (messages.heading)(&view.number);
    let fault = form
        .and_then(|form| form.fault)
        .map(|_| format!("{} · ", localizer.messages::<PayFormMessages>().fault_title))
        .unwrap_or_default();
    let content = view! {
        <div class="demand">
            <h1>{title.clone()}</h1>
            {headline(localizer, view)}
        </div>
        {notices(localizer, view)}
        {form.map(|form| amount_form(localizer, form))}
        {invoice_details(localizer, view)}
    };
    Body { title: format!("{fault}{title}"), content: content.into_any() }
}

/// What is still to pay, and by when.
fn headline(localizer: Localizer, view: &InvoiceView) -> impl IntoView + use<> {
    let messages = localizer.messages::<InvoiceMessages>();
    let date = localizer.date(view.due_on);
    // Of several days only the next is asked for.
    let part = view.days.iter().find(|(due, _)| due.on == view.due_on).map(|(_, open)| localizer.money(*open));
    let due = match view.state {
        // What cannot be paid is not due on a day.
        InvoiceState::Open | InvoiceState::PartlyPaid
            if matches!(view.online, OnlinePayable::UnchargeableRemainder { .. }) =>
        {
            None
        }
        InvoiceState::Open | InvoiceState::PartlyPaid => Some(match part {
            Some(part) => (messages.part_due_on)(&part, &date),
            None => (messages.due_on)(&date),
        }),
        InvoiceState::Overdue { .. } => Some(match part {
            Some(part) => (messages.part_was_due_on)(&part, &date),
            None => (messages.was_due_on)(&date),
        }),
        InvoiceState::Processing | InvoiceState::InQuestion | InvoiceState::Paid | InvoiceState::WrittenOff => None,
    };
    let badge = (view.state != InvoiceState::Open).then(|| invoice_state(localizer, view.state));
    view! {
        <p class="sum">
            <span>{messages.open}</span>
            <strong class="amount">{localizer.money(view.open)}</strong>
        </p>
        <p class="due">{badge} {due}</p>
    }
}

fn notices(localizer: Localizer, view: &InvoiceView) -> impl IntoView + use<> {
    let messages = &localizer.messages::<InvoiceMessages>().notices;
    let mut notices: Vec<(&'static str, String)> = Vec::new();
    // What was only written off was not paid.
    if view.state == InvoiceState::Paid && !view.applied.is_zero() {
        let text = view.paid_on.map_or(messages.paid.to_owned(), |on| (messages.paid_on)(&localizer.date(on)));
        notices.push(("notice good", text));
    }
    if !view.written_off.is_zero() {
        notices.push(("notice", (messages.written_off)(&localizer.money(view.written_off))));
    }
    if !view.charged_back.is_zero() {
        notices.push(("notice late", (messages.charged_back)(&localizer.money(view.charged_back))));
    }
    if !view.pending.is_zero() {
        let text = if view.online == OnlinePayable::Nothing { messages.all_pending } else { messages.part_pending };
        notices.push(("notice moving", text(&localizer.money(view.pending))));
    }
    if !view.disputed.is_zero() {
        notices.push(("notice", (messages.disputed)(&localizer.money(view.disputed))));
    }
    if !view.questioned.is_zero() {
        notices.push(("notice moving", (messages.questioned)(&localizer.money(view.questioned))));
    }
    match view.online {
        OnlinePayable::UpTo { remainder, .. } if !remainder.is_zero() => {
            notices.push(("notice", (messages.unchargeable_remainder)(&localizer.money(remainder))));
        }
        OnlinePayable::Nothing | OnlinePayable::UpTo { .. } => {}
        OnlinePayable::UnchargeableRemainder { payable } => {
            notices.push(("notice", (messages.only_unchargeable)(&localizer.money(payable))));
        }
        OnlinePayable::BelowMinimum { payable, minimum } => {
            notices.push(("notice", (messages.below_minimum)(&localizer.money(payable), &localizer.money(minimum))));
        }
        OnlinePayable::CurrencyNotCharged { .. } => {
            notices.push(("notice", (messages.other_currency)(view.open.currency().code())));
        }
    }
    notices.into_iter().map(|(class, text)| view! { <p class=class>{text}</p> }).collect_view()
}
