//! The reason that every action of an operator carries.

use receivables::text::Description;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::validation::FieldErrors;

/// The reason for an action that needs no other input.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = Reason)]
pub(crate) struct ReasonRequest {
    /// Why you do this. The audit keeps it.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 200, example = "Rounding of the customer's bank")]
    reason: String,
}

impl ReasonRequest {
    pub(crate) fn read(&self, errors: &mut FieldErrors) -> Option<Description> {
        parse_reason(&self.reason, errors)
    }
}

pub(crate) fn parse_reason(text: &str, errors: &mut FieldErrors) -> Option<Description> {
    let reason = text.parse::<Description>();
    errors.check("reason", reason.map_err(|_| "expected a reason of 1 to 200 characters on one line"))
}
