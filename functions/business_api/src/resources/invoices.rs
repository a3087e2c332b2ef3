//! Invoices: issued by the business, each with the address under which it is paid.

pub(crate) mod list;
pub(crate) mod write_off;

use std::collections::BTreeMap;
use std::slice;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use futures::{StreamExt, TryStreamExt, stream};
use operations::Links;
use receivables::calendar::days_overdue;
use receivables::invoice::{Draft, DraftLine};
use receivables::text::{ExternalId, InvoiceNumber};
use receivables::{Currency, Invoice, InvoiceId, Money, PayLink, PayLinkId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;

use crate::http::auth::Caller;
use crate::http::idempotency::{Posted, Work};
use crate::http::response::{Answer, Failure};
use crate::http::validation::{Faults, checked};
use crate::resources::amount::Amount;
use crate::resources::customers::customer_of_field;

/// Invoices at a time whose links are looked through.
const LOOK_UPS_AT_ONCE: usize = 20;

/// Links that invoices name, by id.
type NamedLinks = BTreeMap<PayLinkId, PayLink>;

/// An invoice as the business tells us of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct InvoiceDraft {
    /// Your own id of the invoice, unique among your invoices.
    #[schema(max_length = 200, example = "sales-88121")]
    external_id: Option<String>,
    /// The number printed on it, unique among your invoices.
    #[schema(max_length = 200, example = "2026-0042")]
    number: String,
    /// Our id of the customer, or your `external_id`.
    #[schema(example = "C-1024")]
    customer: String,
    /// ISO 4217.
    #[schema(example = "EUR")]
    currency: String,
    #[schema(format = "date", example = "2026-03-01")]
    issued_on: String,
    #[schema(format = "date", example = "2026-03-31")]
    due_on: String,
    #[schema(min_items = 1, max_items = 100)]
    lines: Vec<LineDraft>,
    /// The customer's own reference.
    #[schema(max_length = 200)]
    purchase_order: Option<String>,
}

/// A line of an invoice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct LineDraft {
    #[schema(max_length = 200, example = "Flour T65, 25 kg")]
    description: String,
    /// More than zero, with at most 6 decimals.
    #[schema(example = "4")]
    quantity: String,
    /// The price of one before tax, in the currency of the invoice.
    #[schema(example = "31.50")]
    unit_price: String,
    /// In percent, 0 to 100; 0 where nothing is said. Tax is counted once per rate on the sum of its lines.
    #[schema(example = "20")]
    tax_rate: Option<String>,
}

/// An invoice, and how it stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invoice)]
pub(crate) struct InvoiceShape {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    external_id: Option<String>,
    number: String,
    /// Our id of the customer.
    customer: String,
    /// open, `partly_paid`, processing or paid.
    #[schema(example = "open")]
    status: &'static str,
    /// Whether something is open after the due date, by the days of the business.
    overdue: bool,
    currency: String,
    #[schema(format = "date")]
    issued_on: String,
    #[schema(format = "date")]
    due_on: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    purchase_order: Option<String>,
    lines: Vec<LineShape>,
    /// The sum of the lines, before tax.
    net: Amount,
    taxes: Vec<TaxShape>,
    /// What is to be paid in all.
    total: Amount,
    /// What is not covered yet. What is pending and what is disputed are parts of it.
    open: Amount,
    /// What can be paid online now: open, less what is on its way and contested, as far as the payment provider can charge it.
    payable_online: Amount,
    /// What is on its way.
    pending: Amount,
    /// What the customer contests.
    disputed: Amount,
    /// What is not expected any more.
    written_off: Amount,
    /// What an issuer took back of it.
    charged_back: Amount,
    /// Where it is paid. Whoever has this address may see and pay the invoice. Null where every link to it was revoked.
    #[schema(required)]
    pay_url: Option<String>,
}

/// A line of an invoice. Amounts are in the invoice's currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Line)]
pub(crate) struct LineShape {
    description: String,
    quantity: String,
    unit_price: String,
    tax_rate: String,
    /// Quantity times price, before tax.
    net: String,
}

/// The tax at one rate. Amounts are in the invoice's currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tax)]
pub(crate) struct TaxShape {
    /// In percent.
    rate: String,
    /// What it is counted on.
    base: String,
    amount: String,
}

