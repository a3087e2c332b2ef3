//! Payouts: what the provider pays to the bank, and of what it is made.

use axum::extract::Path;
use receivables::{Balance, ObjectId};
use serde::{Deserialize, Serialize};
use store::{Payout, PayoutTransaction};
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::pagination::{List, Listing};
use crate::http::response::{Answer, Failure};
use crate::http::strict_query::Asked;
use crate::http::validation::checked;

/// A payout.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payout)]
pub(crate) struct PayoutShape {
    /// The provider's id.
    id: String,
    /// `pending`, `paid`, `cancelled` or `failed`.
    status: &'static str,
    /// Negative where the provider takes from the bank account.
    amount: String,
    currency: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "date")]
    arrives_on: Option<String>,
    /// By what the bank knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    bank_reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    failure: Option<String>,
    /// Whether the provider lists what it is made of: not of one that was made by hand or at once, nor where it refuses to.
    provable: bool,
    /// What its transactions come to; null before they are there, and for good where it is not provable.
    #[schema(required)]
    proof: Option<ProofShape>,
}

/// What the transactions of a payout come to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayoutProof)]
pub(crate) struct ProofShape {
    gross: String,
    fee: String,
    net: String,
    /// The net is the amount, and every transaction's net is its gross less its fee.
    holds: bool,
}

/// A payout with its transactions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayoutWithTransactions)]
pub(crate) struct PayoutWithTransactionsShape {
    #[serde(flatten)]
    payout: PayoutShape,
    transactions: Vec<TransactionShape>,
}

/// One movement of money at the provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayoutTransaction)]
pub(crate) struct TransactionShape {
    id: String,
    /// The provider's word, such as `charge`, `refund` or `adjustment`.
    kind: String,
    /// The provider's object it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    source: Option<String>,
    /// Our payment it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    payment: Option<String>,
    gross: String,
    fee: String,
    net: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    exchange_rate: Option<String>,
    #[schema(format = "date-time")]
    at: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PayoutQuery {
    /// How many at most, 1 to 100; 50 where nothing is said.
    #[param(value_type = u32, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl From<&Payout> for PayoutShape {
    fn from(payout: &Payout) -> Self {
        let fact = &payout.state;
        Self {
            id: payout.id.to_string(),
            status: fact.rank.as_str(),
            amount: fact.amount.to_plain(),
            currency: fact.amount.currency().to_string(),
            arrives_on: fact.arrives_on.map(|on| on.to_string()),
            bank_reference: fact.bank_reference.clone(),
            failure: fact.failure.clone(),
            provable: !fact.manual && !payout.unlisted,
            proof: payout.proof.as_ref().map(|proof| ProofShape {
                gross: proof.gross.to_plain(),
                fee: proof.fee.to_plain(),
                net: proof.net.to_plain(),
                holds: proof.holds,
            }),
        }
    }
}

impl From<&PayoutTransaction> for TransactionShape {
    fn from(one: &PayoutTransaction) -> Self {
        let transaction = &one.transaction;
        let plain = |amount: Balance| amount.to_plain();
        Self {
            id: transaction.id.to_string(),
            kind: transaction.kind.clone(),
            source: transaction.source.as_ref().map(ToString::to_string),
            payment: one.payment.as_ref().map(ToString::to_string),
            gross: plain(transaction.gross),
            fee: plain(transaction.fee),
            net: plain(transaction.net),
            exchange_rate: transaction.exchange_rate.map(|rate| rate.to_string()),
            at: transaction.at.to_string(),
        }
    }
}

/// List payouts, newest first
#[utoipa::path(
    get, path = "/api/v1/payouts", tag = "Payouts", params(PayoutQuery),
    responses((status = 200, description = "A page of payouts", body = List<PayoutShape>))
)]
pub(crate) async fn list_payouts(caller: Caller, Asked(asked): Asked<PayoutQuery>) -> Result<Answer, Failure> {
    let list = Listing::new(caller.business_id(), "payouts", &[]);
    let page = checked(|faults| list.page(asked.limit.as_deref(), asked.cursor.as_deref(), faults))?;
    let payouts = caller.store().payouts(caller.business_id(), &page).await?;
    Answer::ok(&list.answer(payouts, |payout| PayoutShape::from(&payout)))
}

/// Show a payout with its transactions
#[utoipa::path(
    get, path = "/api/v1/payouts/{id}", tag = "Payouts",
    params(("id" = String, Path, description = "The provider's id of the payout")),
    responses((status = 200, description = "The payout", body = PayoutWithTransactionsShape))
)]
pub(crate) async fn show_payout(caller: Caller, Path(id): Path<String>) -> Result<Answer, Failure> {
    let id: ObjectId = id.parse().map_err(|_| Failure::not_found())?;
    let (store, b) = (caller.store(), caller.business_id());
    let (payout, transactions) = tokio::join!(store.payout(b, &id), store.payout_transactions(b, &id));
    let payout = payout?.ok_or_else(Failure::not_found)?;
    let transactions = transactions?.iter().map(TransactionShape::from).collect();
    Answer::ok(&PayoutWithTransactionsShape { payout: PayoutShape::from(&payout), transactions })
}
