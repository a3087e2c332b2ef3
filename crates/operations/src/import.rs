//! Importing invoices from a file of comma-separated values.
//!
//! The first row names the columns, in any order; every further row is one line of an invoice. An invoice number repeated on
//! the rows that follow adds lines to the same invoice. Separators are commas, semicolons or tabs, the text is UTF-8.
//!
//! | column | what | where it is blank or absent |
//! |---|---|---|
//! | `number` | the number printed on the invoice | required |
//! | `customer` | our id of the customer, or the business's own | required |
//! | `customer_name` | the name of a customer we do not know yet, who is then registered | the customer must be known |
//! | `customer_email`, `customer_locale` | theirs as well; of a known customer these three are not read | none |
//! | `currency` | ISO 4217 | the business's usual one |
//! | `issued_on`, `due_on` | dates, YYYY-MM-DD | required |
//! | `description` | what the line is for | required |
//! | `quantity` | how many | 1 |
//! | `unit_price` | the price of one before tax, a plain decimal number | required |
//! | `tax_rate` | in percent | 0 |
//! | `purchase_order`, `external_id` | the customer's reference, and the business's own id of the invoice | none |
//!
//! On the rows that follow the first of an invoice, what belongs to the invoice as a whole is the same or blank.
//!
//! Every error of a file is reported, by line and column. Nothing is kept of a file with errors, unless the caller asks for the
//! good invoices; a bad invoice is skipped whole. Importing the same file twice changes nothing the second time. Everything is
//! checked before the first write, so only a concurrent writer can leave a file half imported; importing the same file again
//! then does the rest. Columns are not mapped, and dates and decimal commas are not guessed: any other form is an error.

mod reading;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use receivables::customer::Profile;
use receivables::invoice::IssueRefusal;
use receivables::text::ExternalId;
use receivables::{Business, CustomerId, Invoice, InvoiceId, PayLinkId};

use crate::context::Context;
use crate::customers::register_customer;
use crate::error::OperationError;
use crate::invoices::issue_invoice;
use reading::{FileContent, ImportedInvoice, read};

/// Rows of a file, without its header.
pub const IMPORT_ROWS_MAX: usize = 10_000;
pub const IMPORT_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Errors reported one by one; more are only counted.
pub const IMPORT_ERRORS_SHOWN_MAX: usize = 200;
/// Look-ups or customers processed at a time.
const AT_ONCE: usize = 16;

/// Draws the ids of what an import creates.
#[derive(Clone, Copy)]
pub struct ImportIds<'a> {
    pub customer: &'a (dyn Fn() -> CustomerId + Sync),
    pub invoice: &'a (dyn Fn() -> InvoiceId + Sync),
    pub pay_link: &'a (dyn Fn() -> PayLinkId + Sync),
}

/// The progress of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub done: usize,
    /// Invoices in all.
    pub of: usize,
}

/// One error in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportError {
    /// The line of the file, from 1.
    pub line: usize,
    /// The column, where the error is in one.
    pub column: Option<&'static str>,
    /// What was expected, in words.
    pub message: String,
}

/// The result of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    pub rows: usize,
    /// Invoices in the file, good or bad.
    pub invoices: usize,
    /// Invoices issued by this import.
    pub issued: usize,
    /// Invoices issued before, with the same content.
    pub known: usize,
    /// Customers registered by this import.
    pub customers: usize,
    /// Errors by line, up to [`IMPORT_ERRORS_SHOWN_MAX`].
    pub errors: Vec<ImportError>,
    /// The number of all errors.
    pub errors_total: usize,
}

impl ImportReport {
    /// Whether every invoice of the file is in the books.
    pub fn is_whole(&self) -> bool {
        self.errors_total == 0
    }

    fn note(&mut self, error: ImportError) {
        self.errors_total += 1;
        self.errors.push(error);
    }

    fn finish(mut self) -> Self {
        self.errors.sort_by_key(|error| error.line);
        self.errors.truncate(IMPORT_ERRORS_SHOWN_MAX);
        self
    }
}

/// Reads a file as an import would, and reports its content and errors, without reading the tables.
pub fn check_import(file: &[u8], business: &Business) -> ImportReport {
    let read = reading::read(file, business);
    let mut report = ImportReport { rows: read.rows, invoices: read.found, ..ImportReport::default() };
    read.errors.into_iter().for_each(|error| report.note(error));
    report.finish()
}

