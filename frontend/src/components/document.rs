//! The document around every page: head, header, navigation, main, footer.

use leptos::prelude::*;
use receivables::Locale;

use crate::localizer::Localizer;
use crate::messages::document::DocumentMessages;

/// What a page puts into the document.
pub(crate) struct Body {
    /// The title, without the business's name.
    pub(crate) title: String,
    /// What stands in `main`; its first heading is the page's only `h1`.
    pub(crate) content: AnyView,
}

#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) localizer: Localizer,
    /// The name of the business; none where the host belongs to no business.
    pub(crate) business: Option<String>,
    /// The address to which customers may write.
    pub(crate) email: Option<String>,
    /// The other languages the page can be had in.
    pub(crate) languages: Vec<Locale>,
    /// The page's own address, to which a change of language returns.
    pub(crate) return_address: String,
    pub(crate) stylesheet: &'static str,
    /// The item of the navigation that the page belongs to; none for whoever is not signed in, who has no navigation.
    pub(crate) nav_item: Option<NavItem>,
}

/// The items of the navigation, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NavItem {
    Overview,
    Invoices,
    Statement,
    /// A page of the account that the navigation does not name.
    Other,
}

pub(crate) fn document(frame: &Frame, body: Body) -> String {
    let owner = Owner::new();
    let html = owner.with(|| document_view(frame, body).to_html());
    // Comments that would tell a script where one text node ends and the next begins; there is no script.
    format!("<!DOCTYPE html>{}", html.replace("<!>", ""))
}

fn document_view(frame: &Frame, body: Body) -> impl IntoView + use<> {
    let messages = frame.localizer.messages::<DocumentMessages>();
    let title = match &frame.business {
        Some(business) => format!("{} · {business}", body.title),
        None => body.title.clone(),
    };
    view! {
        <html lang=frame.localizer.locale.tag()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width"/>
                <meta name="color-scheme" content="light dark"/>
                <title>{title}</title>
                <meta name="description" content=messages.description/>
                <link rel="stylesheet" href=frame.stylesheet/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
            </head>
            <body>
                <a class="skip" href="#content">{messages.skip}</a>
                <header>
                    <p class="business">{frame.business.clone()}</p>
                    {language_form(frame)}
                    {frame.nav_item.map(|nav_item| navigation(frame.localizer, nav_item))}
                </header>
                <main id="content" tabindex="-1">{body.content}</main>
                {frame.email.clone().map(|email| footer(frame.localizer, &email))}
            </body>
        </html>
    }
}

fn language_form(frame: &Frame) -> Option<impl IntoView + use<>> {
    if frame.languages.is_empty() {
        return None;
    }
    let messages = frame.localizer.messages::<DocumentMessages>();
    let buttons = frame.languages.iter().map(|locale| {
        view! { <button name="locale" value=locale.tag() lang=locale.tag()>{name_of(*locale)}</button> }
    });
    let buttons = buttons.collect_view();
    Some(view! {
        <form class="language" method="post" action="/language" aria-label=messages.language>
            <input type="hidden" name="return" value=frame.return_address.clone()/>
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

fn navigation(localizer: Localizer, current: NavItem) -> impl IntoView + use<> {
    let messages = localizer.messages::<DocumentMessages>();
    let link = |to: NavItem, address: &'static str, text: &'static str| {
        view! { <a href=address aria-current=(current == to).then_some("page")>{text}</a> }
    };
    view! {
        <nav aria-label=messages.navigation>
            {link(NavItem::Overview, "/", messages.overview)}
            {link(NavItem::Invoices, "/invoices", messages.invoices)}
            {link(NavItem::Statement, "/statement", messages.statement)}
            <form method="post" action="/sign-out"><button>{messages.sign_out}</button></form>
        </nav>
    }
}

fn footer(localizer: Localizer, email: &str) -> impl IntoView + use<> {
    let messages = localizer.messages::<DocumentMessages>();
    view! { <footer><p>{messages.questions} " " <a href=format!("mailto:{email}")>{email.to_owned()}</a></p></footer> }
}
