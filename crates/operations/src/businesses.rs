//! What a business sets for itself. Each change leaves its record in the audit.

use std::collections::BTreeMap;

use jiff::Timestamp;
use receivables::{Business, BusinessId, Currency, Money};

use crate::{OperationError, Rooms, act_is_done};

/// Times a change is made anew because another came first.
const TRIES_MAX: u32 = 5;

/// Sets up to how much of an invoice a business writes off, by currency; nothing in those that are not named.
pub async fn set_write_off_tolerances(
    rooms: &Rooms,
    id: &BusinessId,
    tolerances: &BTreeMap<Currency, Money>,
    now: Timestamp,
) -> Result<Business, OperationError> {
    for _ in 0..TRIES_MAX {
        let was = rooms.store.business(id).await?.ok_or(OperationError::NotFound)?;
        // Told again after another's change, it does not bring its own back.
        if act_is_done(rooms, id).await? {
            return Ok(was);
        }
        let Some((changed, differences)) = was.with_tolerances(tolerances.clone()) else { return Ok(was) };
        if rooms.store.commit_tolerances((&was, &changed), differences, now, &rooms.also_the_act()).await? {
            return Ok(changed);
        }
    }
    Err(OperationError::Conflict)
}
