//! Ledger entries and balances.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use receivables::ledger::{Contra, Entry, EntryKind, Leg, LegAccount};
use receivables::statement::AccountSums;
use receivables::text::InvoiceNumber;
use receivables::{
    Balance, BalanceMove, BusinessId, CreditNoteId, Currency, CustomerId, InvoiceId, OutgoingPaymentId, PaymentId,
};
use serde::{Deserialize, Serialize};

use super::{Index, Item, item, listed, record};
use crate::error::StoreError;
use crate::keys;

#[derive(Serialize, Deserialize)]
struct EntryRecord {
    source: String,
    version: u64,
    place: usize,
    dated_on: Date,
    recorded_at: Timestamp,
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    payment: Option<PaymentId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    credit_note: Option<CreditNoteId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    outgoing_payment: Option<OutgoingPaymentId>,
    currency: Currency,
    legs: Vec<LegRecord>,
}

/// An entry has many legs, so the names of their attributes are short.
#[derive(Serialize, Deserialize)]
struct LegRecord {
    /// [`RECEIVABLE`], [`CUSTOMER_CREDIT`] or, where the customer is not touched, the word of a contra account.
    account: String,
    #[serde(rename = "i", skip_serializing_if = "Option::is_none", default)]
    invoice: Option<InvoiceId>,
    #[serde(rename = "n", skip_serializing_if = "Option::is_none", default)]
    number: Option<InvoiceNumber>,
    #[serde(rename = "d", skip_serializing_if = "Option::is_none", default)]
    due_on: Option<Date>,
    #[serde(rename = "c")]
    change: i64,
    #[serde(rename = "x")]
    contra: String,
}

/// The customer's own accounts, in the journal's words: none is the word of a contra account.
const RECEIVABLE: &str = "receivable";
const CUSTOMER_CREDIT: &str = "customer_credit";

pub(crate) fn of_entry(b: &BusinessId, c: &CustomerId, entry: &Entry) -> Result<Item, StoreError> {
    let record = EntryRecord {
        source: entry.source.clone(),
        version: entry.version,
        place: entry.place,
        dated_on: entry.dated_on,
        recorded_at: entry.recorded_at,
        kind: entry.kind.as_str().to_owned(),
        payment: entry.kind.payment().cloned(),
        credit_note: entry.kind.credit_note().cloned(),
        outgoing_payment: entry.kind.outgoing_payment().cloned(),
        currency: entry.currency,
        legs: entry.legs.iter().map(of_leg).collect(),
    };
    let key = entry.key();
    let item = item(&keys::ledger(b, c, &key), &record)?;
    Ok(listed(item, Index::List, &keys::ledger_of_month(b, entry.dated_on), &key))
}

fn of_leg(leg: &Leg) -> LegRecord {
    let record = |account: &str| LegRecord {
        account: account.to_owned(),
        invoice: None,
        number: None,
        due_on: None,
        change: leg.change.minor(),
        contra: leg.contra.as_str().to_owned(),
    };
    match &leg.account {
        LegAccount::Invoice { invoice, number, due_on } => LegRecord {
            invoice: Some(invoice.clone()),
            number: Some(number.clone()),
            due_on: Some(*due_on),
            ..record(RECEIVABLE)
        },
        LegAccount::Unapplied => record(CUSTOMER_CREDIT),
        LegAccount::Contra(account) => record(account.as_str()),
    }
}

fn leg(record: LegRecord, currency: Currency) -> Result<Leg, StoreError> {
    let change = Balance::new(record.change, currency).map_err(|error| StoreError::defect("leg", &error))?;
    let contra = |word: &str| word.parse::<Contra>().map_err(|_| StoreError::Defect(format!("leg on {word}")));
    let account = match (record.account.as_str(), record.invoice, record.number, record.due_on) {
        (RECEIVABLE, Some(invoice), Some(number), Some(due_on)) => LegAccount::Invoice { invoice, number, due_on },
        (RECEIVABLE, _, _, _) => return Err(StoreError::Defect("leg of half an invoice".to_owned())),
        (CUSTOMER_CREDIT, _, _, _) => LegAccount::Unapplied,
        (word, _, _, _) => LegAccount::Contra(contra(word)?),
    };
    Ok(Leg { account, change, contra: contra(&record.contra)? })
}

pub(crate) fn entry(item: Item) -> Result<Entry, StoreError> {
    let record: EntryRecord = record(item)?;
    let kind = EntryKind::of_word(&record.kind, record.payment, record.credit_note, record.outgoing_payment)
        .ok_or_else(|| StoreError::Defect(format!("ledger entry of kind {}", record.kind)))?;
    let currency = record.currency;
    let legs = record.legs.into_iter().map(|record| leg(record, currency));
    Ok(Entry {
        source: record.source,
        version: record.version,
        place: record.place,
        dated_on: record.dated_on,
        recorded_at: record.recorded_at,
        kind,
        currency,
        legs: legs.collect::<Result<_, StoreError>>()?,
    })
}

/// The attributes of the balance item: a kind, a currency and for open amounts by due day a date, in one name, because
/// DynamoDB adds only to attributes at the top.
pub(crate) fn balance_attributes(moved: &BalanceMove) -> Vec<(String, i64)> {
    let plain = |kind: &'static str, sums: &BTreeMap<Currency, i64>| {
        sums.iter().map(|(currency, minor)| (format!("{kind}#{currency}"), *minor)).collect::<Vec<_>>()
    };
    let by_due = moved.open_by_due.iter().map(|((currency, due_on), minor)| (format!("d#{currency}#{due_on}"), *minor));
    let mut all: Vec<(String, i64)> = plain("o", &moved.open);
    all.extend(plain("u", &moved.unapplied));
    all.extend(plain("p", &moved.pending));
    all.extend(plain("x", &moved.disputed));
    all.extend(plain("q", &moved.questioned));
    all.extend(by_due);
    all.retain(|(_, minor)| *minor != 0);
    all
}

pub(crate) fn sums(item: &Item) -> Result<AccountSums, StoreError> {
    let mut sums = AccountSums::default();
    for (name, value) in item {
        let mut parts = name.split('#');
        let (Some(kind), Some(currency)) = (parts.next(), parts.next()) else { continue };
        let currency: Currency = currency.parse().map_err(|error| StoreError::defect("balance", &error))?;
        let minor: i64 = value
            .as_n()
            .ok()
            .and_then(|number| number.parse().ok())
            .ok_or_else(|| StoreError::Defect(format!("balance attribute {name}")))?;
        match (kind, parts.next()) {
            ("o", None) => drop(sums.open.insert(currency, minor)),
            ("u", None) => drop(sums.unapplied.insert(currency, minor)),
            ("p", None) => drop(sums.pending.insert(currency, minor)),
            ("x", None) => drop(sums.disputed.insert(currency, minor)),
            ("q", None) => drop(sums.questioned.insert(currency, minor)),
            ("d", Some(due_on)) => {
                let due_on: Date = due_on.parse().map_err(|error| StoreError::defect("balance", &error))?;
                sums.open_by_due.insert((currency, due_on), minor);
            }
            _ => return Err(StoreError::Defect(format!("balance attribute {name}"))),
        }
    }
    Ok(sums)
}

/// The due-day attributes of a balance item that hold nothing any more.
pub(crate) fn spent_due_days(item: &Item) -> Vec<String> {
    item.iter()
        .filter(|(name, value)| name.starts_with("d#") && value.as_n().is_ok_and(|number| number == "0"))
        .map(|(name, _)| name.clone())
        .collect()
}
