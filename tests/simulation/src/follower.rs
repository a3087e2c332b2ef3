//! A reader who follows what changes while a world is played. At rest it must have every document as it is.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::str::FromStr;
use std::time::Duration;

use aws_sdk_dynamodb::config::SharedInterceptor;
use receivables::payment::StoredPayment;
use receivables::{BusinessId, CreditNote, CreditNoteId, Customer, CustomerId, Invoice, InvoiceId, Payment, PaymentId};
use store::{ChangePlace, Page, Store, StoreError};
use testing::{Calls, World};

use super::Failure;

/// Few enough that a block is split over pages.
const PER_PAGE: usize = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(2);

/// What was read of one kind of document, and up to where.
struct Copies<I, D> {
    place: ChangePlace,
    documents: BTreeMap<I, D>,
}

/// A reader with a copy of every document, whose own calls are never broken.
pub(super) struct Follower {
    store: Store,
    b: BusinessId,
    customers: Copies<CustomerId, Customer>,
    invoices: Copies<InvoiceId, Invoice>,
    payments: Copies<PaymentId, StoredPayment>,
    notes: Copies<CreditNoteId, CreditNote>,
}

impl<I: FromStr + Ord + Debug, D: PartialEq + Debug> Copies<I, D> {
    fn none() -> Self {
        Self { place: "1.0".parse().expect("a place"), documents: BTreeMap::new() }
    }

    async fn read_on(
        &mut self,
        store: &Store,
        b: &BusinessId,
        read: impl AsyncFn(Vec<I>) -> Result<Vec<(I, D)>, StoreError>,
    ) -> Result<(), StoreError> {
        loop {
            let page = store.changed::<I>(b, self.place, PER_PAGE).await?;
            // Only what was read is passed.
            self.documents.extend(read(page.ids).await?);
            self.place = page.next;
            if !page.has_more {
                return Ok(());
            }
        }
    }

    fn agree(&self, now: Option<&D>, id: &I) -> Result<(), Failure> {
        let copy = self.documents.get(id);
        if copy == now {
            return Ok(());
        }
        Err(Failure::new("a change was missed", format!("{id:?} was read as {copy:?}, and is {now:?}")))
    }
}

/// A poll is put off without a decision, and is not shown.
fn without_poll(payment: Payment) -> StoredPayment {
    StoredPayment { next_poll_at: None, ..payment.into_stored() }
}

impl Follower {
    pub(super) fn of(world: &World) -> Self {
        let store = world.local.store_watched_by(&SharedInterceptor::new(Calls::default()));
        Self {
            store: store.with_first_pause(FIRST_PAUSE),
            b: world.local.business.clone(),
            customers: Copies::none(),
            invoices: Copies::none(),
            payments: Copies::none(),
            notes: Copies::none(),
        }
    }

    /// Reads what has changed.
    pub(super) async fn read_on(&mut self) -> Result<(), StoreError> {
        let Self { store, b, customers, invoices, payments, notes } = self;
        let read = async |ids: Vec<CustomerId>| {
            let read = store.readable_customers(b, &ids).await?;
            Ok(read.into_iter().map(|customer| (customer.id.clone(), customer)).collect())
        };
        customers.read_on(store, b, read).await?;
        let read = async |ids: Vec<InvoiceId>| {
            let read = store.readable_invoices(b, &ids).await?;
            Ok(read.into_iter().map(|invoice| (invoice.head.id.clone(), invoice)).collect())
        };
        invoices.read_on(store, b, read).await?;
        let read = async |ids: Vec<PaymentId>| {
            let mut all = Vec::new();
            for id in ids {
                all.extend(store.readable_payment(b, &id).await?.map(|payment| (id, without_poll(payment))));
            }
            Ok(all)
        };
        payments.read_on(store, b, read).await?;
        let read = async |ids: Vec<CreditNoteId>| {
            let mut all = Vec::new();
            for id in ids {
                all.extend(store.readable_credit_note(b, &id).await?.map(|note| (id, note)));
            }
            Ok(all)
        };
        notes.read_on(store, b, read).await
    }

    /// Every document that the lists for people have at rest is as it was read last.
    pub(super) async fn agrees(&self) -> Result<(), Failure> {
        let (store, b, page) = (&self.store, &self.b, Page::first(100));
        let lost = |error: StoreError| Failure::new("the tables", error);
        for customer in store.customers(b, &page).await.map_err(lost)?.items {
            let id = customer.id.clone();
            self.customers.agree(Some(&customer), &id)?;
            for head in store.payments_of(b, &id, &page).await.map_err(lost)?.items {
                let now = store.payment(b, head.id()).await.map_err(lost)?;
                self.payments.agree(now.map(without_poll).as_ref(), head.id())?;
            }
        }
        for head in store.invoices_of_business(b, &page).await.map_err(lost)?.items {
            self.invoices.agree(store.invoice(b, &head.id).await.map_err(lost)?.as_ref(), &head.id)?;
        }
        for head in store.credit_notes(b, &page).await.map_err(lost)?.items {
            self.notes.agree(store.credit_note(b, &head.id).await.map_err(lost)?.as_ref(), &head.id)?;
        }
        Ok(())
    }
}
