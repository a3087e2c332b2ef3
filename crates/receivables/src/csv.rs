//! Files of comma-separated values that are safe to open in a spreadsheet.
//!
//! The format is RFC 4180, by the `csv` crate. A spreadsheet does two things more. It takes a text for a formula by its first
//! character; and where its language writes decimals with a comma it splits the file at `;` instead, and then knows nothing
//! of our quotes, so that a formula may begin within a text of ours. Therefore a [`Cell`] has a type: only texts are guarded,
//! at their beginning and after every character at which some reader splits, and a negative amount stays a number.

use std::borrow::Cow;

use csv::{QuoteStyle, WriterBuilder};
use jiff::civil::Date;

use crate::money::{Balance, Money};

/// Characters at which one reader or another splits a line into cells, or a file into lines.
const SEPARATORS: [char; 5] = [',', ';', '\t', '\r', '\n'];
/// Characters by which a spreadsheet takes a cell for a formula, also as East Asian keyboards write them.
const FORMULAS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
/// What is put before a text that would be a formula; spreadsheets do not show it.
const GUARD: char = '\'';
/// Bytes that most rows fit into.
const ROW_BYTES: usize = 512;

/// One field of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// A field without a value.
    Empty,
    /// A text, which may be anybody's: it is guarded.
    Text(Cow<'a, str>),
    /// A number in the API's form: digits, at most one point, a leading minus where it is below zero. Anything else is
    /// written as a text.
    Number(Cow<'a, str>),
    /// A civil date, written YYYY-MM-DD.
    Date(Date),
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<Date> for Cell<'_> {
    fn from(date: Date) -> Self {
        Self::Date(date)
    }
}

impl From<Money> for Cell<'_> {
    fn from(amount: Money) -> Self {
        Self::Number(amount.to_plain().into())
    }
}

impl From<Balance> for Cell<'_> {
    fn from(balance: Balance) -> Self {
        Self::Number(balance.to_plain().into())
    }
}

impl From<u32> for Cell<'_> {
    fn from(count: u32) -> Self {
        Self::Number(count.to_string().into())
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(cell: Option<T>) -> Self {
        cell.map_or(Self::Empty, Into::into)
    }
}

impl Cell<'_> {
    fn written(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Number(digits) if is_number(digits) => Cow::Borrowed(digits),
            Self::Text(text) | Self::Number(text) => guarded(text),
            Self::Date(date) => Cow::Owned(date.to_string()),
        }
    }
}

/// Adds the row with the names of the columns.
pub fn header(file: &mut String, columns: &[&str]) {
    let cells: Vec<Cell<'_>> = columns.iter().copied().map(Cell::from).collect();
    row(file, &cells);
}

