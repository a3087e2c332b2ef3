//! Showing an invoice with its form, and starting a payment of it: the same whether the payer came by a link or signed in.

use axum::http::StatusCode;
use axum::response::Response;
use function_runtime::http::log_failure;
use futures::future::try_join_all;
use jiff::civil::Date;
use operations::{OperationError, StartPayment, charge_rule, start_payment};
use receivables::invoice::Status;
use receivables::payment::{OnlinePayable, Origin};
use receivables::{Actor, Business, Customer, Invoice, InvoiceId, Locale, Money, Payment, PaymentId};
use serde::Deserialize;

use crate::components::NavItem;
use crate::failure::{Failure, see_other};
use crate::invoices::page::invoice_page;
use crate::invoices::view::invoice_view;
use crate::pay_form::view::{PayFault, PayForm, fault_of_provider, fault_of_refusal, read_amount};
use crate::request_context::RequestContext;

/// Payments looked at for the day on which an invoice was paid.
const PAYMENTS_LOOKED_AT_MAX: usize = 5;

/// An invoice that a visitor may see and pay.
pub(crate) struct PayableInvoice {
    pub(crate) request: RequestContext,
    pub(crate) invoice: Invoice,
    pub(crate) customer: Customer,
    pub(crate) origin: Origin,
    /// The address that the form is posted to.
    pub(crate) action: String,
    /// The address of the page with the form.
    pub(crate) address: String,
    /// Only within an account.
    pub(crate) nav_item: Option<NavItem>,
}

#[derive(Deserialize)]
pub(crate) struct PayPost {
    #[serde(default)]
    amount: String,
    #[serde(default)]
    payment: String,
}

/// What is shown again with a form that could not be taken.
struct Rejected {
    payment: PaymentId,
    typed: String,
    fault: PayFault,
}

impl PayableInvoice {
    /// The page with a fresh form.
    pub(crate) async fn show(self) -> Result<Response, Failure> {
        self.render(StatusCode::OK, None).await
    }

    /// Starts the payment and sends the payer to the hosted page.
    pub(crate) async fn pay(self, post: PayPost) -> Result<Response, Failure> {
        let localizer = self.request.localizer_for(&self.customer);
        let now = self.request.now;
        let payment = post.payment.parse().unwrap_or_else(|_| self.request.state.ids.payment_id(now));
        // Where nothing can be paid online, what comes may still be the same form rejected, whose payment is there. All else is
        // answered by the page, which says itself why.
        let rule = charge_rule(self.request.context(), self.invoice.head.currency());
        let online = OnlinePayable::of(&self.invoice.head.balance, rule).most();
        let most = online.unwrap_or(self.invoice.head.balance.payable());
        let rejected = |fault| Rejected { payment: payment.clone(), typed: post.amount.clone(), fault };
        let amount = match read_amount(&post.amount, localizer.locale, self.invoice.head.currency(), most) {
            Ok(amount) => amount,
            Err(_) if online.is_none() => return Ok(see_other(&self.address)),
            Err(fault) => return self.render(StatusCode::UNPROCESSABLE_ENTITY, Some(rejected(fault))).await,
        };
        let started = self.start(payment.clone(), amount, localizer.locale).await;
        match started {
            Ok(address) => Ok(see_other(&address)),
            Err(
                OperationError::Refused(_)
                | OperationError::PayerMustChange { .. }
                | OperationError::ProviderRefused { .. },
            ) if online.is_none() => Ok(see_other(&self.address)),
            Err(OperationError::Refused(refusal)) => match fault_of_refusal(&refusal, rule, most) {
                Some(fault) => self.render(StatusCode::UNPROCESSABLE_ENTITY, Some(rejected(fault))).await,
                // The page itself says that it is paid, or that a payment is on its way.
                None => Ok(see_other(&self.address)),
            },
            Err(OperationError::Conflict) => self.render(StatusCode::CONFLICT, Some(rejected(PayFault::Changed))).await,
            Err(error) => match fault_of_provider(&error) {
                Some(fault) => {
                    log_failure(&error);
                    let status = if fault == PayFault::NotOnline {
                        StatusCode::SERVICE_UNAVAILABLE
                    } else {
                        StatusCode::UNPROCESSABLE_ENTITY
                    };
                    self.render(status, Some(rejected(fault))).await
                }
                None => Err(error.into()),
            },
        }
    }

    async fn start(&self, id: PaymentId, amount: Money, locale: Locale) -> Result<String, OperationError> {
        let request = &self.request;
        let command = StartPayment {
            id,
            origin: self.origin.clone(),
            locale,
            parts: vec![(self.invoice.head.id.clone(), amount)],
        };
        let context = request.context().acting_as(self.actor());
        Ok(start_payment(&context, &request.business, command, request.now).await?.checkout_url)
    }

    /// Who pays, for the audit: the link, or the customer who signed in.
    fn actor(&self) -> Actor {
        match &self.origin {
            Origin::PayLink(link) => Actor::PayLink(link.clone()),
            Origin::Portal => Actor::Customer(self.customer.id.clone()),
            Origin::Api | Origin::Provider => Actor::Program,
        }
    }

    async fn render(self, status: StatusCode, rejected: Option<Rejected>) -> Result<Response, Failure> {
        let paid_on = self.paid_on().await?;
        let request = self.request.with_return_address(self.address);
        let localizer = request.localizer_for(&self.customer);
        let view = invoice_view(
            &self.invoice,
            charge_rule(request.context(), self.invoice.head.currency()),
            request.today(),
            paid_on,
        );
        let (payment, typed, fault) = match rejected {
            Some(rejected) => (rejected.payment, Some(rejected.typed), Some(rejected.fault)),
            None => (request.state.ids.payment_id(request.now), None, None),
        };
        let form = match view.online {
            OnlinePayable::UpTo { most, rule, .. } => {
                Some(PayForm { action: self.action, payment, most, minimum: rule.minimum, typed, fault })
            }
            OnlinePayable::Nothing
            | OnlinePayable::UnchargeableRemainder { .. }
            | OnlinePayable::BelowMinimum { .. }
            | OnlinePayable::CurrencyNotCharged { .. } => None,
        };
        Ok(request.page(status, localizer, self.nav_item, invoice_page(localizer, &view, form.as_ref())))
    }

    /// The day on which a paid invoice was paid; others are not looked up.
    async fn paid_on(&self) -> Result<Option<Date>, Failure> {
        if self.invoice.head.balance.status() != Status::Paid {
            return Ok(None);
        }
        let (store, business) = (&self.request.context().store, &self.request.business);
        let ids = store.payments_of_invoice(&business.id, &self.invoice.head.id).await?;
        let reads = ids.iter().take(PAYMENTS_LOOKED_AT_MAX).map(|id| store.payment(&business.id, id));
        let payments: Vec<_> = try_join_all(reads).await?.into_iter().flatten().collect();
        Ok(last_paid_on(&payments, &self.invoice.head.id, business))
    }
}

/// The day on which the last money for an invoice arrived, among payments that were meant for it.
pub(crate) fn last_paid_on(payments: &[Payment], invoice: &InvoiceId, business: &Business) -> Option<Date> {
    let for_it = |payment: &&Payment| {
        payment.allocations().iter().any(|allocation| allocation.invoice == *invoice && !allocation.applied.is_zero())
    };
    let last = payments.iter().filter(for_it).filter_map(receivables::Payment::settled_at).max();
    last.map(|at| business.time_zone.date_at(at))
}
