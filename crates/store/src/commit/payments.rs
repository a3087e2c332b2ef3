//! What a change of a payment or a credit note writes: of what lies in its partition only what is different.

use std::collections::BTreeSet;

use receivables::provider_fact::Provider;
use receivables::{CreditNote, ObjectId, Payment};

use super::{Contested, IfRefused, Writes};
use crate::items::{credit_notes, payments, text};
use crate::keys::{self, Unique};
use crate::table::StoreError;

impl Writes<'_> {
    pub(super) fn payment_started(&mut self, payment: &Payment) -> Result<(), StoreError> {
        self.put_new(self.core, payments::of_payment(payment)?, IfRefused::AlreadyDone)?;
        self.payment_parts(None, payment)
    }

    /// The payment's record under its version, and of what belongs to it what changed.
    pub(super) fn payment_changed(&mut self, was: &Payment, now: &Payment) -> Result<(), StoreError> {
        let refused = IfRefused::Contested(Contested::Payment(now.id.clone()));
        self.put_over(self.core, payments::of_payment(now)?, was.version, refused)?;
        self.payment_parts(Some(was), now)
    }

    fn payment_parts(&mut self, was: Option<&Payment>, now: &Payment) -> Result<(), StoreError> {
        for (place, after) in now.allocations.iter().enumerate() {
            if was.and_then(|was| was.allocations.get(place)) != Some(after) {
                self.put_item(self.core, payments::of_allocation(now, place, after)?)?;
            }
        }
        for place in now.allocations.len()..was.map_or(0, |was| was.allocations.len()) {
            self.delete(&keys::allocation(&now.business, &now.id, place))?;
        }
        for (object, fact) in &now.facts.0 {
            if was.and_then(|was| was.facts.0.get(object)) != Some(fact) {
                self.put_item(self.core, payments::of_fact(now, object, fact)?)?;
            }
        }
        let before = was.map(|was| was.facts.names()).unwrap_or_default();
        let names = now.facts.names();
        // What was adopted is claimed also where its name is known, so that nothing kept of it is passed over.
        let adopted: BTreeSet<ObjectId> = self.adopted.keys().cloned().collect();
        for object in names.difference(&before).chain(adopted.difference(&names)) {
            self.provider_object(now, object)?;
        }
        self.payment_reviews(was, now)?;
        // What is in the business's lists says whose it is.
        let was = was.filter(|was| was.customer == now.customer);
        let unapplied = |payment: &Payment| (!payment.unapplied.is_zero()).then_some(payment.unapplied);
        match (was.and_then(unapplied), unapplied(now)) {
            (before, Some(after)) if before != Some(after) => self.put_item(self.core, payments::of_unapplied(now)?),
            (Some(_), None) => self.delete(&keys::unapplied_of_payment(&now.business, &now.id)),
            (Some(_) | None, Some(_) | None) => Ok(()),
        }
    }

    /// The name by which a payment is found when its provider speaks of the object. Where something was kept of the object
    /// before it was anybody's, that must have been heard: all of it, and nothing newer.
    fn provider_object(&mut self, payment: &Payment, object: &ObjectId) -> Result<(), StoreError> {
        let key = keys::object(&payment.business, Provider::Stripe, object);
        let refused = IfRefused::Contested(Contested::Waiting(object.clone()));
        let set = "SET payment = if_not_exists(payment, :payment) REMOVE gsi2pk, gsi2sk";
        let mut values = vec![(":payment", text(payment.id.as_str()))];
        let condition = match self.adopted.get(object) {
            Some(version) => {
                values.push((":heard", crate::items::number(*version)));
                "version = :heard AND (attribute_not_exists(payment) OR payment = :payment)"
            }
            None => "attribute_not_exists(version) OR attribute_exists(payment)",
        };
        self.update(&key, set, Some(condition), values, refused)
    }

    fn payment_reviews(&mut self, was: Option<&Payment>, now: &Payment) -> Result<(), StoreError> {
        let before = was.map(Payment::reviews).unwrap_or_default();
        let after = now.reviews();
        let handed = was.is_some_and(|was| was.customer != now.customer);
        for review in after.iter().filter(|review| handed || !before.contains(review)) {
            self.put_item(self.core, payments::of_review(now, review)?)?;
        }
        for gone in before.iter().filter(|review| !after.iter().any(|now| now.name == review.name)) {
            self.delete(&keys::review(&now.business, &now.id, &gone.name))?;
        }
        Ok(())
    }

    pub(super) fn credit_note_issued(&mut self, note: &CreditNote) -> Result<(), StoreError> {
        self.put_new(self.core, credit_notes::of_credit_note(note)?, IfRefused::AlreadyDone)?;
        self.unique(&note.business, Unique::CreditNoteNumber, note.number.as_str(), note.id.as_str())?;
        self.credit_note_parts(None, note)
    }

    pub(super) fn credit_note_changed(&mut self, was: &CreditNote, now: &CreditNote) -> Result<(), StoreError> {
        let refused = IfRefused::Contested(Contested::CreditNote(now.id.clone()));
        self.put_over(self.core, credit_notes::of_credit_note(now)?, was.version, refused)?;
        self.credit_note_parts(Some(was), now)
    }

    fn credit_note_parts(&mut self, was: Option<&CreditNote>, now: &CreditNote) -> Result<(), StoreError> {
        for (place, after) in now.allocations.iter().enumerate() {
            if was.and_then(|was| was.allocations.get(place)) != Some(after) {
                self.put_item(self.core, credit_notes::of_allocation(now, place, after)?)?;
            }
        }
        let unapplied = |note: &CreditNote| (!note.unapplied.is_zero()).then_some(note.unapplied);
        match (was.and_then(unapplied), unapplied(now)) {
            (before, Some(after)) if before != Some(after) => {
                self.put_item(self.core, credit_notes::of_unapplied(now)?)
            }
            (Some(_), None) => self.delete(&keys::unapplied_of_credit_note(&now.business, &now.id)),
            (Some(_) | None, Some(_) | None) => Ok(()),
        }
    }
}