impl InvoiceShape {
    pub(crate) fn of(invoice: &Invoice, pay_url: Option<String>, caller: &Caller) -> Self {
        let standing = &invoice.balance;
        let late = days_overdue(invoice.due_on, caller.today()) > 0;
        let line = |line: &receivables::invoice::Line| LineShape {
            description: line.description.as_str().to_owned(),
            quantity: line.quantity.to_string(),
            unit_price: line.unit_price.to_plain(),
            tax_rate: line.tax_rate.to_string(),
            net: line.net.to_plain(),
        };
        let tax = |tax: &receivables::invoice::Tax| TaxShape {
            rate: tax.rate.to_string(),
            base: tax.base.to_plain(),
            amount: tax.amount.to_plain(),
        };
        Self {
            id: invoice.id.to_string(),
            external_id: invoice.external_id.as_ref().map(ToString::to_string),
            number: invoice.number.to_string(),
            customer: invoice.customer.to_string(),
            status: standing.status().as_str(),
            overdue: late && !standing.open().is_zero(),
            currency: invoice.currency().to_string(),
            issued_on: invoice.issued_on.to_string(),
            due_on: invoice.due_on.to_string(),
            purchase_order: invoice.purchase_order.as_ref().map(|order| order.as_str().to_owned()),
            lines: invoice.lines.iter().map(line).collect(),
            net: invoice.totals.net.into(),
            taxes: invoice.totals.taxes.iter().map(tax).collect(),
            total: invoice.totals.gross.into(),
            open: standing.open().into(),
            payable_online: operations::payable_online(standing).into(),
            pending: standing.pending.into(),
            disputed: standing.disputed.into(),
            written_off: standing.written_off.into(),
            charged_back: standing.charged_back.into(),
            pay_url,
        }
    }

    /// The shape of an invoice whose pay link is yet to be looked up.
    pub(crate) async fn with_link(invoice: &Invoice, caller: &Caller) -> Result<Self, StoreError> {
        let named = named_links(slice::from_ref(invoice), caller).await?;
        Self::with_link_of(invoice, &named, caller).await
    }

    /// The shapes of the invoices of a page.
    pub(crate) async fn with_links(invoices: &[Invoice], caller: &Caller) -> Result<Vec<Self>, StoreError> {
        let named = &named_links(invoices, caller).await?;
        let shapes: Vec<_> = invoices.iter().map(|invoice| Self::with_link_of(invoice, named, caller)).collect();
        stream::iter(shapes).buffered(LOOK_UPS_AT_ONCE).try_collect().await
    }

    /// Only where the link that an invoice names was revoked, or it names none, are all its links looked through.
    async fn with_link_of(invoice: &Invoice, named: &NamedLinks, caller: &Caller) -> Result<Self, StoreError> {
        let link = invoice.pay_link.as_ref().and_then(|link| named.get(link));
        if let Some(link) = link.filter(|link| link.revoked_at.is_none()) {
            return Ok(Self::of(invoice, pay_url(caller, Some(link)), caller));
        }
        let links = caller.store().pay_links_of_invoice(caller.business_id(), &invoice.id).await?;
        let current = links.iter().find(|link| link.revoked_at.is_none());
        Ok(Self::of(invoice, pay_url(caller, current), caller))
    }
}

/// The links that invoices name as their newest, in one read.
async fn named_links(invoices: &[Invoice], caller: &Caller) -> Result<NamedLinks, StoreError> {
    let links = &caller.state.context.links;
    let named = invoices.iter().filter_map(|invoice| invoice.pay_link.as_ref());
    let hashes: Vec<String> = named.map(|link| Links::hash(&links.pay_token(link))).collect();
    caller.store().pay_links(&hashes).await
}

fn pay_url(caller: &Caller, link: Option<&PayLink>) -> Option<String> {
    link.map(|link| caller.state.context.links.pay_url(&link.id))
}

impl InvoiceDraft {
    pub(crate) fn read(&self, faults: &mut Faults) -> Option<Draft> {
        let external_id = faults.read_some("external_id", self.external_id.as_deref());
        let number = faults.read("number", &self.number);
        let currency = faults.read("currency", &self.currency);
        let issued_on = faults.date("issued_on", &self.issued_on);
        let due_on = faults.date("due_on", &self.due_on);
        let purchase_order = faults.read_some("purchase_order", self.purchase_order.as_deref());
        let mut lines = Vec::with_capacity(self.lines.len());
        for (place, line) in self.lines.iter().enumerate() {
            lines.extend(line.read(place, currency, faults));
        }
        Some(Draft {
            external_id,
            number: number?,
            currency: currency?,
            purchase_order,
            issued_on: issued_on?,
            due_on: due_on?,
            lines,
        })
    }
}

