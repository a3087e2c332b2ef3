//! Payments: started by the business for a customer, who pays on the provider's page, or found at the provider.

pub(crate) mod cash;
pub(crate) mod refunds;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use operations::{ChargeMethod, StartPayment};
use receivables::payment::{ALLOCATIONS_PER_PAYMENT_MAX, Instead, Origin, StartRefusal, State};
use receivables::provider_object::ObjectState;
use receivables::saved_method::MethodRefusal;
use receivables::{Currency, CustomerId, InvoiceId, Money, ObjectId, Payment, PaymentId};
use serde::{Deserialize, Serialize};
use store::Paged;
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::changes::{ChangesPage, ChangesQuery};
use crate::http::error::ApiError;
use crate::http::idempotency::IdempotentRequest;
use crate::http::pagination::{ListResponse, ListScope};
use crate::http::response::ApiResponse;
use crate::http::strict_query::StrictQuery;
use crate::http::validation::{FieldErrors, validate};
use crate::resources::allocations::{
    AllocationRequest, AllocationResponse, NO_SUCH_INVOICE, check_at_least_one, invoice_ids,
};
use crate::resources::amount::Amount;
use crate::resources::customers::{NO_SUCH_CUSTOMER, customer_id_of, customer_of_field};
use crate::resources::payments::refunds::{RefundResponse, refunds_of};

/// Payments that are read at the same time.
const LOOK_UPS_AT_ONCE: usize = 20;

/// A payment to start.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = PaymentDraft)]
pub(crate) struct PaymentRequest {
    /// The customer's id, or your `external_id`.
    #[serde(default)]
    #[schema(required, example = "C-1024")]
    customer: String,
    /// An ISO 4217 code. Every invoice in `allocations` must have this currency.
    #[serde(default)]
    #[schema(required, example = "EUR")]
    currency: String,
    /// The invoices to pay, in this order, with an amount for each.
    #[serde(default)]
    #[schema(required, min_items = 1, max_items = 1000)]
    allocations: Vec<AllocationRequest>,
    /// The id of a saved payment method of the customer, which is charged at once, without the customer. Left out, the customer pays on
    /// the page at `checkout_url`.
    #[schema(example = "pm_1QGuichetExample4242")]
    payment_method: Option<String>,
}

/// A payment and what became of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payment)]
pub(crate) struct PaymentResponse {
    /// Guichet's id of the payment.
    id: String,
    /// `started`, `needs_action`, `processing`, `settled`, `failed` or `cancelled`; `refunded`, `charged_back` or
    /// `returned` (by the payer's bank) or `paid_out` (by your bank) if a settled payment went back entirely.
    #[schema(example = "started")]
    status: &'static str,
    /// The customer's id.
    customer: String,
    /// The amount that the payer was asked for.
    amount: Amount,
    /// The amount that arrived.
    received: Amount,
    /// The part of `received` that was refunded, or is being refunded.
    refunded: Amount,
    /// The part of `received` that the card issuer took back.
    charged_back: Amount,
    /// How much of it you sent back by your bank, by outgoing payments.
    paid_out: Amount,
    /// The part of `received` that covers no invoice.
    unapplied: Amount,
    /// Amounts that arrived in other currencies. They cover no invoice, and a review asks someone to look at them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    suspense: Vec<Amount>,
    /// The part of a bank transfer that has arrived so far, while more is expected. Not given in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    arrived: Option<Amount>,
    /// The invoices that the payment is for.
    allocations: Vec<AllocationResponse>,
    /// The refunds of the payment.
    refunds: Vec<RefundResponse>,
    /// How the money is asked for: on a `page` of the provider, by charging a saved `payment_method`, or from `outside`, where the
    /// provider told of it.
    #[schema(example = "page")]
    instrument: &'static str,
    /// The saved payment method that was charged.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    payment_method: Option<String>,
    /// Why charging the saved method brought no money.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    decline: Option<DeclineResponse>,
    /// The payment that asks the customer for the same on a page, because charging their method needs them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next_payment: Option<String>,
    /// The provider's page on which the customer pays: of this payment, or of `next_payment` (in lists only of this one). Null once it
    /// is closed.
    #[schema(required)]
    checkout_url: Option<String>,
    /// The provider's objects for this payment.
    provider: ProviderObjects,
    /// When the payment was started. RFC 3339, UTC.
    started_at: String,
    /// When the provider settled the funds. RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    settled_at: Option<String>,
}

