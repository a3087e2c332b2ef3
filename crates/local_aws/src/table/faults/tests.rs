//! Each fault does what it says, through the real SDK, and none happens unasked.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, KeysAndAttributes, Put, PutRequest, TransactWriteItem, WriteRequest,
};
use tempfile::TempDir;

use super::*;
use crate::table::tests::{ACCESS_KEY, client, n, put, s};
use crate::table::{CORE, Table};

type Attributes = HashMap<String, AttributeValue>;

struct Fixture {
    _folder: TempDir,
    table: Table,
    /// A client that tries once.
    client: Client,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let table = Table::open(&folder.path().join("table"), ACCESS_KEY).unwrap();
        let once = client(&table).config().to_builder().retry_config(RetryConfig::disabled()).build();
        Self { _folder: folder, table, client: Client::from_conf(once) }
    }

    fn faults(&self) -> &Faults {
        self.table.faults()
    }

    /// Puts an item that an index lists under a partition and a sort key.
    async fn list(&self, pk: &str, partition: &str, sort: &str) {
        put(&self.client, CORE, pk, "S", &[("gsi1pk", s(partition)), ("gsi1sk", s(sort))]).await;
    }

    /// What an index lists of a partition, in order: of each item its key and its sort key in the index.
    async fn listed(&self, partition: &str) -> Vec<(String, String)> {
        let query = self.client.query().table_name(CORE).index_name("gsi1").key_condition_expression("#p = :p");
        let query = query.expression_attribute_names("#p", "gsi1pk").expression_attribute_values(":p", s(partition));
        let found = query.into_paginator().items().send().try_collect().await.unwrap();
        found.iter().map(|item| (text(item, "pk"), text(item, "gsi1sk"))).collect()
    }

    async fn get(&self, pk: &str) -> Option<Attributes> {
        let get = self.client.get_item().table_name(CORE).key("pk", s(pk)).key("sk", s("S")).consistent_read(true);
        get.send().await.unwrap().item
    }

    async fn get_many(&self, keys: &[String]) -> Attributes {
        let keys = keys.iter().map(|pk| HashMap::from([("pk".to_owned(), s(pk)), ("sk".to_owned(), s("S"))]));
        let keys = KeysAndAttributes::builder().set_keys(Some(keys.collect())).consistent_read(true).build().unwrap();
        let got = self.client.batch_get_item().request_items(CORE, keys).send().await.unwrap();
        let items = got.responses.unwrap().remove(CORE).unwrap_or_default();
        items.into_iter().map(|item| (text(&item, "pk"), item["n"].clone())).collect()
    }
}

fn text(item: &Attributes, name: &str) -> String {
    item[name].as_s().unwrap().clone()
}

fn item(pk: &str, number: i64) -> Attributes {
    HashMap::from([("pk".to_owned(), s(pk)), ("sk".to_owned(), s("S")), ("n".to_owned(), n(number))])
}

fn write(pk: &str, number: i64) -> TransactWriteItem {
    let put = Put::builder().table_name(CORE).set_item(Some(item(pk, number))).build().unwrap();
    TransactWriteItem::builder().put(put).build()
}

fn check(pk: &str) -> TransactWriteItem {
    let check = ConditionCheck::builder().table_name(CORE).key("pk", s(pk)).key("sk", s("S"));
    let check = check.condition_expression("attribute_exists(pk)").build().unwrap();
    TransactWriteItem::builder().condition_check(check).build()
}

fn code<T: std::fmt::Debug, E: ProvideErrorMetadata>(answer: Result<T, SdkError<E>>) -> String {
    let error = answer.map_err(|error| error.meta().code().map(str::to_owned)).expect_err("it is refused");
    error.expect("a code")
}

const FOR_EVER: Duration = Duration::from_hours(1);
const LAG: IndexLag = IndexLag { writes: 1_000, at_most: FOR_EVER };

#[tokio::test]
async fn nothing_goes_wrong_unasked() {
    let fixture = Fixture::new();
    for number in 0..5 {
        fixture.list(&format!("I{number}"), "P", "1").await;
        fixture.list(&format!("I{number}"), "P", "2").await;
        assert_eq!(fixture.listed("P").await.len(), number + 1);
    }
    assert!(!fixture.faults().any());
    assert_eq!(fixture.faults().met(), FaultsMet::default());
}

