//! The choice of a language, kept in a cookie.

use axum::Form;
use axum::http::header;
use axum::response::Response;
use receivables::Locale;
use serde::Deserialize;

use crate::error_page::page::ErrorPage;
use crate::failure::{Failure, see_other};
use crate::request_context::{LANGUAGE_COOKIE, RequestContext, set_cookie};

/// A year.
const KEPT_SECONDS: i64 = 365 * 24 * 60 * 60;
/// Characters of an address that is returned to.
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
    let mut answer = see_other(back);
    if let Some(cookie) = set_cookie(LANGUAGE_COOKIE, locale.tag(), KEPT_SECONDS, request.is_secure()) {
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(answer)
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
