//! How money and dates are written for a reader.
//!
//! `fr` and `fr-CA` differ, as do `en` and `en-CA`: the sign's place, the separators and the order of a date.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::currency::Currency;
use crate::money::{Balance, Money, MoneyError};

/// A language and the region whose habits of writing apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Locale {
    /// English, European habits: `€1,234.50`, `1 March 2026`.
    English,
    /// English in Canada: `$1,234.50`, `March 1, 2026`.
    EnglishCanada,
    /// French: `1 234,50 €`, `1er mars 2026`.
    French,
    /// French in Canada: `1 234,50 $`, with a plain no-break space.
    FrenchCanada,
}

/// The language alone, for choosing words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    English,
    /// French.
    French,
}

/// Why a text is not a locale.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one of en, en-CA, fr, fr-CA")]
pub struct LocaleError;

const NARROW_NO_BREAK_SPACE: char = '\u{202f}';
const NO_BREAK_SPACE: char = '\u{a0}';

const MINUS: char = '\u{2212}';
/// What people put between thousands, besides the space in its kinds.
const GROUP_SEPARATORS: [char; 4] = [',', '.', '\'', '\u{2019}'];

const MONTHS_ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONTHS_FRENCH: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

impl Locale {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::English, Self::EnglishCanada, Self::French, Self::FrenchCanada];

    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::EnglishCanada => "en-CA",
            Self::French => "fr",
            Self::FrenchCanada => "fr-CA",
        }
    }

    /// The language, without the region.
    pub fn language(self) -> Language {
        match self {
            Self::English | Self::EnglishCanada => Language::English,
            Self::French | Self::FrenchCanada => Language::French,
        }
    }

    /// The first locale of an `Accept-Language` header that we write, by its order of preference; nothing where none is.
    pub fn preferred(accept_language: &str) -> Option<Self> {
        let mut wishes: Vec<(u32, Self)> = accept_language
            .split(',')
            .take(20)
            .filter_map(|part| {
                let (tag, rest) = part.split_once(';').unwrap_or((part, ""));
                let locale = Self::nearest(tag.trim())?;
                let weight = rest.trim().strip_prefix("q=").map_or(Some(1000), thousandths)?;
                (weight > 0).then_some((weight, locale))
            })
            .collect();
        wishes.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        wishes.first().map(|(_, locale)| *locale)
    }

    /// The locale of a tag, or that of its language: `fr-BE` reads French.
    pub fn nearest(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|locale| locale.tag().eq_ignore_ascii_case(tag)).or_else(|| {
            let language = tag.split('-').next().unwrap_or_default();
            Self::ALL.into_iter().find(|locale| locale.tag().eq_ignore_ascii_case(language))
        })
    }

    /// An amount as a reader expects it: `€1,234.50`, `1 234,50 €`.
    pub fn money(self, amount: Money) -> String {
        self.signed("", amount)
    }

    /// A balance as a reader expects it, with a true minus sign where it is in the customer's favour.
    pub fn balance(self, balance: Balance) -> String {
        self.signed(if balance.minor() < 0 { "\u{2212}" } else { "" }, balance.magnitude())
    }

    /// A number without its currency, as the amount field of a form shows it: `1234.50`, `1234,50`.
    pub fn amount_field(self, amount: Money) -> String {
        match self.language() {
            Language::English => amount.to_plain(),
            Language::French => amount.to_plain().replace('.', ","),
        }
    }

    /// Reads what a person typed into an amount field: `1,234.50`, `1 234,50 €`, `12,5`. The point and the comma may both
    /// be the decimal separator. Thousands may be grouped by one kind of separator, in threes; what can be read in two ways
    /// is refused.
    pub fn parse_amount(self, typed: &str, currency: Currency) -> Result<Money, MoneyError> {
        let bare = typed.trim().trim_matches(|c: char| "€$£¥".contains(c)).trim().replace(MINUS, "-");
        let bare = bare.replace(char::is_whitespace, " ");
        let (sign, bare) = bare.strip_prefix('-').map_or(("", bare.as_str()), |rest| ("-", rest.trim_start()));
        let (whole, decimals) = match self.decimal_separator(bare, currency)? {
            Some(place) => (bare.get(..place).unwrap_or_default(), bare.get(place + 1..)),
            None => (bare, None),
        };
        let whole = ungrouped(whole).ok_or(MoneyError::NotANumber)?;
        let plain = decimals.map_or(format!("{sign}{whole}"), |decimals| format!("{sign}{whole}.{decimals}"));
        Money::parse(&plain, currency)
    }

    /// The place of the point or comma that separates decimals, if one does. It comes last and once; a single comma before
    /// three digits groups thousands in English, unless the currency has thousandths, where nobody can tell.
    fn decimal_separator(self, bare: &str, currency: Currency) -> Result<Option<usize>, MoneyError> {
        let Some(last) = bare.rfind(['.', ',']) else { return Ok(None) };
        let separator = bare.get(last..=last).unwrap_or_default();
        if bare.matches(separator).count() > 1 {
            return Ok(None);
        }
        let alone = bare.find(['.', ',']) == Some(last);
        let before_three = bare.len() - last == 4;
        if !(alone && before_three && separator == "," && self.language() == Language::English) {
            return Ok(Some(last));
        }
        if currency.exponent() == 3 { Err(MoneyError::NotANumber) } else { Ok(None) }
    }

    /// A civil date in words: `1 March 2026`, `March 1, 2026`, `1er mars 2026`.
    pub fn date(self, date: Date) -> String {
        let month = usize::try_from(date.month()).unwrap_or(1).saturating_sub(1).min(11);
        let (day, year) = (date.day(), date.year());
        match self {
            Self::English => format!("{day} {} {year}", MONTHS_ENGLISH[month]),
            Self::EnglishCanada => format!("{} {day}, {year}", MONTHS_ENGLISH[month]),
            Self::French | Self::FrenchCanada => {
                let day = if day == 1 { "1er".to_owned() } else { day.to_string() };
                format!("{day} {} {year}", MONTHS_FRENCH[month])
            }
        }
    }

    fn signed(self, sign: &str, amount: Money) -> String {
        let currency = amount.currency();
        let symbol = self.sign_of(currency);
        let plain = amount.to_plain();
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        let (group, point) = match self {
            Self::English | Self::EnglishCanada => (',', '.'),
            Self::French => (NARROW_NO_BREAK_SPACE, ','),
            Self::FrenchCanada => (NO_BREAK_SPACE, ','),
        };
        let mut number = grouped(whole, group);
        if !fraction.is_empty() {
            number.push(point);
            number.push_str(fraction);
        }
        match self.language() {
            Language::English if symbol.chars().all(|c| c.is_ascii_alphabetic()) => {
                format!("{sign}{symbol}{NO_BREAK_SPACE}{number}")
            }
            Language::English => format!("{sign}{symbol}{number}"),
            Language::French => format!("{sign}{number}{NO_BREAK_SPACE}{symbol}"),
        }
    }

    /// A dollar is only a bare `$` at home; elsewhere its country is said.
    fn sign_of(self, currency: Currency) -> String {
        let canadian = matches!(self, Self::EnglishCanada | Self::FrenchCanada);
        match (currency, self.language()) {
            (Currency::CAD, _) if canadian => "$".to_owned(),
            (Currency::CAD, Language::English) => "CA$".to_owned(),
            (Currency::CAD, Language::French) => "$\u{a0}CA".to_owned(),
            (Currency::USD, Language::English) => "US$".to_owned(),
            (Currency::USD, Language::French) => "$\u{a0}US".to_owned(),
            (other, _) => other.symbol().to_owned(),
        }
    }
}

