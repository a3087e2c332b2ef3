//! The features of the product, tested at its boundary, and what is proved of the repository. One binary.
#![cfg(test)]

mod acts;
mod after_payment;
mod bad_input;
mod budget;
mod commands;
mod crash;
mod crumbs;
mod disorder;
mod double_pay;
mod keeping;
mod lambdas;
mod main_job;
mod money_back;
mod operators;
mod passed_over;
mod proofs;
mod proven;
mod provider_edges;
mod replay;
mod sign_in;
mod statement;
mod tidy;
mod torn;
mod webhooks;
mod worlds;