/// Why charging a saved method brought no money.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Decline)]
pub(crate) struct DeclineResponse {
    /// `authentication_required`, `insufficient_funds`, `over_limit`, `bank_unavailable`, `expired`, `wrong_details`, `barred`,
    /// `account_closed`, `not_authorised`, `method_removed`, `not_supported`, `provider_refused` or `refused`. Do not tell the customer
    /// `barred`.
    #[schema(example = "insufficient_funds")]
    code: &'static str,
    /// `ask_the_customer` (they confirm on a page: see `next_payment`), `try_later` (the same method, with another payment),
    /// `use_another_method`, or `check_the_provider_account`.
    #[schema(example = "try_later")]
    what_to_do: &'static str,
    /// The provider's own word.
    #[schema(example = "insufficient_funds")]
    provider_code: String,
}

/// The provider's ids of the objects that belong to a payment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderObjects {
    /// The checkout session.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    session: Option<String>,
    /// The payment intent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    intent: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PaymentQuery {
    /// The customer's id, or your `external_id`. Required without `changed_since`.
    customer: Option<String>,
    /// Items per page, 1 to 100. Default: 50.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the previous page, with the same filters.
    cursor: Option<String>,
    /// For programs: lists what changed since this instant, RFC 3339, in the order in which it changed. Only for the first page;
    /// after it, give `next_cursor` as `cursor` and leave this out.
    #[param(format = "date-time")]
    changed_since: Option<String>,
}

impl PaymentResponse {
    pub(crate) fn of(payment: &Payment, now: Timestamp) -> Self {
        Self::with_page(payment, None, now)
    }

    /// The payment, and the one on whose page the customer is asked for the same.
    fn with_page(payment: &Payment, page: Option<&Payment>, now: Timestamp) -> Self {
        let charge = payment.charge();
        let decline = charge.filter(|_| payment.state() == State::Failed).and_then(|charge| charge.decline.as_ref());
        Self {
            id: payment.id().to_string(),
            status: payment.status(),
            customer: payment.customer().to_string(),
            amount: payment.amount().into(),
            received: payment.received().into(),
            refunded: payment.refunded().into(),
            charged_back: payment.charged_back().into(),
            paid_out: payment.paid_out().into(),
            unapplied: payment.unapplied().into(),
            suspense: payment.suspense().iter().copied().map(Amount::from).collect(),
            arrived: payment.arrived().map(Amount::from),
            allocations: payment.allocations().iter().map(AllocationResponse::from).collect(),
            refunds: refunds_of(payment),
            instrument: payment.instrument().as_str(),
            payment_method: charge.map(|charge| charge.method.to_string()),
            decline: decline.map(|decline| DeclineResponse {
                code: decline.reason.as_str(),
                what_to_do: decline.remedy.as_str(),
                provider_code: decline.word.clone(),
            }),
            next_payment: next_payment(payment).map(PaymentId::to_string),
            checkout_url: open_page(payment, now).or(page.and_then(|page| open_page(page, now))),
            provider: ProviderObjects::of(payment),
            started_at: payment.started_at().to_string(),
            settled_at: payment.settled_at().map(|at| at.to_string()),
        }
    }
}

impl ProviderObjects {
    fn of(payment: &Payment) -> Self {
        let charged = payment.charge().and_then(|charge| charge.intent.as_ref());
        let reported = || payment.provider_state().0.iter().find(|(_, state)| matches!(state, ObjectState::Intent(_)));
        Self {
            session: payment.checkout().map(|checkout| checkout.id.to_string()),
            intent: charged.or_else(|| reported().map(|(id, _)| id)).map(ToString::to_string),
        }
    }
}

/// The address of a payment's page while one can pay on it.
fn open_page(payment: &Payment, now: Timestamp) -> Option<String> {
    let open = payment.checkout().filter(|checkout| payment.state().checkout_is_live() && checkout.expires_at > now);
    open.map(|checkout| checkout.url.clone())
}

