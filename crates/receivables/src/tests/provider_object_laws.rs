//! Facts of a provider: the order in which they are heard, and how often, does not matter.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::books::NOW;
use super::cases;
use crate::provider_object::{
    ATTEMPTS_PER_INTENT_MAX, Attempt, AttemptRank, Cash, ChargebackState, CheckoutState, FoldedState, IntentState,
    MOVES_MAX, Move, Moves, ObjectState, ProviderState, RefundRank, RefundState,
};
use crate::{Balance, Currency, Money, ObjectId, Report};

/// A few objects, so that reports meet. A checkout's intent is always the same, and not always said.
const CHECKOUTS: [(&str, &str); 2] = [("cs_1", "pi_1"), ("cs_2", "pi_2")];
const INTENTS: [&str; 3] = ["pi_1", "pi_2", "pi_3"];

fn object(id: &str) -> ObjectId {
    id.parse().unwrap()
}

fn cash() -> impl Strategy<Value = Cash> {
    let one = (select(vec![0, 0, 1_000, 6_000, 10_000_i64]), select(vec![Currency::EUR, Currency::EUR, Currency::USD]));
    one.prop_map(|(minor, currency)| Cash::of(Money::new(minor, currency).unwrap()))
}

fn rank() -> impl Strategy<Value = AttemptRank> {
    select(vec![AttemptRank::Pending, AttemptRank::Failed, AttemptRank::Succeeded])
}

fn attempts() -> impl Strategy<Value = BTreeMap<String, Attempt>> {
    let decline = select(vec![None, Some("card_declined".to_owned()), Some("expired_card".to_owned())]);
    let attempt = (rank(), decline).prop_map(|(rank, decline)| Attempt::new(rank, decline));
    prop::collection::btree_map(select(vec!["ch_1", "ch_2", "ch_3", "ch_4"]).prop_map(str::to_owned), attempt, 0..=3)
}

fn flag() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.3)
}

fn intent_fact() -> impl Strategy<Value = IntentState> {
    (cash(), flag(), flag(), flag(), attempts()).prop_map(
        |(received, action_required, processing_seen, cancelled, attempts)| IntentState {
            received,
            action_required,
            processing_seen,
            cancelled,
            attempts,
            ..IntentState::default()
        },
    )
}

fn checkout_fact(intent: &'static str) -> impl Strategy<Value = CheckoutState> {
    (any::<bool>(), flag(), flag(), flag(), cash()).prop_map(|(linked, completed, expired, failed, received)| {
        CheckoutState { intent: linked.then(|| object(intent)), completed, expired, failed, received }
    })
}

fn refund_fact() -> impl Strategy<Value = RefundState> {
    let rank = select(vec![RefundRank::Pending, RefundRank::Succeeded, RefundRank::Failed]);
    (cash(), rank).prop_map(|(amount, rank)| RefundState { amount, rank, ..RefundState::default() })
}

/// Moves of a few amounts, of which two statements about one id may differ.
fn moves(ids: &'static [&'static str]) -> impl Strategy<Value = Moves> {
    let amount = (select(vec![-10_000, -5_000, -35, 35, 6_000, 10_000_i64]), select(vec![0, 1_500, -1_500_i64]));
    let at = select(vec![None, Some(NOW.parse().unwrap())]);
    let currency = select(vec![Currency::EUR, Currency::EUR, Currency::USD]);
    let rate = select(vec![None, Some(rust_decimal::Decimal::new(9_215, 4)), Some(rust_decimal::Decimal::ZERO)]);
    let one = (amount, currency, at, rate).prop_map(|((amount, fee), currency, at, rate)| {
        let balance = |minor| Balance::new(minor, currency).unwrap();
        Move { amount: balance(amount), fee: balance(fee), at, rate }
    });
    prop::collection::vec((select(ids.to_vec()), one), 0..=3).prop_map(|listed| {
        let mut moves = Moves::default();
        for (id, moved) in listed {
            moves.note(id, moved);
        }
        moves
    })
}

