//! Items: the stored form of the books' types, and the way back.
//!
//! An item made of a record carries its version `v`; there is only one so far. An item that contradicts the model is a
//! [`StoreError::Defect`], never a guess; but the record of a decision is sealed whatever is in it.

pub(crate) mod allocations;
pub(crate) mod audit_blocks;
pub(crate) mod balance_readings;
pub(crate) mod consistent_read;
pub(crate) mod credit_notes;
pub(crate) mod customers;
pub(crate) mod effects;
pub(crate) mod events;
pub(crate) mod exports;
pub(crate) mod instruments;
pub(crate) mod invoices;
pub(crate) mod ledger;
pub(crate) mod methods;
pub(crate) mod movements;
pub(crate) mod outbox;
pub(crate) mod outgoing_payments;
pub(crate) mod payments;
pub(crate) mod payouts;
pub(crate) mod provider_accounts;
pub(crate) mod provider_cash;
pub(crate) mod provider_objects;
pub(crate) mod refunds;
pub(crate) mod reviews;
pub(crate) mod sign_ins;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use receivables::{Currency, Money, Provider};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;
use crate::keys::{self, DueList, Key};

/// An item as the client speaks it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The version in which items are written.
pub(crate) const VERSION: &str = "1";

/// An index of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Index {
    /// What belongs to a parent: an account, an invoice, a payment, an hour.
    Parent,
    /// Lists of a whole business.
    List,
    /// What is due, by its time.
    Due,
}

impl Index {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Parent => "gsi1",
            Self::List => "gsi2",
            Self::Due => "gsi3",
        }
    }

    pub(crate) fn pk(self) -> &'static str {
        match self {
            Self::Parent => "gsi1pk",
            Self::List => "gsi2pk",
            Self::Due => "gsi3pk",
        }
    }

    pub(crate) fn sk(self) -> &'static str {
        match self {
            Self::Parent => "gsi1sk",
            Self::List => "gsi2sk",
            Self::Due => "gsi3sk",
        }
    }
}

/// The item of a record at a key.
pub(crate) fn item<T: Serialize>(key: &Key, record: &T) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(record).map_err(|error| StoreError::defect("encode", &error))?;
    item.insert("pk".to_owned(), text(&key.pk));
    item.insert("sk".to_owned(), text(&key.sk));
    item.insert("v".to_owned(), AttributeValue::N(VERSION.to_owned()));
    Ok(item)
}

/// The record of an item.
pub(crate) fn record<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    serde_dynamo::from_item(item).map_err(|error| StoreError::defect(std::any::type_name::<T>(), &error))
}

/// Lists the item in an index.
pub(crate) fn listed(mut item: Item, index: Index, pk: &str, sk: &str) -> Item {
    item.insert(index.pk().to_owned(), text(pk));
    item.insert(index.sk().to_owned(), text(sk));
    item
}

/// Puts the item in a due list, under a name that is unique there.
pub(crate) fn due(mut item: Item, list: DueList, at: Timestamp, name: &str) -> Item {
    item.insert("due_at".to_owned(), text(&at.to_string()));
    listed(item, Index::Due, &list.partition_of(name), &keys::due_place(at, name))
}

/// The attributes that take an item out of its due list when they are removed.
pub(crate) const DUE_ATTRIBUTES: &str = "gsi3pk, gsi3sk, due_at, tries, why";

/// Lets the item expire.
pub(crate) fn expiring(mut item: Item, at: Timestamp) -> Item {
    item.insert("ttl".to_owned(), number(at.as_second()));
    item
}

pub(crate) fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

pub(crate) fn number(value: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(value.into().to_string())
}

pub(crate) fn money(minor: i64, currency: Currency) -> Result<Money, StoreError> {
    Money::new(minor, currency).map_err(|error| StoreError::defect("amount", &error))
}

/// Whether an amount is left out of its item.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes what it asks about so")]
pub(crate) fn is_nothing(minor: &i64) -> bool {
    *minor == 0
}

/// The text attribute of an item.
pub(crate) fn text_of<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}

/// The provider in an item's own key.
pub(crate) fn provider_of(item: &Item) -> Result<Provider, StoreError> {
    let provider = text_of(item, "pk").and_then(keys::provider_in);
    provider.ok_or_else(|| StoreError::Defect("an item of a provider that does not name it".to_owned()))
}

/// The key of an item.
pub(crate) fn key_of(item: &Item) -> Item {
    ["pk", "sk"].into_iter().filter_map(|name| Some((name.to_owned(), item.get(name)?.clone()))).collect()
}
