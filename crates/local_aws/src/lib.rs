//! AWS on a laptop: DynamoDB over a file, the delivery of its streams, and SES with a mailbox.
//!
//! The product reaches each of them through its own clients, by the protocol of the real service, and cannot tell the
//! difference. Nothing here is in any Lambda.

mod atomic_write;
mod checkpoints;
pub mod http_server;
pub mod mailbox;
pub mod streams;
pub mod table;
