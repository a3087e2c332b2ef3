//! Reading texts into the types of the books. Every error is collected, so that a caller sees all of them at once.

use std::fmt::Display;
use std::str::FromStr;

use axum::http::StatusCode;
use function_runtime::http::{FieldProblem, Problem};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::http::error::ApiError;

#[derive(Debug, Default)]
pub(crate) struct FieldErrors {
    problems: Vec<FieldProblem>,
    /// One of them names what is not there yet, and so may be right later.
    may_change: bool,
}

/// Runs `read` and answers its value, or all errors that it added. `read` answers `None` only after adding an error.
pub(crate) fn validate<T>(read: impl FnOnce(&mut FieldErrors) -> Option<T>) -> Result<T, ApiError> {
    let mut errors = FieldErrors::default();
    match read(&mut errors) {
        Some(read) if errors.problems.is_empty() => Ok(read),
        Some(_) | None if errors.may_change => Err(invalid(errors.problems).decided_anew()),
        Some(_) | None => Err(invalid(errors.problems)),
    }
}

/// The error of a request that names something which is not there, or not yet.
pub(crate) fn unknown_reference(field: &str, message: &str) -> ApiError {
    invalid_field(field, message).decided_anew()
}

/// The error of a request with one invalid field.
pub(crate) fn invalid_field(field: &str, message: &str) -> ApiError {
    invalid(vec![FieldProblem { field: field.to_owned(), message: message.to_owned() }])
}

fn invalid(errors: Vec<FieldProblem>) -> ApiError {
    debug_assert!(!errors.is_empty(), "an invalid request has an invalid field");
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The request is invalid");
    let problem = match errors.first() {
        Some(first) => problem.detail(format!("{}: {}", first.field, first.message)),
        None => problem,
    };
    errors.into_iter().fold(problem, |problem, error| problem.field(error.field, error.message)).into()
}

impl FieldErrors {
    pub(crate) fn add(&mut self, field: &str, message: impl Display) {
        self.problems.push(FieldProblem { field: field.to_owned(), message: message.to_string() });
    }

    /// Adds that a field names something which is not there, or not yet.
    pub(crate) fn add_unknown(&mut self, field: &str, message: impl Display) {
        self.add(field, message);
        self.may_change = true;
    }

    /// The value, or nothing and an error at the field.
    pub(crate) fn check<T>(&mut self, field: &str, result: Result<T, impl Display>) -> Option<T> {
        result.map_err(|error| self.add(field, error)).ok()
    }

    pub(crate) fn parse<T>(&mut self, field: &str, text: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        self.check(field, text.parse())
    }

    /// Parses a field that may be left out. An invalid text, too, gives nothing, but adds an error.
    pub(crate) fn parse_optional<T>(&mut self, field: &str, text: Option<&str>) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        text.and_then(|text| self.parse(field, text))
    }

    pub(crate) fn date(&mut self, field: &str, text: &str) -> Option<Date> {
        // The library reads several forms; the API accepts only the one of ten characters.
        let date = if text.len() == "2026-03-01".len() { text.parse().ok() } else { None };
        if date.is_none() {
            self.add(field, "expected a date of the form YYYY-MM-DD");
        }
        date
    }

    pub(crate) fn optional_date(&mut self, field: &str, text: Option<&str>) -> Option<Date> {
        text.and_then(|text| self.date(field, text))
    }

    /// An instant since 1970, before which the store cannot sort.
    pub(crate) fn instant(&mut self, field: &str, text: &str) -> Option<Timestamp> {
        let instant = text.parse::<Timestamp>().ok().filter(|instant| *instant >= Timestamp::UNIX_EPOCH);
        self.check(field, instant.ok_or("expected an instant since 1970, such as 2026-03-01T09:00:00Z"))
    }

    /// A quantity or a rate: digits, and a point with digits after it.
    pub(crate) fn decimal(&mut self, field: &str, text: &str) -> Option<Decimal> {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let decimal = if plain { Decimal::from_str_exact(text).ok() } else { None };
        if decimal.is_none() {
            self.add(field, "expected a decimal number such as 2 or 19.6, without signs, exponents or separators");
        }
        decimal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_numbers_have_one_form() {
        let mut errors = FieldErrors::default();
        assert!(errors.date("on", "2026-02-28").is_some());
        for bad in ["2026-02-30", "20260228", "2026-2-28", "28/02/2026", "2026-02-28T00:00:00", ""] {
            assert!(errors.date("on", bad).is_none(), "{bad:?} was accepted");
        }
        assert!(errors.decimal("quantity", "0.125").is_some());
        for bad in ["", ".", "-1", "+1", "1e3", "1_000", "1,5", " 1"] {
            assert!(errors.decimal("quantity", bad).is_none(), "{bad:?} was accepted");
        }
    }
}
