//! The form that pays an invoice.

use leptos::prelude::*;

use crate::components::fault_summary::fault_summary;
use crate::localizer::Reader;
use crate::pay_form::view::{PayFault, PayForm};

/// The form. It works with nothing but HTML; what is typed is judged on the server alone, so that one place words it.
pub(crate) fn amount_form(reader: Reader, form: &PayForm) -> impl IntoView + use<> {
    let words = &reader.words.pay;
    let message = form.fault.map(|fault| fault_text(reader, fault, form));
    let at_field = form.fault.is_some_and(PayFault::is_of_the_amount);
    let summary =
        message.clone().map(|message| fault_summary(words.fault_title, at_field.then_some("amount"), message));
    let label = (words.amount)(form.most.currency().code());
    let hint = (words.range)(&reader.money(form.minimum), &reader.money(form.most));
    let value = form.typed.clone().unwrap_or_else(|| reader.locale.amount_field(form.most));
    view! {
        {summary}
        <form class="pay" method="post" action=form.action.clone() novalidate>
            <input type="hidden" name="payment" value=form.payment.to_string()/>
            <label for="amount">{label}</label>
            {at_field.then(|| message.map(|message| view! { <p id="amount-fault" class="fault">{message}</p> }))}
            <input
                id="amount"
                name="amount"
                inputmode="decimal"
                autocomplete="off"
                required
                value=value
                aria-invalid=at_field.then_some("true")
                aria-describedby=if at_field { "amount-fault amount-hint" } else { "amount-hint" }
            />
            <p id="amount-hint" class="hint">{hint}</p>
            <button class="main" name="pay">{words.button}</button>
            <p class="hint">{words.reassurance}</p>
        </form>
    }
}

fn fault_text(reader: Reader, fault: PayFault, form: &PayForm) -> String {
    let words = &reader.words.pay;
    match fault {
        PayFault::Missing => words.missing.to_owned(),
        PayFault::NotANumber => (words.not_a_number)(&reader.locale.amount_field(form.most)),
        PayFault::Negative => words.negative.to_owned(),
        PayFault::Zero => words.zero.to_owned(),
        PayFault::TooPrecise(0) => words.whole_only.to_owned(),
        PayFault::TooPrecise(places) => (words.decimals_max)(places),
        PayFault::AtMost(most) => (words.at_most)(&reader.money(most)),
        PayFault::AtLeast(least) => (words.at_least)(&reader.money(least)),
        PayFault::LeavesTooLittle { payable, minimum } => {
            (words.leaves_too_little)(&reader.money(payable), &reader.money(minimum))
        }
        PayFault::TooMuchAtOnce => words.too_much_at_once.to_owned(),
        PayFault::TooLittleAtOnce => words.too_little_at_once.to_owned(),
        PayFault::Changed => words.changed.to_owned(),
        PayFault::CheckoutOpen => words.checkout_open.to_owned(),
    }
}
