//! Signing in: asking for a link, typing the code, following the link; and links that no longer open.

use leptos::prelude::*;
use receivables::SignInId;

use crate::components::Body;
use crate::components::fault_summary::fault_summary;
use crate::localizer::Localizer;
use crate::messages::form::FormMessages;
use crate::sign_in::email_form::{EmailFault, email_form};
use crate::sign_in::messages::SignInMessages;

pub(crate) fn sign_in_page(localizer: Localizer, typed: Option<String>, fault: Option<EmailFault>) -> Body {
    let messages = localizer.messages::<SignInMessages>();
    email_page(localizer, messages.title, messages.intro, typed, fault)
}

/// In place of an account, where a sign-in link is unknown, expired or spent.
pub(crate) fn link_spent_page(localizer: Localizer) -> Body {
    let messages = localizer.messages::<SignInMessages>();
    email_page(localizer, messages.link_spent, messages.link_spent_text, None, None)
}

/// A page that says why an address is asked for, above the form.
pub(crate) fn email_page(
    localizer: Localizer,
    title: &'static str,
    text: &'static str,
    typed: Option<String>,
    fault: Option<EmailFault>,
) -> Body {
    let content = view! {
        <h1>{title}</h1>
        <p>{text}</p>
        {email_form(localizer, typed, fault)}
    };
    Body { title: title.to_owned(), content: content.into_any() }
}

/// Says that a message is on its way, whoever's address it was, and asks for its code.
pub(crate) fn code_page(localizer: Localizer, id: &SignInId, email: &str, wrong: bool) -> Body {
    let messages = localizer.messages::<SignInMessages>();
    let fault = wrong.then(|| view! { <p id="code-fault" class="fault">{messages.code_wrong}</p> });
    let content = view! {
        <h1>{messages.sent}</h1>
        {wrong.then(|| fault_summary(localizer.messages::<FormMessages>().fault_title, Some("code"), messages.code_wrong.to_owned()))}
        {(!email.is_empty()).then(|| view! { <p>{(messages.sent_text)(email)}</p> })}
        <form method="post" action="/sign-in/code" novalidate>
            <input type="hidden" name="id" value=id.to_string()/>
            <input type="hidden" name="email" value=email.to_owned()/>
            <label for="code">{messages.code}</label>
            {fault}
            <input
                id="code"
                name="code"
                inputmode="numeric"
                autocomplete="one-time-code"
                maxlength="12"
                required
                aria-invalid=wrong.then_some("true")
                aria-describedby=if wrong { "code-fault code-hint" } else { "code-hint" }
            />
            <button class="main">{messages.button}</button>
            <p id="code-hint" class="hint">{messages.sent_hint}</p>
        </form>
        <p class="links"><a href="/sign-in">{messages.another}</a></p>
    };
    Body { title: messages.sent.to_owned(), content: content.into_any() }
}

/// Behind the link of a message: one button, so that whatever only looks at the link changes nothing.
pub(crate) fn confirm_page(localizer: Localizer, business: &str, action: String) -> Body {
    let messages = localizer.messages::<SignInMessages>();
    let title = (messages.confirm)(business);
    let content = view! {
        <h1>{title.clone()}</h1>
        <p>{messages.confirm_text}</p>
        <form method="post" action=action><button class="main">{messages.button}</button></form>
    };
    Body { title, content: content.into_any() }
}
