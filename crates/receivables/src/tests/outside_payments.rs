//! Payments of other programs: kept for a person, until it is heard that the customer sent the money by themselves.

use jiff::Timestamp;

use crate::fact::FactKind;
use crate::payment::{self, ExternalPayment, Payment, apply_reports, place_remainder, remainder, start_external};
use crate::provider_object::{Cash, IntentState, ObjectState, Report};
use crate::{Currency, Decision, Locale, Money};

fn now() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR).unwrap()
}

fn said(by_transfer: bool) -> [Report; 1] {
    let intent = IntentState { received: Cash::of(eur(5_000)), by_transfer, ..IntentState::default() };
    [Report::new("pi_1".parse().unwrap(), ObjectState::Intent(intent))]
}

fn begun(propose: bool) -> (Payment, Decision) {
    let external = ExternalPayment {
        id: "pay_01JD8Z0000ABCDEFGHJKMNPQRS".parse().unwrap(),
        business: "biz_01JD8Z0000ABCDEFGHJKMNPQRS".parse().unwrap(),
        customer: "cst_01JD8Z0000ABCDEFGHJKMNPQRS".parse().unwrap(),
        provider: "stripe".parse().unwrap(),
        locale: Locale::English,
        parts: Vec::new(),
        propose,
    };
    start_external(external, &said(false), now()).unwrap().unwrap()
}

fn is_announced(decision: &Decision) -> bool {
    decision.facts.iter().any(|fact| matches!(fact.kind, FactKind::PaymentSettled { .. }))
}

#[test]
fn what_is_proposed_is_kept_whole_and_not_announced() {
    let (payment, decision) = begun(true);
    assert_eq!((payment.unapplied(), payment.kept(), payment.free()), (eur(5_000), eur(5_000), eur(0)));
    assert!(!payment.unfinished() && !is_announced(&decision));
    assert!(payment::next_step(&payment, now()).is_none() && place_remainder(&payment, &[], now()).is_none());
}

#[test]
fn once_it_is_heard_to_be_a_transfer_it_is_placed_and_announced_whichever_was_heard_first() {
    let (proposed, _) = begun(true);
    let (sent, _) = apply_reports(&proposed, &said(true), now()).unwrap();
    assert!(sent.unfinished() && !sent.proposed());
    assert_eq!(remainder(&sent), eur(5_000));
    let (placed, decision) = place_remainder(&sent, &[], now()).unwrap();
    assert_eq!((placed.unapplied(), placed.free()), (eur(5_000), eur(5_000)), "no invoice is open");
    assert!(is_announced(&decision));
    let (applied, _) = begun(false);
    assert_eq!(remainder(&applied), eur(5_000));
}
