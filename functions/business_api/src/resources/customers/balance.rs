//! How an account stands.

use axum::extract::Path;
use receivables::Money;
use receivables::statement::{AgeingBucket, QueryTexts, Statement, statement_view};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::response::{Answer, Failure};
use crate::http::strict_query::Asked;
use crate::http::validation::checked;
use crate::resources::customers::customer_of_path;
use crate::resources::customers::statement::asked_of;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BalanceQuery {
    /// The day at whose end the account stands as shown, YYYY-MM-DD, today at the latest; today where nothing is said.
    as_of: Option<String>,
    /// Days overdue at which the ageing's buckets end, with commas between: 1 to 8 rising numbers, the first 0;
    /// `0,30,60,90,120` where nothing is said.
    edges: Option<String>,
}

/// How an account stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Balance {
    /// The day at whose end it stands so.
    #[schema(format = "date")]
    as_of: String,
    /// One for each currency in which there has been anything.
    currencies: Vec<CurrencyBalance>,
}

/// How an account stands in one currency. Every amount is in it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CurrencyBalance {
    currency: String,
    /// What is open less what is unapplied; negative in the customer's favour.
    balance: String,
    /// What is not covered yet.
    #[schema(example = "240.00")]
    open: String,
    /// The part of it that is overdue on that day, by the days of the business.
    overdue: String,
    /// The part of it that is on its way. Null as of a day that is over, of which it is not known.
    #[schema(required)]
    pending: Option<String>,
    /// The part of it that the customer contests. Null as of a day that is over.
    #[schema(required)]
    disputed: Option<String>,
    /// Money of the customer that covers no invoice yet.
    unapplied: String,
    /// Open amounts by days overdue.
    ageing: Vec<Bucket>,
}

/// Open amounts that are overdue by a range of days.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Bucket {
    /// The fewest days; 0 for what is not overdue.
    from_days: u32,
    /// The most days; null in the last.
    #[schema(required)]
    to_days: Option<u32>,
    amount: String,
}

impl From<&AgeingBucket> for Bucket {
    fn from(bucket: &AgeingBucket) -> Self {
        Self { from_days: bucket.from_days, to_days: bucket.to_days, amount: bucket.amount.to_plain() }
    }
}

impl CurrencyBalance {
    fn of(statement: &Statement, of_today: bool) -> Self {
        let standing = &statement.standing;
        let known = |amount: Money| of_today.then(|| amount.to_plain());
        Self {
            currency: standing.currency.to_string(),
            balance: statement.balance.to_plain(),
            open: standing.open.to_plain(),
            overdue: standing.overdue.to_plain(),
            pending: known(standing.pending),
            disputed: known(standing.disputed),
            unapplied: standing.unapplied.to_plain(),
            ageing: standing.ageing.iter().map(Bucket::from).collect(),
        }
    }
}

/// Show how the account of a customer stands, today or at the end of any day before
#[utoipa::path(
    get, path = "/api/v1/customers/{id}/balance", tag = "Customers",
    params(("id" = String, Path, description = "Our id of the customer, or your `external_id`"), BalanceQuery),
    responses((status = 200, description = "The balance", body = Balance))
)]
pub(crate) async fn show_balance(
    caller: Caller,
    Path(id): Path<String>,
    Asked(asked): Asked<BalanceQuery>,
) -> Result<Answer, Failure> {
    let texts = QueryTexts { as_of: asked.as_of.as_deref(), edges: asked.edges.as_deref(), ..QueryTexts::default() };
    let ask = checked(|faults| asked_of(&texts, caller.today(), faults))?;
    let customer = customer_of_path(&caller, &id).await?;
    let zone = &caller.business.time_zone;
    let read = caller.store().account_standing(caller.business_id(), &customer.id, &ask, zone).await?;
    let view = statement_view(&ask, &read, zone)?;
    let currencies = view.statements.iter().map(|one| CurrencyBalance::of(one, view.is_of_today())).collect();
    Answer::ok(&Balance { as_of: view.as_of.to_string(), currencies })
}
