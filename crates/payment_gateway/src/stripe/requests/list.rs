//! Lists: the refunds and chargebacks of a payment, the transactions of a payout or of a time, and events.
//!
//! Stripe gives a list in pages, the newest first; the next page begins after the last id of this one.

use bytes::Bytes;
use jiff::Timestamp;
use receivables::payout::BalanceTransaction;
use receivables::{ObjectId, Report};
use serde::Deserialize;
use serde_json::value::RawValue;
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};
use stripe_core::balance_transaction::ListBalanceTransaction;
use stripe_core::dispute::ListDispute;
use stripe_core::event::ListEvent;
use stripe_core::refund::ListRefund;
use stripe_types::RangeQueryTs;

use super::Client;
use super::fetch::payment_reports;
use super::refund::is_intent;
use crate::meaning::Unreadable;
use crate::orders::{EventsPage, ListedEvent, TransactionsPage};
use crate::request_error::RequestError;
use crate::stripe::field::{Field, document, record};
use crate::stripe::reports::{Fetchable, is_fee, object_meaning, sum_of};

/// Objects on a page; Stripe gives no more.
const PAGE_MAX: i64 = 100;
/// Events on a page. They are larger, and each may hold a whole checkout.
const EVENTS_PAGE_MAX: i64 = 50;
/// Pages of one list.
const PAGES_MAX: usize = 500;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Page<'a> {
    #[serde(borrow)]
    data: Field<'a>,
    has_more: Field<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ListItem<'a> {
    #[serde(borrow)]
    id: Field<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Transaction<'a> {
    #[serde(borrow)]
    id: Field<'a>,
    r#type: Field<'a>,
    reporting_category: Field<'a>,
    source: Field<'a>,
    amount: Field<'a>,
    fee: Field<'a>,
    net: Field<'a>,
    currency: Field<'a>,
    exchange_rate: Field<'a>,
    created: Field<'a>,
}

impl Client {
    /// Every refund and every chargeback of the money that an intent took, or a charge that has no intent.
    pub async fn money_back_of(&self, intent: &ObjectId) -> Result<Vec<Report>, RequestError> {
        let (refunds, disputes) = if is_intent(intent) {
            let id = intent.as_str();
            (ListRefund::new().payment_intent(id), ListDispute::new().payment_intent(id))
        } else {
            (ListRefund::new().charge(intent.as_str()), ListDispute::new().charge(intent.as_str()))
        };
        let mut reports = Vec::new();
        for (kind, request) in [
            (Fetchable::Refund, refunds.limit(PAGE_MAX).build()),
            (Fetchable::Chargeback, disputes.limit(PAGE_MAX).build()),
        ] {
            for page in self.pages(&request).await? {
                for item in items(&page)? {
                    let listed = payment_reports(object_meaning(kind, item.get().as_bytes())?)?;
                    // The request named the object that carries the money; the listed objects need not name it themselves.
                    reports.extend(listed.into_iter().map(|report| Report { of: Some(intent.clone()), ..report }));
                }
            }
        }
        Ok(reports)
    }

    /// A page of the transactions of a payout, the payout's own included. `after` is the `more` of the page before.
    pub async fn balance_transactions(
        &self,
        payout: &ObjectId,
        after: Option<&str>,
    ) -> Result<TransactionsPage, RequestError> {
        self.transactions(ListBalanceTransaction::new().payout(payout.as_str()), after).await
    }

    /// A page of all movements of the account since an instant, of any payout or none. `after` is the `more` of the page before.
    pub async fn balance_transactions_since(
        &self,
        created: Timestamp,
        after: Option<&str>,
    ) -> Result<TransactionsPage, RequestError> {
        let since = RangeQueryTs::gte(created.as_second());
        self.transactions(ListBalanceTransaction::new().created(since), after).await
    }