/// Adds a row.
pub fn row(file: &mut String, cells: &[Cell<'_>]) {
    let fields: Vec<Cow<'_, str>> = cells.iter().map(Cell::written).collect();
    // The crate quotes by itself what would break our own separator. For the other separators all texts of the row are quoted.
    let splits_elsewhere = fields.iter().any(|field| field.contains([';', '\t']));
    let quote_style = if splits_elsewhere { QuoteStyle::NonNumeric } else { QuoteStyle::Necessary };
    let mut writer = WriterBuilder::new()
        .quote_style(quote_style)
        .buffer_capacity(ROW_BYTES)
        .from_writer(Vec::with_capacity(ROW_BYTES));
    // Writing to memory fails in no way, and the fields are texts.
    let written = writer.write_record(fields.iter().map(|field| field.as_bytes()));
    let bytes = writer.into_inner().unwrap_or_default();
    if let (Ok(()), Ok(line)) = (written, std::str::from_utf8(&bytes)) {
        file.push_str(line);
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(whole) && all_digits(decimals)
}

/// The text with an apostrophe wherever a spreadsheet could begin a formula.
fn guarded(text: &str) -> Cow<'_, str> {
    if !text.contains(FORMULAS) && !text.starts_with(SEPARATORS) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 1);
    let mut begins = true;
    for (place, c) in text.char_indices() {
        let rest = text.get(place..).unwrap_or_default();
        // A reader drops spaces and quotes that stand before.
        let formula = rest.trim_start_matches([' ', '"']).starts_with(FORMULAS);
        if begins && (formula || (place == 0 && SEPARATORS.contains(&c))) {
            out.push(GUARD);
        }
        out.push(c);
        begins = SEPARATORS.contains(&c);
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use expect_test::expect;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::Currency;

    fn written(cells: &[Cell<'_>]) -> String {
        let mut file = String::new();
        row(&mut file, cells);
        file
    }

    #[test]
    fn hostile_texts_stay_texts() {
        let mut seen = String::new();
        for text in [
            "=1+1",
            "+1",
            "-1",
            "-5.00",
            "@x",
            "＝1",
            "＋1",
            "－1",
            "＠x",
            "\ttab",
            "\rcr",
            "\nlf",
            " =1",
            "\"=1",
            "q;=cmd",
            "q;\"=cmd",
            "q,=cmd",
            "q\t=cmd",
            "a\n=cmd",
            "a\r@x",
            ";=;=",
            "q; =cmd",
            "a,b",
            "say \"so\"",
            "a;b",
            "",
            "two words",
            "E=mc",
            "F-1",
        ] {
            let cells = [text.into(), Cell::from(Money::new(100, Currency::EUR).unwrap()), "x".into()];
            writeln!(seen, "{text:?} {:?}", written(&cells).trim_end_matches('\n')).unwrap();
        }
        expect![[r#"
            "=1+1" "'=1+1,1.00,x"
            "+1" "'+1,1.00,x"
            "-1" "'-1,1.00,x"
            "-5.00" "'-5.00,1.00,x"
            "@x" "'@x,1.00,x"
            "＝1" "'＝1,1.00,x"
            "＋1" "'＋1,1.00,x"
            "－1" "'－1,1.00,x"
            "＠x" "'＠x,1.00,x"
            "\ttab" "\"'\ttab\",1.00,\"x\""
            "\rcr" "\"'\rcr\",1.00,x"
            "\nlf" "\"'\nlf\",1.00,x"
            " =1" "' =1,1.00,x"
            "\"=1" "\"'\"\"=1\",1.00,x"
            "q;=cmd" "\"q;'=cmd\",1.00,\"x\""
            "q;\"=cmd" "\"q;'\"\"=cmd\",1.00,\"x\""
            "q,=cmd" "\"q,'=cmd\",1.00,x"
            "q\t=cmd" "\"q\t'=cmd\",1.00,\"x\""
            "a\n=cmd" "\"a\n'=cmd\",1.00,x"
            "a\r@x" "\"a\r'@x\",1.00,x"
            ";=;=" "\"';'=;'=\",1.00,\"x\""
            "q; =cmd" "\"q;' =cmd\",1.00,\"x\""
            "a,b" "\"a,b\",1.00,x"
            "say \"so\"" "\"say \"\"so\"\"\",1.00,x"
            "a;b" "\"a;b\",1.00,\"x\""
            "" ",1.00,x"
            "two words" "two words,1.00,x"
            "E=mc" "E=mc,1.00,x"
            "F-1" "F-1,1.00,x"
        "#]]
        .assert_eq(&seen);
    }

    #[test]
    fn numbers_and_dates_stay_what_they_are() {
        let balance = |minor| Cell::from(Balance::new(minor, Currency::EUR).unwrap());
        let cells =
            [balance(-1_200), balance(5), 7.into(), date(2026, 3, 1).into(), Cell::Empty, Cell::Number("-1+2".into())];
        assert_eq!(written(&cells), "-12.00,0.05,7,2026-03-01,,'-1+2\n");
        let beside = ["a;b".into(), balance(-1_200), date(2026, 3, 1).into(), Cell::Empty];
        assert_eq!(written(&beside), "\"a;b\",-12.00,\"2026-03-01\",\"\"\n");
    }

    /// What a reader makes of a file that splits at a character and knows quotes only at the beginning of a cell.
    fn cells_of(file: &str, separator: u8) -> Vec<String> {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .from_reader(file.as_bytes());
        reader.into_records().flat_map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()).collect()
    }

    proptest! {
        #[test]
        fn no_reader_finds_a_formula_and_ours_finds_the_fields(
            texts in prop::collection::vec("[ab=+@＝;,\t\n\r\" -]{0,12}", 1..4),
        ) {
            let cells: Vec<Cell<'_>> = texts.iter().map(|text| Cell::from(text.as_str())).collect();
            let file = written(&cells);
            for separator in [b',', b';', b'\t'] {
                for cell in cells_of(&file, separator) {
                    prop_assert!(!cell.trim_start_matches([' ', '"']).starts_with(FORMULAS), "{cell:?} of {file:?}");
                }
            }
            let whole: Vec<String> = texts.iter().map(|text| guarded(text).into_owned()).collect();
            prop_assert_eq!(cells_of(&file, b','), whole);
        }
    }
}
