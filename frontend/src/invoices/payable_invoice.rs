//! Showing an invoice with its form, and starting a payment of it: the same whether the payer came by a link or signed in.

use axum::http::StatusCode;
use axum::response::Response;
use futures::future::try_join_all;
use jiff::civil::Date;
use operations::{OperationError, StartPayment, start_payment};
use receivables::invoice::Status;
use receivables::payment::Origin;
use receivables::{Actor, Customer, Invoice, Money, PaymentId};
use serde::Deserialize;

use crate::components::Place;
use crate::failure::{Failure, see_other};
use crate::invoices::page::invoice_page;
use crate::invoices::view::invoice_view;
use crate::pay_form::view::{Online, PayFault, PayForm, fault_of_provider, fault_of_refusal, read_amount};
use crate::payments::view::last_paid_on;
use crate::request_context::Visit;

/// Payments looked at for the day on which an invoice was paid.
const PAYMENTS_LOOKED_AT_MAX: usize = 5;

/// An invoice that a visitor may see and pay.
pub(crate) struct Opened {
    pub(crate) visit: Visit,
    pub(crate) invoice: Invoice,
    pub(crate) customer: Customer,
    /// How the payer came.
    pub(crate) origin: Origin,
    /// Where the form is posted.
    pub(crate) action: String,
    /// Where the page is, from which the hosted page is reached and given up for.
    pub(crate) address: String,
    /// Where in their account the payer is.
    pub(crate) place: Option<Place>,
}

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct PayPost {
    #[serde(default)]
    amount: String,
    #[serde(default)]
    payment: String,
}

/// What is shown again with a form that could not be taken.
struct Again {
    payment: PaymentId,
    typed: String,
    fault: PayFault,
}

impl Opened {
    /// The page with a fresh form.
    pub(crate) async fn show(self) -> Result<Response, Failure> {
        self.render(StatusCode::OK, None).await
    }

    /// Starts the payment and sends the payer to the hosted page.
    pub(crate) async fn pay(self, post: PayPost) -> Result<Response, Failure> {
        let reader = self.visit.reader_for(&self.customer);
        let now = self.visit.now;
        let payment = post.payment.parse().unwrap_or_else(|_| self.visit.state.ids.payment_id(now));
        // Where nothing can be paid online, what comes may still be the same form again, whose payment is there. All else is
        // answered by the page, which says itself why.
        let online = Online::of(self.invoice.balance.payable()).most();
        let most = online.unwrap_or(self.invoice.balance.payable());
        let again = |fault| Again { payment: payment.clone(), typed: post.amount.clone(), fault };
        let amount = match read_amount(&post.amount, reader.locale, self.invoice.currency(), most) {
            Ok(amount) => amount,
            Err(_) if online.is_none() => return Ok(see_other(&self.address)),
            Err(fault) => return self.render(StatusCode::UNPROCESSABLE_ENTITY, Some(again(fault))).await,
        };
        let started = self.start(payment.clone(), amount, reader.locale).await;
        match started {
            Ok(address) => Ok(see_other(&address)),
            Err(OperationError::Refused(_) | OperationError::ProviderRefused { .. }) if online.is_none() => {
                Ok(see_other(&self.address))
            }
            Err(OperationError::Refused(refusal)) => match fault_of_refusal(&refusal, most) {
                Some(fault) => self.render(StatusCode::UNPROCESSABLE_ENTITY, Some(again(fault))).await,
                // The page itself says that it is paid, or that a payment is on its way.
                None => Ok(see_other(&self.address)),
            },
            Err(OperationError::Conflict) => self.render(StatusCode::CONFLICT, Some(again(PayFault::Changed))).await,
            Err(error) => match fault_of_provider(&error) {
                Some(fault) => self.render(StatusCode::UNPROCESSABLE_ENTITY, Some(again(fault))).await,
                None => Err(error.into()),
            },
        }
    }

    async fn start(&self, id: PaymentId, amount: Money, locale: receivables::Locale) -> Result<String, OperationError> {
        let visit = &self.visit;
        let asked =
            StartPayment { id, origin: self.origin.clone(), locale, parts: vec![(self.invoice.id.clone(), amount)] };
        let context = visit.context().acting_as(self.actor());
        Ok(start_payment(&context, &visit.business, asked, visit.now).await?.checkout_url)
    }

    /// Who pays, as the audit knows them: by how they came.
    fn actor(&self) -> Actor {
        match &self.origin {
            Origin::PayLink(link) => Actor::PayLink(link.clone()),
            Origin::Portal => Actor::Customer(self.customer.id.clone()),
            Origin::Api | Origin::Provider => Actor::Program,
        }
    }

    async fn render(self, status: StatusCode, again: Option<Again>) -> Result<Response, Failure> {
        let paid_on = self.paid_on().await?;
        let visit = self.visit.at(self.address);
        let reader = visit.reader_for(&self.customer);
        let view = invoice_view(&self.invoice, visit.today(), paid_on);
        let (payment, typed, fault) = match again {
            Some(again) => (again.payment, Some(again.typed), Some(again.fault)),
            None => (visit.state.ids.payment_id(visit.now), None, None),
        };
        let form = match view.online {
            Online::UpTo { most, rule, .. } => {
                Some(PayForm { action: self.action, payment, most, minimum: rule.minimum, typed, fault })
            }
            Online::Nothing | Online::Crumbs { .. } | Online::TooLittle { .. } | Online::OtherCurrency => None,
        };
        Ok(visit.page(status, reader, self.place, invoice_page(reader, &view, form.as_ref())))
    }

    /// The day on which a paid invoice was paid; not asked of others.
    async fn paid_on(&self) -> Result<Option<Date>, Failure> {
        if self.invoice.balance.status() != Status::Paid {
            return Ok(None);
        }
        let (store, business) = (&self.visit.context().store, &self.visit.business);
        let ids = store.payments_of_invoice(&business.id, &self.invoice.id).await?;
        let reads = ids.iter().take(PAYMENTS_LOOKED_AT_MAX).map(|id| store.payment(&business.id, id));
        let payments: Vec<_> = try_join_all(reads).await?.into_iter().flatten().collect();
        Ok(last_paid_on(&payments, &self.invoice, business))
    }
}
