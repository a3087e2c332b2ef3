//! Laws of the books among enemies: money comes, goes back and comes again in any order, operators undo what was done, and
//! larger payments are interrupted between their steps. After every commit [`Books`] proves itself; at the end every payment is
//! finished and must have come to rest.

use jiff::civil::date;
use proptest::prelude::*;

use super::books::{Books, credit_note_id, invoice_id, payment_id, refund_id};
use super::cases;
use super::story::{note_of, ordered};
use crate::invoice::InvoiceHead;
use crate::payment::{RefundMeaning, RefundRefusal};
use crate::provider_object::{
    Attempt, AttemptRank, Cash, ChargebackState, CheckoutState, IntentState, Move, Moves, ObjectState, RefundRank,
    RefundState,
};
use crate::{Balance, Currency, InvoiceId, Money, Payment, Report, credit_note, payment};

/// One thing that happens: of which kind, to what, by how much. Numbers mean something for every kind.
type Step = (u8, u8, u8, u16);

const PAYMENTS: [&str; 3] = ["P", "Q", "R"];

struct Enemy {
    books: Books,
    invoices: Vec<String>,
    orders: u16,
    notes: u16,
}

fn cents(minor: i64) -> Money {
    Money::new(minor.max(0), Currency::EUR).unwrap()
}

impl Enemy {
    /// Invoices of different sizes; the first is the oldest due.
    fn facing(count: usize) -> Self {
        let mut books = Books::new();
        let mut invoices = Vec::new();
        for number in 0..count {
            let name = format!("A{number:03}");
            let day = i8::try_from(number % 20).unwrap() + 1;
            books.issue(&name, cents(900 + 700 * i64::try_from(number % 7).unwrap()), date(2026, 3, day));
            // Credit notes and operators may leave less open than is on its way.
            books.late.insert(invoice_id(&name));
            invoices.push(name);
        }
        Self { books, invoices, orders: 0, notes: 0 }
    }

    fn name(&self, place: u8) -> String {
        self.invoices[usize::from(place) % self.invoices.len()].clone()
    }

    fn invoice(&self, place: u8) -> InvoiceHead {
        self.books.invoices[&invoice_id(&self.name(place))].clone()
    }

    fn start(&mut self, name: &str, from: u8, how_many: u8, part: u16) {
        if self.books.payments.contains_key(&payment_id(name)) {
            return;
        }
        let count = match (self.invoices.len(), how_many) {
            (0..10, many) => usize::from(many % 4) + 1,
            (all, many) => (45 + usize::from(many) % 45).min(all),
        };
        let names: Vec<String> =
            (0..count).map(|step| self.invoices[(usize::from(from) + step) % self.invoices.len()].clone()).collect();
        let whole = !part.is_multiple_of(3);
        let parts: Vec<(&str, Money)> = names
            .iter()
            .map(|name| {
                let payable = self.books.invoices[&invoice_id(name)].balance.payable();
                (name.as_str(), if whole { payable } else { cents(payable.minor() / 2) })
            })
            .collect();
        if self.books.start(name, &parts).is_ok() {
            self.books.open(name);
        }
    }

