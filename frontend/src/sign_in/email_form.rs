//! The form that asks for a link by e-mail.

use leptos::prelude::*;

use crate::components::fault_summary::fault_summary;
use crate::localizer::Reader;

/// What can be wrong with the address that was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EmailFault {
    /// Nothing was typed.
    Missing,
    /// It is no address.
    Unreadable,
}

/// The form, with what was typed where it was no address.
pub(crate) fn email_form(reader: Reader, typed: Option<String>, fault: Option<EmailFault>) -> impl IntoView + use<> {
    let words = &reader.words.sign_in;
    let message = fault.map(|fault| match fault {
        EmailFault::Missing => words.email_missing,
        EmailFault::Unreadable => words.email_unreadable,
    });
    view! {
        {message.map(|message| fault_summary(words.fault_title, Some("email"), message.to_owned()))}
        <form method="post" action="/sign-in" novalidate>
            <label for="email">{words.email}</label>
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
            <button class="main">{words.send}</button>
        </form>
    }
}