/// Digits in groups of three.
fn grouped(digits: &str, separator: char) -> String {
    let mut out = String::with_capacity(digits.len() * 2);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}

/// The digits of a whole number, which may be grouped in threes by one separator; `None` where it is anything else.
fn ungrouped(whole: &str) -> Option<String> {
    let separates = |c: char| c.is_whitespace() || GROUP_SEPARATORS.contains(&c);
    let Some(separator) = whole.chars().find(|c| separates(*c)) else { return Some(whole.to_owned()) };
    let mut groups = whole.split(separator);
    let first = groups.next().filter(|first| (1..=3).contains(&first.len()) && !first.starts_with('0'))?;
    let digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let rest: Vec<&str> = groups.collect();
    let in_threes = digits(first) && rest.iter().all(|group| group.len() == 3 && digits(group));
    in_threes.then(|| format!("{first}{}", rest.concat()))
}

/// A quality value (`0.8`) in thousandths.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let fraction = format!("{fraction:0<3}");
    let whole: u32 = whole.parse().ok()?;
    Some(whole.min(1) * 1000 + fraction.get(..3)?.parse::<u32>().ok()?)
}

impl FromStr for Locale {
    type Err = LocaleError;

    fn from_str(text: &str) -> Result<Self, LocaleError> {
        Self::ALL.into_iter().find(|locale| locale.tag().eq_ignore_ascii_case(text)).ok_or(LocaleError)
    }
}

