//! Stories: what happens in a world, in words, and how one follows from a seed.
//!
//! Every step names what it is about by a label of its own and not by what went before, so that any of them can be left out and
//! the rest still means something.

use std::fmt;

use super::random::Random;

/// The currencies of the simulation, with the digits after the point in ours.
pub(super) const CURRENCIES: [(&str, u32); 6] =
    [("EUR", 2), ("CAD", 2), ("USD", 2), ("JPY", 0), ("KWD", 3), ("ISK", 0)];
/// Customers of a world. The first two exist at the provider as well.
pub(super) const CUSTOMERS: usize = 3;

/// What a payer enters on the hosted page, and what comes of it.
pub(super) const NUMBERS: [(&str, &str); 15] = [
    ("4242424242424242", "a card that pays"),
    ("4000000000000077", "a card that pays at once"),
    ("4000000000000002", "a card that is declined"),
    ("4000000000009995", "a card without funds"),
    ("4000002760003184", "a card that asks for the payer"),
    ("4000008400001629", "a card that asks for the payer and is declined"),
    ("4000000000007726", "a card whose refunds take their time"),
    ("4000000000005126", "a card whose refunds fail"),
    ("4000000000005423", "a card with a fraud warning"),
    ("4000000000000259", "a card that is disputed"),
    ("4000000000001976", "a card with an inquiry"),
    ("DE89370400440532013000", "a debit that succeeds"),
    ("DE08370400440532013003", "a debit that succeeds late"),
    ("DE62370400440532013001", "a debit that fails"),
    ("DE35370400440532013002", "a debit that is taken back"),
];

/// Money that a step is about: of a payment started here, or taken by another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Money {
    /// The payment of a label.
    Payment(usize),
    /// The foreign money of a label.
    Foreign(usize),
}

/// How a dispute goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// For us.
    Won,
    /// Against us.
    Lost,
    /// An inquiry becomes a chargeback.
    Escalated,
}

impl Verdict {
    /// The sandbox's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Won => "won",
            Self::Lost => "lost",
            Self::Escalated => "escalated",
        }
    }
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of each step are its Display")]
pub enum Step {
    Invoice { invoice: usize, customer: usize, currency: usize, minor: i64, due_in: u16 },
    Start { payment: usize, parts: Vec<(usize, i64)> },
    Enter { payment: usize, number: usize, answers: Option<bool> },
    Look { payment: usize },
    Refund { money: Money, percent: i64 },
    OrderRefund { order: usize, money: Money, place: Option<usize>, percent: i64 },
    Dispute { money: Money, percent: i64, inquiry: bool },
    Verdict { money: Money, verdict: Verdict },
    Foreign { foreign: usize, customer: Option<usize>, currency: usize, minor: i64, with_intent: bool },
    Identify { foreign: usize, customer: usize, invoice: Option<usize> },
    Credit { note: usize, customer: usize, currency: usize, minor: i64, invoice: Option<usize> },
    ApplyCredit { note: usize, invoice: usize, percent: i64 },
    UnapplyCredit { note: usize, percent: i64 },
    WriteOff { invoice: usize },
    TakeBack { invoice: usize },
    Apply { money: Money, invoice: usize, percent: i64 },
    Unapply { money: Money, place: usize, percent: i64 },
    Move { money: Money, place: usize, invoice: usize, percent: i64 },
    CloseReview { money: Money },
    Advance { minutes: i64 },
    Settle,
    Chaos { duplicate: u8, drop: u8, delay_ms: u32, reorder: bool },
    Crash { after: usize, calls: usize, carried_out: bool },
    Rivals { pick: u64 },
    Meanwhile,
    Older { older: bool },
    Sweep,
}

