//! The envelope of an event in neutral words.

use super::event::Event;
use super::reports::EVENT_TYPES_APPLIED;
use crate::webhook::EventEnvelope;

/// What an event says of itself, without the object.
pub(crate) fn envelope(event: Event<'_>) -> EventEnvelope<'_> {
    let is_applied = EVENT_TYPES_APPLIED.contains(&&*event.kind);
    let Event { id, kind, livemode, api_version, object_id, .. } = event;
    EventEnvelope { id, object: object_id, kind, api_version, livemode, is_applied }
}
