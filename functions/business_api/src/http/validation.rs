//! Reading texts into the vocabulary of the books, and remembering everything that is wrong with them.

use std::fmt::Display;
use std::str::FromStr;

use axum::http::StatusCode;
use function_runtime::http::{FieldProblem, Problem};
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::http::response::Failure;

/// What is wrong with what was sent: every fault, not only the first.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<FieldProblem>);

/// Reads, and gives what was read or all that is wrong with it. `read` gives nothing only where it noted a fault.
pub(crate) fn checked<T>(read: impl FnOnce(&mut Faults) -> Option<T>) -> Result<T, Failure> {
    let mut faults = Faults::default();
    match read(&mut faults) {
        Some(read) if faults.0.is_empty() => Ok(read),
        Some(_) | None => Err(invalid(faults.0)),
    }
}

/// One fault, told at once.
pub(crate) fn fault(field: &str, message: &str) -> Failure {
    invalid(vec![FieldProblem { field: field.to_owned(), message: message.to_owned() }])
}

fn invalid(errors: Vec<FieldProblem>) -> Failure {
    debug_assert!(!errors.is_empty(), "what cannot be read has a fault");
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Something is not what it should be");
    let problem = match errors.first() {
        Some(first) => problem.detail(format!("{}: {}", first.field, first.message)),
        None => problem,
    };
    errors.into_iter().fold(problem, |problem, error| problem.field(error.field, error.message)).into()
}

impl Faults {
    /// Notes a fault.
    pub(crate) fn note(&mut self, field: &str, message: impl Display) {
        self.0.push(FieldProblem { field: field.to_owned(), message: message.to_string() });
    }

    /// Reads a text that must be there.
    pub(crate) fn read<T>(&mut self, field: &str, text: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        self.take(field, text.parse())
    }

    /// Reads a text that may be left out. A fault, too, gives nothing; it is noted.
    pub(crate) fn read_some<T>(&mut self, field: &str, text: Option<&str>) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        text.and_then(|text| self.read(field, text))
    }

    /// Takes what was read elsewhere.
    pub(crate) fn take<T>(&mut self, field: &str, read: Result<T, impl Display>) -> Option<T> {
        read.map_err(|error| self.note(field, error)).ok()
    }

    /// Reads a civil date in the one form the API has.
    pub(crate) fn date(&mut self, field: &str, text: &str) -> Option<Date> {
        // The library reads more forms than one; ours has ten characters.
        let date = if text.len() == "2026-03-01".len() { text.parse().ok() } else { None };
        if date.is_none() {
            self.note(field, "expected a date of the form YYYY-MM-DD");
        }
        date
    }

    /// Reads a date that may be left out.
    pub(crate) fn some_date(&mut self, field: &str, text: Option<&str>) -> Option<Date> {
        text.and_then(|text| self.date(field, text))
    }

    /// Reads a quantity or a rate: digits, and a point with digits after it.
    pub(crate) fn decimal(&mut self, field: &str, text: &str) -> Option<Decimal> {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let decimal = if plain { Decimal::from_str_exact(text).ok() } else { None };
        if decimal.is_none() {
            self.note(field, "expected a decimal number such as 2 or 19.6, without signs, exponents or separators");
        }
        decimal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_numbers_have_one_form() {
        let mut faults = Faults::default();
        assert!(faults.date("on", "2026-02-28").is_some());
        for bad in ["2026-02-30", "20260228", "2026-2-28", "28/02/2026", "2026-02-28T00:00:00", ""] {
            assert!(faults.date("on", bad).is_none(), "{bad:?} was taken");
        }
        assert!(faults.decimal("quantity", "0.125").is_some());
        for bad in ["", ".", "-1", "+1", "1e3", "1_000", "1,5", " 1"] {
            assert!(faults.decimal("quantity", bad).is_none(), "{bad:?} was taken");
        }
    }
}
