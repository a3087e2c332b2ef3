//! The events of a transaction: each is recorded with the change that caused it, and its webhooks are enqueued.

use rusqlite::params;
use serde_json::{Value, json};

use super::api_error::ApiError;
use super::chaos::Chaos;
use super::database::{API_VERSION, Record, Transaction};
use super::legacy_version;

impl Transaction<'_> {
    /// Records an event with the object as it is now, and enqueues its webhook.
    pub(super) fn emit(&mut self, kind: &str, object: &Value) -> Result<(), ApiError> {
        self.emit_data(kind, json!({ "object": object }))
    }

    /// The same, with the earlier values of the changed fields.
    pub(super) fn emit_change(&mut self, kind: &str, object: &Value, before: &Value) -> Result<(), ApiError> {
        self.emit_data(kind, json!({ "object": object, "previous_attributes": before }))
    }

    fn emit_data(&mut self, kind: &str, mut data: Value) -> Result<(), ApiError> {
        let older = legacy_version::is_on(&self.sql)?;
        if older {
            legacy_version::reshape(self, &mut data["object"])?;
        }
        let id = self.new_id("evt_1", 23)?;
        let body = json!({
            "id": id,
            "object": "event",
            "api_version": if older { legacy_version::API_VERSION } else { API_VERSION },
            "created": self.now.as_second(),
            "data": data,
            "livemode": false,
            "pending_webhooks": 1,
            "request": { "id": self.request_ids.request, "idempotency_key": self.request_ids.idempotency_key },
            "type": kind,
        });
        self.put(&Record { body, internal: Value::Null })?;
        if older && !legacy_version::is_delivered(kind) {
            return Ok(());
        }
        for delay_ms in Chaos::load(&self.sql)?.plan(&id) {
            let due_at_ms = self.now.as_millisecond().saturating_add(delay_ms);
            self.sql.execute("INSERT INTO deliveries (event, due_at_ms) VALUES (?1, ?2)", params![id, due_at_ms])?;
            self.enqueued = true;
        }
        Ok(())
    }
}
