//! The statement, for the page.

use jiff::civil::Date;
use receivables::statement::{QueryFault, Statement, StatementKind, StatementView};

use crate::components::balance::BalanceView;

/// The statement of an account, and what the form above it holds.
#[derive(Clone, Debug)]
pub(crate) struct StatementPage {
    /// The statement of the requested period or, where the request is faulty, of the usual one.
    pub(crate) view: StatementView,
    /// What is wrong with the request.
    pub(crate) faults: Vec<QueryFault>,
    /// Where the page that follows begins, sealed; none on the last page.
    pub(crate) next_cursor: Option<String>,
}

impl StatementPage {
    /// The day as of which the account stands, where it is not the last of the period.
    pub(crate) fn other_day(&self) -> Option<Date> {
        let StatementView { period, as_of, today, .. } = self.view;
        (as_of != period.to.min(today)).then_some(as_of)
    }

    /// The address of the same as a file.
    pub(crate) fn file(&self) -> String {
        self.address("/statement.csv", self.view.kind, None)
    }

    /// The address of the page that follows, where there is one.
    pub(crate) fn next(&self) -> Option<String> {
        let cursor = self.next_cursor.as_deref()?;
        Some(self.address("/statement", self.view.kind, Some(cursor)))
    }

    /// The address of its first page.
    pub(crate) fn first(&self) -> String {
        self.address("/statement", self.view.kind, None)
    }

    fn address(&self, path: &str, kind: StatementKind, cursor: Option<&str>) -> String {
        let StatementView { period, as_of, .. } = self.view;
        let cursor = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        format!("{path}?from={}&to={}&kind={}&as_of={as_of}{cursor}", period.from, period.to, kind.as_str())
    }
}

/// How the account stands in the currency of a statement.
pub(crate) fn balance_of(statement: &Statement) -> BalanceView {
    BalanceView { balance: statement.balance, standing: statement.standing.clone() }
}