    /// What a provider may say of a payment, in any order and more than once.
    fn report(&self, name: &str, kind: u8, number: u8, amount: u16) -> Vec<Report> {
        let asked = self.books.payments[&payment_id(name)].amount();
        let part = cents((asked.minor() * i64::from(amount % 120) / 100).max(1));
        let intent = |fact: IntentState| (format!("pi_{name}"), ObjectState::Intent(fact));
        let behind = Some(format!("pi_{name}").parse().unwrap());
        let attempt = |rank| [("ch".to_owned(), Attempt::new(rank, None))].into();
        let checkout = |fact| (format!("cs_{name}"), ObjectState::Checkout(CheckoutState { intent: behind, ..fact }));
        let refund = |rank| {
            let order =
                amount.is_multiple_of(2).then(|| refund_id(&format!("{}", u16::from(number) % self.orders.max(1))));
            let id = order.as_ref().map_or_else(|| format!("re_{name}{}", number % 3), |order| format!("re_{order}"));
            // An order says the same amount whenever it is spoken of.
            let ordered = self.books.payments.values().flat_map(super::super::payment::Payment::refunds);
            let ordered = ordered.into_iter().find(|known| Some(&known.id) == order.as_ref()).map(|known| known.amount);
            let amount = Cash::of(ordered.unwrap_or_else(|| cents(asked.minor() / 3)));
            (id, ObjectState::Refund(RefundState { order, amount, rank, failure: None }))
        };
        let formal = ChargebackState { amount: Cash::of(part), formal: true, ..ChargebackState::default() };
        let moved = |minor| {
            let mut moves = Moves::default();
            let amount = Balance::new(minor, Currency::EUR).unwrap();
            moves.note(
                format!("txn_{}", amount.minor() % 5),
                Move { amount, fee: Balance::zero(Currency::EUR), at: None, rate: None },
            );
            moves
        };
        let chargeback = |fact| (format!("dp_{name}{}", number % 2), ObjectState::Chargeback(fact));
        let (object, fact) = match kind % 17 {
            0 | 1 => checkout(CheckoutState { completed: true, received: Cash::of(asked), ..CheckoutState::default() }),
            2 => checkout(CheckoutState { completed: true, ..CheckoutState::default() }),
            3 => checkout(CheckoutState { failed: true, ..CheckoutState::default() }),
            4 => checkout(CheckoutState { expired: true, ..CheckoutState::default() }),
            5 => intent(IntentState { received: Cash::of(asked), ..IntentState::default() }),
            6 => intent(IntentState { attempts: attempt(AttemptRank::Pending), ..IntentState::default() }),
            7 => intent(IntentState { attempts: attempt(AttemptRank::Failed), ..IntentState::default() }),
            8 => refund(RefundRank::Pending),
            9 => refund(RefundRank::Failed),
            10 => chargeback(ChargebackState { withdrawn: true, ..formal }),
            11 => chargeback(ChargebackState { reinstated: true, won: true, ..formal }),
            12 => chargeback(ChargebackState { lost: true, ..formal }),
            13 => chargeback(ChargebackState { moves: moved(-part.minor()), ..formal }),
            14 => chargeback(ChargebackState {
                moves: moved(part.minor()),
                reinstated: amount.is_multiple_of(2),
                ..formal
            }),
            15 => {
                let lost_on = Cash::of(cents(part.minor() / 3));
                chargeback(ChargebackState { lost_on, lost: true, moves: moved(part.minor() / 2), ..formal })
            }
            _ => intent(IntentState { refunded: Cash::of(part), ..IntentState::default() }),
        };
        vec![Report { payment: Some(payment_id(name)), ..Report::new(object.parse().unwrap(), fact) }]
    }

    /// One step of a payment that is not finished, as a worker makes it that may die after it.
    fn next_step(&mut self, name: &str) {
        let fresh = self.books.fresh(name);
        let open: Vec<InvoiceHead> =
            self.books.invoices.values().filter(|one| !one.balance.open().is_zero()).cloned().collect();
        let now = self.books.now;
        let step = payment::next_step(&fresh, now).or_else(|| payment::place_remainder(&fresh, &open, now));
        if let Some((_, decision)) = step {
            self.books.commit(&decision).unwrap();
        }
    }

    fn operate(&mut self, name: &str, kind: u8, place: u8, amount: u16) {
        let part = |of: Money| cents((of.minor() * i64::from(amount % 110) / 100).max(1));
        let to = self.invoice(place);
        self.orders += 1;
        let order = format!("{}", self.orders);
        let meaning = RefundMeaning::ALL[usize::from(amount % 2)];
        let before = self.books.fresh(name);
        let mut told = None;
        let done = self.books.operate(name, |_, payment, now| {
            let at = payment.allocations().get(usize::from(place) % payment.allocations().len().max(1)).cloned();
            let at = at.ok_or(crate::Refusal::from(crate::allocation::UnapplyRefusal::NotAllocated));
            match kind % 6 {
                5 => {
                    let asked = payment.unanswered_refunds();
                    let refund = asked.get(usize::from(place) % asked.len().max(1)).map(|asked| asked.refund.clone());
                    let refund = refund.ok_or(RefundRefusal::NothingToAnswer)?;
                    let note = note_of(&format!("K{order}"));
                    Ok(payment::answer_refund(payment, &refund, meaning, note, now)?)
                }
                0 => {
                    told = Some((None, Some(to.id.clone()), part(payment.unapplied())));
                    Ok(payment::apply(payment, &[(to.clone(), part(payment.unapplied()))], now)?)
                }
                1 => at.and_then(|at| {
                    told = Some((Some(at.invoice.clone()), None, part(at.applied)));
                    Ok(payment::unapply(payment, &at.invoice, Some(part(at.applied)), now)?)
                }),
                2 => at.and_then(|at| {
                    told = Some((Some(at.invoice.clone()), Some(to.id.clone()), part(at.applied)));
                    Ok(payment::move_cash(payment, &at.invoice, &to, Some(part(at.applied)), now)?)
                }),
                3 => {
                    let whole = part(payment.refundable());
                    Ok(payment::order_refund(payment, ordered(&order, whole, None, meaning), now)?)
                }
                _ => at.and_then(|at| {
                    let request = ordered(&order, part(at.applied), Some(at.invoice), meaning);
                    Ok(payment::order_refund(payment, request, now)?)
                }),
            }
        });
        if let (Ok(_), Some((from, to, amount))) = (done, told) {
            self.was_done(&before, from.as_ref(), to.as_ref(), amount);
        }
    }