fn chargeback_fact() -> impl Strategy<Value = ChargebackState> {
    let flags = [flag(), flag(), flag(), flag(), flag(), flag(), flag()];
    ([cash(), cash()], flags, moves(&["txn_1", "txn_2", "txn_3"])).prop_map(
        |([amount, lost_on], [inquiry, formal, withdrawn, reinstated, inquiry_closed, won, lost], moves)| {
            ChargebackState {
                amount,
                lost_on,
                inquiry,
                formal,
                withdrawn,
                reinstated,
                inquiry_closed,
                won,
                lost,
                moves,
                ..ChargebackState::default()
            }
        },
    )
}

/// How one of two attempts stands.
fn attempt_event() -> impl Strategy<Value = IntentState> {
    (select(vec!["ch_1", "ch_2"]), rank()).prop_map(|(id, rank)| IntentState {
        attempts: [(id.to_owned(), Attempt::new(rank, None))].into(),
        ..IntentState::default()
    })
}

/// One thing about an intent, as events say it.
fn intent_event() -> impl Strategy<Value = IntentState> {
    let silent = IntentState::default();
    prop_oneof![
        5 => attempt_event(),
        1 => cash().prop_map(|received| IntentState { received, ..IntentState::default() }),
        1 => Just(IntentState { action_required: true, ..silent.clone() }),
        1 => Just(IntentState { cancelled: true, ..silent }),
    ]
}

/// One thing each about a checkout, as events say it.
fn checkout_events(intent: &str) -> [CheckoutState; 5] {
    let silent = CheckoutState { intent: Some(object(intent)), ..CheckoutState::default() };
    [
        CheckoutState { completed: true, ..silent.clone() },
        CheckoutState { failed: true, ..silent.clone() },
        CheckoutState { expired: true, ..silent.clone() },
        CheckoutState { completed: true, received: sixty_euros(), ..silent.clone() },
        CheckoutState { intent: None, ..silent },
    ]
}

fn sixty_euros() -> Cash {
    Cash::of(Money::new(6_000, Currency::EUR).unwrap())
}

/// Anything a provider may say about any of the objects: mostly one thing at a time, sometimes much at once.
pub(super) fn report() -> impl Strategy<Value = Report> {
    let checkout = select(CHECKOUTS.to_vec()).prop_flat_map(|(id, intent)| {
        let fact = prop_oneof![2 => select(checkout_events(intent).to_vec()), 1 => checkout_fact(intent)];
        fact.prop_map(move |fact| (id, ObjectState::Checkout(fact)))
    });
    let fact = prop_oneof![4 => intent_event(), 1 => intent_fact()];
    let intent = (select(INTENTS.to_vec()), fact).prop_map(|(id, fact)| (id, ObjectState::Intent(fact)));
    let refund = (select(vec!["re_1", "re_2"]), refund_fact()).prop_map(|(id, fact)| (id, ObjectState::Refund(fact)));
    let chargeback = chargeback_fact().prop_map(|fact| ("dp_1", ObjectState::Chargeback(fact)));
    prop_oneof![2 => checkout, 3 => intent, 1 => refund, 1 => chargeback].prop_map(|(id, fact)| Report {
        object: object(id),
        of: None,
        customer: None,
        invoice: None,
        business: None,
        payment: None,
        state: fact,
    })
}

/// What events say of one intent and its checkout, one thing each.
pub(super) fn single_reports() -> Vec<Report> {
    let attempt = |id: &str, rank| IntentState {
        attempts: [(id.to_owned(), Attempt::new(rank, None))].into(),
        ..IntentState::default()
    };
    let of_intent = [
        attempt("ch_1", AttemptRank::Pending),
        attempt("ch_1", AttemptRank::Failed),
        attempt("ch_1", AttemptRank::Succeeded),
        attempt("ch_2", AttemptRank::Pending),
        attempt("ch_2", AttemptRank::Failed),
        IntentState { action_required: true, ..IntentState::default() },
        IntentState { cancelled: true, ..IntentState::default() },
        IntentState { received: sixty_euros(), ..IntentState::default() },
    ];
    let of_intent = of_intent.map(|fact| ("pi_1", ObjectState::Intent(fact)));
    let of_checkout = checkout_events("pi_1").map(|fact| ("cs_1", ObjectState::Checkout(fact)));
    let facts = of_intent.into_iter().chain(of_checkout);
    facts
        .map(|(id, fact)| Report {
            object: object(id),
            of: None,
            customer: None,
            invoice: None,
            business: None,
            payment: None,
            state: fact,
        })
        .collect()
}