/// The customer as a row names them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum CustomerName {
    Ours(CustomerId),
    Theirs(ExternalId),
}

/// A customer of the file, after the look-up.
#[derive(Clone, Debug)]
enum CustomerMatch {
    Known(CustomerId),
    New(Profile),
    Unknown,
}

/// What to do with an invoice of the file, after the look-up.
enum InvoicePlan {
    Issue,
    Known,
    Wrong(ImportError),
}

/// What every step of an import works with.
#[derive(Clone, Copy)]
struct Import<'a> {
    context: &'a Context,
    business: &'a Business,
    ids: ImportIds<'a>,
    now: Timestamp,
}

/// Imports the invoices of a file. If a service fails half-way, importing the same file again continues from there.
pub async fn import_invoices(
    context: &Context,
    business: &Business,
    ids: ImportIds<'_>,
    file: &[u8],
    keep_good: bool,
    progress: impl FnMut(Progress),
    now: Timestamp,
) -> Result<ImportReport, OperationError> {
    let import = Import { context, business, ids, now };
    let FileContent { rows, invoices, found, errors } = read(file, business);
    let mut report =
        ImportReport { rows, invoices: found, errors_total: errors.len(), errors, ..ImportReport::default() };
    let customers = look_up_customers(import, &invoices).await?;
    let plans: Vec<_> = invoices.iter().map(|imported| plan(import, imported, &customers)).collect();
    let plans: Vec<InvoicePlan> = stream::iter(plans).buffered(AT_ONCE).try_collect().await?;
    let mut to_issue = Vec::new();
    for (imported, plan) in invoices.into_iter().zip(plans) {
        match plan {
            InvoicePlan::Issue => to_issue.push(imported),
            InvoicePlan::Known => report.known += 1,
            InvoicePlan::Wrong(error) => report.note(error),
        }
    }
    if report.is_whole() || keep_good {
        store_invoices(import, to_issue, &customers, progress, &mut report).await?;
    }
    Ok(report.finish())
}

/// Looks up the customers of a file. The first row with a name describes a customer who is new.
async fn look_up_customers(
    import: Import<'_>,
    invoices: &[ImportedInvoice],
) -> Result<BTreeMap<CustomerName, CustomerMatch>, OperationError> {
    let mut wanted: BTreeMap<&CustomerName, Option<&Profile>> = BTreeMap::new();
    for imported in invoices {
        let profile = wanted.entry(&imported.customer).or_default();
        *profile = profile.or(imported.newcomer.as_ref());
    }
    let look_ups: Vec<_> = wanted.into_iter().map(|(name, profile)| look_up_customer(import, name, profile)).collect();
    stream::iter(look_ups).buffered(AT_ONCE).try_collect().await
}

async fn look_up_customer(
    import: Import<'_>,
    name: &CustomerName,
    profile: Option<&Profile>,
) -> Result<(CustomerName, CustomerMatch), OperationError> {
    let Import { context, business, .. } = import;
    let known = match name {
        CustomerName::Ours(id) => context.store.customer(&business.id, id).await?.map(|customer| customer.id),
        CustomerName::Theirs(external) => context.store.customer_by_external_id(&business.id, external).await?,
    };
    let found = match (known, name, profile) {
        (Some(id), _, _) => CustomerMatch::Known(id),
        (None, CustomerName::Theirs(_), Some(profile)) => CustomerMatch::New(profile.clone()),
        (None, CustomerName::Ours(_) | CustomerName::Theirs(_), _) => CustomerMatch::Unknown,
    };
    Ok((name.clone(), found))
}

/// What to do with an invoice, given what is stored.
async fn plan(
    import: Import<'_>,
    imported: &ImportedInvoice,
    customers: &BTreeMap<CustomerName, CustomerMatch>,
) -> Result<InvoicePlan, OperationError> {
    let Import { context, business, .. } = import;
    let customer = match customers.get(&imported.customer) {
        Some(CustomerMatch::Known(id)) => Some(id),
        Some(CustomerMatch::New(_)) => None,
        Some(CustomerMatch::Unknown) | None => {
            let message = "expected a customer we know, or a customer_name to register one under this id of yours";
            return Ok(InvoicePlan::Wrong(imported.error(Some("customer"), message)));
        }
    };
    let draft = &imported.draft;
    if let Some(id) = context.store.invoice_by_number(&business.id, &draft.number).await? {
        let known = context.store.invoice(&business.id, &id).await?.ok_or(OperationError::Conflict)?;
        let same = customer == Some(&known.head.customer) && imported.matches(&known);
        let refusal = IssueRefusal::Immutable { number: draft.number.clone() }.into();
        return Ok(if same { InvoicePlan::Known } else { InvoicePlan::Wrong(imported.refused(&refusal)) });
    }
    if let Some(external) = &draft.external_id
        && context.store.invoice_by_external_id(&business.id, external).await?.is_some()
    {
        return Ok(InvoicePlan::Wrong(imported.refused(&IssueRefusal::ExternalIdTaken.into())));
    }
    Ok(InvoicePlan::Issue)
}

