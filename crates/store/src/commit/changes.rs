//! What each change of a decision writes.

use aws_sdk_dynamodb::types::AttributeValue;
use receivables::customer::Profile;
use receivables::invoice::{HoldChange, InvoiceChange};
use receivables::pay_link::Scope;
use receivables::{Business, Change, Customer, Invoice, Money, PayLink, Provider};

use super::{Conflict, OnConditionFailed, Writes};
use crate::error::StoreError;
use crate::items::customers::RuleRecord;
use crate::items::{Item, customers, invoices, number, outgoing_payments, text};
use crate::keys::{self, Unique};

impl Writes<'_> {
    pub(super) fn change(&mut self, change: &Change) -> Result<(), StoreError> {
        match change {
            Change::CustomerRegistered(customer) => self.customer_registered(customer),
            Change::ProfileChanged { before, after } => self.profile_changed(before, after),
            Change::InvoiceIssued(invoice) => self.invoice_issued(invoice),
            Change::InvoiceChanged(change) => self.invoice_changed(change),
            Change::PayLinkIssued(link) => self.pay_link_issued(link),
            Change::PayLinkRevoked(link) => self.pay_link_revoked(link),
            Change::PaymentStarted(payment) => self.payment_started(payment),
            Change::PaymentChanged { before, after } => self.payment_changed(before, after),
            Change::CreditNoteIssued(note) => self.credit_note_issued(note),
            Change::CreditNoteChanged { before, after } => self.credit_note_changed(before, after),
            Change::CreditPaidOut(outgoing) => {
                let item = outgoing_payments::of_outgoing_payment(outgoing)?;
                self.put_new(self.core, item, OnConditionFailed::AlreadyDone)
            }
            Change::CreditPayoutReversed { before, after } => {
                let refused = OnConditionFailed::Conflict(Conflict::OutgoingPayment(after.id.clone()));
                let (was, is) =
                    (outgoing_payments::of_outgoing_payment(before)?, outgoing_payments::of_outgoing_payment(after)?);
                self.change_over(&was, &is, before.version, refused)
            }
        }
    }

    /// Nothing else of the business is written, so that what another sets meanwhile stays.
    pub(super) fn settings(&mut self, before: &Business, after: &Business) -> Result<(), StoreError> {
        let amounts = after.write_off_tolerances.iter();
        let amounts = amounts.map(|(currency, amount)| (currency.to_string(), number(amount.minor()))).collect();
        let rules = after.not_ours.iter().map(|rule| serde_dynamo::to_attribute_value(RuleRecord::of(rule)));
        let rules = rules.collect::<Result<Vec<AttributeValue>, serde_dynamo::Error>>();
        let rules = rules.map_err(|error| StoreError::defect("encode", &error))?;
        let values = vec![
            (":tolerances", AttributeValue::M(amounts)),
            (":outside", text(after.outside_payments.as_str())),
            (":refunds", text(after.provider_refunds.as_str())),
            (":not_ours", AttributeValue::L(rules)),
            (":was", number(before.version)),
            (":now", number(after.version)),
        ];
        // A business from before changes were counted has no version.
        let condition = if before.version == 0 {
            "attribute_exists(pk) AND (attribute_not_exists(version) OR version = :was)"
        } else {
            "version = :was"
        };
        let set = "SET write_off_tolerances = :tolerances, outside_payments = :outside, provider_refunds = :refunds, \
                   not_ours = :not_ours, version = :now";
        self.update(&keys::business(&after.id), set, Some(condition), values, OnConditionFailed::AlreadyDone)
    }

    fn customer_registered(&mut self, customer: &Customer) -> Result<(), StoreError> {
        self.put_new(self.core, customers::of_customer(customer)?, OnConditionFailed::AlreadyDone)?;
        self.customer_values(customer, None)
    }

    fn profile_changed(&mut self, before: &Customer, after: &Customer) -> Result<(), StoreError> {
        let refused = OnConditionFailed::Conflict(Conflict::Customer);
        let (was, is) = (customers::of_customer(before)?, customers::of_customer(after)?);
        self.change_over(&was, &is, before.version, refused)?;
        self.customer_values(after, Some(&before.profile))
    }

    /// The values by which a customer is found: their external id, which is theirs alone, and their address, which is not.
    fn customer_values(&mut self, customer: &Customer, before: Option<&Profile>) -> Result<(), StoreError> {
        let (b, profile) = (&customer.business, &customer.profile);
        let external = profile.external_id.as_ref();
        if external != before.and_then(|before| before.external_id.as_ref()) {
            if let Some(id) = external {
                self.unique(b, Unique::CustomerExternalId, id.as_str(), customer.id.as_str())?;
            }
            if let Some(id) = before.and_then(|before| before.external_id.as_ref()) {
                self.delete(&keys::unique(b, Unique::CustomerExternalId, id.as_str()))?;
            }
        }
        let known = |provider: &Provider| before.and_then(|before| before.provider_ids.get(provider));
        for (provider, id) in profile.provider_ids.iter().filter(|(provider, id)| known(provider) != Some(*id)) {
            self.unique(b, Unique::CustomerAtProvider(*provider), id.as_str(), customer.id.as_str())?;
        }
        for (provider, id) in before.iter().flat_map(|before| &before.provider_ids) {
            if profile.provider_ids.get(provider) != Some(id) {
                self.delete(&keys::unique(b, Unique::CustomerAtProvider(*provider), id.as_str()))?;
            }
        }
        let address = profile.email.as_ref().map(receivables::text::EmailAddress::folded);
        let before = before.and_then(|before| before.email.as_ref()).map(receivables::text::EmailAddress::folded);
        if address != before {
            if let Some(address) = address {
                let key = keys::email(b, &address, &customer.id);
                let item = Item::from([("target".to_owned(), text(customer.id.as_str()))]);
                self.put(&key, item)?;
            }
            if let Some(address) = before {
                self.delete(&keys::email(b, &address, &customer.id))?;
            }
        }
        Ok(())
    }

    fn invoice_issued(&mut self, invoice: &Invoice) -> Result<(), StoreError> {
        let head = &invoice.head;
        let (b, id) = (&head.business, head.id.as_str());
        self.issued.push(head.id.clone());
        self.put_new(self.core, invoices::of_head(head)?, OnConditionFailed::AlreadyDone)?;
        self.put_new(self.core, invoices::of_lines(invoice)?, OnConditionFailed::AlreadyDone)?;
        self.unique(b, Unique::InvoiceNumber, head.number.as_str(), id)?;
        match &head.external_id {
            Some(external) => self.unique(b, Unique::InvoiceExternalId, external.as_str(), id),
            None => Ok(()),
        }
    }

    /// Amounts as differences and a hold by its path, so that nothing is written that was not decided on, and what is not known
    /// here stays.
    fn invoice_changed(&mut self, change: &InvoiceChange) -> Result<(), StoreError> {
        let (mut sets, mut remove) = (vec!["version = :next".to_owned()], "");
        let mut values = vec![(":seen", number(change.version_before)), (":next", number(change.version_after()))];
        let grown = |by: Option<(Money, Money)>| by.map_or(0, |(before, after)| after.minor() - before.minor());
        for (name, place, by) in [
            ("applied", ":applied", change.applied.minor()),
            ("charged_back", ":charged_back", change.charged_back.minor()),
            ("written_off", ":written_off", grown(change.written_off)),
            ("bad_debt", ":bad_debt", grown(change.bad_debt)),
        ] {
            if by != 0 {
                sets.push(format!("{name} = {name} + {place}"));
                values.push((place, number(by)));
            }
        }
        let (before, after) = change.places();
        if before != after {
            sets.push("gsi1sk = :in_account, gsi2sk = :in_business".to_owned());
            let in_account = keys::invoice_in_account(after, change.zero.currency(), &change.invoice);
            values.push((":in_account", text(&in_account)));
            values.push((":in_business", text(&keys::invoice_in_business(after, &change.invoice))));
        }
        let mut names = Vec::new();
        if let Some(HoldChange { holder, after, .. }) = &change.hold {
            names.push(("#holder", holder.as_str()));
            match after {
                Some(hold) => {
                    sets.push("holds.#holder = :hold".to_owned());
                    values.push((":hold", invoices::of_hold(hold)?));
                }
                None => remove = " REMOVE holds.#holder",
            }
        }
        let expression = format!("SET {}{remove}", sets.join(", "));
        let refused = OnConditionFailed::Conflict(Conflict::Invoice(change.invoice.clone()));
        let key = keys::invoice(self.business, &change.invoice);
        self.update_named(&key, &expression, Some("version = :seen"), values, &names, refused)
    }

    /// The invoice names its newest link. One that is issued in the same transaction is written with it already, and an item is
    /// written once in a transaction.
    fn pay_link_issued(&mut self, link: &PayLink) -> Result<(), StoreError> {
        self.put_new(self.core, invoices::of_pay_link(link)?, OnConditionFailed::AlreadyDone)?;
        let Scope::Invoice(invoice) = &link.scope;
        if self.issued.contains(invoice) {
            return Ok(());
        }
        let refused = OnConditionFailed::Conflict(Conflict::Invoice(invoice.clone()));
        let key = keys::invoice(self.business, invoice);
        let values = vec![(":link", text(link.id.as_str()))];
        self.update(&key, "SET pay_link = :link", Some("attribute_exists(pk)"), values, refused)
    }

    fn pay_link_revoked(&mut self, link: &PayLink) -> Result<(), StoreError> {
        let at = link.revoked_at.map(|at| at.to_string()).unwrap_or_default();
        let key = keys::pay_link(&link.token_hash);
        let refused = OnConditionFailed::Conflict(Conflict::PayLink);
        self.update(
            &key,
            "SET revoked_at = if_not_exists(revoked_at, :at)",
            Some("attribute_exists(pk)"),
            vec![(":at", text(&at))],
            refused,
        )
    }
}
