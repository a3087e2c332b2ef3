//! Mail: typed views become messages, messages become MIME, and Amazon SES takes them once.
//!
//! A view ([`Receipt`], [`SignIn`]) contains everything a message shows. Its sentences come from one typed catalogue per
//! language, so a missing one fails the build; [`receivables::Locale`] writes amounts and dates. A [`Message`] can only be
//! composed from a view, never put together from loose text.
//!
//! Absent on purpose: nothing is computed here (no amount, no date), nothing is stored, nothing is logged (a caller logs the
//! idempotency key and the outcome, which name nobody), no picture, font or script is fetched by a reader, no opening is
//! tracked, and no try is repeated: the caller decides whether to try again, because it knows what has been sent.

mod idempotency_key;
mod message;
mod mime;
mod sender;
mod words;

#[cfg(test)]
mod tests;

pub use idempotency_key::IdempotencyKey;
pub use message::{Kind, Message, RECEIPT_LINES_MAX, Receipt, ReceiptLine, SignIn};
pub use sender::{SEND_TIMEOUT, SendError, Sender, SentMessage, Wait};
