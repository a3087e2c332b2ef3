//! What comes of writing a decision: for each kind of condition, and whatever happens to the call.

use aws_sdk_dynamodb::types::AttributeValue;
use receivables::business::SettingsChange;
use receivables::payment;
use receivables::{Actor, Change, Decision, ObjectId};

use super::Fixture;
use super::faults::Fault;
use super::samples::*;
use crate::items::{number, text};
use crate::keys::Unique;
use crate::{
    BusinessChange, CommitContext, CommitOutcome, Conflict, Envelope, EventState, KeepOutcome, ReceivedEvent,
    StoreError,
};

fn by_program() -> CommitContext {
    CommitContext::by(Actor::Program)
}

fn contested(conflict: Conflict) -> CommitOutcome {
    CommitOutcome::Conflict(vec![conflict])
}

/// Commits decisions one after the other, each with the outcome that is expected of it.
async fn check(fixture: &Fixture, steps: Vec<(&str, Decision, CommitOutcome)>) {
    for (what, decision, expected) in steps {
        assert_eq!(fixture.store.commit(&decision, &by_program()).await.unwrap(), expected, "{what}");
    }
}

#[tokio::test]
async fn of_customers_each_value_is_one_persons() {
    let fixture = Fixture::new();
    let (one, registered) = customer("C", profile(Some("C-1"), Some("cus_1")));
    let (_, same_external_id) = customer("D", profile(Some("C-1"), None));
    let (_, same_stripe_id) = customer("D", profile(None, Some("cus_1")));
    let (_, both) = customer("D", profile(Some("C-1"), Some("cus_1")));
    let (_, other) = customer("D", profile(Some("C-2"), Some("cus_2")));
    let moved = |external_id| {
        receivables::customer::change_profile(&one, profile(Some(external_id), None), later(1)).unwrap().1
    };
    let taken = |kind| contested(Conflict::Taken(kind));
    let both_taken = CommitOutcome::Conflict(vec![
        Conflict::Taken(Unique::CustomerExternalId),
        Conflict::Taken(Unique::CustomerAtProvider(stripe())),
    ]);
    check(
        &fixture,
        vec![
            ("registered", registered.clone(), CommitOutcome::Committed),
            ("another with the same external id", same_external_id, taken(Unique::CustomerExternalId)),
            ("another with the same id at Stripe", same_stripe_id.clone(), taken(Unique::CustomerAtProvider(stripe()))),
            ("another with both", both, both_taken),
            ("another", other, CommitOutcome::Committed),
            ("changed to what another has", moved("C-2"), taken(Unique::CustomerExternalId)),
            ("changed", moved("C-3"), CommitOutcome::Committed),
            ("changed over what was", moved("C-4"), contested(Conflict::Customer)),
            ("what was given up is free", same_stripe_id, CommitOutcome::AlreadyDone),
        ],
    )
    .await;
    let found = fixture.store.customer_by_external_id(&b(), &"C-3".parse().unwrap()).await.unwrap();
    assert_eq!(found, Some(c()));
    for gone in ["C-1", "C-4"] {
        let found = fixture.store.customer_by_external_id(&b(), &gone.parse().unwrap()).await.unwrap();
        assert_eq!(found, None, "{gone}");
    }
}

#[tokio::test]
async fn of_invoices_and_links_each_is_issued_once() {
    let fixture = Fixture::new();
    let (one, issued) = invoice("1", "F-1", Some("E-1"));
    let (_, same_number) = invoice("2", "F-1", None);
    let (_, same_external_id) = invoice("2", "F-2", Some("E-1"));
    let taken = |kind| contested(Conflict::Taken(kind));
    let link = |name: &str, invoice| decision(vec![Change::PayLinkIssued(pay_link(name, invoice))], later(1));
    let revoked = |name: &str| {
        let link = receivables::PayLink { revoked_at: Some(later(2)), ..pay_link(name, &one.head.id) };
        decision(vec![Change::PayLinkRevoked(link)], later(2))
    };
    let nowhere = id("inv", "9");
    check(
        &fixture,
        vec![
            ("issued", issued.clone(), CommitOutcome::Committed),
            // The number is taken too, by this very invoice; who decides again finds it.
            (
                "issued again",
                issued,
                CommitOutcome::Conflict(vec![
                    Conflict::Taken(Unique::InvoiceNumber),
                    Conflict::Taken(Unique::InvoiceExternalId),
                ]),
            ),
            ("another of the same number", same_number, taken(Unique::InvoiceNumber)),
            ("another of the same external id", same_external_id, taken(Unique::InvoiceExternalId)),
            ("another link", link("K2", &one.head.id), CommitOutcome::Committed),
            ("the same link", link("K2", &one.head.id), CommitOutcome::AlreadyDone),
            ("a link to no invoice", link("K3", &nowhere), contested(Conflict::Invoice(nowhere.clone()))),
            ("a link taken back", revoked("K2"), CommitOutcome::Committed),
            ("no link taken back", revoked("K9"), contested(Conflict::PayLink)),
            ("nothing", decision(Vec::new(), later(3)), CommitOutcome::AlreadyDone),
        ],
    )
    .await;
    assert_eq!(fixture.store.pay_link("hash of K3").await.unwrap(), None, "nothing of a refused transaction stays");
}

