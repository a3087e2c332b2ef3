//! The books, proved as data at their boundary: commands and reports go in, decisions and refusals come out.
//!
//! Tables and stories are for reading; laws are for what no table can list. `books` keeps what was decided, as the tables of
//! the product do, and checks after every step what must always hold.

mod bad_debts;
mod books;
mod charges;
mod entries;
mod holds_table;
mod hostile_laws;
mod invoice_tables;
mod journal;
mod money_back_stories;
mod money_laws;
mod moves;
mod online_payable;
mod outgoing_payments;
mod outside_payments;
mod payment_laws;
mod payment_refusals;
mod payment_stories;
mod provider_object_laws;
mod refund_meanings;
mod schedule_laws;
mod statement_laws;
mod story;
mod suspense;

/// So many cases of a law, and no files left behind where one fails: its smallest case is in the message.
pub(crate) fn cases(count: u32) -> proptest::test_runner::Config {
    proptest::test_runner::Config {
        cases: count,
        failure_persistence: None,
        ..proptest::test_runner::Config::default()
    }
}
