//! Outgoing payments.

use receivables::{BusinessId, CustomerId, OutgoingPayment, OutgoingPaymentId};

use super::accounts::{Page, Paged};
use crate::error::StoreError;
use crate::items::{Index, outgoing_payments};
use crate::keys;
use crate::table::{Query, Range, Store};

impl Store {
    /// The outgoing payment of an id.
    pub async fn outgoing_payment(
        &self,
        b: &BusinessId,
        id: &OutgoingPaymentId,
    ) -> Result<Option<OutgoingPayment>, StoreError> {
        let item = self.get(&self.tables.core, &keys::outgoing_payment(b, id)).await?;
        item.map(outgoing_payments::outgoing_payment).transpose()
    }

    /// The outgoing payments of a customer, newest first.
    pub async fn outgoing_payments_of(
        &self,
        b: &BusinessId,
        c: &CustomerId,
        page: &Page,
    ) -> Result<Paged<OutgoingPayment>, StoreError> {
        let pk = keys::account(b, c);
        let range = Range::Prefix(keys::OUTGOING_PAYMENT);
        let query = Query { newest_first: true, ..Query::of(Index::Parent, &pk, range) };
        self.list(query, page, outgoing_payments::outgoing_payment).await
    }
}