#[tokio::test]
async fn an_index_that_lags_lists_an_item_under_its_old_key_under_both_under_none_and_never_goes_back() {
    let fixture = Fixture::new();
    let items: Vec<String> = (0..60).map(|number| format!("I{number:02}")).collect();
    for item in &items {
        fixture.list(item, "P", "1").await;
    }
    fixture.faults().seed(7);
    fixture.faults().lag_indexes(Some(LAG));
    for item in &items {
        fixture.list(item, "P", "2").await;
    }
    let mut seen: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut kinds = BTreeSet::new();
    for _ in 0..12 {
        let listed = fixture.listed("P").await;
        let sorts: Vec<&String> = listed.iter().map(|(_, sort)| sort).collect();
        assert!(sorts.is_sorted(), "in the order of the keys: {sorts:?}");
        for item in &items {
            let under: Vec<&str> = listed.iter().filter(|(pk, _)| pk == item).map(|(_, sort)| sort.as_str()).collect();
            kinds.insert(under.join("+"));
            seen.entry(item.clone()).or_default().push(under.join("+"));
        }
    }
    assert_eq!(kinds, ["", "1", "1+2", "2"].map(str::to_owned).into());
    for (item, states) in &seen {
        let rank = |state: &String| ["1", "", "1+2", "2"].iter().position(|known| known == state).unwrap();
        let ranks: Vec<usize> = states.iter().map(|state| rank(state).clamp(0, 3)).collect();
        // None and both are the same half step.
        let steps: Vec<usize> = ranks.iter().map(|rank| [0, 1, 1, 2][*rank]).collect();
        assert!(steps.is_sorted(), "{item}: {states:?}");
    }
    assert!(fixture.faults().met().stale_lists > 0);
    fixture.faults().catch_up();
    assert!(fixture.listed("P").await.iter().all(|(_, sort)| sort == "2"));
}

#[tokio::test]
async fn what_is_new_or_gone_is_listed_late_within_the_bounds() {
    let fixture = Fixture::new();
    fixture.list("GOES", "P", "1").await;
    for seed in 0..20 {
        fixture.faults().seed(seed);
        fixture.faults().lag_indexes(Some(IndexLag { writes: 4, at_most: FOR_EVER }));
        fixture.list("COMES", "P", "2").await;
        put(&fixture.client, CORE, "GOES", "S", &[]).await;
        let listed = fixture.listed("P").await;
        assert!(listed.iter().all(|(pk, sort)| (pk == "GOES" && sort == "1") || (pk == "COMES" && sort == "2")));
        // The fourth write after a change brings it into the index.
        for other in 0..4 {
            put(&fixture.client, CORE, "OTHER", "S", &[("n", n(seed.cast_signed() * 10 + other))]).await;
        }
        assert_eq!(fixture.listed("P").await, [("COMES".to_owned(), "2".to_owned())], "seed {seed}");
        put(&fixture.client, CORE, "COMES", "S", &[]).await;
        fixture.list("GOES", "P", "1").await;
    }
    assert!(fixture.faults().met().stale_lists > 0);
    fixture.faults().lag_indexes(Some(IndexLag { writes: 1_000, at_most: Duration::ZERO }));
    fixture.list("COMES", "P", "2").await;
    assert_eq!(fixture.listed("P").await.len(), 2, "its time is over at once");
    fixture.faults().mend();
    assert!(!fixture.faults().any());
}

/// Each form of a key condition, with its values.
const CONDITIONS: [(&str, &[&str]); 8] = [
    ("#p = :p", &[]),
    ("#p = :p AND begins_with(#s, :a)", &["03"]),
    ("#p = :p AND #s BETWEEN :a AND :b", &["021", "055"]),
    ("#p = :p AND #s <= :a", &["04"]),
    ("#p = :p AND #s < :a", &["04"]),
    ("#p = :p AND #s >= :a", &["04"]),
    ("#p = :p AND #s > :a", &["040"]),
    ("#s = :a AND #p = :p", &["033"]),
];

