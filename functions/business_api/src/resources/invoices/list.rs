//! The list of invoices, under its filters.

use jiff::civil::Date;
use receivables::invoice::Status;
use receivables::text::InvoiceNumber;
use receivables::{CustomerId, Invoice};
use serde::Deserialize;
use store::{Page, Paged, StoreError};
use utoipa::IntoParams;

use crate::http::auth::Caller;
use crate::http::pagination::{List, Listing};
use crate::http::response::{Answer, Failure};
use crate::http::strict_query::Asked;
use crate::http::validation::checked;
use crate::resources::customers::customer_id_of;
use crate::resources::invoices::InvoiceShape;

/// Pages read for one page of a filtered list; where that is not enough, the rest is on the next.
const PAGES_READ_MAX: usize = 20;
/// Every status there is.
const STATUSES: [Status; 4] = [Status::Open, Status::PartlyPaid, Status::Processing, Status::Paid];

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct InvoiceQuery {
    /// The number printed on it.
    number: Option<String>,
    /// Our id of the customer, or your `external_id`.
    customer: Option<String>,
    /// open, `partly_paid`, processing or paid.
    status: Option<String>,
    /// Due before this day, YYYY-MM-DD.
    due_before: Option<String>,
    /// How many at most, 1 to 100; 50 where nothing is said.
    #[param(value_type = u32, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the page before, under the same filters.
    cursor: Option<String>,
}

/// What the invoices of a list have in common.
struct Filter {
    number: Option<InvoiceNumber>,
    customer: Option<CustomerId>,
    status: Option<Status>,
    due_before: Option<Date>,
}

impl Filter {
    fn lets_through(&self, invoice: &Invoice) -> bool {
        self.number.as_ref().is_none_or(|number| *number == invoice.number)
            && self.customer.as_ref().is_none_or(|customer| *customer == invoice.customer)
            && self.status.is_none_or(|status| status == invoice.balance.status())
            && self.due_before.is_none_or(|day| invoice.due_on < day)
    }

    fn only_open(&self) -> bool {
        match self.status {
            Some(Status::Open | Status::PartlyPaid | Status::Processing) => true,
            Some(Status::Paid) | None => false,
        }
    }

    /// A page of the narrowest list that holds all that the filter lets through.
    async fn read(&self, caller: &Caller, page: &Page) -> Result<Paged<Invoice>, StoreError> {
        let (store, business) = (caller.store(), caller.business_id());
        match &self.customer {
            Some(customer) if self.only_open() => store.open_invoices(business, customer, page).await,
            Some(customer) => store.invoices_of(business, customer, page).await,
            None if self.only_open() => store.open_invoices_of_business(business, self.due_before, page).await,
            None => store.invoices_of_business(business, page).await,
        }
    }

    /// The invoice of the number, where the filter lets it through.
    async fn only(&self, caller: &Caller, number: &InvoiceNumber) -> Result<Paged<Invoice>, StoreError> {
        let (store, business) = (caller.store(), caller.business_id());
        let invoice = match store.invoice_by_number(business, number).await? {
            Some(id) => store.invoice(business, &id).await?,
            None => None,
        };
        let items = invoice.into_iter().filter(|invoice| self.lets_through(invoice)).collect();
        Ok(Paged { items, next_cursor: None })
    }

    /// A page of what the filter lets through. Each read asks for no more than still fits, so that the cursor is always
    /// that of the last invoice read.
    async fn gather(&self, caller: &Caller, page: Page) -> Result<Paged<Invoice>, StoreError> {
        let mut gathered = Paged { items: Vec::new(), next_cursor: page.cursor };
        for _ in 0..PAGES_READ_MAX {
            let next = Page { limit: page.limit - gathered.items.len(), cursor: gathered.next_cursor.take() };
            let read = self.read(caller, &next).await?;
            gathered.items.extend(read.items.into_iter().filter(|invoice| self.lets_through(invoice)));
            gathered.next_cursor = read.next_cursor;
            if gathered.next_cursor.is_none() || gathered.items.len() >= page.limit {
                break;
            }
        }
        Ok(gathered)
    }
}

/// List invoices: open ones by due date, then paid ones
#[utoipa::path(
    get, path = "/api/v1/invoices", tag = "Invoices", params(InvoiceQuery),
    responses((status = 200, description = "A page of invoices", body = List<InvoiceShape>))
)]
pub(crate) async fn list_invoices(caller: Caller, Asked(asked): Asked<InvoiceQuery>) -> Result<Answer, Failure> {
    let filters = [&asked.number, &asked.customer, &asked.status, &asked.due_before].map(Option::as_deref);
    let list = Listing::new(caller.business_id(), "invoices", &filters);
    let (page, mut filter) = checked(|faults| {
        let number = faults.read_some("number", asked.number.as_deref());
        let due_before = faults.some_date("due_before", asked.due_before.as_deref());
        let named = |word: &str| STATUSES.into_iter().find(|status| status.as_str() == word);
        let status =
            asked.status.as_deref().map(|word| named(word).ok_or("expected open, partly_paid, processing or paid"));
        let status = status.and_then(|status| faults.take("status", status));
        let page = list.page(asked.limit.as_deref(), asked.cursor.as_deref(), faults)?;
        Some((page, Filter { number, customer: None, status, due_before }))
    })?;
    if let Some(customer) = &asked.customer {
        // Whoever is nobody's customer has no invoices.
        let Some(customer) = customer_id_of(&caller, customer).await? else {
            return Answer::ok(&list.answer(Paged::<Invoice> { items: Vec::new(), next_cursor: None }, |_| ()));
        };
        filter.customer = Some(customer);
    }
    let invoices = match &filter.number {
        Some(number) => filter.only(&caller, number).await?,
        None => filter.gather(&caller, page).await?,
    };
    let items = InvoiceShape::with_links(&invoices.items, &caller).await?;
    Answer::ok(&list.answer(Paged { items, next_cursor: invoices.next_cursor }, |shape| shape))
}