impl LineDraft {
    /// The line. Where the currency could not be read, the price is left unread: how many digits it may have is not known.
    fn read(&self, place: usize, currency: Option<Currency>, faults: &mut Faults) -> Option<DraftLine> {
        let field = |name: &str| format!("lines[{place}].{name}");
        let description = faults.read(&field("description"), &self.description);
        let quantity = faults.decimal(&field("quantity"), &self.quantity);
        let unit_price = currency.map(|currency| Money::parse(&self.unit_price, currency));
        let unit_price = unit_price.and_then(|read| faults.take(&field("unit_price"), read));
        let tax_rate =
            self.tax_rate.as_deref().map_or(Some(Decimal::ZERO), |rate| faults.decimal(&field("tax_rate"), rate));
        Some(DraftLine { description: description?, quantity: quantity?, unit_price: unit_price?, tax_rate: tax_rate? })
    }
}

/// Issue an invoice
///
/// The same invoice told again, by its `number` or `external_id`, changes nothing and is answered 200. An issued invoice is
/// immutable: other content under the same number is refused.
#[utoipa::path(
    post, path = "/api/v1/invoices", tag = "Invoices", request_body = InvoiceDraft,
    responses(
        (status = 201, description = "The invoice is issued", body = InvoiceShape),
        (status = 200, description = "The invoice was issued before", body = InvoiceShape),
    )
)]
pub(crate) async fn issue_invoice(posted: Posted) -> Result<Response, Failure> {
    let told: InvoiceDraft = posted.shape()?;
    let draft = checked(|faults| told.read(faults))?;
    Ok(posted.once(|work| issue(work, told.customer, draft)).await)
}

async fn issue(work: Work, customer: String, draft: Draft) -> Result<Answer, Failure> {
    let caller = &work.caller;
    let customer = customer_of_field(caller, "customer", &customer).await?;
    let (id, link) = (work.invoice_id(), work.pay_link_id());
    let issued =
        operations::issue_invoice(work.context(), &caller.business, id.clone(), link, &customer.id, draft, caller.now)
            .await?;
    // Carried out again after the first try died, it is still this request that issued it.
    let fresh = issued.fresh || issued.invoice.id == id;
    let status = if fresh { StatusCode::CREATED } else { StatusCode::OK };
    Answer::json(status, &InvoiceShape::of(&issued.invoice, pay_url(caller, issued.link.as_ref()), caller))
}

/// Show an invoice
#[utoipa::path(
    get, path = "/api/v1/invoices/{id}", tag = "Invoices",
    params(("id" = String, Path, description = "Our id of the invoice, or your `external_id`")),
    responses((status = 200, description = "The invoice", body = InvoiceShape))
)]
pub(crate) async fn show_invoice(caller: Caller, Path(id): Path<String>) -> Result<Answer, Failure> {
    let id = invoice_id_of_path(&caller, &id).await?;
    let invoice = caller.store().invoice(caller.business_id(), &id).await?.ok_or_else(Failure::not_found)?;
    Answer::ok(&InvoiceShape::with_link(&invoice, &caller).await?)
}

/// The invoice that an address names: by our id, which is taken at its word, or by the external one.
pub(crate) async fn invoice_id_of_path(caller: &Caller, text: &str) -> Result<InvoiceId, Failure> {
    let id = match (text.parse::<InvoiceId>(), text.parse::<ExternalId>()) {
        (Ok(id), _) => Some(id),
        (Err(_), Ok(external)) => caller.store().invoice_by_external_id(caller.business_id(), &external).await?,
        (Err(_), Err(_)) => None,
    };
    id.ok_or_else(Failure::not_found)
}

/// What a text names an invoice by: our id, which is taken at its word, or its number, which is looked up.
pub(crate) async fn invoice_id_of(caller: &Caller, text: &str) -> Result<Option<InvoiceId>, StoreError> {
    if let Ok(id) = text.parse::<InvoiceId>() {
        return Ok(Some(id));
    }
    match text.parse::<InvoiceNumber>() {
        Ok(number) => caller.store().invoice_by_number(caller.business_id(), &number).await,
        Err(_) => Ok(None),
    }
}
