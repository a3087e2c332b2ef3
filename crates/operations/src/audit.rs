//! Sealing the audit, and proving its chain.
//!
//! Every decision writes a record in its own transaction. Here the records are sealed one after the other: each seal is the
//! SHA-256 of the seal before it, a line break, and the record as JSON. So no record can be changed, removed or inserted
//! without breaking every seal after it.

use receivables::{BusinessId, CustomerId};
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::{AuditEnd, AuditRecord, AuditSeal, Page};

use crate::context::Context;
use crate::error::OperationError;

/// Records read at a time.
const PAGE: usize = 100;

/// The text that is sealed. The order of its fields is part of the seal.
#[derive(Serialize)]
struct SealedText<'a> {
    number: u64,
    at: String,
    actor: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<&'a str>,
    decision: &'a str,
    differences: Vec<SealedDifference<'a>>,
    facts: &'a [String],
}

#[derive(Serialize)]
struct SealedDifference<'a> {
    what: &'a str,
    field: &'a str,
    before: &'a str,
    after: &'a str,
}

/// Seals a record once; a record that is sealed already stays as it is.
pub async fn seal_audit(context: &Context, record: &AuditRecord) -> Result<(), OperationError> {
    let differences: Vec<SealedDifference<'_>> = record
        .differences
        .iter()
        .map(|one| SealedDifference { what: &one.what, field: &one.field, before: &one.before, after: &one.after })
        .collect();
    let text = |number: u64| {
        serde_json::to_string(&SealedText {
            number,
            at: record.at.to_string(),
            actor: &record.actor,
            reason: record.reason.as_deref(),
            customer: record.customer.as_ref().map(CustomerId::as_str),
            decision: &record.name,
            differences: differences.iter().map(|one| SealedDifference { ..*one }).collect(),
            facts: &record.facts,
        })
        .unwrap_or_default()
    };
    let seal = |end: &AuditEnd| {
        let text = text(end.number + 1);
        AuditSeal { number: end.number + 1, hash: hash(&end.hash, &text), text }
    };
    Ok(context.store.seal_audit(record, seal).await?)
}

fn hash(before: &str, text: &str) -> String {
    hex::encode(Sha256::digest(format!("{before}\n{text}")))
}

/// Checks the chain. Returns the number of records and, where the chain is broken, the place in words.
pub(crate) async fn verify_chain(context: &Context, b: &BusinessId) -> Result<(u64, Option<String>), OperationError> {
    let (mut before, mut expected, mut page) = (String::new(), 0, Page::first(PAGE));
    loop {
        let found = context.store.audit(b, &page).await?;
        for sealed in found.items {
            expected += 1;
            if sealed.number != expected {
                return Ok((expected, Some(format!("expected record {expected}, found {}", sealed.number))));
            }
            if hash(&before, &sealed.text) != sealed.hash {
                return Ok((expected, Some(format!("record {expected} does not have the seal it was given"))));
            }
            before = sealed.hash;
        }
        match found.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => break,
        }
    }
    let end = context.store.audit_end(b).await?;
    let broken = (end.number != expected || end.hash != before)
        .then(|| format!("the chain ends at {expected}, and its end says {}", end.number));
    Ok((expected, broken))
}
