//! Invoices and pay links. An invoice is two items of one partition: its head, which changes, and its lines, which never do.

use jiff::Timestamp;
use jiff::civil::Date;
use receivables::invoice::{InvoiceBalance, Line, Tax, Totals};
use receivables::pay_link::{PayLink, Scope};
use receivables::text::{Description, ExternalId, InvoiceNumber, Reference};
use receivables::{BusinessId, Currency, CustomerId, Invoice, InvoiceHead, InvoiceId, PayLinkId, PaymentId};
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
    due_on: Date,
    recorded_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pay_link: Option<PayLinkId>,
    #[serde(flatten)]
    balance: InvoiceBalanceRecord,
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

/// How an invoice stands; the same attributes on the invoice and, as last seen, on each allocation.
#[derive(Serialize, Deserialize)]
pub(crate) struct InvoiceBalanceRecord {
    gross: i64,
    applied: i64,
    #[serde(default)]
    written_off: i64,
    pending: i64,
    disputed: i64,
    #[serde(default)]
    charged_back: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    live_checkout: Option<PaymentId>,
    version: u64,
}

impl InvoiceBalanceRecord {
    pub(crate) fn of(balance: &InvoiceBalance) -> Self {
        Self {
            gross: balance.gross.minor(),
            applied: balance.applied.minor(),
            written_off: balance.written_off.minor(),
            charged_back: balance.charged_back.minor(),
            pending: balance.pending.minor(),
            disputed: balance.disputed.minor(),
            live_checkout: balance.live_checkout.clone(),
            version: balance.version,
        }
    }

    pub(crate) fn read(self, currency: Currency) -> Result<InvoiceBalance, StoreError> {
        Ok(InvoiceBalance {
            gross: money(self.gross, currency)?,
            applied: money(self.applied, currency)?,
            written_off: money(self.written_off, currency)?,
            charged_back: money(self.charged_back, currency)?,
            pending: money(self.pending, currency)?,
            disputed: money(self.disputed, currency)?,
            live_checkout: self.live_checkout,
            version: self.version,
        })
    }
}

pub(crate) fn of_head(head: &InvoiceHead) -> Result<Item, StoreError> {
    let (b, open) = (&head.business, !head.balance.open().is_zero());
    let record = HeadRecord {
        id: head.id.clone(),
        business: head.business.clone(),
        customer: head.customer.clone(),
        external_id: head.external_id.clone(),
        number: head.number.clone(),
        purchase_order: head.purchase_order.clone(),
        currency: head.currency(),
        issued_on: head.issued_on,
        due_on: head.due_on,
        recorded_at: head.recorded_at,
        pay_link: head.pay_link.clone(),
        balance: InvoiceBalanceRecord::of(&head.balance),
    };
    let item = item(&keys::invoice(b, &head.id), &record)?;
    let place = keys::invoice_in_account(open, head.currency(), head.due_on, &head.id);
    let item = listed(item, Index::Parent, &keys::account(b, &head.customer), &place);
    let place = keys::invoice_in_business(open, head.due_on, &head.id);
    Ok(listed(item, Index::List, &keys::invoices(b), &place))
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
    Ok(InvoiceHead {
        id: record.id,
        business: record.business,
        customer: record.customer,
        external_id: record.external_id,
        number: record.number,
        purchase_order: record.purchase_order,
        issued_on: record.issued_on,
        due_on: record.due_on,
        pay_link: record.pay_link,
        balance: record.balance.read(record.currency)?,
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
