//! The sweep of a provider's events: when it is due, and up to when everything was seen.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use jiff::civil::Date;
use receivables::BusinessId;
use receivables::ledger::Entry;
use receivables::provider_object::Provider;

use super::accounts::{Page, Paged};
use super::due::DueItem;
use crate::error::StoreError;
use crate::items::{Index, Item, due, ledger, text, text_of};
use crate::keys::{self, DueList};
use crate::table::{Query, Range, Store};

/// A sweep that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    pub business: BusinessId,
    /// The provider whose events are swept.
    pub provider: Provider,
    /// Everything before was seen.
    pub seen_until: Timestamp,
    pub due_at: Timestamp,
    /// Where it goes on, if one run was not enough for all there is.
    pub reading: Option<SweepReading>,
}

/// A list that is read in several runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepReading {
    /// When its reading began, from the newest event on.
    pub began_at: Timestamp,
    /// The place in the list after which it goes on.
    pub after: String,
    /// Whether something was found that had not reached us.
    pub missed: bool,
}

impl Store {
    /// Makes sure that a business is swept; where it is already, nothing changes.
    pub async fn ensure_sweep(&self, sweep: &Sweep) -> Result<(), StoreError> {
        self.put_new(&self.tables.core, of_sweep(sweep)).await.map(drop)
    }

    /// The sweep of a provider's events.
    pub async fn sweep(&self, b: &BusinessId, provider: Provider) -> Result<Option<Sweep>, StoreError> {
        self.get(&self.tables.core, &keys::sweep(b, provider)).await?.as_ref().map(sweep).transpose()
    }

    /// Moves a claimed sweep on, with its next time. Says whether it was still where it was seen.
    pub async fn move_sweep(&self, claimed: &DueItem, after: &Sweep) -> Result<bool, StoreError> {
        let mut values = vec![
            (":at", text(&after.due_at.to_string())),
            (":place", text(&keys::due_place(after.due_at, claimed.name()))),
            (":until", text(&after.seen_until.to_string())),
            (":seen", Self::seen(claimed)),
        ];
        let set = match &after.reading {
            Some(reading) => {
                values.extend([
                    (":began", text(&reading.began_at.to_string())),
                    (":after", text(&reading.after)),
                    (":missed", AttributeValue::Bool(reading.missed)),
                ]);
                "SET due_at = :at, gsi3sk = :place, seen_until = :until, reading_began_at = :began, \
                 reading_after = :after, reading_missed = :missed REMOVE tries"
            }
            None => {
                "SET due_at = :at, gsi3sk = :place, seen_until = :until \
                 REMOVE reading_began_at, reading_after, reading_missed, tries"
            }
        };
        self.move_due(claimed, set, values, Vec::new()).await
    }

    /// The ledger entries of a business that are of the month of a day, in the order of their days.
    pub async fn entries_of_month(&self, b: &BusinessId, day: Date, page: &Page) -> Result<Paged<Entry>, StoreError> {
        let pk = keys::ledger_of_month(b, day);
        self.list(Query::of(Index::List, &pk, Range::All), page, ledger::entry).await
    }
}

fn of_sweep(sweep: &Sweep) -> Item {
    let key = keys::sweep(&sweep.business, sweep.provider);
    let item = Item::from([
        ("pk".to_owned(), text(&key.pk)),
        ("sk".to_owned(), text(&key.sk)),
        ("business".to_owned(), text(sweep.business.as_str())),
        ("seen_until".to_owned(), text(&sweep.seen_until.to_string())),
    ]);
    let name = format!("{}#sweep#{}", sweep.business, sweep.provider.as_str());
    due(item, DueList::Jobs, sweep.due_at, &name)
}

fn sweep(item: &Item) -> Result<Sweep, StoreError> {
    let defect = || StoreError::Defect("a sweep without its times".to_owned());
    let at = |name: &str| text_of(item, name).and_then(|at| at.parse().ok()).ok_or_else(defect);
    Ok(Sweep {
        business: text_of(item, "business").and_then(|id| id.parse().ok()).ok_or_else(defect)?,
        provider: text_of(item, "sk").and_then(keys::provider_of_sweep).ok_or_else(defect)?,
        seen_until: at("seen_until")?,
        due_at: at("due_at")?,
        reading: text_of(item, "reading_after")
            .map(|after| {
                Ok(SweepReading {
                    began_at: at("reading_began_at")?,
                    after: after.to_owned(),
                    missed: item.get("reading_missed").is_some_and(|missed| *missed == AttributeValue::Bool(true)),
                })
            })
            .transpose()?,
    })
}
