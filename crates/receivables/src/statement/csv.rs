//! The statement as a file of comma-separated values, in the words and numbers of the API.
//!
//! The writer is here, once, and not in the rooms that hand the file out. It writes what RFC 4180 says and takes the sting out
//! of texts that a spreadsheet would carry out.

use super::{BalanceForward, OpenItem, Statement, StatementBody, StatementKind, StatementView};
use crate::csv::row;
use crate::money::Balance;

/// The columns of a file of what happened.
const COLUMNS_OF_LINES: [&str; 6] = ["date", "kind", "invoices", "currency", "change", "balance"];
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
                StatementBody::BalanceForward(told) => {
                    if place == 0 {
                        row(&mut file, &COLUMNS_OF_LINES.map(str::to_owned));
                    }
                    self.lines(&mut file, statement, told);
                }
                StatementBody::OpenItem(items) => {
                    if place == 0 {
                        row(&mut file, &COLUMNS_OF_ITEMS.map(str::to_owned));
                    }
                    self.items(&mut file, statement, items);
                }
            }
        }
        if file.is_empty() {
            row(&mut file, &COLUMNS_OF_LINES.map(str::to_owned));
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

    fn lines(&self, file: &mut String, statement: &Statement, told: &BalanceForward) {
        let currency = statement.currency.code().to_owned();
        let mut put = |date: String, kind: &str, invoices: String, change: String, balance: Balance| {
            row(file, &[date, kind.to_owned(), invoices, currency.clone(), change, balance.to_plain()]);
        };
        let nothing = String::new;
        let opening = if told.brought_forward { "balance_brought_forward" } else { "opening_balance" };
        put(self.period.from.to_string(), opening, nothing(), nothing(), told.opening);
        for line in &told.lines {
            let (kind, numbers) = (line.kind.as_str(), line.numbers().join(" "));
            put(line.on.to_string(), kind, numbers, line.change.to_plain(), line.balance);
        }
        let last = self.period.to.min(self.as_of);
        put(last.to_string(), "closing_balance", nothing(), nothing(), told.closing);
        for (kind, balance) in self.standing(statement) {
            put(self.as_of.to_string(), &kind, nothing(), nothing(), balance);
        }
    }

    fn items(&self, file: &mut String, statement: &Statement, items: &[OpenItem]) {
        let currency = statement.currency.code().to_owned();
        let mut put = |kind: &str, item: [String; 3], apart: [String; 2], open: String, gone: [String; 2]| {
            let [number, due_on, days] = item;
            let [pending, disputed] = apart;
            let [charged_back, written_off] = gone;
            let (date, kind, currency) = (self.as_of.to_string(), kind.to_owned(), currency.clone());
            let fields =
                [date, kind, number, due_on, days, currency, pending, disputed, open, charged_back, written_off];
            row(file, &fields);
        };
        let known = |amount: Option<crate::money::Money>| amount.map(crate::money::Money::to_plain).unwrap_or_default();
        for item in items {
            let named = [item.number.to_string(), item.due_on.to_string(), item.days_overdue.to_string()];
            let apart = [known(item.pending), known(item.disputed)];
            let gone = [known(item.charged_back), known(item.written_off)];
            put("open_item", named, apart, item.open.to_plain(), gone);
        }
        for (kind, balance) in self.standing(statement) {
            put(&kind, Default::default(), Default::default(), balance.to_plain(), Default::default());
        }
    }

    /// The ageing, what is unapplied as what it takes off, and the balance that they come to; and of the open amounts what
    /// is pending and disputed, where that is known.
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
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_never_a_formula_and_never_two_fields() {
        let mut file = String::new();
        let fields =
            ["=1+1", "@x", "-5.00", "-5+cmd|' /C calc'!A0", "a,b", "say \"so\"", "+1", "\ttab", "two\nlines", ""];
        row(&mut file, &fields.map(str::to_owned));
        let expected = "'=1+1,'@x,-5.00,'-5+cmd|' /C calc'!A0,\"a,b\",\"say \"\"so\"\"\",'+1,'\ttab,\"two\nlines\",\n";
        assert_eq!(file, expected);
    }
}