#[tokio::test]
async fn of_payments_each_is_decided_on_what_was_read() {
    let fixture = Fixture::new();
    let (one, issued) = invoice("1", "F-1", None);
    let (started, start) = payment("1", &one.head);
    let (_, rival) = payment("2", &one.head);
    let (opened, open) = started.opened(checkout("1"), later(1)).unwrap();
    let (_, over_the_start) = payment::apply_reports(&started, &[received("pi_1", 10_000)], later(2)).unwrap();
    let (_, paid) = payment::apply_reports(&opened, &[received("pi_1", 10_000)], later(2)).unwrap();
    let invoice_moved = || contested(Conflict::Invoice(one.head.id.clone()));
    check(
        &fixture,
        vec![
            ("the invoice", issued, CommitOutcome::Committed),
            ("started", start.clone(), CommitOutcome::Committed),
            // What changed comes before what is done: deciding again finds that it is done.
            ("started again", start, invoice_moved()),
            ("a rival for the same invoice", rival, invoice_moved()),
            ("opened", open, CommitOutcome::Committed),
            (
                "paid over what was before it was opened",
                over_the_start,
                contested(Conflict::Payment(started.id().clone())),
            ),
            ("paid", paid.clone(), CommitOutcome::Committed),
        ],
    )
    .await;
    let again = fixture.store.commit(&paid, &by_program()).await.unwrap();
    let CommitOutcome::Conflict(conflicts) = again else { panic!("paid again: {again:?}") };
    assert!(conflicts.contains(&Conflict::Payment(started.id().clone())), "{conflicts:?}");
    let stored = fixture.store.payment(&b(), started.id()).await.unwrap().unwrap();
    assert_eq!(stored.received(), money(10_000));
    assert!(fixture.store.invoice(&b(), &one.head.id).await.unwrap().unwrap().head.balance.open().is_zero());
}

#[tokio::test]
async fn what_a_newer_version_wrote_of_an_invoice_stays() {
    let fixture = Fixture::new();
    let (one, issued) = invoice("1", "F-1", None);
    check(&fixture, vec![("the invoice", issued, CommitOutcome::Committed)]).await;
    let key = crate::keys::invoice(&b(), &one.head.id);
    let update = |expression: &str| {
        let update = fixture.client.update_item().table_name(&fixture.store.tables.core);
        let update = update.key("pk", text(&key.pk)).key("sk", text(&key.sk)).update_expression(expression);
        update.expression_attribute_values(":two", number(2))
    };
    let hold = [("kind", text("novelty")), ("amount", number(6_000)), ("colour", text("green"))];
    let hold = hold.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let newer = update("SET holds.novelty_1 = :hold, whim = :two");
    newer.expression_attribute_values(":hold", AttributeValue::M(hold)).send().await.unwrap();

    // What is held in a way that is not known is not payable.
    let head = fixture.store.invoice_head(&b(), &one.head.id).await.unwrap().unwrap();
    assert_eq!((head.balance.open(), head.balance.payable()), (money(10_000), money(4_000)));
    let (started, start) = payment("1", &head);
    let paid = payment::apply_reports(&started, &[received("pi_1", 4_000)], later(1)).unwrap().1;
    let decisions = vec![("started", start, CommitOutcome::Committed), ("paid", paid, CommitOutcome::Committed)];
    check(&fixture, decisions).await;
    let item = fixture.store.get(&fixture.store.tables.core, &key).await.unwrap().unwrap();
    assert_eq!(item["whim"], number(2));
    let holds = item["holds"].as_m().unwrap();
    assert_eq!(holds.keys().collect::<Vec<_>>(), ["novelty_1"], "the page is over, the other hold is not");
    assert_eq!(holds["novelty_1"].as_m().unwrap()["colour"], text("green"));

    // An invoice of a newer version is not written at all.
    let head = fixture.store.invoice_head(&b(), &one.head.id).await.unwrap().unwrap();
    update("SET v = :two").send().await.unwrap();
    let (note, given) = credit_note("1", "N-1");
    let apply = receivables::credit_note::apply(&note, &[(head, money(100))], later(2)).unwrap().1;
    check(&fixture, vec![("a credit note", given, CommitOutcome::Committed)]).await;
    let refused = fixture.store.commit(&apply, &by_program()).await.unwrap_err();
    assert!(matches!(refused, StoreError::NewerVersion(_)), "{refused}");
}

