//! Reading a JSON body or a query into its type, strictly: an unknown or repeated field is refused.
//!
//! The text about a mismatch is serde's own. It may repeat what was sent, so it is masked and shortened before it is answered.

use axum::http::StatusCode;
use function_runtime::http::Problem;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;
use serde_path_to_error::Path;

use crate::http::error::ApiError;
use crate::http::validation::invalid_field;

/// Stands for the field where the whole body is at fault.
const BODY: &str = "body";
/// Characters of an answered path or message, at most.
const TEXT_CHARS_MAX: usize = 200;
/// A longer run of digits could be an account or card number.
const DIGITS_SHOWN_MAX: usize = 4;

/// Reads a body: 400 for what is not JSON, 422 with the path of the field for JSON of another form.
pub(crate) fn parse_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    // serde would read a list as the fields in their order, which no caller means.
    if body.trim_ascii_start().starts_with(b"[") && serde_json::from_slice::<IgnoredAny>(body).is_ok() {
        return Err(invalid_field(BODY, "expected an object, got a list"));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = field_of(error.path(), BODY);
        json_error(&path, error.inner())
    })?;
    reader.end().map_err(|error| json_error(BODY, &error))?;
    Ok(value)
}

fn json_error(field: &str, error: &serde_json::Error) -> ApiError {
    let message = masked(&error.to_string());
    match error.classify() {
        Category::Data => invalid_field(field, &message),
        Category::Syntax | Category::Eof | Category::Io => {
            Problem::new(StatusCode::BAD_REQUEST, "not_json", "The body is not JSON").detail(message).into()
        }
    }
}

/// The path of a field as callers write it, such as `lines[0].unit_price`; `whole` where no single field is at fault.
pub(crate) fn field_of(path: &Path, whole: &str) -> String {
    if path.iter().next().is_none() { whole.to_owned() } else { shortened(&path.to_string()) }
}

/// A message without quoted values and long numbers, and not longer than is read.
pub(crate) fn masked(message: &str) -> String {
    let unquoted = match (message.find('"'), message.rfind('"')) {
        (Some(first), Some(last)) if first < last => {
            [message.get(..first), Some("…"), message.get(last + 1..)].into_iter().flatten().collect()
        }
        (Some(_) | None, _) => message.to_owned(),
    };
    let mut text = String::with_capacity(unquoted.len());
    let mut digits = String::new();
    // The space at the end closes a run of digits at the end of the text.
    for char in unquoted.chars().chain([' ']) {
        if char.is_ascii_digit() {
            digits.push(char);
            continue;
        }
        text.push_str(if digits.len() > DIGITS_SHOWN_MAX { "…" } else { &digits });
        digits.clear();
        text.push(char);
    }
    shortened(text.trim_end())
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_repeats_no_value_and_is_short() {
        assert_eq!(
            masked("invalid type: string \"gk_secret\", expected a map"),
            "invalid type: string …, expected a map"
        );
        assert_eq!(
            masked("invalid type: string \"a \\\" b\", expected a map"),
            "invalid type: string …, expected a map"
        );
        assert_eq!(masked("invalid type: integer `4242424242424242`"), "invalid type: integer `…`");
        assert_eq!(masked("expected a string at line 12 column 1042"), "expected a string at line 12 column 1042");
        assert_eq!(masked(&"é".repeat(5000)).chars().count(), TEXT_CHARS_MAX + 1);
    }
}
