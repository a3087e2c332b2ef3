//! The features of the product, tested at its boundary, and what is proved of the repository. One binary.
#![cfg(test)]

mod after_payment;
mod alarms;
mod bad_days;
mod bad_input;
mod budget;
mod chargebacks;
mod commands;
mod coverage;
mod crash;
mod disorder;
mod double_pay;
mod ended_functions;
mod hostile;
mod hostile_api;
mod lambdas;
mod local_doors;
mod main_job;
mod money_back;
mod operator_idempotency;
mod operators;
mod persistence;
mod portal_doors;
mod provider_edges;
mod recovery;
mod replay;
mod schedules;
mod sign_in;
mod skipped_invoices;
mod statement;
mod tidy;
mod torn_reads;
mod unchargeable;
mod verify_coverage;
mod webhooks;
mod worlds;
