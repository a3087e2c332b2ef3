//! The form that pays an invoice.

use leptos::prelude::*;

use crate::components::fault_summary::fault_summary;
use crate::localizer::Localizer;
use crate::pay_form::messages::PayFormMessages;
use crate::pay_form::view::{PayFault, PayForm};

/// The form. It works with nothing but HTML; what is typed is judged on the server alone, so that one place words it.
pub(crate) fn amount_form(localizer: Localizer, form: &PayForm) -> impl IntoView + use<> {
    let messages = localizer.messages::<PayFormMessages>();
    let message = form.fault.map(|fault| fault_text(localizer, fault, form));
    let at_field = form.fault.is_some_and(PayFault::is_of_the_amount);
    let summary =
        message.clone().map(|message| fault_summary(messages.fault_title, at_field.then_some("amount"), message));
    let label = (messages.amount)(form.most.currency().code());
    let hint = (messages.range)(&localizer.money(form.minimum), &localizer.money(form.most));
    let value = form.typed.clone().unwrap_or_else(|| localizer.locale.amount_field(form.most));
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
            <button class="main" name="pay">{messages.button}</button>
            <p class="hint">{messages.reassurance}</p>
        </form>
    }
}

fn fault_text(localizer: Localizer, fault: PayFault, form: &PayForm) -> String {
    let messages = localizer.messages::<PayFormMessages>();
    match fault {
        PayFault::Missing => messages.missing.to_owned(),
        PayFault::NotANumber => (messages.not_a_number)(&localizer.locale.amount_field(form.most)),
        PayFault::Negative => messages.negative.to_owned(),
        PayFault::Zero => messages.zero.to_owned(),
        PayFault::TooPrecise(0) => messages.whole_only.to_owned(),
        PayFault::TooPrecise(places) => (messages.decimals_max)(places),
        PayFault::AtMost(most) => (messages.at_most)(&localizer.money(most)),
        PayFault::AtLeast(least) => (messages.at_least)(&localizer.money(least)),
        PayFault::LeavesTooLittle { payable, minimum } => {
            (messages.leaves_too_little)(&localizer.money(payable), &localizer.money(minimum))
        }
        PayFault::TooMuchAtOnce => messages.too_much_at_once.to_owned(),
        PayFault::TooLittleAtOnce => messages.too_little_at_once.to_owned(),
        PayFault::Changed => messages.changed.to_owned(),
        PayFault::CheckoutOpen => messages.checkout_open.to_owned(),
        PayFault::OtherMethod => messages.other_method.to_owned(),
        PayFault::NotOnline => messages.not_online.to_owned(),
    }
}
