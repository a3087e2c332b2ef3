//! Invoices and pay links. An invoice is two items of one partition: its head, which changes, and its lines, which never do.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use jiff::civil::Date;
use receivables::invoice::{
    Due, Hold, HoldKind, HolderId, Holds, InvoiceBalance, Line, ListPlace, Schedule, Tax, Totals,
};
use receivables::pay_link::{PayLink, Scope};
use receivables::text::{Description, ExternalId, InvoiceNumber, Reference};
use receivables::{BusinessId, Currency, CustomerId, Invoice, InvoiceHead, InvoiceId, Money, PayLinkId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::consistent_read::Assembled;
use super::{Index, Item, item, listed, money, record, text_of};
use crate::error::StoreError;
use crate::keys;

#[derive(Serialize, Deserialize)]
struct HeadRecord {
    id: InvoiceId,
    business: BusinessId,
    customer: CustomerId,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    external_id: Option<ExternalId>,
    number: InvoiceNumber,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    purchase_order: Option<Reference>,
    currency: Currency,
    issued_on: Date,
    schedule: BTreeMap<Date, i64>,
    recorded_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pay_link: Option<PayLinkId>,
    gross: i64,
    applied: i64,
    written_off: i64,
    #[serde(default)]
    bad_debt: i64,
    charged_back: i64,
    /// There from the start, empty as it is: a path into a map that is not there is refused.
    holds: BTreeMap<String, HoldRecord>,
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct LinesRecord {
    currency: Currency,
    lines: Vec<LineRecord>,
    net: i64,
    taxes: Vec<TaxRecord>,
}

#[derive(Serialize, Deserialize)]
struct LineRecord {
    description: Description,
    quantity: String,
    unit_price: i64,
    tax_rate: String,
    net: i64,
}

#[derive(Serialize, Deserialize)]
struct TaxRecord {
    rate: String,
    base: i64,
    amount: i64,
}

/// A hold of an invoice, in a map by who holds. Attributes of it that are not known stay, since an update names one holder.
#[derive(Serialize, Deserialize)]
struct HoldRecord {
    kind: String,
    /// Absent where a newer version holds without an amount: all of the invoice.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    until: Option<Timestamp>,
}

impl HoldRecord {
    fn of(hold: &Hold) -> Self {
        Self { kind: hold.kind.as_str().to_owned(), amount: Some(hold.amount.minor()), until: hold.until }
    }

    fn read(self, gross: Money) -> Result<Hold, StoreError> {
        let amount = self.amount.map_or(Ok(gross), |minor| money(minor, gross.currency()))?;
        Ok(Hold { kind: HoldKind::of_word(&self.kind), amount, until: self.until })
    }
}

/// A hold as an update sets it.
pub(crate) fn of_hold(hold: &Hold) -> Result<AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(HoldRecord::of(hold)).map_err(|error| StoreError::defect("hold", &error))
}

/// Amounts by day, as they are kept.
pub(crate) fn of_days(days: impl IntoIterator<Item = Due>) -> BTreeMap<Date, i64> {
    days.into_iter().map(|due| (due.on, due.amount.minor())).collect()
}

pub(crate) fn days(kept: BTreeMap<Date, i64>, currency: Currency) -> Result<Vec<Due>, StoreError> {
    kept.into_iter().map(|(on, minor)| Ok(Due { on, amount: money(minor, currency)? })).collect()
}

pub(crate) fn of_head(head: &InvoiceHead) -> Result<Item, StoreError> {
    let (b, balance) = (&head.business, &head.balance);
    let holds = balance.holds.0.iter().map(|(holder, hold)| (holder.to_string(), HoldRecord::of(hold)));
    let record = HeadRecord {
        id: head.id.clone(),
        business: head.business.clone(),
        customer: head.customer.clone(),
        external_id: head.external_id.clone(),
        number: head.number.clone(),
        purchase_order: head.purchase_order.clone(),
        currency: head.currency(),
        issued_on: head.issued_on,
        schedule: of_days(head.schedule.days()),
        recorded_at: head.recorded_at,
        pay_link: head.pay_link.clone(),
        gross: balance.gross.minor(),
        applied: balance.applied.minor(),
        written_off: balance.written_off.minor(),
        bad_debt: balance.bad_debt.minor(),
        charged_back: balance.charged_back.minor(),
        holds: holds.collect(),
        version: balance.version,
    };
    let place = ListPlace { open: !balance.open().is_zero(), due_on: head.due_on() };
    let item = item(&keys::invoice(b, &head.id), &record)?;
    let in_account = keys::invoice_in_account(place, head.currency(), &head.id);
    let item = listed(item, Index::Parent, &keys::account(b, &head.customer), &in_account);
    Ok(listed(item, Index::List, &keys::invoices(b), &keys::invoice_in_business(place, &head.id)))
}

/// The lines of an invoice and what they come to, in an item that is never written again.
pub(crate) fn of_lines(invoice: &Invoice) -> Result<Item, StoreError> {
    let record = LinesRecord {
        currency: invoice.head.currency(),
        lines: invoice.lines.iter().map(of_line).collect(),
        net: invoice.totals.net.minor(),
        taxes: invoice.totals.taxes.iter().map(of_tax).collect(),
    };
    item(&keys::invoice_lines(&invoice.head.business, &invoice.head.id), &record)
}

fn of_line(line: &Line) -> LineRecord {
    LineRecord {
        description: line.description.clone(),
        quantity: line.quantity.to_string(),
        unit_price: line.unit_price.minor(),
        tax_rate: line.tax_rate.to_string(),
        net: line.net.minor(),
    }
}

fn of_tax(tax: &Tax) -> TaxRecord {
    TaxRecord { rate: tax.rate.to_string(), base: tax.base.minor(), amount: tax.amount.minor() }
}

pub(crate) fn head(item: Item) -> Result<InvoiceHead, StoreError> {
    let record: HeadRecord = record(item)?;
    let currency = record.currency;
    let gross = money(record.gross, currency)?;
    let holds = record.holds.into_iter().map(|(holder, hold)| Ok((HolderId::of_text(holder), hold.read(gross)?)));
    let schedule = Schedule::of_days(&days(record.schedule, currency)?);
    Ok(InvoiceHead {
        id: record.id,
        business: record.business,
        customer: record.customer,
        external_id: record.external_id,
        number: record.number,
        purchase_order: record.purchase_order,
        issued_on: record.issued_on,
        schedule: schedule.ok_or_else(|| StoreError::Defect("an invoice that is never due".to_owned()))?,
        pay_link: record.pay_link,
        balance: InvoiceBalance {
            gross,
            applied: money(record.applied, currency)?,
            written_off: money(record.written_off, currency)?,
            bad_debt: money(record.bad_debt, currency)?,
            charged_back: money(record.charged_back, currency)?,
            holds: Holds(holds.collect::<Result<_, StoreError>>()?),
            version: record.version,
        },
        recorded_at: record.recorded_at,
    })
}

/// The invoice of its partition's items, in any order. Head and lines are written together, so one without the other was read
/// while they were.
pub(crate) fn invoice(items: Vec<Item>) -> Result<Assembled<Invoice>, StoreError> {
    let (mut read_head, mut read_lines) = (None, None);
    for item in items {
        match text_of(&item, "sk") {
            Some(keys::INVOICE_HEAD) => read_head = Some(head(item)?),
            Some(keys::INVOICE_LINES) => read_lines = Some(item),
            Some(_) | None => {}
        }
    }
    Ok(match (read_head, read_lines) {
        (Some(head), Some(lines)) => Assembled::Whole(with_lines(head, lines)?),
        (None, None) => Assembled::Absent,
        (Some(_), None) | (None, Some(_)) => Assembled::Torn,
    })
}

/// The invoice of a head and the item of its lines.
pub(crate) fn with_lines(head: InvoiceHead, item: Item) -> Result<Invoice, StoreError> {
    let record: LinesRecord = record(item)?;
    let currency = record.currency;
    let lines = record.lines.into_iter().map(|line| {
        Ok(Line {
            description: line.description,
            quantity: decimal(&line.quantity)?,
            unit_price: money(line.unit_price, currency)?,
            tax_rate: decimal(&line.tax_rate)?,
            net: money(line.net, currency)?,
        })
    });
    let taxes = record.taxes.into_iter().map(|tax| {
        Ok(Tax { rate: decimal(&tax.rate)?, base: money(tax.base, currency)?, amount: money(tax.amount, currency)? })
    });
    let totals = Totals {
        net: money(record.net, currency)?,
        taxes: taxes.collect::<Result<_, StoreError>>()?,
        gross: head.balance.gross,
    };
    Ok(Invoice { head, lines: lines.collect::<Result<_, StoreError>>()?, totals })
}

fn decimal(text: &str) -> Result<Decimal, StoreError> {
    Decimal::from_str_exact(text).map_err(|error| StoreError::defect("decimal", &error))
}

#[derive(Serialize, Deserialize)]
struct PayLinkRecord {
    id: PayLinkId,
    business: BusinessId,
    customer: CustomerId,
    invoice: InvoiceId,
    expires_on: Date,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    revoked_at: Option<Timestamp>,
    token_hash: String,
}

pub(crate) fn of_pay_link(link: &PayLink) -> Result<Item, StoreError> {
    let Scope::Invoice(invoice) = &link.scope;
    let record = PayLinkRecord {
        id: link.id.clone(),
        business: link.business.clone(),
        customer: link.customer.clone(),
        invoice: invoice.clone(),
        expires_on: link.expires_on,
        revoked_at: link.revoked_at,
        token_hash: link.token_hash.clone(),
    };
    let item = item(&keys::pay_link(&link.token_hash), &record)?;
    let parent = keys::invoice_partition(&link.business, invoice);
    Ok(listed(item, Index::Parent, &parent, &keys::pay_link_in_invoice(&link.id)))
}

pub(crate) fn pay_link(item: Item) -> Result<PayLink, StoreError> {
    let record: PayLinkRecord = record(item)?;
    Ok(PayLink {
        id: record.id,
        business: record.business,
        customer: record.customer,
        scope: Scope::Invoice(record.invoice),
        expires_on: record.expires_on,
        revoked_at: record.revoked_at,
        token_hash: record.token_hash,
    })
}
