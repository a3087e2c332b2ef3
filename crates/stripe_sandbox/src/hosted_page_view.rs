//! The hosted page's HTML. Entries of the card's fields are never written back.

use std::fmt::Write as _;

use super::checkout_lines;
use super::checkout_sessions::return_address;
use super::database::Record;
use super::hosted_page_words::Words;
use super::money;
use super::test_numbers::{self, CardBehaviour, FollowUp, TestIban};

/// The contents of the form's fields.
#[derive(Clone, Debug, Default)]
pub(super) struct FormValues {
    pub(super) card_number: String,
    pub(super) card_expiry: String,
    pub(super) card_cvc: String,
    pub(super) iban: String,
    pub(super) email: String,
    pub(super) name: String,
    pub(super) save: bool,
}

const STYLE: &str = "
:root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}
body{margin:0 auto;max-width:34rem;padding:1rem;overflow-wrap:anywhere}
.sandbox{border:2px dashed;padding:.5rem .75rem;border-radius:.4rem}
h1{font-size:1.4rem;margin:1rem 0 .25rem}.total{font-size:1.6rem;font-weight:600;margin:0}.total span{font-size:1rem;font-weight:400}
ul{padding:0;list-style:none}li.line{display:flex;gap:1rem;justify-content:space-between}li.line span:last-child{white-space:nowrap}
fieldset{border:1px solid light-dark(#767676,#8a8a8a);border-radius:.4rem;margin:1rem 0;padding:.75rem}
label{display:block;margin:.5rem 0 0}
input:not([type=checkbox]){box-sizing:border-box;width:100%;font:inherit;padding:.55rem;border:1px solid light-dark(#767676,#8a8a8a);border-radius:.3rem}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:.75rem}
button{font:inherit;font-weight:600;width:100%;padding:.75rem;border:0;border-radius:.4rem;background:#3b46c4;color:#fff;cursor:pointer;margin:.25rem 0}
button.plain{background:transparent;color:inherit;border:1px solid}
a{color:light-dark(#1d3fbb,#a9b8ff)}a.fill{display:block;padding:.3rem 0}
:focus-visible{outline:3px solid light-dark(#1d3fbb,#a9b8ff);outline-offset:2px}
[role=alert]{border-inline-start:4px solid light-dark(#b3261e,#ff9a91);padding:.25rem .75rem}
";

/// The test cards with a link; every other published number can be typed.
const OFFERED_CARDS: &[&str] = &[
    "4242424242424242",
    "4000000000000002",
    "4000000000009995",
    "4000002500003155",
    "4000002760003184",
    "4000000000000259",
];

/// Whether a session can be paid by this kind of method.
pub(super) fn takes(session: &Record, kind: &str) -> bool {
    session.body["payment_method_types"].as_array().is_some_and(|kinds| kinds.iter().any(|known| known == kind))
}

pub(super) fn form(words: &Words, session: &Record, entered: &FormValues, error: Option<&str>) -> String {
    let mut body = summary(words, session);
    if let Some(error) = error {
        let _ = write!(body, "<p role=\"alert\" id=\"error\">{}</p>", escape(error));
    }
    body.push_str(&fill_links(words, session));
    let _ = write!(body, "<form method=\"post\" action=\"{}\" autocomplete=\"off\">", escape(session.text("id")));
    if takes(session, "card") {
        body.push_str(&card_fields(words, entered, error.is_none()));
    }
    if takes(session, "sepa_debit") {
        let _ = write!(
            body,
            "<fieldset><legend>{}</legend><label for=\"iban\">IBAN</label>\
             <input id=\"iban\" name=\"iban\" value=\"{}\" autocapitalize=\"characters\" spellcheck=\"false\">\
             <p>{}</p></fieldset>",
            words.debit,
            escape(&entered.iban),
            words.mandate
        );
    }
    body.push_str(&contact_fields(words, session, entered));
    let _ = write!(
        body,
        "<button type=\"submit\" data-testid=\"hosted-payment-submit-button\">{} {}</button></form>{}",
        if session.text("mode") == "setup" { words.keep } else { words.pay },
        total(words, session),
        cancel_link(words, session)
    );
    document(words, words.title, &body)
}

fn card_fields(words: &Words, entered: &FormValues, filled_in: bool) -> String {
    // After an error the fields hold what the customer typed, which is not sent back.
    let value = |text: &str| if filled_in { escape(text) } else { String::new() };
    format!(
        "<fieldset><legend>{}</legend><label for=\"cardNumber\">{}</label>\
         <input id=\"cardNumber\" name=\"cardNumber\" inputmode=\"numeric\" placeholder=\"4242 4242 4242 4242\" value=\"{}\">\
         <div class=\"pair\"><div><label for=\"cardExpiry\">{}</label>\
         <input id=\"cardExpiry\" name=\"cardExpiry\" inputmode=\"numeric\" placeholder=\"12/34\" value=\"{}\"></div>\
         <div><label for=\"cardCvc\">{}</label>\
         <input id=\"cardCvc\" name=\"cardCvc\" inputmode=\"numeric\" placeholder=\"123\" value=\"{}\"></div></div></fieldset>",
        words.card,
        words.card_number,
        value(&entered.card_number),
        words.card_expiry,
        value(&entered.card_expiry),
        words.card_cvc,
        value(&entered.card_cvc),
    )
}

fn contact_fields(words: &Words, session: &Record, entered: &FormValues) -> String {
    let known = session.body["customer_details"]["email"].as_str().unwrap_or_default();
    let email = if entered.email.is_empty() { known } else { &entered.email };
    let mut fields = format!(
        "<fieldset><legend>{}</legend><label for=\"email\">{}</label>\
         <input id=\"email\" name=\"email\" type=\"email\" value=\"{}\">\
         <label for=\"billingName\">{}</label><input id=\"billingName\" name=\"billingName\" value=\"{}\">",
        words.contact,
        words.email,
        escape(email),
        words.name,
        escape(&entered.name),
    );
    let offered = session.body["saved_payment_method_options"]["payment_method_save"] == "enabled";
    if offered && session.body["customer"].is_string() {
        let checked = if entered.save { " checked" } else { "" };
        let _ = write!(
            fields,
            "<label><input type=\"checkbox\" id=\"save\" name=\"save\" value=\"yes\"{checked}> {}</label>",
            words.save
        );
    }
    fields.push_str("</fieldset>");
    fields
}

fn fill_links(words: &Words, session: &Record) -> String {
    let mut links = String::new();
    if takes(session, "card") {
        let _ = write!(links, "<details><summary>{}</summary>", words.try_card);
        for card in test_numbers::CARDS.iter().filter(|card| OFFERED_CARDS.contains(&card.number)) {
            let what = match card.behaviour {
                CardBehaviour::Succeeds if matches!(card.follow_up, FollowUp::Dispute(_)) => words.disputed,
                CardBehaviour::Succeeds => words.succeeds,
                CardBehaviour::Declines(decline) => words.decline(decline.decline_code),
                CardBehaviour::Authenticates(_) => words.asks,
            };
            let _ = write!(links, "<a class=\"fill\" href=\"?card={0}\">{0}: {what}</a>", card.number);
        }
        links.push_str("</details>");
    }
    if takes(session, "sepa_debit") {
        let _ = write!(links, "<details><summary>{}</summary>", words.try_iban);
        for account in test_numbers::IBANS.iter().filter(|account| account.iban.starts_with("DE")) {
            let _ = write!(
                links,
                "<a class=\"fill\" href=\"?iban={0}\">{0}: {1}</a>",
                account.iban,
                debit_outcome(words, account)
            );
        }
        links.push_str("</details>");
    }
    links
}

fn debit_outcome(words: &Words, account: &TestIban) -> String {
    let what = match (account.failure, account.follow_up) {
        (Some(code), _) => format!("{} ({code})", words.debit_fails),
        (None, FollowUp::Dispute(_)) => words.disputed.to_owned(),
        (None, _) => words.succeeds.to_owned(),
    };
    if account.after_s >= 180 { format!("{what}, {}", words.later) } else { what }
}

pub(super) fn authentication(words: &Words, session: &Record) -> String {
    let body = format!(
        "{}<h2>{}</h2><p>{}</p><form method=\"post\" action=\"{}\">\
         <button name=\"authentication\" value=\"complete\" data-testid=\"authentication-complete\">{}</button>\
         <button class=\"plain\" name=\"authentication\" value=\"fail\" data-testid=\"authentication-fail\">{}</button></form>{}",
        summary(words, session),
        words.authentication,
        words.authentication_why,
        escape(session.text("id")),
        words.authenticate,
        words.refuse,
        cancel_link(words, session)
    );
    document(words, words.authentication, &body)
}

/// The page of a session that can no longer be paid: its outcome, and the way back.
pub(super) fn closed(words: &Words, session: &Record) -> String {
    let (state, label, address) = match (session.text("status"), session.text("payment_status")) {
        ("complete", "no_payment_required") => (words.kept, words.next_step, return_address(session)),
        ("complete", "paid") => (words.paid, words.next_step, return_address(session)),
        ("complete", _) => (words.processing, words.next_step, return_address(session)),
        _ => (words.expired, words.go_back, session.text("cancel_url").to_owned()),
    };
    let mut body = summary(words, session);
    let _ = write!(body, "<p role=\"status\">{state}</p>");
    if !address.is_empty() {
        let _ = write!(body, "<p><a href=\"{}\">{label}</a></p>", escape(&address));
    }
    document(words, words.title, &body)
}

pub(super) fn unknown(words: &Words) -> String {
    document(words, words.title, &format!("<h1>{}</h1><p role=\"status\">{}</p>", words.title, words.unknown))
}

pub(super) fn trouble(words: &Words) -> String {
    document(words, words.title, &format!("<h1>{}</h1><p role=\"alert\">{}</p>", words.title, words.trouble))
}

fn summary(words: &Words, session: &Record) -> String {
    if session.text("mode") == "setup" {
        return format!("<h1>{}</h1>", words.keep);
    }
    let currency = session.text("currency");
    let mut summary = format!(
        "<h1>{}</h1><p class=\"total\"><span>{}</span> {}</p><ul>",
        words.title,
        words.total,
        total(words, session)
    );
    for (name, quantity, amount) in checkout_lines::shown(session) {
        let times = if quantity > 1 { format!(" ({} {quantity})", words.quantity) } else { String::new() };
        let amount = money::shown(amount, currency, words.french);
        let _ = write!(summary, "<li class=\"line\"><span>{}{times}</span><span>{amount}</span></li>", escape(&name));
    }
    summary.push_str("</ul>");
    summary
}

/// The total; empty where nothing is charged.
fn total(words: &Words, session: &Record) -> String {
    if session.text("mode") == "setup" {
        return String::new();
    }
    money::shown(session.integer("amount_total"), session.text("currency"), words.french)
}

fn cancel_link(words: &Words, session: &Record) -> String {
    match session.body["cancel_url"].as_str() {
        Some(url) => format!("<p><a href=\"{}\" data-testid=\"business-link\">{}</a></p>", escape(url), words.cancel),
        None => String::new(),
    }
}

fn document(words: &Words, title: &str, body: &str) -> String {
    let language = if words.french { "fr" } else { "en" };
    format!(
        "<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta name=\"robots\" content=\"noindex\">\
         <title>{title} · Sandbox</title><style>{STYLE}</style></head>\
         <body><main><p class=\"sandbox\">{}</p>{body}</main></body></html>",
        words.sandbox
    )
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
