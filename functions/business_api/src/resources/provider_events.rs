//! Provider events: what was received, what became of it, and hearing it again.
//!
//! An event is named by its own id and that of the object it speaks of, which together lead to it.

use axum::extract::Path;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use operations::{Replay, Replayed, replay_events};
use receivables::Provider;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{EventKey, EventState, Page, Paged, ReceivedEvent};
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::idempotency::{Posted, Work};
use crate::http::pagination::{List, Listing};
use crate::http::response::{Answer, Failure};
use crate::http::strict_query::Asked;
use crate::http::validation::{Faults, checked};

/// How far back the list begins where nothing is said.
const SINCE_USUAL: SignedDuration = SignedDuration::from_hours(24);
/// Pages read for one page of a filtered list; where that is not enough, the rest is on the next.
const PAGES_READ_MAX: usize = 10;
/// Events heard again by one request.
const EVENTS_PER_REPLAY_MAX: usize = 200;
/// What became of events.
const STATES: [EventState; 4] =
    [EventState::Received, EventState::Applied, EventState::Unmatched, EventState::Quarantined];
/// Stands for the object of an event that names none.
const NO_OBJECT: [&str; 2] = ["none", "unreadable"];

/// An event of a provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderEvent)]
pub(crate) struct EventShape {
    /// What it is asked for by.
    id: String,
    /// The provider's id of it.
    event: String,
    /// In the provider's word.
    #[serde(rename = "type")]
    #[schema(example = "payment_intent.succeeded")]
    kind: String,
    /// The provider's id of the object it speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    object: Option<String>,
    /// received, applied, unmatched or quarantined.
    #[schema(example = "applied")]
    status: &'static str,
    /// Why, where that needs saying.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
    /// RFC 3339, UTC.
    received_at: String,
    /// The version of the provider's API that shaped it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    api_version: Option<String>,
    /// Whether it speaks of real money, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    livemode: Option<bool>,
    /// What was signed, as JSON; as text where it is none. Only of an event that is shown by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object, required = false)]
    body: Option<Value>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventQuery {
    /// received, applied, unmatched or quarantined.
    status: Option<String>,
    /// The type, in the provider's word.
    r#type: Option<String>,
    /// Received since this instant, RFC 3339; the last 24 hours where nothing is said. Of quarantined events: all.
    since: Option<String>,
    /// How many at most, 1 to 100; 50 where nothing is said.
    #[param(value_type = u32, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the page before, under the same filters.
    cursor: Option<String>,
}

/// Which events are heard again: those received since an instant, or those in quarantine.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct ReplayDraft {
    /// RFC 3339.
    #[schema(format = "date-time")]
    since: Option<String>,
    /// true: all that are in quarantine.
    all_failed: Option<bool>,
    /// The `next_cursor` of the answer before, with the same `since`.
    cursor: Option<String>,
}

