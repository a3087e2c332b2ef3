//! What became of a payment, and what the payer can do about it.

use leptos::prelude::*;
use receivables::payment::State;

use crate::components::Body;
use crate::localizer::Reader;
use crate::payments::view::{AllocationView, Decline, PaymentView};

/// The page. `look_again` is its own address, offered while the payment is not at rest.
pub(crate) fn payment_page(reader: Reader, view: &PaymentView, look_again: &str) -> Body {
    let words = &reader.words.payment;
    let (title, texts) = story(reader, view);
    let texts = texts.into_iter().map(|text| view! { <p>{text}</p> }).collect_view();
    let content = view! {
        <div class="demand">
            <h1>{title}</h1>
            <p class="sum"><strong class="amount">{reader.money(shown_amount(view))}</strong></p>
        </div>
        {texts}
        {actions(reader, view, look_again)}
        {allocations(reader, view)}
        <dl><div><dt>{words.reference}</dt><dd class="reference">{view.id.to_string()}</dd></div></dl>
    };
    Body { title: title.to_owned(), content: content.into_any() }
}

fn shown_amount(view: &PaymentView) -> receivables::Money {
    if view.state == State::Settled { view.received } else { view.amount }
}

/// The heading, and what there is to say under it.
fn story(reader: Reader, view: &PaymentView) -> (&'static str, Vec<String>) {
    let words = &reader.words.payment;
    let amount = reader.money(view.amount);
    let (title, mut texts) = match (view.state, view.arrived) {
        // Half a transfer is nothing to be quiet about: the rest has to be sent.
        (State::Started | State::NeedsAction | State::Processing, Some(arrived)) => {
            (words.partly_arrived, vec![(words.partly_arrived_text)(&reader.money(arrived), &amount)])
        }
        (state, _) => told(reader, view, state),
    };
    texts.extend(view.suspense.iter().map(|amount| (words.suspense)(&reader.money(*amount))));
    (title, texts)
}

fn told(reader: Reader, view: &PaymentView, state: State) -> (&'static str, Vec<String>) {
    let words = &reader.words.payment;
    let amount = reader.money(view.amount);
    match state {
        State::Started => {
            let hint = view.decline.map_or(words.just_paid, |decline| decline_text(reader, decline));
            let text = if view.checkout.is_some() { words.started_text } else { words.closed_text };
            (words.started, vec![hint.to_owned(), text(&amount)])
        }
        State::NeedsAction => (words.needs_action, vec![(words.needs_action_text)(&amount)]),
        State::Processing => (words.processing, vec![(words.processing_text)(&amount)]),
        State::Settled => (words.settled, received(reader, view)),
        State::Failed => {
            let why = decline_text(reader, view.decline.unwrap_or(Decline::Refused));
            (words.failed, vec![why.to_owned(), words.nothing_taken.to_owned()])
        }
        State::Cancelled => (words.cancelled, vec![words.nothing_taken.to_owned()]),
    }
}

fn received(reader: Reader, view: &PaymentView) -> Vec<String> {
    let words = &reader.words.payment;
    let mut texts = Vec::new();
    if let Some(on) = view.settled_on
        && !view.received.is_zero()
    {
        texts.push((words.settled_text)(&reader.money(view.received), &reader.date(on)));
    }
    if !view.refunded.is_zero() {
        texts.push((words.refunded)(&reader.money(view.refunded)));
    }
    if !view.charged_back.is_zero() {
        texts.push((words.charged_back)(&reader.money(view.charged_back)));
    }
    if !view.unapplied.is_zero() {
        texts.push((words.unapplied)(&reader.money(view.unapplied)));
    }
    texts
}

fn decline_text(reader: Reader, decline: Decline) -> &'static str {
    let words = &reader.words.payment.declines;
    match decline {
        Decline::InsufficientFunds => words.insufficient_funds,
        Decline::Expired => words.expired,
        Decline::WrongDetails => words.wrong_details,
        Decline::NotAuthenticated => words.not_authenticated,
        Decline::NotAccepted => words.not_accepted,
        Decline::OverLimit => words.over_limit,
        Decline::AccountClosed => words.account_closed,
        Decline::DebitRefused => words.debit_refused,
        Decline::TryLater => words.try_later,
        Decline::Refused => words.refused,
    }
}

fn actions(reader: Reader, view: &PaymentView, look_again: &str) -> impl IntoView + use<> {
    let words = &reader.words.payment;
    let main = |address: &String, text: &'static str| view! { <a class="main" href=address.clone()>{text}</a> };
    let resume = view.checkout.as_ref().map(|address| main(address, words.resume));
    let over = matches!(view.state, State::Failed | State::Cancelled);
    let back = view.back.as_ref().map(|address| {
        if over {
            main(address, words.try_again).into_any()
        } else {
            view! { <a href=address.clone()>{words.to_invoice}</a> }.into_any()
        }
    });
    let waiting = matches!(view.state, State::Started | State::NeedsAction);
    let look = waiting.then(|| view! { <a href=look_again.to_owned()>{words.look_again}</a> });
    view! { <p class="links">{resume} {look} {back}</p> }
}

fn allocations(reader: Reader, view: &PaymentView) -> impl IntoView + use<> {
    let words = &reader.words.payment;
    let settled = view.state == State::Settled;
    let column = if settled { words.applied_column } else { words.intended_column };
    let row = |allocation: &AllocationView| {
        let amount = if settled { allocation.applied } else { allocation.intended };
        view! {
            <tr role="row">
                <th role="rowheader" scope="row">{allocation.number.clone()}</th>
                <td role="cell" class="amount" data-label=column>{reader.money(amount)}</td>
                <td role="cell" class="amount" data-label=words.open_column>{reader.money(allocation.open)}</td>
            </tr>
        }
    };
    view! {
        <table role="table" class="cards">
            <caption>{words.covers}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">{words.invoice_column}</th>
                    <th role="columnheader" scope="col" class="amount">{column}</th>
                    <th role="columnheader" scope="col" class="amount">{words.open_column}</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{view.allocations.iter().map(row).collect_view()}</tbody>
        </table>
    }
}
