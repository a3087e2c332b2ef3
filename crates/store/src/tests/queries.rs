//! Pages, cursors and batches: whatever the sizes, each item once and in order.

use receivables::{Actor, BusinessId};
use sha2::{Digest, Sha256};

use super::Fixture;
use super::faults::Fault;
use super::samples::*;
use crate::{CommitContext, Envelope, Page, Paged, ReceivedEvent, StoreError};

/// Reads a list to its end in pages of so many.
async fn read_all<T>(limit: usize, page: impl AsyncFn(Page) -> Paged<T>) -> (Vec<T>, usize) {
    let (mut all, mut pages, mut cursor) = (Vec::new(), 0, None);
    loop {
        let Paged { items, next_cursor } = page(Page { limit, cursor }).await;
        assert!(items.len() <= limit, "a page of {} where {limit} were asked for", items.len());
        all.extend(items);
        pages += 1;
        cursor = next_cursor;
        if cursor.is_none() {
            return (all, pages);
        }
    }
}

async fn with_invoices(count: usize) -> Fixture {
    let fixture = Fixture::new();
    for place in 0..count {
        let (_, issued) = invoice(&place.to_string(), &format!("F-{place}"), None);
        fixture.store.commit(&issued, &CommitContext::by(Actor::Program)).await.unwrap();
    }
    fixture
}

#[tokio::test]
async fn a_list_is_read_whole_in_pages_of_any_size() {
    let fixture = with_invoices(7).await;
    for limit in [1, 2, 3, 6, 7, 8, 100] {
        let page = async |page: Page| fixture.store.invoices_of(&b(), &c(), &page).await.unwrap();
        let (invoices, _) = read_all(limit, page).await;
        let numbers: Vec<String> = invoices.iter().map(|invoice| invoice.number.to_string()).collect();
        assert_eq!(numbers, ["F-0", "F-1", "F-2", "F-3", "F-4", "F-5", "F-6"], "pages of {limit}");
    }
    for (limit, expected) in [(0, 1), (usize::MAX, 7)] {
        let page = fixture.store.invoices_of(&b(), &c(), &Page::first(limit)).await.unwrap();
        assert_eq!(page.items.len(), expected, "a limit of {limit}");
    }
}

#[tokio::test]
async fn a_cursor_that_is_not_ours_begins_at_the_beginning_and_leads_nowhere_else() {
    let fixture = with_invoices(3).await;
    let other: BusinessId = id("biz", "BB");
    let of = async |b: &BusinessId, cursor: Option<String>| {
        fixture.store.invoices_of_business(b, &Page { limit: 2, cursor }).await
    };
    let second = of(&b(), None).await.unwrap().next_cursor.unwrap();
    assert_eq!(of(&b(), Some(second.clone())).await.unwrap().items.len(), 1);
    for cursor in ["", ".", "..", "zz.zz.zz", "41", "41.42", "é", "41.42.4"] {
        let page = of(&b(), Some(cursor.to_owned())).await.unwrap();
        assert_eq!(page.items.len(), 2, "{cursor:?}");
    }
    // The partition is never taken from a cursor.
    match of(&other, Some(second)).await {
        Ok(page) => assert_eq!(page.items, []),
        Err(error) => assert!(matches!(error, StoreError::Defect(_)), "{error}"),
    }
}

#[tokio::test]
async fn the_audits_cursor_ends_where_numbers_do() {
    let fixture = Fixture::new();
    for cursor in ["999999999999", "1000000000000", "18446744073709551615", "18446744073709551616", "-1", "x"] {
        let page = Page { limit: 10, cursor: Some(cursor.to_owned()) };
        let page = fixture.store.audit(&b(), &page).await.unwrap();
        assert_eq!((page.items.len(), page.next_cursor), (0, None), "{cursor}");
    }
}

/// Bytes that no compression makes fewer.
fn noise(seed: usize, length: usize) -> Vec<u8> {
    let block = |place: usize| Sha256::digest(format!("{seed}.{place}")).to_vec();
    (0..length.div_ceil(32)).flat_map(block).take(length).collect()
}

#[tokio::test]
async fn a_page_of_the_table_ends_at_a_megabyte_and_ours_does_not() {
    let fixture = Fixture::new();
    for place in 0..6 {
        // One shard of one hour: the shard follows from the sum of the bytes of the id.
        let id = format!("evt_{}{}", char::from(b'a' + place), char::from(b'z' - place));
        let envelope = Envelope { id: &id, object: None, kind: "novelty", api_version: None, livemode: None };
        let event = ReceivedEvent::fresh(b(), stripe(), envelope, &noise(place.into(), 200_000), later(place.into()));
        fixture.store.record_event(&event).await.unwrap();
    }
    for limit in [5, 100] {
        let page = async |page: Page| fixture.store.events_since(&b(), now(), &page, later(30)).await.unwrap();
        let (events, pages) = read_all(limit, page).await;
        let received: Vec<_> = events.iter().map(|event| event.received_at).collect();
        assert_eq!(received, (0..6).map(later).collect::<Vec<_>>(), "pages of {limit}");
        assert!(pages <= 6_usize.div_ceil(limit) + 1, "{pages} pages of {limit}");
    }
}

#[tokio::test]
async fn events_of_many_hours_are_one_list() {
    let fixture = Fixture::new();
    let at = [0, 1, 59, 60, 61, 60 * 3, 60 * 20];
    for (place, minutes) in at.into_iter().enumerate() {
        let id = format!("evt_{place}");
        let envelope = Envelope { id: &id, object: None, kind: "novelty", api_version: None, livemode: None };
        let event = ReceivedEvent::fresh(b(), stripe(), envelope, b"{}", later(minutes));
        fixture.store.record_event(&event).await.unwrap();
    }
    for (since, until, expected) in [(0, 60 * 21, 7), (0, 70, 5), (1, 70, 4), (62, 60 * 21, 2), (60 * 21, 60 * 22, 0)] {
        for limit in [2, 100] {
            let page =
                async |page: Page| fixture.store.events_since(&b(), later(since), &page, later(until)).await.unwrap();
            let (events, _) = read_all(limit, page).await;
            assert_eq!(events.len(), expected, "since {since}, until {until}, pages of {limit}");
        }
    }
}

#[tokio::test]
async fn a_batch_asks_for_each_key_once_and_for_any_number() {
    let fixture = with_invoices(3).await;
    let ids = |count: usize| (0..count).map(|place| id("inv", &place.to_string())).collect::<Vec<_>>();
    fixture.faults.calls();
    for (ids, found, calls) in
        [(Vec::new(), 0, 0), (ids(3), 3, 1), (ids(100), 3, 1), (ids(101), 3, 2), ([ids(3), ids(3)].concat(), 3, 1)]
    {
        let invoices = fixture.store.invoice_heads(&b(), &ids).await.unwrap();
        assert_eq!((invoices.len(), fixture.faults.calls()), (found, calls), "{} ids", ids.len());
    }
    fixture.faults.let_happen(&Fault::NotCarriedOut, 1);
    assert!(matches!(fixture.store.invoice_heads(&b(), &ids(3)).await, Err(StoreError::Unavailable(_))));
}
