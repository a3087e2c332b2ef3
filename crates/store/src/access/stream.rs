//! What comes round by the tables' streams.

use receivables::{BusinessId, CustomerId};

use super::due::DueItem;
use crate::error::StoreError;
use crate::items::events::{self, ReceivedEvent};
use crate::items::ledger;
use crate::items::outbox::DecisionRecord;
use crate::items::sign_ins::{self, SignIn};
use crate::items::{Item, text_of};
use crate::keys::{self, DueList};

/// What a new image in a stream means.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamRecord {
    /// A provider's event was recorded, or put back for another try.
    Event(Box<ReceivedEvent>),
    /// Something was decided: what it announces, and what is to be sealed of it.
    Decision(Box<DecisionRecord>),
    /// Someone asked to sign in; the mail is due.
    SignIn(Box<(SignIn, DueItem)>),
    /// An account's balance item has due days that hold nothing any more.
    SpentDueDays {
        business: BusinessId,
        customer: CustomerId,
        /// The names of the attributes that hold nothing.
        spent: Vec<String>,
    },
    /// A change that starts nothing.
    Nothing,
}

/// Reads the new image of a stream record.
pub fn read_stream_image(item: Item) -> Result<StreamRecord, StoreError> {
    let (pk, sk) = (text_of(&item, "pk").unwrap_or_default(), text_of(&item, "sk").unwrap_or_default());
    // What the timer has claimed is the timer's: the claim changes the item, and is no news.
    let is_claimed = item.contains_key("tries");
    if pk.starts_with("W#") {
        return Ok(if text_of(&item, "state") == Some("received") && !is_claimed {
            StreamRecord::Event(Box::new(events::event(item)?))
        } else {
            StreamRecord::Nothing
        });
    }
    if sk == "SG" {
        // A try of its code and its use change the item too: only one that waits for its mail asks for it.
        let is_new = item.contains_key("gsi3sk") && !is_claimed;
        return Ok(match DueItem::read(&item, DueList::Sends) {
            Some(due) if is_new => StreamRecord::SignIn(Box::new((sign_ins::sign_in(item)?, due))),
            _ => StreamRecord::Nothing,
        });
    }
    if pk.starts_with(keys::DECISION_RECORD) {
        let record = DecisionRecord::read(item)?;
        // Sealing changes the item, and is no news.
        return Ok(match record.sealed {
            Some(_) => StreamRecord::Nothing,
            None => StreamRecord::Decision(Box::new(record)),
        });
    }
    if sk == "BAL" {
        let spent = ledger::spent_due_days(&item);
        let mut parts = pk.split('#').skip(1);
        return Ok(match (parts.next().map(str::parse), parts.next().map(str::parse)) {
            (Some(Ok(business)), Some(Ok(customer))) if !spent.is_empty() => {
                StreamRecord::SpentDueDays { business, customer, spent }
            }
            _ => StreamRecord::Nothing,
        });
    }
    Ok(StreamRecord::Nothing)
}
