//! Effects: what follows from facts outside the books and could not be done yet, such as a receipt that was not mailed.

use axum::extract::Path;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use store::{EffectKey, EffectState, Paged, StoredEffect};
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::idempotency::IdempotentRequest;
use crate::http::pagination::{ListResponse, ListScope};
use crate::http::response::ApiResponse;
use crate::http::strict_query::StrictQuery;
use crate::http::validation::validate;

/// Characters of each part of an effect's id, at most.
const ID_PART_CHARS_MAX: usize = 100;

/// Something that follows from a fact and is not done yet.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Effect)]
pub(crate) struct EffectResponse {
    /// The id by which this API finds the effect.
    id: String,
    /// `receipt` (the receipt of a payment is mailed), `close_page` (a payment page that asks for more than may be paid of its
    /// invoice is closed), `settle` (unapplied cash of a customer is applied to what has become payable) or `answer_refund` (a refund made at
    /// the provider gets the meaning of the setting `provider_refunds`).
    #[serde(rename = "type")]
    #[schema(example = "receipt")]
    kind: String,
    /// The id of the payment or invoice that it is about.
    document: String,
    /// The instant of the fact that it follows from. RFC 3339, UTC.
    at: String,
    /// `waiting`, `failing` (it is tried again), `done` or `given_up` (it is not tried again by itself).
    status: &'static str,
    /// How often it was tried.
    tries: u32,
    /// When it is tried next. RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next_try_at: Option<String>,
    /// Why it is not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EffectQuery {
    /// Items per page, 1 to 100. Default: 50.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

impl EffectResponse {
    fn of(stored: &StoredEffect) -> Self {
        let key = stored.effect.key();
        Self {
            id: format!("{}:{}", key.fact, key.kind),
            kind: key.kind,
            document: stored.effect.kind.document().to_owned(),
            at: stored.effect.at.to_string(),
            status: stored.state.as_str(),
            tries: stored.tries,
            next_try_at: stored.due_at.map(|at| at.to_string()),
            reason: stored.why.clone(),
        }
    }
}

/// List effects that fail or were given up
///
/// A receipt that cannot be mailed, or a payment page that cannot be closed, is tried again for thirty days, at longer and longer
/// intervals of up to an hour. It stays in this list, with the reason, until it is done.
#[utoipa::path(
    get, path = "/api/v1/effects", tag = "Effects", params(EffectQuery),
    responses((status = 200, description = "A page of effects, by the instant of their last try.", body = ListResponse<EffectResponse>))
)]
pub(crate) async fn list_effects(
    caller: Caller,
    StrictQuery(query): StrictQuery<EffectQuery>,
) -> Result<ApiResponse, ApiError> {
    let list = ListScope::new(&caller, "effects", &[]);
    let page = validate(|errors| list.page(query.limit.as_deref(), query.cursor.as_deref(), errors))?;
    let effects = caller.store().failing_effects(caller.business_id(), &page).await?;
    let items = effects.items.iter().map(EffectResponse::of).collect();
    let paged = Paged { items, next_cursor: effects.next_cursor };
    ApiResponse::ok(&list.respond(paged, |effect| effect))
}

/// Try an effect again
///
/// Tries an effect that fails or was given up within the next minute. One that is done stays done.
#[utoipa::path(
    post, path = "/api/v1/effects/{id}/retry", tag = "Effects",
    params(("id" = String, Path, description = "The effect's id.")),
    responses((status = 200, description = "The effect.", body = EffectResponse))
)]
pub(crate) async fn retry_effect(Path(id): Path<String>, request: IdempotentRequest) -> Result<Response, ApiError> {
    request
        .run_once(async |run| {
            let caller = &run.caller;
            let key = key_of(caller, &id).ok_or_else(ApiError::not_found)?;
            let found = caller.store().effect(&key).await?.ok_or_else(ApiError::not_found)?;
            if matches!(found.state, EffectState::Failing | EffectState::GivenUp) {
                caller.store().retry_effect(&key, caller.now).await?;
            }
            let after = caller.store().effect(&key).await?.ok_or_else(ApiError::not_found)?;
            ApiResponse::ok(&EffectResponse::of(&after))
        })
        .await
}

/// The effect that an id names. A text that no effect has as its id gives nothing.
fn key_of(caller: &Caller, id: &str) -> Option<EffectKey> {
    let is_part = |text: &str| {
        (1..=ID_PART_CHARS_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte))
    };
    let (fact, kind) = id.split_once(':').filter(|(fact, kind)| is_part(fact) && is_part(kind))?;
    Some(EffectKey { business: caller.business_id().clone(), fact: fact.to_owned(), kind: kind.to_owned() })
}
