//! The reader of a page: the language, and how amounts and dates are written in it.

use std::fmt::Display;

use jiff::civil::Date;
use receivables::locale::Language;
use receivables::{Balance, Locale, Money};

use crate::messages::{Words, words};

/// Who reads a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader {
    /// How they read.
    pub(crate) locale: Locale,
    /// The words of their language.
    pub(crate) words: &'static Words,
}

impl Reader {
    /// A reader of a locale.
    pub(crate) fn of(locale: Locale) -> Self {
        Self { locale, words: words(locale.language()) }
    }

    /// An amount: `€1,234.50`.
    pub(crate) fn money(self, amount: Money) -> String {
        self.locale.money(amount)
    }

    /// A signed amount.
    pub(crate) fn balance(self, balance: Balance) -> String {
        self.locale.balance(balance)
    }

    /// A date in words.
    pub(crate) fn date(self, date: Date) -> String {
        self.locale.date(date)
    }

    /// A rate in percent: `20%`, `20 %`.
    pub(crate) fn percent(self, rate: impl Display) -> String {
        match self.locale.language() {
            Language::English => format!("{rate}%"),
            Language::French => format!("{}\u{a0}%", self.number(rate)),
        }
    }

    /// A quantity or rate, whose `Display` has a point: `2.5`, `2,5`.
    pub(crate) fn number(self, number: impl Display) -> String {
        match self.locale.language() {
            Language::English => number.to_string(),
            Language::French => number.to_string().replace('.', ","),
        }
    }
}
