//! The stylesheet, the icon, and the answer to crawlers.
//!
//! The stylesheet's address carries a hash of its content, so that it can be kept for ever and never be stale.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};

const SOURCE: &str = include_str!("../style/portal.css");
const ICON: &str = concat!(
    r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b5c56"/>"##,
    r##"<path d="M8 24V14a8 8 0 0 1 16 0v10M6 24h20" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/></svg>"##,
);

static STYLESHEET: LazyLock<String> = LazyLock::new(|| minified(SOURCE));
static STYLESHEET_ADDRESS: LazyLock<String> =
    LazyLock::new(|| format!("/assets/portal-{:016x}.css", hash(STYLESHEET.as_bytes())));

const ROBOTS: &str = "User-agent: *\nDisallow:\n";

const FOR_EVER: (HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=31536000, immutable");
const A_DAY: (HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=86400");

const NO_SNIFFING: (HeaderName, &str) = (header::X_CONTENT_TYPE_OPTIONS, "nosniff");

pub(crate) fn stylesheet_address() -> &'static str {
    &STYLESHEET_ADDRESS
}

/// The stylesheet as it is served.
#[cfg(test)]
pub(crate) fn stylesheet_text() -> &'static str {
    &STYLESHEET
}

/// `GET /assets/{file}`
pub(crate) async fn stylesheet(Path(file): Path<String>) -> Response {
    if stylesheet_address().strip_prefix("/assets/") != Some(&file) {
        return StatusCode::NOT_FOUND.into_response();
    }
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), FOR_EVER, NO_SNIFFING], STYLESHEET.as_str()).into_response()
}

/// `GET /favicon.svg`
pub(crate) async fn icon() -> Response {
    ([(header::CONTENT_TYPE, "image/svg+xml"), A_DAY, NO_SNIFFING], ICON).into_response()
}

/// `GET /robots.txt`. Every page asks by its own header not to be listed, which a crawler only sees if it may come.
pub(crate) async fn robots() -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8"), A_DAY, NO_SNIFFING], ROBOTS).into_response()
}

/// The source without comments and indentation.
fn minified(source: &str) -> String {
    let mut bare = String::with_capacity(source.len());
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("/*") {
        bare.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    bare.push_str(rest);
    let lines = bare.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<String>().replace(": ", ":").replace(" {", "{").replace(";}", "}")
}

/// FNV-1a: tells one content from another; it keeps nobody out.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minifying_keeps_every_rule() {
        assert_eq!(
            minified("/* a */\na,\nb {\n\tcolor: red;\n}\n\nc::before {\n\tcontent: x;\n}"),
            "a,b{color:red}c::before{content:x}"
        );
        assert_eq!(STYLESHEET.matches('{').count(), STYLESHEET.matches('}').count());
    }
}
