//! What a request says of who asks and how they read, with the business it is for.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum_extra::extract::CookieJar;
use function_runtime::AppState;
use jiff::Timestamp;
use jiff::civil::Date;
use operations::{Context, Links};
use receivables::{Business, Customer, CustomerId, Locale};
use store::{Session, StoreError};

use crate::assets::stylesheet_address;
use crate::components::document::document;
use crate::components::{Body, Frame, NavItem};
use crate::cookies::{LANGUAGE_COOKIE, session_cookie};
use crate::error_page::page::ErrorPage;
use crate::failure::Failure;
use crate::localizer::Localizer;

/// Found before a handler is called, which takes it as an extractor.
#[derive(Clone)]
pub(crate) struct RequestContext {
    pub(crate) state: AppState,
    pub(crate) business: Arc<Business>,
    pub(crate) now: Timestamp,
    /// The address to come back to after a change of language.
    pub(crate) return_address: String,
    pub(crate) preferences: Preferences,
}

/// How the visitor would like to read, and the session they claim.
// No `Debug`: the token opens the session.
#[derive(Clone, Default)]
pub(crate) struct Preferences {
    chosen: Option<Locale>,
    accepted: Option<Locale>,
    session: Option<SessionCookie>,
}

/// What the session's cookie holds: the token that opens the session, and the account that it is of. With the account, what a page
/// shows is read together with the session, not after it.
// No `Debug`: the token opens the session.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SessionCookie {
    pub(crate) token: String,
    pub(crate) customer: CustomerId,
}

impl SessionCookie {
    pub(crate) fn value(&self) -> String {
        format!("{}.{}", self.token, self.customer)
    }

    fn read(value: &str) -> Option<Self> {
        let (token, customer) = value.split_once('.')?;
        let customer = customer.parse().ok()?;
        (!token.is_empty()).then(|| Self { token: token.to_owned(), customer })
    }
}

impl Preferences {
    /// What the cookies and headers of a request say.
    pub(crate) fn of(headers: &HeaderMap, secure: bool) -> Self {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let cookies = CookieJar::from_headers(headers);
        Self {
            chosen: cookies.get(LANGUAGE_COOKIE).and_then(|tag| tag.value().parse().ok()),
            accepted: accepted.and_then(Locale::preferred),
            session: cookies.get(session_cookie(secure)).and_then(|cookie| SessionCookie::read(cookie.value())),
        }
    }

    /// The language of a page that belongs to no business: as chosen, or as the browser asks.
    pub(crate) fn without_business(&self) -> Localizer {
        Localizer::of(self.chosen.or(self.accepted).unwrap_or(Locale::English))
    }
}

impl RequestContext {
    pub(crate) fn context(&self) -> &Context {
        &self.state.context
    }

    /// The date in the billing zone.
    pub(crate) fn today(&self) -> Date {
        self.business.time_zone.date_at(self.now)
    }

    /// The localizer: as chosen, as the books say of the customer, or as the browser asks.
    pub(crate) fn localizer(&self, known: Option<Locale>) -> Localizer {
        let Preferences { chosen, accepted, .. } = self.preferences;
        Localizer::of(self.business.locale_for(chosen.or(known).or(accepted)))
    }

    pub(crate) fn localizer_for(&self, customer: &Customer) -> Localizer {
        self.localizer(customer.profile.locale)
    }

    /// The same, with another address to come back to.
    pub(crate) fn with_return_address(self, return_address: String) -> Self {
        Self { return_address, ..self }
    }

    pub(crate) fn page(
        &self,
        status: StatusCode,
        localizer: Localizer,
        nav_item: Option<NavItem>,
        body: Body,
    ) -> Response {
        let mut others: Vec<Locale> = Vec::new();
        for locale in &self.business.locales {
            let known = others.iter().chain([&localizer.locale]).any(|shown| shown.language() == locale.language());
            if !known {
                others.push(*locale);
            }
        }
        let frame = Frame {
            localizer,
            business: Some(self.business.name.as_str().to_owned()),
            email: Some(self.business.email.as_str().to_owned()),
            languages: others,
            return_address: self.return_address.clone(),
            stylesheet: stylesheet_address(),
            nav_item,
        };
        html(status, &frame, body)
    }

    /// The session that the request claims.
    pub(crate) fn session_cookie(&self) -> Option<&SessionCookie> {
        self.preferences.session.as_ref()
    }

    /// The session of a cookie, if it is one of this business and of the account that the cookie names.
    pub(crate) async fn session(&self, cookie: &SessionCookie) -> Result<Option<Session>, StoreError> {
        let session = self.context().store.session(&Links::hash(&cookie.token), self.now).await?;
        Ok(session.filter(|session| session.business == self.business.id && session.customer == cookie.customer))
    }

    /// Whether cookies can be kept from plain connections.
    pub(crate) fn is_secure(&self) -> bool {
        is_secure(&self.context().links)
    }
}

/// A framed page as an answer.
pub(crate) fn html(status: StatusCode, frame: &Frame, body: Body) -> Response {
    (status, Html(document(frame, body))).into_response()
}

/// Whether the portal is reached over TLS.
pub(crate) fn is_secure(links: &Links) -> bool {
    links.origin().starts_with("https://")
}

impl<S: Send + Sync> FromRequestParts<S> for RequestContext {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parts.extensions.get::<Self>().cloned().ok_or(Failure::Page(ErrorPage::Defect))
    }
}

/// A request that claims a session. What the page shows is read while the claim is looked at, and shown to nobody whose claim is
/// wrong.
pub(crate) struct ClaimsSession {
    request: RequestContext,
    cookie: SessionCookie,
}

impl ClaimsSession {
    pub(crate) fn request(&self) -> &RequestContext {
        &self.request
    }

    pub(crate) fn into_request(self) -> RequestContext {
        self.request
    }

    /// The account that is claimed. Nothing of it may be shown yet.
    pub(crate) fn customer(&self) -> &CustomerId {
        &self.cookie.customer
    }

    /// What was read meanwhile, if the claim is right.
    pub(crate) async fn and<T>(&self, read: impl Future<Output = Result<T, StoreError>>) -> Result<T, Failure> {
        let (session, read) = tokio::try_join!(self.request.session(&self.cookie), read)?;
        session.map(|_| read).ok_or(Failure::NotSignedIn)
    }

    /// Where the next page of a list begins, as it can stand in an address: good for this list of this customer alone.
    pub(crate) fn seal_cursor(&self, list: &str, cursor: &str) -> String {
        self.request.context().links.seal(&self.cursor_purpose(list), cursor)
    }

    /// A cursor that was sealed for the list; none where it was tampered with.
    pub(crate) fn open_cursor(&self, list: &str, sealed: &str) -> Option<String> {
        self.request.context().links.open_sealed(&self.cursor_purpose(list), sealed)
    }

    fn cursor_purpose(&self, list: &str) -> String {
        format!("portal-cursor/{list}/{}", self.cookie.customer)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ClaimsSession {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let request = <RequestContext as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        let cookie = request.session_cookie().cloned().ok_or(Failure::NotSignedIn)?;
        Ok(Self { request, cookie })
    }
}
