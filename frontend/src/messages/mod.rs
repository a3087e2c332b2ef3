//! How messages are kept: each feature has its own, in every language, in a file `messages.rs` of its folder. Those of what
//! every page has are here.
//!
//! The messages of a feature are one type with a value for each language, so one that a language lacks fails to compile. A
//! message with something to fill in is a function; the parts it is given are already written in the language,
//! by the localizer. French addresses the reader as *vous*; its apostrophes are curly; before `:` stands a no-break
//! space, before `;` `!` `?` a narrow one, written as escapes because they cannot be seen.

pub(crate) mod balance;
pub(crate) mod document;
pub(crate) mod form;

use receivables::locale::Language;

/// A fixed message.
pub(crate) type Text = &'static str;
/// A message with one thing to fill in.
pub(crate) type With = fn(&str) -> String;
/// A message with two things to fill in.
pub(crate) type WithTwo = fn(&str, &str) -> String;
/// A message about a number of things.
pub(crate) type Count = fn(u32) -> String;

/// One value for each language of the portal.
#[derive(Debug)]
pub(crate) struct ByLanguage<T> {
    pub(crate) english: T,
    pub(crate) french: T,
}

impl<T> ByLanguage<T> {
    pub(crate) fn of(self, language: Language) -> T {
        match language {
            Language::English => self.english,
            Language::French => self.french,
        }
    }
}

/// What a feature can say.
pub(crate) trait Messages: Sized + 'static {
    /// In each language.
    const ALL: ByLanguage<&'static Self>;
}
