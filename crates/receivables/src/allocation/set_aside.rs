//! What of single allocations is not to be had again: their invoices gave it up for good.

use std::collections::BTreeMap;

use crate::ids::InvoiceId;
use crate::money::Money;

/// What allocations gave up for good, by invoice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SetAside {
    /// What was sent back of one allocation by choice. Such an invoice gets nothing of what its source has left over.
    pub(crate) sent_back: BTreeMap<InvoiceId, Money>,
    /// What a credit note covers in its place.
    pub(crate) credited: BTreeMap<InvoiceId, Money>,
}

impl SetAside {
    /// How much of the allocation to an invoice; `None` where it gave nothing up.
    pub(crate) fn of(&self, invoice: &InvoiceId) -> Option<Money> {
        match (self.sent_back.get(invoice), self.credited.get(invoice)) {
            (Some(sent), Some(credited)) => Some(sent.checked_add(*credited).unwrap_or(*sent)),
            (sent, credited) => sent.or(credited).copied(),
        }
    }

    /// Whether the invoice gets nothing more of the source by itself.
    pub(crate) fn bars(&self, invoice: &InvoiceId) -> bool {
        self.sent_back.contains_key(invoice)
    }
}

/// Adds a part to what is known of an invoice.
pub(crate) fn add_part(parts: &mut BTreeMap<InvoiceId, Money>, invoice: &InvoiceId, part: Money) {
    let sum = parts.entry(invoice.clone()).or_insert(Money::zero(part.currency()));
    *sum = sum.checked_add(part).unwrap_or(*sum);
}
