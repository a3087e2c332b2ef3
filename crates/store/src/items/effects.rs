//! Effects: what follows from a fact outside the books, such as a receipt. Each is an item of its own, so that none holds up
//! another.

use jiff::{SignedDuration, Timestamp};
use receivables::{BusinessId, CustomerId, InvoiceId, PaymentId};
use serde::{Deserialize, Serialize};

use super::{Item, due, item, record};
use crate::error::StoreError;
use crate::keys::{self, DueList, Key};

/// How long an effect is remembered after it was done.
pub(crate) const EFFECT_KEPT: SignedDuration = SignedDuration::from_hours(24 * 400);

/// Names an effect: the fact it follows from, and its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectKey {
    pub business: BusinessId,
    /// The id of the fact.
    pub fact: String,
    /// The kind's word, also of a kind that this version does not know.
    pub kind: String,
}

impl EffectKey {
    pub(crate) fn item(&self) -> Key {
        keys::effect(&self.business, &self.fact, &self.kind)
    }

    /// Its name among what is to be sent.
    pub(crate) fn name(&self) -> String {
        format!("{}#{}", self.fact, self.kind)
    }
}

/// What an effect does, and to which document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EffectKind {
    /// The receipt of a payment is mailed.
    Receipt(PaymentId),
    /// The page that is open for an invoice is closed, if it asks for more than may be paid.
    ClosePage(InvoiceId),
    /// Unapplied cash of an account is applied to what has become payable.
    Settle(CustomerId),
    /// A refund made at the provider gets the meaning that the business has chosen for such refunds.
    AnswerRefund(PaymentId),
    /// A kind that this version does not know.
    Unknown { kind: String, document: String },
}

impl EffectKind {
    pub fn word(&self) -> &str {
        match self {
            Self::Receipt(_) => "receipt",
            Self::ClosePage(_) => "close_page",
            Self::Settle(_) => "settle",
            Self::AnswerRefund(_) => "answer_refund",
            Self::Unknown { kind, .. } => kind,
        }
    }

    /// The id of the document.
    pub fn document(&self) -> &str {
        match self {
            Self::Receipt(payment) | Self::AnswerRefund(payment) => payment.as_str(),
            Self::ClosePage(invoice) => invoice.as_str(),
            Self::Settle(customer) => customer.as_str(),
            Self::Unknown { document, .. } => document,
        }
    }
}

/// An effect of a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    pub business: BusinessId,
    /// The id of the fact.
    pub fact: String,
    pub kind: EffectKind,
    /// The instant of the fact.
    pub at: Timestamp,
}

impl Effect {
    pub fn key(&self) -> EffectKey {
        EffectKey { business: self.business.clone(), fact: self.fact.clone(), kind: self.kind.word().to_owned() }
    }
}

/// How an effect stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EffectState {
    /// To be done.
    Waiting,
    /// Tried and not done; it is tried again.
    Failing,
    /// Done, and remembered for 400 days.
    Done,
    /// Not done, and not tried again by itself.
    GivenUp,
}

impl EffectState {
    /// The API's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Failing => "failing",
            Self::Done => "done",
            Self::GivenUp => "given_up",
        }
    }

    fn named(word: &str) -> Option<Self> {
        [Self::Waiting, Self::Failing, Self::Done, Self::GivenUp].into_iter().find(|state| state.as_str() == word)
    }
}

/// An effect as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEffect {
    pub effect: Effect,
    pub state: EffectState,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried again.
    pub due_at: Option<Timestamp>,
    /// Why it is not done.
    pub why: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct EffectRecord {
    business: BusinessId,
    fact: String,
    kind: String,
    document: String,
    at: Timestamp,
    state: String,
    #[serde(default)]
    tries: u32,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    due_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    why: Option<String>,
}

/// An effect that is to be done at an instant.
pub(crate) fn of_effect(effect: &Effect, due_at: Timestamp, tries: u32) -> Result<Item, StoreError> {
    let record = EffectRecord {
        business: effect.business.clone(),
        fact: effect.fact.clone(),
        kind: effect.kind.word().to_owned(),
        document: effect.kind.document().to_owned(),
        at: effect.at,
        state: EffectState::Waiting.as_str().to_owned(),
        tries,
        due_at: None,
        why: None,
    };
    let key = effect.key();
    Ok(due(item(&key.item(), &record)?, DueList::Sends, due_at, &key.name()))
}

pub(crate) fn effect(item: Item) -> Result<StoredEffect, StoreError> {
    let record: EffectRecord = record(item)?;
    let document = |error: &dyn std::fmt::Display| StoreError::defect("effect", error);
    let kind = match record.kind.as_str() {
        "receipt" => EffectKind::Receipt(record.document.parse().map_err(|error| document(&error))?),
        "close_page" => EffectKind::ClosePage(record.document.parse().map_err(|error| document(&error))?),
        "answer_refund" => EffectKind::AnswerRefund(record.document.parse().map_err(|error| document(&error))?),
        "settle" => EffectKind::Settle(record.document.parse().map_err(|error| document(&error))?),
        _ => EffectKind::Unknown { kind: record.kind, document: record.document },
    };
    Ok(StoredEffect {
        effect: Effect { business: record.business, fact: record.fact, kind, at: record.at },
        state: EffectState::named(&record.state)
            .ok_or_else(|| StoreError::Defect(format!("effect state {}", record.state)))?,
        tries: record.tries,
        due_at: record.due_at,
        why: record.why,
    })
}
