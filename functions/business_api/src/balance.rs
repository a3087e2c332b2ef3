//! How an account stands.

use axum::extract::Path;
use receivables::statement::AccountStanding;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::{Answer, Failure};
use crate::caller::Caller;
use crate::customers::customer_of_path;

/// How an account stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Balance {
    /// One for each currency in which there has been anything.
    currencies: Vec<CurrencyBalance>,
}

/// How an account stands in one currency. Every amount is in it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CurrencyBalance {
    currency: String,
    /// What is not covered yet.
    #[schema(example = "240.00")]
    open: String,
    /// The part of it that is overdue today, by the days of the business.
    overdue: String,
    /// The part of it that is on its way.
    pending: String,
    /// The part of it that the customer contests.
    disputed: String,
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

impl From<&AccountStanding> for CurrencyBalance {
    fn from(standing: &AccountStanding) -> Self {
        let bucket = |bucket: &receivables::statement::AgeingBucket| Bucket {
            from_days: bucket.from_days,
            to_days: bucket.to_days,
            amount: bucket.amount.to_plain(),
        };
        Self {
            currency: standing.currency.to_string(),
            open: standing.open.to_plain(),
            overdue: standing.overdue.to_plain(),
            pending: standing.pending.to_plain(),
            disputed: standing.disputed.to_plain(),
            unapplied: standing.unapplied.to_plain(),
            ageing: standing.ageing.iter().map(bucket).collect(),
        }
    }
}

/// Show how the account of a customer stands today
#[utoipa::path(
    get, path = "/api/v1/customers/{id}/balance", tag = "Customers",
    params(("id" = String, Path, description = "Our id of the customer, or your `external_id`")),
    responses((status = 200, description = "The balance", body = Balance))
)]
pub(crate) async fn show_balance(caller: Caller, Path(id): Path<String>) -> Result<Answer, Failure> {
    let customer = customer_of_path(&caller, &id).await?;
    let sums = caller.store().account(caller.business_id(), &customer.id).await?;
    let currencies = sums.standing(caller.today())?.iter().map(CurrencyBalance::from).collect();
    Answer::ok(&Balance { currencies })
}
