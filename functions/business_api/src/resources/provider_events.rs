//! Provider events: what providers sent, what became of it, and replaying it.
//!
//! The id of an event in a URL is the provider's id of the event and that of its object, which together find it in the store.

use axum::extract::Path;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use operations::{Replay, ReplayResult, replay_events};
use receivables::ObjectId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{EventKey, EventState, Page, Paged, ReceivedEvent};
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::idempotency::IdempotentRequest;
use crate::http::pagination::{ListResponse, ListScope};
use crate::http::response::ApiResponse;
use crate::http::strict_query::StrictQuery;
use crate::http::validation::{FieldErrors, validate};

/// How far back the list begins by default.
const SINCE_DEFAULT: SignedDuration = SignedDuration::from_hours(24);
/// Pages of the store read for one page of a filtered list. If they do not fill it, the next page goes on from there.
const PAGES_READ_MAX: usize = 10;
/// Events replayed by one request, at most.
const EVENTS_PER_REPLAY_MAX: usize = 200;
const STATES: [EventState; 4] =
    [EventState::Received, EventState::Applied, EventState::Unmatched, EventState::Quarantined];
/// What the store keeps in place of an object's id for an event without a readable one.
const NO_OBJECT: [&str; 2] = ["none", "unreadable"];

/// A notice of a payment provider, received by webhook or found in the provider's list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderEvent)]
pub(crate) struct EventResponse {
    /// The id by which this API finds the event.
    id: String,
    /// The provider's id of the event.
    event: String,
    /// The provider's name for its kind.
    #[serde(rename = "type")]
    #[schema(example = "payment_intent.succeeded")]
    kind: String,
    /// The provider's id of the object that it reports on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    object: Option<String>,
    /// `received`, `applied`, `unmatched` (money without a known customer) or `quarantined` (could not be understood or
    /// applied).
    #[schema(example = "applied")]
    status: &'static str,
    /// Why the event has this status, if there is more to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
    /// When Guichet received it. RFC 3339, UTC.
    received_at: String,
    /// The version of the provider's API in which it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    api_version: Option<String>,
    /// Whether it is about real money, not test money. Left out if the event does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    livemode: Option<bool>,
    /// What the provider sent, as JSON; as text if it is not JSON. Not given in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object, required = false)]
    body: Option<Value>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventQuery {
    /// `received`, `applied`, `unmatched` or `quarantined`.
    status: Option<String>,
    /// The provider's name for the kind of event.
    r#type: Option<String>,
    /// Only events received since this instant, RFC 3339. Default: the last 24 hours; all events if `status` is `quarantined`.
    since: Option<String>,
    /// Items per page, 1 to 100. Default: 50.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the previous page, with the same filters.
    cursor: Option<String>,
}

/// Which events to replay: either `since` or `all_failed`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = ReplayDraft)]
pub(crate) struct ReplayRequest {
    /// Replays the events received since this instant, RFC 3339.
    #[schema(format = "date-time")]
    since: Option<String>,
    /// If true, replays the events in quarantine.
    all_failed: Option<bool>,
    /// The `next_cursor` of the previous answer, with the same `since`.
    cursor: Option<String>,
}

/// What became of replayed events. Each event counts in exactly one of the five outcomes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplayResult)]
pub(crate) struct ReplayResponse {
    /// The number of events replayed.
    replayed: usize,
    /// Events whose content is in the books now.
    in_the_books: usize,
    /// Events without effect on the books.
    nothing: usize,
    /// Events about money without a known customer.
    unmatched: usize,
    /// Events that could not be understood or applied and stay in quarantine. They can be replayed again.
    quarantined: usize,
    /// Events that had been applied before and could not be applied again.
    failed: usize,
    /// The `cursor` of the next request. Null if there are no more events to replay.
    #[schema(required)]
    next_cursor: Option<String>,
}

struct Filter {
    status: Option<EventState>,
    kind: Option<String>,
    since: Option<Timestamp>,
}

impl Filter {
    fn matches(&self, event: &ReceivedEvent) -> bool {
        self.status.is_none_or(|status| status == event.state)
            && self.kind.as_ref().is_none_or(|kind| *kind == event.kind)
            && self.since.is_none_or(|since| since <= event.received_at)
    }
}

impl EventQuery {
    fn read(&self, list: &ListScope, now: Timestamp, errors: &mut FieldErrors) -> Option<(Filter, Page)> {
        let status = self.status.as_deref().and_then(|word| {
            let known = STATES.into_iter().find(|state| state.as_str() == word);
            errors.check("status", known.ok_or("expected received, applied, unmatched or quarantined"))
        });
        let since = self.since.as_deref().and_then(|text| near_instant("since", text, now, errors));
        let page = list.page(self.limit.as_deref(), self.cursor.as_deref(), errors)?;
        Some((Filter { status, kind: self.r#type.clone(), since }, page))
    }
}

impl ReplayRequest {
    fn read(&self, list: &ListScope, now: Timestamp, errors: &mut FieldErrors) -> Option<Replay> {
        let page = list.page(None, self.cursor.as_deref(), errors);
        match (&self.since, self.all_failed, &self.cursor) {
            (Some(since), None | Some(false), _) => {
                Some(Replay::Since(near_instant("since", since, now, errors)?, page?.cursor))
            }
            (None, Some(true), None) => Some(Replay::AllFailed),
            _ => {
                errors.add("since", "expected either since, or all_failed: true without a cursor");
                None
            }
        }
    }
}

impl EventResponse {
    fn of(event: &ReceivedEvent) -> Self {
        let object = &event.key.object;
        Self {
            id: id_of(&event.key),
            event: event.key.event.clone(),
            kind: event.kind.clone(),
            object: (!NO_OBJECT.contains(&object.as_str())).then(|| object.clone()),
            status: event.state.as_str(),
            reason: event.reason.clone(),
            received_at: event.received_at.to_string(),
            api_version: event.api_version.clone(),
            livemode: event.livemode,
            body: None,
        }
    }
}

impl ReplayResponse {
    fn of(replayed: ReplayResult, list: Option<&ListScope>) -> Self {
        Self {
            replayed: replayed.replayed,
            in_the_books: replayed.in_the_books,
            nothing: replayed.nothing,
            unmatched: replayed.unmatched,
            quarantined: replayed.quarantined,
            failed: replayed.failed,
            next_cursor: replayed.next_cursor.zip(list).map(|(cursor, list)| list.seal(&cursor)),
        }
    }
}

/// The separator is not part of any id.
fn id_of(key: &EventKey) -> String {
    format!("{}.{}", key.event, key.object)
}

/// An instant. One in the far future is brought near: nothing was received then.
fn near_instant(field: &str, text: &str, now: Timestamp, errors: &mut FieldErrors) -> Option<Timestamp> {
    errors
        .instant(field, text)
        .map(|instant| instant.min(now.saturating_add(SignedDuration::from_hours(24)).unwrap_or(now)))
}

async fn event_of_path(caller: &Caller, id: &str) -> Result<ReceivedEvent, ApiError> {
    let (event, object) = id.split_once('.').ok_or_else(ApiError::not_found)?;
    let parse = |id: &str| id.parse::<ObjectId>().map_err(|_| ApiError::not_found());
    let (object, event) = (parse(object)?, parse(event)?);
    for (provider, _) in caller.state.context.gateways.all() {
        let business = caller.business_id().clone();
        let key = EventKey { business, provider, object: object.as_str().to_owned(), event: event.as_str().to_owned() };
        if let Some(found) = caller.store().event(&key).await? {
            return Ok(found);
        }
    }
    Err(ApiError::not_found())
}

/// List provider events, oldest first
#[utoipa::path(
    get, path = "/api/v1/provider-events", tag = "Provider events", params(EventQuery),
    responses((status = 200, description = "A page of events.", body = ListResponse<EventResponse>))
)]
pub(crate) async fn list_provider_events(
    caller: Caller,
    StrictQuery(query): StrictQuery<EventQuery>,
) -> Result<ApiResponse, ApiError> {
    let (store, business) = (caller.store(), caller.business_id());
    let filters = [query.status.as_deref(), query.r#type.as_deref(), query.since.as_deref()];
    let list = ListScope::new(&caller, "provider-events", &filters);
    let (filter, wanted) = validate(|errors| query.read(&list, caller.now, errors))?;
    let since = filter.since.unwrap_or(caller.now.saturating_sub(SINCE_DEFAULT).unwrap_or(Timestamp::MIN));
    let (mut found, mut page) = (Vec::new(), wanted.clone());
    for _ in 0..PAGES_READ_MAX {
        let read = if filter.status == Some(EventState::Quarantined) {
            store.quarantined_events(business, &page).await?
        } else {
            store.events_since(business, since, &page, caller.now).await?
        };
        found.extend(read.items.into_iter().filter(|event| filter.matches(event)));
        page = Page { limit: wanted.limit.saturating_sub(found.len()), cursor: read.next_cursor };
        if page.limit == 0 || page.cursor.is_none() {
            break;
        }
    }
    let paged = Paged { items: found, next_cursor: page.cursor };
    ApiResponse::ok(&list.respond(paged, |event: ReceivedEvent| EventResponse::of(&event)))
}

/// Show a provider event and its content
#[utoipa::path(
    get, path = "/api/v1/provider-events/{id}", tag = "Provider events",
    params(("id" = String, Path, description = "The event's `id`, as given in the list.")),
    responses((status = 200, description = "The event.", body = EventResponse))
)]
pub(crate) async fn show_provider_event(caller: Caller, Path(id): Path<String>) -> Result<ApiResponse, ApiError> {
    let event = event_of_path(&caller, &id).await?;
    let text = || Value::String(String::from_utf8_lossy(&event.body).into_owned());
    let body = serde_json::from_slice(&event.body).unwrap_or_else(|_| text());
    ApiResponse::ok(&EventResponse { body: Some(body), ..EventResponse::of(&event) })
}

/// Replay a provider event
///
/// Applies the event again, whatever its status. This adds only what the books lack, so replaying an event twice changes nothing.
/// The request needs no body.
#[utoipa::path(
    post, path = "/api/v1/provider-events/{id}/replay", tag = "Provider events",
    params(("id" = String, Path, description = "The event's `id`, as given in the list.")),
    responses((status = 200, description = "What became of the event.", body = ReplayResponse))
)]
pub(crate) async fn replay_provider_event(
    Path(id): Path<String>,
    request: IdempotentRequest,
) -> Result<Response, ApiError> {
    request
        .run_once(async |run| {
            let event = event_of_path(&run.caller, &id).await?;
            let mut replayed = ReplayResult::default();
            replayed.apply(run.context(), &event, run.caller.now).await?;
            ApiResponse::ok(&ReplayResponse::of(replayed, None))
        })
        .await
}

/// Replay provider events
///
/// Replays the events received since an instant, or all events in quarantine, up to 200 at a time. This adds only what the books
/// lack, so replaying events twice changes nothing.
#[utoipa::path(
    post, path = "/api/v1/provider-events/replay", tag = "Provider events", request_body = ReplayRequest,
    responses((status = 200, description = "What became of the events.", body = ReplayResponse))
)]
pub(crate) async fn replay_provider_events(request: IdempotentRequest) -> Result<Response, ApiError> {
    let body: ReplayRequest = request.json()?;
    let list = ListScope::new(&request.caller, "replay", &[body.since.as_deref()]);
    let selection = validate(|errors| body.read(&list, request.caller.now, errors))?;
    request
        .run_once(async |run| {
            let (context, caller, business) = (run.context(), &run.caller, run.caller.business_id());
            let replayed = replay_events(context, business, selection, EVENTS_PER_REPLAY_MAX, caller.now).await?;
            ApiResponse::ok(&ReplayResponse::of(replayed, Some(&list)))
        })
        .await
}
