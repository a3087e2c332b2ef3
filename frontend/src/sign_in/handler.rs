//! Signing in and out.
//!
//! The reply to an address is the same whoever's it is. A link is only used up by a POST from its page: what looks at links
//! in mail asks by GET and HEAD, and changes nothing.

use axum::Form;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use operations::{OperationError, SignInProof, SignInRequest, complete_sign_in, request_sign_in as record_request};
use receivables::SignInId;
use receivables::text::EmailAddress;
use serde::Deserialize;

use crate::cookies::{session_cookie, set_cookie};
use crate::failure::{Failure, see_other};
use crate::request_context::{RequestContext, SessionCookie};
use crate::sign_in::email_form::EmailFault;
use crate::sign_in::page::{code_page, confirm_page, link_spent_page, sign_in_page};
use crate::tokens::is_token;

#[derive(Deserialize)]
pub(crate) struct AddressPost {
    #[serde(default)]
    email: String,
}

#[derive(Deserialize)]
pub(crate) struct CodePost {
    #[serde(default)]
    id: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    code: String,
}

/// `GET /sign-in`
pub(crate) async fn ask_for_address(request: RequestContext) -> Response {
    let localizer = request.localizer(None);
    request.page(StatusCode::OK, localizer, None, sign_in_page(localizer, None, None))
}

/// `GET /sign-in/code`: the page of a code is the answer to a form, and cannot be had without it.
pub(crate) async fn start_again() -> Response {
    see_other("/sign-in")
}

/// `POST /sign-in`
pub(crate) async fn request_sign_in(
    request: RequestContext,
    Form(post): Form<AddressPost>,
) -> Result<Response, Failure> {
    let localizer = request.localizer(None);
    let typed = post.email.trim();
    let Ok(email) = typed.parse::<EmailAddress>() else {
        let fault = if typed.is_empty() { EmailFault::Missing } else { EmailFault::Unreadable };
        let page = sign_in_page(localizer, Some(typed.to_owned()), Some(fault));
        return Ok(request.page(StatusCode::UNPROCESSABLE_ENTITY, localizer, None, page));
    };
    let id = request.state.ids.sign_in_id(request.now);
    let wanted = SignInRequest { id: id.clone(), email, locale: localizer.locale };
    record_request(request.context(), &request.business, wanted, request.now).await?;
    Ok(request.page(StatusCode::OK, localizer, None, code_page(localizer, &id, typed, false)))
}

/// `POST /sign-in/code`
pub(crate) async fn complete_by_code(request: RequestContext, Form(post): Form<CodePost>) -> Result<Response, Failure> {
    let Ok(id) = post.id.parse::<SignInId>() else { return Ok(see_other("/sign-in")) };
    let proof = SignInProof::Code { id: id.clone(), code: post.code };
    if let Some(answer) = complete(&request, proof).await? {
        return Ok(answer);
    }
    tracing::warn!(
        business.id = %request.business.id,
        metric.sign_in.wrong_code = 1,
        "a sign-in code was wrong, used up or too old"
    );
    let localizer = request.localizer(None);
    let request = request.with_return_address("/sign-in".to_owned());
    let page = code_page(localizer, &id, post.email.trim(), true);
    Ok(request.page(StatusCode::UNPROCESSABLE_ENTITY, localizer, None, page))
}

/// `GET /sign-in/{token}`: one button, whether the token is good or not.
pub(crate) async fn confirm_link(request: RequestContext, Path(token): Path<String>) -> Response {
    if !is_token(&token) {
        return spent(request);
    }
    let localizer = request.localizer(None);
    let page = confirm_page(localizer, request.business.name.as_str(), format!("/sign-in/{token}"));
    request.page(StatusCode::OK, localizer, None, page)
}

/// `POST /sign-in/{token}`
pub(crate) async fn complete_by_link(request: RequestContext, Path(token): Path<String>) -> Result<Response, Failure> {
    if let Some(answer) = complete(&request, SignInProof::Link { token }).await? {
        return Ok(answer);
    }
    tracing::warn!(
        business.id = %request.business.id,
        metric.sign_in.spent_link = 1,
        "a sign-in link was unknown, used up or too old"
    );
    Ok(spent(request))
}

fn spent(request: RequestContext) -> Response {
    let localizer = request.localizer(None);
    request.with_return_address("/sign-in".to_owned()).page(
        StatusCode::NOT_FOUND,
        localizer,
        None,
        link_spent_page(localizer),
    )
}

/// `POST /sign-out`
pub(crate) async fn sign_out(request: RequestContext) -> Result<Response, Failure> {
    if let Some(cookie) = request.session_cookie() {
        operations::sign_out(request.context(), &cookie.token).await?;
        tracing::info!(business.id = %request.business.id, metric.session.ended = 1, "a session was ended by its customer");
    }
    Ok(with_session(see_other("/sign-in"), String::new(), 0, request.is_secure()))
}

/// Opens a session with a fresh token. `None` where the proof is wrong, used up or too old.
async fn complete(request: &RequestContext, proof: SignInProof) -> Result<Option<Response>, Failure> {
    let token = request.state.ids.token();
    match complete_sign_in(request.context(), &request.business, proof, &token, request.now).await {
        Ok(session) => {
            tracing::info!(business.id = %request.business.id, metric.sign_in.completed = 1, "a customer signed in");
            let seconds = session.ends_at.duration_since(request.now).as_secs();
            let cookie = SessionCookie { token, customer: session.customer };
            Ok(Some(with_session(see_other("/"), cookie.value(), seconds, request.is_secure())))
        }
        Err(OperationError::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn with_session(answer: Response, value: String, max_age_seconds: i64, secure: bool) -> Response {
    (set_cookie(session_cookie(secure), value, max_age_seconds, secure), answer).into_response()
}
