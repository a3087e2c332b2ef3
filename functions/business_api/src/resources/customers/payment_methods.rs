//! The saved payment methods of a customer.

use axum::extract::Path;
use receivables::saved_method::MethodRefusal;
use serde::Serialize;
use store::SavedMethod;
use utoipa::ToSchema;

use super::customer_of_path;
use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::response::ApiResponse;

/// The saved payment methods of a customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaymentMethods)]
pub(crate) struct PaymentMethodsResponse {
    /// All of them, also those that cannot be charged any more.
    data: Vec<PaymentMethodResponse>,
}

/// A payment method that a customer has saved at a payment provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaymentMethod)]
pub(crate) struct PaymentMethodResponse {
    /// The provider's id of the method: give it as `payment_method` to start a payment that charges it.
    #[schema(example = "pm_1QGuichetExample4242")]
    id: String,
    /// The payment provider that has it.
    #[schema(example = "stripe")]
    provider: String,
    /// What it is, in the provider's word, such as `card` or `sepa_debit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "card")]
    kind: Option<String>,
    /// The card's scheme, or the bank.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "visa")]
    brand: Option<String>,
    /// The last four digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "4242")]
    last4: Option<String>,
    /// The last day printed on a card. A card may work after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "date")]
    expires_on: Option<String>,
    /// Whether a payment may charge it while the customer is away.
    chargeable: bool,
    /// Why not: `no_consent` (it was saved only to be shown again on the payment page), `payment_method_removed`, `mandate_ended`,
    /// `payment_method_declined` (a charge was declined for good: see `declined_because`) or `no_such_payment_method` (its provider is
    /// not configured, or has told too little of it).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<&'static str>,
    /// Why a charge was declined for good, in the words of a payment's `decline`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    declined_because: Option<&'static str>,
}

impl PaymentMethodResponse {
    fn of(caller: &Caller, method: &SavedMethod) -> Self {
        let is_configured = caller.state.context.gateways.of(method.provider).is_ok();
        let refusal = match method.state.check_chargeable(method.ended.as_ref()) {
            Ok(()) if is_configured => None,
            Ok(()) => Some(MethodRefusal::NotOfCustomer),
            Err(refusal) => Some(refusal),
        };
        let look = method.state.look.as_ref();
        Self {
            id: method.id.to_string(),
            provider: method.provider.to_string(),
            kind: method.state.kind.clone(),
            brand: look.and_then(|look| look.brand.clone()),
            last4: look.and_then(|look| look.last4.clone()),
            expires_on: look.and_then(|look| look.good_until).map(|day| day.to_string()),
            chargeable: refusal.is_none(),
            reason: refusal.as_ref().map(MethodRefusal::code),
            declined_because: match refusal {
                Some(MethodRefusal::Declined(reason)) => Some(reason.as_str()),
                Some(
                    MethodRefusal::NotOfCustomer
                    | MethodRefusal::Removed
                    | MethodRefusal::MandateEnded
                    | MethodRefusal::NoConsent
                    | MethodRefusal::OtherCurrency(_),
                )
                | None => None,
            },
        }
    }
}

/// List the saved payment methods of a customer
///
/// Those that the payment provider has told of. A method can be charged while the customer is away if they agreed to that when they
/// saved it (at Stripe: a setup with `usage=off_session`, or a payment with `setup_future_usage=off_session`).
#[utoipa::path(
    get, path = "/api/v1/customers/{id}/payment-methods", tag = "Customers",
    params(("id" = String, Path, description = "The customer's id, or your `external_id`.")),
    responses((status = 200, description = "The methods.", body = PaymentMethodsResponse))
)]
pub(crate) async fn list_payment_methods(caller: Caller, Path(id): Path<String>) -> Result<ApiResponse, ApiError> {
    let customer = customer_of_path(&caller, &id).await?;
    let methods = caller.store().methods_of(caller.business_id(), &customer.id).await?;
    let data = methods.iter().map(|method| PaymentMethodResponse::of(&caller, method)).collect();
    ApiResponse::ok(&PaymentMethodsResponse { data })
}
