//! Holds: what speaks for the open amount of an invoice, and what that leaves to be paid, charged and asked for.
//!
//! The open amount is cut by its holds, kind by kind in the order of [`CutKind`], each cut at most what is left. What remains is
//! the rest; cuts and rest together are the open amount, always. [`SpokenFor`] is the one place that says what follows.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use super::OpenDays;
use crate::ids::PaymentId;
use crate::money::Money;

/// Who holds a part of an invoice: the id of a payment, and of whatever else can speak for one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HolderId(String);

impl HolderId {
    /// A holder as it was kept.
    pub fn of_text(id: String) -> Self {
        Self(id)
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The payment, where it is one.
    pub fn payment(&self) -> Option<PaymentId> {
        self.0.parse().ok()
    }
}

impl From<&PaymentId> for HolderId {
    fn from(id: &PaymentId) -> Self {
        Self(id.to_string())
    }
}

impl fmt::Display for HolderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a part of an invoice is held.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HoldKind {
    /// A payment's hosted page is open: no second one is opened, and we charge nothing. It cuts nothing.
    Page,
    /// A payment is on its way.
    Pending,
    /// The customer contests it with the business.
    Dispute,
    /// A refund took it, and nobody has said yet whether it is owed again.
    Refund,
    /// A payment is scheduled.
    Schedule,
    /// An agreed plan, by its instalments that are not due yet.
    Plan,
    /// The customer promised to pay it.
    Promise,
    /// The business holds it.
    Business,
    /// A kind that a newer version wrote, in its word. It counts as contested: it is neither paid nor asked for.
    Unknown(String),
}

impl HoldKind {
    /// The word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Page => "page",
            Self::Pending => "pending",
            Self::Dispute => "dispute",
            Self::Refund => "refund",
            Self::Schedule => "schedule",
            Self::Plan => "plan",
            Self::Promise => "promise",
            Self::Business => "business",
            Self::Unknown(word) => word,
        }
    }

    /// The kind of a word.
    pub fn of_word(word: &str) -> Self {
        match word {
            "page" => Self::Page,
            "pending" => Self::Pending,
            "dispute" => Self::Dispute,
            "refund" => Self::Refund,
            "schedule" => Self::Schedule,
            "plan" => Self::Plan,
            "promise" => Self::Promise,
            "business" => Self::Business,
            other => Self::Unknown(other.to_owned()),
        }
    }

    /// What a hold of the kind cuts; a page cuts nothing.
    pub fn cuts(&self) -> Option<CutKind> {
        match self {
            Self::Page => None,
            Self::Pending => Some(CutKind::Pending),
            Self::Dispute | Self::Unknown(_) => Some(CutKind::Disputed),
            Self::Refund => Some(CutKind::Questioned),
            Self::Schedule => Some(CutKind::Scheduled),
            Self::Plan => Some(CutKind::Planned),
            Self::Promise => Some(CutKind::Promised),
            Self::Business => Some(CutKind::Held),
        }
    }

    /// Whether time alone ends such a hold. A page, money on its way and a dispute are over when that is heard, whatever the
    /// hour: until then the payer may have paid. What a refund means is said by a person.
    fn ends_by_itself(&self) -> bool {
        match self {
            Self::Page | Self::Pending | Self::Dispute | Self::Refund | Self::Unknown(_) => false,
            Self::Schedule | Self::Plan | Self::Promise | Self::Business => true,
        }
    }
}

/// A part of an invoice that somebody holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Why it is held.
    pub kind: HoldKind,
    /// How much; more than is open counts as all that is.
    pub amount: Money,
    /// When it ends, as far as that is known.
    pub until: Option<Timestamp>,
}

impl Hold {
    fn runs_at(&self, now: Timestamp) -> bool {
        !self.kind.ends_by_itself() || self.until.is_none_or(|until| now < until)
    }
}

/// The holds of an invoice, by who holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holds(pub BTreeMap<HolderId, Hold>);

impl Holds {
    /// The payment whose hosted page is open; at most one, so that two tabs cannot pay the invoice twice.
    pub fn page(&self) -> Option<PaymentId> {
        self.0.iter().filter(|(_, hold)| hold.kind == HoldKind::Page).find_map(|(holder, _)| holder.payment())
    }

    /// What is held by others than one, by what it cuts.
    pub fn held_beside(&self, own: Option<&HolderId>) -> Held {
        let others = self.0.iter().filter(|(holder, _)| Some(*holder) != own);
        others.fold(Held::default(), |held, (_, hold)| held.with(hold))
    }

