//! The operations: one file per thing the business does. Each loads, lets the books decide, commits, and acts.
//!
//! An operation may be carried out any number of times with the same effect: what it does outside (a checkout, a mail) has an
//! idempotency key, and what it writes is conditional on what it read. No rule of who owes what is here, and no amount is
//! computed here.

mod audit;
mod businesses;
mod cash_moves;
mod commit;
mod context;
mod credit_notes;
mod customers;
mod due;
mod error;
mod events;
mod exports;
mod import;
mod invoices;
mod links;
mod methods;
mod not_ours;
mod open_invoices;
mod outgoing_payments;
mod outside_payments;
mod payments;
mod payouts;
mod provider_accounts;
mod provider_cash;
mod publish;
mod refunds;
mod replay;
mod settle;
mod sign_in;
mod verify;
mod write_offs;

pub use audit::seal_records;
pub use businesses::change_settings;
pub use cash_moves::{
    CashPart, apply_cash, close_review, hand_over, move_cash, proposals_for, proposals_for_credit_note, unapply_cash,
};
pub use context::{Context, OperatorAction};
pub use credit_notes::{NewCreditNote, apply_credit_note, issue_credit_note, unapply_credit_note};
pub use customers::{Registration, register_customer};
pub use due::{Deadline, DueRun, Shards, SweepResult, put_business, run_due, sweep_provider_events, watch};
pub use error::OperationError;
pub use events::{ApplyOutcome, apply_provider_event, replay_event};
pub use exports::{
    CLOCK_MARGIN, EXPORT_DAYS_MAX, EXPORT_KEPT_FOR, ExportedPayment, NewExport, ROWS_AT_ONCE_MAX, complete_until,
    export_file, exported_payments, journal, journal_file, payments_file, request_export,
};
pub use import::{
    IMPORT_BYTES_MAX, IMPORT_ERRORS_SHOWN_MAX, IMPORT_ROWS_MAX, ImportError, ImportIds, ImportReport, Progress,
    check_import, import_invoices,
};
pub use invoices::{IssuedInvoice, issue_invoice, issue_pay_link, revoke_pay_link};
pub use links::Links;
pub use not_ours::{dismiss, restore};
pub use outgoing_payments::{
    NewCreditRefund, NewOutgoingPayment, pay_out_credit, refund_account_credit, reverse_outgoing_payment,
};
pub use outside_payments::identify;
pub use payment_gateway::PayerRemedy;
pub use payments::{
    ChargeMethod, ChargedPayment, StartPayment, StartedPayment, charge_method, charge_rule, poll_payment, start_payment,
};
pub use provider_accounts::{own_accounts, owns_accounts};
pub use publish::mail::send_sign_in_mail;
pub use publish::publish;
pub use refunds::{NewRefund, NewRefundAnswer, answer_refund, order_refund};
pub use replay::{Replay, ReplayResult, replay_events};
pub use sign_in::{SignInProof, SignInRequest, complete_sign_in, request_sign_in, sign_out};
pub use verify::{BooksProof, verify_books};
pub use write_offs::{NewWriteOff, take_back_write_off, write_off};