/// The same reports, some of them twice or thrice, in any order.
pub(super) fn shuffled_with_repeats(reports: Vec<Report>) -> impl Strategy<Value = Vec<Report>> {
    let some = subsequence(reports.clone(), 0..=reports.len());
    let more = subsequence(reports.clone(), 0..=reports.len());
    (some, more).prop_map(move |(some, more)| [reports.clone(), some, more].concat()).prop_shuffle()
}

/// An intent with more attempts than are kept, by ids that overlap between any two.
fn busy_intent() -> impl Strategy<Value = ObjectState> {
    let attempt = rank().prop_map(|rank| Attempt::new(rank, None));
    let ids = (0..120_u32).prop_map(|number| format!("ch_{number:03}"));
    prop::collection::btree_map(ids, attempt, 0..=70)
        .prop_map(|attempts| ObjectState::Intent(IntentState { attempts, ..IntentState::default() }))
}

/// A chargeback with more moves than are kept, by ids that overlap between any two.
fn busy_chargeback() -> impl Strategy<Value = ObjectState> {
    prop::collection::btree_set(0..200_u32, 0..=150).prop_map(|numbers| {
        let mut moves = Moves::default();
        for number in numbers {
            let amount = Balance::new(-100, Currency::EUR).unwrap();
            moves.note(
                format!("txn_{number:03}"),
                Move { amount, fee: Balance::zero(Currency::EUR), at: None, rate: None },
            );
        }
        let amount = sixty_euros();
        ObjectState::Chargeback(ChargebackState { amount, moves, ..ChargebackState::default() })
    })
}

fn same_kind() -> impl Strategy<Value = [ObjectState; 3]> {
    let checkouts = [checkout_fact("pi_1"), checkout_fact("pi_1"), checkout_fact("pi_1")];
    prop_oneof![
        [intent_fact(), intent_fact(), intent_fact()].prop_map(|facts| facts.map(ObjectState::Intent)),
        checkouts.prop_map(|facts| facts.map(ObjectState::Checkout)),
        [busy_intent(), busy_intent(), busy_intent()],
        [busy_chargeback(), busy_chargeback(), busy_chargeback()],
        [refund_fact(), refund_fact(), refund_fact()].prop_map(|facts| facts.map(ObjectState::Refund)),
        [chargeback_fact(), chargeback_fact(), chargeback_fact()].prop_map(|facts| facts.map(ObjectState::Chargeback)),
    ]
}

fn merged(mut one: ObjectState, other: &ObjectState) -> ObjectState {
    one.merge(other);
    one
}