#[tokio::test]
async fn of_credit_notes_each_is_decided_on_what_was_read() {
    let fixture = Fixture::new();
    let (target, issued) = invoice("1", "F-1", None);
    let (note, given) = credit_note("1", "N-1");
    let (_, same_number) = credit_note("2", "N-1");
    let apply =
        |minor| receivables::credit_note::apply(&note, &[(target.head.clone(), money(minor))], later(1)).unwrap().1;
    let stale =
        CommitOutcome::Conflict(vec![Conflict::Invoice(target.head.id.clone()), Conflict::CreditNote(note.id.clone())]);
    check(
        &fixture,
        vec![
            ("the invoice", issued, CommitOutcome::Committed),
            ("given", given, CommitOutcome::Committed),
            ("another of the same number", same_number, contested(Conflict::Taken(Unique::CreditNoteNumber))),
            ("applied", apply(1_000), CommitOutcome::Committed),
        ],
    )
    .await;
    let outcome = fixture.store.commit(&apply(500), &by_program()).await.unwrap();
    let (CommitOutcome::Conflict(mut seen), CommitOutcome::Conflict(mut expected)) = (outcome, stale) else {
        panic!("applied over what was")
    };
    seen.sort_by_key(|conflict| format!("{conflict:?}"));
    expected.sort_by_key(|conflict| format!("{conflict:?}"));
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn what_waits_under_an_object_must_have_been_heard() {
    let fixture = Fixture::new();
    let provider = stripe();
    let intent: ObjectId = "pi_1".parse().unwrap();
    let keep = async |minor| {
        let kept = fixture.store.keep_unidentified(&b(), provider, &intent, &[received("pi_1", minor)], now()).await;
        kept.unwrap()
    };
    assert_eq!(keep(100).await, KeepOutcome::Kept);
    assert_eq!(keep(10_000).await, KeepOutcome::Kept);
    let waiting = fixture.store.waiting(&b(), provider, &intent).await.unwrap().unwrap();
    assert_eq!((waiting.version, waiting.reports.len()), (2, 1));

    let (one, issued) = invoice("1", "F-1", None);
    let (started, start) = payment("1", &one.head);
    let (_, paid) = payment::apply_reports(&started, &waiting.reports, later(1)).unwrap();
    check(&fixture, vec![("", issued, CommitOutcome::Committed), ("", start, CommitOutcome::Committed)]).await;
    let adopting = |version| CommitContext { adopted: [(intent.clone(), version)].into(), ..by_program() };
    let not_heard = contested(Conflict::UnclaimedReports(intent.clone()));
    for (context, expected) in
        [(by_program(), &not_heard), (adopting(1), &not_heard), (adopting(2), &CommitOutcome::Committed)]
    {
        let outcome = fixture.store.commit(&paid, &context).await.unwrap();
        assert_eq!(outcome, *expected, "heard: {:?}", context.adopted);
    }
    assert_eq!(keep(11_000).await, KeepOutcome::Belongs(started.id().clone()));
    assert_eq!(fixture.store.waiting(&b(), provider, &intent).await.unwrap(), None);
    let owner = fixture.store.payment_of_object(&b(), provider, &intent).await.unwrap();
    assert_eq!(owner, Some(started.id().clone()));
}

#[tokio::test]
async fn an_act_and_an_event_are_carried_out_once() {
    let fixture = Fixture::new();
    let envelope = Envelope { id: "evt_1", object: None, kind: "novelty", api_version: None, livemode: None };
    let event = ReceivedEvent::fresh(b(), stripe(), envelope, b"{}", now());
    fixture.store.record_event(&event).await.unwrap();
    let act = CommitContext { act: Some("refund/1".to_owned()), ..by_program() };
    let applying = CommitContext { applied: Some(event.key.clone()), ..by_program() };
    let mut unknown = event.key.clone();
    unknown.event = "evt_2".to_owned();
    let unknown = CommitContext { applied: Some(unknown), ..by_program() };
    for (place, (context, expected)) in [
        (&act, CommitOutcome::Committed),
        (&act, CommitOutcome::AlreadyDone),
        (&applying, CommitOutcome::Committed),
        (&applying, CommitOutcome::AlreadyDone),
        (&unknown, CommitOutcome::AlreadyDone),
    ]
    .into_iter()
    .enumerate()
    {
        // Each is another decision, so that nothing but the mark can tell that it is done.
        let (_, issued) = invoice(&place.to_string(), &format!("F-{place}"), None);
        assert_eq!(fixture.store.commit(&issued, context).await.unwrap(), expected, "{place}");
    }
    assert!(fixture.store.is_already_done(&b(), "refund/1").await.unwrap());
    assert!(!fixture.store.is_already_done(&b(), "refund/2").await.unwrap());
    let stored = fixture.store.event(&event.key).await.unwrap().unwrap();
    assert_eq!(stored.state, EventState::Applied);
}

#[tokio::test]
async fn tolerances_are_set_over_what_was_read() {
    let fixture = Fixture::new();
    let before = business();
    fixture.store.put_business(&before).await.unwrap();
    let (after, differences) = before
        .with_settings(&SettingsChange {
            write_off_tolerances: Some([(receivables::Currency::EUR, money(300))].into()),
            outside_payments: None,
            provider_refunds: None,
            not_ours: None,
        })
        .unwrap();
    for expected in [true, false] {
        let change = BusinessChange { before: &before, after: &after, differences: differences.clone(), at: later(1) };
        assert_eq!(fixture.store.commit_settings(change, &by_program()).await.unwrap(), expected);
    }
    assert_eq!(fixture.store.business(&b()).await.unwrap(), Some(after));
}

#[tokio::test]
async fn whatever_happens_to_the_call_the_decision_is_written_once() {
    let fixture = Fixture::new();
    let (_, registered) = customer("C", profile(None, None));
    fixture.faults.let_happen(&Fault::NotCarriedOut, 1);
    let lost = fixture.store.commit(&registered, &by_program()).await;
    assert!(matches!(lost, Err(StoreError::Unavailable(_))), "{lost:?}");
    fixture.faults.let_happen(&Fault::AnswerLost, 1);
    let lost = fixture.store.commit(&registered, &by_program()).await;
    assert!(matches!(lost, Err(StoreError::Unavailable(_))), "{lost:?}");
    fixture.faults.mend();
    assert_eq!(fixture.store.commit(&registered, &by_program()).await.unwrap(), CommitOutcome::AlreadyDone);
}

#[tokio::test]
async fn rivals_are_waited_for_and_what_no_wait_can_mend_is_a_defect() {
    for (fault, times, expected, calls) in [
        (Fault::Cancelled("TransactionConflict"), 3, "committed", 4),
        (Fault::Cancelled("ThrottlingError"), 3, "committed", 4),
        (Fault::Cancelled("ProvisionedThroughputExceeded"), 3, "committed", 4),
        (Fault::Refused("TransactionInProgressException"), 3, "committed", 4),
        (Fault::Cancelled("TransactionConflict"), 100, "unavailable", 8),
        (Fault::Refused("ThrottlingException"), 1, "unavailable", 1),
        (Fault::Refused("InternalServerError"), 1, "unavailable", 1),
        (Fault::Cancelled("ValidationError"), 1, "defect", 1),
        (Fault::Cancelled("ItemCollectionSizeLimitExceeded"), 1, "defect", 1),
        (Fault::Refused("ValidationException"), 1, "defect", 1),
        (Fault::Refused("ResourceNotFoundException"), 1, "unavailable", 1),
        (Fault::Refused("AccessDeniedException"), 1, "unavailable", 1),
    ] {
        let fixture = Fixture::new();
        fixture.faults.let_happen(&fault, times);
        let (_, registered) = customer("C", profile(None, None));
        let outcome = match fixture.store.commit(&registered, &by_program()).await {
            Ok(CommitOutcome::Committed) => "committed",
            Ok(CommitOutcome::AlreadyDone | CommitOutcome::Conflict(_)) => "decided otherwise",
            Err(StoreError::Unavailable(_)) => "unavailable",
            Err(StoreError::NewerVersion(_)) => "newer",
            Err(StoreError::Defect(_)) => "defect",
        };
        assert_eq!((outcome, fixture.faults.calls()), (expected, calls), "{fault:?}, {times} times");
    }
}

#[tokio::test]
async fn an_old_decision_is_not_written_at_any_try() {
    let fixture = Fixture::new();
    let (_, registered) = customer("C", profile(Some("C-1"), None));
    let too_old = contested(Conflict::DecidedTooLongAgo);
    fixture.clock.advance(registered.at.duration_since(fixture.clock.now()) + crate::DECISION_AGE_MAX);
    fixture.clock.advance(jiff::SignedDuration::from_millis(1));
    check(&fixture, vec![("a moment too late", registered, too_old)]).await;
}
