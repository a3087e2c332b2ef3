//! The due list: what is due is found by its time, claimed by moving that time a lease ahead, and given its next time.
//!
//! An index may lag behind its table, so an item may be listed under a time that it no longer has: every write is conditional on
//! the place at which the item was seen.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;
use receivables::provider_object::Provider;
use receivables::{BusinessId, ExportId, ObjectId, Payment, PaymentId, SignInId};

use crate::calls::traced;
use crate::error::StoreError;
use crate::items::effects::EffectKey;
use crate::items::events::EventKey;
use crate::items::outbox::RecordKey;
use crate::items::{DUE_ATTRIBUTES, Index, Item, number, text, text_of};
use crate::keys::{self, DueList, Key};
use crate::table::{Query, Range, Store};
use crate::update::{Update, Updated};

/// What is due, by the key of its item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DueKey {
    /// A provider's event that is not applied yet.
    Event(EventKey),
    /// A decision that is not sealed yet, or whose effects do not exist yet.
    Record(RecordKey),
    /// A payment to be polled, or whose work is not finished.
    Payment(BusinessId, PaymentId),
    /// An effect of a fact that is not done yet.
    Effect(EffectKey),
    /// A sign-in that is not mailed yet.
    SignIn(BusinessId, SignInId),
    /// The sweep of a provider's events.
    Sweep(BusinessId, Provider),
    /// A payout whose transactions are being read.
    Payout(BusinessId, Provider, ObjectId),
    /// The reading of what moved at a provider, by time.
    Balance(BusinessId, Provider),
    /// An export that is being made, or is to be removed.
    Export(BusinessId, ExportId),
    /// An item of a kind that this version does not know.
    Unknown,
}

/// An item of a due list, at the place where it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueItem {
    pub key: DueKey,
    pub list: DueList,
    /// How often it was claimed before.
    pub tries: u32,
    item: Key,
    /// Its place in the list: the instant and its name.
    place: String,
}

impl DueItem {
    /// A payment's place in the list, if it is in it.
    pub fn of_payment(payment: &Payment) -> Option<Self> {
        let at = payment.next_poll_at()?;
        Some(Self {
            key: DueKey::Payment(payment.business().clone(), payment.id().clone()),
            list: DueList::Payments,
            tries: 0,
            item: keys::payment(payment.business(), payment.id()),
            place: keys::due_place(at, payment.id().as_str()),
        })
    }

    /// An effect that has just been claimed until an instant.
    pub(crate) fn of_effect(key: &EffectKey, at: Timestamp, tries: u32) -> Self {
        Self {
            key: DueKey::Effect(key.clone()),
            list: DueList::Sends,
            tries,
            item: key.item(),
            place: keys::due_place(at, &key.name()),
        }
    }

    /// The record of a decision that it is, if it is one.
    pub fn record(&self) -> Option<&RecordKey> {
        if let DueKey::Record(key) = &self.key { Some(key) } else { None }
    }

    /// The name of the item in its list. Nothing personal is in it.
    pub fn name(&self) -> &str {
        self.place.split_once('#').map_or(self.place.as_str(), |(_, name)| name)
    }

    pub(crate) fn read(item: &Item, list: DueList) -> Option<Self> {
        let text = |name: &str| text_of(item, name).map(str::to_owned);
        let (pk, sk, place) = (text("pk")?, text("sk")?, text("gsi3sk")?);
        let tries = item.get("tries").and_then(|tries| tries.as_n().ok()).and_then(|tries| tries.parse().ok());
        let key = key_of(&pk, &sk).unwrap_or(DueKey::Unknown);
        Some(Self { key, list, tries: tries.unwrap_or(0), item: Key { pk, sk }, place })
    }
}

/// What an item is, by its key.
fn key_of(pk: &str, sk: &str) -> Option<DueKey> {
    let mut parts = pk.splitn(4, '#');
    let (kind, business) = (parts.next()?, parts.next()?.parse().ok()?);
    let (third, fourth) = (parts.next(), parts.next());
    Some(match (kind, third, fourth) {
        ("W", Some(provider), Some(object)) => DueKey::Event(EventKey {
            business,
            provider: provider.parse().ok()?,
            object: object.to_owned(),
            event: sk.to_owned(),
        }),
        ("O", Some(source), None) => {
            DueKey::Record(RecordKey { business, source: source.to_owned(), version: sk.to_owned() })
        }
        ("P", Some(payment), None) if sk == "P" => DueKey::Payment(business, payment.parse().ok()?),
        ("E", Some(fact), None) => DueKey::Effect(EffectKey { business, fact: fact.to_owned(), kind: sk.to_owned() }),
        ("SG", Some(sign_in), None) => DueKey::SignIn(business, sign_in.parse().ok()?),
        ("PO", Some(provider), Some(payout)) if sk == "PO" => {
            DueKey::Payout(business, provider.parse().ok()?, payout.parse().ok()?)
        }
        ("EX", Some(export), None) if sk == "EX" => DueKey::Export(business, export.parse().ok()?),
        ("B", None, None) => match keys::provider_of_balance(sk) {
            Some(provider) => DueKey::Balance(business, provider),
            None => DueKey::Sweep(business, keys::provider_of_sweep(sk)?),
        },
        _ => return None,
    })
}