/// The payment that asks for the same on a page.
fn next_payment(payment: &Payment) -> Option<&PaymentId> {
    match payment.charge()?.instead.as_ref()? {
        Instead::Page(page) => Some(page),
        Instead::Nothing => None,
    }
}

impl PaymentRequest {
    fn read(&self, errors: &mut FieldErrors) -> Option<(Currency, Vec<Money>)> {
        let currency = errors.parse::<Currency>("currency", &self.currency);
        let count = self.allocations.len();
        check_at_least_one(&self.allocations, errors);
        if count > ALLOCATIONS_PER_PAYMENT_MAX {
            errors.add("allocations", StartRefusal::TooManyAllocations { max: ALLOCATIONS_PER_PAYMENT_MAX });
        }
        let currency = currency?;
        let mut amounts = Vec::with_capacity(count);
        for (index, allocation) in self.allocations.iter().enumerate() {
            let amount = Money::parse(&allocation.amount, currency);
            amounts.extend(errors.check(&format!("allocations[{index}].amount"), amount));
        }
        Some((currency, amounts))
    }

    /// The method to charge. What is no provider's id is no method of the customer.
    fn method(&self, errors: &mut FieldErrors) -> Option<ObjectId> {
        let text = self.payment_method.as_deref()?;
        errors.check(MethodRefusal::FIELD, text.parse().map_err(|_| MethodRefusal::NotOfCustomer))
    }
}

/// Start a payment
///
/// Opens a page at the payment provider on which the customer pays the given invoices: `checkout_url`. If such a payment with
/// exactly these amounts is open already, the answer is that payment, so that nobody pays twice. Refused if an invoice belongs to
/// another customer or currency, if an amount is more than the invoice has open, or if another payment of an invoice is on its way.
///
/// With `payment_method` that method is charged now, without the customer; a page that is open for the invoices is closed first. The
/// answer is the payment as it then stands: `settled`; `processing`, which a bank debit is for days; `failed`, with the `decline`; or
/// `started` where the provider has not answered yet: it is asked until it does, and you need not repeat anything. If the customer must
/// confirm the charge, `next_payment` asks them for the same at `checkout_url`. Refused if the method is not the customer's, was not saved
/// for charges while they are away, was removed or declined for good, or is not for the currency.
#[utoipa::path(
    post, path = "/api/v1/payments", tag = "Payments", request_body = PaymentRequest,
    responses((status = 201, description = "The payment was started.", body = PaymentResponse))
)]
pub(crate) async fn start_payment(request: IdempotentRequest) -> Result<Response, ApiError> {
    let body: PaymentRequest = request.json()?;
    let (currency, amounts) = validate(|errors| body.read(errors))?;
    let method = validate(|errors| Some(body.method(errors)))?;
    request
        .run_once(async |run| {
            let caller = &run.caller;
            let customer = customer_of_field(caller, "customer", &body.customer).await?;
            let invoices = invoices_to_pay(caller, &body.allocations, &customer.id, currency).await?;
            let (id, locale) = (run.payment_id(), caller.business.locale_for(customer.profile.locale));
            let parts = invoices.into_iter().zip(amounts).collect();
            let (context, business, now) = (run.context(), &caller.business, caller.now);
            let answer = if let Some(method) = method {
                let new = ChargeMethod { id, customer: customer.id, method, locale, parts };
                let charged = operations::charge_method(context, business, new, now).await?;
                PaymentResponse::with_page(&charged.payment, charged.page.as_ref(), now)
            } else {
                let new = StartPayment { id, origin: Origin::Api, locale, parts };
                PaymentResponse::of(&operations::start_payment(context, business, new, now).await?.payment, now)
            };
            ApiResponse::json(StatusCode::CREATED, &answer)
        })
        .await
}

