//! What a payment keeps of its refunds: the orders, and what was said of those that were made at the provider.

use std::collections::BTreeMap;

use jiff::Timestamp;
use receivables::payment::{RefundAnswer, RefundCredit, RefundMeaning, RefundOrder};
use receivables::text::Description;
use receivables::{CreditNoteId, Currency, InvoiceId, ObjectId, RefundId};
use serde::{Deserialize, Serialize};

use super::money;
use crate::error::StoreError;

#[derive(Serialize, Deserialize)]
pub(super) struct RefundOrderRecord {
    id: RefundId,
    amount: i64,
    /// Where it is not the payment's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    currency: Option<Currency>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    invoice: Option<InvoiceId>,
    meaning: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    credit: Option<RefundCreditRecord>,
    reason: Description,
    ordered_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    refused: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct RefundAnswerRecord {
    refund: ObjectId,
    meaning: String,
    amount: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    credit: Option<RefundCreditRecord>,
}

#[derive(Serialize, Deserialize)]
struct RefundCreditRecord {
    note: CreditNoteId,
    parts: BTreeMap<InvoiceId, i64>,
}

impl RefundOrderRecord {
    pub(super) fn of(order: &RefundOrder, own: Currency) -> Self {
        Self {
            id: order.id.clone(),
            amount: order.amount.minor(),
            currency: Some(order.amount.currency()).filter(|currency| *currency != own),
            invoice: order.invoice.clone(),
            meaning: order.meaning.as_str().to_owned(),
            credit: order.credit.as_ref().map(RefundCreditRecord::of),
            reason: order.reason.clone(),
            ordered_at: order.ordered_at,
            refused: order.refused.clone(),
        }
    }

    pub(super) fn read(self, currency: Currency) -> Result<RefundOrder, StoreError> {
        Ok(RefundOrder {
            id: self.id,
            amount: money(self.amount, self.currency.unwrap_or(currency))?,
            invoice: self.invoice,
            meaning: meaning(&self.meaning)?,
            credit: self.credit.map(|credit| credit.read(currency)).transpose()?,
            reason: self.reason,
            ordered_at: self.ordered_at,
            refused: self.refused,
        })
    }
}

impl RefundAnswerRecord {
    pub(super) fn of(answer: &RefundAnswer) -> Self {
        Self {
            refund: answer.refund.clone(),
            meaning: answer.meaning.as_str().to_owned(),
            amount: answer.amount.minor(),
            credit: answer.credit.as_ref().map(RefundCreditRecord::of),
        }
    }

    pub(super) fn read(self, currency: Currency) -> Result<RefundAnswer, StoreError> {
        Ok(RefundAnswer {
            refund: self.refund,
            meaning: meaning(&self.meaning)?,
            amount: money(self.amount, currency)?,
            credit: self.credit.map(|credit| credit.read(currency)).transpose()?,
        })
    }
}

impl RefundCreditRecord {
    fn of(credit: &RefundCredit) -> Self {
        let parts = credit.parts.iter().map(|(invoice, part)| (invoice.clone(), part.minor())).collect();
        Self { note: credit.note.clone(), parts }
    }

    fn read(self, currency: Currency) -> Result<RefundCredit, StoreError> {
        let parts = self.parts.into_iter().map(|(invoice, minor)| Ok((invoice, money(minor, currency)?)));
        Ok(RefundCredit { note: self.note, parts: parts.collect::<Result<_, StoreError>>()? })
    }
}

fn meaning(word: &str) -> Result<RefundMeaning, StoreError> {
    RefundMeaning::named(word).ok_or_else(|| StoreError::Defect(format!("meaning of a refund {word}")))
}