impl Store {
    /// What is due in a shard of a list, the longest due first, at most `limit` items.
    pub async fn due(&self, list: DueList, shard: u8, now: Timestamp, limit: i32) -> Result<Vec<DueItem>, StoreError> {
        let (pk, to) = (list.partition(shard), keys::due_until(now));
        let query = Query { limit: Some(limit), ..Query::of(Index::Due, &pk, Range::UpTo(&to)) };
        let (items, _) = self.page(self.table_of(list), query).await?;
        Ok(items.iter().filter_map(|item| DueItem::read(item, list)).collect())
    }

    /// Everything in a list, whenever it is due.
    pub async fn everything_due(&self, list: DueList) -> Result<Vec<DueItem>, StoreError> {
        let mut all = Vec::new();
        for shard in 0..list.shards() {
            let pk = list.partition(shard);
            let items = self.whole(self.table_of(list), Query::of(Index::Due, &pk, Range::All)).await?;
            all.extend(items.iter().filter_map(|item| DueItem::read(item, list)));
        }
        Ok(all)
    }

    /// Claims an item by moving its time a lease ahead. `None` where it is no longer as it was seen.
    pub async fn claim_due(&self, due: &DueItem, until: Timestamp) -> Result<Option<DueItem>, StoreError> {
        let place = keys::due_place(until, due.name());
        let claim = self
            .client
            .update_item()
            .table_name(self.table_of(due.list))
            .key("pk", text(&due.item.pk))
            .key("sk", text(&due.item.sk))
            .update_expression("SET due_at = :at, gsi3sk = :place ADD tries :one")
            .condition_expression("gsi3sk = :seen")
            .expression_attribute_values(":at", text(&until.to_string()))
            .expression_attribute_values(":place", text(&place))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":seen", text(&due.place))
            .return_values(ReturnValue::UpdatedNew)
            .send();
        match traced("UpdateItem", self.table_of(due.list), claim).await {
            Ok(claimed) => {
                let tries = claimed.attributes.as_ref().and_then(|item| item.get("tries"));
                let tries = tries.and_then(|tries| tries.as_n().ok()).and_then(|tries| tries.parse().ok());
                Ok(Some(DueItem { place, tries: tries.unwrap_or(due.tries + 1), ..due.clone() }))
            }
            Err(SdkError::ServiceError(service)) if service.err().is_conditional_check_failed_exception() => Ok(None),
            Err(error) => Err(StoreError::of(&error)),
        }
    }

    /// Gives a claimed item its next time: with the reason where it failed, else its tries begin anew. Says whether it was still
    /// where it was seen.
    pub async fn retime_due(&self, due: &DueItem, to: Timestamp, why: Option<&str>) -> Result<bool, StoreError> {
        let mut values = vec![
            (":at", text(&to.to_string())),
            (":place", text(&keys::due_place(to, due.name()))),
            (":seen", text(&due.place)),
        ];
        let set = match why {
            Some(why) => {
                values.push((":why", text(why)));
                "SET due_at = :at, gsi3sk = :place, why = :why"
            }
            None => "SET due_at = :at, gsi3sk = :place REMOVE why, tries",
        };
        let update = Update { key: &due.item, set, condition: "gsi3sk = :seen", values, names: Vec::new() };
        Ok(matches!(self.update_any(self.table_of(due.list), &update).await?, Updated::Done))
    }

    /// Takes an item out of its list: it waits for nothing any more. Says whether it was still where it was seen.
    pub async fn finish_due(&self, due: &DueItem) -> Result<bool, StoreError> {
        let remove = format!("REMOVE {DUE_ATTRIBUTES}");
        self.move_due(due, &remove, vec![(":seen", text(&due.place))], Vec::new()).await
    }

    /// Changes an item, if it is still where it was seen in its list.
    pub(crate) async fn move_due(
        &self,
        due: &DueItem,
        set: &str,
        values: Vec<(&'static str, AttributeValue)>,
        names: Vec<(&'static str, &'static str)>,
    ) -> Result<bool, StoreError> {
        let update = Update { key: &due.item, set, condition: "gsi3sk = :seen", values, names };
        self.update(self.table_of(due.list), update).await
    }

    /// The place at which an item was seen, for a condition.
    pub(crate) fn seen(due: &DueItem) -> AttributeValue {
        text(&due.place)
    }

    fn table_of(&self, list: DueList) -> &str {
        if list.is_in_inbox() { &self.tables.inbox } else { &self.tables.core }
    }
}
