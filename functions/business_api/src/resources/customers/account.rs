//! What the balance and the statement of a customer share.

use jiff::civil::Date;
use receivables::statement::{AgeingBucket, QueryTexts, StatementQuery};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::validation::FieldErrors;

/// Open amounts that are overdue by a range of days.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Bucket {
    /// The fewest days overdue; 0 in the bucket of what is not overdue.
    from_days: u32,
    /// The most days overdue; null in the last bucket.
    #[schema(required)]
    to_days: Option<u32>,
    /// The sum of the open amounts.
    amount: String,
}

impl From<&AgeingBucket> for Bucket {
    fn from(bucket: &AgeingBucket) -> Self {
        Self { from_days: bucket.from_days, to_days: bucket.to_days, amount: bucket.amount.to_plain() }
    }
}

/// Reads the parameters of a statement or a balance. The books name the field of each error as the URL does.
pub(crate) fn statement_query(texts: &QueryTexts<'_>, today: Date, errors: &mut FieldErrors) -> Option<StatementQuery> {
    let query = StatementQuery::read(texts, today);
    query.map_err(|found| found.into_iter().for_each(|error| errors.add(error.field(), error))).ok()
}
