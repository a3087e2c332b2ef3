//! Chargebacks: the issuer takes a payment back through the scheme; and inquiries, in which no money moves.
//!
//! A bank debit that is returned after it succeeded reaches us as a chargeback that is lost from the start.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Cash;
use super::moves::{Course, Moves, Share};
use crate::currency::Currency;
use crate::money::{Balance, Money};

/// What is known of a chargeback.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is reported on its own, in any order, and only ever becomes true"
)]
pub struct ChargebackState {
    /// How much is disputed.
    pub amount: Cash,
    /// How much it was lost on, as said with that decision. It may be less: the parties may settle on a part.
    pub lost_on: Cash,
    /// The issuer asked; no money moves.
    pub inquiry: bool,
    /// It is more than an inquiry.
    pub formal: bool,
    /// It was said that the funds were withdrawn.
    pub withdrawn: bool,
    /// It was said that the funds came back, or a part of them.
    pub reinstated: bool,
    /// The inquiry was closed; a chargeback may still follow.
    pub inquiry_closed: bool,
    /// It was decided for us.
    pub won: bool,
    /// It was decided against us.
    pub lost: bool,
    /// Each move of money that the provider lists, in the currency in which it pays us.
    pub moves: Moves,
    /// Until when an answer is taken.
    pub answer_by: Option<Timestamp>,
    /// Why, in the provider's word.
    pub reason: Option<String>,
}

/// What the moves of a chargeback are about, in one currency.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Amounts {
    /// What was disputed, and so taken; by the moves, where only was heard what it was lost on.
    pub(crate) whole: Money,
    /// What it was lost on; the same where it was not.
    pub(crate) last: Money,
}

/// How a chargeback stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChargebackStage {
    /// The issuer asks; no money has moved.
    Inquiry,
    /// The funds are taken, or about to be, and an answer may be given.
    Open,
    /// The inquiry was closed without a chargeback.
    Closed,
    /// The funds are ours again.
    Won,
    /// The funds are gone.
    Lost,
}

impl ChargebackStage {
    /// The word for it in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inquiry => "inquiry",
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }
}

impl ChargebackState {
    pub(super) fn merge(&mut self, other: &Self) {
        self.amount.merge(&other.amount);
        self.lost_on.merge(&other.lost_on);
        self.inquiry |= other.inquiry;
        self.formal |= other.formal;
        self.withdrawn |= other.withdrawn;
        self.reinstated |= other.reinstated;
        self.inquiry_closed |= other.inquiry_closed;
        self.won |= other.won;
        self.lost |= other.lost;
        self.moves.merge(&other.moves);
        self.answer_by = self.answer_by.max(other.answer_by);
        self.reason = self.reason.clone().max(other.reason.clone());
    }

    /// How much it is about: what it was lost on, else what was disputed.
    pub fn disputed(&self) -> &Cash {
        if self.lost_on.is_empty() { &self.amount } else { &self.lost_on }
    }

    /// Whether the funds are out, which the sum of the moves says: at least half of what is disputed is gone. Where no moves
    /// are listed, or not all that were spoken of, the words say it: that it was lost says that the funds went, and that it was
    /// won that they come back.
    pub fn is_out(&self) -> bool {
        if let Some(out) = self.is_out_by_sum() {
            return out && (self.moves.came() || !self.won || self.lost);
        }
        let out = self.withdrawn || (self.lost && self.formal) || self.moves.went();
        out && !self.reinstated && !self.won && !self.moves.came()
    }

    /// The amount that a person has to explain, where there is one: what of the moves comes neither to what is disputed nor to
    /// nothing; or all that is disputed, where they come to the contrary of the decision or are too many to be added up.
    pub fn uneven(&self) -> Option<Money> {
        let out_by_sum = self.is_out_by_sum();
        let lost_and_back = self.lost && !self.won && !self.is_out();
        let won_and_out = self.won && !self.lost && out_by_sum == Some(true);
        if lost_and_back || won_and_out || self.moves.are_too_many() {
            return self.disputed().amounts().next().or_else(|| self.unexplained());
        }
        out_by_sum.and_then(|_| self.unexplained())
    }

    /// The stage that the reports amount to.
    pub fn state(&self) -> ChargebackStage {
        if self.lost && (self.is_out() || !self.won) {
            ChargebackStage::Lost
        } else if self.won {
            ChargebackStage::Won
        } else if self.formal || !self.inquiry {
            ChargebackStage::Open
        } else if self.inquiry_closed {
            ChargebackStage::Closed
        } else {
            ChargebackStage::Inquiry
        }
    }

    /// Whether someone may still have to answer.
    pub fn is_open(&self) -> bool {
        matches!(self.state(), ChargebackStage::Inquiry | ChargebackStage::Open)
    }

    /// The amounts in a currency that its moves are about.
    pub(crate) fn amounts_in(&self, currency: Currency) -> Amounts {
        let last = self.disputed().in_currency(currency);
        let whole = self.amount.in_currency(currency);
        Amounts { whole: if whole.is_zero() { self.moves.taken(last) } else { whole }, last }
    }

    /// What each of its moves is to the books.
    fn shares(&self) -> Vec<(&str, Share)> {
        let currency = self.disputed().amounts().next().map(Money::currency).or(self.moves.currency());
        currency.map_or(Vec::new(), |currency| {
            let amounts = self.amounts_in(currency);
            self.moves.shares(amounts.whole, amounts.last, Course::Goes)
        })
    }

    /// What the sum of the moves says; `None` where none is listed, or not all that were spoken of.
    fn is_out_by_sum(&self) -> Option<bool> {
        let (went, came) = (self.moves.went(), self.moves.came());
        let all_listed = (went || !self.withdrawn) && (came || !self.reinstated) && !self.moves.are_too_many();
        (all_listed && (went || came)).then(|| {
            let entered: i64 = self.shares().iter().map(|(_, share)| share.entered.minor()).sum();
            entered < 0
        })
    }

    fn unexplained(&self) -> Option<Money> {
        let mut sums: BTreeMap<Currency, Balance> = BTreeMap::new();
        for (_, share) in self.shares() {
            let currency = share.unexplained.currency();
            let sum = sums.entry(currency).or_insert(Balance::zero(currency));
            *sum = sum.checked_add(share.unexplained).unwrap_or(*sum);
        }
        sums.into_values().find(|sum| !sum.is_zero()).map(Balance::magnitude)
    }
}
