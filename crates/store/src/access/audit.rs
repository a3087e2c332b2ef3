//! The audit's chain: records of what was decided, sealed one after the other.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use receivables::{BusinessId, CustomerId};

use super::accounts::{Page, Paged};
use crate::error::StoreError;
use crate::items::outbox::{self, AuditRecord};
use crate::items::{Item, number, text, text_of};
use crate::keys;
use crate::table::{Query, Range, Store};

/// Tries of reading the end of the chain and going on from there, against rivals.
const TRIES_MAX: u32 = 20;
/// The largest number of a chain: keys have room for twelve digits.
const AUDIT_NUMBER_MAX: u64 = 999_999_999_999;

/// The end of a chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditEnd {
    /// How many records are sealed.
    pub number: u64,
    /// The last seal; empty before the first.
    pub hash: String,
}

/// A record in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditSeal {
    /// Its place, from 1.
    pub number: u64,
    /// The seal: a hash over the seal before it and the text.
    pub hash: String,
    /// What is sealed, as one text.
    pub text: String,
}

impl Store {
    /// The end of a business's chain.
    pub async fn audit_end(&self, b: &BusinessId) -> Result<AuditEnd, StoreError> {
        let Some(item) = self.get(&self.tables.core, &keys::audit_end(b)).await? else {
            return Ok(AuditEnd::default());
        };
        Ok(AuditEnd { number: number_of(&item)?, hash: text_of(&item, "hash").unwrap_or_default().to_owned() })
    }

    /// Seals a record at the end of the chain, once. `seal` makes the hash and the text from the seal before.
    pub async fn seal_audit(
        &self,
        record: &AuditRecord,
        seal: impl Fn(&AuditEnd) -> AuditSeal,
    ) -> Result<(), StoreError> {
        let key = keys::fact(&record.business, record.customer.as_ref(), record.at, &record.name);
        for try_number in 1..=TRIES_MAX {
            let end = self.audit_end(&record.business).await?;
            let sealed = seal(&end);
            let writes = writes(&self.tables.core, record, &key, &end, &sealed)?;
            let Err(error) = self.write_together(writes).await else { return Ok(()) };
            let rival = error.as_service_error().is_some_and(|error| {
                error.is_transaction_canceled_exception() || error.is_transaction_in_progress_exception()
            });
            if !rival {
                return Err(StoreError::of(&error));
            }
            let stored = self.get(&self.tables.core, &key).await?.map(outbox::audit_record).transpose()?;
            if stored.is_none_or(|stored| stored.sealed.is_some()) {
                return Ok(());
            }
            tokio::time::sleep(self.pause(try_number.min(4))).await;
        }
        Err(StoreError::Unavailable("rivals kept sealing first".to_owned()))
    }

    /// The chain of a business, oldest first.
    pub async fn audit(&self, b: &BusinessId, page: &Page) -> Result<Paged<AuditSeal>, StoreError> {
        let pk = keys::audit(b);
        let after = page.cursor.as_deref().and_then(|cursor| cursor.parse::<u64>().ok()).unwrap_or(0);
        // No chain is so long that there is anything after the largest number.
        let Some(from) = after.checked_add(1).filter(|from| *from <= AUDIT_NUMBER_MAX) else {
            return Ok(Paged { items: Vec::new(), next_cursor: None });
        };
        let (from, to) = (format!("{from:012}"), format!("{AUDIT_NUMBER_MAX:012}"));
        let query = Query { limit: Some(page.limit()), ..Query::within(&pk, Range::Between(&from, &to)) };
        let (items, last) = self.page(&self.tables.core, query).await?;
        let items = items.iter().map(sealed).collect::<Result<Vec<_>, _>>()?;
        let next_cursor = last.and_then(|_| items.last().map(|sealed: &AuditSeal| sealed.number.to_string()));
        Ok(Paged { items, next_cursor })
    }

    /// What was decided on an account, or of the business itself, as the audit has it, oldest first.
    pub async fn decision_records(
        &self,
        b: &BusinessId,
        c: Option<&CustomerId>,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        let pk = keys::decision_records(b, c);
        let items = self.whole(&self.tables.core, Query::within(&pk, Range::Prefix(keys::FACT))).await?;
        items.into_iter().map(outbox::audit_record).collect()
    }
}

fn writes(
    core: &str,
    record: &AuditRecord,
    key: &keys::Key,
    end: &AuditEnd,
    sealed: &AuditSeal,
) -> Result<Vec<TransactWriteItem>, StoreError> {
    let defect = |error: &dyn std::fmt::Display| StoreError::defect("audit", error);
    let end_key = keys::audit_end(&record.business);
    let of_end = Item::from([
        ("pk".to_owned(), text(&end_key.pk)),
        ("sk".to_owned(), text(&end_key.sk)),
        ("number".to_owned(), number(sealed.number)),
        ("hash".to_owned(), text(&sealed.hash)),
    ]);
    let put_end = Put::builder().table_name(core).set_item(Some(of_end));
    let put_end = if end.number == 0 {
        put_end.condition_expression("attribute_not_exists(pk)")
    } else {
        put_end
            .condition_expression("#number = :was")
            .expression_attribute_names("#number", "number")
            .expression_attribute_values(":was", number(end.number))
    };
    let seal_key = keys::audit_seal(&record.business, sealed.number);
    let of_seal = Item::from([
        ("pk".to_owned(), text(&seal_key.pk)),
        ("sk".to_owned(), text(&seal_key.sk)),
        ("number".to_owned(), number(sealed.number)),
        ("hash".to_owned(), text(&sealed.hash)),
        ("text".to_owned(), text(&sealed.text)),
    ]);
    let put_seal =
        Put::builder().table_name(core).set_item(Some(of_seal)).condition_expression("attribute_not_exists(pk)");
    let mark = Update::builder()
        .table_name(core)
        .key("pk", text(&key.pk))
        .key("sk", text(&key.sk))
        .update_expression("SET sealed = :number")
        .condition_expression("attribute_exists(pk) AND attribute_not_exists(sealed)")
        .expression_attribute_values(":number", number(sealed.number));
    Ok(vec![
        TransactWriteItem::builder().put(put_end.build().map_err(|error| defect(&error))?).build(),
        TransactWriteItem::builder().put(put_seal.build().map_err(|error| defect(&error))?).build(),
        TransactWriteItem::builder().update(mark.build().map_err(|error| defect(&error))?).build(),
    ])
}

fn sealed(item: &Item) -> Result<AuditSeal, StoreError> {
    let of = |name: &str| text_of(item, name).unwrap_or_default().to_owned();
    Ok(AuditSeal { number: number_of(item)?, hash: of("hash"), text: of("text") })
}

fn number_of(item: &Item) -> Result<u64, StoreError> {
    let number = item.get("number").and_then(|n| n.as_n().ok()).and_then(|n| n.parse().ok());
    number.ok_or_else(|| StoreError::Defect("a seal without a number".to_owned()))
}
