//! The rows of a file: its encoding, its separator, its header, and the line on which each row begins.

use super::{IMPORT_BYTES_MAX, IMPORT_ROWS_MAX, ImportError};

/// A column of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Number,
    Customer,
    CustomerName,
    CustomerEmail,
    CustomerLocale,
    Currency,
    IssuedOn,
    DueOn,
    Description,
    Quantity,
    UnitPrice,
    TaxRate,
    PurchaseOrder,
    ExternalId,
}

impl Column {
    pub(super) const ALL: [Self; 14] = [
        Self::Number,
        Self::Customer,
        Self::CustomerName,
        Self::CustomerEmail,
        Self::CustomerLocale,
        Self::Currency,
        Self::IssuedOn,
        Self::DueOn,
        Self::Description,
        Self::Quantity,
        Self::UnitPrice,
        Self::TaxRate,
        Self::PurchaseOrder,
        Self::ExternalId,
    ];

    /// The columns that every file must have.
    const REQUIRED: [Self; 6] =
        [Self::Number, Self::Customer, Self::IssuedOn, Self::DueOn, Self::Description, Self::UnitPrice];

    /// What belongs to the invoice as a whole, and is the same on all its rows.
    pub(super) const OF_THE_INVOICE: [Self; 9] = [
        Self::Customer,
        Self::CustomerName,
        Self::CustomerEmail,
        Self::CustomerLocale,
        Self::Currency,
        Self::IssuedOn,
        Self::DueOn,
        Self::PurchaseOrder,
        Self::ExternalId,
    ];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Customer => "customer",
            Self::CustomerName => "customer_name",
            Self::CustomerEmail => "customer_email",
            Self::CustomerLocale => "customer_locale",
            Self::Currency => "currency",
            Self::IssuedOn => "issued_on",
            Self::DueOn => "due_on",
            Self::Description => "description",
            Self::Quantity => "quantity",
            Self::UnitPrice => "unit_price",
            Self::TaxRate => "tax_rate",
            Self::PurchaseOrder => "purchase_order",
            Self::ExternalId => "external_id",
        }
    }
}

/// One row: its line in the file, and its cells in the order of [`Column::ALL`].
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) line: usize,
    cells: Vec<String>,
    /// The number of cells it has and should have, where they differ.
    pub(super) wrong_width: Option<(usize, usize)>,
}

impl Row {
    /// A cell without the spaces around it; empty where the file has no such column.
    pub(super) fn cell(&self, column: Column) -> &str {
        let place = Column::ALL.iter().position(|other| *other == column);
        place.and_then(|place| self.cells.get(place)).map_or("", |cell| cell.trim())
    }
}

/// The rows of a file without its header and without empty rows, or the errors of the file as a whole.
pub(super) fn rows(file: &[u8]) -> Result<Vec<Row>, Vec<ImportError>> {
    let text = text(file).map_err(|error| vec![error])?;
    let separator = separator(text);
    let lines = lines_of_records(text, separator).map_err(|error| vec![error])?;
    let mut reader =
        csv::ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut records = reader.records().zip(lines);
    let Some((header, line)) = records.next() else {
        return Err(vec![whole_file(1, "expected a header row that names the columns; the file is empty")]);
    };
    let header = header.map_err(|error| vec![whole_file(line, &error.to_string())])?;
    let places = places(&header, line)?;
    let mut rows = Vec::new();
    for (record, line) in records {
        let record = record.map_err(|error| vec![whole_file(line, &error.to_string())])?;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if rows.len() == IMPORT_ROWS_MAX {
            return Err(vec![whole_file(line, &format!("expected at most {IMPORT_ROWS_MAX} rows in one file"))]);
        }
        let cell = |place: &Option<usize>| place.and_then(|place| record.get(place)).unwrap_or_default().to_owned();
        let wrong_width = (record.len() != header.len()).then_some((header.len(), record.len()));
        rows.push(Row { line, cells: places.iter().map(cell).collect(), wrong_width });
    }
    Ok(rows)
}

