//! Payouts: what the provider transfers to the business's bank, and the transactions that each payout consists of.

use axum::extract::Path;
use receivables::{Balance, ObjectId};
use serde::{Deserialize, Serialize};
use store::{Payout, ProviderTransaction};
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::pagination::{ListResponse, ListScope};
use crate::http::response::ApiResponse;
use crate::http::strict_query::StrictQuery;
use crate::http::validation::validate;

/// A transfer of settled funds, less fees, from the provider to the business's bank.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payout)]
pub(crate) struct PayoutResponse {
    /// The provider's id of the payout.
    id: String,
    /// `pending`, `paid`, `cancelled` or `failed`.
    status: &'static str,
    /// Negative if the provider takes money from the bank account.
    amount: String,
    /// The ISO 4217 code of the currency.
    currency: String,
    /// The day on which the money should arrive at the bank.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "date")]
    arrives_on: Option<String>,
    /// The reference of the transfer at the bank.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    bank_reference: Option<String>,
    /// The provider's reason why the payout failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    failure: Option<String>,
    /// Whether the provider lists the transactions of the payout. It does not for manual and instant payouts: then everything that
    /// moves on the account is read by time instead, and is in the journal, each movement once.
    provable: bool,
    /// The sums of its transactions. Null until they are read, and always if `provable` is false.
    #[schema(required)]
    proof: Option<ProofResponse>,
}

/// The sums of the transactions of a payout, in its currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayoutProof)]
pub(crate) struct ProofResponse {
    /// Before fees.
    gross: String,
    /// What the provider kept.
    fee: String,
    /// After fees.
    net: String,
    /// Whether `net` is the amount of the payout, and the net of every transaction is its gross less its fee.
    holds: bool,
}

/// A payout and its transactions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayoutWithTransactions)]
pub(crate) struct PayoutWithTransactionsResponse {
    #[serde(flatten)]
    payout: PayoutResponse,
    /// The transactions that the payout consists of. If `provable` is false, only its own: that by which it left the account at the
    /// provider, with its fee, and that by which it came back, once they are read.
    transactions: Vec<TransactionResponse>,
}

/// A balance transaction at the provider. Amounts are in the currency of the payout.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayoutTransaction)]
pub(crate) struct TransactionResponse {
    /// The provider's id of the transaction.
    id: String,
    /// The provider's name for its kind, such as `charge`, `refund` or `adjustment`.
    kind: String,
    /// The provider's object that caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    source: Option<String>,
    /// The id of the payment that caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    payment: Option<String>,
    /// Before fees.
    gross: String,
    /// What the provider kept.
    fee: String,
    /// After fees.
    net: String,
    /// The rate at which the provider exchanged it into the currency of the payout.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    exchange_rate: Option<String>,
    /// When it happened. RFC 3339, UTC.
    #[schema(format = "date-time")]
    at: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PayoutQuery {
    /// Items per page, 1 to 100. Default: 50.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

impl From<&Payout> for PayoutResponse {
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
            proof: payout.proof.as_ref().map(|proof| ProofResponse {
                gross: proof.gross.to_plain(),
                fee: proof.fee.to_plain(),
                net: proof.net.to_plain(),
                holds: proof.holds,
            }),
        }
    }
}

impl From<&ProviderTransaction> for TransactionResponse {
    fn from(one: &ProviderTransaction) -> Self {
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
    responses((status = 200, description = "A page of payouts.", body = ListResponse<PayoutResponse>))
)]
pub(crate) async fn list_payouts(
    caller: Caller,
    StrictQuery(query): StrictQuery<PayoutQuery>,
) -> Result<ApiResponse, ApiError> {
    let list = ListScope::new(&caller, "payouts", &[]);
    let page = validate(|errors| list.page(query.limit.as_deref(), query.cursor.as_deref(), errors))?;
    let payouts = caller.store().payouts(caller.business_id(), &page).await?;
    ApiResponse::ok(&list.respond(payouts, |payout| PayoutResponse::from(&payout)))
}

/// Show a payout and its transactions
#[utoipa::path(
    get, path = "/api/v1/payouts/{id}", tag = "Payouts",
    params(("id" = String, Path, description = "The provider's id of the payout.")),
    responses((status = 200, description = "The payout.", body = PayoutWithTransactionsResponse))
)]
pub(crate) async fn show_payout(caller: Caller, Path(id): Path<String>) -> Result<ApiResponse, ApiError> {
    let id: ObjectId = id.parse().map_err(|_| ApiError::not_found())?;
    let (store, b) = (caller.store(), caller.business_id());
    for (provider, _) in caller.state.context.gateways.all() {
        let (payout, listed) =
            tokio::try_join!(store.payout(b, provider, &id), store.payout_transactions(b, provider, &id))?;
        if let Some(payout) = payout {
            let transactions = if payout.state.manual || payout.unlisted {
                store.transactions(b, provider, &payout.state.movements).await?
            } else {
                listed
            };
            let transactions = transactions.iter().map(TransactionResponse::from).collect();
            let payout = PayoutResponse::from(&payout);
            return ApiResponse::ok(&PayoutWithTransactionsResponse { payout, transactions });
        }
    }
    Err(ApiError::not_found())
}
