//! What comes round by the tables' streams.

use receivables::{BusinessId, CustomerId};

use crate::error::StoreError;
use crate::items::events::{self, ReceivedEvent};
use crate::items::ledger;
use crate::items::outbox::{self, AnnouncedFact, AuditRecord};
use crate::items::sign_ins::{self, SignIn};
use crate::items::{Item, text_of};
use crate::keys;

/// What a new image in a stream means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamRecord {
    /// A provider's event was recorded, or put back for another try.
    Event(Box<ReceivedEvent>),
    /// Something was decided: the facts it announces, and what the audit has of it.
    DecisionRecord(Box<AuditRecord>, Vec<AnnouncedFact>),
    /// Someone asked to sign in.
    SignIn(SignIn),
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
    if pk.starts_with("W#") {
        return Ok(if text_of(&item, "state") == Some("received") {
            StreamRecord::Event(Box::new(events::event(item)?))
        } else {
            StreamRecord::Nothing
        });
    }
    if sk == "SG" {
        // A try or its use is a change of the same item: only what is untouched asks for a mail.
        let sign_in = sign_ins::sign_in(item)?;
        return Ok(if sign_in.tries == 0 && !sign_in.spent {
            StreamRecord::SignIn(sign_in)
        } else {
            StreamRecord::Nothing
        });
    }
    if sk.starts_with(keys::FACT) {
        let record = outbox::audit_record(item.clone())?;
        // Sealing changes the item, and is no news.
        return Ok(match record.sealed {
            Some(_) => StreamRecord::Nothing,
            None => StreamRecord::DecisionRecord(Box::new(record), outbox::announced(item)?),
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
