//! Balance transactions: every movement of the business's money at Stripe, with Stripe's fee.
//!
//! `net` is always `amount - fee`. Unlike at Stripe, a charge has its transaction as soon as it has succeeded.

use rusqlite::params;
use serde_json::{Value, json};

use super::api_error::ApiError;
use super::database::{Record, Transaction};
use super::exchange;
use super::form::Params;
use super::listing::{self, Page};

/// How long the funds of a payment stay pending. All other funds are available at once.
const PENDING_S: i64 = 2 * 24 * 60 * 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Charge,
    Refund,
    RefundFailure,
    Dispute,
    DisputeReversal,
    /// What else moves because of a dispute, with a fee in the currency of settlement; negative where it is given back.
    DisputeMove {
        fee: i64,
    },
    /// With what Stripe keeps of it.
    Payout {
        fee: i64,
    },
    PayoutFailure,
    PayoutCancel,
    /// What Stripe takes for itself beside any payment.
    StripeFee,
}

/// A movement, in the currency of the payment. A negative amount leaves the business's balance.
pub(super) struct Movement<'a> {
    pub(super) kind: Kind,
    /// The object that causes it; empty for a fee of Stripe's own.
    pub(super) source: &'a str,
    /// The charge it is about; empty for a payout or a fee.
    pub(super) charge: &'a str,
    pub(super) amount: i64,
    pub(super) currency: &'a str,
    pub(super) description: Option<String>,
    pub(super) at_once: bool,
}

impl Movement<'_> {
    /// Stripe's `type` and `reporting_category`. Charges that are not of cards have types of their own.
    fn names(&self) -> (&'static str, &'static str) {
        let bank = self.charge.starts_with("py_");
        match (self.kind, bank) {
            (Kind::Charge, false) => ("charge", "charge"),
            (Kind::Charge, true) => ("payment", "charge"),
            (Kind::Refund, false) => ("refund", "refund"),
            (Kind::Refund, true) => ("payment_refund", "refund"),
            (Kind::RefundFailure, false) => ("refund_failure", "refund_failure"),
            (Kind::RefundFailure, true) => ("payment_failure_refund", "refund_failure"),
            (Kind::Dispute, _) => ("adjustment", "dispute"),
            (Kind::DisputeMove { .. }, _) if self.amount < 0 => ("adjustment", "dispute"),
            (Kind::DisputeReversal | Kind::DisputeMove { .. }, _) => ("adjustment", "dispute_reversal"),
            (Kind::Payout { .. }, _) => ("payout", "payout"),
            (Kind::PayoutFailure, _) => ("payout_failure", "payout_reversal"),
            (Kind::StripeFee, _) => ("stripe_fee", "fee"),
            (Kind::PayoutCancel, _) => ("payout_cancel", "payout_reversal"),
        }
    }

    fn fee(&self, settled: &exchange::SettlementAmount) -> (i64, &'static str) {
        match self.kind {
            Kind::Charge => (exchange::charge_fee(settled.amount, &settled.currency), "Stripe processing fees"),
            Kind::Dispute => (exchange::dispute_fee(&settled.currency), "Dispute fee"),
            Kind::DisputeMove { fee } => (fee, "Dispute fee"),
            Kind::Payout { fee } => (fee, "Instant payout fee"),
            Kind::Refund
            | Kind::RefundFailure
            | Kind::DisputeReversal
            | Kind::PayoutFailure
            | Kind::PayoutCancel
            | Kind::StripeFee => (0, ""),
        }
    }
}

pub(super) fn record(transaction: &Transaction<'_>, movement: &Movement<'_>) -> Result<Record, ApiError> {
    let settled = exchange::settle(movement.amount, movement.currency);
    let (fee, fee_description) = movement.fee(&settled);
    let fee_details = if fee == 0 {
        json!([])
    } else {
        json!([{
            "amount": fee, "application": null, "currency": settled.currency, "description": fee_description,
            "type": "stripe_fee",
        }])
    };
    let now = transaction.now.as_second();
    let at_once = movement.at_once || movement.kind != Kind::Charge;
    let available_on = if at_once { now } else { now.saturating_add(PENDING_S) };
    let (kind, category) = movement.names();
    let body = json!({
        "id": transaction.new_id("txn_3", 23)?,
        "object": "balance_transaction",
        "amount": settled.amount,
        "available_on": available_on,
        "balance_type": "payments",
        "created": now,
        "currency": settled.currency,
        "description": movement.description,
        "exchange_rate": settled.rate,
        "fee": fee,
        "fee_details": fee_details,
        "net": settled.amount.saturating_sub(fee),
        "reporting_category": category,
        "source": Some(movement.source).filter(|source| !source.is_empty()),
        "status": if at_once { "available" } else { "pending" },
        "type": kind,
    });
    let record = Record { body, internal: json!({ "payout": null }) };
    transaction.put(&record)?;
    Ok(record)
}

/// Takes a fee that is of no payment, such as one for a month.
pub(super) fn take_fee(transaction: &Transaction<'_>, currency: &str, amount: i64) -> Result<Value, ApiError> {
    let movement = Movement {
        kind: Kind::StripeFee,
        source: "",
        charge: "",
        amount: -amount,
        currency,
        description: Some("Radar for the month".to_owned()),
        at_once: true,
    };
    Ok(record(transaction, &movement)?.body)
}

