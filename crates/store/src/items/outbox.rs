//! What decisions did and announce: the outbox, and the audit before it is sealed.

use jiff::Timestamp;
use receivables::audit::Difference;
use receivables::{
    Business, BusinessId, CreditNoteId, Currency, CustomerId, Decision, Fact, FactId, FactKind, InvoiceId, PaymentId,
};
use serde::{Deserialize, Serialize};

use super::{Item, item, money, record};
use crate::commit_context::CommitContext;
use crate::error::StoreError;
use crate::keys;

#[derive(Serialize, Deserialize)]
struct DecisionItem {
    business: BusinessId,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    customer: Option<CustomerId>,
    name: String,
    at: Timestamp,
    actor: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    reason: Option<String>,
    differences: Vec<DifferenceRecord>,
    facts: Vec<FactRecord>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    sealed: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct DifferenceRecord {
    what: String,
    field: String,
    before: String,
    after: String,
}

#[derive(Serialize, Deserialize)]
struct FactRecord {
    fact: String,
    at: Timestamp,
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    invoice: Option<InvoiceId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    payment: Option<PaymentId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    credit_note: Option<CreditNoteId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    currency: Option<Currency>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    received: Option<i64>,
}

/// A fact as it comes round by the stream, with whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnouncedFact {
    pub business: BusinessId,
    pub customer: CustomerId,
    pub fact: Fact,
}

/// What a decision did, as the audit has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    pub business: BusinessId,
    /// On whose account; of the business itself there is none.
    pub customer: Option<CustomerId>,
    /// The decision's name, unique within the account's instant.
    pub name: String,
    pub at: Timestamp,
    /// Who, in the audit's words.
    pub actor: String,
    /// Why, where whoever did it said so.
    pub reason: Option<String>,
    /// What changed.
    pub differences: Vec<AuditDifference>,
    /// What was announced, by name.
    pub facts: Vec<String>,
    /// Its place in the chain, once it is sealed.
    pub sealed: Option<u64>,
}

/// One thing that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditDifference {
    /// The id of what changed.
    pub what: String,
    /// The field of it, in the API's word.
    pub field: String,
    pub before: String,
    pub after: String,
}

/// What a decision did and announces, in one item: a payment of many invoices says more than a transaction has room for apart.
pub(crate) fn of_decision(decision: &Decision, also: &CommitContext) -> Result<Item, StoreError> {
    let outcome = Outcome {
        business: &decision.business,
        customer: Some(&decision.customer),
        name: decision.name(),
        at: decision.at,
        differences: decision.differences(),
        facts: decision.facts.iter().map(of_fact).collect(),
    };
    decision_record(outcome, also)
}

/// What a change of the business itself did. It announces nothing.
pub(crate) fn of_business(
    after: &Business,
    differences: Vec<Difference>,
    at: Timestamp,
    also: &CommitContext,
) -> Result<Item, StoreError> {
    let outcome = Outcome {
        business: &after.id,
        customer: None,
        name: format!("{}.{}", after.id, after.version),
        at,
        differences,
        facts: Vec::new(),
    };
    decision_record(outcome, also)
}

/// What came of one decision, on an account or on the business itself.
struct Outcome<'a> {
    business: &'a BusinessId,
    customer: Option<&'a CustomerId>,
    name: String,
    at: Timestamp,
    differences: Vec<Difference>,
    facts: Vec<FactRecord>,
}

fn decision_record(outcome: Outcome<'_>, also: &CommitContext) -> Result<Item, StoreError> {
    let Outcome { business, customer, name, at, differences, facts } = outcome;
    let key = keys::fact(business, customer, at, &name);
    let differences = differences.into_iter().map(|one| DifferenceRecord {
        what: one.what,
        field: one.field.to_owned(),
        before: one.before,
        after: one.after,
    });
    let record = DecisionItem {
        business: business.clone(),
        customer: customer.cloned(),
        name,
        at,
        actor: also.actor.to_string(),
        reason: also.reason.as_ref().map(|reason| reason.as_str().to_owned()),
        differences: differences.collect(),
        facts,
        sealed: None,
    };
    item(&key, &record)
}

