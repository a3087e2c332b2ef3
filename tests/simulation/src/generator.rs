//! The generator: derives the steps of a world from its seed.

use fault_injection::Random;
use receivables::ProviderRefunds;
use receivables::payment::RefundMeaning;

use super::faults::{Fault, REFUSALS};
use super::steps::{CURRENCIES, CUSTOMERS, Money, NUMBERS, Step, Verdict};

use self::faults::Faults;

mod faults;

/// The labels of payments that charge a saved method, and of their methods, begin here.
const CHARGES_FROM: usize = 1000;

/// What the generator remembers of the steps so far, so that most steps make sense.
struct Generator {
    random: Random,
    /// The customer and currency of each invoice.
    invoices: Vec<(usize, usize)>,
    /// The same for each payment.
    payments: Vec<(usize, usize)>,
    /// The same for money that another program took; the customer may be unknown.
    foreign: Vec<(Option<usize>, usize)>,
    notes: Vec<(usize, usize)>,
    outgoing: usize,
    orders: usize,
    /// The number of saved methods.
    saved: usize,
    /// The number of payments that charge a saved method.
    charges: usize,
    faults: Option<Faults>,
    steps: Vec<Step>,
}

/// The steps of a seed.
pub fn generate(seed: u64) -> Vec<Step> {
    let (invoices, payments, foreign, notes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let random = Random::new(seed);
    let (faults, steps) = (Faults::of_seed(seed), Vec::new());
    let mut generator = Generator {
        random,
        invoices,
        payments,
        foreign,
        notes,
        outgoing: 0,
        orders: 0,
        saved: 0,
        charges: 0,
        faults,
        steps,
    };
    generator.surroundings();
    let calm = generator.random.percent(30);
    if !calm {
        generator.chaos();
    }
    if generator.random.percent(15) {
        generator.steps.push(Step::Older { older: true });
    }
    for _ in 0..generator.random.between(1, 4) {
        generator.invoice();
    }
    for _ in 0..generator.random.between(5, 22) {
        generator.next_steps(calm);
        generator.incident();
    }
    generator.steps
}

impl Generator {
    fn minor(&mut self, currency: usize) -> i64 {
        let (code, digits) = CURRENCIES[currency];
        // Whole tens of fils, as cards take them, with a few exceptions.
        let step = if code == "KWD" && !self.random.percent(10) { 10 } else { 1 };
        let units = self.random.between(1, 400) * if digits == 0 { 100 } else { 1 };
        let rest = if digits == 0 { 0 } else { self.random.between(0, 10_i64.pow(digits) / step - 1) * step };
        units * 10_i64.pow(digits) + rest
    }

    fn invoice(&mut self) {
        // Mostly one account and currency, so that the steps affect each other.
        let (customer, currency) = match self.invoices.last() {
            Some(last) if self.random.percent(80) => *last,
            Some(_) | None => (self.random.below(CUSTOMERS), self.random.below(CURRENCIES.len())),
        };
        let minor = if self.random.percent(10) { self.random.between(1, 300) } else { self.minor(currency) };
        let due_in = u16::try_from(self.random.between(0, 60)).unwrap();
        self.steps.push(Step::Invoice { invoice: self.invoices.len(), customer, currency, minor, due_in });
        self.invoices.push((customer, currency));
    }

    /// An invoice small enough to be written off.
    fn small_invoice(&mut self) -> usize {
        let (invoice, minor) = (self.invoices.len(), self.random.between(1, 60));
        let (customer, currency) = (self.random.below(CUSTOMERS), self.random.below(CURRENCIES.len()));
        self.steps.push(Step::Invoice { invoice, customer, currency, minor, due_in: 30 });
        self.invoices.push((customer, currency));
        invoice
    }

    fn percent(&mut self) -> i64 {
        if self.random.percent(50) { 100 } else { self.random.between(1, 110) }
    }

    fn an_invoice(&mut self) -> usize {
        self.random.below(self.invoices.len())
    }

    /// Mostly an invoice of an account and currency, if there is one.
    fn invoice_of(&mut self, customer: usize, currency: usize) -> usize {
        let fitting: Vec<usize> =
            (0..self.invoices.len()).filter(|place| self.invoices[*place] == (customer, currency)).collect();
        if fitting.is_empty() || self.random.percent(5) { self.an_invoice() } else { self.random.one(&fitting) }
    }

    /// A method is saved and charged for a part of an invoice. This draws no random number, so that the steps after it stay the same.
    fn charge(&mut self, invoice: usize) {
        let (customer, currency) = self.invoices[invoice];
        let (label, turn) = (CHARGES_FROM + self.charges, self.charges + self.steps.len());
        self.charges += 1;
        self.steps.push(Step::Save { method: label, customer, debit: currency == 0 && turn.is_multiple_of(4) });
        self.steps.push(Step::Drain);
        if turn.is_multiple_of(3) {
            let (requests, carried_out) = if turn.is_multiple_of(2) { (3, true) } else { (5, false) };
            self.steps.push(Step::Outage { of_mail: false, after: 0, requests, status: 503, carried_out });
        }
        let percent = if turn.is_multiple_of(2) { 40 } else { 100 };
        self.steps.push(Step::Charge { payment: label, method: label, invoice, percent });
        if turn.is_multiple_of(5) {
            self.steps.extend([Step::Drain, Step::Refund { money: Money::Payment(label), percent }]);
        }
    }

    fn pay(&mut self) {
        let first = self.an_invoice();
        let (customer, currency) = self.invoices[first];
        // Only two customers exist at the provider.
        if customer < 2 && self.steps.len().is_multiple_of(4) {
            self.charge(first);
        }
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
        if self.random.percent(12) {
            let percent = self.random.one(&[0, 30, 60, 100]);
            self.steps.push(Step::Transfer { payment, percent });
            if self.random.percent(50) {
                let percent = self.random.one(&[20, 50, 100]);
                self.steps.push(Step::Arrive { payment, percent });
            }
        } else if self.random.percent(90) {
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
        // Mostly one of the last, so that much happens to few payments.
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

    /// Money of another program that may be on the wrong account.
    fn hand_over(&mut self) {
        if self.foreign.is_empty() {
            return self.foreign();
        }
        let foreign = self.random.below(self.foreign.len());
        let (mistaken, customer) = (self.random.below(CUSTOMERS), self.random.below(CUSTOMERS));
        if self.random.percent(70) {
            self.steps.push(Step::Identify { foreign, customer: mistaken, invoice: None });
        }
        if self.random.percent(40) {
            self.steps.push(Step::Meanwhile);
        }
        self.steps.push(Step::HandOver { money: Money::Foreign(foreign), customer });
    }

    fn credit(&mut self) {
        if !self.notes.is_empty() && self.random.percent(60) {
            let note = self.random.below(self.notes.len());
            let (customer, currency) = self.notes[note];
            let (invoice, percent) = (self.invoice_of(customer, currency), self.percent());
            let apply = Step::ApplyCredit { note, invoice, percent };
            let step = if self.random.percent(60) { apply } else { Step::UnapplyCredit { note, percent } };
            self.steps.push(step);
            return self.credit_leaves(customer, currency);
        }
        let of = self.an_invoice();
        let (customer, currency) = self.invoices[of];
        let minor = self.minor(currency);
        let invoice = self.random.percent(60).then_some(of);
        self.steps.push(Step::Credit { note: self.notes.len(), customer, currency, minor, invoice });
        self.notes.push((customer, currency));
        self.credit_leaves(customer, currency);
    }

    /// Now and then credit is paid out, or comes back. This draws no random number, so that the steps after it stay the same.
    fn credit_leaves(&mut self, customer: usize, currency: usize) {
        let place = self.steps.len();
        let percent = if place.is_multiple_of(2) { 100 } else { 40 };
        match place % 4 {
            0 | 1 => {
                self.steps.push(Step::PayOutCredit { outgoing: self.outgoing, customer, currency, percent });
                self.outgoing += 1;
            }
            2 => {
                self.steps.push(Step::RefundCredit { order: self.orders, customer: customer % 2, currency, percent });
                self.orders += 1;
            }
            _ => self.steps.push(Step::ReversePayout { outgoing: self.outgoing.saturating_sub(1) }),
        }
    }

    /// A step of an operator or the provider about money.
    fn about_money(&mut self, what: usize) {
        let Some((money, customer, currency)) = self.money() else { return self.pay() };
        let (percent, place) = (self.percent(), self.random.below(3));
        let invoice = match customer {
            Some(customer) => self.invoice_of(customer, currency),
            None => self.an_invoice(),
        };
        let step = match what {
            0 if self.random.percent(50) => {
                // Now and then the business has chosen otherwise what such a refund means. This draws no random number, so that the
                // steps after it stay the same.
                let place = self.steps.len();
                if place.is_multiple_of(3) {
                    let choice = ProviderRefunds::ALL[place / 3 % 3];
                    self.steps.push(Step::ProviderRefunds { choice });
                }
                Step::Refund { money, percent }
            }
            0 => {
                let place = self.random.percent(60).then_some(place);
                self.orders += 1;
                let meaning = RefundMeaning::ALL[self.orders % 2];
                Step::OrderRefund { order: self.orders, money, place, percent, meaning }
            }
            1 => {
                let dispute = Step::Dispute { money, percent: percent.min(100), inquiry: self.random.percent(30) };
                if self.random.percent(40) {
                    self.steps.push(dispute);
                    let verdict = self.random.one(&[Verdict::Won, Verdict::Lost, Verdict::Escalated]);
                    Step::Verdict { money, verdict, percent }
                } else {
                    dispute
                }
            }
            2 => {
                let verdict = self.random.one(&[Verdict::Won, Verdict::Lost, Verdict::Escalated]);
                Step::Verdict { money, verdict, percent }
            }
            3 => Step::Apply { money, invoice, percent },
            4 if self.random.percent(50) => {
                // Money that was taken back is placed again.
                self.steps.extend([Step::Drain, Step::Unapply { money, place, percent }]);
                Step::Apply { money, invoice, percent: 100 }
            }
            4 => Step::Unapply { money, place, percent },
            5 => Step::Move { money, place, invoice, percent },
            _ => Step::CloseReview { money },
        };
        // Mostly an operator acts on money that has come.
        if what >= 2 && self.random.percent(70) {
            self.steps.push(Step::Drain);
        }
        if self.random.percent(25) {
            self.steps.push(Step::Meanwhile);
        }
        let is_refund = matches!(step, Step::Refund { .. });
        self.steps.push(step);
        // A person explains some of them.
        let place = self.steps.len();
        if is_refund && place.is_multiple_of(2) {
            self.steps.extend([Step::Drain, Step::AnswerRefund { money, meaning: RefundMeaning::ALL[place / 2 % 2] }]);
        }
    }

    fn crash(&mut self) {
        let (after, calls) = (self.random.below(30), self.random.one(&[1, 1, 2, 5]));
        self.steps.push(Step::Crash { after, calls, carried_out: self.random.percent(50) });
    }

    /// Losses, refusals and disorder that affect the steps after them.
    fn trouble(&mut self) {
        match self.random.below(10) {
            0 => self.crash(),
            1 => self.chaos(),
            2 => {
                let pick = u64::try_from(self.random.between(0, 1_000_000)).unwrap();
                self.steps.push(Step::Rivals { pick });
            }
            3 => self.steps.push(Step::Sweep),
            4..7 => self.outage(),
            _ => {
                let (after, calls) = (self.random.below(12), self.random.one(&[1, 1, 2, 3, 12]));
                let refusal = self.random.one(&REFUSALS);
                self.steps.push(Step::Fault(Fault::Refuse { after, calls, refusal }));
            }
        }
    }

    fn outage(&mut self) {
        let of_mail = self.random.percent(40);
        let after = u32::try_from(self.random.below(if of_mail { 2 } else { 5 })).unwrap();
        let requests = self.random.one(&[1, 2, 3, 4, 8]);
        let (status, carried_out) = (self.random.one(&[429, 500, 503]), self.random.percent(40));
        self.steps.push(Step::Outage { of_mail, after, requests, status, carried_out });
    }

    /// A step of a bank.
    fn bank(&mut self) {
        let payment = (!self.payments.is_empty()).then(|| self.random.below(self.payments.len().max(1)));
        match (self.random.below(10), payment) {
            (0..3, Some(payment)) => {
                let currency = if self.random.percent(70) {
                    self.random.below(CURRENCIES.len())
                } else {
                    self.payments[payment].1
                };
                let minor = self.minor(currency);
                self.steps.push(Step::ArriveIn { payment, currency, minor });
                // Most of it goes back. This draws no random number, so that the steps after it stay the same.
                if !payment.is_multiple_of(3) {
                    self.steps.push(Step::Drain);
                    let percent = if payment.is_multiple_of(2) { 100 } else { 40 };
                    self.steps.push(Step::RefundSuspense { order: self.orders, payment, percent });
                    self.orders += 1;
                }
                // Now and then a person looks at a review. This draws no random number, so that the steps after it stay the
                // same.
                if (minor / 100) % 2 == 0 {
                    self.steps.extend([Step::Drain, Step::CloseReview { money: Money::Payment(payment) }]);
                }
            }
            (3..5, Some(payment)) => {
                let percent = self.random.between(1, 100);
                self.steps.push(Step::Arrive { payment, percent });
            }
            (5..7, _) => {
                if self.random.percent(60) {
                    self.steps.extend([Step::Drain, Step::Advance { minutes: 3 * 24 * 60 }]);
                }
                // Without a random number, so that the steps after it stay the same.
                if self.steps.len().is_multiple_of(2) {
                    self.steps.push(Step::PayOutByHand { percent: 40, instant: self.steps.len().is_multiple_of(4) });
                }
                self.steps.push(Step::PayOut);
                if self.random.percent(35) {
                    let pick = self.random.below(8);
                    self.steps.extend([Step::Drain, Step::ReturnPayout { pick }]);
                }
            }
            (7, _) => {
                let pick = self.random.below(8);
                self.steps.push(Step::ReturnPayout { pick });
            }
            (8, _) if self.saved > 0 => {
                let (method, removed) = (self.random.below(self.saved), self.random.percent(50));
                self.steps.push(Step::Die { method, removed });
            }
            _ => {
                let (customer, debit) = (self.random.below(2), self.random.percent(50));
                self.steps.push(Step::Save { method: self.saved, customer, debit });
                self.saved += 1;
            }
        }
    }

    fn next_steps(&mut self, calm: bool) {
        match self.random.below(100) {
            0..8 => self.invoice(),
            8..12 | 70..72 => self.bank(),
            12..34 => self.pay(),
            34..44 => self.about_money(0),
            44..51 => self.about_money(1),
            51..56 => self.about_money(2),
            56..61 => self.foreign(),
            61..64 => self.identify(),
            64..66 => self.hand_over(),
            66..70 => self.credit(),
            72..75 => {
                let is_rest = self.random.percent(70);
                let invoice = if is_rest { self.small_invoice() } else { self.an_invoice() };
                let odd = !invoice.is_multiple_of(2);
                let bad_debt = Step::BadDebt { invoice, percent: if odd { 40 } else { 100 } };
                self.steps.push(if is_rest { Step::WriteOff { invoice } } else { bad_debt });
                if self.random.percent(50) {
                    self.steps.push(Step::TakeBack { invoice, percent: if odd || is_rest { 100 } else { 30 } });
                }
            }
            75..79 => self.about_money(3),
            79..83 => self.about_money(4),
            83..86 => self.about_money(5),
            86..88 => self.about_money(6),
            88..96 if !calm => self.trouble(),
            96..97 => {
                let older = self.random.percent(50);
                self.steps.push(Step::Older { older });
            }
            _ if !self.payments.is_empty() => {
                let payment = self.random.below(self.payments.len());
                self.enter(payment);
            }
            _ => self.pay(),
        }
        if self.random.percent(45) {
            self.steps.push(Step::Drain);
        }
        if self.random.percent(20) {
            let minutes = self.random.one(&[1, 5, 20, 60, 24 * 60, 10 * 24 * 60, 30 * 24 * 60]);
            self.steps.push(Step::Advance { minutes });
        }
    }
}
