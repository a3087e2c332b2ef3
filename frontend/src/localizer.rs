//! How a page is written: in which language, and how amounts and dates look in it.

use std::fmt::Display;

use jiff::civil::Date;
use receivables::locale::Language;
use receivables::{Balance, Locale, Money};

use crate::messages::Messages;

/// Writes messages, amounts and dates as a locale does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Localizer {
    pub(crate) locale: Locale,
}

impl Localizer {
    pub(crate) fn of(locale: Locale) -> Self {
        Self { locale }
    }

    /// What a feature can say, in the language.
    pub(crate) fn messages<M: Messages>(self) -> &'static M {
        M::ALL.of(self.locale.language())
    }

    /// An amount: `€1,234.50`.
    pub(crate) fn money(self, amount: Money) -> String {
        self.locale.money(amount)
    }

    pub(crate) fn balance(self, balance: Balance) -> String {
        self.locale.balance(balance)
    }

    /// A date in words: `28 March 2026`.
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
