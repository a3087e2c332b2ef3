//! Chargebacks: the issuer takes a payment back through the scheme; and inquiries, in which no money moves.
//!
//! A bank debit that is returned after it succeeded reaches us as a chargeback that is lost from the start.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Cash;

/// Moves of money remembered of one chargeback. The scheme's stages are fewer; more than this are not told apart.
pub const CHARGEBACK_MOVES_MAX: usize = 20;

/// What is known of a chargeback.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is reported on its own, in any order, and only ever becomes true"
)]
pub struct ChargebackState {
    /// How much is taken back.
    pub amount: Cash,
    /// The issuer asked; no money moves.
    pub inquiry: bool,
    /// It is more than an inquiry.
    pub formal: bool,
    /// It was said that the funds were withdrawn.
    pub withdrawn: bool,
    /// It was said that the funds came back.
    pub reinstated: bool,
    /// The inquiry was closed; a chargeback may still follow.
    pub inquiry_closed: bool,
    /// It was decided for us.
    pub won: bool,
    /// It was decided against us.
    pub lost: bool,
    /// Each move of money, by the provider's id of it.
    pub moves: BTreeMap<String, Move>,
    /// Until when an answer is taken.
    pub answer_by: Option<Timestamp>,
    /// Why, in the provider's word.
    pub reason: Option<String>,
}

/// Money that moved because of a chargeback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Move {
    /// Taken from us.
    Withdrawn,
    /// Given back to us.
    Reinstated,
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
        self.inquiry |= other.inquiry;
        self.formal |= other.formal;
        self.withdrawn |= other.withdrawn;
        self.reinstated |= other.reinstated;
        self.inquiry_closed |= other.inquiry_closed;
        self.won |= other.won;
        self.lost |= other.lost;
        for (id, moved) in &other.moves {
            let known = self.moves.entry(id.clone()).or_insert(*moved);
            *known = (*known).max(*moved);
        }
        // The smallest ids are kept, whatever the order of arrival, so that merging stays commutative.
        while self.moves.len() > CHARGEBACK_MOVES_MAX {
            self.moves.pop_last();
        }
        self.answer_by = self.answer_by.max(other.answer_by);
        self.reason = self.reason.clone().max(other.reason.clone());
    }

    /// Whether the funds are out: withdrawn more often than reinstated. That it was lost says that they went, and that it was
    /// won that they came back, also where the move itself was never reported.
    pub fn is_out(&self) -> bool {
        let count = |kind: Move| self.moves.values().filter(|moved| **moved == kind).count();
        let once = |word: bool| usize::from(word);
        let out = count(Move::Withdrawn).max(once(self.withdrawn || (self.lost && self.formal)));
        let back = count(Move::Reinstated).max(once(self.reinstated || (self.won && out > 0)));
        out > back
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
}
