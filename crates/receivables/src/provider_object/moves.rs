//! Moves of money that a provider made because of one object.
//!
//! One amount is often said in several: a chargeback of 100.00 is taken, given back in two parts, exchanged at another rate
//! each time. So moves are never counted. They are added up in each currency, whatever their number and sign, and what they
//! come to is compared with the amount that they are about.
//!
//! Moves in another currency than that amount stand for it in proportion: the most that they ever came to is the whole of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::currency::Currency;
use crate::money::{Balance, Money};
use crate::payout::BalanceTransaction;

/// Moves that are kept of one object, and one more by which one sees that there were others. A provider makes a handful.
pub const MOVES_MAX: usize = 100;

/// A difference of at most this part of the amount may come from rates of exchange, since weeks pass between two moves.
const EXCHANGE_PART: i128 = 20;

/// A single move that was exchanged differs from its amount by less than this part of it, since rates are rounded.
const RATE_PART: i128 = 1_000;

/// One move of our money at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// What came to us; negative where it went.
    pub amount: Balance,
    /// What the provider kept beside it, in the same currency; negative where it gave a fee back.
    pub fee: Balance,
    /// The instant of the move, where it was said.
    pub at: Option<Timestamp>,
    /// How much of the amount's currency one unit of the payer's was, where it was exchanged.
    pub rate: Option<Decimal>,
}

impl Move {
    /// In the order in which they happened. Of two statements about one move the greater holds.
    fn order(&self) -> (Option<Timestamp>, Currency, i64, i64, Option<Decimal>) {
        (self.at, self.amount.currency(), self.amount.minor(), self.fee.minor(), self.rate)
    }

    /// Whether it is all of an amount that came, as far as the rate that it names tells.
    pub(crate) fn is_whole_of(&self, amount: Money) -> bool {
        let (moved, whole) = (self.in_payers(amount.currency()), i128::from(amount.minor()));
        whole > 0 && (moved - whole).abs() * RATE_PART < whole
    }

    /// The amount in the payer's currency, in minor units; nothing where it is in another and names no rate.
    fn in_payers(&self, currency: Currency) -> i128 {
        let amount = self.amount;
        if amount.currency() == currency {
            return i128::from(amount.minor());
        }
        let digits = |currency: Currency| 10_i64.pow(currency.exponent()).into();
        let units = Decimal::from(amount.minor()).checked_div(digits(amount.currency()));
        let exchanged = units.zip(self.rate).and_then(|(units, rate)| units.checked_div(rate));
        let minor = exchanged.and_then(|units| units.checked_mul(digits(currency)));
        let rounded = minor.map(|minor| minor.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero));
        rounded.and_then(|minor| i128::try_from(minor).ok()).unwrap_or_default()
    }
}

impl From<&BalanceTransaction> for Move {
    /// What is a fee as a whole moves nothing of the payer's money.
    fn from(transaction: &BalanceTransaction) -> Self {
        let (amount, fee) = if transaction.is_fee() {
            (Balance::zero(transaction.net.currency()), transaction.net.reversed())
        } else {
            (transaction.gross, transaction.fee)
        };
        Self { amount, fee, at: Some(transaction.at), rate: transaction.exchange_rate }
    }
}

/// The moves that are known of one object, by the provider's id of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves(BTreeMap<String, Move>);

/// In which direction the money of an object goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// It came. What is taken of it later is said of another object.
    Comes,
    /// It goes, and may come back.
    Goes,
}

/// What one move is to the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// What the ledger has entered for it, in the currency of the amount that the moves are about.
    pub entered: Balance,
    /// What is beside that, in the move's own currency, as rates of exchange make it.
    pub exchange: Balance,
    /// What is beside it as a fee that was given back among the payer's money.
    pub fee: Balance,
    /// What is beside it and is neither of the two.
    pub unexplained: Balance,
}

impl Share {
    /// A move of which the ledger knows nothing.
    pub fn unexplained(amount: Balance) -> Self {
        let nothing = Balance::zero(amount.currency());
        Self { entered: nothing, exchange: nothing, fee: nothing, unexplained: amount }
    }
}

impl Moves {
    /// Notes a move. Of one that is known the greater statement holds.
    pub fn note(&mut self, id: impl Into<String>, moved: Move) {
        let known = self.0.entry(id.into()).or_insert(moved);
        if known.order() < moved.order() {
            *known = moved;
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (id, moved) in other.iter() {
            self.note(id, *moved);
        }
        // The smallest ids are kept, whatever the order of arrival, so that merging stays commutative.
        while self.0.len() > MOVES_MAX.saturating_add(1) {
            self.0.pop_last();
        }
    }

    /// Each move with the provider's id of it, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Move)> {
        self.0.iter().map(|(id, moved)| (id.as_str(), moved))
    }

    /// Whether there were more than are kept, so that their sum is not known.
    pub(super) fn are_too_many(&self) -> bool {
        self.0.len() > MOVES_MAX
    }

    /// Whether some money went.
    pub(super) fn went(&self) -> bool {
        self.0.values().any(|moved| moved.amount.minor() < 0)
    }

    /// Whether some money came.
    pub(super) fn came(&self) -> bool {
        self.0.values().any(|moved| moved.amount.minor() > 0)
    }

    /// The currency of the first move; `None` where there is none.
    pub(super) fn currency(&self) -> Option<Currency> {
        self.0.values().next().map(|moved| moved.amount.currency())
    }

    fn in_order(&self) -> Vec<(&str, &Move)> {
        let mut ordered: Vec<(&str, &Move)> = self.iter().collect();
        ordered.sort_by_key(|(id, moved)| (moved.order(), *id));
        ordered
    }