async fn pages(fixture: &Fixture, condition: (&str, &[&str]), newest_first: bool, limit: i32) -> Vec<Vec<String>> {
    let (mut pages, mut start) = (Vec::new(), None);
    loop {
        let mut query = fixture.client.query().table_name(CORE).index_name("gsi1").limit(limit);
        query = query.key_condition_expression(condition.0).scan_index_forward(!newest_first);
        query = query.expression_attribute_names("#p", "gsi1pk").expression_attribute_values(":p", s("P"));
        if condition.0.contains("#s") {
            query = query.expression_attribute_names("#s", "gsi1sk");
        }
        for (name, value) in [":a", ":b"].iter().zip(condition.1) {
            query = query.expression_attribute_values(*name, s(value));
        }
        let page = query.set_exclusive_start_key(start).send().await.unwrap();
        assert_eq!(usize::try_from(page.count()).unwrap(), page.items().len());
        pages.push(page.items().iter().map(|item| text(item, "gsi1sk")).collect());
        match page.last_evaluated_key {
            Some(last) => start = Some(last),
            None => return pages,
        }
    }
}

#[tokio::test]
async fn pages_end_early_and_lose_nothing_and_every_key_condition_is_understood() {
    let fixture = Fixture::new();
    for number in 0..60 {
        fixture.list(&format!("I{number:03}"), "P", &format!("{number:03}")).await;
    }
    for condition in CONDITIONS {
        for newest_first in [false, true] {
            fixture.faults().mend();
            let plain = pages(&fixture, condition, newest_first, 1_000).await.concat();
            assert!(!plain.is_empty());
            for page in [
                PageLimit { items: Some(7), bytes: None },
                PageLimit { items: None, bytes: Some(500) },
                PageLimit { items: Some(4), bytes: Some(1) },
            ] {
                fixture.faults().cut_pages(Some(page));
                let cut = pages(&fixture, condition, newest_first, 1_000).await;
                assert_eq!(cut.concat(), plain, "{condition:?} {page:?}");
                let most = page.items.unwrap_or(60);
                assert!(cut.iter().all(|page| page.len() <= most), "{condition:?} {page:?}");
                let asked = pages(&fixture, condition, newest_first, 2).await;
                assert!(asked.iter().all(|page| page.len() <= 2) && asked.concat() == plain, "{condition:?}");
            }
            // The same through what the lag puts together, with nothing that lags.
            fixture.faults().cut_pages(None);
            fixture.faults().lag_indexes(Some(LAG));
            fixture.list("I000", "P", "001").await;
            fixture.list("I000", "P", "000").await;
            for _ in 0..25 {
                fixture.listed("P").await;
            }
            assert_eq!(pages(&fixture, condition, newest_first, 3).await.concat(), plain, "{condition:?}");
        }
    }
    assert!(fixture.faults().met().short_pages > 100);
}

#[tokio::test]
async fn a_query_that_the_faults_do_not_understand_is_refused() {
    let fixture = Fixture::new();
    fixture.faults().lag_indexes(Some(LAG));
    let query = fixture.client.query().table_name(CORE).key_condition_expression("pk = :p").filter_expression("n = :p");
    assert_eq!(code(query.expression_attribute_values(":p", s("A")).send().await), "ValidationException");
}

/// Held until a reader has met it so often.
fn tearing(reads: usize) -> Tearing {
    Tearing { percent: 100, reads, at_most: FOR_EVER }
}

#[tokio::test]
async fn readers_see_a_transaction_item_by_item_until_it_is_answered() {
    let fixture = Fixture::new();
    let keys: Vec<String> = (0..6).map(|number| format!("I{number}")).collect();
    for key in &keys[..5] {
        put(&fixture.client, CORE, key, "S", &[("n", n(1))]).await;
    }
    fixture.faults().seed(3);
    fixture.faults().tear_transactions(Some(tearing(3)));
    let writes = keys.iter().map(|key| write(key, 2)).collect();
    let transaction = tokio::spawn(fixture.client.transact_write_items().set_transact_items(Some(writes)).send());
    let mut news = Vec::new();
    while !transaction.is_finished() {
        let got = fixture.get_many(&keys).await;
        news.push(got.values().filter(|value| **value == n(2)).count());
    }
    transaction.await.unwrap().unwrap();
    // Readers before it begins see nothing of it, and the last may come after its end.
    let met: Vec<usize> = news.into_iter().filter(|new| (1..6).contains(new)).collect();
    assert!(!met.is_empty() && met.is_sorted() && met.len() <= 3, "{met:?}");
    let got = fixture.get_many(&keys).await;
    assert!(got.len() == 6 && got.values().all(|value| *value == n(2)), "{got:?}");
    assert_eq!(fixture.faults().met().torn_reads, u64::try_from(met.len()).unwrap());
}

