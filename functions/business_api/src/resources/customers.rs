//! Customers: told to us by the business, and found by our id or by its own.

pub(crate) mod balance;
pub(crate) mod statement;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use receivables::customer::Profile;
use receivables::text::ExternalId;
use receivables::{Customer, CustomerId};
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::idempotency::{Posted, Work};
use crate::http::pagination::{List, Listing};
use crate::http::response::{Answer, Failure};
use crate::http::strict_query::Asked;
use crate::http::validation::{Faults, checked, fault};

/// What names no customer of the business.
const NO_SUCH_CUSTOMER: &str = "expected our id of a customer, or the external_id of one";

/// A customer as the business tells us of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct CustomerDraft {
    /// Your own id of the customer, unique among your customers. The same id told again changes the customer it is of.
    #[schema(max_length = 200, example = "C-1024")]
    external_id: Option<String>,
    #[schema(max_length = 200, example = "Boulangerie Martin")]
    name: String,
    /// Where receipts and sign-in links go.
    #[schema(format = "email", example = "compta@martin.example")]
    email: Option<String>,
    /// How they read: en, en-CA, fr or fr-CA.
    #[schema(example = "fr")]
    locale: Option<String>,
    /// Their ids at providers, where they exist there already.
    provider_ids: Option<ProviderIds>,
}

/// The ids of a customer at providers.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct ProviderIds {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "cus_NffrFeUfNV2Hib")]
    stripe: Option<String>,
}

/// A customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Customer)]
pub(crate) struct CustomerShape {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    external_id: Option<String>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    locale: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    provider_ids: Option<ProviderIds>,
    /// RFC 3339, UTC.
    created_at: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CustomerQuery {
    /// How many at most, 1 to 100; 50 where nothing is said.
    #[param(value_type = u32, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl From<&Customer> for CustomerShape {
    fn from(customer: &Customer) -> Self {
        let profile = &customer.profile;
        let stripe = profile.stripe_id.as_ref();
        Self {
            id: customer.id.to_string(),
            external_id: profile.external_id.as_ref().map(ToString::to_string),
            name: profile.name.as_str().to_owned(),
            email: profile.email.as_ref().map(|email| email.as_str().to_owned()),
            locale: profile.locale.map(receivables::Locale::tag),
            provider_ids: stripe.map(|id| ProviderIds { stripe: Some(id.to_string()) }),
            created_at: customer.created_at.to_string(),
        }
    }
}

impl CustomerDraft {
    fn read(&self, faults: &mut Faults) -> Option<Profile> {
        let stripe = self.provider_ids.as_ref().and_then(|ids| ids.stripe.as_deref());
        let external_id = faults.read_some("external_id", self.external_id.as_deref());
        let name = faults.read("name", &self.name);
        let email = faults.read_some("email", self.email.as_deref());
        let locale = faults.read_some("locale", self.locale.as_deref());
        let stripe_id = faults.read_some("provider_ids.stripe", stripe);
        Some(Profile { external_id, name: name?, email, locale, stripe_id })
    }
}

/// Register a customer
///
/// With an `external_id` that is known this changes the customer it is of, to exactly what is said: what is left out is
/// removed. So the same customer can be told any number of times.
#[utoipa::path(
    post, path = "/api/v1/customers", tag = "Customers", request_body = CustomerDraft,
    responses(
        (status = 201, description = "The customer is new", body = CustomerShape),
        (status = 200, description = "The customer was known, and is now as told", body = CustomerShape),
    )
)]
pub(crate) async fn register_customer(posted: Posted) -> Result<Response, Failure> {
    let draft: CustomerDraft = posted.shape()?;
    let profile = checked(|faults| draft.read(faults))?;
    Ok(posted.once(|work| register(work, profile)).await)
}

async fn register(work: Work, profile: Profile) -> Result<Answer, Failure> {
    let id = work.customer_id();
    let (business, now) = (&work.caller.business, work.caller.now);
    let registered = operations::register_customer(work.context(), business, id.clone(), profile, now).await?;
    // Carried out again after the first try died, it is still this request that registered them.
    let fresh = registered.fresh || registered.customer.id == id;
    let status = if fresh { StatusCode::CREATED } else { StatusCode::OK };
    Answer::json(status, &CustomerShape::from(&registered.customer))
}

/// List the customers, by name
#[utoipa::path(
    get, path = "/api/v1/customers", tag = "Customers", params(CustomerQuery),
    responses((status = 200, description = "A page of customers", body = List<CustomerShape>))
)]
pub(crate) async fn list_customers(caller: Caller, Asked(asked): Asked<CustomerQuery>) -> Result<Answer, Failure> {
    let list = Listing::new(caller.business_id(), "customers", &[]);
    let page = checked(|faults| list.page(asked.limit.as_deref(), asked.cursor.as_deref(), faults))?;
    let customers = caller.store().customers(caller.business_id(), &page).await?;
    Answer::ok(&list.answer(customers, |customer| CustomerShape::from(&customer)))
}

/// Show a customer
#[utoipa::path(
    get, path = "/api/v1/customers/{id}", tag = "Customers",
    params(("id" = String, Path, description = "Our id of the customer, or your `external_id`")),
    responses((status = 200, description = "The customer", body = CustomerShape))
)]
pub(crate) async fn show_customer(caller: Caller, Path(id): Path<String>) -> Result<Answer, Failure> {
    Answer::ok(&CustomerShape::from(&customer_of_path(&caller, &id).await?))
}

/// The customer whom an address names.
pub(crate) async fn customer_of_path(caller: &Caller, text: &str) -> Result<Customer, Failure> {
    let id = customer_id_of(caller, text).await?.ok_or_else(Failure::not_found)?;
    caller.store().customer(caller.business_id(), &id).await?.ok_or_else(Failure::not_found)
}

/// The customer whom a field of a body names.
pub(crate) async fn customer_of_field(caller: &Caller, field: &str, text: &str) -> Result<Customer, Failure> {
    let customer = match customer_id_of(caller, text).await? {
        Some(id) => caller.store().customer(caller.business_id(), &id).await?,
        None => None,
    };
    customer.ok_or_else(|| fault(field, NO_SUCH_CUSTOMER))
}

/// What a text names a customer by: our id, which is taken at its word, or the external one, which is looked up.
pub(crate) async fn customer_id_of(caller: &Caller, text: &str) -> Result<Option<CustomerId>, StoreError> {
    if let Ok(id) = text.parse::<CustomerId>() {
        return Ok(Some(id));
    }
    match text.parse::<ExternalId>() {
        Ok(external) => caller.store().customer_by_external_id(caller.business_id(), &external).await,
        Err(_) => Ok(None),
    }
}