    /// The amount that was taken, where only the `last` was said: the most that was ever gone by the rates that the moves name,
    /// if that is more than an exchange makes it.
    pub(super) fn taken(&self, last: Money) -> Money {
        let (mut gone, mut most) = (0_i128, 0_i128);
        for (_, moved) in self.in_order() {
            gone -= moved.in_payers(last.currency());
            most = most.max(gone);
        }
        let is_exchange = (most - i128::from(last.minor())) * EXCHANGE_PART <= most;
        let most = i64::try_from(most).ok().and_then(|most| Money::new(most, last.currency()).ok());
        most.filter(|_| !is_exchange).unwrap_or(last)
    }

    /// The share that each move has in an amount, in the order in which they happened.
    ///
    /// After each move the money is where at least half of the amount is by the sum so far; money that came stays so. The
    /// ledger has entered the amount where it moved. After the last move the amount is `last`, since it may have been settled
    /// on a part of the `whole`; before that it is the one of the two that the sum is nearer to.
    pub(crate) fn shares(&self, whole: Money, last: Money, course: Course) -> Vec<(&str, Share)> {
        let ordered = self.in_order();
        let end = ordered.len();
        let mut tally = Tally { whole, sums: BTreeMap::new(), entered: 0 };
        let shares = ordered.into_iter().enumerate().map(|(place, (id, moved))| {
            let amounts = if place.saturating_add(1) == end { [last, last] } else { [whole, last] };
            (id, tally.enter(moved, amounts, course))
        });
        shares.collect()
    }
}

/// The moves so far. All amounts are in minor units; what came is positive.
struct Tally {
    whole: Money,
    sums: BTreeMap<Currency, Sum>,
    /// What the ledger has entered, in the currency of the whole.
    entered: i128,
}

/// The moves so far in one currency.
#[derive(Clone, Copy, Default)]
struct Sum {
    moved: i128,
    /// The most that they ever came to.
    peak: i128,
    fees: i128,
    /// What is beside the entered amount: all of it, and by its causes.
    beside: i128,
    causes: Causes,
}

#[derive(Clone, Copy, Default)]
struct Causes {
    exchange: i128,
    fee: i128,
    unexplained: i128,
}

impl Tally {
    fn enter(&mut self, moved: &Move, amounts: [Money; 2], course: Course) -> Share {
        let (whole, currency) = (self.whole, moved.amount.currency());
        let sum = self.sums.entry(currency).or_default();
        sum.moved += i128::from(moved.amount.minor());
        sum.peak = sum.peak.max(sum.moved.abs());
        sum.fees += i128::from(moved.fee.minor());
        let sign = match course {
            Course::Comes => 1,
            Course::Goes => -1,
        };
        let there = self.sums.iter().map(|(currency, sum)| sum.in_whole(*currency, whole)).sum::<i128>() * sign;
        let [amount, other] = amounts.map(|amount| i128::from(amount.minor()));
        let nearest = if (there - other).abs() < (there - amount).abs() { other } else { amount };
        let stays = course == Course::Comes && self.entered != 0;
        let is_there = stays || (nearest != 0 && there * 2 >= nearest);
        let position = if is_there { nearest * sign } else { 0 };
        let entered = position - self.entered;
        self.entered = position;
        let sum = self.sums.entry(currency).or_default();
        sum.beside += i128::from(moved.amount.minor()) - sum.of_whole(entered, currency, whole);
        let (before, after) = (sum.causes, sum.explained(currency, whole));
        sum.causes = after;
        let share = |of: fn(&Causes) -> i128| balance(of(&after) - of(&before), currency);
        Share {
            entered: balance(entered, whole.currency()),
            exchange: share(|causes| causes.exchange),
            fee: share(|causes| causes.fee),
            unexplained: share(|causes| causes.unexplained),
        }
    }
}

impl Sum {
    /// What the moves stand for of the whole.
    fn in_whole(&self, currency: Currency, whole: Money) -> i128 {
        if currency == whole.currency() { self.moved } else { part(self.moved, i128::from(whole.minor()), self.peak) }
    }

    /// An amount in the currency of the whole, as moves in a currency stand for it.
    fn of_whole(&self, amount: i128, currency: Currency, whole: Money) -> i128 {
        if currency == whole.currency() { amount } else { part(amount, self.peak, i128::from(whole.minor())) }
    }

    /// What is beside the entered amount, by its causes.
    fn explained(&self, currency: Currency, whole: Money) -> Causes {
        let size = if currency == whole.currency() { i128::from(whole.minor()) } else { self.peak };
        let is_exchange = |rest: i128| rest.abs() * EXCHANGE_PART <= size;
        let (beside, nothing) = (self.beside, Causes::default());
        // A provider that gives its fee back may do so as if it were the payer's money.
        let given_back = if beside > 0 { self.fees.max(0) } else { 0 };
        if beside == given_back {
            Causes { fee: given_back, ..nothing }
        } else if is_exchange(beside) {
            Causes { exchange: beside, ..nothing }
        } else if given_back != 0 && is_exchange(beside - given_back) {
            Causes { fee: given_back, exchange: beside - given_back, ..nothing }
        } else {
            Causes { unexplained: beside, ..nothing }
        }
    }
}

/// So many of an amount, rounded half away from zero; nothing of nothing.
fn part(amount: i128, times: i128, of: i128) -> i128 {
    if of == 0 {
        return 0;
    }
    let size = (amount.abs() * times * 2 + of) / (of * 2);
    size * amount.signum()
}

/// The moves that are kept come to far less than a balance holds; beyond that, which no provider can say, it is nothing.
fn balance(minor: i128, currency: Currency) -> Balance {
    let minor = i64::try_from(minor).unwrap_or_default();
    Balance::new(minor, currency).unwrap_or(Balance::zero(currency))
}