fn heard(reports: &[Report]) -> ProviderState {
    let mut facts = ProviderState::default();
    for report in reports {
        facts.merge(report);
    }
    facts
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn merging_is_commutative_associative_and_idempotent([a, b, c] in same_kind()) {
        prop_assert_eq!(merged(a.clone(), &b), merged(b.clone(), &a));
        prop_assert_eq!(merged(merged(a.clone(), &b), &c), merged(a.clone(), &merged(b.clone(), &c)));
        let mut known = merged(a.clone(), &b);
        for said in [&a, &b, &known.clone()] {
            prop_assert!(!known.merge(said), "news that was known");
        }
        prop_assert_eq!(known, merged(a, &b));
    }

    #[test]
    fn facts_do_not_depend_on_order_or_repetition(
        (reports, again) in prop::collection::vec(report(), 0..=8)
            .prop_flat_map(|reports| (Just(reports.clone()), shuffled_with_repeats(reports))),
    ) {
        let (once, often) = (heard(&reports), heard(&again));
        prop_assert_eq!(&once, &often);
        prop_assert_eq!(once.fold(), often.fold());
    }

    #[test]
    fn it_is_news_exactly_where_something_changes(reports in prop::collection::vec(report(), 0..=8)) {
        let mut facts = ProviderState::default();
        for report in &reports {
            let before = facts.clone();
            let news = facts.merge(report);
            prop_assert_eq!(news, facts != before);
            prop_assert!(!facts.merge(report), "news that was known");
        }
    }

    #[test]
    fn received_never_becomes_less(reports in prop::collection::vec(report(), 1..=8)) {
        let mut facts = ProviderState::default();
        for report in &reports {
            let before = facts.fold();
            facts.merge(report);
            let after = facts.fold();
            // What a bank returned had come all the same.
            let came = |folded: &FoldedState, currency| {
                folded.received.in_currency(currency).minor() + folded.returned.in_currency(currency).minor()
            };
            for amount in before.received.amounts().chain(before.returned.amounts()) {
                let currency = amount.currency();
                prop_assert!(came(&after, currency) >= came(&before, currency), "{:?} became {:?}", before, after);
            }
        }
    }

    #[test]
    fn attempts_are_kept_within_their_limit(facts in prop::collection::vec(busy_intent(), 1..=4)) {
        let reports: Vec<Report> =
            facts.into_iter().map(|fact| Report { object: object("pi_1"), of: None, customer: None, invoice: None, business: None, payment: None, state: fact }).collect();
        let kept = heard(&reports);
        let backwards: Vec<Report> = reports.into_iter().rev().collect();
        prop_assert_eq!(&kept, &heard(&backwards));
        let Some(ObjectState::Intent(intent)) = kept.0.get(&object("pi_1")) else { unreachable!() };
        prop_assert!(intent.attempts.len() <= ATTEMPTS_PER_INTENT_MAX);
    }
}

#[test]
fn more_moves_than_are_kept_are_for_a_person_to_add_up() {
    let one = |count: usize| {
        let mut moves = Moves::default();
        for number in 0..count {
            let amount = Balance::new(-60, Currency::EUR).unwrap();
            moves.note(
                format!("txn_{number:03}"),
                Move { amount, fee: Balance::zero(Currency::EUR), at: None, rate: None },
            );
        }
        let fact = ChargebackState { amount: sixty_euros(), moves, ..ChargebackState::default() };
        let heard = heard(&[Report::new(object("dp_1"), ObjectState::Chargeback(fact))]);
        let kept = heard.0.values().next().unwrap().chargeback().unwrap().clone();
        (kept.is_out(), kept.uneven().map(Money::minor))
    };
    assert_eq!(one(MOVES_MAX), (true, None));
    assert_eq!(one(MOVES_MAX + 1), (true, Some(6_000)));
    assert_eq!(one(MOVES_MAX + 50), (true, Some(6_000)));
}

#[test]
fn the_money_of_a_checkout_whose_intent_is_not_known_yet_is_not_counted_twice() {
    let eur = |minor| Cash::of(Money::new(minor, Currency::EUR).unwrap());
    let checkout = |intent: Option<&str>| Report {
        object: object("cs_1"),
        of: None,
        customer: None,
        invoice: None,
        business: None,
        payment: None,
        state: ObjectState::Checkout(CheckoutState {
            intent: intent.map(object),
            received: eur(6_000),
            ..CheckoutState::default()
        }),
    };
    let intent = |id: &str, received: i64| Report {
        object: object(id),
        of: None,
        customer: None,
        invoice: None,
        business: None,
        payment: None,
        state: ObjectState::Intent(IntentState { received: eur(received), ..IntentState::default() }),
    };
    for (reports, received) in [
        (vec![checkout(None)], 6_000),
        (vec![checkout(None), intent("pi_1", 6_000)], 6_000),
        (vec![checkout(Some("pi_1")), intent("pi_1", 6_000)], 6_000),
        (vec![checkout(Some("pi_1")), intent("pi_1", 7_000)], 7_000),
        (vec![checkout(Some("pi_1")), intent("pi_2", 6_000)], 12_000),
        (vec![checkout(None), intent("pi_2", 6_000), checkout(Some("pi_1"))], 12_000),
    ] {
        assert_eq!(heard(&reports).fold().received, eur(received), "{reports:?}");
    }
}
