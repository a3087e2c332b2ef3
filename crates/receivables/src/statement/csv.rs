//! The statement as a file of comma-separated values, in the words and numbers of the API.

use jiff::civil::Date;

use super::{BalanceForward, OpenItem, Statement, StatementBody, StatementKind, StatementView};
use crate::csv::{Cell, header, row};
use crate::money::Balance;

/// The columns of a file of what happened.
pub const COLUMNS_OF_LINES: [&str; 6] = ["date", "kind", "invoices", "currency", "change", "balance"];
/// The columns of a file of open items.
const COLUMNS_OF_ITEMS: [&str; 11] = [
    "date",
    "kind",
    "invoice",
    "due_on",
    "days_overdue",
    "currency",
    "pending",
    "disputed",
    "open",
    "charged_back",
    "written_off",
];

impl StatementView {
    /// The file: what happened or is open, then how the account stands, per currency.
    pub fn to_csv(&self) -> String {
        let mut file = String::new();
        for (place, statement) in self.statements.iter().enumerate() {
            match &statement.body {
                StatementBody::BalanceForward(body) => {
                    if place == 0 {
                        header(&mut file, &COLUMNS_OF_LINES);
                    }
                    self.lines(&mut file, statement, body);
                }
                StatementBody::OpenItem(items) => {
                    if place == 0 {
                        header(&mut file, &COLUMNS_OF_ITEMS);
                    }
                    self.items(&mut file, statement, items);
                }
            }
        }
        if file.is_empty() {
            header(&mut file, &COLUMNS_OF_LINES);
        }
        file
    }

    /// The name of the file.
    pub fn file_name(&self) -> String {
        match self.kind {
            StatementKind::BalanceForward => format!("statement-{}-{}.csv", self.period.from, self.period.to),
            StatementKind::OpenItem => format!("open-items-{}.csv", self.as_of),
        }
    }

    fn lines(&self, file: &mut String, statement: &Statement, body: &BalanceForward) {
        let currency = statement.currency.code();
        let mut put = |date: Date, kind: &str, invoices: Cell<'_>, change: Option<Balance>, balance: Balance| {
            row(file, &[date.into(), kind.into(), invoices, currency.into(), change.into(), balance.into()]);
        };
        let opening = if body.brought_forward { "balance_brought_forward" } else { "opening_balance" };
        put(self.period.from, opening, Cell::Empty, None, body.opening);
        for line in &body.lines {
            put(line.on, line.kind.as_str(), line.numbers().join(" ").into(), Some(line.change), line.balance);
        }
        put(self.period.to.min(self.as_of), "closing_balance", Cell::Empty, None, body.closing);
        for (kind, balance) in self.standing(statement) {
            put(self.as_of, &kind, Cell::Empty, None, balance);
        }
    }

    fn items(&self, file: &mut String, statement: &Statement, items: &[OpenItem]) {
        let currency = statement.currency.code();
        for item in items {
            let cells = [
                self.as_of.into(),
                "open_item".into(),
                item.number.as_str().into(),
                item.due_on.into(),
                item.days_overdue.into(),
                currency.into(),
                item.pending.into(),
                item.disputed.into(),
                item.open.into(),
                item.charged_back.into(),
                item.written_off.into(),
            ];
            row(file, &cells);
        }
        for (kind, balance) in self.standing(statement) {
            let mut cells = [const { Cell::Empty }; COLUMNS_OF_ITEMS.len()];
            let known = [(0, self.as_of.into()), (1, kind.into()), (5, currency.into()), (8, balance.into())];
            for (column, cell) in known {
                cells[column] = cell;
            }
            row(file, &cells);
        }
    }

    /// The ageing, what is unapplied as what it takes off, and the balance that they come to; and of the open amounts what
    /// is pending, disputed and in question, where that is known.
    fn standing(&self, statement: &Statement) -> Vec<(String, Balance)> {
        let standing = &statement.standing;
        let mut all: Vec<(String, Balance)> = Vec::new();
        for bucket in &standing.ageing {
            let kind = match (bucket.from_days, bucket.to_days) {
                (_, Some(0)) => "not_overdue".to_owned(),
                (from, Some(to)) => format!("overdue_{from}_to_{to}_days"),
                (from, None) => format!("overdue_{from}_days_or_more"),
            };
            all.push((kind, Balance::owed(bucket.amount)));
        }
        all.push(("unapplied".to_owned(), Balance::in_favour(standing.unapplied)));
        all.push(("balance".to_owned(), statement.balance));
        if self.is_of_today() {
            all.push(("of_which_pending".to_owned(), Balance::owed(standing.pending)));
            all.push(("of_which_disputed".to_owned(), Balance::owed(standing.disputed)));
            all.push(("of_which_in_question".to_owned(), Balance::owed(standing.questioned)));
        }
        all
    }
}
