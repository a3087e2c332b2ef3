//! Writing a decision: one transaction, conditions on everything it was decided on.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};
use jiff::civil::Date;
use receivables::customer::Profile;
use receivables::invoice::Standing;
use receivables::provider_fact::Provider;
use receivables::{
    BalanceMove, BusinessId, Change, Customer, CustomerId, Decision, Invoice, InvoiceId, PayLink, Payment, PaymentId,
};

use crate::items::events::{EventKey, EventState};
use crate::items::{Item, customers, invoices, ledger, number, payments, text};
use crate::keys::{self, Key, Unique};
use crate::table::{Store, StoreError, pause};

/// Times a transaction is tried against rivals that are only in the way.
const TRIES_MAX: u32 = 8;

/// What came of writing a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Commitment {
    /// It is written.
    Committed,
    /// It was written before, by us or by another who decided the same.
    AlreadyDone,
    /// Something it was decided on has changed since: load and decide again.
    Conflict(Vec<Contested>),
}

/// What had changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contested {
    /// A value that another holds.
    Taken(Unique),
    /// The customer.
    Customer,
    /// An invoice.
    Invoice(InvoiceId),
    /// The payment.
    Payment(PaymentId),
    /// A pay link.
    PayLink,
}

/// What is written in the same transaction besides the decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Also {
    /// Nothing.
    Nothing,
    /// The event that brought the news is marked as applied.
    Applied(EventKey),
}

/// What a failed condition of one item means.
#[derive(Clone, Debug, PartialEq, Eq)]
enum IfRefused {
    AlreadyDone,
    Contested(Contested),
    /// The item has no condition.
    Never,
}

/// A transaction under construction.
struct Writes<'a> {
    core: &'a str,
    inbox: &'a str,
    business: &'a BusinessId,
    items: Vec<(TransactWriteItem, IfRefused)>,
}

impl Store {
    /// Writes a decision: changes, ledger entry, balance and facts, all or nothing.
    pub async fn commit(&self, decision: &Decision, also: &Also) -> Result<Commitment, StoreError> {
        let mut writes = Writes {
            core: &self.tables.core,
            inbox: &self.tables.inbox,
            business: &decision.business,
            items: Vec::new(),
        };
        for change in &decision.changes {
            writes.change(change)?;
        }
        if let Some(entry) = &decision.entry {
            let item = ledger::of_entry(decision, entry)?;
            writes.put_new(&self.tables.core, item, IfRefused::AlreadyDone)?;
        }
        writes.balance(&decision.business, &decision.customer, &decision.balance_move())?;
        if let Some(item) = ledger::of_facts(decision)? {
            writes.put_new(&self.tables.core, item, IfRefused::AlreadyDone)?;
        }
        if let Also::Applied(event) = also {
            writes.applied(event)?;
        }
        if writes.items.is_empty() {
            return Ok(Commitment::AlreadyDone);
        }
        self.transact(writes.items).await
    }

    async fn transact(&self, writes: Vec<(TransactWriteItem, IfRefused)>) -> Result<Commitment, StoreError> {
        let (items, meanings): (Vec<TransactWriteItem>, Vec<IfRefused>) = writes.into_iter().unzip();
        for try_number in 1..=TRIES_MAX {
            let sent = self.client.transact_write_items().set_transact_items(Some(items.clone())).send().await;
            let Err(error) = sent else { return Ok(Commitment::Committed) };
            match verdict(&error, &meanings) {
                Some(Verdict::Is(commitment)) => return Ok(commitment),
                Some(Verdict::Defect(why)) => return Err(StoreError::Defect(why)),
                Some(Verdict::InTheWay) => {
                    tokio::time::sleep(pause(try_number, &format!("{:?}", meanings.first()))).await;
                }
                None => return Err(StoreError::of(&error)),
            }
        }
        Err(StoreError::Unavailable("rivals kept being in the way".to_owned()))
    }
}

enum Verdict {
    Is(Commitment),
    Defect(String),
    InTheWay,
}

