//! The form that asks for a link by e-mail.

use leptos::prelude::*;

use crate::components::fault_summary::fault_summary;
use crate::localizer::Localizer;
use crate::messages::form::FormMessages;
use crate::sign_in::messages::SignInMessages;

/// What can be wrong with the address that was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EmailFault {
    Missing,
    /// What was typed is no e-mail address.
    Unreadable,
}

/// The form, with what was typed where it was no address.
pub(crate) fn email_form(
    localizer: Localizer,
    typed: Option<String>,
    fault: Option<EmailFault>,
) -> impl IntoView + use<> {
    let messages = localizer.messages::<SignInMessages>();
    let message = fault.map(|fault| match fault {
        EmailFault::Missing => messages.email_missing,
        EmailFault::Unreadable => messages.email_unreadable,
    });
    view! {
        {message.map(|message| fault_summary(localizer.messages::<FormMessages>().fault_title, Some("email"), message.to_owned()))}
        <form method="post" action="/sign-in" novalidate>
            <label for="email">{messages.email}</label>
            {message.map(|message| view! { <p id="email-fault" class="fault">{message}</p> })}
            <input
                id="email"
                name="email"
                type="email"
                autocomplete="email"
                required
                value=typed
                aria-invalid=message.map(|_| "true")
                aria-describedby=message.map(|_| "email-fault")
            />
            <button class="main">{messages.send}</button>
        </form>
    }
}
