//! The headers of every answer, and the check that a form came from a page of ours.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Where the provider's hosted page is. A browser checks the redirect that follows a form against this list.
const FORM_TARGETS: &str = "'self' https://checkout.stripe.com";

/// Paths whose address is itself a key: no referrer names them.
const KEYED_PATHS: [&str; 3] = ["/p/", "/payments/", "/sign-in/"];

pub(crate) fn add_security_headers(headers: &mut HeaderMap, path: &str, secure: bool) {
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action {FORM_TARGETS}; frame-ancestors 'none'; base-uri 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let keyed = KEYED_PATHS.iter().any(|keyed| path.starts_with(keyed));
    let referrer = if keyed { "no-referrer" } else { "same-origin" };
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static(referrer));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow"));
    for policy in ["cross-origin-opener-policy", "cross-origin-resource-policy"] {
        headers.insert(HeaderName::from_static(policy), HeaderValue::from_static("same-origin"));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if secure {
        headers
            .insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    }
}

/// Whether a request that changes something may come from where it comes. Browsers say so by themselves; what says nothing is
/// no browser, and has none of a browser's cookies. `Origin: null` says nothing of ours: our own keyed pages send it, for their
/// referrer policy, but so does any sandboxed frame; only the fetch metadata beside it tells them apart.
pub(crate) fn is_same_origin(headers: &HeaderMap, host: &str) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (header("sec-fetch-site"), header("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, None) => true,
        (None, Some(origin)) => {
            origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn only_our_own_pages_may_post() {
        let host = "pay.example.com";
        for (pairs, ours) in [
            (&[][..], true),
            (&[("sec-fetch-site", "same-origin"), ("origin", "null")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://pay.example.com")], false),
            (&[("origin", "https://pay.example.com")], true),
            (&[("origin", "https://PAY.example.com")], true),
            (&[("origin", "https://evil.example")], false),
            (&[("origin", "https://pay.example.com.evil.example")], false),
            (&[("origin", "null")], false),
        ] {
            assert_eq!(is_same_origin(&headers(pairs), host), ours, "{pairs:?}");
        }
    }

    #[test]
    fn a_keyed_address_is_told_to_nobody_and_nothing_personal_is_kept() {
        for path in ["/p/abc", "/payments/pay_1", "/sign-in/abc"] {
            let mut headers = HeaderMap::new();
            add_security_headers(&mut headers, path, true);
            assert_eq!(headers[header::REFERRER_POLICY], "no-referrer", "{path}");
            assert_eq!(headers[header::CACHE_CONTROL], "no-store", "{path}");
            let transport = headers[header::STRICT_TRANSPORT_SECURITY].to_str().unwrap();
            assert!(transport.contains("includeSubDomains"), "{transport}");
            assert_eq!(headers["cross-origin-resource-policy"], "same-origin");
        }
        let mut headers = HeaderMap::from_iter([(header::CACHE_CONTROL, HeaderValue::from_static("public"))]);
        add_security_headers(&mut headers, "/assets/x.css", false);
        assert_eq!(headers[header::CACHE_CONTROL], "public");
        assert!(!headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
    }
}
