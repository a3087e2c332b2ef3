//! The parts of a transaction, each with what its failing means.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use jiff::Timestamp;
use receivables::ledger::Entry;
use receivables::{BalanceMove, BusinessId, CustomerId};

use super::{Conflict, OnConditionFailed, Writes};
use crate::access::idempotency;
use crate::commit_context::CommitContext;
use crate::difference::{Difference, KNOWN_VERSION, mine};
use crate::error::StoreError;
use crate::items::events::{self, EventKey, EventState};
use crate::items::{DUE_ATTRIBUTES, Item, ledger, number, text};
use crate::keys::{self, Key, Unique};

impl Writes<'_> {
    /// Appends to the ledger of an account.
    pub(super) fn entries(&mut self, c: &CustomerId, entries: &[Entry]) -> Result<(), StoreError> {
        for entry in entries {
            let item = ledger::of_entry(self.business, c, entry)?;
            self.put_new(self.core, item, OnConditionFailed::AlreadyDone)?;
        }
        Ok(())
    }

    /// Adds what moved to the account's balance item. This is the only writer of that item besides its pruning.
    pub(super) fn balance(&mut self, b: &BusinessId, c: &CustomerId, moved: &BalanceMove) -> Result<(), StoreError> {
        let attributes = ledger::balance_attributes(moved);
        if attributes.is_empty() {
            return Ok(());
        }
        let key = keys::balance(b, c);
        let mut update = Update::builder().table_name(self.core).key("pk", text(&key.pk)).key("sk", text(&key.sk));
        let mut adds = Vec::with_capacity(attributes.len());
        for (place, (name, minor)) in attributes.into_iter().enumerate() {
            update = update
                .expression_attribute_names(format!("#a{place}"), name)
                .expression_attribute_values(format!(":a{place}"), number(minor));
            adds.push(format!("#a{place} :a{place}"));
        }
        let (mine, version) = mine();
        update = update.condition_expression(KNOWN_VERSION).expression_attribute_values(mine, version);
        self.push_update(update.update_expression(format!("ADD {}", adds.join(", "))), OnConditionFailed::Never)
    }

    /// Marks the act that this carries out as done.
    pub(super) fn act(&mut self, also: &CommitContext, at: Timestamp) -> Result<(), StoreError> {
        match &also.act {
            Some(act) => {
                self.put_new(self.inbox, idempotency::of_act(self.business, act, at), OnConditionFailed::AlreadyDone)
            }
            None => Ok(()),
        }
    }

    pub(super) fn applied(&mut self, event: &EventKey, at: Timestamp) -> Result<(), StoreError> {
        let key = keys::event(&event.business, event.provider, &event.object, &event.event);
        let (mine, version) = mine();
        let update = Update::builder()
            .table_name(self.inbox)
            .key("pk", text(&key.pk))
            .key("sk", text(&key.sk))
            .update_expression(format!(
                "SET #state = :applied, #ttl = :ttl REMOVE #reason, gsi2pk, gsi2sk, {DUE_ATTRIBUTES}"
            ))
            .condition_expression(format!("attribute_exists(pk) AND #state <> :applied AND {KNOWN_VERSION}"))
            .expression_attribute_values(mine, version)
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#reason", "reason")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":applied", text(EventState::Applied.as_str()))
            .expression_attribute_values(":ttl", events::expiry(at));
        self.push_update(update, OnConditionFailed::AlreadyDone)
    }

    pub(super) fn unique(&mut self, b: &BusinessId, kind: Unique, value: &str, target: &str) -> Result<(), StoreError> {
        let key = keys::unique(b, kind, value);
        let item = at(&key, Item::from([("target".to_owned(), text(target))]));
        self.put_new(self.core, item, OnConditionFailed::Conflict(Conflict::Taken(kind)))
    }

    pub(super) fn put_new(&mut self, table: &str, item: Item, refused: OnConditionFailed) -> Result<(), StoreError> {
        let put =
            Put::builder().table_name(table).set_item(Some(item)).condition_expression("attribute_not_exists(pk)");
        self.push_put(put.build(), refused)
    }

    /// Changes an item from one state to another where it has a version.
    pub(super) fn change_over(
        &mut self,
        before: &Item,
        after: &Item,
        version: u64,
        refused: OnConditionFailed,
    ) -> Result<(), StoreError> {
        let changed = Difference::between(before, after).update(self.core, after, "version = :was");
        self.push_update(changed.expression_attribute_values(":was", number(version)), refused)
    }

    /// Changes a part of what is written under a version in the same transaction: one that is there already, or puts it.
    pub(super) fn change_part(
        &mut self,
        before: Option<Item>,
        after: Item,
        refused: OnConditionFailed,
    ) -> Result<(), StoreError> {
        let Some(before) = before else { return self.put_item(self.core, after) };
        let changed = Difference::between(&before, &after).update(self.core, &after, "attribute_exists(pk)");
        self.push_update(changed, refused)
    }

    /// The same of a part whose maps are written whole, because what was read of them may have been brought up to date since.
    pub(super) fn replace_part(
        &mut self,
        before: Option<Item>,
        after: Item,
        refused: OnConditionFailed,
    ) -> Result<(), StoreError> {
        let names = before.map(|before| before.into_keys().map(|name| (name, AttributeValue::Null(true))).collect());
        self.change_part(names, after, refused)
    }

    fn push_update(&mut self, update: UpdateBuilder, refused: OnConditionFailed) -> Result<(), StoreError> {
        // The item of a refused condition says whether a newer version wrote it.
        let update = update.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let update = update.build().map_err(|error| StoreError::defect("update", &error))?;
        self.items.push((TransactWriteItem::builder().update(update).build(), refused));
        Ok(())
    }

    pub(super) fn put(&mut self, key: &Key, item: Item) -> Result<(), StoreError> {
        self.put_item(self.core, at(key, item))
    }

    pub(super) fn put_item(&mut self, table: &str, item: Item) -> Result<(), StoreError> {
        self.push_put(Put::builder().table_name(table).set_item(Some(item)).build(), OnConditionFailed::Never)
    }

    pub(super) fn push_put(
        &mut self,
        put: Result<Put, aws_sdk_dynamodb::error::BuildError>,
        refused: OnConditionFailed,
    ) -> Result<(), StoreError> {
        let put = put.map_err(|error| StoreError::defect("put", &error))?;
        self.items.push((TransactWriteItem::builder().put(put).build(), refused));
        Ok(())
    }

    pub(super) fn update(
        &mut self,
        key: &Key,
        set: &str,
        condition: Option<&str>,
        values: Vec<(&'static str, AttributeValue)>,
        refused: OnConditionFailed,
    ) -> Result<(), StoreError> {
        self.update_named(key, set, condition, values, &[], refused)
    }

    /// The same, with names for what an expression cannot spell.
    pub(super) fn update_named(
        &mut self,
        key: &Key,
        set: &str,
        condition: Option<&str>,
        values: Vec<(&'static str, AttributeValue)>,
        names: &[(&'static str, &str)],
        refused: OnConditionFailed,
    ) -> Result<(), StoreError> {
        let (mine, version) = mine();
        let condition = condition
            .map_or_else(|| KNOWN_VERSION.to_owned(), |condition| format!("({condition}) AND {KNOWN_VERSION}"));
        let mut update = Update::builder()
            .table_name(self.core)
            .key("pk", text(&key.pk))
            .key("sk", text(&key.sk))
            .update_expression(set)
            .condition_expression(condition)
            .expression_attribute_values(mine, version);
        for (name, value) in values {
            update = update.expression_attribute_values(name, value);
        }
        for (name, attribute) in names {
            update = update.expression_attribute_names(*name, *attribute);
        }
        self.push_update(update, refused)
    }

    pub(super) fn delete(&mut self, key: &Key) -> Result<(), StoreError> {
        let (mine, version) = mine();
        let delete = Delete::builder()
            .table_name(self.core)
            .key("pk", text(&key.pk))
            .key("sk", text(&key.sk))
            .condition_expression(KNOWN_VERSION)
            .expression_attribute_values(mine, version)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build();
        let delete = delete.map_err(|error| StoreError::defect("delete", &error))?;
        self.items.push((TransactWriteItem::builder().delete(delete).build(), OnConditionFailed::Never));
        Ok(())
    }
}

/// An item at a key, without further record.
pub(super) fn at(key: &Key, mut item: Item) -> Item {
    item.insert("pk".to_owned(), text(&key.pk));
    item.insert("sk".to_owned(), text(&key.sk));
    item
}
