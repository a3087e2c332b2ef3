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
//! Everything wrong with a file is told, by line and column. Nothing is kept of a file with errors, unless the good invoices
//! are asked for; a bad invoice is skipped whole. The same file twice applies once. All is checked before the first write, so
//! only another's write in between can still leave a file half kept; the same file again then does the rest. There is no
//! mapping of columns and no guessing of dates or decimal commas: what is not as above is an error.

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
use reading::{Imported, Read, read};

/// Rows of a file, without its header.
pub const IMPORT_ROWS_MAX: usize = 10_000;
/// Bytes of a file.
pub const IMPORT_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Errors that are told one by one; more are only counted.
pub const IMPORT_ERRORS_SHOWN_MAX: usize = 200;
/// Look-ups or customers worked on at a time.
const AT_ONCE: usize = 16;

/// Where ids come from.
#[derive(Clone, Copy)]
pub struct ImportIds<'a> {
    /// A new customer's.
    pub customer: &'a (dyn Fn() -> CustomerId + Sync),
    /// A new invoice's.
    pub invoice: &'a (dyn Fn() -> InvoiceId + Sync),
    /// A new pay link's.
    pub pay_link: &'a (dyn Fn() -> PayLinkId + Sync),
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Invoices done.
    pub done: usize,
    /// Invoices there are to do.
    pub of: usize,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportError {
    /// The line of the file, from 1.
    pub line: usize,
    /// The column, where one is at fault.
    pub column: Option<&'static str>,
    /// What was expected.
    pub message: String,
}

/// What came of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Rows read.
    pub rows: usize,
    /// Invoices in them.
    pub invoices: usize,
    /// Invoices issued now.
    pub issued: usize,
    /// Invoices issued before, with the same content.
    pub known: usize,
    /// Customers registered now.
    pub customers: usize,
    /// What is wrong, by line, up to [`IMPORT_ERRORS_SHOWN_MAX`].
    pub errors: Vec<ImportError>,
    /// How many errors there are in all.
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

    fn told(mut self) -> Self {
        self.errors.sort_by_key(|error| error.line);
        self.errors.truncate(IMPORT_ERRORS_SHOWN_MAX);
        self
    }
}

/// Reads a file as an import would, and says what is in it and what is wrong with it, without looking at the books.
pub fn check_import(file: &[u8], business: &Business) -> ImportReport {
    let read = reading::read(file, business);
    let mut report = ImportReport { rows: read.rows, invoices: read.found, ..ImportReport::default() };
    read.errors.into_iter().for_each(|error| report.note(error));
    report.told()
}

/// Whom a row names as its customer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum CustomerName {
    Ours(CustomerId),
    Theirs(ExternalId),
}

/// A customer of the file, once looked up.
#[derive(Clone, Debug)]
enum Held {
    Known(CustomerId),
    New(Profile),
    Nobody,
}

/// An invoice of the file, once looked up.
enum Fate {
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

/// Imports the invoices of a file. Where something does not answer half-way, the same file again goes on from there.
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
    let Read { rows, invoices, found, errors } = read(file, business);
    let mut report =
        ImportReport { rows, invoices: found, errors_total: errors.len(), errors, ..ImportReport::default() };
    let customers = look_up_customers(import, &invoices).await?;
    let fates: Vec<_> = invoices.iter().map(|imported| fate(import, imported, &customers)).collect();
    let fates: Vec<Fate> = stream::iter(fates).buffered(AT_ONCE).try_collect().await?;
    let mut to_issue = Vec::new();
    for (imported, fate) in invoices.into_iter().zip(fates) {
        match fate {
            Fate::Issue => to_issue.push(imported),
            Fate::Known => report.known += 1,
            Fate::Wrong(error) => report.note(error),
        }
    }
    if report.is_whole() || keep_good {
        keep(import, to_issue, &customers, progress, &mut report).await?;
    }
    Ok(report.told())
}

/// Who the customers of a file are. Of one that is new, the first row with a name says who they are.
async fn look_up_customers(
    import: Import<'_>,
    invoices: &[Imported],
) -> Result<BTreeMap<CustomerName, Held>, OperationError> {
    let mut wanted: BTreeMap<&CustomerName, Option<&Profile>> = BTreeMap::new();
    for imported in invoices {
        let profile = wanted.entry(&imported.customer).or_default();
        *profile = profile.or(imported.newcomer.as_ref());
    }
    let look_ups: Vec<_> = wanted.into_iter().map(|(name, profile)| held(import, name, profile)).collect();
    stream::iter(look_ups).buffered(AT_ONCE).try_collect().await
}

