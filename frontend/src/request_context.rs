//! What a request says of who asks and how they read, with the business it is for.

use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum_extra::extract::CookieJar;
use function_runtime::AppState;
use jiff::Timestamp;
use jiff::civil::Date;
use operations::{Context, Links};
use receivables::{Business, Customer, Locale};
use store::Session;

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
    session_token: Option<String>,
}

impl Preferences {
    /// What the cookies and headers of a request say.
    pub(crate) fn of(headers: &HeaderMap, secure: bool) -> Self {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let cookies = CookieJar::from_headers(headers);
        Self {
            chosen: cookies.get(LANGUAGE_COOKIE).and_then(|tag| tag.value().parse().ok()),
            accepted: accepted.and_then(Locale::preferred),
            session_token: cookies.get(session_cookie(secure)).map(|token| token.value().to_owned()),
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

    /// The token of the session that the request claims.
    pub(crate) fn session_token(&self) -> Option<&str> {
        self.preferences.session_token.as_deref().filter(|token| !token.is_empty())
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

/// A request within a session. A handler that takes it answers nobody else.
pub(crate) struct SignedIn {
    pub(crate) request: RequestContext,
    pub(crate) session: Session,
}

impl SignedIn {
    /// Where the next page of a list begins, as it can stand in an address: good for this list of this customer alone.
    pub(crate) fn seal_cursor(&self, list: &str, cursor: &str) -> String {
        self.request.context().links.seal(&self.cursor_purpose(list), cursor)
    }

    /// A cursor that was sealed for the list; none where it was tampered with.
    pub(crate) fn open_cursor(&self, list: &str, sealed: &str) -> Option<String> {
        self.request.context().links.open_sealed(&self.cursor_purpose(list), sealed)
    }

    fn cursor_purpose(&self, list: &str) -> String {
        format!("portal-cursor/{list}/{}", self.session.customer)
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Failure> {
        let request = <RequestContext as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        let Some(token_hash) = request.session_token().map(Links::hash) else { return Ok(None) };
        let session = request.context().store.session(&token_hash, request.now).await?;
        let ours = session.filter(|session| session.business == request.business.id);
        Ok(ours.map(|session| Self { request, session }))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let found = <Self as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await?;
        found.ok_or(Failure::NotSignedIn)
    }
}