/// What became of events that were heard again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Replayed)]
pub(crate) struct ReplayedShape {
    /// How many were heard.
    replayed: usize,
    /// Of them: what they say is in the books.
    in_the_books: usize,
    /// They say nothing that changes the books.
    nothing: usize,
    /// They speak of money of nobody known.
    unmatched: usize,
    /// They could not be understood or carried out, and can be tried again.
    quarantined: usize,
    /// They were applied before, and could not be carried out again.
    failed: usize,
    /// Where to go on: the next `cursor`. Null where all were heard.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// What the events of a list have in common.
struct Filter {
    status: Option<EventState>,
    kind: Option<String>,
    since: Option<Timestamp>,
}

impl Filter {
    fn lets_through(&self, event: &ReceivedEvent) -> bool {
        self.status.is_none_or(|status| status == event.state)
            && self.kind.as_ref().is_none_or(|kind| *kind == event.kind)
            && self.since.is_none_or(|since| since <= event.received_at)
    }
}

impl EventQuery {
    fn read(&self, list: &Listing, faults: &mut Faults) -> Option<(Filter, Page)> {
        let status = self.status.as_deref().and_then(|word| {
            let known = STATES.into_iter().find(|state| state.as_str() == word);
            faults.take("status", known.ok_or("expected received, applied, unmatched or quarantined"))
        });
        let since = self.since.as_deref().and_then(|text| instant("since", text, faults));
        let page = list.page(self.limit.as_deref(), self.cursor.as_deref(), faults)?;
        Some((Filter { status, kind: self.r#type.clone(), since }, page))
    }
}

impl ReplayDraft {
    pub(crate) fn read(&self, list: &Listing, faults: &mut Faults) -> Option<Replay> {
        let page = list.page(None, self.cursor.as_deref(), faults);
        match (&self.since, self.all_failed, &self.cursor) {
            (Some(since), None | Some(false), _) => Some(Replay::Since(instant("since", since, faults)?, page?.cursor)),
            (None, Some(true), None) => Some(Replay::AllFailed),
            _ => {
                faults.note("since", "expected either since, or all_failed: true without a cursor");
                None
            }
        }
    }
}

impl EventShape {
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

impl ReplayedShape {
    fn of(replayed: Replayed, list: Option<&Listing>) -> Self {
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

/// Neither id has a point in it.
fn id_of(key: &EventKey) -> String {
    format!("{}.{}", key.event, key.object)
}

fn instant(field: &str, text: &str, faults: &mut Faults) -> Option<Timestamp> {
    faults.take(field, text.parse::<Timestamp>().map_err(|_| "expected an instant such as 2026-03-01T09:00:00Z"))
}

async fn event_of_path(caller: &Caller, id: &str) -> Result<ReceivedEvent, Failure> {
    let (event, object) = id.split_once('.').ok_or_else(Failure::not_found)?;
    let key = EventKey {
        business: caller.business_id().clone(),
        provider: Provider::Stripe,
        object: object.to_owned(),
        event: event.to_owned(),
    };
    caller.store().event(&key).await?.ok_or_else(Failure::not_found)
}

/// List provider events, oldest first
#[utoipa::path(
    get, path = "/api/v1/provider-events", tag = "Provider events", params(EventQuery),
    responses((status = 200, description = "A page of events", body = List<EventShape>))
)]
pub(crate) async fn list_provider_events(caller: Caller, Asked(asked): Asked<EventQuery>) -> Result<Answer, Failure> {
    let (store, business) = (caller.store(), caller.business_id());
    let filters = [asked.status.as_deref(), asked.r#type.as_deref(), asked.since.as_deref()];
    let list = Listing::new(business, "provider-events", &filters);
    let (filter, asked) = checked(|faults| asked.read(&list, faults))?;
    let since = filter.since.unwrap_or(caller.now.saturating_sub(SINCE_USUAL).unwrap_or(Timestamp::MIN));
    let (mut found, mut page) = (Vec::new(), asked.clone());
    for _ in 0..PAGES_READ_MAX {
        let read = if filter.status == Some(EventState::Quarantined) {
            store.quarantined_events(business, &page).await?
        } else {
            store.events_since(business, since, &page, caller.now).await?
        };
        found.extend(read.items.into_iter().filter(|event| filter.lets_through(event)));
        page = Page { limit: asked.limit.saturating_sub(found.len()), cursor: read.next_cursor };
        if page.limit == 0 || page.cursor.is_none() {
            break;
        }
    }
    let paged = Paged { items: found, next_cursor: page.cursor };
    Answer::ok(&list.answer(paged, |event: ReceivedEvent| EventShape::of(&event)))
}

/// Show a provider event, with what was signed
#[utoipa::path(
    get, path = "/api/v1/provider-events/{id}", tag = "Provider events",
    params(("id" = String, Path, description = "The `id` in the list")),
    responses((status = 200, description = "The event", body = EventShape))
)]
pub(crate) async fn show_provider_event(caller: Caller, Path(id): Path<String>) -> Result<Answer, Failure> {
    let event = event_of_path(&caller, &id).await?;
    let text = || Value::String(String::from_utf8_lossy(&event.body).into_owned());
    let body = serde_json::from_slice(&event.body).unwrap_or_else(|_| text());
    Answer::ok(&EventShape { body: Some(body), ..EventShape::of(&event) })
}

/// Hear a provider event again
///
/// Whatever became of it. What it says is written only where the books do not say it yet. A body is not needed.
#[utoipa::path(
    post, path = "/api/v1/provider-events/{id}/replay", tag = "Provider events",
    params(("id" = String, Path, description = "The `id` in the list")),
    responses((status = 200, description = "What became of it", body = ReplayedShape))
)]
pub(crate) async fn replay_provider_event(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    Ok(posted.once(|work| replay_one(work, id)).await)
}

async fn replay_one(work: Work, id: String) -> Result<Answer, Failure> {
    let event = event_of_path(&work.caller, &id).await?;
    let mut replayed = Replayed::default();
    replayed.hear(work.context(), &event, work.caller.now).await?;
    Answer::ok(&ReplayedShape::of(replayed, None))
}

/// Hear provider events again
///
/// Those received since an instant, or all that are in quarantine; 200 at a time.
#[utoipa::path(
    post, path = "/api/v1/provider-events/replay", tag = "Provider events", request_body = ReplayDraft,
    responses((status = 200, description = "What became of them", body = ReplayedShape))
)]
pub(crate) async fn replay_provider_events(posted: Posted) -> Result<Response, Failure> {
    let draft: ReplayDraft = posted.shape()?;
    let list = Listing::new(posted.caller.business_id(), "replay", &[draft.since.as_deref()]);
    let which = checked(|faults| draft.read(&list, faults))?;
    Ok(posted.once(|work| replay_many(work, which, list)).await)
}

async fn replay_many(work: Work, which: Replay, list: Listing) -> Result<Answer, Failure> {
    let (context, caller) = (work.context(), &work.caller);
    let replayed = replay_events(context, caller.business_id(), which, EVENTS_PER_REPLAY_MAX, caller.now).await?;
    Answer::ok(&ReplayedShape::of(replayed, Some(&list)))
}
