//! Money without a known customer, and what was said of whose it is.

use jiff::Timestamp;
use receivables::not_ours::{NotOursBecause, OwnershipMark};
use receivables::provider_object::Provider;
use receivables::{BusinessId, Money, ObjectId};

use super::accounts::{Page, Paged};
use crate::error::StoreError;
use crate::items::movements::MarkRecord;
use crate::items::{Index, Item, text_of};
use crate::keys;
use crate::table::{Query, Range, Store};

/// Money without a known customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unidentified {
    /// The provider that took it.
    pub provider: Provider,
    /// The provider's object that carries it.
    pub object: ObjectId,
    /// How much is there per currency: what came, less what went back.
    pub held: Vec<Money>,
    /// The provider's customer it names, where it names one.
    pub provider_customer: Option<ObjectId>,
    /// When it was last heard of.
    pub heard_at: Timestamp,
    /// Why it is not ours, where it is not.
    pub not_ours: Option<NotOursBecause>,
}

impl Store {
    /// Money of nobody known, oldest first.
    pub async fn unidentified(&self, b: &BusinessId, page: &Page) -> Result<Paged<Unidentified>, StoreError> {
        let pk = keys::unidentified(b);
        self.list(Query::of(Index::List, &pk, Range::All), page, |item| unidentified(&item)).await
    }

    /// Money of nobody known, by the object that carries it; none where none lies there.
    pub async fn unidentified_money(
        &self,
        b: &BusinessId,
        provider: Provider,
        carrier: &ObjectId,
    ) -> Result<Option<Unidentified>, StoreError> {
        let item = self.get(&self.tables.core, &keys::object(b, provider, carrier)).await?;
        item.filter(|item| item.contains_key(Index::List.pk())).map(|item| unidentified(&item)).transpose()
    }

    /// Money that is not ours, oldest first.
    pub async fn not_ours(&self, b: &BusinessId, page: &Page) -> Result<Paged<Unidentified>, StoreError> {
        let pk = keys::not_ours(b);
        self.list(Query::of(Index::List, &pk, Range::All), page, |item| unidentified(&item)).await
    }
}

/// The attributes that say why money is not ours.
pub(crate) const RULE: &str = "not_ours_by_rule";
pub(crate) const REASON: &str = "not_ours_because";

pub(crate) fn because(item: &Item) -> Option<NotOursBecause> {
    let rule = text_of(item, RULE).map(|rule| NotOursBecause::Rule(rule.to_owned()));
    rule.or_else(|| text_of(item, REASON).map(|reason| NotOursBecause::Person(reason.to_owned())))
}

/// What was said of whose the money is.
pub(crate) fn marks_of(item: &Item) -> Result<Vec<OwnershipMark>, StoreError> {
    let Some(marks) = item.get("marks") else { return Ok(Vec::new()) };
    let marks: Vec<MarkRecord> =
        serde_dynamo::from_attribute_value(marks.clone()).map_err(|error| StoreError::defect("marks", &error))?;
    Ok(marks.into_iter().map(MarkRecord::mark).collect())
}

fn unidentified(item: &Item) -> Result<Unidentified, StoreError> {
    let defect = |what: &str| StoreError::Defect(format!("unidentified money without {what}"));
    let mut held = Vec::new();
    for (name, value) in item {
        let Some(code) = name.strip_prefix("r#") else { continue };
        let currency = code.parse().map_err(|error| StoreError::defect("unidentified money", &error))?;
        let minor = value.as_n().ok().and_then(|n| n.parse().ok()).ok_or_else(|| defect("a number"))?;
        held.push(crate::items::money(minor, currency)?);
    }
    held.sort_by_key(|amount: &Money| amount.currency());
    let customer = text_of(item, "provider_customer").map(str::parse).transpose();
    Ok(Unidentified {
        provider: text_of(item, "pk").and_then(keys::provider_in).ok_or_else(|| defect("a provider"))?,
        object: text_of(item, "object").and_then(|id| id.parse().ok()).ok_or_else(|| defect("an object"))?,
        held,
        provider_customer: customer.map_err(|error| StoreError::defect("unidentified money", &error))?,
        heard_at: text_of(item, "heard_at").and_then(|at| at.parse().ok()).ok_or_else(|| defect("a time"))?,
        not_ours: because(item),
    })
}