/// Reads the reasons of a cancelled transaction, one per item in order.
fn verdict(error: &SdkError<TransactWriteItemsError>, meanings: &[IfRefused]) -> Option<Verdict> {
    let SdkError::ServiceError(service) = error else { return None };
    if service.err().is_transaction_in_progress_exception() {
        return Some(Verdict::InTheWay);
    }
    // Whatever else the service says, now or in a later version, is no verdict on the decision.
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = service.err() else { return None };
    let reasons = cancelled.cancellation_reasons();
    let mut contested = Vec::new();
    let (mut done, mut in_the_way) = (false, false);
    for (place, reason) in reasons.iter().enumerate() {
        match reason.code().unwrap_or("None") {
            "None" => {}
            "ConditionalCheckFailed" => match meanings.get(place) {
                Some(IfRefused::AlreadyDone) => done = true,
                Some(IfRefused::Contested(what)) => contested.push(what.clone()),
                Some(IfRefused::Never) | None => return None,
            },
            "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded" => in_the_way = true,
            other => return Some(Verdict::Defect(format!("a transaction was refused: {other}"))),
        }
    }
    // What changed comes first: deciding again is always safe, while "done already" ends the matter.
    if !contested.is_empty() {
        Some(Verdict::Is(Commitment::Conflict(contested)))
    } else if done {
        Some(Verdict::Is(Commitment::AlreadyDone))
    } else if in_the_way {
        Some(Verdict::InTheWay)
    } else {
        None
    }
}

