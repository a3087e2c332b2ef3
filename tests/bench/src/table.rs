//! The table that is printed.

use std::fmt;

/// What was measured, row by row.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

struct Row {
    what: String,
    measured: String,
    target: Option<Target>,
    how: String,
}

/// What was hoped for, and whether it came true.
pub(crate) struct Target {
    said: String,
    met: bool,
}

impl Target {
    /// At most so much.
    pub(crate) fn at_most<T: PartialOrd>(measured: &T, most: &T, said: &str) -> Self {
        Self { said: format!("≤ {said}"), met: measured <= most }
    }

    /// At least so much.
    pub(crate) fn at_least<T: PartialOrd>(measured: &T, least: &T, said: &str) -> Self {
        Self { said: format!("≥ {said}"), met: measured >= least }
    }

    /// Just so much.
    pub(crate) fn exactly<T: PartialEq>(measured: &T, wanted: &T, said: &str) -> Self {
        Self { said: said.to_owned(), met: measured == wanted }
    }
}

impl Table {
    /// A figure.
    pub(crate) fn figure(&mut self, what: impl Into<String>, measured: impl Into<String>, how: &str) {
        self.rows.push(Row { what: what.into(), measured: measured.into(), target: None, how: how.to_owned() });
    }

    /// A figure with a target.
    pub(crate) fn aimed(&mut self, what: impl Into<String>, measured: impl Into<String>, target: Target, how: &str) {
        self.rows.push(Row { what: what.into(), measured: measured.into(), target: Some(target), how: how.to_owned() });
    }

    /// Something that could not be measured, and why.
    pub(crate) fn absent(&mut self, what: &str, why: &str) {
        self.figure(what, "not measured", why.lines().next().unwrap_or_default());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | measured | target | | how |\n|---|---|---|---|---|")?;
        for Row { what, measured, target, how } in &self.rows {
            let (said, mark) = match target {
                None => ("", ""),
                Some(Target { said, met: true }) => (said.as_str(), "met"),
                Some(Target { said, met: false }) => (said.as_str(), "**missed**"),
            };
            writeln!(f, "| {what} | {measured} | {said} | {mark} | {how} |")?;
        }
        Ok(())
    }
}
