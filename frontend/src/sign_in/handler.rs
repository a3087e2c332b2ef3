//! Signing in and out.
//!
//! The reply to an address is the same whoever's it is. A link is only used up by a POST from its page: what looks at links
//! in mail asks by GET and HEAD, and changes nothing.

use axum::Form;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::Response;
use operations::{OperationError, SignInProof, SignInRequest, complete_sign_in, request_sign_in as request};
use receivables::SignInId;
use receivables::text::EmailAddress;
use serde::Deserialize;

use crate::failure::{Failure, see_other};
use crate::request_context::{Visit, session_cookie, set_cookie};
use crate::router::is_token;
use crate::sign_in::email_form::EmailFault;
use crate::sign_in::page::{code_page, confirm_page, link_spent_page, sign_in_page};

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
pub(crate) async fn ask_for_address(visit: Visit) -> Response {
    let reader = visit.reader(None);
    visit.page(StatusCode::OK, reader, None, sign_in_page(reader, None, None))
}

/// `GET /sign-in/code`: the page of a code is the answer to a form, and cannot be had without it.
pub(crate) async fn start_again() -> Response {
    see_other("/sign-in")
}

/// `POST /sign-in`
pub(crate) async fn request_sign_in(visit: Visit, Form(post): Form<AddressPost>) -> Result<Response, Failure> {
    let reader = visit.reader(None);
    let typed = post.email.trim();
    let Ok(email) = typed.parse::<EmailAddress>() else {
        let fault = if typed.is_empty() { EmailFault::Missing } else { EmailFault::Unreadable };
        let page = sign_in_page(reader, Some(typed.to_owned()), Some(fault));
        return Ok(visit.page(StatusCode::UNPROCESSABLE_ENTITY, reader, None, page));
    };
    let id = visit.state.ids.sign_in_id(visit.now);
    let asked = SignInRequest { id: id.clone(), email, locale: reader.locale };
    request(visit.context(), &visit.business, asked, visit.now).await?;
    Ok(visit.page(StatusCode::OK, reader, None, code_page(reader, &id, typed, false)))
}

/// `POST /sign-in/code`
pub(crate) async fn complete_by_code(visit: Visit, Form(post): Form<CodePost>) -> Result<Response, Failure> {
    let Ok(id) = post.id.parse::<SignInId>() else { return Ok(see_other("/sign-in")) };
    let proof = SignInProof::Code { id: id.clone(), code: post.code };
    if let Some(answer) = complete(&visit, proof).await? {
        return Ok(answer);
    }
    let reader = visit.reader(None);
    let visit = visit.at("/sign-in".to_owned());
    let page = code_page(reader, &id, post.email.trim(), true);
    Ok(visit.page(StatusCode::UNPROCESSABLE_ENTITY, reader, None, page))
}

/// `GET /sign-in/{token}`: one button, whether the token is good or not.
pub(crate) async fn confirm_link(visit: Visit, Path(token): Path<String>) -> Response {
    if !is_token(&token) {
        return spent(visit);
    }
    let reader = visit.reader(None);
    let page = confirm_page(reader, visit.business.name.as_str(), format!("/sign-in/{token}"));
    visit.page(StatusCode::OK, reader, None, page)
}

/// `POST /sign-in/{token}`
pub(crate) async fn complete_by_link(visit: Visit, Path(token): Path<String>) -> Result<Response, Failure> {
    match complete(&visit, SignInProof::Link { token }).await? {
        Some(answer) => Ok(answer),
        None => Ok(spent(visit)),
    }
}

fn spent(visit: Visit) -> Response {
    let reader = visit.reader(None);
    visit.at("/sign-in".to_owned()).page(StatusCode::NOT_FOUND, reader, None, link_spent_page(reader))
}

/// `POST /sign-out`
pub(crate) async fn sign_out(visit: Visit) -> Result<Response, Failure> {
    if let Some(token) = visit.session_token() {
        operations::sign_out(visit.context(), token).await?;
    }
    Ok(with_session(see_other("/sign-in"), "", 0, visit.is_secure()))
}

/// Opens a session with a fresh token. `None` where the proof is wrong, used up or too old.
async fn complete(visit: &Visit, proof: SignInProof) -> Result<Option<Response>, Failure> {
    let token = visit.state.ids.token();
    match complete_sign_in(visit.context(), &visit.business, proof, &token, visit.now).await {
        Ok(session) => {
            let seconds = session.ends_at.duration_since(visit.now).as_secs();
            Ok(Some(with_session(see_other("/"), &token, seconds, visit.is_secure())))
        }
        Err(OperationError::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn with_session(mut answer: Response, token: &str, max_age_seconds: i64, secure: bool) -> Response {
    if let Some(cookie) = set_cookie(session_cookie(secure), token, max_age_seconds, secure) {
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    answer
}