    /// What an operator was not refused has happened just so.
    fn was_done(&self, before: &Payment, from: Option<&InvoiceId>, to: Option<&InvoiceId>, amount: Money) {
        let after = &self.books.payments[before.id()];
        let of = |payment: &Payment, invoice: &InvoiceId| {
            let known = payment.allocations().iter().find(|allocation| allocation.invoice == *invoice);
            known.map_or(0, |allocation| allocation.applied.minor())
        };
        if from == to {
            return;
        }
        for (invoice, change) in [(from, -amount.minor()), (to, amount.minor())] {
            if let Some(invoice) = invoice {
                assert_eq!(of(after, invoice), of(before, invoice) + change, "{}: {invoice} as told", before.id());
            }
        }
    }

    fn credit(&mut self, kind: u8, place: u8, amount: u16) {
        let name =
            format!("N{}", if kind.is_multiple_of(2) { self.notes } else { u16::from(place) % self.notes.max(1) });
        let invoice = self.name(place);
        let open = self.invoice(place).balance.open();
        if kind.is_multiple_of(2) {
            self.notes += 1;
            let whole = cents(i64::from(amount) + 1);
            let parts = [(invoice.as_str(), open.min(whole))];
            let _ = self.books.credit(&name, whole, if open.is_zero() { &[] } else { &parts });
        } else if let Some(note) = self.books.notes.get(&credit_note_id(&name)).cloned() {
            let note = note.with_current_invoices(&self.books.invoices);
            let at = note.allocations.first().cloned();
            let decided = match at.filter(|_| amount.is_multiple_of(2)) {
                Some(at) => credit_note::unapply(&note, &at.invoice, None, self.books.now).ok(),
                None => {
                    credit_note::apply(&note, &[(self.invoice(place), note.unapplied.min(open))], self.books.now).ok()
                }
            };
            if let Some((_, decision)) = decided {
                self.books.commit(&decision).unwrap();
            }
        }
    }

    fn meets(&mut self, (kind, what, place, amount): Step) {
        let name = PAYMENTS[usize::from(what) % PAYMENTS.len()];
        if !self.books.payments.contains_key(&payment_id(name)) {
            self.start(name, place, what, amount);
            return;
        }
        match kind {
            0..120 => {
                let said = self.report(name, kind, place, amount);
                self.books.hear(name, &said);
            }
            120..160 => self.next_step(name),
            160..170 => drop(self.books.finish(name)),
            170..220 => self.operate(name, kind, place, amount),
            220..240 => self.credit(kind, place, amount),
            240..250 => {
                let name = self.name(place);
                let part = format!("{name} {}", cents(i64::from(amount) + 1).to_plain());
                drop(match amount % 8 {
                    0 => self.books.write_off("write-off", &name),
                    1 => self.books.write_off("bad-debt", &name),
                    2 => self.books.write_off("bad-debt", &part),
                    3 => self.books.write_off("take-back", &part),
                    4 => self.books.write_off("take-back", &name),
                    5 | 6 => {
                        let outgoing = format!("X{}", self.books.outgoing.len());
                        self.books.pay_out(&outgoing, cents(i64::from(amount) + 1))
                    }
                    _ => self.books.reverse(&format!("X{}", place % 3)),
                });
            }
            250.. => {
                let payment = self.books.fresh(name);
                if let Some((_, decision)) = payment::abandon(&payment, self.books.now) {
                    self.books.commit(&decision).unwrap();
                }
            }
        }
    }

    /// Everything is finished, and stays so.
    fn rests(&mut self) {
        for name in PAYMENTS {
            if !self.books.payments.contains_key(&payment_id(name)) {
                continue;
            }
            if !self.books.fresh(name).state().checkout_is_live() {
                self.books.finish(name);
            }
        }
        for payment in self.books.payments.values().filter(|payment| !payment.state().checkout_is_live()) {
            assert!(!payment.unfinished(), "{} is finished", payment.id());
            assert!(payment.to_reclaim().is_zero(), "{} owes nothing back", payment.id());
            assert!(payment::is_as_folded(payment), "{} is as folded", payment.id());
            assert_eq!(payment.unapplied(), payment.on_account(), "{}: what is left is left on purpose", payment.id());
            let said: Vec<Report> = payment
                .provider_state()
                .0
                .iter()
                .map(|(object, fact)| Report::new(object.clone(), fact.clone()))
                .collect();
            assert!(
                payment::apply_reports(payment, &said, self.books.now).is_none(),
                "{}: nothing is news twice",
                payment.id()
            );
        }
    }
}

fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(any::<Step>(), 1..=most)
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn the_books_hold_whatever_happens_to_few_invoices(count in 1_usize..6, steps in steps(40)) {
        let mut enemy = Enemy::facing(count);
        for step in steps {
            enemy.meets(step);
        }
        enemy.rests();
    }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn the_books_hold_whatever_happens_between_the_steps_of_many(steps in steps(30)) {
        let mut enemy = Enemy::facing(100);
        for step in steps {
            enemy.meets(step);
        }
        enemy.rests();
    }
}
