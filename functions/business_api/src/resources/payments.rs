//! Payments: started by the business for a customer, who pays on the provider's page.

pub(crate) mod apply;
pub(crate) mod refunds;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use operations::StartPayment;
use receivables::payment::{ALLOCATIONS_PER_PAYMENT_MAX, Origin};
use receivables::provider_object::{ObjectState, RefundRank, RefundState};
use receivables::{Currency, Money, Payment, PaymentId, Refusal};
use serde::{Deserialize, Serialize};
use store::Paged;
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::idempotency::{Posted, Work};
use crate::http::pagination::{List, Listing};
use crate::http::response::{Answer, Failure};
use crate::http::strict_query::Asked;
use crate::http::validation::{Faults, checked};
use crate::resources::allocations::{AllocationDraft, AllocationShape, NO_SUCH_INVOICE, invoices_named};
use crate::resources::amount::Amount;
use crate::resources::customers::{customer_id_of, customer_of_field};

/// Payments looked up at a time.
const LOOK_UPS_AT_ONCE: usize = 20;

/// A payment that the business starts for a customer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct PaymentDraft {
    /// Our id of the customer, or your `external_id`.
    #[schema(example = "C-1024")]
    customer: String,
    /// ISO 4217; that of every invoice it is for.
    #[schema(example = "EUR")]
    currency: String,
    /// What it is for, in the order in which cash is applied.
    #[schema(min_items = 1, max_items = 1000)]
    allocations: Vec<AllocationDraft>,
}

/// A payment, and how it stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payment)]
pub(crate) struct PaymentShape {
    id: String,
    /// started, `needs_action`, processing, settled, failed or cancelled; of a settled payment that went back whole, refunded or
    /// `charged_back`.
    #[schema(example = "started")]
    status: &'static str,
    /// Our id of the customer.
    customer: String,
    /// What was asked for.
    amount: Amount,
    /// What came.
    received: Amount,
    /// What of it was sent back, or is on its way there.
    refunded: Amount,
    /// What of it the issuer took back.
    charged_back: Amount,
    /// What came and covers no invoice.
    unapplied: Amount,
    /// What came in other currencies; it covers nothing, and is in the reviews.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    suspense: Vec<Amount>,
    /// What of a transfer has arrived, before it is whole. Not told in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    arrived: Option<Amount>,
    allocations: Vec<AllocationShape>,
    refunds: Vec<RefundShape>,
    /// Where the customer pays, while that page is open.
    #[schema(required)]
    checkout_url: Option<String>,
    provider: ProviderObjects,
    /// RFC 3339, UTC.
    started_at: String,
    /// When the funds became yours. RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    settled_at: Option<String>,
}

/// Money of a payment that is sent back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Refund)]
pub(crate) struct RefundShape {
    /// Our id of the order, or the provider's of a refund that was made there.
    id: String,
    amount: Amount,
    /// Our id of the invoice whose allocation gives it, where one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    invoice: Option<String>,
    /// pending, succeeded, failed, or refused by the provider.
    #[schema(example = "succeeded")]
    status: &'static str,
    /// Why it was ordered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
}

/// The provider's ids of what belongs to a payment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderObjects {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    session: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    intent: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PaymentQuery {
    /// Our id of the customer, or your `external_id`.
    customer: String,
    /// How many at most, 1 to 100; 50 where nothing is said.
    #[param(value_type = u32, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the page before, under the same filters.
    cursor: Option<String>,
}

impl PaymentShape {
    pub(crate) fn of(payment: &Payment, now: Timestamp) -> Self {
        let open =
            payment.checkout.as_ref().filter(|checkout| payment.state.checkout_is_live() && checkout.expires_at > now);
        let intent = payment.provider_state.0.iter().find(|(_, fact)| matches!(fact, ObjectState::Intent(_)));
        Self {
            id: payment.id.to_string(),
            status: payment.status(),
            customer: payment.customer.to_string(),
            amount: payment.amount.into(),
            received: payment.received.into(),
            refunded: payment.refunded.into(),
            charged_back: payment.charged_back.into(),
            unapplied: payment.unapplied.into(),
            suspense: payment.suspense.iter().copied().map(Amount::from).collect(),
            arrived: payment.arrived().map(Amount::from),
            allocations: payment.allocations.iter().map(AllocationShape::from).collect(),
            refunds: refunds_of(payment),
            checkout_url: open.map(|checkout| checkout.url.clone()),
            provider: ProviderObjects {
                session: payment.checkout.as_ref().map(|checkout| checkout.id.to_string()),
                intent: intent.map(|(id, _)| id.to_string()),
            },
            started_at: payment.started_at.to_string(),
            settled_at: payment.settled_at.map(|at| at.to_string()),
        }
    }
}

/// What was ordered to be sent back, and what the provider sent back by itself.
fn refunds_of(payment: &Payment) -> Vec<RefundShape> {
    let heard = || {
        payment.provider_state.0.iter().filter_map(|(object, fact)| match fact {
            ObjectState::Refund(refund) => Some((object, refund)),
            ObjectState::Checkout(_)
            | ObjectState::Intent(_)
            | ObjectState::Chargeback(_)
            | ObjectState::Concern(_) => None,
        })
    };
    let word = |rank: RefundRank| match rank {
        RefundRank::Pending => "pending",
        RefundRank::Succeeded => "succeeded",
        RefundRank::Failed => "failed",
    };
    let ordered = payment.refunds.iter().map(|order| RefundShape {
        id: order.id.to_string(),
        amount: order.amount.into(),
        invoice: order.invoice.as_ref().map(ToString::to_string),
        status: match (&order.refused, heard().find(|(_, refund)| refund.order.as_ref() == Some(&order.id))) {
            (Some(_), _) => "refused",
            (None, Some((_, refund))) => word(refund.rank),
            (None, None) => "pending",
        },
        reason: Some(order.reason.as_str().to_owned()),
    });
    let known = |refund: &RefundState| payment.refunds.iter().any(|order| refund.order.as_ref() == Some(&order.id));
    let elsewhere = heard().filter(|(_, refund)| !known(refund)).map(|(object, refund)| RefundShape {
        id: object.to_string(),
        amount: refund.amount.in_currency(payment.currency()).into(),
        invoice: None,
        status: word(refund.rank),
        reason: None,
    });
    ordered.chain(elsewhere).collect()
}