/// The ids of the invoices, which must be of this customer and currency. The books only require that all of them have the same.
async fn invoices_to_pay(
    caller: &Caller,
    allocations: &[AllocationRequest],
    customer: &CustomerId,
    currency: Currency,
) -> Result<Vec<InvoiceId>, ApiError> {
    let ids = invoice_ids(caller, allocations).await?;
    let invoices = caller.store().invoice_heads(caller.business_id(), &ids).await?;
    validate(|errors| {
        for (index, id) in ids.iter().enumerate() {
            let field = format!("allocations[{index}].invoice");
            match invoices.get(id) {
                Some(invoice) if invoice.customer != *customer => {
                    errors.add(&field, "expected an invoice of the customer");
                }
                Some(invoice) if invoice.currency() != currency => {
                    errors.add(&field, StartRefusal::OtherCurrency { field: field.clone(), expected: currency });
                }
                Some(_) => {}
                None => errors.add_unknown(&field, NO_SUCH_INVOICE),
            }
        }
        Some(ids)
    })
}

/// Show a payment
#[utoipa::path(
    get, path = "/api/v1/payments/{id}", tag = "Payments",
    params(("id" = String, Path, description = "The payment's id.")),
    responses((status = 200, description = "The payment.", body = PaymentResponse))
)]
pub(crate) async fn show_payment(caller: Caller, Path(id): Path<String>) -> Result<ApiResponse, ApiError> {
    let payment = payment_of_path(&caller, &id).await?;
    let page = match next_payment(&payment) {
        Some(page) => caller.store().payment(caller.business_id(), page).await?,
        None => None,
    };
    ApiResponse::ok(&PaymentResponse::with_page(&payment, page.as_ref(), caller.now))
}

/// The payment in the path of a URL.
pub(crate) async fn payment_of_path(caller: &Caller, text: &str) -> Result<Payment, ApiError> {
    let id: PaymentId = text.parse().map_err(|_| ApiError::not_found())?;
    caller.store().payment(caller.business_id(), &id).await?.ok_or_else(ApiError::not_found)
}

/// List the payments of a customer, newest first
///
/// The list is made for people: what changes between two pages may be on neither. For programs use `changed_since`, which lists the
/// payments of all customers: nothing is missed, and what changes again comes again.
#[utoipa::path(
    get, path = "/api/v1/payments", tag = "Payments", params(PaymentQuery),
    responses((status = 200, description = "A page of payments.", body = ListResponse<PaymentResponse>))
)]
pub(crate) async fn list_payments(
    caller: Caller,
    StrictQuery(query): StrictQuery<PaymentQuery>,
) -> Result<ApiResponse, ApiError> {
    let (store, business) = (caller.store(), caller.business_id());
    let (limit, cursor) = (query.limit.as_deref(), query.cursor.as_deref());
    let filters = [("customer", query.customer.as_deref())];
    let changes = ChangesQuery { changed_since: query.changed_since.as_deref(), limit, cursor, filters: &filters };
    if let Some(page) = ChangesPage::asked(&caller, "payments", &changes)? {
        let listed = page.ids(&caller).await?;
        let reads: Vec<_> = listed.ids.iter().map(|id| store.readable_payment(business, id)).collect();
        let whole: Vec<Option<Payment>> = stream::iter(reads).buffered(LOOK_UPS_AT_ONCE).try_collect().await?;
        let payments = whole.iter().flatten().map(|payment| PaymentResponse::of(payment, caller.now)).collect();
        return ApiResponse::ok(&page.respond(&listed, payments));
    }
    let customer = query.customer.as_deref().unwrap_or_default();
    let list = ListScope::new(&caller, "payments", &[Some(customer)]);
    let page = validate(|errors| {
        if customer.is_empty() {
            errors.add_unknown("customer", NO_SUCH_CUSTOMER);
        }
        list.page(limit, cursor, errors)
    })?;
    let heads = match customer_id_of(&caller, customer).await? {
        Some(customer) => store.payments_of(business, &customer, &page).await?,
        None => Paged { items: Vec::new(), next_cursor: None },
    };
    // The list in the store has no allocations, so each payment is read on its own.
    let whole: Vec<_> = heads.items.iter().map(|head| store.payment(business, head.id())).collect();
    let whole: Vec<Option<Payment>> = stream::iter(whole).buffered(LOOK_UPS_AT_ONCE).try_collect().await?;
    let items = whole.into_iter().flatten().collect();
    let paged = Paged { items, next_cursor: heads.next_cursor };
    ApiResponse::ok(&list.respond(paged, |payment| PaymentResponse::of(&payment, caller.now)))
}
