//! The cookies: the session's, and that of the chosen language.

use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use time::Duration;

pub(crate) const LANGUAGE_COOKIE: &str = "lang";

/// The name of the session's cookie. Its prefix makes browsers refuse it from any other host or a plain connection.
pub(crate) fn session_cookie(secure: bool) -> &'static str {
    if secure { "__Host-guichet" } else { "guichet" }
}

/// A jar that sets one cookie, for this host alone and out of reach of scripts. No seconds remove the cookie.
pub(crate) fn set_cookie(name: &'static str, value: String, max_age_seconds: i64, secure: bool) -> CookieJar {
    let cookie = Cookie::build((name, value))
        .path("/")
        .max_age(Duration::seconds(max_age_seconds))
        .http_only(true)
        .same_site(SameSite::Lax);
    // Over a plain connection, as on a laptop, the attribute would make browsers refuse the cookie.
    CookieJar::new().add(if secure { cookie.secure(true) } else { cookie })
}

#[cfg(test)]
mod tests {
    use axum::http::header;
    use axum::response::IntoResponse;

    use super::*;

    fn header_of(jar: CookieJar) -> String {
        let answer = (jar, ()).into_response();
        answer.headers()[header::SET_COOKIE].to_str().unwrap().to_owned()
    }

    #[test]
    fn cookies_are_for_this_host_and_out_of_reach_of_scripts() {
        let plain = header_of(set_cookie("guichet", "abc".to_owned(), 60, false));
        assert_eq!(plain, "guichet=abc; HttpOnly; SameSite=Lax; Path=/; Max-Age=60");
        let secure = header_of(set_cookie(session_cookie(true), "abc".to_owned(), 60, true));
        assert_eq!(secure, "__Host-guichet=abc; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60");
        let ended = header_of(set_cookie("guichet", String::new(), 0, false));
        assert_eq!(ended, "guichet=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0");
    }
}