fn plain(minor: i64, currency: usize) -> String {
    let (code, digits) = CURRENCIES[currency];
    let unit = 10_i64.pow(digits);
    match usize::try_from(digits).unwrap() {
        0 => format!("{minor} {code}"),
        width => format!("{}.{:0width$} {code}", minor / unit, minor % unit),
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Payment(label) => write!(f, "P{label}"),
            Self::Foreign(label) => write!(f, "M{label}"),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invoice { invoice, customer, currency, minor, due_in } => {
                write!(f, "invoice I{invoice} to C{customer}: {}, due in {due_in} days", plain(*minor, *currency))
            }
            Self::Start { payment, parts } => {
                write!(f, "start P{payment}")?;
                parts.iter().try_for_each(|(invoice, percent)| write!(f, ", {percent} % of I{invoice}"))
            }
            Self::Enter { payment, number, answers } => {
                write!(f, "pay P{payment} with {}", NUMBERS[*number].1)?;
                match answers {
                    Some(true) => f.write_str(", who comes"),
                    Some(false) => f.write_str(", who refuses"),
                    None => Ok(()),
                }
            }
            Self::Look { payment } => write!(f, "the payer of P{payment} comes back"),
            Self::Refund { money, percent } => write!(f, "refund {percent} % of {money}"),
            Self::OrderRefund { order, money, place, percent } => {
                write!(f, "order R{order}: send {percent} % back of ")?;
                place.map_or(Ok(()), |place| write!(f, "part {place} of "))?;
                write!(f, "{money}")
            }
            Self::Dispute { money, percent, inquiry: false } => write!(f, "dispute {percent} % of {money}"),
            Self::Dispute { money, percent, inquiry: true } => write!(f, "inquire about {percent} % of {money}"),
            Self::Verdict { money, verdict } => write!(f, "the dispute of {money} is {}", verdict.as_str()),
            Self::Foreign { foreign, customer, currency, minor, with_intent } => {
                let without = if *with_intent { "" } else { " without an intent" };
                write!(f, "M{foreign}: {}{without}, taken elsewhere from ", plain(*minor, *currency))?;
                match customer {
                    Some(customer) => write!(f, "C{customer}"),
                    None => f.write_str("nobody known"),
                }
            }
            Self::Identify { foreign, customer, invoice } => {
                write!(f, "M{foreign} is said to be of C{customer}")?;
                invoice.map_or(Ok(()), |invoice| write!(f, ", for I{invoice}"))
            }
            Self::Credit { note, customer, currency, minor, invoice } => {
                write!(f, "credit note N{note} to C{customer}: {}", plain(*minor, *currency))?;
                invoice.map_or(Ok(()), |invoice| write!(f, ", for I{invoice}"))
            }
            Self::ApplyCredit { note, invoice, percent } => write!(f, "apply {percent} % of N{note} to I{invoice}"),
            Self::UnapplyCredit { note, percent } => write!(f, "take {percent} % of N{note} back"),
            Self::WriteOff { invoice } => write!(f, "write I{invoice} off"),
            Self::TakeBack { invoice } => write!(f, "take the write-off of I{invoice} back"),
            Self::Apply { money, invoice, percent } => write!(f, "apply {percent} % of {money} to I{invoice}"),
            Self::Unapply { money, place, percent } => write!(f, "take {percent} % of part {place} of {money} back"),
            Self::Move { money, place, invoice, percent } => {
                write!(f, "move {percent} % of part {place} of {money} to I{invoice}")
            }
            Self::CloseReview { money } => write!(f, "close a review of {money}"),
            Self::Advance { minutes } => write!(f, "{minutes} minutes go by"),
            Self::Settle => f.write_str("all is done that can be"),
            Self::Chaos { duplicate, drop, delay_ms, reorder } => {
                let order = if *reorder { ", any order" } else { "" };
                write!(f, "chaos: {duplicate} % twice, {drop} % dropped, up to {delay_ms} ms late{order}")
            }
            Self::Crash { after, calls, carried_out } => {
                let done = if *carried_out { "carried out" } else { "not carried out" };
                write!(f, "from now {after} calls go well, then {calls} are lost, {done}")
            }
            Self::Rivals { pick } => write!(f, "two workers at once on the same events ({pick})"),
            Self::Meanwhile => f.write_str("while the workers are at it"),
            Self::Older { older: true } => f.write_str("events come in an older shape"),
            Self::Older { older: false } => f.write_str("events come in the present shape"),
            Self::Sweep => f.write_str("the provider's list of events is swept"),
        }
    }
}

/// What the teller of a story remembers, so that most of it makes sense.
struct Teller {
    random: Random,
    /// The customer and currency of each invoice.
    invoices: Vec<(usize, usize)>,
    /// The same of each payment.
    payments: Vec<(usize, usize)>,
    /// The same of foreign money; nobody's has no customer.
    foreign: Vec<(Option<usize>, usize)>,
    notes: Vec<(usize, usize)>,
    orders: usize,
    steps: Vec<Step>,
}

