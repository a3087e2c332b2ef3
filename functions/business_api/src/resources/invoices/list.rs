//! The list of invoices and its filters.

use jiff::civil::Date;
use receivables::invoice::Status;
use receivables::text::InvoiceNumber;
use receivables::{CustomerId, InvoiceHead};
use serde::Deserialize;
use store::{Page, Paged, StoreError};
use utoipa::IntoParams;

use crate::http::auth::Caller;
use crate::http::changes::{ChangesPage, ChangesQuery};
use crate::http::error::ApiError;
use crate::http::pagination::{ListResponse, ListScope};
use crate::http::response::ApiResponse;
use crate::http::strict_query::StrictQuery;
use crate::http::validation::validate;
use crate::resources::customers::customer_id_of;
use crate::resources::invoices::InvoiceResponse;

/// Pages of the store read for one page of a filtered list. If they do not fill it, the next page goes on from there.
const PAGES_READ_MAX: usize = 20;
/// The names of the filters, as in the query.
const FILTERS: [&str; 4] = ["number", "customer", "status", "due_before"];
const STATUSES: [Status; 5] = [Status::Open, Status::PartlyPaid, Status::Processing, Status::Paid, Status::WrittenOff];

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct InvoiceQuery {
    /// The number printed on the invoice.
    number: Option<String>,
    /// The customer's id, or your `external_id`.
    customer: Option<String>,
    /// `open`, `partly_paid`, `processing`, `paid` or `written_off`.
    status: Option<String>,
    /// Only invoices whose `due_on` is before this day, YYYY-MM-DD.
    due_before: Option<String>,
    /// Items per page, 1 to 100. Default: 50.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the previous page, with the same filters.
    cursor: Option<String>,
    /// For programs: lists what changed since this instant, RFC 3339, in the order in which it changed. Only for the first page;
    /// after it, give `next_cursor` as `cursor` and leave this out.
    #[param(format = "date-time")]
    changed_since: Option<String>,
}

struct Filter {
    number: Option<InvoiceNumber>,
    customer: Option<CustomerId>,
    status: Option<Status>,
    due_before: Option<Date>,
}

impl Filter {
    fn matches(&self, invoice: &InvoiceHead) -> bool {
        self.number.as_ref().is_none_or(|number| *number == invoice.number)
            && self.customer.as_ref().is_none_or(|customer| *customer == invoice.customer)
            && self.status.is_none_or(|status| status == invoice.balance.status())
            && self.due_before.is_none_or(|day| invoice.due_on() < day)
    }

    fn only_open(&self) -> bool {
        match self.status {
            Some(Status::Open | Status::PartlyPaid | Status::Processing) => true,
            Some(Status::Paid | Status::WrittenOff) | None => false,
        }
    }

    /// A page of the shortest list in the store that holds all matching invoices.
    async fn read(&self, caller: &Caller, page: &Page) -> Result<Paged<InvoiceHead>, StoreError> {
        let (store, business) = (caller.store(), caller.business_id());
        match &self.customer {
            Some(customer) if self.only_open() => store.open_invoices(business, customer, page).await,
            Some(customer) => store.invoices_of(business, customer, page).await,
            None if self.only_open() => store.open_invoices_of_business(business, self.due_before, page).await,
            None => store.invoices_of_business(business, page).await,
        }
    }

    /// The invoice with the number, if it matches the other filters too.
    async fn only(&self, caller: &Caller, number: &InvoiceNumber) -> Result<Paged<InvoiceHead>, StoreError> {
        let (store, business) = (caller.store(), caller.business_id());
        let invoice = match store.invoice_by_number(business, number).await? {
            Some(id) => store.invoice_head(business, &id).await?,
            None => None,
        };
        let items = invoice.into_iter().filter(|invoice| self.matches(invoice)).collect();
        Ok(Paged { items, next_cursor: None })
    }

    /// A page of matching invoices. Each read asks for no more than still fits on the page, so that its cursor is always that of the
    /// last invoice read.
    async fn gather(&self, caller: &Caller, page: Page) -> Result<Paged<InvoiceHead>, StoreError> {
        let mut gathered = Paged { items: Vec::new(), next_cursor: page.cursor };
        for _ in 0..PAGES_READ_MAX {
            let next = Page { limit: page.limit - gathered.items.len(), cursor: gathered.next_cursor.take() };
            let read = self.read(caller, &next).await?;
            gathered.items.extend(read.items.into_iter().filter(|invoice| self.matches(invoice)));
            gathered.next_cursor = read.next_cursor;
            if gathered.next_cursor.is_none() || gathered.items.len() >= page.limit {
                break;
            }
        }
        Ok(gathered)
    }
}

/// List invoices
///
/// Open invoices come first, by due date; paid ones follow. The list is made for people: what changes between two pages may be on
/// neither. For programs use `changed_since`: nothing is missed, and what changes again comes again. That an invoice becomes overdue
/// is no change of it.
#[utoipa::path(
    get, path = "/api/v1/invoices", tag = "Invoices", params(InvoiceQuery),
    responses((status = 200, description = "A page of invoices.", body = ListResponse<InvoiceResponse>))
)]
pub(crate) async fn list_invoices(
    caller: Caller,
    StrictQuery(query): StrictQuery<InvoiceQuery>,
) -> Result<ApiResponse, ApiError> {
    let filters = [&query.number, &query.customer, &query.status, &query.due_before].map(Option::as_deref);
    let changes = ChangesQuery {
        changed_since: query.changed_since.as_deref(),
        limit: query.limit.as_deref(),
        cursor: query.cursor.as_deref(),
        filters: &FILTERS.into_iter().zip(filters).collect::<Vec<_>>(),
    };
    if let Some(page) = ChangesPage::asked(&caller, "invoices", &changes)? {
        let listed = page.ids(&caller).await?;
        let invoices = caller.store().readable_invoices(caller.business_id(), &listed.ids).await?;
        return ApiResponse::ok(&page.respond(&listed, InvoiceResponse::with_links(&invoices, &caller).await?));
    }
    let list = ListScope::new(&caller, "invoices", &filters);
    let (page, mut filter) = validate(|errors| {
        let number = errors.parse_optional("number", query.number.as_deref());
        let due_before = errors.optional_date("due_before", query.due_before.as_deref());
        let named = |word: &str| STATUSES.into_iter().find(|status| status.as_str() == word);
        let status =
            query.status.as_deref().map(|word| named(word).ok_or("expected open, partly_paid, processing or paid"));
        let status = status.and_then(|status| errors.check("status", status));
        let page = list.page(query.limit.as_deref(), query.cursor.as_deref(), errors)?;
        Some((page, Filter { number, customer: None, status, due_before }))
    })?;
    if let Some(customer) = &query.customer {
        let Some(customer) = customer_id_of(&caller, customer).await? else {
            return ApiResponse::ok(
                &list.respond(Paged::<InvoiceHead> { items: Vec::new(), next_cursor: None }, |_| ()),
            );
        };
        filter.customer = Some(customer);
    }
    let invoices = match &filter.number {
        Some(number) => filter.only(&caller, number).await?,
        None => filter.gather(&caller, page).await?,
    };
    let whole = caller.store().with_lines(invoices.items).await?;
    let items = InvoiceResponse::with_links(&whole, &caller).await?;
    ApiResponse::ok(&list.respond(Paged { items, next_cursor: invoices.next_cursor }, |shape| shape))
}
