//! What lies in several items is read whole or not at all.

use aws_sdk_dynamodb::types::AttributeValue;
use local_aws::table::CORE;
use receivables::{Actor, Payment, payment};

use super::Fixture;
use super::samples::*;
use crate::items::Item;
use crate::items::consistent_read::{Assembled, PartsDigest};
use crate::{CommitContext, StoreError, keys};

/// A payment that is opened and paid, in its items.
async fn paid_payment(fixture: &Fixture) -> Payment {
    let (one, issued) = invoice("1", "F-1", None);
    let (started, start) = payment("1", &one.head);
    let (paid, pay) = payment::apply_reports(&started, &[received("pi_1", 10_000)], later(1)).unwrap();
    for decision in [issued, start, pay] {
        fixture.store.commit(&decision, &CommitContext::by(Actor::Program)).await.unwrap();
    }
    paid
}

async fn item(fixture: &Fixture, key: &keys::Key) -> Item {
    let of = |text: &str| AttributeValue::S(text.to_owned());
    let got = fixture.client.get_item().table_name(CORE).key("pk", of(&key.pk)).key("sk", of(&key.sk));
    got.send().await.unwrap().item.unwrap()
}

async fn put(fixture: &Fixture, item: Item) {
    fixture.client.put_item().table_name(CORE).set_item(Some(item)).send().await.unwrap();
}

#[tokio::test]
async fn parts_that_are_not_the_heads_are_read_again_until_they_are() {
    let fixture = Fixture::new();
    let paid = paid_payment(&fixture).await;
    let part = keys::allocation(&b(), paid.id(), 0);
    let sound = item(&fixture, &part).await;
    let remembered = sound["seen"].as_m().unwrap().clone();
    let other = AttributeValue::N("9999".to_owned());
    let remembered =
        AttributeValue::M([remembered, [("version".to_owned(), other.clone())].into()].into_iter().flatten().collect());
    for (name, value) in [("applied", other.clone()), ("intended", other), ("seen", remembered)] {
        let mut changed = sound.clone();
        changed.insert(name.to_owned(), value);
        put(&fixture, changed).await;
        fixture.faults.calls();
        let read = fixture.store.payment(&b(), paid.id()).await;
        // How the invoice stood is the invoice's own matter and no part of the payment.
        if name == "seen" {
            assert!(read.is_ok(), "{name}");
        } else {
            assert!(matches!(read, Err(StoreError::Unavailable(_))), "{name}: {read:?}");
            assert_eq!(fixture.faults.calls(), 8, "{name}");
        }
    }
    put(&fixture, sound).await;
    assert_eq!(fixture.store.payment(&b(), paid.id()).await.unwrap(), Some(paid));
}

#[tokio::test]
async fn a_head_or_a_part_that_is_missing_is_torn_and_nothing_at_all_is_absent() {
    let fixture = Fixture::new();
    let paid = paid_payment(&fixture).await;
    let of = |text: &str| AttributeValue::S(text.to_owned());
    assert_eq!(fixture.store.payment(&b(), &id("pay", "9")).await.unwrap(), None);
    for key in [keys::payment(&b(), paid.id()), keys::allocation(&b(), paid.id(), 0)] {
        let sound = item(&fixture, &key).await;
        let delete = fixture.client.delete_item().table_name(CORE).key("pk", of(&key.pk)).key("sk", of(&key.sk));
        delete.send().await.unwrap();
        let read = fixture.store.payment(&b(), paid.id()).await;
        assert!(matches!(read, Err(StoreError::Unavailable(_))), "{key:?}: {read:?}");
        put(&fixture, sound).await;
    }
    assert_eq!(fixture.store.payment(&b(), paid.id()).await.unwrap(), Some(paid));
}

#[test]
fn a_digest_tells_parts_and_their_order_apart_and_only_those_of_its_own_making() {
    let digest = |parts: &[&str]| {
        let mut digest = PartsDigest::new();
        for part in parts {
            digest.add(part).unwrap();
        }
        digest.text()
    };
    let all = [digest(&[]), digest(&["a"]), digest(&["b"]), digest(&["a", "b"]), digest(&["b", "a"]), digest(&["ab"])];
    for (place, one) in all.iter().enumerate() {
        assert_eq!(all.iter().position(|other| other == one), Some(place));
    }
    let ours = digest(&["a"]);
    for (carried, whole) in [
        (Some(ours.as_str()), true),
        (Some(all[2].as_str()), false),
        // Made before there were digests, or made otherwise: nothing can be said.
        (None, true),
        (Some("0:2b1f82b3e8b7e0b85ea3dcf5"), true),
    ] {
        assert_eq!(matches!(Assembled::of((), carried, &ours), Assembled::Whole(())), whole, "{carried:?}");
    }
}
