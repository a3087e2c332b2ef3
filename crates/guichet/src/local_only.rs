//! Who may use what is served under `/dev`: programs and pages of this machine, and no page from anywhere else.
//!
//! The mailbox shows every sign-in link, and the clock cannot be moved back. Any web page that a browser on this machine
//! shows can send requests here, under its own host name too if it lets that name point at 127.0.0.1; and a tunnel for
//! webhooks makes requests of the whole world come from this machine. So the peer and the `Host` must be this machine,
//! nothing may have been forwarded, and a request with an effect must come from a page of ours or from no page.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use function_runtime::http::Problem;

/// What proxies and tunnels add to a request that they hand on.
const FORWARDED: [HeaderName; 6] = [
    header::FORWARDED,
    header::VIA,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-real-ip"),
];

/// Lets a request through, or answers 403 and why.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    match check(peer, request.method(), request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(why) => {
            let problem = Problem::new(StatusCode::FORBIDDEN, "local_only", "This is served to this machine only");
            problem.detail(why).into_response()
        }
    }
}

fn check(peer: Option<IpAddr>, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), &'static str> {
    if !peer.is_some_and(|peer| peer.to_canonical().is_loopback()) {
        return Err("The request comes from another machine.");
    }
    if FORWARDED.iter().any(|name| headers.contains_key(name)) {
        return Err("The request was forwarded by a proxy or a tunnel.");
    }
    let host = text(headers, &header::HOST).unwrap_or_default();
    let is_local = |host: &str| names_this_machine(host);
    if !is_local(host) || uri.authority().is_some_and(|authority| !is_local(authority.as_str())) {
        return Err("Ask for it by 127.0.0.1, [::1] or localhost: another host name may be that of a foreign page.");
    }
    let is_read = method == Method::GET || method == Method::HEAD;
    if is_read || is_from_here(host, headers) {
        Ok(())
    } else {
        Err("The request comes from a page of another origin.")
    }
}

/// Whether a request comes from a page of this origin, or from no page at all, as those of `curl` do.
fn is_from_here(host: &str, headers: &HeaderMap) -> bool {
    let site =
        headers.get("sec-fetch-site").map(|site| site.as_bytes() == b"same-origin" || site.as_bytes() == b"none");
    let origin = headers.get(header::ORIGIN).map(HeaderValue::as_bytes);
    let own = format!("http://{host}");
    match (site, origin) {
        (Some(false), _) => false,
        // A page may hide its origin; then only the browser's own word counts.
        (None | Some(true), None) | (Some(true), Some(b"null")) => true,
        (_, Some(origin)) => origin == own.as_bytes(),
    }
}

/// Whether a host, with or without a port, is this machine by an address or by the one name that never leaves it.
fn names_this_machine(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        Some(_) | None => (host, None),
    };
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return false;
    }
    let bracketed = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    let address = match bracketed {
        Some(name) => name.parse().ok().map(IpAddr::V6),
        None => name.parse().ok().map(IpAddr::V4),
    };
    name.eq_ignore_ascii_case("localhost") || address.is_some_and(|address| address.is_loopback())
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(peer: &str, method: &Method, pairs: &[(&str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        check(Some(peer.parse().unwrap()), method, &Uri::from_static("/dev/clock"), &headers).is_ok()
    }

    #[test]
    fn hosts_of_this_machine_are_known_and_no_others() {
        for host in ["127.0.0.1", "127.0.0.1:3000", "127.8.9.10:1", "[::1]", "[::1]:3000", "localhost", "LocalHost:80"]
        {
            assert!(names_this_machine(host), "{host}");
        }
        for host in [
            "",
            ":",
            ":3000",
            "::1",
            "[::1",
            "[::2]:3000",
            "0.0.0.0:3000",
            "10.0.0.1",
            "example.com",
            "127.0.0.1.example.com",
            "localhost.",
            "localhost.example.com",
            "localhost:99999",
            "localhost:",
            "127.0.0.1:80:80",
            "127.1",
            "2130706433",
            "[127.0.0.1]",
            "user@localhost",
        ] {
            assert!(!names_this_machine(host), "{host}");
        }
    }

    #[test]
    fn only_this_machine_is_let_in_and_nothing_forwarded() {
        let host = ("host", "127.0.0.1:3000");
        for peer in ["127.0.0.1", "127.0.0.9", "::1", "::ffff:127.0.0.1"] {
            assert!(ask(peer, &Method::GET, &[host]), "{peer}");
        }
        for peer in ["10.0.0.1", "192.168.1.4", "fe80::1", "::ffff:10.0.0.1"] {
            assert!(!ask(peer, &Method::GET, &[host]), "{peer}");
        }
        assert!(!ask("127.0.0.1", &Method::GET, &[]), "no host");
        for name in FORWARDED {
            assert!(!ask("127.0.0.1", &Method::GET, &[host, (name.as_str(), "1.2.3.4")]), "{name}");
        }
        assert!(check(None, &Method::GET, &Uri::from_static("/"), &HeaderMap::new()).is_err());
        let foreign = Uri::from_static("http://rebound.example/dev/mail");
        let headers = HeaderMap::from_iter([(header::HOST, "127.0.0.1".parse().unwrap())]);
        assert!(check(Some("127.0.0.1".parse().unwrap()), &Method::GET, &foreign, &headers).is_err());
    }

    #[test]
    fn a_request_with_an_effect_comes_from_a_page_of_ours_or_from_none() {
        let host = ("host", "localhost:3000");
        let post = |more: &[(&str, &str)]| ask("127.0.0.1", &Method::POST, &[&[host], more].concat());
        assert!(post(&[]), "as curl does");
        assert!(post(&[("origin", "http://localhost:3000")]));
        assert!(post(&[("sec-fetch-site", "same-origin"), ("origin", "http://localhost:3000")]));
        assert!(post(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(post(&[("sec-fetch-site", "none")]));
        assert!(!post(&[("origin", "https://page.example")]));
        assert!(!post(&[("origin", "null")]));
        assert!(!post(&[("origin", "http://localhost:8080")]));
        assert!(!post(&[("origin", "https://localhost:3000")]));
        assert!(!post(&[("sec-fetch-site", "same-origin"), ("origin", "https://page.example")]));
        for site in ["cross-site", "same-site", ""] {
            assert!(!post(&[("sec-fetch-site", site)]), "{site}");
        }
        for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
            assert!(!ask("127.0.0.1", &method, &[host, ("origin", "https://page.example")]), "{method}");
        }
    }
}