    async fn transactions(
        &self,
        request: ListBalanceTransaction,
        after: Option<&str>,
    ) -> Result<TransactionsPage, RequestError> {
        let mut request = request.limit(PAGE_MAX);
        if let Some(after) = after {
            request = request.starting_after(after);
        }
        let body = self.transport.send(request.build(), None).await?;
        let transactions = items(&body)?.into_iter().map(transaction).collect::<Result<_, _>>()?;
        Ok(TransactionsPage { more: next(&body)?.map(String::from), transactions })
    }

    /// A page of the events since an instant, of every type; Stripe keeps thirty days. `after` is the `more` of the page before.
    pub async fn events_since(&self, created: Timestamp, after: Option<&str>) -> Result<EventsPage, RequestError> {
        let since = RangeQueryTs::gte(created.as_second());
        let mut request = ListEvent::new().created(since).limit(EVENTS_PAGE_MAX);
        if let Some(after) = after {
            request = request.starting_after(after);
        }
        let body = self.transport.send(request.build(), None).await?;
        let mut events = Vec::new();
        for item in items(&body)? {
            events.push(ListedEvent { id: id_of(item)?, body: item.get().as_bytes().to_vec() });
        }
        Ok(EventsPage { more: next(&body)?.map(String::from), events })
    }

    /// All pages of a list.
    pub(super) async fn pages(&self, first: &RequestBuilder) -> Result<Vec<Bytes>, RequestError> {
        let mut pages = Vec::new();
        let mut after: Option<ObjectId> = None;
        while pages.len() < PAGES_MAX {
            let mut request = RequestBuilder::new(StripeMethod::Get, first.path.clone());
            let query = first.query.as_deref().unwrap_or_default();
            request.query = Some(match after {
                Some(after) => format!("{query}&starting_after={after}"),
                None => query.to_owned(),
            });
            let body = self.transport.send(request, None).await?;
            after = next(&body)?;
            pages.push(body);
            if after.is_none() {
                return Ok(pages);
            }
        }
        Err(RequestError::Unreadable { reason: format!("the list has more than {PAGES_MAX} pages") })
    }
}

/// The objects of a page.
pub(super) fn items(body: &[u8]) -> Result<Vec<&RawValue>, Unreadable> {
    let page: Page<'_> = document(body)?;
    let list = page.data.raw().filter(|raw| raw.get().starts_with('['));
    let list = list.ok_or(Unreadable::because("the list has no items"))?;
    serde_json::from_str(list.get()).map_err(|_| Unreadable::because("the list cannot be read"))
}

/// The id after which the next page begins, if there is one.
fn next(body: &[u8]) -> Result<Option<ObjectId>, Unreadable> {
    let page: Page<'_> = document(body)?;
    match items(body)?.last() {
        Some(last) if page.has_more.flag() == Some(true) => id_of(last).map(Some),
        Some(_) | None => Ok(None),
    }
}

fn id_of(item: &RawValue) -> Result<ObjectId, Unreadable> {
    let named: ListItem<'_> = record(item)?;
    named.id.id().ok_or(Unreadable::because("something in the list has no id"))
}

fn transaction(item: &RawValue) -> Result<BalanceTransaction, Unreadable> {
    let transaction: Transaction<'_> = record(item)?;
    let kind = transaction.r#type.word().ok_or(Unreadable::because("a balance transaction has no type"))?;
    let is_fee_by_category = is_fee(transaction.r#type, transaction.reporting_category) && !kind.ends_with("_fee");
    Ok(BalanceTransaction {
        id: id_of(item)?,
        // The journal knows a fee by its kind.
        kind: if is_fee_by_category { format!("{kind}_fee") } else { kind },
        source: transaction.source.id(),
        gross: sum_of(transaction.amount, transaction.currency)?,
        fee: sum_of(transaction.fee, transaction.currency)?,
        net: sum_of(transaction.net, transaction.currency)?,
        exchange_rate: transaction.exchange_rate.decimal(),
        at: transaction.created.instant().ok_or(Unreadable::because("a balance transaction has no date"))?,
    })
}
