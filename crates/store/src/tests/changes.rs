//! What changed, by the blocks of the audit: each change once and in order, whatever the sizes of pages and blocks.

use aws_sdk_dynamodb::types::AttributeValue;
use receivables::{Actor, CreditNoteId, CustomerId, InvoiceId, PaymentId};

use super::Fixture;
use super::samples::*;
use crate::access::changes::ChangePlace;
use crate::{AuditBlock, BlockRecord, CommitContext, RecordKey};

/// More than are read for one page, twice over.
const BLOCKS: u64 = 230;

fn numbered<I: std::str::FromStr>(prefix: &str, number: u64) -> I {
    id(prefix, &number.to_string())
}

/// Blocks of one to three records, ten minutes apart. Each touches an invoice of its own, one before it and one of seven customers;
/// the last one also a payment.
async fn with_blocks() -> Fixture {
    let fixture = Fixture::new();
    let mut first = 1;
    for number in 0..BLOCKS {
        let records = number % 3 + 1;
        let mut touched = vec![
            numbered::<CustomerId>("cst", number % 7).to_string(),
            numbered::<InvoiceId>("inv", number).to_string(),
            numbered::<InvoiceId>("inv", number.saturating_sub(1)).to_string(),
            "lnk_of_some_kind".to_owned(),
        ];
        if number == BLOCKS - 1 {
            touched.push(numbered::<PaymentId>("pay", 1).to_string());
        }
        touched.sort();
        touched.dedup();
        let record = |place| {
            let key = RecordKey { business: b(), source: format!("{number}"), version: format!("{place}") };
            BlockRecord { key, hash: "seal".to_owned() }
        };
        let block = AuditBlock {
            business: b(),
            first,
            hash_before: String::new(),
            records: (0..records).map(record).collect(),
            touched,
            sealed_at: later(10 * i64::try_from(number).unwrap()),
            marked: true,
        };
        assert!(fixture.store.put_audit_block(&block).await.unwrap());
        first += records;
    }
    fixture
}

/// All ids of a kind from a place on, page by page, and how many pages were empty.
async fn walked<I: std::str::FromStr + PartialEq>(fixture: &Fixture, from: &str, limit: usize) -> (Vec<I>, usize) {
    let (mut all, mut empty) = (Vec::new(), 0);
    let mut place: ChangePlace = from.parse().unwrap();
    loop {
        let page = fixture.store.changed::<I>(&b(), place, limit).await.unwrap();
        assert!(page.ids.len() <= limit, "{} on a page of {limit}", page.ids.len());
        empty += usize::from(page.ids.is_empty());
        all.extend(page.ids);
        // The place goes through a cursor.
        place = page.next.to_string().parse().unwrap();
        if !page.has_more {
            let again = fixture.store.changed::<I>(&b(), place, limit).await.unwrap();
            assert_eq!((again.ids.len(), again.next, again.has_more), (0, place, false));
            return (all, empty);
        }
    }
}

#[tokio::test]
async fn every_change_is_on_a_page_whatever_its_limit() {
    let fixture = with_blocks().await;
    for limit in [1, 2, 3, 99, 100] {
        let (invoices, _) = walked::<InvoiceId>(&fixture, "1.0", limit).await;
        // Each is there once at least, and where it was changed first it stands in the order of the blocks.
        let mut seen: Vec<InvoiceId> = Vec::new();
        for id in invoices {
            if !seen.contains(&id) {
                seen.push(id);
            }
        }
        let expected: Vec<InvoiceId> = (0..BLOCKS).map(|number| numbered("inv", number)).collect();
        assert_eq!(seen, expected, "pages of {limit}");
        let (customers, _) = walked::<CustomerId>(&fixture, "1.0", limit).await;
        assert!((0..7).all(|number| customers.contains(&numbered("cst", number))), "pages of {limit}");
    }
    let (customers, _) = walked::<CustomerId>(&fixture, "1.0", 100).await;
    assert_eq!(customers.len(), 7 * 3, "each once on each of three pages");
}

#[tokio::test]
async fn a_page_reads_so_many_blocks_and_may_be_empty() {
    let fixture = with_blocks().await;
    assert_eq!(walked::<PaymentId>(&fixture, "1.0", 100).await, (vec![numbered("pay", 1)], 2));
    assert_eq!(walked::<CreditNoteId>(&fixture, "1.0", 100).await, (Vec::new(), 3));
    fixture.faults.calls();
    fixture.store.changed::<InvoiceId>(&b(), "1.0".parse().unwrap(), 100).await.unwrap();
    assert_eq!(fixture.faults.calls(), 1);
    let empty = Fixture::new();
    assert_eq!(walked::<CustomerId>(&empty, "1.0", 100).await, (Vec::new(), 1));
}

#[tokio::test]
async fn an_instant_is_a_block_sealed_at_most_twenty_minutes_before_it() {
    let fixture = with_blocks().await;
    let last = i64::try_from(BLOCKS).unwrap() - 1;
    for (minutes, expected) in [(-100, 0), (0, 0), (20, 0), (21, 1), (30, 1), (1_000, 98), (10 * last, BLOCKS - 3)] {
        fixture.faults.calls();
        let place = fixture.store.changes_since(&b(), later(minutes)).await.unwrap();
        assert!(fixture.faults.calls() <= 10, "it halves four hundred and fifty-nine numbers");
        let records_before: u64 = (0..expected).map(|number| number % 3 + 1).sum();
        assert_eq!(place.to_string(), format!("{}.0", records_before + 1), "{minutes} minutes");
    }
    let after_all = fixture.store.changes_since(&b(), later(10 * last + 21)).await.unwrap();
    let page = fixture.store.changed::<InvoiceId>(&b(), after_all, 100).await.unwrap();
    assert_eq!((page.ids, page.next, page.has_more), (Vec::new(), after_all, false));
}

