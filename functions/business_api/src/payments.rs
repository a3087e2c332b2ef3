//! Payments: started by the business for a customer, who pays on the provider's page.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use operations::StartPayment;
use receivables::payment::{ALLOCATIONS_PER_PAYMENT_MAX, Origin};
use receivables::provider_fact::ObjectFact;
use receivables::{Currency, InvoiceId, Money, Payment, PaymentId, Refusal};
use serde::{Deserialize, Serialize};
use store::Paged;
use utoipa::{IntoParams, ToSchema};

use crate::answer::{Answer, Failure};
use crate::caller::Caller;
use crate::cursor::{List, Listing};
use crate::customers::{customer_id_of, customer_of_field};
use crate::faults::{Faults, checked};
use crate::invoices::invoice_id_of;
use crate::posted::{Posted, Work};
use crate::query::Asked;
use crate::shapes::Amount;

/// Invoices or payments looked up at a time.
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
    #[schema(min_items = 1, max_items = 45)]
    allocations: Vec<AllocationDraft>,
}

/// This much of a payment for this invoice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct AllocationDraft {
    /// Our id of the invoice, or its number.
    #[schema(example = "2026-0042")]
    invoice: String,
    #[schema(example = "40.00")]
    amount: String,
}

/// A payment, and how it stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payment)]
pub(crate) struct PaymentShape {
    id: String,
    /// started, `needs_action`, processing, settled, failed or cancelled.
    #[schema(example = "started")]
    status: &'static str,
    /// Our id of the customer.
    customer: String,
    /// What was asked for.
    amount: Amount,
    /// What came.
    received: Amount,
    /// What came and covers no invoice.
    unapplied: Amount,
    allocations: Vec<AllocationShape>,
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

/// This much of a payment for this invoice. Amounts are in the payment's currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Allocation)]
pub(crate) struct AllocationShape {
    /// Our id of the invoice.
    invoice: String,
    number: String,
    /// What the payer meant for it.
    amount: String,
    /// What is applied to it.
    applied: String,
    /// What is on its way to it.
    pending: String,
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
    fn of(payment: &Payment, now: Timestamp) -> Self {
        let open =
            payment.checkout.as_ref().filter(|checkout| payment.state.checkout_is_live() && checkout.expires_at > now);
        let intent = payment.facts.0.iter().find(|(_, fact)| matches!(fact, ObjectFact::Intent(_)));
        let allocation = |part: &receivables::Allocation| AllocationShape {
            invoice: part.invoice.to_string(),
            number: part.number.to_string(),
            amount: part.intended.to_plain(),
            applied: part.applied.to_plain(),
            pending: part.pending.to_plain(),
        };
        Self {
            id: payment.id.to_string(),
            status: payment.state.as_str(),
            customer: payment.customer.to_string(),
            amount: payment.amount.into(),
            received: payment.received.into(),
            unapplied: payment.unapplied.into(),
            allocations: payment.allocations.iter().map(allocation).collect(),
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
    let started = operations::start_payment(work.rooms(), &caller.business, asked, caller.now).await?;
    Answer::json(StatusCode::CREATED, &PaymentShape::of(&started.payment, caller.now))
}

/// What names no invoice of the business.
const NO_SUCH_INVOICE: &str = "expected our id of an invoice, or the number of one";

async fn invoices_named(caller: &Caller, parts: &[AllocationDraft]) -> Result<Vec<InvoiceId>, Failure> {
    let named: Vec<_> = parts.iter().map(|part| invoice_id_of(caller, &part.invoice)).collect();
    let ids: Vec<Option<InvoiceId>> = stream::iter(named).buffered(LOOK_UPS_AT_ONCE).try_collect().await?;
    checked(|faults| {
        for (place, id) in ids.iter().enumerate() {
            if id.is_none() {
                faults.note(&format!("allocations[{place}].invoice"), NO_SUCH_INVOICE);
            }
        }
        Some(ids.into_iter().flatten().collect())
    })
}

/// Show a payment
#[utoipa::path(
    get, path = "/api/v1/payments/{id}", tag = "Payments",
    params(("id" = String, Path, description = "Our id of the payment")),
    responses((status = 200, description = "The payment", body = PaymentShape))
)]
pub(crate) async fn show_payment(caller: Caller, Path(id): Path<String>) -> Result<Answer, Failure> {
    let id: PaymentId = id.parse().map_err(|_| Failure::not_found())?;
    let payment = caller.store().payment(caller.business_id(), &id).await?.ok_or_else(Failure::not_found)?;
    Answer::ok(&PaymentShape::of(&payment, caller.now))
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
