//! Payments: laws over anything that may be asked for and anything that may be said, in any order.
//!
//! Most of what must hold is checked by `Books` after every commit; here the books are put to work.

use jiff::civil::date;
use proptest::prelude::*;
use proptest::sample::select;

use super::books::{Books, checkout_of, customer, invoice_id, issue, money, now, pay_link, payment_id, request};
use super::cases;
use super::provider_object_laws::{report, shuffled_with_repeats, single_reports};
use super::story::{ordered, report as report_of};
use crate::allocation::{Allocation, SeenInvoice};
use crate::decision::{BalanceMove, Change, Decision};
use crate::invoice::{Held, Hold, HoldKind, InvoiceChange, Standing};
use crate::ledger::{Contra, EntryDay, EntryKind, Leg, LegAccount};
use crate::payment::{self, Payment, RefundMeaning, State, StoredPayment};
use crate::{Balance, Currency, Money, Report};

const INVOICES: [(&str, &str); 3] = [("A", "100.00"), ("B", "50.00"), ("D", "0.60")];
const PAYMENTS: [&str; 4] = ["P", "Q", "R", "S"];

#[derive(Clone, Debug)]
enum Step {
    Start(&'static str, Vec<(&'static str, i64)>),
    Open(&'static str),
    Hear(&'static str, Vec<Report>),
    Finish(&'static str),
    Unapply(&'static str, &'static str, i64),
    Apply(&'static str, &'static str, i64),
}

fn step() -> impl Strategy<Value = Step> {
    let parts = prop::collection::vec((select(vec!["A", "B", "D"]), select(vec![30, 60, 1_000, 5_000, 10_000])), 1..=3);
    prop_oneof![
        2 => (select(PAYMENTS.to_vec()), parts).prop_map(|(payment, parts)| Step::Start(payment, parts)),
        1 => select(PAYMENTS.to_vec()).prop_map(Step::Open),
        4 => (select(PAYMENTS.to_vec()), prop::collection::vec(report(), 1..=3))
            .prop_map(|(payment, reports)| Step::Hear(payment, reports)),
        3 => select(PAYMENTS.to_vec()).prop_map(Step::Finish),
        1 => moved().prop_map(|(payment, invoice, minor)| Step::Unapply(payment, invoice, minor)),
        1 => moved().prop_map(|(payment, invoice, minor)| Step::Apply(payment, invoice, minor)),
    ]
}

fn moved() -> impl Strategy<Value = (&'static str, &'static str, i64)> {
    (select(PAYMENTS.to_vec()), select(vec!["A", "B", "D"]), select(vec![30, 60, 1_000, 5_000]))
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR).unwrap()
}

proptest! {
    #![proptest_config(cases(256))]

    /// Three invoices, four payments, whatever is asked and said: `Books` looks at everything after every step.
    #[test]
    fn the_books_balance_at_every_step(steps in prop::collection::vec(step(), 1..=24)) {
        let mut books = Books::new();
        for (name, gross) in INVOICES {
            books.issue(name, money(gross), date(2026, 3, 1));
        }
        for step in steps {
            match step {
                Step::Start(name, parts) if !books.payments.contains_key(&payment_id(name)) => {
                    let parts: Vec<_> = parts.into_iter().map(|(invoice, minor)| (invoice, eur(minor))).collect();
                    // A refusal moves nothing; which there are is a table of its own.
                    drop(books.start(name, &parts));
                }
                Step::Open(name) if books.payments.contains_key(&payment_id(name)) => drop(books.open(name)),
                Step::Hear(name, reports) if books.payments.contains_key(&payment_id(name)) => {
                    books.hear(name, &reports);
                    prop_assert!(books.hear(name, &reports).is_none(), "the same reports decided something twice");
                }
                Step::Finish(name) if books.payments.contains_key(&payment_id(name)) => drop(books.finish(name)),
                Step::Unapply(name, from, minor) if books.payments.contains_key(&payment_id(name)) => {
                    let amount = Some(eur(minor));
                    // Most cannot be done; what can, must leave the books right.
                    drop(books.operate(name, |_, payment, now| Ok(payment::unapply(payment, &invoice_id(from), amount, now)?)));
                }
                Step::Apply(name, to, minor) if books.payments.contains_key(&payment_id(name)) => {
                    drop(books.operate(name, |books, payment, now| {
                        Ok(payment::apply(payment, &[(books.invoices[&invoice_id(to)].clone(), eur(minor))], now)?)
                    }));
                }
                Step::Start(..) | Step::Open(_) | Step::Hear(..) | Step::Finish(_) | Step::Unapply(..) | Step::Apply(..) => {}
            }
        }
    }

    /// Heard at once, or one by one in any order with repeats: the payment ends in the same place.
    #[test]
    fn hearing_does_not_depend_on_order_or_repetition(
        (reports, again) in prop::collection::vec(report(), 1..=6)
            .prop_flat_map(|reports| (Just(reports.clone()), shuffled_with_repeats(reports))),
        with_page in any::<bool>(),
    ) {
        let mut payment = two_invoices();
        if with_page {
            payment = payment.opened(checkout_of("P"), now()).unwrap().0;
        }
        let (at_once, _) = payment::apply_reports(&payment, &reports, now()).unwrap();
        let mut one_by_one = payment;
        for report in again {
            if let Some((heard, _)) = payment::apply_reports(&one_by_one, &[report], now()) {
                one_by_one = heard;
            }
        }
        prop_assert_eq!(outcome(at_once), outcome(one_by_one));
    }

    #[test]
    fn a_payment_that_is_settled_never_leaves(reports in prop::collection::vec(report(), 1..=12)) {
        let mut payment = two_invoices();
        for report in reports {
            let before = payment.state();
            if let Some((heard, _)) = payment::apply_reports(&payment, &[report], now()) {
                payment = heard;
            }
            prop_assert!(before != State::Settled || payment.state() == State::Settled);
            prop_assert_eq!(payment.state() == State::Settled, payment.provider_state().fold().has_come());
        }
    }

    #[test]
    fn the_account_moves_by_the_sums_of_the_legs(
        legs in prop::collection::vec((0..4_usize, -10_000..=10_000_i64), 0..=6),
        pending in (0..=100_i64, 0..=100_i64),
        disputed in (0..=100_i64, 0..=100_i64),
    ) {
        let decision = decision(&legs, pending, disputed);
        let moved = decision.balance_move();
        let at = |sums: &std::collections::BTreeMap<Currency, i64>| sums.get(&Currency::EUR).copied().unwrap_or(0);
        let of_legs: i64 = legs.iter().map(|(_, minor)| minor).sum();
        prop_assert_eq!(at(&moved.open) - at(&moved.unapplied), of_legs);
        prop_assert_eq!(moved.open_by_due.values().sum::<i64>(), at(&moved.open));
        prop_assert_eq!(at(&moved.pending), pending.1 - pending.0);
        prop_assert_eq!(at(&moved.disputed), disputed.1 - disputed.0);
        let others = [at(&moved.unapplied), at(&moved.pending), at(&moved.disputed)];
        prop_assert_eq!(moved.is_empty(), moved.open_by_due.values().chain(&others).all(|minor| *minor == 0));
    }
}

/// Refunds of an order and of the provider's own, with what it counts of them, and what may come between.
const MONEY_BACK: [&str; 8] = [
    "refund1 45.00 pending for R",
    "refund1 45.00 failed for R",
    "refund2 20.00 done",
    "refund2 20.00 failed",
    "intent refunded 45.00",
    "intent received 90.00",
    "chargeback 60.00 withdrawn",
    "chargeback 60.00 reinstated",
];

/// Every order of any three single reports, on a payment with a page and on one without.
#[test]
fn hearing_does_not_depend_on_the_order_of_any_three_reports() {
    fn next_step(start: &Payment, so_far: &Payment, said: &[Report], singles: &[Report]) {
        if let Some((at_once, _)) = payment::apply_reports(start, said, now()) {
            assert_eq!(outcome(at_once), outcome(so_far.clone()), "{said:?}");
        }
        if said.len() < 3 {
            for report in singles.iter().filter(|report| !said.contains(report)) {
                let heard = payment::apply_reports(so_far, std::slice::from_ref(report), now());
                let next = heard.map_or_else(|| so_far.clone(), |(payment, _)| payment);
                next_step(start, &next, &[said, std::slice::from_ref(report)].concat(), singles);
            }
        }
    }
    let without_page = two_invoices();
    let with_page = without_page.opened(checkout_of("P"), now()).unwrap().0;
    let orders = [(RefundMeaning::Credits, None), (RefundMeaning::Reopens, None), (RefundMeaning::Credits, Some("A"))];
    let ordered = orders.map(|(meaning, invoice)| with_order(&without_page, meaning, invoice));
    for start in [&without_page, &with_page] {
        next_step(start, start, &[], &single_reports());
    }
    let money_back = MONEY_BACK.map(|words| report_of("P", words));
    for start in [without_page, with_page].into_iter().chain(ordered) {
        next_step(&start, &start, &[], &money_back);
    }
}

#[test]
fn a_decision_that_moves_no_amount_moves_no_balance() {
    let (invoice, issued) = issue("A", money("100.00"), date(2026, 3, 1));
    let (payment, started) = payment::start(&request("P", vec![(invoice, money("60.00"))]), now()).unwrap();
    let (_, opened) = payment.opened(checkout_of("P"), now()).unwrap();
    assert_eq!(issued.balance_move().open, [(Currency::EUR, 10_000)].into());
    for decision in started.into_iter().chain([opened]) {
        assert!(decision.balance_move().is_empty(), "{decision:?}");
        assert!(decision.entries.is_empty());
    }
    assert!(BalanceMove::default().is_empty());
}

/// A payment of all of `A` and some of `B`, which no other payment touches.
fn two_invoices() -> Payment {
    let part = |name: &str, gross: &str, part: &str| (issue(name, money(gross), date(2026, 3, 1)).0, money(part));
    let parts = vec![part("A", "50.00", "50.00"), part("B", "80.00", "30.00")];
    payment::start(&request("P", parts), now()).unwrap().0
}

/// The same payment, whose money came and of which a refund was ordered: 45.00, which is more than the last invoice got.
fn with_order(before: &Payment, meaning: RefundMeaning, invoice: Option<&str>) -> Payment {
    let received = report_of("P", "intent received 80.00");
    let (mut payment, _) = payment::apply_reports(before, &[received], now()).unwrap();
    while let Some((next, _)) = payment::place_remainder(&payment, &[], now()) {
        payment = next;
    }
    let order = ordered("R", money("45.00"), invoice.map(invoice_id), meaning);
    payment::order_refund(&payment, order, now()).unwrap().0
}

/// Everything about a payment but the count of its changes, once it is finished.
fn outcome(mut payment: Payment) -> StoredPayment {
    while let Some((next, _)) = payment::place_remainder(&payment, &[], now()) {
        payment = next;
    }
    let stored = payment.into_stored();
    let unversioned = |seen: SeenInvoice| SeenInvoice { version: 0, ..seen };
    let allocations = stored.allocations.into_iter();
    let allocations = allocations.map(|known| Allocation { seen: unversioned(known.seen), ..known }).collect();
    // What came in two parts was announced at the first.
    let settlement_announced = stored.state == State::Settled;
    StoredPayment { version: 0, allocations, settlement_announced, ..stored }
}

/// A decision with these legs: the fourth place is unapplied cash, the others are invoices, the second and third due together.
fn decision(legs: &[(usize, i64)], pending: (i64, i64), disputed: (i64, i64)) -> Decision {
    let leg = |(place, minor): &(usize, i64)| {
        let change = Balance::new(*minor, Currency::EUR).unwrap();
        let due_on = |day| date(2026, 3, day);
        let invoice = |name: &str, due_on| LegAccount::Invoice {
            invoice: invoice_id(name),
            number: name.parse().unwrap(),
            due_on,
        };
        let account = match place {
            0 => invoice("A", due_on(1)),
            1 => invoice("B", due_on(2)),
            2 => invoice("D", due_on(2)),
            _ => LegAccount::Unapplied,
        };
        Leg { account, change, contra: Contra::Cash }
    };
    let unchanged = InvoiceChange::of(&issue("A", money("100.00"), date(2026, 3, 1)).0);
    let standing = |pending, disputed| {
        let hold = |kind, minor| Hold { kind, amount: eur(minor), until: None };
        let sums = Held::default().with(&hold(HoldKind::Pending, pending)).with(&hold(HoldKind::Dispute, disputed));
        Standing { held: sums, ..unchanged.before.clone() }
    };
    let (before, after) = (standing(pending.0, disputed.0), standing(pending.1, disputed.1));
    Decision::new(super::books::business(), customer(), now())
        .with_change(Change::InvoiceChanged(Box::new(InvoiceChange { before, after, ..unchanged })))
        .with_change(Change::PayLinkIssued(pay_link("A")))
        .with_entry(
            payment_id("P").as_str(),
            2,
            EntryDay::Decided,
            EntryKind::PaymentApplied(payment_id("P")),
            legs.iter().map(leg).collect(),
        )
}
