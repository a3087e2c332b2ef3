//! What a provider refused when the page of a payment was to be opened.

use jiff::Timestamp;

use super::{Instrument, Payment, Review, ReviewKind};
use crate::decision::{Change, Decision};
use crate::provider_object::ObjectId;

/// Something that the provider refused. A person of the business must see it: nobody else can mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageRefusal {
    /// It does not know the customer's id, or does not take it. The page is opened without the customer.
    Customer(ObjectId),
    /// It does not take the customer's e-mail address. The page is opened without it.
    EmailAddress,
    /// It opens no page, for the reason that its error code says.
    Page(String),
}

impl PageRefusal {
    /// What a person is shown of it.
    pub(crate) fn review(&self, payment: &Payment) -> Review {
        let (kind, of, object) = match self {
            Self::Customer(id) => (ReviewKind::CustomerRefused, id.as_str(), Some(id.clone())),
            Self::EmailAddress => (ReviewKind::EmailRefused, payment.id.as_str(), None),
            Self::Page(code) => (ReviewKind::PageRefused, code.as_str(), None),
        };
        super::reviews::review(kind, of, object, payment.amount)
    }
}

/// Records what the provider refused of a payment's page. `None` where it is known, or no page is wanted any more.
pub fn page_refused(before: &Payment, refusal: PageRefusal, now: Timestamp) -> Option<(Payment, Decision)> {
    let mut payment = before.clone();
    let Instrument::Page(page) = &mut payment.instrument else { return None };
    let wanted = before.state().checkout_is_live() && page.checkout.is_none();
    if !wanted || page.refusals.contains(&refusal) {
        return None;
    }
    page.refusals.push(refusal);
    payment.version += 1;
    let change = Change::PaymentChanged { before: Box::new(before.clone()), after: Box::new(payment.clone()) };
    let decision = Decision::new(payment.business.clone(), payment.customer.clone(), now).with_change(change);
    Some((payment, decision))
}