#[test]
fn a_place_has_one_form() {
    for bad in
        ["", ".", "1", "1.", ".1", "0.0", "-1.0", "1.-1", "1.0.0", "1000000000000.0", "x.y", "18446744073709551616.0"]
    {
        assert!(bad.parse::<ChangePlace>().is_err(), "{bad:?} was taken");
    }
    assert_eq!("12.3".parse::<ChangePlace>().unwrap().to_string(), "12.3");
}

#[tokio::test]
async fn what_cannot_be_read_is_left_out_and_the_rest_is_read() {
    let fixture = Fixture::new();
    let mut ids = (Vec::new(), Vec::new());
    for name in ["1", "2", "3"] {
        let (customer, registered) = customer(name, profile(None, None));
        let (invoice, issued) = invoice(name, &format!("F-{name}"), None);
        for decision in [registered, issued] {
            fixture.store.commit(&decision, &CommitContext::by(Actor::Program)).await.unwrap();
        }
        ids.0.push(customer.id);
        ids.1.push(invoice.head.id);
    }
    let (note, given) = credit_note("1", "N-1");
    let (started, start) = {
        let head = fixture.store.invoice_head(&b(), &ids.1[2]).await.unwrap().unwrap();
        payment("1", &head)
    };
    for decision in [given, start] {
        fixture.store.commit(&decision, &CommitContext::by(Actor::Program)).await.unwrap();
    }
    let newer = async |pk: String, sk: &str, name: &str| {
        let update = fixture.client.update_item().table_name(&fixture.store.tables.core);
        let update = update.key("pk", AttributeValue::S(pk)).key("sk", AttributeValue::S(sk.to_owned()));
        let update = update.update_expression("SET #name = :other").expression_attribute_names("#name", name);
        update.expression_attribute_values(":other", AttributeValue::Bool(true)).send().await.unwrap();
    };
    let read = async || {
        let customers = fixture.store.readable_customers(&b(), &ids.0).await.unwrap();
        let invoices = fixture.store.readable_invoices(&b(), &ids.1).await.unwrap();
        let payment = fixture.store.readable_payment(&b(), started.id()).await.unwrap();
        let note = fixture.store.readable_credit_note(&b(), &note.id).await.unwrap();
        (
            customers.into_iter().map(|customer| customer.id).collect::<Vec<_>>(),
            invoices.into_iter().map(|invoice| invoice.head.id).collect::<Vec<_>>(),
            (payment.is_some(), note.is_some()),
        )
    };
    assert_eq!(read().await, (ids.0.clone(), ids.1.clone(), (true, true)));
    newer(format!("C#{}#{}", b(), ids.0[1]), "C", "name").await;
    newer(format!("I#{}#{}", b(), ids.1[0]), "I", "gross").await;
    newer(format!("I#{}#{}", b(), ids.1[1]), "L", "lines").await;
    newer(format!("P#{}#{}", b(), started.id()), "P", "state").await;
    newer(format!("N#{}#{}", b(), note.id), "N", "amount").await;
    let (customers, invoices, others) = read().await;
    assert_eq!(customers, [ids.0[0].clone(), ids.0[2].clone()]);
    assert_eq!((invoices, others), (vec![ids.1[2].clone()], (false, false)));
}

/// The record of a decision in a form that this version does not read still says what it touched.
#[tokio::test]
async fn what_a_newer_version_decided_is_in_its_block() {
    let fixture = Fixture::new();
    let (_, registered) = customer("C", profile(None, None));
    let (one, issued) = invoice("1", "F-1", None);
    for decision in [registered, issued] {
        fixture.store.commit(&decision, &CommitContext::by(Actor::Program)).await.unwrap();
    }
    let link = decision(vec![receivables::Change::PayLinkIssued(pay_link("K2", &one.head.id))], later(1));
    fixture.store.commit(&link, &CommitContext::by(Actor::Program)).await.unwrap();
    let due = fixture.store.everything_due(crate::DueList::Records).await.unwrap();
    let keys: Vec<RecordKey> = due.iter().filter_map(crate::DueItem::record).cloned().collect();
    let touched = async || {
        let mut records = fixture.store.decision_records(&keys).await.unwrap();
        records.sort_by(|one, other| one.key.cmp(&other.key));
        records.into_iter().map(|record| record.touched).collect::<Vec<_>>()
    };
    let known = touched().await;
    let of_link = known.iter().find(|ids| ids.contains(pay_link("K2", &one.head.id).id.as_str())).unwrap();
    assert!(of_link.contains(one.head.id.as_str()), "the invoice is shown with it: {of_link:?}");
    for key in &keys {
        let (name, version) = (key.name(), &key.version);
        let source = name.split('.').next().unwrap();
        let update = fixture.client.update_item().table_name(&fixture.store.tables.core);
        let update = update
            .key("pk", AttributeValue::S(format!("O#{}#{source}", b())))
            .key("sk", AttributeValue::S(version.clone()));
        let update = update.update_expression("SET actor = :other");
        update.expression_attribute_values(":other", AttributeValue::Bool(true)).send().await.unwrap();
    }
    assert!(fixture.store.decision_records(&keys).await.unwrap().iter().all(|record| record.has_unknown_facts));
    assert_eq!(touched().await, known);
}
