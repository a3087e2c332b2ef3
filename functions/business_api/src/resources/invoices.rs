//! Invoices: issued by the business, each with a pay link.

pub(crate) mod list;
mod schedule;
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
use receivables::payment::OnlinePayable;
use receivables::text::{ExternalId, InvoiceNumber};
use receivables::{Currency, Invoice, InvoiceId, Money, PayLink, PayLinkId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;

use self::schedule::{DueRequest, DueResponse};
use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::idempotency::IdempotentRequest;
use crate::http::response::ApiResponse;
use crate::http::validation::{FieldErrors, validate};
use crate::resources::amount::Amount;
use crate::resources::customers::customer_of_field;

/// Invoices whose pay links are read at the same time.
const LOOK_UPS_AT_ONCE: usize = 20;

/// The pay links that invoices name as their newest, by id.
type NamedLinks = BTreeMap<PayLinkId, PayLink>;

/// An invoice to issue.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = InvoiceDraft)]
pub(crate) struct InvoiceRequest {
    /// Your own id of the invoice, unique among your invoices.
    #[schema(max_length = 200, example = "sales-88121")]
    external_id: Option<String>,
    /// The number printed on it, unique among your invoices.
    #[serde(default)]
    #[schema(required, max_length = 200, example = "2026-0042")]
    number: String,
    /// The customer's id, or your `external_id`.
    #[serde(default)]
    #[schema(required, example = "C-1024")]
    customer: String,
    /// An ISO 4217 code.
    #[serde(default)]
    #[schema(required, example = "EUR")]
    currency: String,
    /// The date printed on it.
    #[serde(default)]
    #[schema(required, format = "date", example = "2026-03-01")]
    issued_on: String,
    /// The date by which it is to be paid. Required unless there is a `schedule`; with one, its last day or nothing.
    #[schema(format = "date", example = "2026-03-31")]
    due_on: Option<String>,
    /// The dates by which parts of it are to be paid, each later than the one before. The amounts must come to the total of the
    /// lines and taxes. Default: the whole amount on `due_on`.
    #[schema(min_items = 1, max_items = 60)]
    schedule: Option<Vec<DueRequest>>,
    /// What is charged for.
    #[serde(default)]
    #[schema(required, min_items = 1, max_items = 100)]
    lines: Vec<LineRequest>,
    /// The customer's own reference, such as an order number.
    #[schema(max_length = 200)]
    purchase_order: Option<String>,
}

/// A line of an invoice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = LineDraft)]
pub(crate) struct LineRequest {
    /// What is charged for.
    #[serde(default)]
    #[schema(required, max_length = 200, example = "Flour T65, 25 kg")]
    description: String,
    /// More than zero, with at most 6 decimals.
    #[serde(default)]
    #[schema(required, example = "4")]
    quantity: String,
    /// The price of one unit before tax, in the currency of the invoice.
    #[serde(default)]
    #[schema(required, example = "31.50")]
    unit_price: String,
    /// In percent, 0 to 100. Tax is computed once per rate, on the sum of the lines with that rate. Default: 0.
    #[schema(example = "20")]
    tax_rate: Option<String>,
}

/// An invoice and what is paid of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invoice)]
pub(crate) struct InvoiceResponse {
    /// Guichet's id of the invoice.
    id: String,
    /// Your own id of the invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    external_id: Option<String>,
    /// The number printed on it.
    number: String,
    /// The customer's id.
    customer: String,
    /// `open`, `partly_paid`, `processing` or `paid`.
    #[schema(example = "open")]
    status: &'static str,
    /// Whether something is open and asked for after its due date, in the time zone of the business.
    overdue: bool,
    /// The ISO 4217 code of the currency.
    currency: String,
    /// The date printed on it.
    #[schema(format = "date")]
    issued_on: String,
    /// The next date by which something of it is to be paid: the first date of the `schedule` on which something is open, or
    /// the last date if nothing is.
    #[schema(format = "date")]
    due_on: String,
    /// The dates by which it is to be paid, the earliest first. What covers the invoice covers the earliest first.
    schedule: Vec<DueResponse>,
    /// The customer's own reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    purchase_order: Option<String>,
    /// What is charged for.
    lines: Vec<LineResponse>,
    /// The sum of the lines, before tax.
    net: Amount,
    /// The taxes, one for each rate.
    taxes: Vec<TaxResponse>,
    /// The sum of the lines and taxes.
    total: Amount,
    /// The amount that nothing covers yet. `pending`, `disputed` and `in_question` are parts of it.
    open: Amount,
    /// The amount that can be paid online now: `open` less `pending`, `disputed` and `in_question`, as far as the payment provider can
    /// charge it.
    payable_online: Amount,
    /// The amount for which payments are on their way.
    pending: Amount,
    /// The amount that the customer disputes.
    disputed: Amount,
    /// The amount that a refund took, and that is held until you say what the refund means. Nobody is asked to pay it.
    in_question: Amount,
    /// The amount that was written off: small rests and bad debts.
    written_off: Amount,
    /// The part of `written_off` that is a bad debt.
    bad_debt: Amount,
    /// The amount that card issuers took back by chargebacks.
    charged_back: Amount,
    /// The pay link. Whoever has this address may see and pay the invoice. Null if all pay links of the invoice were revoked.
    #[schema(required)]
    pay_url: Option<String>,
}

/// A line of an invoice. Amounts are in the invoice's currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Line)]
pub(crate) struct LineResponse {
    /// What is charged for.
    description: String,
    /// The number of units.
    quantity: String,
    /// The price of one unit before tax.
    unit_price: String,
    /// In percent.
    tax_rate: String,
    /// Quantity times unit price, before tax.
    net: String,
}

/// The tax at one rate. Amounts are in the invoice's currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tax)]
pub(crate) struct TaxResponse {
    /// In percent.
    rate: String,
    /// The sum of the lines with this rate, before tax.
    base: String,
    /// The tax.
    amount: String,
}

impl InvoiceResponse {
    pub(crate) fn of(invoice: &Invoice, pay_url: Option<String>, caller: &Caller) -> Self {
        let head = &invoice.head;
        let balance = &head.balance;
        let online = OnlinePayable::of(balance, operations::charge_rule(&caller.state.context, head.currency()));
        let is_past_due = |day| days_overdue(day, caller.today()) > 0;
        let line = |line: &receivables::invoice::Line| LineResponse {
            description: line.description.as_str().to_owned(),
            quantity: line.quantity.to_string(),
            unit_price: line.unit_price.to_plain(),
            tax_rate: line.tax_rate.to_string(),
            net: line.net.to_plain(),
        };
        let tax = |tax: &receivables::invoice::Tax| TaxResponse {
            rate: tax.rate.to_string(),
            base: tax.base.to_plain(),
            amount: tax.amount.to_plain(),
        };
        Self {
            id: head.id.to_string(),
            external_id: head.external_id.as_ref().map(ToString::to_string),
            number: head.number.to_string(),
            customer: head.customer.to_string(),
            status: balance.status().as_str(),
            overdue: head.asked_days().first_day().is_some_and(is_past_due),
            currency: head.currency().to_string(),
            issued_on: head.issued_on.to_string(),
            due_on: head.due_on().to_string(),
            schedule: schedule::shown(head),
            purchase_order: head.purchase_order.as_ref().map(|order| order.as_str().to_owned()),
            lines: invoice.lines.iter().map(line).collect(),
            net: invoice.totals.net.into(),
            taxes: invoice.totals.taxes.iter().map(tax).collect(),
            total: invoice.totals.gross.into(),
            open: balance.open().into(),
            payable_online: online.most().unwrap_or(Money::zero(head.currency())).into(),
            pending: balance.pending().into(),
            disputed: balance.disputed().into(),
            in_question: balance.questioned().into(),
            written_off: balance.written_off.into(),
            bad_debt: balance.bad_debt.into(),
            charged_back: balance.charged_back.into(),
            pay_url,
        }
    }

    pub(crate) async fn with_link(invoice: &Invoice, caller: &Caller) -> Result<Self, StoreError> {
        let named = named_links(slice::from_ref(invoice), caller).await?;
        Self::with_link_of(invoice, &named, caller).await
    }

    pub(crate) async fn with_links(invoices: &[Invoice], caller: &Caller) -> Result<Vec<Self>, StoreError> {
        let named = &named_links(invoices, caller).await?;
        let responses: Vec<_> = invoices.iter().map(|invoice| Self::with_link_of(invoice, named, caller)).collect();
        stream::iter(responses).buffered(LOOK_UPS_AT_ONCE).try_collect().await
    }

    /// All links of an invoice are read only if it names none, or if the one that it names was revoked.
    async fn with_link_of(invoice: &Invoice, named: &NamedLinks, caller: &Caller) -> Result<Self, StoreError> {
        let link = invoice.head.pay_link.as_ref().and_then(|link| named.get(link));
        if let Some(link) = link.filter(|link| link.revoked_at.is_none()) {
            return Ok(Self::of(invoice, pay_url(caller, Some(link)), caller));
        }
        let links = caller.store().pay_links_of_invoice(caller.business_id(), &invoice.head.id).await?;
        let current = links.iter().find(|link| link.revoked_at.is_none());
        Ok(Self::of(invoice, pay_url(caller, current), caller))
    }
}

async fn named_links(invoices: &[Invoice], caller: &Caller) -> Result<NamedLinks, StoreError> {
    let links = &caller.state.context.links;
    let named = invoices.iter().filter_map(|invoice| invoice.head.pay_link.as_ref());
    let hashes: Vec<String> = named.map(|link| Links::hash(&links.pay_token(link))).collect();
    caller.store().pay_links(&hashes).await
}

fn pay_url(caller: &Caller, link: Option<&PayLink>) -> Option<String> {
    link.map(|link| caller.state.context.links.pay_url(&link.id))
}

impl InvoiceRequest {
    pub(crate) fn read(&self, errors: &mut FieldErrors) -> Option<Draft> {
        let external_id = errors.parse_optional("external_id", self.external_id.as_deref());
        let number = errors.parse("number", &self.number);
        let currency = errors.parse("currency", &self.currency);
        let issued_on = errors.date("issued_on", &self.issued_on);
        let schedule = schedule::read(self.due_on.as_deref(), self.schedule.as_deref(), currency, errors);
        let purchase_order = errors.parse_optional("purchase_order", self.purchase_order.as_deref());
        let mut lines = Vec::with_capacity(self.lines.len());
        for (index, line) in self.lines.iter().enumerate() {
            lines.extend(line.read(index, currency, errors));
        }
        Some(Draft {
            external_id,
            number: number?,
            currency: currency?,
            purchase_order,
            issued_on: issued_on?,
            schedule: schedule?,
            lines,
        })
    }
}

impl LineRequest {
    /// Without a valid currency the price is not checked: how many digits it may have is not known.
    fn read(&self, index: usize, currency: Option<Currency>, errors: &mut FieldErrors) -> Option<DraftLine> {
        let field = |name: &str| format!("lines[{index}].{name}");
        let description = errors.parse(&field("description"), &self.description);
        let quantity = errors.decimal(&field("quantity"), &self.quantity);
        let unit_price = currency.map(|currency| Money::parse(&self.unit_price, currency));
        let unit_price = unit_price.and_then(|read| errors.check(&field("unit_price"), read));
        let tax_rate =
            self.tax_rate.as_deref().map_or(Some(Decimal::ZERO), |rate| errors.decimal(&field("tax_rate"), rate));
        Some(DraftLine { description: description?, quantity: quantity?, unit_price: unit_price?, tax_rate: tax_rate? })
    }
}

/// Issue an invoice
///
/// An issued invoice cannot be changed. The same invoice sent again, recognised by its `number` or `external_id`, changes nothing
/// and is answered with 200. Refused if the number or `external_id` is taken by an invoice with other content, if a due date is
/// before the date of issue, or if the amounts of the schedule do not come to the total.
#[utoipa::path(
    post, path = "/api/v1/invoices", tag = "Invoices", request_body = InvoiceRequest,
    responses(
        (status = 201, description = "The invoice was issued.", body = InvoiceResponse),
        (status = 200, description = "The invoice had been issued before.", body = InvoiceResponse),
    )
)]
pub(crate) async fn issue_invoice(request: IdempotentRequest) -> Result<Response, ApiError> {
    let body: InvoiceRequest = request.json()?;
    let draft = validate(|errors| body.read(errors))?;
    request
        .run_once(async |run| {
            let (context, caller) = (run.context(), &run.caller);
            let customer = customer_of_field(caller, "customer", &body.customer).await?.id;
            let (id, link, business) = (run.invoice_id(), run.pay_link_id(), &caller.business);
            let issued =
                operations::issue_invoice(context, business, id.clone(), link, &customer, draft, caller.now).await?;
            // A second run after the first died finds the id that the first created: it is still this request that issued it.
            let created = issued.fresh || issued.invoice.head.id == id;
            let status = if created { StatusCode::CREATED } else { StatusCode::OK };
            let pay_url = pay_url(caller, issued.link.as_ref());
            ApiResponse::json(status, &InvoiceResponse::of(&issued.invoice, pay_url, caller))
        })
        .await
}

