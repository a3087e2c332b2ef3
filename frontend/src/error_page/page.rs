//! What went wrong, and what to do now.

use leptos::prelude::*;

use crate::components::Body;
use crate::localizer::Reader;

/// What can go wrong, one variant for each thing to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Trouble {
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

impl Trouble {
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

/// The page.
pub(crate) fn trouble_page(reader: Reader, trouble: Trouble) -> Body {
    let words = &reader.words.trouble;
    let (title, text) = match trouble {
        Trouble::NotFound => (words.not_found, words.not_found_text),
        Trouble::CrossSite => (words.cross_site, words.cross_site_text),
        Trouble::Method => (words.method, words.method_text),
        Trouble::TooLarge => (words.too_large, words.too_large_text),
        Trouble::Unreadable => (words.unreadable, words.unreadable_text),
        Trouble::Unavailable => (words.unavailable, words.unavailable_text),
        Trouble::Defect => (words.defect, words.defect_text),
    };
    let content = view! {
        <h1>{title}</h1>
        <p>{text}</p>
        <p class="links"><a href="/">{words.home}</a></p>
    };
    Body { title: title.to_owned(), content: content.into_any() }
}
