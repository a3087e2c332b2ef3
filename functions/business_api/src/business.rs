//! The business of the key.

use receivables::Business;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::{Answer, Failure};
use crate::caller::Caller;

/// A business.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Business)]
pub(crate) struct BusinessShape {
    id: String,
    name: String,
    /// ISO 4217.
    default_currency: String,
    /// The IANA name of the zone in which its days begin and end.
    time_zone: String,
    /// The locales it writes, the usual one first.
    locales: Vec<&'static str>,
    /// Where its mail is sent from, and where customers may write.
    email: String,
}

impl From<&Business> for BusinessShape {
    fn from(business: &Business) -> Self {
        Self {
            id: business.id.to_string(),
            name: business.name.as_str().to_owned(),
            default_currency: business.default_currency.to_string(),
            time_zone: business.time_zone.name().to_owned(),
            locales: business.locales.iter().map(|locale| locale.tag()).collect(),
            email: business.email.as_str().to_owned(),
        }
    }
}

/// Show the business of the key
#[utoipa::path(get, path = "/api/v1/business", tag = "Business", responses((status = 200, description = "The business", body = BusinessShape)))]
pub(crate) async fn show_business(caller: Caller) -> Result<Answer, Failure> {
    Answer::ok(&BusinessShape::from(&*caller.business))
}
