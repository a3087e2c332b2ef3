//! Money that lies at the provider for one of its customers, and is not the business's yet.

use futures::future::try_join_all;
use receivables::Customer;
use serde::{Deserialize, Serialize};
use store::{Paged, ProviderCash};
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::pagination::{ListResponse, ListScope};
use crate::http::response::ApiResponse;
use crate::http::strict_query::StrictQuery;
use crate::http::validation::validate;
use crate::resources::amount::Amount;

/// Money that lies at the payment provider for one of its customers: a bank transfer that names no payment, or is more than was asked.
/// It is part of no payment and on nobody's account. Apply it to a payment in the provider's dashboard, or return it there; then it
/// leaves this list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderCash)]
pub(crate) struct ProviderCashResponse {
    /// The provider's id of the customer.
    provider_customer: String,
    /// Your customer with this id at the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    customer: Option<String>,
    /// The name of your customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    customer_name: Option<String>,
    /// How much lies there, one amount for each currency.
    amounts: Vec<Amount>,
    /// When the amounts last changed, as far as the provider reported. RFC 3339, UTC.
    #[schema(format = "date-time")]
    heard_at: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProviderCashQuery {
    /// Items per page, 1 to 100. Default: 50.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

impl ProviderCashResponse {
    fn of(cash: &ProviderCash, customer: Option<Customer>) -> Self {
        Self {
            provider_customer: cash.customer.to_string(),
            customer: customer.as_ref().map(|customer| customer.id.to_string()),
            customer_name: customer.map(|customer| customer.profile.name.as_str().to_owned()),
            amounts: cash.held.iter().copied().map(Amount::from).collect(),
            heard_at: cash.heard_at.to_string(),
        }
    }
}

/// List money that lies at the provider, the longest first
#[utoipa::path(
    get, path = "/api/v1/provider-cash", tag = "Unapplied and unidentified", params(ProviderCashQuery),
    responses((status = 200, description = "A page of money at the provider.", body = ListResponse<ProviderCashResponse>))
)]
pub(crate) async fn list_provider_cash(
    caller: Caller,
    StrictQuery(query): StrictQuery<ProviderCashQuery>,
) -> Result<ApiResponse, ApiError> {
    let list = ListScope::new(&caller, "provider-cash", &[]);
    let page = validate(|errors| list.page(query.limit.as_deref(), query.cursor.as_deref(), errors))?;
    let found = caller.store().all_provider_cash(caller.business_id(), &page).await?;
    let customers = try_join_all(found.items.iter().map(|cash| customer_of(&caller, cash))).await?;
    let items = found.items.iter().zip(customers).map(|(cash, customer)| ProviderCashResponse::of(cash, customer));
    let paged = Paged { items: items.collect(), next_cursor: found.next_cursor };
    ApiResponse::ok(&list.respond(paged, |cash: ProviderCashResponse| cash))
}

/// The customer may have become known after the money.
async fn customer_of(caller: &Caller, cash: &ProviderCash) -> Result<Option<Customer>, ApiError> {
    let (store, b) = (caller.store(), caller.business_id());
    match store.customer_at_provider(b, cash.provider, &cash.customer).await? {
        Some(id) => Ok(store.customer(b, &id).await?),
        None => Ok(None),
    }
}
