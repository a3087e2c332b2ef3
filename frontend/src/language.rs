//! The choice of a language, kept in a cookie.

use axum::Form;
use axum::response::{IntoResponse, Response};
use receivables::Locale;
use serde::Deserialize;

use crate::cookies::{LANGUAGE_COOKIE, set_cookie};
use crate::error_page::page::ErrorPage;
use crate::failure::{Failure, see_other};
use crate::request_context::RequestContext;

/// How long a choice is remembered: a year.
const KEPT_SECONDS: i64 = 365 * 24 * 60 * 60;
/// Characters of an address to return to, at most.
const ADDRESS_CHARS_MAX: usize = 2_000;

#[derive(Deserialize)]
pub(crate) struct Choice {
    locale: String,
    #[serde(rename = "return", default)]
    back: String,
}

/// `POST /language`
pub(crate) async fn choose_language(request: RequestContext, Form(choice): Form<Choice>) -> Result<Response, Failure> {
    let locale: Locale = choice.locale.parse().map_err(|_| ErrorPage::Unreadable)?;
    let back = if is_local(&choice.back) { choice.back.as_str() } else { "/" };
    let cookie = set_cookie(LANGUAGE_COOKIE, locale.tag().to_owned(), KEPT_SECONDS, request.is_secure());
    Ok((cookie, see_other(back)).into_response())
}

/// Whether an address stays on this host whatever the browser makes of it: browsers read `//` and `\` as another host's.
fn is_local(address: &str) -> bool {
    address.starts_with('/')
        && !address.starts_with("//")
        && address.len() <= ADDRESS_CHARS_MAX
        && address.chars().all(|c| c.is_ascii_graphic() && c != '\\')
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn only_addresses_of_this_host_are_returned_to() {
        for good in ["/", "/p/abc", "/payments/pay_1?key=a-b_c&n=2"] {
            assert!(is_local(good), "{good}");
        }
        for bad in
            ["", "p", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "/\t/evil.example", "/é"]
        {
            assert!(!is_local(bad), "{bad:?}");
        }
    }
}
