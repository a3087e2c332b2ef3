//! Customers: registered by the business, and found by their id or by the business's own.

mod account;
pub(crate) mod balance;
pub(crate) mod payment_methods;
pub(crate) mod statement;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use receivables::customer::Profile;
use receivables::text::ExternalId;
use receivables::{Customer, CustomerId, Provider};
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::changes::{ChangesPage, ChangesQuery};
use crate::http::error::ApiError;
use crate::http::idempotency::IdempotentRequest;
use crate::http::pagination::{ListResponse, ListScope};
use crate::http::response::ApiResponse;
use crate::http::strict_query::StrictQuery;
use crate::http::validation::{FieldErrors, unknown_reference, validate};

pub(crate) const NO_SUCH_CUSTOMER: &str = "expected the id or the external_id of a customer of yours";

/// A customer to register, or to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = CustomerDraft)]
pub(crate) struct CustomerRequest {
    /// Your own id of the customer, unique among your customers. A request with an id that is known changes that customer.
    #[schema(max_length = 200, example = "C-1024")]
    external_id: Option<String>,
    /// The name shown to the customer and on documents.
    #[schema(required, max_length = 200, example = "Boulangerie Martin")]
    name: String,
    /// The address for receipts and sign-in links.
    #[schema(format = "email", example = "compta@martin.example")]
    email: Option<String>,
    /// The language and format of pages and mails: `en`, `en-CA`, `fr` or `fr-CA`.
    #[schema(example = "fr")]
    locale: Option<String>,
    /// The customer's ids at payment providers, if the customer exists there already.
    provider_ids: Option<ProviderIds>,
}

/// The ids of a customer at payment providers.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct ProviderIds {
    /// The id of the customer at Stripe.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "cus_NffrFeUfNV2Hib")]
    stripe: Option<String>,
}

/// A customer: a party that owes the business.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Customer)]
pub(crate) struct CustomerResponse {
    /// Guichet's id of the customer.
    id: String,
    /// Your own id of the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    external_id: Option<String>,
    /// The name shown to the customer and on documents.
    name: String,
    /// The address for receipts and sign-in links.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    email: Option<String>,
    /// The language and format of pages and mails. Left out if the customer has the default of the business.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    locale: Option<&'static str>,
    /// The customer's ids at payment providers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    provider_ids: Option<ProviderIds>,
    /// When the customer was registered. RFC 3339, UTC.
    created_at: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CustomerQuery {
    /// Items per page, 1 to 100. Default: 50.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
    /// For programs: lists what changed since this instant, RFC 3339, in the order in which it changed. Only for the first page;
    /// after it, give `next_cursor` as `cursor` and leave this out.
    #[param(format = "date-time")]
    changed_since: Option<String>,
}

/// The provider whose ids of customers have the field `provider_ids.stripe`.
const STRIPE: &str = "stripe";

impl From<&Customer> for CustomerResponse {
    fn from(customer: &Customer) -> Self {
        let profile = &customer.profile;
        let at_stripe = STRIPE.parse().ok().and_then(|stripe: Provider| profile.provider_ids.get(&stripe));
        Self {
            id: customer.id.to_string(),
            external_id: profile.external_id.as_ref().map(ToString::to_string),
            name: profile.name.as_str().to_owned(),
            email: profile.email.as_ref().map(|email| email.as_str().to_owned()),
            locale: profile.locale.map(receivables::Locale::tag),
            provider_ids: at_stripe.map(|id| ProviderIds { stripe: Some(id.to_string()) }),
            created_at: customer.created_at.to_string(),
        }
    }
}

impl CustomerRequest {
    fn read(&self, errors: &mut FieldErrors) -> Option<Profile> {
        let stripe = self.provider_ids.as_ref().and_then(|ids| ids.stripe.as_deref());
        let external_id = errors.parse_optional("external_id", self.external_id.as_deref());
        let name = errors.parse("name", &self.name);
        let email = errors.parse_optional("email", self.email.as_deref());
        let locale = errors.parse_optional("locale", self.locale.as_deref());
        let at_stripe = errors.parse_optional("provider_ids.stripe", stripe);
        let provider_ids = STRIPE.parse().ok().zip(at_stripe).into_iter().collect();
        Some(Profile { external_id, name: name?, email, locale, provider_ids })
    }
}

/// Register or change a customer
///
/// With an `external_id` that is known, the request replaces that customer's data: fields left out are removed. So the same
/// request can be sent any number of times. Without an `external_id`, every request creates a customer, unless it repeats an
/// `Idempotency-Key`.
#[utoipa::path(
    post, path = "/api/v1/customers", tag = "Customers", request_body = CustomerRequest,
    responses(
        (status = 201, description = "The customer was created.", body = CustomerResponse),
        (status = 200, description = "The customer existed and has the new data.", body = CustomerResponse),
    )
)]
pub(crate) async fn register_customer(request: IdempotentRequest) -> Result<Response, ApiError> {
    let body: CustomerRequest = request.json()?;
    let profile = validate(|errors| body.read(errors))?;
    request
        .run_once(async |run| {
            let (id, caller) = (run.customer_id(), &run.caller);
            let registered =
                operations::register_customer(run.context(), &caller.business, id.clone(), profile, caller.now).await?;
            // A second run after the first died finds the id that the first created: it is still this request that created it.
            let created = registered.fresh || registered.customer.id == id;
            let status = if created { StatusCode::CREATED } else { StatusCode::OK };
            ApiResponse::json(status, &CustomerResponse::from(&registered.customer))
        })
        .await
}