#[tokio::test]
async fn single_reads_and_queries_are_torn_too() {
    let fixture = Fixture::new();
    let parts: Vec<String> = (0..6).map(|number| format!("{number}")).collect();
    fixture.faults().tear_transactions(Some(tearing(1_000)));
    let writes = parts.iter().map(|part| {
        let mut item = item("I", 2);
        item.insert("sk".to_owned(), s(part));
        let put = Put::builder().table_name(CORE).set_item(Some(item)).build().unwrap();
        TransactWriteItem::builder().put(put).build()
    });
    let transaction = fixture.client.transact_write_items().set_transact_items(Some(writes.collect()));
    let transaction = tokio::spawn(transaction.send());
    let torn = loop {
        let query = fixture.client.query().table_name(CORE).key_condition_expression("pk = :p").consistent_read(true);
        let found = query.expression_attribute_values(":p", s("I")).send().await.unwrap().items.unwrap();
        if !found.is_empty() {
            break found;
        }
    };
    assert!(torn.len() < 6, "{torn:?}");
    let mut absent = 0;
    for part in &parts {
        let get = fixture.client.get_item().table_name(CORE).key("pk", s("I")).key("sk", s(part)).send().await;
        absent += usize::from(get.unwrap().item.is_none());
    }
    assert!(absent > 0 || fixture.faults().met().torn_reads > 1);
    // Where the client has gone, it ends as well.
    transaction.abort();
    while fixture.client.put_item().table_name(CORE).set_item(Some(item("I", 3))).send().await.is_err() {}
    for part in &parts {
        let get = fixture.client.get_item().table_name(CORE).key("pk", s("I")).key("sk", s(part)).send().await;
        assert!(get.unwrap().item.is_some(), "{part}");
    }
}

#[tokio::test]
async fn what_a_transaction_uses_is_written_by_nobody_else() {
    let fixture = Fixture::new();
    put(&fixture.client, CORE, "CHECKED", "S", &[]).await;
    fixture.faults().tear_transactions(Some(tearing(1_000)));
    let writes = vec![write("A", 1), check("CHECKED"), write("B", 1)];
    let same = fixture.client.transact_write_items().client_request_token("token").set_transact_items(Some(writes));
    let transaction = tokio::spawn(same.clone().send());
    while fixture.faults().state().flights.hidden().next().is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(code(same.send().await), "TransactionInProgressException");
    for key in ["A", "B", "CHECKED"] {
        let put = fixture.client.put_item().table_name(CORE).set_item(Some(item(key, 2))).send().await;
        assert_eq!(code(put), "TransactionConflictException", "{key}");
    }
    let other = vec![write("C", 1), write("B", 2)];
    let refused = fixture.client.transact_write_items().set_transact_items(Some(other)).send().await;
    let refused = refused.unwrap_err().into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(why) = &refused else { panic!("{refused:?}") };
    let reasons: Vec<&str> = why.cancellation_reasons().iter().map(|reason| reason.code().unwrap()).collect();
    assert_eq!(reasons, ["None", "TransactionConflict"]);
    let write = |key| {
        WriteRequest::builder().put_request(PutRequest::builder().set_item(Some(item(key, 5))).build().unwrap()).build()
    };
    let batch =
        fixture.client.batch_write_item().request_items(CORE, vec![write("C"), write("B")]).send().await.unwrap();
    assert_eq!(batch.unprocessed_items.unwrap()[CORE].len(), 1);
    assert_eq!(fixture.get("C").await.unwrap()["n"], n(5));
    fixture.faults().mend();
    transaction.abort();
    assert!(fixture.faults().met().conflicts >= 5);
}

#[tokio::test]
async fn calls_are_refused_in_every_way_of_the_service_and_then_go_well() {
    let fixture = Fixture::new();
    for refusal in Refusal::ALL.into_iter().filter(|refusal| *refusal != Refusal::LeftOver) {
        fixture.faults().refuse_after(1, 1, refusal);
        let written = || fixture.table.count_after(CORE, 0).unwrap();
        let mut codes = Vec::new();
        for round in 0..3 {
            let before = written();
            let refused = if refusal.is_of_transactions() {
                let writes = vec![write("A", round), write("B", round), write("C", round)];
                let sent = fixture.client.transact_write_items().set_transact_items(Some(writes)).send().await;
                sent.map(drop).map_err(|error| format!("{:?}", error.into_service_error()))
            } else {
                let sent = fixture.client.put_item().table_name(CORE).set_item(Some(item("A", round))).send().await;
                sent.map(drop).map_err(|error| format!("{:?}", error.into_service_error()))
            };
            codes.push(refused.err());
            // Not by a read, which could be refused too.
            assert_eq!(written() > before, round != 1, "{refusal:?}");
        }
        assert!(codes[0].is_none() && codes[2].is_none(), "{codes:?}");
        let said = codes[1].as_deref().unwrap();
        assert!(refusal.as_str().split(" and ").any(|name| said.contains(name)), "{refusal:?}: {said}");
        assert_eq!(fixture.faults().met().refusals[&refusal], 1);
    }
}

