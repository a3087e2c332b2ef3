//! Money on the account at the provider that is no matter of the portal: a web shop's orders, another program's subscriptions.
//!
//! A person says so of some money, or a rule of the business says so of whatever comes. Either is a mark with an instant, so that a
//! month that was exported stays what it was.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::calendar::BillingZone;
use crate::journal::{JournalAccount, JournalLine, line_of};
use crate::payout::BalanceTransaction;

/// Rules that a business can have.
pub const NOT_OURS_RULES_MAX: usize = 20;
/// Characters of a text in a rule.
pub const RULE_CHARS_MAX: usize = 100;

/// What an object at the provider says of itself beside its money, in the words of the program that made it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectLabels {
    /// Its metadata.
    pub metadata: BTreeMap<String, String>,
    /// What it is for.
    pub description: Option<String>,
    /// What the payer reads on the statement of the bank.
    pub statement_descriptor: Option<String>,
}

/// What money has in common that is not to be collected here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotOursRule {
    /// Its metadata have a key, with this value where one is named.
    Metadata {
        /// The key.
        key: String,
        /// Its value; any where there is none.
        value: Option<String>,
    },
    /// Its description contains a text, in small letters or capitals.
    DescriptionContains(String),
    /// Its statement descriptor is a text, in small letters or capitals.
    StatementDescriptor(String),
}

impl NotOursRule {
    /// The rule in words: its name in lists and in the audit.
    pub fn name(&self) -> String {
        match self {
            Self::Metadata { key, value: None } => format!("metadata {key}"),
            Self::Metadata { key, value: Some(value) } => format!("metadata {key} = {value}"),
            Self::DescriptionContains(text) => format!("description contains {text}"),
            Self::StatementDescriptor(text) => format!("statement descriptor {text}"),
        }
    }

    /// Whether an object is one of those that the rule means.
    pub fn matches(&self, labels: &ObjectLabels) -> bool {
        match self {
            Self::Metadata { key, value } => {
                labels.metadata.get(key).is_some_and(|found| value.as_ref().is_none_or(|value| value == found))
            }
            Self::DescriptionContains(text) => {
                labels.description.as_ref().is_some_and(|found| found.to_lowercase().contains(&text.to_lowercase()))
            }
            Self::StatementDescriptor(text) => {
                labels.statement_descriptor.as_ref().is_some_and(|found| found.to_lowercase() == text.to_lowercase())
            }
        }
    }
}

/// Why money is not ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotOursBecause {
    /// A rule of the business matched when it was heard of, by its name.
    Rule(String),
    /// A person said so, for this reason.
    Person(String),
}

/// Whose money is from an instant on: not ours, or of a customer who is yet to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnershipMark {
    /// From when on; what matched a rule is not ours from the beginning.
    pub at: Timestamp,
    /// Whether it is not ours.
    pub not_ours: bool,
}

/// Whether money was not ours at an instant, by its marks in their order.
pub fn was_not_ours(marks: &[OwnershipMark], at: Timestamp) -> bool {
    marks.iter().rev().find(|mark| mark.at <= at).is_some_and(|mark| mark.not_ours)
}

/// The lines of a movement of which it is said later that it is not ours, or that it is after all: from the one account to the other.
pub fn of_mark(transaction: &BalanceTransaction, mark: OwnershipMark, zone: &BillingZone) -> [JournalLine; 2] {
    let accounts = (JournalAccount::Unidentified, JournalAccount::NotOurs);
    let (from, to) = if mark.not_ours { accounts } else { (accounts.1, accounts.0) };
    let line = |account, amount| line_of(transaction, mark.at, account, amount, zone);
    [line(from, transaction.gross), line(to, transaction.gross.reversed())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_means_what_the_object_says() {
        let order = ObjectLabels {
            metadata: [("order_id".to_owned(), "7".to_owned())].into(),
            description: Some("Shop order 7".to_owned()),
            statement_descriptor: Some("SHOP".to_owned()),
        };
        let metadata = |key: &str, value: Option<&str>| NotOursRule::Metadata {
            key: key.to_owned(),
            value: value.map(str::to_owned),
        };
        for (rule, name, expected) in [
            (metadata("order_id", None), "metadata order_id", true),
            (metadata("order_id", Some("7")), "metadata order_id = 7", true),
            (metadata("order_id", Some("8")), "metadata order_id = 8", false),
            (metadata("order", None), "metadata order", false),
            (NotOursRule::DescriptionContains("shop ORDER".to_owned()), "description contains shop ORDER", true),
            (NotOursRule::DescriptionContains("invoice".to_owned()), "description contains invoice", false),
            (NotOursRule::StatementDescriptor("shop".to_owned()), "statement descriptor shop", true),
            (NotOursRule::StatementDescriptor("sho".to_owned()), "statement descriptor sho", false),
        ] {
            assert_eq!((rule.name().as_str(), rule.matches(&order)), (name, expected));
            assert!(!rule.matches(&ObjectLabels::default()));
        }
    }

    #[test]
    fn the_last_mark_before_an_instant_counts() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let marks = [OwnershipMark { at: at(10), not_ours: true }, OwnershipMark { at: at(20), not_ours: false }];
        let told: Vec<bool> = [9, 10, 19, 20].map(|second| was_not_ours(&marks, at(second))).to_vec();
        assert_eq!(told, [false, true, true, false]);
    }
}
