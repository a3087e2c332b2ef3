//! Two versions of the program at once: whatever this one writes, what a newer one wrote stays, and nothing of a version above
//! its own is written.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use receivables::business::SettingsChange;
use receivables::{Actor, Payment, credit_note, customer as customers, payment};

use super::Fixture;
use super::records::{commit, event, eventful_payment, items, method, payout, transaction, write_the_rest};
use super::samples::*;
use crate::items::{Item, number};
use crate::{BusinessChange, CommitContext, EventState, ProviderTransaction, StoreError};

/// One of everything, with what is written to it next.
struct Everything {
    person: receivables::Customer,
    paid: Payment,
    note: receivables::CreditNote,
}

async fn everything(fixture: &Fixture) -> Everything {
    let (person, registered) = customer("C", profile(Some("C-1"), Some("cus_1")));
    commit(fixture, &registered).await;
    let paid = eventful_payment(fixture).await;
    let (note, given) = credit_note("1", "N-1");
    commit(fixture, &given).await;
    write_the_rest(fixture).await;
    let unknown = ProviderTransaction { payment: None, other_business: None, taken_over_at: None, ..moved() };
    fixture.store.put_new_transactions(&b(), stripe(), &[unknown]).await.unwrap();
    Everything { person, paid, note }
}

/// A movement whose payment becomes known later.
fn moved() -> ProviderTransaction {
    let mut moved = transaction();
    moved.transaction.id = "txn_2".parse().unwrap();
    ProviderTransaction { taken_over_at: None, ..moved }
}

/// Changes each thing that changes, and says how that went: by name, whether it was written.
async fn change_everything(fixture: &Fixture, all: &Everything) -> BTreeMap<&'static str, Result<bool, StoreError>> {
    let (store, by) = (&fixture.store, CommitContext::by(Actor::Program));
    let decided = async |decision: receivables::Decision| {
        store.commit(&decision, &by).await.map(|outcome| outcome == crate::CommitOutcome::Committed)
    };
    let more = payment::apply_reports(&all.paid, &[received("pi_1", 12_100)], later(6)).unwrap().1;
    let renamed = customers::change_profile(&all.person, profile(Some("C-9"), Some("cus_1")), later(6)).unwrap().1;
    let (target, issued) = invoice("2", "F-2", None);
    decided(issued).await.ok();
    let applied = credit_note::apply(&all.note, &[(target.head, money(100))], later(6)).unwrap().1;
    let before = store.business(&b()).await.unwrap().unwrap();
    let change =
        SettingsChange { outside_payments: Some(receivables::OutsidePayments::Apply), ..SettingsChange::default() };
    let (after, differences) = before.with_settings(&change).unwrap();
    let settings = BusinessChange { before: &before, after: &after, differences, at: later(6) };
    let next = crate::Payout { version: 2, unlisted: true, reading: None, ..payout() };
    let detached = {
        let mut method = crate::SavedMethod { version: 2, customer: None, ..method() };
        method.state.look = None;
        method
    };
    let kept =
        store.keep_unidentified(&b(), stripe(), &"pi_9".parse().unwrap(), &[received("pi_9", 900)], later(6)).await;
    BTreeMap::from([
        ("payment", decided(more).await),
        ("customer", decided(renamed).await),
        ("credit note", decided(applied).await),
        ("settings", store.commit_settings(settings, &by).await),
        ("payout", store.put_payout(&b(), &next).await),
        ("transaction", store.match_transactions(&b(), stripe(), &[moved()]).await.map(|()| true)),
        ("method", store.put_method(&b(), &detached).await),
        ("nobody's money", kept.map(|_| true)),
        (
            "event",
            store
                .mark_event(&event("evt_1").key, EventState::Applied, None, later(6))
                .await
                .map(|outcome| outcome == crate::MarkOutcome::Now),
        ),
        ("session", store.session("hash of a session", later(20)).await.map(|session| session.is_some())),
    ])
}

/// Sets an attribute of every item, as another program would.
async fn set_everywhere(fixture: &Fixture, name: &str, value: AttributeValue) {
    for ((table, pk, sk), _) in items(fixture).await {
        let update = fixture.client.update_item().table_name(table);
        let update = update.key("pk", AttributeValue::S(pk)).key("sk", AttributeValue::S(sk));
        let update = update.update_expression("SET #name = :value").expression_attribute_names("#name", name);
        update.expression_attribute_values(":value", value.clone()).send().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_not_known_of_an_item_stays_when_it_is_changed() {
    let fixture = Fixture::new();
    let all = Box::pin(everything(&fixture)).await;
    set_everywhere(&fixture, "whim", number(7)).await;
    let before = items(&fixture).await;
    for (what, written) in Box::pin(change_everything(&fixture, &all)).await {
        assert!(written.unwrap(), "{what}");
    }
    let after = items(&fixture).await;
    let kept = |item: &Item| item.get("whim") == Some(&number(7));
    let lost: Vec<_> = after.iter().filter(|(key, item)| before.contains_key(*key) && !kept(item)).collect();
    assert!(lost.is_empty(), "{lost:#?}");
    let changed = after.iter().filter(|(key, item)| before.get(*key).is_some_and(|before| before != *item)).count();
    assert!(changed >= 12, "only {changed} items changed");

    // What was changed reads as what was decided.
    let store = &fixture.store;
    let paid = store.payment(&b(), all.paid.id()).await.unwrap().unwrap();
    assert_eq!(paid, payment::apply_reports(&all.paid, &[received("pi_1", 12_100)], later(6)).unwrap().0);
    let read = store.payout(&b(), stripe(), &payout().id).await.unwrap().unwrap();
    assert_eq!(read, crate::Payout { version: 2, unlisted: true, reading: None, ..payout() });
    let read = store.method(&b(), stripe(), &method().id).await.unwrap().unwrap();
    assert_eq!((read.customer, read.state.look), (None, None));
}

#[tokio::test]
async fn nothing_of_a_newer_version_is_written() {
    let fixture = Fixture::new();
    let all = Box::pin(everything(&fixture)).await;
    set_everywhere(&fixture, "v", number(2)).await;
    let before = items(&fixture).await;
    for (what, written) in Box::pin(change_everything(&fixture, &all)).await {
        let error = written.unwrap_err();
        assert!(matches!(error, StoreError::NewerVersion(_)), "{what}: {error}");
    }
    let after = items(&fixture).await;
    let touched: Vec<_> = before.iter().filter(|(key, item)| after.get(*key) != Some(*item)).collect();
    assert!(touched.is_empty(), "{touched:#?}");

    // But when it is due next is written, so that it holds up nothing.
    for due in fixture.store.everything_due(crate::DueList::Jobs).await.unwrap() {
        let claimed = fixture.store.claim_due(&due, later(9)).await.unwrap().unwrap();
        assert!(fixture.store.retime_due(&claimed, later(60), Some("a newer version's")).await.unwrap());
    }
}
