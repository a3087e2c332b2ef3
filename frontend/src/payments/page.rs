//! What became of a payment, and what the payer can do about it.

use leptos::prelude::*;
use receivables::payment::State;

use crate::components::Body;
use crate::localizer::Localizer;
use crate::payments::messages::PaymentMessages;
use crate::payments::view::{AllocationView, Decline, PaymentView};

/// The page. `look_again` is its own address, offered while the payment is not at rest.
pub(crate) fn payment_page(localizer: Localizer, view: &PaymentView, look_again: &str) -> Body {
    let messages = localizer.messages::<PaymentMessages>();
    let (title, texts) = heading_and_texts(localizer, view);
    let texts = texts.into_iter().map(|text| view! { <p>{text}</p> }).collect_view();
    let content = view! {
        <div class="demand">
            <h1>{title}</h1>
            <p class="sum"><strong class="amount">{localizer.money(shown_amount(view))}</strong></p>
        </div>
        {texts}
        {actions(localizer, view, look_again)}
        {allocations(localizer, view)}
        <dl><div><dt>{messages.reference}</dt><dd class="reference">{view.id.to_string()}</dd></div></dl>
    };
    Body { title: title.to_owned(), content: content.into_any() }
}

fn shown_amount(view: &PaymentView) -> receivables::Money {
    if view.state == State::Settled { view.received } else { view.amount }
}

fn heading_and_texts(localizer: Localizer, view: &PaymentView) -> (&'static str, Vec<String>) {
    let messages = localizer.messages::<PaymentMessages>();
    let amount = localizer.money(view.amount);
    let (title, mut texts) = match (view.state, view.arrived) {
        // Half a transfer is nothing to be quiet about: the rest has to be sent.
        (State::Started | State::NeedsAction | State::Processing, Some(arrived)) => {
            (messages.partly_arrived, vec![(messages.partly_arrived_text)(&localizer.money(arrived), &amount)])
        }
        (state, _) => heading_of_state(localizer, view, state),
    };
    texts.extend(view.suspense.iter().map(|amount| (messages.suspense)(&localizer.money(*amount))));
    (title, texts)
}

fn heading_of_state(localizer: Localizer, view: &PaymentView, state: State) -> (&'static str, Vec<String>) {
    let messages = localizer.messages::<PaymentMessages>();
    let amount = localizer.money(view.amount);
    match state {
        State::Started | State::NeedsAction if view.is_charge => {
            (messages.charging, vec![(messages.charging_text)(&amount)])
        }
        State::Started => {
            let hint = view.decline.map_or(messages.just_paid, |decline| decline_text(localizer, decline));
            let text = if view.checkout.is_some() { messages.started_text } else { messages.closed_text };
            (messages.started, vec![hint.to_owned(), text(&amount)])
        }
        State::NeedsAction => (messages.needs_action, vec![(messages.needs_action_text)(&amount)]),
        State::Processing => (messages.processing, vec![(messages.processing_text)(&amount)]),
        State::Settled => (messages.settled, received(localizer, view)),
        State::Failed => {
            let why = decline_text(localizer, view.decline.unwrap_or(Decline::Refused));
            (messages.failed, vec![why.to_owned(), messages.nothing_taken.to_owned()])
        }
        State::Cancelled => (messages.cancelled, vec![messages.nothing_taken.to_owned()]),
    }
}

fn received(localizer: Localizer, view: &PaymentView) -> Vec<String> {
    let messages = localizer.messages::<PaymentMessages>();
    let mut texts = Vec::new();
    if let Some(on) = view.settled_on
        && !view.received.is_zero()
    {
        texts.push((messages.settled_text)(&localizer.money(view.received), &localizer.date(on)));
    }
    if !view.refunded.is_zero() {
        texts.push((messages.refunded)(&localizer.money(view.refunded)));
    }
    if !view.charged_back.is_zero() {
        texts.push((messages.charged_back)(&localizer.money(view.charged_back)));
    }
    if !view.unapplied.is_zero() {
        texts.push((messages.unapplied)(&localizer.money(view.unapplied)));
    }
    texts
}

fn decline_text(localizer: Localizer, decline: Decline) -> &'static str {
    let messages = &localizer.messages::<PaymentMessages>().declines;
    match decline {
        Decline::InsufficientFunds => messages.insufficient_funds,
        Decline::Expired => messages.expired,
        Decline::WrongDetails => messages.wrong_details,
        Decline::NotAuthenticated => messages.not_authenticated,
        Decline::NotAccepted => messages.not_accepted,
        Decline::OverLimit => messages.over_limit,
        Decline::AccountClosed => messages.account_closed,
        Decline::DebitRefused => messages.debit_refused,
        Decline::TryLater => messages.try_later,
        Decline::Refused => messages.refused,
    }
}

fn actions(localizer: Localizer, view: &PaymentView, look_again: &str) -> impl IntoView + use<> {
    let messages = localizer.messages::<PaymentMessages>();
    let main = |address: &String, text: &'static str| view! { <a class="main" href=address.clone()>{text}</a> };
    let resume = view.checkout.as_ref().map(|address| main(address, messages.resume));
    let over = matches!(view.state, State::Failed | State::Cancelled);
    let back = view.back.as_ref().map(|address| {
        if over {
            main(address, messages.try_again).into_any()
        } else {
            view! { <a href=address.clone()>{messages.to_invoice}</a> }.into_any()
        }
    });
    let waiting = matches!(view.state, State::Started | State::NeedsAction);
    let look = waiting.then(|| view! { <a href=look_again.to_owned()>{messages.look_again}</a> });
    view! { <p class="links">{resume} {look} {back}</p> }
}

fn allocations(localizer: Localizer, view: &PaymentView) -> impl IntoView + use<> {
    let messages = localizer.messages::<PaymentMessages>();
    let settled = view.state == State::Settled;
    let column = if settled { messages.applied_column } else { messages.intended_column };
    let row = |allocation: &AllocationView| {
        let amount = if settled { allocation.applied } else { allocation.intended };
        view! {
            <tr role="row">
                <th role="rowheader" scope="row">{allocation.number.clone()}</th>
                <td role="cell" class="amount" data-label=column>{localizer.money(amount)}</td>
                <td role="cell" class="amount" data-label=messages.open_column>{localizer.money(allocation.open)}</td>
            </tr>
        }
    };
    view! {
        <table role="table" class="cards">
            <caption>{messages.covers}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">{messages.invoice_column}</th>
                    <th role="columnheader" scope="col" class="amount">{column}</th>
                    <th role="columnheader" scope="col" class="amount">{messages.open_column}</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{view.allocations.iter().map(row).collect_view()}</tbody>
        </table>
    }
}