impl TryFrom<String> for Locale {
    type Error = LocaleError;

    fn try_from(text: String) -> Result<Self, LocaleError> {
        text.parse()
    }
}

impl From<Locale> for String {
    fn from(locale: Locale) -> Self {
        locale.tag().to_owned()
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;
    use expect_test::expect;

    #[test]
    fn amounts_and_dates_are_written_as_each_reader_expects() {
        let mut seen = String::new();
        for locale in Locale::ALL {
            for (text, code) in
                [("1234567.5", "EUR"), ("1200.00", "CAD"), ("0.05", "USD"), ("15000", "JPY"), ("1.250", "KWD")]
            {
                let currency: Currency = code.parse().unwrap();
                let amount = Money::parse(text, currency).unwrap();
                let shown = locale.money(amount).replace(NO_BREAK_SPACE, "~").replace(NARROW_NO_BREAK_SPACE, "_");
                writeln!(seen, "{:6} {shown}", locale.tag()).unwrap();
            }
            writeln!(seen, "{:6} {}", locale.tag(), locale.date(jiff::civil::date(2026, 3, 1))).unwrap();
        }
        expect![[r#"
            en     €1,234,567.50
            en     CA$1,200.00
            en     US$0.05
            en     ¥15,000
            en     KWD~1.250
            en     1 March 2026
            en-CA  €1,234,567.50
            en-CA  $1,200.00
            en-CA  US$0.05
            en-CA  ¥15,000
            en-CA  KWD~1.250
            en-CA  March 1, 2026
            fr     1_234_567,50~€
            fr     1_200,00~$~CA
            fr     0,05~$~US
            fr     15_000~¥
            fr     1,250~KWD
            fr     1er mars 2026
            fr-CA  1~234~567,50~€
            fr-CA  1~200,00~$
            fr-CA  0,05~$~US
            fr-CA  15~000~¥
            fr-CA  1,250~KWD
            fr-CA  1er mars 2026
        "#]]
        .assert_eq(&seen);
    }

    #[test]
    fn typed_amounts_are_read_as_the_reader_meant_them() {
        let eur = Currency::EUR;
        for (locale, typed, meant) in [
            (Locale::French, "1 234,50", "1234.50"),
            (Locale::French, "1\u{202f}234,5 €", "1234.50"),
            (Locale::French, "12.5", "12.50"),
            (Locale::English, "1,234.50", "1234.50"),
            (Locale::English, "€1,234", "1234.00"),
            (Locale::English, "12,50", "12.50"),
            (Locale::French, "1.234,50", "1234.50"),
        ] {
            assert_eq!(locale.parse_amount(typed, eur).map(Money::to_plain).as_deref(), Ok(meant), "{typed}");
        }
        for typed in ["", "abc", "-5", "1.2.3", "12.345", "1e3"] {
            assert!(Locale::English.parse_amount(typed, eur).is_err(), "{typed:?} was taken");
        }
    }

    #[test]
    fn thousands_are_grouped_in_threes_by_one_separator() {
        let mut seen = String::new();
        let table = [
            ("1,234,567.50", "EUR"),
            ("1.234.567,50", "EUR"),
            ("1 234 567,50", "EUR"),
            ("1\u{202f}234 567,50", "EUR"),
            ("1'234'567.50", "EUR"),
            ("1\u{2019}234.50", "EUR"),
            ("1,234", "EUR"),
            ("1.234", "EUR"),
            ("1,234", "JPY"),
            ("1,234", "KWD"),
            ("1.234", "KWD"),
            ("1,0,0", "EUR"),
            ("1,00,000", "EUR"),
            ("1234,567", "EUR"),
            ("1,234 567", "EUR"),
            ("1.234 567,50", "EUR"),
            ("1,234.567,50", "EUR"),
            ("1 23,50", "EUR"),
            ("12 34", "EUR"),
            ("0,123", "EUR"),
            ("1,234.5 6", "EUR"),
            (",50", "EUR"),
            ("5,", "EUR"),
            ("\u{2212}5", "EUR"),
            ("- 5,00", "EUR"),
            ("€ 12,50", "EUR"),
        ];
        for (typed, code) in table {
            let currency: Currency = code.parse().unwrap();
            let read = |locale: Locale| match locale.parse_amount(typed, currency) {
                Ok(amount) => amount.to_plain(),
                Err(error) => format!("{error:?}"),
            };
            writeln!(seen, "{typed} {code}: en {}, fr {}", read(Locale::English), read(Locale::French)).unwrap();
        }
        expect![[r#"
            1,234,567.50 EUR: en 1234567.50, fr 1234567.50
            1.234.567,50 EUR: en 1234567.50, fr 1234567.50
            1 234 567,50 EUR: en 1234567.50, fr 1234567.50
            1 234 567,50 EUR: en 1234567.50, fr 1234567.50
            1'234'567.50 EUR: en 1234567.50, fr 1234567.50
            1’234.50 EUR: en 1234.50, fr 1234.50
            1,234 EUR: en 1234.00, fr TooPrecise(2)
            1.234 EUR: en TooPrecise(2), fr TooPrecise(2)
            1,234 JPY: en 1234, fr TooPrecise(0)
            1,234 KWD: en NotANumber, fr 1.234
            1.234 KWD: en 1.234, fr 1.234
            1,0,0 EUR: en NotANumber, fr NotANumber
            1,00,000 EUR: en NotANumber, fr NotANumber
            1234,567 EUR: en NotANumber, fr TooPrecise(2)
            1,234 567 EUR: en NotANumber, fr NotANumber
            1.234 567,50 EUR: en NotANumber, fr NotANumber
            1,234.567,50 EUR: en NotANumber, fr NotANumber
            1 23,50 EUR: en NotANumber, fr NotANumber
            12 34 EUR: en NotANumber, fr NotANumber
            0,123 EUR: en NotANumber, fr TooPrecise(2)
            1,234.5 6 EUR: en NotANumber, fr NotANumber
            ,50 EUR: en NotANumber, fr NotANumber
            5, EUR: en NotANumber, fr NotANumber
            −5 EUR: en Negative, fr Negative
            - 5,00 EUR: en Negative, fr Negative
            € 12,50 EUR: en 12.50, fr 12.50
        "#]]
        .assert_eq(&seen);
    }

    #[test]
    fn the_readers_first_wish_that_we_can_fulfil_wins() {
        assert_eq!(Locale::preferred("de, fr-BE;q=0.8, en;q=0.5"), Some(Locale::French));
        assert_eq!(Locale::preferred("en;q=0.3,fr-CA;q=0.9"), Some(Locale::FrenchCanada));
        assert_eq!(Locale::preferred("de,*;q=0.1"), None);
        assert_eq!(Locale::preferred("fr;q=0,en-US"), Some(Locale::English));
    }
}
