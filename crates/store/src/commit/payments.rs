//! What a change of a payment or a credit note writes: of what lies in its partition only what is different.

use std::collections::BTreeSet;

use receivables::{CreditNote, ObjectId, Payment};

use super::{Conflict, OnConditionFailed, Writes};
use crate::error::StoreError;
use crate::items::{credit_notes, payments, text};
use crate::keys::{self, Unique};

impl Writes<'_> {
    pub(super) fn payment_started(&mut self, payment: &Payment) -> Result<(), StoreError> {
        self.put_new(self.core, payments::of_payment(payment)?, OnConditionFailed::AlreadyDone)?;
        self.payment_parts(None, payment)
    }

    /// The payment's record under its version, and of what belongs to it what changed.
    pub(super) fn payment_changed(&mut self, before: &Payment, after: &Payment) -> Result<(), StoreError> {
        let refused = OnConditionFailed::Conflict(Conflict::Payment(after.id().clone()));
        let (mut was, is) = (payments::of_payment(before)?, payments::of_payment(after)?);
        // It is due for another reason now, and what was tried for the last one is over.
        was.extend(["tries", "why"].map(|name| (name.to_owned(), text(""))));
        self.change_over(&was, &is, before.version(), refused)?;
        self.payment_parts(Some(before), after)
    }

    fn payment_parts(&mut self, before: Option<&Payment>, after: &Payment) -> Result<(), StoreError> {
        let refused = || OnConditionFailed::Conflict(Conflict::Payment(after.id().clone()));
        for (place, allocation) in after.allocations().iter().enumerate() {
            let known = before.and_then(|before| before.allocations().get(place));
            if known != Some(allocation) {
                let was = before
                    .zip(known)
                    .map(|(before, known)| payments::of_allocation(before, place, known))
                    .transpose()?;
                self.replace_part(was, payments::of_allocation(after, place, allocation)?, refused())?;
            }
        }
        for place in after.allocations().len()..before.map_or(0, |before| before.allocations().len()) {
            self.delete(&keys::allocation(after.business(), after.id(), place))?;
        }
        for (object, fact) in &after.provider_state().0 {
            let known = before.and_then(|before| Some((before, before.provider_state().0.get(object)?)));
            if known.is_none_or(|(_, known)| known != fact) {
                let was = known.map(|(before, known)| payments::of_fact(before, object, known)).transpose()?;
                self.change_part(was, payments::of_fact(after, object, fact)?, refused())?;
            }
        }
        let known = before.map(|before| before.provider_state().names()).unwrap_or_default();
        let names = after.provider_state().names();
        // What was adopted is claimed also where its name is known, so that nothing kept of it is passed over.
        let adopted: BTreeSet<ObjectId> = self.adopted.keys().cloned().collect();
        for object in names.difference(&known).chain(adopted.difference(&names)) {
            self.provider_object(after, object)?;
        }
        self.payment_reviews(before, after)?;
        // What is unapplied lies with the account whose it is.
        let unapplied = |payment: &Payment| (!payment.unapplied().is_zero()).then_some(payment.unapplied());
        let stays = before.filter(|before| before.customer() == after.customer()).and_then(unapplied);
        if let Some(left) = before.filter(|before| unapplied(before).is_some())
            && (left.customer() != after.customer() || after.unapplied().is_zero())
        {
            self.delete(&keys::unapplied_of_payment(left.business(), left.customer(), left.id()))?;
        }
        if unapplied(after).is_none() || stays == unapplied(after) {
            return Ok(());
        }
        let was = before.filter(|_| stays.is_some()).map(payments::of_unapplied).transpose()?;
        self.replace_part(was, payments::of_unapplied(after)?, refused())
    }

    /// The name by which a payment is found when its provider speaks of the object. Where something was kept of the object
    /// before it was anybody's, that must have been heard: all of it, and nothing newer.
    fn provider_object(&mut self, payment: &Payment, object: &ObjectId) -> Result<(), StoreError> {
        let key = keys::object(payment.business(), payment.provider(), object);
        let refused = OnConditionFailed::Conflict(Conflict::UnclaimedReports(object.clone()));
        let mut set = "SET payment = if_not_exists(payment, :payment)".to_owned();
        let mut values = vec![(":payment", text(payment.id().as_str()))];
        if let Some(fact) = payments::fact_of(payment, object) {
            set.push_str(", fact = if_not_exists(fact, :fact)");
            values.push((":fact", text(&fact)));
        }
        set.push_str(" REMOVE gsi2pk, gsi2sk");
        let condition = match self.adopted.get(object) {
            Some(version) => {
                values.push((":heard", crate::items::number(*version)));
                "version = :heard AND (attribute_not_exists(payment) OR payment = :payment)"
            }
            None => "attribute_not_exists(version) OR attribute_exists(payment)",
        };
        self.update(&key, &set, Some(condition), values, refused)
    }

    fn payment_reviews(&mut self, before: Option<&Payment>, after: &Payment) -> Result<(), StoreError> {
        let open = before.map(Payment::reviews).unwrap_or_default();
        let reviews = after.reviews();
        let handed = before.is_some_and(|before| before.customer() != after.customer());
        for review in reviews.iter().filter(|review| handed || !open.contains(review)) {
            let known = before.zip(open.iter().find(|other| other.name == review.name));
            let was = known.map(|(before, known)| payments::of_review(before, known)).transpose()?;
            let refused = OnConditionFailed::Conflict(Conflict::Payment(after.id().clone()));
            self.replace_part(was, payments::of_review(after, review)?, refused)?;
        }
        for gone in open.iter().filter(|review| !reviews.iter().any(|other| other.name == review.name)) {
            self.delete(&keys::review(after.business(), after.id(), &gone.name))?;
        }
        Ok(())
    }

    pub(super) fn credit_note_issued(&mut self, note: &CreditNote) -> Result<(), StoreError> {
        self.put_new(self.core, credit_notes::of_credit_note(note)?, OnConditionFailed::AlreadyDone)?;
        self.unique(&note.business, Unique::CreditNoteNumber, note.number.as_str(), note.id.as_str())?;
        self.credit_note_parts(None, note)
    }

    pub(super) fn credit_note_changed(&mut self, before: &CreditNote, after: &CreditNote) -> Result<(), StoreError> {
        let refused = OnConditionFailed::Conflict(Conflict::CreditNote(after.id.clone()));
        let (was, is) = (credit_notes::of_credit_note(before)?, credit_notes::of_credit_note(after)?);
        self.change_over(&was, &is, before.version, refused)?;
        self.credit_note_parts(Some(before), after)
    }

    fn credit_note_parts(&mut self, before: Option<&CreditNote>, after: &CreditNote) -> Result<(), StoreError> {
        let refused = || OnConditionFailed::Conflict(Conflict::CreditNote(after.id.clone()));
        for (place, allocation) in after.allocations.iter().enumerate() {
            let known = before.and_then(|before| before.allocations.get(place));
            if known != Some(allocation) {
                let was = before.zip(known).map(|(before, known)| credit_notes::of_allocation(before, place, known));
                self.replace_part(was.transpose()?, credit_notes::of_allocation(after, place, allocation)?, refused())?;
            }
        }
        let unapplied = |note: &CreditNote| (!note.unapplied.is_zero()).then_some(note.unapplied);
        match (before.and_then(unapplied), unapplied(after)) {
            (known, Some(amount)) if known != Some(amount) => {
                let was = before.filter(|_| known.is_some()).map(credit_notes::of_unapplied).transpose()?;
                self.replace_part(was, credit_notes::of_unapplied(after)?, refused())
            }
            (Some(_), None) => {
                self.delete(&keys::unapplied_of_credit_note(&after.business, &after.customer, &after.id))
            }
            (Some(_) | None, Some(_) | None) => Ok(()),
        }
    }
}