/// The story of a seed.
pub fn tell(seed: u64) -> Vec<Step> {
    let (invoices, payments, foreign, notes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let random = Random::new(seed);
    let mut teller = Teller { random, invoices, payments, foreign, notes, orders: 0, steps: Vec::new() };
    let calm = teller.random.percent(30);
    if !calm {
        teller.chaos();
    }
    if teller.random.percent(15) {
        teller.steps.push(Step::Older { older: true });
    }
    for _ in 0..teller.random.between(1, 4) {
        teller.invoice();
    }
    for _ in 0..teller.random.between(5, 22) {
        teller.chapter(calm);
    }
    teller.steps
}

impl Teller {
    fn minor(&mut self, currency: usize) -> i64 {
        let (code, digits) = CURRENCIES[currency];
        // Whole tens of fils, as cards take them; now and then not.
        let step = if code == "KWD" && !self.random.percent(10) { 10 } else { 1 };
        let units = self.random.between(1, 400) * if digits == 0 { 100 } else { 1 };
        let rest = if digits == 0 { 0 } else { self.random.between(0, 10_i64.pow(digits) / step - 1) * step };
        units * 10_i64.pow(digits) + rest
    }

    fn invoice(&mut self) {
        // Mostly one account and currency, so that things meet.
        let (customer, currency) = match self.invoices.last() {
            Some(last) if self.random.percent(80) => *last,
            Some(_) | None => (self.random.below(CUSTOMERS), self.random.below(CURRENCIES.len())),
        };
        let minor = if self.random.percent(10) { self.random.between(1, 300) } else { self.minor(currency) };
        let due_in = u16::try_from(self.random.between(0, 60)).unwrap();
        self.steps.push(Step::Invoice { invoice: self.invoices.len(), customer, currency, minor, due_in });
        self.invoices.push((customer, currency));
    }

    fn percent(&mut self) -> i64 {
        if self.random.percent(50) { 100 } else { self.random.between(1, 110) }
    }

    fn an_invoice(&mut self) -> usize {
        self.random.below(self.invoices.len())
    }

    /// An invoice of an account and currency where there is one, mostly.
    fn invoice_of(&mut self, customer: usize, currency: usize) -> usize {
        let fitting: Vec<usize> =
            (0..self.invoices.len()).filter(|place| self.invoices[*place] == (customer, currency)).collect();
        if fitting.is_empty() || self.random.percent(5) { self.an_invoice() } else { self.random.one(&fitting) }
    }

    fn pay(&mut self) {
        let first = self.an_invoice();
        let (customer, currency) = self.invoices[first];
        let mut parts = vec![(first, self.percent())];
        while self.random.percent(55) {
            let next = self.invoice_of(customer, currency);
            if parts.iter().any(|(invoice, _)| *invoice == next) {
                break;
            }
            parts.push((next, self.percent()));
        }
        let payment = self.payments.len();
        self.payments.push((customer, currency));
        self.steps.push(Step::Start { payment, parts });
        if self.random.percent(90) {
            self.enter(payment);
        }
    }

    fn enter(&mut self, payment: usize) {
        let debits = if self.payments[payment].1 == 0 { NUMBERS.len() } else { NUMBERS.len() - 4 };
        let number = if self.random.percent(40) { 0 } else { self.random.below(debits) };
        let answers = match number {
            4 | 5 if self.random.percent(80) => Some(self.random.percent(70)),
            _ => None,
        };
        self.steps.push(Step::Enter { payment, number, answers });
        if self.random.percent(20) {
            self.steps.push(Step::Meanwhile);
        }
        if self.random.percent(30) {
            self.steps.push(Step::Look { payment });
        }
    }

    fn money(&mut self) -> Option<(Money, Option<usize>, usize)> {
        let foreign = !self.foreign.is_empty() && (self.payments.is_empty() || self.random.percent(25));
        if foreign {
            let label = self.random.below(self.foreign.len());
            let (customer, currency) = self.foreign[label];
            return Some((Money::Foreign(label), customer, currency));
        }
        if self.payments.is_empty() {
            return None;
        }
        // Mostly one of the last, so that much happens to few.
        let last = self.payments.len() - 1;
        let label = if self.random.percent(60) { last } else { self.random.below(self.payments.len()) };
        let (customer, currency) = self.payments[label];
        Some((Money::Payment(label), Some(customer), currency))
    }

    fn chaos(&mut self) {
        let often = |random: &mut Random| if random.percent(50) { 0 } else { u8::try_from(random.below(100)).unwrap() };
        let (duplicate, drop) = (often(&mut self.random), often(&mut self.random));
        let delay_ms = self.random.one(&[0, 1_000, 60_000, 3_600_000]);
        self.steps.push(Step::Chaos { duplicate, drop, delay_ms, reorder: self.random.percent(70) });
    }

    fn foreign(&mut self) {
        let currency = if self.random.percent(70) {
            let invoice = self.an_invoice();
            self.invoices[invoice].1
        } else {
            self.random.below(CURRENCIES.len())
        };
        let customer = self.random.percent(60).then(|| self.random.below(CUSTOMERS));
        let (minor, with_intent) = (self.minor(currency), self.random.percent(75));
        self.steps.push(Step::Foreign { foreign: self.foreign.len(), customer, currency, minor, with_intent });
        self.foreign.push((customer, currency));
    }

    fn identify(&mut self) {
        if self.foreign.is_empty() {
            return self.foreign();
        }
        let foreign = self.random.below(self.foreign.len());
        let customer = self.random.below(CUSTOMERS);
        let invoice = self.random.percent(60).then(|| self.invoice_of(customer, self.foreign[foreign].1));
        if self.random.percent(40) {
            self.steps.push(Step::Meanwhile);
        }
        self.steps.push(Step::Identify { foreign, customer, invoice });
    }

    fn credit(&mut self) {
        if !self.notes.is_empty() && self.random.percent(60) {
            let note = self.random.below(self.notes.len());
            let (customer, currency) = self.notes[note];
            let (invoice, percent) = (self.invoice_of(customer, currency), self.percent());
            let apply = Step::ApplyCredit { note, invoice, percent };
            let step = if self.random.percent(60) { apply } else { Step::UnapplyCredit { note, percent } };
            return self.steps.push(step);
        }
        let of = self.an_invoice();
        let (customer, currency) = self.invoices[of];
        let minor = self.minor(currency);
        let invoice = self.random.percent(60).then_some(of);
        self.steps.push(Step::Credit { note: self.notes.len(), customer, currency, minor, invoice });
        self.notes.push((customer, currency));
    }

    /// What an operator or the provider does with money.
    fn about_money(&mut self, what: usize) {
        let Some((money, customer, currency)) = self.money() else { return self.pay() };
        let (percent, place) = (self.percent(), self.random.below(3));
        let invoice = match customer {
            Some(customer) => self.invoice_of(customer, currency),
            None => self.an_invoice(),
        };
        let step = match what {
            0 if self.random.percent(50) => Step::Refund { money, percent },
            0 => {
                let place = self.random.percent(60).then_some(place);
                self.orders += 1;
                Step::OrderRefund { order: self.orders, money, place, percent }
            }
            1 => Step::Dispute { money, percent: percent.min(100), inquiry: self.random.percent(30) },
            2 => Step::Verdict { money, verdict: self.random.one(&[Verdict::Won, Verdict::Lost, Verdict::Escalated]) },
            3 => Step::Apply { money, invoice, percent },
            4 => Step::Unapply { money, place, percent },
            5 => Step::Move { money, place, invoice, percent },
            _ => Step::CloseReview { money },
        };
        if self.random.percent(25) {
            self.steps.push(Step::Meanwhile);
        }
        self.steps.push(step);
    }

    fn crash(&mut self) {
        let (after, calls) = (self.random.below(30), self.random.one(&[1, 1, 2, 5]));
        self.steps.push(Step::Crash { after, calls, carried_out: self.random.percent(50) });
    }

    fn chapter(&mut self, calm: bool) {
        match self.random.below(100) {
            0..12 => self.invoice(),
            12..34 => self.pay(),
            34..44 => self.about_money(0),
            44..51 => self.about_money(1),
            51..56 => self.about_money(2),
            56..61 => self.foreign(),
            61..65 => self.identify(),
            65..72 => self.credit(),
            72..75 => {
                let invoice = self.an_invoice();
                let back = self.random.percent(40);
                self.steps.push(if back { Step::TakeBack { invoice } } else { Step::WriteOff { invoice } });
            }
            75..79 => self.about_money(3),
            79..83 => self.about_money(4),
            83..86 => self.about_money(5),
            86..88 => self.about_money(6),
            88..91 if !calm => self.crash(),
            91..93 if !calm => self.chaos(),
            93..95 if !calm => {
                let pick = u64::try_from(self.random.between(0, 1_000_000)).unwrap();
                self.steps.push(Step::Rivals { pick });
            }
            95..96 => {
                let older = self.random.percent(50);
                self.steps.push(Step::Older { older });
            }
            96..97 if !calm => self.steps.push(Step::Sweep),
            _ if !self.payments.is_empty() => {
                let payment = self.random.below(self.payments.len());
                self.enter(payment);
            }
            _ => self.pay(),
        }
        if self.random.percent(45) {
            self.steps.push(Step::Settle);
        }
        if self.random.percent(20) {
            let minutes = self.random.one(&[1, 5, 20, 60, 24 * 60, 10 * 24 * 60, 30 * 24 * 60]);
            self.steps.push(Step::Advance { minutes });
        }
    }
}
