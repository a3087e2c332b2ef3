//! Reading rows into invoices: pure, without reading the tables.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use receivables::customer::Profile;
use receivables::ids::IdError;
use receivables::invoice::{self, Draft, DraftLine, DraftSchedule, IssueRefusal};
use receivables::pay_link::{PayLink, Scope};
use receivables::{Business, BusinessId, Currency, CustomerId, Invoice, InvoiceId, Money, PayLinkId, Refusal};
use rust_decimal::Decimal;

use super::rows::{Column, Row, rows};
use super::{CustomerName, ImportError};

/// A placeholder id for a dry run, which is never stored.
const NOWHERE: &str = "00000000000000000000000000";

/// The content of a file.
#[derive(Debug, Default)]
pub(super) struct FileContent {
    /// The number of rows.
    pub(super) rows: usize,
    /// The number of invoices, good or bad.
    pub(super) found: usize,
    /// The invoices without errors so far.
    pub(super) invoices: Vec<ImportedInvoice>,
    /// All errors, in the order of the file.
    pub(super) errors: Vec<ImportError>,
}

/// An invoice of a file.
#[derive(Clone, Debug)]
pub(super) struct ImportedInvoice {
    /// For each of its lines, the line number in the file.
    pub(super) lines: Vec<usize>,
    pub(super) customer: CustomerName,
    /// The profile to register if the customer is not known.
    pub(super) newcomer: Option<Profile>,
    pub(super) draft: Draft,
}

impl ImportedInvoice {
    pub(super) fn error(&self, column: Option<&'static str>, message: impl Display) -> ImportError {
        ImportError { line: self.lines.first().copied().unwrap_or(1), column, message: message.to_string() }
    }

    /// A refusal of the books as an error at its place in the file.
    pub(super) fn refused(&self, refusal: &Refusal) -> ImportError {
        let field = refusal.field().unwrap_or("number");
        let (place, name) = match field.strip_prefix("lines[").and_then(|rest| rest.split_once("].")) {
            Some((place, name)) => (place.parse().unwrap_or(0), name),
            None => (0, field),
        };
        let column = Column::ALL.into_iter().find(|column| column.as_str() == name).map(Column::as_str);
        let line = self.lines.get(place).or(self.lines.first()).copied().unwrap_or(1);
        ImportError { line, column, message: refusal.to_string() }
    }
}

pub(super) fn read(file: &[u8], business: &Business) -> FileContent {
    let rows = match rows(file) {
        Ok(rows) => rows,
        Err(errors) => return FileContent { errors, ..FileContent::default() },
    };
    let mut read = FileContent { rows: rows.len(), ..FileContent::default() };
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut scattered: BTreeSet<&str> = BTreeSet::new();
    let mut external_ids: BTreeMap<String, usize> = BTreeMap::new();
    for group in rows.chunk_by(|one, next| !one.cell(Column::Number).is_empty() && same_number(one, next)) {
        let Some(first) = group.first() else { continue };
        read.found += 1;
        let mut cells = Cells { errors: Vec::new() };
        let imported = cells.invoice(group, business);
        let number = first.cell(Column::Number);
        if !number.is_empty()
            && let Some(line) = numbers.insert(number, first.line)
        {
            scattered.insert(number);
            let message =
                format!("expected the rows of one invoice to follow one another; its number was on line {line}");
            cells.fault(first, Column::Number, message);
        }
        if let Some(external) = imported.as_ref().and_then(|imported| imported.draft.external_id.as_ref())
            && let Some(line) = external_ids.insert(external.to_string(), first.line)
        {
            cells.fault(
                first,
                Column::ExternalId,
                format!("expected an external_id of its own; line {line} has the same"),
            );
        }
        let imported = imported.filter(|_| cells.errors.is_empty());
        match imported.map(|imported| (dry_run(imported.draft.clone()), imported)) {
            Some((Ok(_), imported)) => read.invoices.push(imported),
            Some((Err(refusal), imported)) => cells.errors.push(imported.refused(&refusal.into())),
            None => {}
        }
        read.errors.append(&mut cells.errors);
    }
    // The first part of a scattered invoice lacks the lines of the others.
    read.invoices.retain(|imported| !scattered.contains(imported.draft.number.as_str()));
    read
}

fn same_number(one: &Row, other: &Row) -> bool {
    one.cell(Column::Number) == other.cell(Column::Number)
}

/// Issues an invoice under placeholder ids, so that whatever the books would refuse is known before anything is stored.
pub(super) fn dry_run(draft: Draft) -> Result<Invoice, IssueRefusal> {
    let (id, business): (InvoiceId, BusinessId) = (nowhere(InvoiceId::from_ulid), nowhere(BusinessId::from_ulid));
    let customer: CustomerId = nowhere(CustomerId::from_ulid);
    let link = PayLink {
        id: nowhere(PayLinkId::from_ulid),
        business: business.clone(),
        customer: customer.clone(),
        scope: Scope::Invoice(id.clone()),
        expires_on: draft.issued_on,
        revoked_at: None,
        token_hash: String::new(),
    };
    invoice::issue(id, business, customer, draft, link, Timestamp::UNIX_EPOCH).map(|(invoice, _)| invoice)
}

#[expect(clippy::expect_used, reason = "the text is a ULID, and a ULID is of the form of an id")]
fn nowhere<T>(id: impl Fn(&str) -> Result<T, IdError>) -> T {
    id(NOWHERE).expect("a ULID is of the form of an id")
}

