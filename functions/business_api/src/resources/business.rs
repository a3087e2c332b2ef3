//! The business of the key.

use std::collections::BTreeMap;

use axum::response::Response;
use receivables::text::Description;
use receivables::write_off::tolerance_max;
use receivables::{Business, Currency, Money};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::auth::Caller;
use crate::http::idempotency::{Posted, Work};
use crate::http::response::{Answer, Failure};
use crate::http::validation::{Faults, checked};
use crate::resources::allocations::read_reason;
use crate::resources::invoices::write_off::business_now;

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
    /// Up to how much of an invoice may be written off, by currency; nothing in those that are not named.
    write_off_tolerances: BTreeMap<String, String>,
}

/// What shall be otherwise. What is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct BusinessChange {
    /// Up to how much of an invoice may be written off, by currency: at most one of its units, or 100 where it has no smaller
    /// part. They replace those before.
    #[schema(example = json!({"EUR": "0.50"}))]
    write_off_tolerances: Option<BTreeMap<String, String>>,
    /// Why. The audit keeps it.
    #[schema(min_length = 1, max_length = 200, example = "Rounding in dinars")]
    reason: String,
}

impl From<&Business> for BusinessShape {
    fn from(business: &Business) -> Self {
        let tolerances = business.write_off_tolerances.iter();
        Self {
            id: business.id.to_string(),
            name: business.name.as_str().to_owned(),
            default_currency: business.default_currency.to_string(),
            time_zone: business.time_zone.name().to_owned(),
            locales: business.locales.iter().map(|locale| locale.tag()).collect(),
            email: business.email.as_str().to_owned(),
            write_off_tolerances: tolerances.map(|(code, amount)| (code.to_string(), amount.to_plain())).collect(),
        }
    }
}

impl BusinessChange {
    /// The tolerances that are told; none where nothing is said of them. A fault, too, leaves one out; it is noted.
    fn read(&self, faults: &mut Faults) -> Option<BTreeMap<Currency, Money>> {
        let told = self.write_off_tolerances.as_ref()?;
        let mut tolerances = BTreeMap::new();
        for (code, amount) in told {
            let field = format!("write_off_tolerances.{code}");
            let Some(currency) = faults.read::<Currency>(&field, code) else { continue };
            let Some(amount) = faults.take(&field, Money::parse(amount, currency)) else { continue };
            let most = tolerance_max(currency);
            if most.checked_sub(amount).is_err() {
                faults.note(&field, format!("expected at most {}, which is the most there may be", most.to_plain()));
            } else if !amount.is_zero() {
                tolerances.insert(currency, amount);
            }
        }
        Some(tolerances)
    }
}

/// Show the business of the key
#[utoipa::path(get, path = "/api/v1/business", tag = "Business", responses((status = 200, description = "The business", body = BusinessShape)))]
pub(crate) async fn show_business(caller: Caller) -> Result<Answer, Failure> {
    Answer::ok(&BusinessShape::from(&business_now(&caller).await?))
}

/// Change the business of the key
///
/// What changes is in the audit, with the reason.
#[utoipa::path(
    patch, path = "/api/v1/business", tag = "Business", request_body = BusinessChange,
    responses((status = 200, description = "The business as it is now", body = BusinessShape))
)]
pub(crate) async fn change_business(posted: Posted) -> Result<Response, Failure> {
    let change: BusinessChange = posted.shape()?;
    let (tolerances, reason) = checked(|faults| {
        let tolerances = change.read(faults);
        Some((tolerances, read_reason(&change.reason, faults)?))
    })?;
    Ok(posted.once(|work| change_to(work, tolerances, reason)).await)
}

async fn change_to(
    work: Work,
    tolerances: Option<BTreeMap<Currency, Money>>,
    reason: Description,
) -> Result<Answer, Failure> {
    let caller = &work.caller;
    let Some(tolerances) = tolerances else { return Answer::ok(&BusinessShape::from(&business_now(caller).await?)) };
    let context = work.for_action(reason);
    let changed = operations::set_write_off_tolerances(&context, caller.business_id(), &tolerances, caller.now).await?;
    Answer::ok(&BusinessShape::from(&changed))
}