async fn held(
    import: Import<'_>,
    name: &CustomerName,
    profile: Option<&Profile>,
) -> Result<(CustomerName, Held), OperationError> {
    let Import { context, business, .. } = import;
    let known = match name {
        CustomerName::Ours(id) => context.store.customer(&business.id, id).await?.map(|customer| customer.id),
        CustomerName::Theirs(external) => context.store.customer_by_external_id(&business.id, external).await?,
    };
    let held = match (known, name, profile) {
        (Some(id), _, _) => Held::Known(id),
        (None, CustomerName::Theirs(_), Some(profile)) => Held::New(profile.clone()),
        (None, CustomerName::Ours(_) | CustomerName::Theirs(_), _) => Held::Nobody,
    };
    Ok((name.clone(), held))
}

/// What is to become of an invoice, as the books stand.
async fn fate(
    import: Import<'_>,
    imported: &Imported,
    customers: &BTreeMap<CustomerName, Held>,
) -> Result<Fate, OperationError> {
    let Import { context, business, .. } = import;
    let customer = match customers.get(&imported.customer) {
        Some(Held::Known(id)) => Some(id),
        Some(Held::New(_)) => None,
        Some(Held::Nobody) | None => {
            let message = "expected a customer we know, or a customer_name to register one under this id of yours";
            return Ok(Fate::Wrong(imported.error(Some("customer"), message)));
        }
    };
    let draft = &imported.draft;
    if let Some(id) = context.store.invoice_by_number(&business.id, &draft.number).await? {
        let known = context.store.invoice(&business.id, &id).await?.ok_or(OperationError::Conflict)?;
        let same = customer == Some(&known.customer) && imported.is_told_by(&known);
        let refusal = IssueRefusal::Immutable { number: draft.number.clone() }.into();
        return Ok(if same { Fate::Known } else { Fate::Wrong(imported.refused(&refusal)) });
    }
    if let Some(external) = &draft.external_id
        && context.store.invoice_by_external_id(&business.id, external).await?.is_some()
    {
        return Ok(Fate::Wrong(imported.refused(&IssueRefusal::ExternalIdTaken.into())));
    }
    Ok(Fate::Issue)
}

/// Registers the new customers and issues the invoices. Those of one customer are issued one after another: each moves the
/// same balance, and side by side they would only be in each other's way.
async fn keep(
    import: Import<'_>,
    invoices: Vec<Imported>,
    customers: &BTreeMap<CustomerName, Held>,
    mut progress: impl FnMut(Progress),
    report: &mut ImportReport,
) -> Result<(), OperationError> {
    let of = invoices.len();
    let mut by_customer: BTreeMap<CustomerName, Vec<Imported>> = BTreeMap::new();
    for imported in invoices {
        by_customer.entry(imported.customer.clone()).or_default().push(imported);
    }
    let registering: Vec<_> = by_customer
        .into_iter()
        .filter_map(|(name, invoices)| Some((customers.get(&name).cloned()?, invoices)))
        .map(|(held, invoices)| registered(import, held, invoices))
        .collect();
    let groups: Vec<Group> = stream::iter(registering).buffered(AT_ONCE).try_collect().await?;
    report.customers = groups.iter().filter(|group| group.fresh).count();
    let issuing: Vec<_> = groups
        .into_iter()
        .map(|Group { customer, invoices, .. }| {
            let one = move |imported| issued(import, customer.clone(), imported);
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
    invoices: Vec<Imported>,
}

async fn registered(import: Import<'_>, held: Held, invoices: Vec<Imported>) -> Result<Group, OperationError> {
    let Import { context, business, ids, now } = import;
    let (customer, fresh) = match held {
        Held::Known(customer) => (customer, false),
        Held::New(profile) => {
            let registered = register_customer(context, business, (ids.customer)(), profile, now).await?;
            (registered.customer.id, registered.fresh)
        }
        Held::Nobody => return Err(OperationError::Defect("an invoice of nobody's is not kept".to_owned())),
    };
    Ok(Group { customer, fresh, invoices })
}

/// Issues one invoice, and says whether it is new. What the books refuse now, though nothing was wrong a moment ago, is told
/// like any other error.
async fn issued(
    import: Import<'_>,
    customer: CustomerId,
    imported: Imported,
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

impl Imported {
    /// Whether an invoice says what the file says, but for whose it is.
    fn is_told_by(&self, known: &Invoice) -> bool {
        let told = reading::dry_run(self.draft.clone());
        told.is_ok_and(|told| {
            known.number == told.number
                && known.external_id == told.external_id
                && known.purchase_order == told.purchase_order
                && known.issued_on == told.issued_on
                && known.due_on == told.due_on
                && known.lines == told.lines
        })
    }
}