impl Writes<'_> {
    fn change(&mut self, change: &Change) -> Result<(), StoreError> {
        match change {
            Change::CustomerRegistered(customer) => self.customer_registered(customer),
            Change::ProfileChanged { was, now } => self.profile_changed(was, now),
            Change::InvoiceIssued(invoice) => self.invoice_issued(invoice),
            Change::InvoiceStanding { invoice, due_on, was, now } => self.standing(invoice, *due_on, was, now),
            Change::PayLinkIssued(link) => {
                let item = invoices::of_pay_link(link)?;
                self.put_new(self.core, item, IfRefused::AlreadyDone)
            }
            Change::PayLinkRevoked(link) => self.pay_link_revoked(link),
            Change::PaymentStarted(payment) => self.payment_started(payment),
            Change::PaymentChanged { was, now } => self.payment_changed(was, now),
        }
    }

    fn customer_registered(&mut self, customer: &Customer) -> Result<(), StoreError> {
        self.put_new(self.core, customers::of_customer(customer)?, IfRefused::AlreadyDone)?;
        self.customer_values(customer, None)
    }

    fn profile_changed(&mut self, was: &Customer, now: &Customer) -> Result<(), StoreError> {
        let refused = IfRefused::Contested(Contested::Customer);
        self.put_over(self.core, customers::of_customer(now)?, was.version, refused)?;
        self.customer_values(now, Some(&was.profile))
    }

    /// The values by which a customer is found: their external id, which is theirs alone, and their address, which is not.
    fn customer_values(&mut self, customer: &Customer, was: Option<&Profile>) -> Result<(), StoreError> {
        let (b, profile) = (&customer.business, &customer.profile);
        let external = profile.external_id.as_ref();
        if external != was.and_then(|was| was.external_id.as_ref()) {
            if let Some(id) = external {
                self.unique(b, Unique::CustomerExternalId, id.as_str(), customer.id.as_str())?;
            }
            if let Some(id) = was.and_then(|was| was.external_id.as_ref()) {
                self.delete(&keys::unique(b, Unique::CustomerExternalId, id.as_str()))?;
            }
        }
        let address = profile.email.as_ref().map(receivables::text::EmailAddress::folded);
        let before = was.and_then(|was| was.email.as_ref()).map(receivables::text::EmailAddress::folded);
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
        let (b, id) = (&invoice.business, invoice.id.as_str());
        self.put_new(self.core, invoices::of_invoice(invoice)?, IfRefused::AlreadyDone)?;
        self.unique(b, Unique::InvoiceNumber, invoice.number.as_str(), id)?;
        match &invoice.external_id {
            Some(external) => self.unique(b, Unique::InvoiceExternalId, external.as_str(), id),
            None => Ok(()),
        }
    }

    fn standing(
        &mut self,
        invoice: &InvoiceId,
        due_on: Date,
        was: &Standing,
        now: &Standing,
    ) -> Result<(), StoreError> {
        let open = !now.open().is_zero();
        let mut set = "SET applied = :applied, pending = :pending, disputed = :disputed, version = :version, \
                       gsi1sk = :in_account, gsi2sk = :in_business"
            .to_owned();
        let mut values = vec![
            (":applied", number(now.applied.minor())),
            (":pending", number(now.pending.minor())),
            (":disputed", number(now.disputed.minor())),
            (":version", number(now.version)),
            (":was", number(was.version)),
            (":in_account", text(&keys::invoice_in_account(open, due_on, invoice))),
            (":in_business", text(&keys::invoice_in_business(open, due_on, invoice))),
        ];
        match &now.live_checkout {
            Some(payment) => {
                set += ", live_checkout = :live";
                values.push((":live", text(payment.as_str())));
            }
            None => set += " REMOVE live_checkout",
        }
        let key = keys::invoice(self.business, invoice);
        let refused = IfRefused::Contested(Contested::Invoice(invoice.clone()));
        self.update(&key, &set, Some("version = :was"), values, refused)
    }
    fn pay_link_revoked(&mut self, link: &PayLink) -> Result<(), StoreError> {
        let at = link.revoked_at.map(|at| at.to_string()).unwrap_or_default();
        let key = keys::pay_link(&link.token_hash);
        let refused = IfRefused::Contested(Contested::PayLink);
        self.update(
            &key,
            "SET revoked_at = if_not_exists(revoked_at, :at)",
            Some("attribute_exists(pk)"),
            vec![(":at", text(&at))],
            refused,
        )
    }

    fn payment_started(&mut self, payment: &Payment) -> Result<(), StoreError> {
        self.put_new(self.core, payments::of_payment(payment)?, IfRefused::AlreadyDone)?;
        for (place, allocation) in payment.allocations.iter().enumerate() {
            let item = payments::of_allocation(payment, place, allocation)?;
            self.put_item(self.core, item)?;
        }
        Ok(())
    }

    /// The payment's record under its version, and of its allocations and facts those that changed.
    fn payment_changed(&mut self, was: &Payment, now: &Payment) -> Result<(), StoreError> {
        let refused = IfRefused::Contested(Contested::Payment(now.id.clone()));
        self.put_over(self.core, payments::of_payment(now)?, was.version, refused)?;
        for (place, (before, after)) in was.allocations.iter().zip(&now.allocations).enumerate() {
            if before != after {
                self.put_item(self.core, payments::of_allocation(now, place, after)?)?;
            }
        }
        for (object, fact) in &now.facts.0 {
            let before = was.facts.0.get(object);
            if before != Some(fact) {
                self.put_item(self.core, payments::of_fact(now, object, fact)?)?;
            }
            if before.is_none() {
                // A fact that was kept of the object while it was nobody's stays beside it.
                let key = keys::object(&now.business, Provider::Stripe, object);
                let payment = vec![(":payment", text(now.id.as_str()))];
                self.update(&key, "SET payment = :payment", None, payment, IfRefused::Never)?;
            }
        }
        for amount in now.suspense.iter().filter(|amount| !was.suspense.contains(amount)) {
            self.put_item(self.core, payments::of_suspense(now, *amount)?)?;
        }
        Ok(())
    }

    /// Adds what moved to the account's balance item. This is the only writer of that item besides its pruning.
    fn balance(&mut self, b: &BusinessId, c: &CustomerId, moved: &BalanceMove) -> Result<(), StoreError> {
        let attributes = ledger::balance_attributes(moved);
        if attributes.is_empty() {
            return Ok(());
        }
        let key = keys::balance(b, c);
        let mut update = Update::builder().table_name(self.core).key("pk", text(&key.pk)).key("sk", text(&key.sk));
        let mut adds = Vec::with_capacity(attributes.len());
        for (place, (name, minor)) in attributes.into_iter().enumerate() {
            update = update
                .expression_attribute_names(format!("#a{place}"), name)
                .expression_attribute_values(format!(":a{place}"), number(minor));
            adds.push(format!("#a{place} :a{place}"));
        }
        let update = update.update_expression(format!("ADD {}", adds.join(", "))).build();
        let update = update.map_err(|error| StoreError::defect("balance", &error))?;
        self.items.push((TransactWriteItem::builder().update(update).build(), IfRefused::Never));
        Ok(())
    }

    fn applied(&mut self, event: &EventKey) -> Result<(), StoreError> {
        let key = keys::event(&event.business, event.provider, &event.object, &event.event);
        let update = Update::builder()
            .table_name(self.inbox)
            .key("pk", text(&key.pk))
            .key("sk", text(&key.sk))
            .update_expression("SET #state = :applied REMOVE gsi2pk, gsi2sk")
            .condition_expression("attribute_exists(pk) AND #state <> :applied")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":applied", text(EventState::Applied.as_str()))
            .build()
            .map_err(|error| StoreError::defect("event", &error))?;
        self.items.push((TransactWriteItem::builder().update(update).build(), IfRefused::AlreadyDone));
        Ok(())
    }

    fn unique(&mut self, b: &BusinessId, kind: Unique, value: &str, target: &str) -> Result<(), StoreError> {
        let key = keys::unique(b, kind, value);
        let item = at(&key, Item::from([("target".to_owned(), text(target))]));
        self.put_new(self.core, item, IfRefused::Contested(Contested::Taken(kind)))
    }

    fn put_new(&mut self, table: &str, item: Item, refused: IfRefused) -> Result<(), StoreError> {
        let put =
            Put::builder().table_name(table).set_item(Some(item)).condition_expression("attribute_not_exists(pk)");
        self.push_put(put.build(), refused)
    }

    fn put_over(&mut self, table: &str, item: Item, version: u64, refused: IfRefused) -> Result<(), StoreError> {
        let put = Put::builder().table_name(table).set_item(Some(item)).condition_expression("version = :was");
        self.push_put(put.expression_attribute_values(":was", number(version)).build(), refused)
    }

    fn put(&mut self, key: &Key, item: Item) -> Result<(), StoreError> {
        self.put_item(self.core, at(key, item))
    }

    fn put_item(&mut self, table: &str, item: Item) -> Result<(), StoreError> {
        self.push_put(Put::builder().table_name(table).set_item(Some(item)).build(), IfRefused::Never)
    }

    fn push_put(
        &mut self,
        put: Result<Put, aws_sdk_dynamodb::error::BuildError>,
        refused: IfRefused,
    ) -> Result<(), StoreError> {
        let put = put.map_err(|error| StoreError::defect("put", &error))?;
        self.items.push((TransactWriteItem::builder().put(put).build(), refused));
        Ok(())
    }

    fn update(
        &mut self,
        key: &Key,
        set: &str,
        condition: Option<&str>,
        values: Vec<(&'static str, AttributeValue)>,
        refused: IfRefused,
    ) -> Result<(), StoreError> {
        let mut update = Update::builder()
            .table_name(self.core)
            .key("pk", text(&key.pk))
            .key("sk", text(&key.sk))
            .update_expression(set)
            .set_condition_expression(condition.map(str::to_owned));
        for (name, value) in values {
            update = update.expression_attribute_values(name, value);
        }
        let update = update.build().map_err(|error| StoreError::defect("update", &error))?;
        self.items.push((TransactWriteItem::builder().update(update).build(), refused));
        Ok(())
    }

    fn delete(&mut self, key: &Key) -> Result<(), StoreError> {
        let delete = Delete::builder().table_name(self.core).key("pk", text(&key.pk)).key("sk", text(&key.sk)).build();
        let delete = delete.map_err(|error| StoreError::defect("delete", &error))?;
        self.items.push((TransactWriteItem::builder().delete(delete).build(), IfRefused::Never));
        Ok(())
    }
}

/// An item at a key, without further record.
fn at(key: &Key, mut item: Item) -> Item {
    item.insert("pk".to_owned(), text(&key.pk));
    item.insert("sk".to_owned(), text(&key.sk));
    item
}
