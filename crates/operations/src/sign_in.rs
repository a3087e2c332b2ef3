//! Signing in by a link or a code from a mail.
//!
//! A request does the same and answers the same whether the address is known or not; the mail is sent later, by the stream. A
//! link or code works once, and only a POST uses it up.

use jiff::Timestamp;
use receivables::text::EmailAddress;
use receivables::{Business, Locale, SignInId};
use store::{CodeCheck, SESSION_IDLE, SESSION_LONGEST, SIGN_IN_GOOD_FOR, Session, SignIn};

use crate::context::Context;
use crate::error::OperationError;
use crate::links::Links;

/// A visitor's request to sign in.
#[derive(Clone, Debug)]
pub struct SignInRequest {
    /// Drawn for this request.
    pub id: SignInId,
    /// The address as typed.
    pub email: EmailAddress,
    pub locale: Locale,
}

/// What proves that the visitor has read the mail.
#[derive(Clone, Debug)]
pub enum SignInProof {
    /// The token of the link.
    Link { token: String },
    /// The code, with the request it belongs to.
    Code {
        id: SignInId,
        /// As typed.
        code: String,
    },
}

/// Stores a request to sign in. A mail follows if the address is a customer's, at most five an hour.
pub async fn request_sign_in(
    context: &Context,
    business: &Business,
    request: SignInRequest,
    now: Timestamp,
) -> Result<(), OperationError> {
    let address_hash = Links::hash(&request.email.folded());
    if !context.store.count_sign_in_mail(&business.id, &address_hash, now).await? {
        tracing::warn!(business.id = %business.id, metric.sign_in_mail_limit = 1, "an address asks for too many sign-in mails");
        return Ok(());
    }
    let customers = context.store.customers_by_email(&business.id, &request.email).await?;
    let sign_in = SignIn {
        code_hash: code_hash(&request.id, &context.links.sign_in_code(&request.id)),
        business: business.id.clone(),
        email: request.email,
        customer: customers.into_iter().next(),
        locale: request.locale,
        tries: 0,
        spent: false,
        ends_at: now.saturating_add(SIGN_IN_GOOD_FOR).unwrap_or(Timestamp::MAX),
        id: request.id,
    };
    let token_hash = Links::hash(&context.links.sign_in_token(&sign_in.id));
    context.store.put_sign_in(&sign_in, &token_hash).await?;
    Ok(())
}

/// Signs in: uses up the link or code and stores the session under its token.
pub async fn complete_sign_in(
    context: &Context,
    business: &Business,
    proof: SignInProof,
    session_token: &str,
    now: Timestamp,
) -> Result<Session, OperationError> {
    let spent = match proof {
        SignInProof::Link { token } => {
            context.store.spend_sign_in_link(&business.id, &Links::hash(&token), now).await?
        }
        SignInProof::Code { id, code } => {
            let digits: String = code.chars().filter(char::is_ascii_digit).collect();
            match context.store.try_sign_in_code(&business.id, &id, &code_hash(&id, &digits), now).await? {
                CodeCheck::Right(sign_in) => Some(sign_in),
                CodeCheck::Wrong => None,
            }
        }
    };
    let sign_in = spent.ok_or(OperationError::NotFound)?;
    let customer = sign_in.customer.ok_or(OperationError::NotFound)?;
    // If the customer's address was changed since the mail was sent, the reader of the mail may be someone else.
    let known = context.store.customer(&business.id, &customer).await?.ok_or(OperationError::NotFound)?;
    if known.profile.email.is_none_or(|email| email.folded() != sign_in.email.folded()) {
        return Err(OperationError::NotFound);
    }
    let session = Session {
        business: business.id.clone(),
        customer,
        email: sign_in.email,
        idle_ends_at: now.saturating_add(SESSION_IDLE).unwrap_or(Timestamp::MAX),
        ends_at: now.saturating_add(SESSION_LONGEST).unwrap_or(Timestamp::MAX),
    };
    context.store.put_session(&Links::hash(session_token), &session).await?;
    Ok(session)
}

pub async fn sign_out(context: &Context, session_token: &str) -> Result<(), OperationError> {
    Ok(context.store.end_session(&Links::hash(session_token)).await?)
}

fn code_hash(id: &SignInId, code: &str) -> String {
    Links::hash(&format!("{id}/{code}"))
}
