//! Signing in: asking for a link, typing the code, following the link; and links that no longer open.

use leptos::prelude::*;
use receivables::SignInId;

use crate::components::Body;
use crate::components::fault_summary::fault_summary;
use crate::localizer::Reader;
use crate::sign_in::email_form::{EmailFault, email_form};

/// Asks for the address.
pub(crate) fn sign_in_page(reader: Reader, typed: Option<String>, fault: Option<EmailFault>) -> Body {
    let words = &reader.words.sign_in;
    asking(reader, words.title, words.intro, typed, fault)
}

/// In place of an invoice, where a pay link is unknown, expired or taken back: one and the same page.
pub(crate) fn pay_link_closed_page(reader: Reader) -> Body {
    let words = &reader.words.sign_in;
    asking(reader, words.pay_link_closed, words.pay_link_closed_text, None, None)
}

/// In place of an account, where a sign-in link is unknown, expired or spent.
pub(crate) fn link_spent_page(reader: Reader) -> Body {
    let words = &reader.words.sign_in;
    asking(reader, words.link_spent, words.link_spent_text, None, None)
}

fn asking(
    reader: Reader,
    title: &'static str,
    text: &'static str,
    typed: Option<String>,
    fault: Option<EmailFault>,
) -> Body {
    let content = view! {
        <h1>{title}</h1>
        <p>{text}</p>
        {email_form(reader, typed, fault)}
    };
    Body { title: title.to_owned(), content: content.into_any() }
}

/// Says that a message is on its way, whoever's address it was, and asks for its code.
pub(crate) fn code_page(reader: Reader, id: &SignInId, email: &str, wrong: bool) -> Body {
    let words = &reader.words.sign_in;
    let fault = wrong.then(|| view! { <p id="code-fault" class="fault">{words.code_wrong}</p> });
    let content = view! {
        <h1>{words.sent}</h1>
        {wrong.then(|| fault_summary(words.fault_title, Some("code"), words.code_wrong.to_owned()))}
        {(!email.is_empty()).then(|| view! { <p>{(words.sent_text)(email)}</p> })}
        <form method="post" action="/sign-in/code" novalidate>
            <input type="hidden" name="id" value=id.to_string()/>
            <input type="hidden" name="email" value=email.to_owned()/>
            <label for="code">{words.code}</label>
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
            <button class="main">{words.button}</button>
            <p id="code-hint" class="hint">{words.sent_hint}</p>
        </form>
        <p class="links"><a href="/sign-in">{words.another}</a></p>
    };
    Body { title: words.sent.to_owned(), content: content.into_any() }
}

/// Behind the link of a message: one button, so that whatever only looks at the link changes nothing.
pub(crate) fn confirm_page(reader: Reader, business: &str, action: String) -> Body {
    let words = &reader.words.sign_in;
    let title = (words.confirm)(business);
    let content = view! {
        <h1>{title.clone()}</h1>
        <p>{words.confirm_text}</p>
        <form method="post" action=action><button class="main">{words.button}</button></form>
    };
    Body { title, content: content.into_any() }
}