/// Records the money of a charge that has succeeded.
pub(super) fn of_charge(transaction: &Transaction<'_>, charge: &mut Record, at_once: bool) -> Result<(), ApiError> {
    let movement = Movement {
        kind: Kind::Charge,
        source: charge.text("id"),
        charge: charge.text("id"),
        amount: charge.integer("amount"),
        currency: charge.text("currency"),
        description: charge.body["description"].as_str().map(str::to_owned),
        at_once,
    };
    let id = record(transaction, &movement)?.body["id"].clone();
    charge.body["balance_transaction"] = id;
    Ok(())
}

pub(super) fn retrieve(transaction: &Transaction<'_>, id: &str, params: Params) -> Result<Value, ApiError> {
    params.finish()?;
    let mut body = transaction.need("balance_transaction", id, "id")?.body;
    refresh(transaction, &mut body);
    Ok(body)
}

/// Updates the status, the only field of a transaction that changes with time.
pub(super) fn refresh(transaction: &Transaction<'_>, body: &mut Value) {
    if body["available_on"].as_i64().is_some_and(|available_on| available_on <= transaction.now.as_second()) {
        body["status"] = json!("available");
    }
}

/// With `payout`, the transactions that it pays out and, as at Stripe, its own.
pub(super) fn list(transaction: &Transaction<'_>, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let payout = params.text("payout")?;
    let kind = params.text("type")?;
    let source = params.text("source")?;
    let currency = params.text("currency")?;
    params.finish()?;
    let paid_out = match &payout {
        Some(payout) => {
            let found = transaction.find("payout", payout)?;
            let found = found.ok_or_else(|| ApiError::no_such_in("payout", "payout", payout))?;
            if found.body["automatic"] != true {
                let message = "Balance transaction history can only be filtered on automatic payouts, not manual.";
                return Err(ApiError::invalid("payout", message));
            }
            of_payout(transaction, payout)?
        }
        None => Vec::new(),
    };
    let url = "/v1/balance_transactions";
    let mut found = listing::list(transaction, "balance_transaction", url, &page, |body| {
        listing::matches(kind.as_deref(), &body["type"])
            && listing::matches(source.as_deref(), &body["source"])
            && listing::matches(currency.as_deref(), &body["currency"])
            && (payout.is_none() || paid_out.iter().any(|id| body["id"] == id.as_str()))
    })?;
    for body in found["data"].as_array_mut().into_iter().flatten() {
        refresh(transaction, body);
    }
    Ok(found)
}

fn of_payout(transaction: &Transaction<'_>, payout: &str) -> Result<Vec<String>, ApiError> {
    let mut statement = transaction.sql.prepare_cached(
        "SELECT id FROM objects WHERE object = 'balance_transaction' AND json_extract(aside, '$.payout') = ?1",
    )?;
    let ids = statement.query_map([payout], |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// The available money that is in no payout yet: each currency with its sum.
pub(super) fn available(transaction: &Transaction<'_>) -> Result<Vec<(String, i64)>, ApiError> {
    let mut statement = transaction.sql.prepare_cached(
        "SELECT json_extract(body, '$.currency'), sum(json_extract(body, '$.net')) FROM objects
         WHERE object = 'balance_transaction' AND json_extract(aside, '$.payout') IS NULL
         AND json_extract(body, '$.available_on') <= ?1 GROUP BY 1 ORDER BY 1",
    )?;
    let sums = statement.query_map([transaction.now.as_second()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(sums.collect::<Result<_, _>>()?)
}

/// `GET /v1/balance`: all that lies at Stripe, each currency by itself, whether it is in a payout's list or not.
pub(super) fn balance(transaction: &Transaction<'_>, params: Params) -> Result<Value, ApiError> {
    params.finish()?;
    let mut statement = transaction.sql.prepare_cached(
        "SELECT json_extract(body, '$.currency'), json_extract(body, '$.available_on') <= ?1,
         sum(json_extract(body, '$.net')) FROM objects WHERE object = 'balance_transaction' GROUP BY 1, 2 ORDER BY 1",
    )?;
    let now = transaction.now.as_second();
    let sums = statement.query_map([now], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let sums = sums.collect::<Result<Vec<(String, bool, i64)>, _>>()?;
    let of = |wanted: bool| -> Vec<Value> {
        let sums = sums.iter().filter(|(_, is_available, _)| *is_available == wanted);
        sums.map(|(currency, _, amount)| {
            json!({ "amount": amount, "currency": currency, "source_types": { "card": amount } })
        })
        .collect()
    };
    Ok(json!({ "object": "balance", "available": of(true), "livemode": false, "pending": of(false) }))
}

/// Puts the available money of a currency into a payout.
pub(super) fn pay_out(transaction: &Transaction<'_>, currency: &str, payout: &str) -> Result<(), ApiError> {
    transaction.sql.execute(
        "UPDATE objects SET aside = json_set(aside, '$.payout', ?1)
         WHERE object = 'balance_transaction' AND json_extract(aside, '$.payout') IS NULL
         AND json_extract(body, '$.available_on') <= ?2 AND json_extract(body, '$.currency') = ?3",
        params![payout, transaction.now.as_second(), currency],
    )?;
    Ok(())
}