/// What a decision did, from its item.
pub(crate) fn audit_record(item: Item) -> Result<AuditRecord, StoreError> {
    let record: DecisionItem = record(item)?;
    Ok(AuditRecord {
        business: record.business,
        customer: record.customer,
        name: record.name,
        at: record.at,
        actor: record.actor,
        reason: record.reason,
        differences: record
            .differences
            .into_iter()
            .map(|one| AuditDifference { what: one.what, field: one.field, before: one.before, after: one.after })
            .collect(),
        facts: record.facts.into_iter().map(|fact| fact.kind).collect(),
        sealed: record.sealed,
    })
}

fn of_fact(fact: &Fact) -> FactRecord {
    let amount = fact.kind.amount();
    FactRecord {
        fact: fact.id.0.clone(),
        at: fact.at,
        kind: fact.kind.name().to_owned(),
        invoice: fact.kind.invoice().cloned(),
        payment: fact.kind.payment().cloned(),
        credit_note: fact.kind.credit_note().cloned(),
        currency: amount.map(receivables::Money::currency),
        received: amount.map(receivables::Money::minor),
    }
}

pub(crate) fn announced(item: Item) -> Result<Vec<AnnouncedFact>, StoreError> {
    let record: DecisionItem = record(item)?;
    // What happens to the business itself is announced to nobody.
    let (business, Some(customer)) = (record.business, record.customer) else { return Ok(Vec::new()) };
    let read = record.facts.into_iter().map(|record| {
        Ok(AnnouncedFact { business: business.clone(), customer: customer.clone(), fact: fact(&record)? })
    });
    read.collect()
}

fn fact(record: &FactRecord) -> Result<Fact, StoreError> {
    let missing = || StoreError::Defect(format!("fact {} of kind {}", record.fact, record.kind));
    let received = match (record.received, record.currency) {
        (Some(minor), Some(currency)) => Some(money(minor, currency)?),
        _ => None,
    };
    let invoice = || record.invoice.clone().ok_or_else(missing);
    let payment = || record.payment.clone().ok_or_else(missing);
    let amount = || received.ok_or_else(missing);
    let kind = match record.kind.as_str() {
        "customer.registered" => FactKind::CustomerRegistered,
        "invoice.issued" => FactKind::InvoiceIssued { invoice: invoice()? },
        "invoice.partly_paid" => FactKind::InvoicePartlyPaid { invoice: invoice()? },
        "invoice.paid" => FactKind::InvoicePaid { invoice: invoice()? },
        "invoice.reopened" => FactKind::InvoiceReopened { invoice: invoice()? },
        "payment.started" => FactKind::PaymentStarted { payment: payment()? },
        "payment.needs_action" => FactKind::PaymentNeedsAction { payment: payment()? },
        "payment.processing" => FactKind::PaymentProcessing { payment: payment()? },
        "payment.settled" => FactKind::PaymentSettled { payment: payment()?, received: amount()? },
        "payment.failed" => FactKind::PaymentFailed { payment: payment()? },
        "payment.cancelled" => FactKind::PaymentCancelled { payment: payment()? },
        "payment.in_suspense" => FactKind::PaymentInSuspense { payment: payment()?, received: amount()? },
        "payment.refunded" => FactKind::PaymentRefunded { payment: payment()?, refunded: amount()? },
        "payment.refund_failed" => FactKind::PaymentRefundFailed { payment: payment()?, refunded: amount()? },
        "payment.charged_back" => FactKind::PaymentChargedBack { payment: payment()?, charged_back: amount()? },
        "payment.reinstated" => FactKind::PaymentReinstated { payment: payment()?, charged_back: amount()? },
        "credit_note.issued" => {
            FactKind::CreditNoteIssued { credit_note: record.credit_note.clone().ok_or_else(missing)? }
        }
        _ => return Err(missing()),
    };
    Ok(Fact { id: FactId(record.fact.clone()), at: record.at, kind })
}