    fn running_at(&self, now: Timestamp) -> Held {
        self.0.values().filter(|hold| hold.runs_at(now)).fold(Held::default(), Held::with)
    }

    fn first_end(&self, kind: CutKind, now: Timestamp) -> Option<Timestamp> {
        let of_kind = self.0.values().filter(|hold| hold.kind.cuts() == Some(kind) && hold.runs_at(now));
        of_kind.filter_map(|hold| hold.until).min()
    }
}

/// What cuts the open amount of an invoice, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CutKind {
    /// On its way.
    Pending,
    /// Contested.
    Disputed,
    /// In question: a refund took it.
    Questioned,
    /// To be paid on a day that is set.
    Scheduled,
    /// Part of an agreed plan, and not due yet.
    Planned,
    /// Promised.
    Promised,
    /// Held by the business.
    Held,
}

impl CutKind {
    /// All of them, in the order in which they cut.
    pub const ALL: [Self; 7] =
        [Self::Pending, Self::Disputed, Self::Questioned, Self::Scheduled, Self::Planned, Self::Promised, Self::Held];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Disputed => "disputed",
            Self::Questioned => "questioned",
            Self::Scheduled => "scheduled",
            Self::Planned => "planned",
            Self::Promised => "promised",
            Self::Held => "held",
        }
    }

    /// The kind of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// The sums of holds, by what they cut; no sum is zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held(pub BTreeMap<CutKind, Money>);

impl Held {
    /// With one more hold.
    #[must_use]
    pub fn with(mut self, hold: &Hold) -> Self {
        if let Some(kind) = hold.kind.cuts().filter(|_| !hold.amount.is_zero()) {
            let sum = self.0.entry(kind).or_insert(Money::zero(hold.amount.currency()));
            *sum = sum.checked_add(hold.amount).unwrap_or(*sum);
        }
        self
    }

    /// What each kind cuts of an open amount, at most what the ones before it leave.
    pub fn cuts(&self, open: Money) -> BTreeMap<CutKind, Money> {
        let mut left = open;
        let mut cuts = BTreeMap::new();
        for (kind, held) in &self.0 {
            let cut = held.min(left);
            left = left.less(cut);
            if !cut.is_zero() {
                cuts.insert(*kind, cut);
            }
        }
        cuts
    }

    /// What one kind cuts of an open amount.
    pub fn cut(&self, kind: CutKind, open: Money) -> Money {
        self.cuts(open).get(&kind).copied().unwrap_or(Money::zero(open.currency()))
    }

    /// What a person may pay of an open amount: all but what is on its way, contested or in question.
    pub fn payable(&self, open: Money) -> Money {
        let barred = [CutKind::Pending, CutKind::Disputed, CutKind::Questioned];
        barred.into_iter().fold(open, |left, kind| left.less(self.cut(kind, open)))
    }
}

/// One reason why a part of an open amount is not asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The reason.
    pub kind: CutKind,
    /// How much it takes of the open amount.
    pub amount: Money,
    /// When the first of the holds behind it ends, as far as that is known.
    pub until: Option<Timestamp>,
}

/// What an open amount is spoken for by, and what that leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpokenFor {
    /// The cuts, in their order; none is zero.
    pub cuts: Vec<Cut>,
    /// What no cut takes. With the cuts it is the open amount.
    pub rest: Money,
    /// What a person may pay: all but what is on its way, contested or in question.
    pub payable: Money,
    /// What we may charge by ourselves: the rest, and nothing of what an open page asks.
    pub chargeable: Money,
    /// What may be asked for: what is due and no cut takes. A cut takes of the first days first, as the money will.
    pub dunnable: Money,
}

impl SpokenFor {
    /// Of what is open by due day, by the holds that run at `now`.
    pub fn of(open: &OpenDays, holds: &Holds, zero: Money, now: Timestamp, today: Date) -> Self {
        let currency = zero.currency();
        let total = open.total(currency);
        let held = holds.running_at(now);
        let cuts = held.cuts(total).into_iter();
        let cuts: Vec<Cut> =
            cuts.map(|(kind, amount)| Cut { kind, amount, until: holds.first_end(kind, now) }).collect();
        let taken = Money::sum(currency, cuts.iter().map(|cut| cut.amount)).unwrap_or(total);
        let pages = holds.0.values().filter(|hold| hold.kind == HoldKind::Page).map(|hold| hold.amount);
        let pages = Money::sum(currency, pages).unwrap_or(total);
        let rest = total.less(taken);
        Self {
            cuts,
            rest,
            payable: held.payable(total),
            chargeable: rest.less(pages),
            dunnable: open.due_by(today, currency).less(taken),
        }
    }
}