/// Reads cells and collects their errors.
struct Cells {
    errors: Vec<ImportError>,
}

impl Cells {
    /// The invoice of a group of rows; `None` after an error, which is collected.
    fn invoice(&mut self, group: &[Row], business: &Business) -> Option<ImportedInvoice> {
        let first = group.first()?;
        for row in group {
            if let Some((expected, got)) = row.wrong_width {
                let message = format!("expected {expected} cells as in the header, got {got}");
                self.errors.push(ImportError { line: row.line, column: None, message });
            }
        }
        // Where cells are missing or surplus, the others may be in the wrong columns, so they are not checked.
        if !self.errors.is_empty() {
            return None;
        }
        self.agree(first, group.get(1..).unwrap_or_default());
        let number = self.read(first, Column::Number);
        let customer = self.customer(first);
        let newcomer = self.newcomer(first, customer.as_ref());
        let currency = match first.cell(Column::Currency) {
            "" => Some(business.default_currency),
            _ => self.read(first, Column::Currency),
        };
        let issued_on = self.date(first, Column::IssuedOn);
        let due_on = self.date(first, Column::DueOn);
        let purchase_order = self.read_some(first, Column::PurchaseOrder);
        let external_id = self.read_some(first, Column::ExternalId);
        let lines: Vec<DraftLine> = group.iter().filter_map(|row| self.line(row, currency)).collect();
        let draft = Draft {
            external_id,
            number: number?,
            currency: currency?,
            purchase_order,
            issued_on: issued_on?,
            schedule: DraftSchedule::On(due_on?),
            lines,
        };
        Some(ImportedInvoice {
            lines: group.iter().map(|row| row.line).collect(),
            customer: customer?,
            newcomer,
            draft,
        })
    }

    /// Checks that what belongs to the invoice as a whole is the same on every row, or blank after the first.
    fn agree(&mut self, first: &Row, rest: &[Row]) {
        for row in rest {
            for column in Column::OF_THE_INVOICE {
                let cell = row.cell(column);
                if !cell.is_empty() && cell != first.cell(column) {
                    let message =
                        format!("expected the same as on line {}, where the invoice begins, or nothing", first.line);
                    self.fault(row, column, message);
                }
            }
        }
    }

    fn customer(&mut self, row: &Row) -> Option<CustomerName> {
        let cell = row.cell(Column::Customer);
        match (cell.parse(), cell.parse()) {
            (Ok(id), _) => Some(CustomerName::Ours(id)),
            (Err(_), Ok(external)) => Some(CustomerName::Theirs(external)),
            (Err(_), Err(error)) => {
                let error: receivables::text::TextError = error;
                self.fault(
                    row,
                    Column::Customer,
                    format!("expected our id of the customer, or yours: {}", error.expected),
                );
                None
            }
        }
    }

    fn newcomer(&mut self, row: &Row, customer: Option<&CustomerName>) -> Option<Profile> {
        let name = self.read_some(row, Column::CustomerName);
        let email = self.read_some(row, Column::CustomerEmail);
        let locale = self.read_some(row, Column::CustomerLocale);
        match customer {
            Some(CustomerName::Theirs(external)) => Some(Profile {
                external_id: Some(external.clone()),
                name: name?,
                email,
                locale,
                provider_ids: BTreeMap::new(),
            }),
            Some(CustomerName::Ours(_)) | None => None,
        }
    }

    fn line(&mut self, row: &Row, currency: Option<Currency>) -> Option<DraftLine> {
        let description = self.read(row, Column::Description);
        let quantity = self.decimal(row, Column::Quantity, Decimal::ONE);
        let tax_rate = self.decimal(row, Column::TaxRate, Decimal::ZERO);
        // Without a currency, the number of digits of a price is unknown.
        let unit_price = Money::parse(row.cell(Column::UnitPrice), currency?);
        let unit_price = unit_price.map_err(|error| self.fault(row, Column::UnitPrice, error)).ok();
        Some(DraftLine { description: description?, quantity: quantity?, unit_price: unit_price?, tax_rate: tax_rate? })
    }

    fn fault(&mut self, row: &Row, column: Column, message: impl Display) {
        let column = Some(column.as_str());
        self.errors.push(ImportError { line: row.line, column, message: message.to_string() });
    }

    fn read<T>(&mut self, row: &Row, column: Column) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        row.cell(column).parse().map_err(|error| self.fault(row, column, error)).ok()
    }

    fn read_some<T>(&mut self, row: &Row, column: Column) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        if row.cell(column).is_empty() { None } else { self.read(row, column) }
    }

    fn date(&mut self, row: &Row, column: Column) -> Option<Date> {
        let cell = row.cell(column);
        // The library accepts more forms; we accept only the one of ten characters.
        let date = if cell.len() == "2026-03-01".len() { cell.parse().ok() } else { None };
        if date.is_none() {
            self.fault(row, column, "expected a date of the form YYYY-MM-DD");
        }
        date
    }

    fn decimal(&mut self, row: &Row, column: Column, blank: Decimal) -> Option<Decimal> {
        let cell = row.cell(column);
        if cell.is_empty() {
            return Some(blank);
        }
        let plain = cell.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let decimal = if plain { Decimal::from_str_exact(cell).ok() } else { None };
        if decimal.is_none() {
            self.fault(row, column, "expected a decimal number such as 2 or 19.6, with a point and without signs");
        }
        decimal
    }
}