/// Registers the new customers and issues the invoices. The invoices of one customer are issued one after another: each changes
/// the same balance, so in parallel they would only conflict.
async fn store_invoices(
    import: Import<'_>,
    invoices: Vec<ImportedInvoice>,
    customers: &BTreeMap<CustomerName, CustomerMatch>,
    mut progress: impl FnMut(Progress),
    report: &mut ImportReport,
) -> Result<(), OperationError> {
    let of = invoices.len();
    let mut by_customer: BTreeMap<CustomerName, Vec<ImportedInvoice>> = BTreeMap::new();
    for imported in invoices {
        by_customer.entry(imported.customer.clone()).or_default().push(imported);
    }
    let registering: Vec<_> = by_customer
        .into_iter()
        .filter_map(|(name, invoices)| Some((customers.get(&name).cloned()?, invoices)))
        .map(|(found, invoices)| register(import, found, invoices))
        .collect();
    let groups: Vec<Group> = stream::iter(registering).buffered(AT_ONCE).try_collect().await?;
    report.customers = groups.iter().filter(|group| group.fresh).count();
    let issuing: Vec<_> = groups
        .into_iter()
        .map(|Group { customer, invoices, .. }| {
            let one = move |imported| issue(import, customer.clone(), imported);
            Box::pin(stream::iter(invoices).then(one))
        })
        .collect();
    let mut issuing = stream::iter(issuing).flatten_unordered(AT_ONCE);
    let mut done = 0;
    while let Some(outcome) = issuing.next().await {
        match outcome? {
            Ok(true) => report.issued += 1,
            Ok(false) => report.known += 1,
            Err(error) => report.note(error),
        }
        done += 1;
        progress(Progress { done, of });
    }
    Ok(())
}

/// The invoices of one customer.
struct Group {
    customer: CustomerId,
    fresh: bool,
    invoices: Vec<ImportedInvoice>,
}

async fn register(
    import: Import<'_>,
    found: CustomerMatch,
    invoices: Vec<ImportedInvoice>,
) -> Result<Group, OperationError> {
    let Import { context, business, ids, now } = import;
    let (customer, fresh) = match found {
        CustomerMatch::Known(customer) => (customer, false),
        CustomerMatch::New(profile) => {
            let registered = register_customer(context, business, (ids.customer)(), profile, now).await?;
            (registered.customer.id, registered.fresh)
        }
        CustomerMatch::Unknown => {
            return Err(OperationError::Defect("an invoice of an unknown customer is not imported".to_owned()));
        }
    };
    Ok(Group { customer, fresh, invoices })
}

/// Issues one invoice, and returns whether it is new. If the books refuse an invoice that passed the checks, the refusal is
/// reported like any other error.
async fn issue(
    import: Import<'_>,
    customer: CustomerId,
    imported: ImportedInvoice,
) -> Result<Result<bool, ImportError>, OperationError> {
    let Import { context, business, ids, now } = import;
    let (invoice, link) = ((ids.invoice)(), (ids.pay_link)());
    let draft = imported.draft.clone();
    match issue_invoice(context, business, invoice, link, &customer, draft, now).await {
        Ok(issued) => Ok(Ok(issued.fresh)),
        Err(OperationError::Refused(refusal)) => Ok(Err(imported.refused(&refusal))),
        Err(error) => Err(error),
    }
}

impl ImportedInvoice {
    /// Whether a stored invoice has the content of the file; the customer is not compared.
    fn matches(&self, known: &Invoice) -> bool {
        reading::dry_run(self.draft.clone()).is_ok_and(|issued| known.demands_the_same_as(&issued))
    }
}