/// List customers, by name
///
/// The list is made for people: what changes between two pages may be on neither. For programs use `changed_since`: nothing is
/// missed, and what changes again comes again.
#[utoipa::path(
    get, path = "/api/v1/customers", tag = "Customers", params(CustomerQuery),
    responses((status = 200, description = "A page of customers.", body = ListResponse<CustomerResponse>))
)]
pub(crate) async fn list_customers(
    caller: Caller,
    StrictQuery(query): StrictQuery<CustomerQuery>,
) -> Result<ApiResponse, ApiError> {
    let (limit, cursor) = (query.limit.as_deref(), query.cursor.as_deref());
    let changes = ChangesQuery { changed_since: query.changed_since.as_deref(), limit, cursor, filters: &[] };
    if let Some(page) = ChangesPage::asked(&caller, "customers", &changes)? {
        let listed = page.ids(&caller).await?;
        let customers = caller.store().readable_customers(caller.business_id(), &listed.ids).await?;
        return ApiResponse::ok(&page.respond(&listed, customers.iter().map(CustomerResponse::from).collect()));
    }
    let list = ListScope::new(&caller, "customers", &[]);
    let page = validate(|errors| list.page(limit, cursor, errors))?;
    let customers = caller.store().customers(caller.business_id(), &page).await?;
    ApiResponse::ok(&list.respond(customers, |customer| CustomerResponse::from(&customer)))
}

/// Show a customer
#[utoipa::path(
    get, path = "/api/v1/customers/{id}", tag = "Customers",
    params(("id" = String, Path, description = "The customer's id, or your `external_id`.")),
    responses((status = 200, description = "The customer.", body = CustomerResponse))
)]
pub(crate) async fn show_customer(caller: Caller, Path(id): Path<String>) -> Result<ApiResponse, ApiError> {
    ApiResponse::ok(&CustomerResponse::from(&customer_of_path(&caller, &id).await?))
}

/// The customer in the path of a URL.
pub(crate) async fn customer_of_path(caller: &Caller, text: &str) -> Result<Customer, ApiError> {
    let id = customer_id_of(caller, text).await?.ok_or_else(ApiError::not_found)?;
    caller.store().customer(caller.business_id(), &id).await?.ok_or_else(ApiError::not_found)
}

/// The customer that a field of a body names.
pub(crate) async fn customer_of_field(caller: &Caller, field: &str, text: &str) -> Result<Customer, ApiError> {
    let customer = match customer_id_of(caller, text).await? {
        Some(id) => caller.store().customer(caller.business_id(), &id).await?,
        None => None,
    };
    customer.ok_or_else(|| unknown_reference(field, NO_SUCH_CUSTOMER))
}

/// The id of a customer, given by that id or by the business's own. Only the latter is looked up: nothing says yet that a customer
/// with the former exists.
pub(crate) async fn customer_id_of(caller: &Caller, text: &str) -> Result<Option<CustomerId>, StoreError> {
    if let Ok(id) = text.parse::<CustomerId>() {
        return Ok(Some(id));
    }
    match text.parse::<ExternalId>() {
        Ok(external) => caller.store().customer_by_external_id(caller.business_id(), &external).await,
        Err(_) => Ok(None),
    }
}
