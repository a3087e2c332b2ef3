//! Payouts: what the provider pays to our bank, and of what it is made.
//!
//! A payout is the sum of the net amounts of its balance transactions, each of which is `gross - fee`. All of them are in the
//! currency of the bank account; where a payment was in another, its transaction names the rate.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::currency::Currency;
use crate::money::{Balance, MoneyError};
use crate::provider_object::ObjectId;

/// What moves at a provider, by the provider's word for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MovementClass {
    /// Money of a payer, or back to one.
    Payment,
    /// What the provider takes for itself, or gives back of that.
    Fee,
    /// Between the provider and the bank.
    Bank,
    /// What the provider keeps back for a while, or lets go.
    Reserve,
    /// To or from other accounts at the provider.
    Transfer,
    /// What the provider lends, or is paid back.
    Loan,
    /// What is given away, for the climate.
    Contribution,
    /// What a business that only takes payments does not have: a person must say what it is.
    Other,
}

/// What is known of a payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutState {
    /// What reaches the bank; negative where the provider takes from it.
    pub amount: Balance,
    /// The day on which it is expected there.
    pub arrives_on: Option<Date>,
    /// Its furthest stage, as reported.
    pub rank: PayoutRank,
    /// Its transactions are complete.
    pub reconciled: bool,
    /// It was made by hand or at once, not by the calendar: the provider does not list what it is made of.
    pub manual: bool,
    /// The reference by which the bank knows it.
    pub bank_reference: Option<String>,
    /// Why it failed, in the provider's word.
    pub failure: Option<String>,
    /// The ids of its own movements: that by which it left, and that by which it came back.
    pub movements: BTreeSet<ObjectId>,
}

/// How far a payout came. A bank may return what was reported as paid, so that failing comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PayoutRank {
    /// On its way.
    Pending,
    /// The bank has it.
    Paid,
    /// Called off before it was sent.
    Cancelled,
    /// The bank did not take it, or sent it back.
    Failed,
}

impl PayoutRank {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Paid, Self::Cancelled, Self::Failed];

    /// The word for it in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Paid => "paid",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}

/// One statement of a provider about a payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutReport {
    /// The provider's id of the payout.
    pub payout: ObjectId,
    /// What is said of it.
    pub state: PayoutState,
}

impl PayoutState {
    /// Takes in another statement about the same payout. Says whether anything was news.
    pub fn merge(&mut self, other: &Self) -> bool {
        let before = self.clone();
        self.arrives_on = self.arrives_on.max(other.arrives_on);
        self.rank = self.rank.max(other.rank);
        self.reconciled |= other.reconciled;
        self.manual |= other.manual;
        self.bank_reference = self.bank_reference.clone().max(other.bank_reference.clone());
        self.failure = self.failure.clone().max(other.failure.clone());
        self.movements.extend(other.movements.iter().cloned());
        *self != before
    }
}

/// One movement of our money at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceTransaction {
    /// The provider's id of it.
    pub id: ObjectId,
    /// What it is, in the provider's word: `charge`, `refund`, `adjustment`, `stripe_fee`, `payout`. Where the word ends in
    /// `_fee`, it is a fee.
    pub kind: String,
    /// The charge, refund or chargeback it comes from.
    pub source: Option<ObjectId>,
    /// Before the fee.
    pub gross: Balance,
    /// What the provider keeps.
    pub fee: Balance,
    /// What is left: `gross - fee`.
    pub net: Balance,
    /// The rate at which it was exchanged, where it was.
    pub exchange_rate: Option<Decimal>,
    /// The instant of the movement.
    pub at: Timestamp,
}

