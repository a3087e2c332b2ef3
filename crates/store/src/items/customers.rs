//! Businesses, keys and customers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use receivables::customer::Profile;
use receivables::not_ours::NotOursRule;
use receivables::text::{EmailAddress, ExternalId, PartyName};
use receivables::{
    BillingZone, Business, BusinessId, Currency, Customer, CustomerId, KeyId, Locale, ObjectId, OutsidePayments,
    Permission, Provider, ProviderRefunds,
};
use serde::{Deserialize, Serialize};

use super::{Index, Item, item, listed, money, record};
use crate::error::StoreError;
use crate::keys;

/// A key with which a program of the business calls the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its name to people; the secret is not kept.
    pub id: KeyId,
    pub business: BusinessId,
    /// What the business calls it.
    pub name: String,
    /// What it may do beyond what every key may, in words: one of a newer version stays.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub permissions: BTreeSet<String>,
}

impl ApiKey {
    /// Whether it may do what needs a permission.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(permission.as_str())
    }
}

#[derive(Serialize, Deserialize)]
struct BusinessRecord {
    id: BusinessId,
    name: PartyName,
    default_currency: Currency,
    time_zone: String,
    locales: Vec<Locale>,
    email: EmailAddress,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    write_off_tolerances: BTreeMap<Currency, i64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    outside_payments: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    provider_refunds: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    not_ours: Vec<RuleRecord>,
    /// Absent of businesses from before it was counted.
    #[serde(default)]
    version: u64,
}

/// A rule of what is not ours: by its kind, with a key of metadata, and a text.
#[derive(Serialize, Deserialize)]
pub(crate) struct RuleRecord {
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    text: Option<String>,
}

impl RuleRecord {
    pub(crate) fn of(rule: &NotOursRule) -> Self {
        let record = |kind: &str, key: Option<&String>, text: Option<&String>| Self {
            kind: kind.to_owned(),
            key: key.cloned(),
            text: text.cloned(),
        };
        match rule {
            NotOursRule::Metadata { key, value } => record("metadata", Some(key), value.as_ref()),
            NotOursRule::DescriptionContains(text) => record("description_contains", None, Some(text)),
            NotOursRule::StatementDescriptor(text) => record("statement_descriptor", None, Some(text)),
        }
    }

    fn rule(self) -> Option<NotOursRule> {
        match self.kind.as_str() {
            "metadata" => Some(NotOursRule::Metadata { key: self.key?, value: self.text }),
            "description_contains" => self.text.map(NotOursRule::DescriptionContains),
            "statement_descriptor" => self.text.map(NotOursRule::StatementDescriptor),
            _ => None,
        }
    }
}

pub(crate) fn of_business(business: &Business) -> Result<Item, StoreError> {
    let record = BusinessRecord {
        id: business.id.clone(),
        name: business.name.clone(),
        default_currency: business.default_currency,
        time_zone: business.time_zone.name().to_owned(),
        locales: business.locales.clone(),
        email: business.email.clone(),
        write_off_tolerances: business
            .write_off_tolerances
            .iter()
            .map(|(currency, amount)| (*currency, amount.minor()))
            .collect(),
        outside_payments: Some(business.outside_payments.as_str().to_owned()),
        provider_refunds: Some(business.provider_refunds.as_str().to_owned()),
        not_ours: business.not_ours.iter().map(RuleRecord::of).collect(),
        version: business.version,
    };
    item(&keys::business(&business.id), &record)
}

pub(crate) fn business(item: Item) -> Result<Business, StoreError> {
    let record: BusinessRecord = record(item)?;
    Ok(Business {
        id: record.id,
        name: record.name,
        default_currency: record.default_currency,
        time_zone: BillingZone::named(&record.time_zone).map_err(|error| StoreError::defect("time zone", &error))?,
        locales: record.locales,
        email: record.email,
        write_off_tolerances: record
            .write_off_tolerances
            .into_iter()
            .map(|(currency, minor)| Ok((currency, money(minor, currency)?)))
            .collect::<Result<_, StoreError>>()?,
        // A word of a newer version is read as the careful choice.
        outside_payments: record.outside_payments.as_deref().and_then(OutsidePayments::named).unwrap_or_default(),
        provider_refunds: record.provider_refunds.as_deref().and_then(ProviderRefunds::named).unwrap_or_default(),
        // A rule of a newer version means nothing here.
        not_ours: record.not_ours.into_iter().filter_map(RuleRecord::rule).collect(),
        version: record.version,
    })
}

#[derive(Serialize, Deserialize)]
struct CustomerRecord {
    id: CustomerId,
    business: BusinessId,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    external_id: Option<ExternalId>,
    name: PartyName,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    email: Option<EmailAddress>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    locale: Option<Locale>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    provider_ids: BTreeMap<Provider, ObjectId>,
    created_at: Timestamp,
    version: u64,
}

pub(crate) fn of_customer(customer: &Customer) -> Result<Item, StoreError> {
    let Profile { external_id, name, email, locale, provider_ids } = customer.profile.clone();
    let place = format!("{}#{}", name.as_str().to_lowercase(), customer.id);
    let record = CustomerRecord {
        id: customer.id.clone(),
        business: customer.business.clone(),
        external_id,
        name,
        email,
        locale,
        provider_ids,
        created_at: customer.created_at,
        version: customer.version,
    };
    let item = item(&keys::customer(&customer.business, &customer.id), &record)?;
    Ok(listed(item, Index::Parent, &keys::customers(&customer.business), &place))
}

pub(crate) fn customer(item: Item) -> Result<Customer, StoreError> {
    let record: CustomerRecord = record(item)?;
    Ok(Customer {
        id: record.id,
        business: record.business,
        profile: Profile {
            external_id: record.external_id,
            name: record.name,
            email: record.email,
            locale: record.locale,
            provider_ids: record.provider_ids,
        },
        created_at: record.created_at,
        version: record.version,
    })
}
