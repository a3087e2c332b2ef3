//! The tables: the only room that speaks DynamoDB.
//!
//! What is decided in the books is written by [`Store::commit`], all or nothing; what pages and operations ask is read by the
//! access patterns beside it, one file per family. No attribute value leaves this room, there is no scan, and no item is
//! written outside of a condition on what it was decided on. It computes no amount: it writes what the books decided.

mod access;
mod calls;
mod commit;
mod commit_context;
mod difference;
mod error;
mod items;
mod jitter;
pub mod keys;
mod table;
#[cfg(test)]
mod tests;
mod update;

pub use access::accounts::{Page, Paged};
pub use access::audit::AuditSeal;
pub use access::changes::{ChangePlace, ChangedIds};
pub use access::due::{DueItem, DueKey};
pub use access::events::{MarkOutcome, RecordOutcome};
pub use access::idempotency::{Claim, IdempotentResponse};
pub use access::provider_objects::{KeepOutcome, UnclaimedReports};
pub use access::sign_ins::{CodeCheck, SESSION_IDLE, SESSION_LONGEST, SIGN_IN_MAILS_AN_HOUR, SIGN_IN_TRIES};
pub use access::sweeps::{Sweep, SweepReading};
pub use access::unidentified::Unidentified;
pub use commit::ownership::{OwnershipChange, OwnershipOutcome};
pub use commit::{BusinessChange, CommitOutcome, Conflict, DECISION_AGE_MAX};
pub use commit_context::CommitContext;
pub use error::StoreError;
pub use items::audit_blocks::{AuditBlock, BlockRecord};
pub use items::balance_readings::{BalancePlace, BalanceReading};
pub use items::customers::ApiKey;
pub use items::effects::{Effect, EffectKey, EffectKind, EffectState, StoredEffect};
pub use items::events::{EVENT_BODY_BYTES_MAX, Envelope, EventKey, EventState, ReceivedEvent};
pub use items::exports::{Export, ExportFormat, ExportKind, ExportPart};
pub use items::methods::SavedMethod;
pub use items::movements::{Movement, Ownership, ProviderTransaction};
pub use items::outbox::{AnnouncedFact, DecisionRecord, RecordKey};
pub use items::payouts::{Payout, PayoutReading};
pub use items::provider_accounts::ProviderAccount;
pub use items::provider_cash::ProviderCash;
pub use items::reviews::{ListedReview, UnappliedCash};
pub use items::sign_ins::{SIGN_IN_GOOD_FOR, Session, SignIn};
pub use jitter::Jitter;
pub use keys::DueList;
pub use table::{Store, Tables};

pub use access::stream::{StreamRecord, read_stream_image};
