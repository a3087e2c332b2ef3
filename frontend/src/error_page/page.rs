//! What went wrong, and what to do now.

use leptos::prelude::*;

use crate::components::Body;
use crate::error_page::messages::ErrorMessages;
use crate::localizer::Localizer;

/// What can go wrong, one variant for each thing to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ErrorPage {
    /// Nothing is at the address, or it is someone else's.
    NotFound,
    /// The request came from another site.
    CrossSite,
    /// The address does not take the method.
    Method,
    /// The request was too large.
    TooLarge,
    /// The request could not be read.
    Unreadable,
    /// Something we need does not answer.
    Unavailable,
    /// A defect of ours.
    Defect,
}

impl ErrorPage {
    /// All of them, for the tests to look at.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 7] = [
        Self::NotFound,
        Self::CrossSite,
        Self::Method,
        Self::TooLarge,
        Self::Unreadable,
        Self::Unavailable,
        Self::Defect,
    ];
}

pub(crate) fn error_page(localizer: Localizer, error: ErrorPage) -> Body {
    let messages = localizer.messages::<ErrorMessages>();
    let (title, text) = match error {
        ErrorPage::NotFound => (messages.not_found, messages.not_found_text),
        ErrorPage::CrossSite => (messages.cross_site, messages.cross_site_text),
        ErrorPage::Method => (messages.method, messages.method_text),
        ErrorPage::TooLarge => (messages.too_large, messages.too_large_text),
        ErrorPage::Unreadable => (messages.unreadable, messages.unreadable_text),
        ErrorPage::Unavailable => (messages.unavailable, messages.unavailable_text),
        ErrorPage::Defect => (messages.defect, messages.defect_text),
    };
    let content = view! {
        <h1>{title}</h1>
        <p>{text}</p>
        <p class="links"><a href="/">{messages.home}</a></p>
    };
    Body { title: title.to_owned(), content: content.into_any() }
}