impl PaymentDraft {
    fn read(&self, faults: &mut Faults) -> Option<(Currency, Vec<Money>)> {
        let currency = faults.read::<Currency>("currency", &self.currency);
        let count = self.allocations.len();
        if count == 0 {
            faults.note("allocations", Refusal::NothingToPay);
        } else if count > ALLOCATIONS_PER_PAYMENT_MAX {
            faults.note("allocations", Refusal::TooManyAllocations { max: ALLOCATIONS_PER_PAYMENT_MAX });
        }
        let currency = currency?;
        let mut amounts = Vec::with_capacity(count);
        for (place, part) in self.allocations.iter().enumerate() {
            let read = Money::parse(&part.amount, currency);
            amounts.extend(faults.take(&format!("allocations[{place}].amount"), read));
        }
        Some((currency, amounts))
    }
}

/// Start a payment
///
/// Answers with the provider's page on which the customer pays. Where a payment of the very same amounts is open already,
/// that one is answered, so that nobody pays twice.
#[utoipa::path(
    post, path = "/api/v1/payments", tag = "Payments", request_body = PaymentDraft,
    responses((status = 201, description = "The payment is started", body = PaymentShape))
)]
pub(crate) async fn start_payment(posted: Posted) -> Result<Response, Failure> {
    let draft: PaymentDraft = posted.shape()?;
    let (currency, amounts) = checked(|faults| draft.read(faults))?;
    Ok(posted.once(|work| start(work, draft, currency, amounts)).await)
}

async fn start(work: Work, draft: PaymentDraft, currency: Currency, amounts: Vec<Money>) -> Result<Answer, Failure> {
    let caller = &work.caller;
    let customer = customer_of_field(caller, "customer", &draft.customer).await?;
    let ids = invoices_named(caller, &draft.allocations).await?;
    let invoices = caller.store().invoices(caller.business_id(), &ids).await?;
    // The books hold a payment's invoices to one customer and currency; that they are those said here is asked here.
    checked(|faults| {
        for (place, id) in ids.iter().enumerate() {
            let field = format!("allocations[{place}].invoice");
            match invoices.get(id) {
                Some(invoice) if invoice.customer != customer.id => {
                    faults.note(&field, "expected an invoice of the customer");
                }
                Some(invoice) if invoice.currency() != currency => {
                    faults.note(&field, Refusal::OtherCurrency { field: field.clone(), expected: currency });
                }
                Some(_) => {}
                None => faults.note(&field, NO_SUCH_INVOICE),
            }
        }
        Some(())
    })?;
    let id = work.payment_id();
    let asked = StartPayment {
        id,
        origin: Origin::Api,
        locale: caller.business.locale_for(customer.profile.locale),
        parts: ids.into_iter().zip(amounts).collect(),
    };
    let started = operations::start_payment(work.context(), &caller.business, asked, caller.now).await?;
    Answer::json(StatusCode::CREATED, &PaymentShape::of(&started.payment, caller.now))
}

/// Show a payment
#[utoipa::path(
    get, path = "/api/v1/payments/{id}", tag = "Payments",
    params(("id" = String, Path, description = "Our id of the payment")),
    responses((status = 200, description = "The payment", body = PaymentShape))
)]
pub(crate) async fn show_payment(caller: Caller, Path(id): Path<String>) -> Result<Answer, Failure> {
    let payment = payment_of_path(&caller, &id).await?;
    Answer::ok(&PaymentShape::of(&payment, caller.now))
}

/// The payment that an address names.
pub(crate) async fn payment_of_path(caller: &Caller, text: &str) -> Result<Payment, Failure> {
    let id: PaymentId = text.parse().map_err(|_| Failure::not_found())?;
    caller.store().payment(caller.business_id(), &id).await?.ok_or_else(Failure::not_found)
}

/// List the payments of a customer, newest first
#[utoipa::path(
    get, path = "/api/v1/payments", tag = "Payments", params(PaymentQuery),
    responses((status = 200, description = "A page of payments", body = List<PaymentShape>))
)]
pub(crate) async fn list_payments(caller: Caller, Asked(asked): Asked<PaymentQuery>) -> Result<Answer, Failure> {
    let (store, business) = (caller.store(), caller.business_id());
    let list = Listing::new(business, "payments", &[Some(&asked.customer)]);
    let page = checked(|faults| list.page(asked.limit.as_deref(), asked.cursor.as_deref(), faults))?;
    let heads = match customer_id_of(&caller, &asked.customer).await? {
        Some(customer) => store.payments_of(business, &customer, &page).await?,
        None => Paged { items: Vec::new(), next_cursor: None },
    };
    // The list holds no allocations; each payment is one query.
    let whole: Vec<_> = heads.items.iter().map(|head| store.payment(business, &head.id)).collect();
    let whole: Vec<Option<Payment>> = stream::iter(whole).buffered(LOOK_UPS_AT_ONCE).try_collect().await?;
    let items = whole.into_iter().flatten().collect();
    let paged = Paged { items, next_cursor: heads.next_cursor };
    Answer::ok(&list.answer(paged, |payment| PaymentShape::of(&payment, caller.now)))
}
