//! The document around every page: head, header, navigation, main, footer.

use leptos::prelude::*;
use receivables::Locale;

use crate::localizer::Reader;

/// What a page puts into the document.
pub(crate) struct Body {
    /// The title, without the business's name.
    pub(crate) title: String,
    /// What stands in `main`; its first heading is the page's only `h1`.
    pub(crate) content: AnyView,
}

/// What frames a page.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// Who reads.
    pub(crate) reader: Reader,
    /// The name of the business; none where the host is nobody's.
    pub(crate) business: Option<String>,
    /// Where customers may write.
    pub(crate) email: Option<String>,
    /// The other languages the page can be had in.
    pub(crate) languages: Vec<Locale>,
    /// The page's own address, to which a change of language returns.
    pub(crate) here: String,
    /// Where the stylesheet is.
    pub(crate) stylesheet: &'static str,
    /// Where in their account the reader is; none where they are not signed in.
    pub(crate) place: Option<Place>,
}

/// The places of an account, in the order of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The account at a glance.
    Overview,
    /// The invoices.
    Invoices,
    /// The statement.
    Statement,
    /// A page that the navigation does not name.
    Elsewhere,
}

/// The whole document as text.
pub(crate) fn document(frame: &Frame, body: Body) -> String {
    let owner = Owner::new();
    let html = owner.with(|| whole(frame, body).to_html());
    // Comments that would tell a script where one text node ends and the next begins; there is no script.
    format!("<!DOCTYPE html>{}", html.replace("<!>", ""))
}

fn whole(frame: &Frame, body: Body) -> impl IntoView + use<> {
    let words = &frame.reader.words.shell;
    let title = match &frame.business {
        Some(business) => format!("{} · {business}", body.title),
        None => body.title.clone(),
    };
    view! {
        <html lang=frame.reader.locale.tag()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width"/>
                <meta name="color-scheme" content="light dark"/>
                <title>{title}</title>
                <meta name="description" content=words.description/>
                <link rel="stylesheet" href=frame.stylesheet/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
            </head>
            <body>
                <a class="skip" href="#content">{words.skip}</a>
                <header>
                    <p class="business">{frame.business.clone()}</p>
                    {language_form(frame)}
                    {frame.place.map(|place| navigation(frame.reader, place))}
                </header>
                <main id="content" tabindex="-1">{body.content}</main>
                {frame.email.clone().map(|email| footer(frame.reader, &email))}
            </body>
        </html>
    }
}

fn language_form(frame: &Frame) -> Option<impl IntoView + use<>> {
    if frame.languages.is_empty() {
        return None;
    }
    let buttons = frame.languages.iter().map(|locale| {
        view! { <button name="locale" value=locale.tag() lang=locale.tag()>{name_of(*locale)}</button> }
    });
    let buttons = buttons.collect_view();
    Some(view! {
        <form class="language" method="post" action="/language" aria-label=frame.reader.words.shell.language>
            <input type="hidden" name="return" value=frame.here.clone()/>
            {buttons}
        </form>
    })
}

/// The language's name in the language itself.
fn name_of(locale: Locale) -> &'static str {
    match locale {
        Locale::English | Locale::EnglishCanada => "English",
        Locale::French | Locale::FrenchCanada => "Français",
    }
}

fn navigation(reader: Reader, place: Place) -> impl IntoView + use<> {
    let words = &reader.words.shell;
    let link = |to: Place, address: &'static str, text: &'static str| {
        view! { <a href=address aria-current=(place == to).then_some("page")>{text}</a> }
    };
    view! {
        <nav aria-label=words.navigation>
            {link(Place::Overview, "/", words.overview)}
            {link(Place::Invoices, "/invoices", words.invoices)}
            {link(Place::Statement, "/statement", words.statement)}
            <form method="post" action="/sign-out"><button>{words.sign_out}</button></form>
        </nav>
    }
}

fn footer(reader: Reader, email: &str) -> impl IntoView + use<> {
    let words = &reader.words.shell;
    view! { <footer><p>{words.questions} " " <a href=format!("mailto:{email}")>{email.to_owned()}</a></p></footer> }
}