fn whole_file(line: usize, message: &str) -> ImportError {
    ImportError { line, column: None, message: message.to_owned() }
}

fn text(file: &[u8]) -> Result<&str, ImportError> {
    if file.len() > IMPORT_BYTES_MAX {
        return Err(whole_file(1, &format!("expected a file of at most {IMPORT_BYTES_MAX} bytes")));
    }
    if file.starts_with(b"\xff\xfe") || file.starts_with(b"\xfe\xff") {
        return Err(whole_file(1, "expected text in UTF-8; this is UTF-16: save it as “CSV UTF-8”"));
    }
    let text = std::str::from_utf8(file).map_err(|error| {
        let before = file.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        whole_file(line, "expected text in UTF-8; here are bytes of another encoding: save it as “CSV UTF-8”")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The separator that the header uses most; a comma where it uses none.
fn separator(text: &str) -> u8 {
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |separator: u8| header.bytes().filter(|byte| *byte == separator).count();
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

/// The line on which each record begins, as the CSV reader splits them. A quoted field that never ends means a file cut off:
/// the reader would put the whole rest into that field, so it is refused here.
fn lines_of_records(text: &str, separator: u8) -> Result<Vec<usize>, ImportError> {
    #[derive(PartialEq)]
    enum At {
        Record,
        Field,
        Plain,
        Quoted { since: usize },
        Quote { since: usize },
    }
    let mut lines = Vec::new();
    let (mut line, mut at) = (1, At::Record);
    for byte in text.bytes() {
        let ends_line = byte == b'\n' || byte == b'\r';
        if at == At::Record && !ends_line {
            lines.push(line);
            at = At::Field;
        }
        at = match at {
            At::Quoted { since } if byte == b'"' => At::Quote { since },
            At::Quoted { since } => At::Quoted { since },
            At::Quote { since } if byte == b'"' => At::Quoted { since },
            At::Record | At::Field | At::Plain | At::Quote { .. } if ends_line => At::Record,
            At::Field if byte == b'"' => At::Quoted { since: line },
            At::Record | At::Field | At::Plain | At::Quote { .. } if byte == separator => At::Field,
            At::Record | At::Field | At::Plain | At::Quote { .. } => At::Plain,
        };
        if byte == b'\n' {
            line += 1;
        }
    }
    match at {
        At::Quoted { since } => {
            Err(whole_file(since, "the file ends within a quoted field that begins here; is it cut off?"))
        }
        At::Record => Ok(lines),
        // A file cut off inside an amount would import a wrong amount.
        At::Field | At::Plain | At::Quote { .. } => Err(whole_file(
            line,
            "the file ends within this line; is it cut off? If it is whole, end its last line with a line break",
        )),
    }
}

/// The position of each column, if the file has it.
fn places(header: &csv::StringRecord, line: usize) -> Result<Vec<Option<usize>>, Vec<ImportError>> {
    let mut errors = Vec::new();
    let mut places = vec![None; Column::ALL.len()];
    for (place, name) in header.iter().enumerate() {
        let name = name.trim();
        let known = Column::ALL.iter().position(|column| column.as_str().eq_ignore_ascii_case(name));
        match known.and_then(|column| places.get_mut(column)) {
            Some(Some(_)) => {
                errors.push(whole_file(line, &format!("expected each column once; {name:?} is there twice")));
            }
            Some(free) => *free = Some(place),
            None => {
                let names: Vec<&str> = Column::ALL.iter().map(|column| column.as_str()).collect();
                errors
                    .push(whole_file(line, &format!("unknown column {name:?}; the columns are {}", names.join(", "))));
            }
        }
    }
    for column in Column::REQUIRED {
        let there = Column::ALL.iter().zip(&places).any(|(other, place)| *other == column && place.is_some());
        if !there {
            let message = format!("expected a column {:?}, which is missing", column.as_str());
            errors.push(ImportError { line, column: Some(column.as_str()), message });
        }
    }
    if errors.is_empty() { Ok(places) } else { Err(errors) }
}
