//! The balance of a customer's account.

use axum::extract::Path;
use receivables::Money;
use receivables::statement::{QueryTexts, Statement, statement_view};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::account::{Bucket, statement_query};
use super::customer_of_path;
use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::response::ApiResponse;
use crate::http::strict_query::StrictQuery;
use crate::http::validation::validate;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BalanceQuery {
    /// The day at whose end to compute the balance, YYYY-MM-DD, today at the latest. Default: today.
    as_of: Option<String>,
    /// The days overdue at which the ageing buckets end: 1 to 8 rising numbers separated by commas, the first of them 0. Default:
    /// `0,30,60,90,120`.
    edges: Option<String>,
}

/// The balance of a customer's account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Balance)]
pub(crate) struct BalanceResponse {
    /// The day at whose end this is the balance.
    #[schema(format = "date")]
    as_of: String,
    /// One entry for each currency that the account has ever used.
    currencies: Vec<CurrencyBalanceResponse>,
}

/// The balance in one currency. Every amount is in that currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CurrencyBalance)]
pub(crate) struct CurrencyBalanceResponse {
    /// The ISO 4217 code of the currency.
    currency: String,
    /// Open amounts less unapplied cash and credit. Negative if in the customer's favour.
    balance: String,
    /// The open amounts: what nothing covers yet.
    #[schema(example = "240.00")]
    open: String,
    /// The part of `open` that is overdue on the day of `as_of`.
    overdue: String,
    /// The part of `open` for which payments are on their way. Null for a past day, for which it is not known.
    #[schema(required)]
    pending: Option<String>,
    /// The part of `open` that the customer disputes. Null for a past day, for which it is not known.
    #[schema(required)]
    disputed: Option<String>,
    /// The part of `open` that refunds took and nobody is asked to pay, until you say what they mean. Null for a past day, for which
    /// it is not known.
    #[schema(required)]
    in_question: Option<String>,
    /// Cash and credit of the customer that covers no invoice.
    unapplied: String,
    /// Open amounts grouped by days overdue.
    ageing: Vec<Bucket>,
}

impl CurrencyBalanceResponse {
    fn of(statement: &Statement, is_of_today: bool) -> Self {
        let standing = &statement.standing;
        let known_today = |amount: Money| is_of_today.then(|| amount.to_plain());
        Self {
            currency: standing.currency.to_string(),
            balance: statement.balance.to_plain(),
            open: standing.open.to_plain(),
            overdue: standing.overdue.to_plain(),
            pending: known_today(standing.pending),
            disputed: known_today(standing.disputed),
            in_question: known_today(standing.questioned),
            unapplied: standing.unapplied.to_plain(),
            ageing: standing.ageing.iter().map(Bucket::from).collect(),
        }
    }
}

/// Show the balance of a customer
///
/// As it is now, or as it was at the end of any earlier day.
#[utoipa::path(
    get, path = "/api/v1/customers/{id}/balance", tag = "Customers",
    params(("id" = String, Path, description = "The customer's id, or your `external_id`."), BalanceQuery),
    responses((status = 200, description = "The balance.", body = BalanceResponse))
)]
pub(crate) async fn show_balance(
    caller: Caller,
    Path(id): Path<String>,
    StrictQuery(query): StrictQuery<BalanceQuery>,
) -> Result<ApiResponse, ApiError> {
    let texts = QueryTexts { as_of: query.as_of.as_deref(), edges: query.edges.as_deref(), ..QueryTexts::default() };
    let query = validate(|errors| statement_query(&texts, caller.today(), errors))?;
    let customer = customer_of_path(&caller, &id).await?;
    let data = caller.store().account_standing(caller.business_id(), &customer.id, &query).await?;
    let view = statement_view(&query, &data)?;
    let currencies = view.statements.iter();
    let currencies = currencies.map(|statement| CurrencyBalanceResponse::of(statement, view.is_of_today())).collect();
    ApiResponse::ok(&BalanceResponse { as_of: view.as_of.to_string(), currencies })
}