#[tokio::test]
async fn reads_are_refused_where_the_service_would_and_not_where_it_would_not() {
    let fixture = Fixture::new();
    put(&fixture.client, CORE, "A", "S", &[]).await;
    fixture.faults().refuse_after(0, 1, Refusal::ConflictOfWrite);
    assert!(fixture.get("A").await.is_some());
    fixture.faults().refuse_after(0, 1, Refusal::Conflict);
    assert!(fixture.get("A").await.is_some());
    fixture.faults().refuse_after(0, 1, Refusal::Unavailable);
    let refused = fixture.client.get_item().table_name(CORE).key("pk", s("A")).key("sk", s("S")).send().await;
    assert_eq!(code(refused), "ServiceUnavailable");
}

#[tokio::test]
async fn a_batch_leaves_some_over_and_never_all() {
    let fixture = Fixture::new();
    let keys: Vec<String> = (0..20).map(|number| format!("I{number}")).collect();
    for key in &keys {
        put(&fixture.client, CORE, key, "S", &[("n", n(1))]).await;
    }
    fixture.faults().refuse_after(0, 1, Refusal::LeftOver);
    let wanted = keys.iter().map(|pk| HashMap::from([("pk".to_owned(), s(pk)), ("sk".to_owned(), s("S"))]));
    let wanted = KeysAndAttributes::builder().set_keys(Some(wanted.collect())).consistent_read(true).build().unwrap();
    let got = fixture.client.batch_get_item().request_items(CORE, wanted).send().await.unwrap();
    let (found, left) = (got.responses.unwrap()[CORE].len(), got.unprocessed_keys.unwrap()[CORE].clone());
    assert!(found > 0 && !left.keys.is_empty() && found + left.keys.len() == 20);
    assert_eq!(left.consistent_read, Some(true));
    assert_eq!(fixture.get_many(&keys).await.len(), 20);

    fixture.faults().refuse_after(0, 1, Refusal::LeftOver);
    let writes: Vec<WriteRequest> = keys
        .iter()
        .map(|key| PutRequest::builder().set_item(Some(item(key, 2))).build().unwrap())
        .map(|put| WriteRequest::builder().put_request(put).build())
        .collect();
    let written = fixture.client.batch_write_item().request_items(CORE, writes).send().await.unwrap();
    let left = written.unprocessed_items.unwrap()[CORE].len();
    let new = fixture.get_many(&keys).await.values().filter(|value| **value == n(2)).count();
    assert!(left > 0 && new > 0 && left + new == 20);
}

#[tokio::test]
async fn answers_come_late_and_are_what_they_would_have_been() {
    let fixture = Fixture::new();
    fixture.faults().slow_down(Some(SlowAnswers { percent: 100, by_at_most: Duration::from_millis(2) }));
    put(&fixture.client, CORE, "A", "S", &[("n", n(1))]).await;
    assert_eq!(fixture.get("A").await.unwrap()["n"], n(1));
    assert_eq!(fixture.faults().met().slow_answers, 2);
}

#[tokio::test]
async fn a_call_that_is_held_is_never_answered_whether_carried_out_or_not() {
    let fixture = Fixture::new();
    for carried_out in [false, true] {
        let held = fixture.faults().hold_a_call();
        let mark = held.value(carried_out);
        let put = fixture.client.put_item().table_name(CORE).set_item(Some(item("A", 1)));
        let call = put.customize().mutate_request(move |request| {
            request.headers_mut().insert(HeldCall::HEADER, mark.clone());
        });
        tokio::select! {
            answer = call.send() => panic!("{answer:?}"),
            () = held.arrived() => {}
        }
        drop(held);
        assert!(!fixture.faults().any());
        assert_eq!(fixture.get("A").await.is_some(), carried_out);
    }
}
