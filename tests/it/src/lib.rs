//! The features of the product, tested at its boundary, and what is proved of the repository. One binary.
#![cfg(test)]

mod budget;
mod crash;
mod disorder;
mod double_pay;
mod main_job;
mod tidy;
mod webhooks;
