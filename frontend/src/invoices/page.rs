//! An invoice and the form that pays it: the page behind a pay link, and the same page within an account.

use leptos::prelude::*;

use crate::components::Body;
use crate::components::state::invoice_state;
use crate::invoices::details::invoice_details;
use crate::invoices::view::{InvoiceState, InvoiceView};
use crate::localizer::Reader;
use crate::pay_form::form::amount_form;
use crate::pay_form::view::{Online, PayForm};

/// The page. The form is shown where something can be paid online now; what cannot is said instead.
pub(crate) fn invoice_page(reader: Reader, view: &InvoiceView, form: Option<&PayForm>) -> Body {
    let words = &reader.words.invoice;
    let title = (words.heading)(&view.number);
    let fault =
        form.and_then(|form| form.fault).map(|_| format!("{} · ", reader.words.pay.fault_title)).unwrap_or_default();
    let content = view! {
        <div class="demand">
            <h1>{title.clone()}</h1>
            {headline(reader, view)}
        </div>
        {notices(reader, view)}
        {form.map(|form| amount_form(reader, form))}
        {invoice_details(reader, view)}
    };
    Body { title: format!("{fault}{title}"), content: content.into_any() }
}

/// What is still to pay, and by when.
fn headline(reader: Reader, view: &InvoiceView) -> impl IntoView + use<> {
    let words = &reader.words.invoice;
    let date = reader.date(view.due_on);
    let due = match view.state {
        // Nobody is asked, by a day, for what cannot be paid.
        InvoiceState::Open | InvoiceState::PartlyPaid if matches!(view.online, Online::Crumbs { .. }) => None,
        InvoiceState::Open | InvoiceState::PartlyPaid => Some((words.due_on)(&date)),
        InvoiceState::Overdue { .. } => Some((words.was_due_on)(&date)),
        InvoiceState::Processing | InvoiceState::Paid => None,
    };
    let badge = (view.state != InvoiceState::Open).then(|| invoice_state(reader, view.state));
    view! {
        <p class="sum">
            <span>{words.open}</span>
            <strong class="amount">{reader.money(view.open)}</strong>
        </p>
        <p class="due">{badge} {due}</p>
    }
}

fn notices(reader: Reader, view: &InvoiceView) -> impl IntoView + use<> {
    let words = &reader.words.pay;
    let mut notices: Vec<(&'static str, String)> = Vec::new();
    // What was only written off was not paid.
    if view.state == InvoiceState::Paid && !view.applied.is_zero() {
        let text = view.paid_on.map_or(words.paid.to_owned(), |on| (words.paid_on)(&reader.date(on)));
        notices.push(("notice good", text));
    }
    if !view.written_off.is_zero() {
        notices.push(("notice", (words.written_off)(&reader.money(view.written_off))));
    }
    if !view.charged_back.is_zero() {
        notices.push(("notice late", (words.charged_back)(&reader.money(view.charged_back))));
    }
    if !view.pending.is_zero() {
        let text = if view.online == Online::Nothing { words.all_pending } else { words.part_pending };
        notices.push(("notice moving", text(&reader.money(view.pending))));
    }
    if !view.disputed.is_zero() {
        notices.push(("notice", (words.disputed)(&reader.money(view.disputed))));
    }
    match view.online {
        Online::UpTo { unchargeable_remainder, .. } if !unchargeable_remainder.is_zero() => {
            notices.push(("notice", (words.unchargeable_remainder)(&reader.money(unchargeable_remainder))));
        }
        Online::Nothing | Online::UpTo { .. } => {}
        Online::Crumbs { rest } => notices.push(("notice", (words.only_crumbs)(&reader.money(rest)))),
        Online::TooLittle { rest, minimum } => {
            notices.push(("notice", (words.too_small)(&reader.money(rest), &reader.money(minimum))));
        }
        Online::OtherCurrency => notices.push(("notice", (words.other_currency)(view.open.currency().code()))),
    }
    notices.into_iter().map(|(class, text)| view! { <p class=class>{text}</p> }).collect_view()
}
