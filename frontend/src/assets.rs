//! The stylesheet, the icon, and the answer to crawlers.
//!
//! The stylesheet's address carries a hash of its content, so that it can be kept for ever and never be stale. It is served
//! as it is written: a minifier would save a kilobyte, once for each visitor.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

/// The layers, of which the first declares the order.
pub(crate) const STYLESHEET: &str = concat!(
    include_str!("../style/base.css"),
    include_str!("../style/frame.css"),
    include_str!("../style/parts.css"),
    include_str!("../style/print.css"),
);
const ICON: &str = concat!(
    r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b5c56"/>"##,
    r##"<path d="M8 24V14a8 8 0 0 1 16 0v10M6 24h20" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/></svg>"##,
);

static STYLESHEET_ADDRESS: LazyLock<String> =
    LazyLock::new(|| format!("/assets/portal-{}.css", hex::encode(Sha256::digest(STYLESHEET))));

const ROBOTS: &str = "User-agent: *\nDisallow:\n";

const FOR_EVER: (HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=31536000, immutable");
const A_DAY: (HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=86400");

pub(crate) fn stylesheet_address() -> &'static str {
    &STYLESHEET_ADDRESS
}

/// `GET /assets/{file}`
pub(crate) async fn stylesheet(Path(file): Path<String>) -> Response {
    if stylesheet_address().strip_prefix("/assets/") != Some(&file) {
        return StatusCode::NOT_FOUND.into_response();
    }
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), FOR_EVER], STYLESHEET).into_response()
}

/// `GET /favicon.svg`
pub(crate) async fn icon() -> Response {
    ([(header::CONTENT_TYPE, "image/svg+xml"), A_DAY], ICON).into_response()
}

/// `GET /robots.txt`. Every page asks by its own header not to be listed, which a crawler only sees if it may come.
pub(crate) async fn robots() -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8"), A_DAY], ROBOTS).into_response()
}
