//! Invoices and pay links.

use jiff::Timestamp;
use jiff::civil::Date;
use receivables::invoice::{InvoiceBalance, Line, Tax, Totals};
use receivables::pay_link::{PayLink, Scope};
use receivables::text::{Description, ExternalId, InvoiceNumber, Reference};
use receivables::{BusinessId, Currency, CustomerId, Invoice, InvoiceId, PayLinkId, PaymentId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Index, Item, item, listed, money, record};
use crate::error::StoreError;
use crate::keys;

#[derive(Serialize, Deserialize)]
struct InvoiceRecord {
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
    lines: Vec<LineRecord>,
    net: i64,
    taxes: Vec<TaxRecord>,
    recorded_at: Timestamp,
    /// Absent of invoices from before it was kept.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pay_link: Option<PayLinkId>,
    #[serde(flatten)]
    balance: InvoiceBalanceRecord,
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

pub(crate) fn of_invoice(invoice: &Invoice) -> Result<Item, StoreError> {
    let (b, open) = (&invoice.business, !invoice.balance.open().is_zero());
    let record = InvoiceRecord {
        id: invoice.id.clone(),
        business: invoice.business.clone(),
        customer: invoice.customer.clone(),
        external_id: invoice.external_id.clone(),
        number: invoice.number.clone(),
        purchase_order: invoice.purchase_order.clone(),
        currency: invoice.currency(),
        issued_on: invoice.issued_on,
        due_on: invoice.due_on,
        lines: invoice.lines.iter().map(of_line).collect(),
        net: invoice.totals.net.minor(),
        taxes: invoice.totals.taxes.iter().map(of_tax).collect(),
        recorded_at: invoice.recorded_at,
        pay_link: invoice.pay_link.clone(),
        balance: InvoiceBalanceRecord::of(&invoice.balance),
    };
    let item = item(&keys::invoice(b, &invoice.id), &record)?;
    let place = keys::invoice_in_account(open, invoice.due_on, &invoice.id);
    let item = listed(item, Index::Parent, &keys::account(b, &invoice.customer), &place);
    let place = keys::invoice_in_business(open, invoice.due_on, &invoice.id);
    Ok(listed(item, Index::List, &keys::invoices(b), &place))
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

pub(crate) fn invoice(item: Item) -> Result<Invoice, StoreError> {
    let record: InvoiceRecord = record(item)?;
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
    let balance = record.balance.read(currency)?;
    Ok(Invoice {
        id: record.id,
        business: record.business,
        customer: record.customer,
        external_id: record.external_id,
        number: record.number,
        purchase_order: record.purchase_order,
        issued_on: record.issued_on,
        due_on: record.due_on,
        lines: lines.collect::<Result<_, StoreError>>()?,
        totals: Totals {
            net: money(record.net, currency)?,
            taxes: taxes.collect::<Result<_, StoreError>>()?,
            gross: balance.gross,
        },
        pay_link: record.pay_link,
        balance,
        recorded_at: record.recorded_at,
    })
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