/// Show an invoice
#[utoipa::path(
    get, path = "/api/v1/invoices/{id}", tag = "Invoices",
    params(("id" = String, Path, description = "The invoice's id, or your `external_id`.")),
    responses((status = 200, description = "The invoice.", body = InvoiceResponse))
)]
pub(crate) async fn show_invoice(caller: Caller, Path(id): Path<String>) -> Result<ApiResponse, ApiError> {
    let id = invoice_id_of_path(&caller, &id).await?;
    let invoice = caller.store().invoice(caller.business_id(), &id).await?.ok_or_else(ApiError::not_found)?;
    ApiResponse::ok(&InvoiceResponse::with_link(&invoice, &caller).await?)
}

/// The id of the invoice in the path of a URL. Only an `external_id` is looked up: nothing says yet that an invoice with the
/// former exists.
pub(crate) async fn invoice_id_of_path(caller: &Caller, text: &str) -> Result<InvoiceId, ApiError> {
    let id = match (text.parse::<InvoiceId>(), text.parse::<ExternalId>()) {
        (Ok(id), _) => Some(id),
        (Err(_), Ok(external)) => caller.store().invoice_by_external_id(caller.business_id(), &external).await?,
        (Err(_), Err(_)) => None,
    };
    id.ok_or_else(ApiError::not_found)
}

/// The id of an invoice, given by that id or by its number. Only the number is looked up: nothing says yet that an invoice with the
/// id exists.
pub(crate) async fn invoice_id_of(caller: &Caller, text: &str) -> Result<Option<InvoiceId>, StoreError> {
    if let Ok(id) = text.parse::<InvoiceId>() {
        return Ok(Some(id));
    }
    match text.parse::<InvoiceNumber>() {
        Ok(number) => caller.store().invoice_by_number(caller.business_id(), &number).await,
        Err(_) => Ok(None),
    }
}