impl BalanceTransaction {
    /// What moves. The words are those of Stripe's balance transactions
    /// (<https://docs.stripe.com/reports/balance-transaction-types>); another provider's are translated into them.
    pub fn class(&self) -> MovementClass {
        match self.kind.as_str() {
            "charge"
            | "payment"
            | "payment_unreconciled"
            | "refund"
            | "payment_refund"
            | "refund_failure"
            | "payment_failure_refund"
            | "payment_reversal" => MovementClass::Payment,
            // Of a dispute; the provider's own corrections are of no object.
            "adjustment" if self.source.is_some() => MovementClass::Payment,
            "payout" | "payout_cancel" | "payout_failure" | "topup" | "topup_reversal" => MovementClass::Bank,
            "reserve_transaction"
            | "reserved_funds"
            | "reserve_hold"
            | "reserve_release"
            | "payment_network_reserve_hold"
            | "payment_network_reserve_release"
            | "payout_minimum_balance_hold"
            | "payout_minimum_balance_release" => MovementClass::Reserve,
            // What a platform takes of the accounts connected to it is not the provider's.
            "transfer"
            | "transfer_cancel"
            | "transfer_failure"
            | "transfer_refund"
            | "connect_collection_transfer"
            | "application_fee"
            | "application_fee_refund" => MovementClass::Transfer,
            "advance" | "advance_funding" | "anticipation_repayment" => MovementClass::Loan,
            "contribution" | "climate_order_purchase" | "climate_order_refund" => MovementClass::Contribution,
            kind if kind.ends_with("_fee") => MovementClass::Fee,
            _ => MovementClass::Other,
        }
    }

    /// Whether it is what the provider takes for itself, or gives back of that.
    pub fn is_fee(&self) -> bool {
        self.class() == MovementClass::Fee
    }

    /// Whether it may be a payer's money.
    pub fn may_be_a_payments(&self) -> bool {
        match self.class() {
            MovementClass::Payment | MovementClass::Other => true,
            MovementClass::Fee
            | MovementClass::Bank
            | MovementClass::Reserve
            | MovementClass::Transfer
            | MovementClass::Loan
            | MovementClass::Contribution => false,
        }
    }
}

/// What a provider paid out of one payment in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Before fees.
    pub gross: Balance,
    /// What the provider kept.
    pub fee: Balance,
    /// After fees.
    pub net: Balance,
    /// The rate of the first transaction, where it was exchanged.
    pub exchange_rate: Option<Decimal>,
}

/// What transactions come to, in each currency in which there are some: a payment and its refund may be paid out in two.
pub fn settlements<'a>(
    transactions: impl IntoIterator<Item = &'a BalanceTransaction>,
) -> Result<Vec<Settlement>, MoneyError> {
    let mut by_currency: BTreeMap<Currency, Settlement> = BTreeMap::new();
    for one in transactions {
        let zero = Balance::zero(one.gross.currency());
        let nothing = Settlement { gross: zero, fee: zero, net: zero, exchange_rate: one.exchange_rate };
        let sum = by_currency.entry(one.gross.currency()).or_insert(nothing);
        sum.gross = sum.gross.checked_add(one.gross)?;
        sum.fee = sum.fee.checked_add(one.fee)?;
        sum.net = sum.net.checked_add(one.net)?;
    }
    Ok(by_currency.into_values().collect())
}

/// What a payout is made of, and whether it adds up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutProof {
    /// The sum of the gross amounts.
    pub gross: Balance,
    /// The sum of the fees.
    pub fee: Balance,
    /// The sum of the net amounts.
    pub net: Balance,
    /// Transactions whose net is not their gross less their fee.
    pub uneven: Vec<ObjectId>,
    /// The sum of the net amounts is the amount of the payout, and no transaction is uneven.
    pub holds: bool,
}

/// Proves a payout by its transactions, of which its own is no part. Another payout's are: what came back of one that failed is
/// paid out by the next, and what was taken out by hand is missing from it. One in another currency than the payout's is an error.
pub fn prove(
    payout: &ObjectId,
    amount: Balance,
    transactions: &[BalanceTransaction],
) -> Result<PayoutProof, MoneyError> {
    let currency: Currency = amount.currency();
    let zero = Balance::zero(currency);
    let mut proof = PayoutProof { gross: zero, fee: zero, net: zero, uneven: Vec::new(), holds: false };
    for transaction in transactions.iter().filter(|transaction| transaction.source.as_ref() != Some(payout)) {
        proof.gross = proof.gross.checked_add(transaction.gross)?;
        proof.fee = proof.fee.checked_add(transaction.fee)?;
        proof.net = proof.net.checked_add(transaction.net)?;
        if transaction.gross.checked_add(transaction.fee.reversed())? != transaction.net {
            proof.uneven.push(transaction.id.clone());
        }
    }
    proof.holds = proof.net == amount && proof.uneven.is_empty();
    Ok(proof)
}
