//! Lists by change: a program that follows them has every document as it is, whatever happens between two pages.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use local_aws::table::faults::IndexLag;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testing::World;

const KINDS: [&str; 4] = ["customers", "invoices", "payments", "credit-notes"];
const CARD: &str = "4242424242424242";
/// An instant before everything.
const BEFORE: &str = "2026-03-01T00:00:00Z";
/// Fields that time alone changes.
const OF_TIME: [&str; 2] = ["overdue", "checkout_url"];
const CORE: usize = 1;

fn id(of: &Value) -> &str {
    of["id"].as_str().unwrap_or_else(|| panic!("no id: {of:#}"))
}

/// A program that keeps a copy of every document.
#[derive(Default)]
struct Follower {
    cursors: BTreeMap<&'static str, String>,
    copies: BTreeMap<String, Value>,
    limit: usize,
}

impl Follower {
    fn by(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// Reads one page, and says whether there is more.
    async fn turn_page(&mut self, world: &World, kind: &'static str) -> (Vec<Value>, bool) {
        let limit = self.limit;
        let place = match self.cursors.get(kind) {
            Some(cursor) => format!("cursor={cursor}"),
            None => format!("changed_since={BEFORE}"),
        };
        let page = world.ask(Method::GET, &format!("/{kind}?limit={limit}&{place}"), None).await;
        self.cursors.insert(kind, page["next_cursor"].as_str().expect("always a next page").to_owned());
        let documents = page["data"].as_array().unwrap().clone();
        assert!(documents.len() <= limit);
        self.copies.extend(documents.iter().map(|document| (id(document).to_owned(), document.clone())));
        (documents, page["has_more"].as_bool().unwrap())
    }

    async fn poll(&mut self, world: &World) {
        for kind in KINDS {
            while self.turn_page(world, kind).await.1 {}
        }
    }

    /// Expects that the copies are the documents as the API shows them now.
    async fn agrees(&self, world: &World, when: &str) {
        let without_time = |document: &Value| {
            let mut document = document.clone();
            for field in OF_TIME {
                document.as_object_mut().unwrap().remove(field);
            }
            document
        };
        let mut documents = BTreeMap::new();
        for kind in ["customers", "invoices", "credit-notes"] {
            documents.extend(listed(world, &format!("/{kind}?limit=100")).await);
        }
        let customers: Vec<String> = documents.keys().filter(|id| id.starts_with("cst_")).cloned().collect();
        for customer in customers {
            documents.extend(listed(world, &format!("/payments?limit=100&customer={customer}")).await);
        }
        for (id, document) in &documents {
            let copy = self.copies.get(id).unwrap_or_else(|| panic!("{when}: {id} was never listed"));
            assert_eq!(without_time(copy), without_time(document), "{when}: {id}");
        }
        assert_eq!(self.copies.len(), documents.len(), "{when}: no more than there are");
    }
}

/// The documents of a list that fits on a page, by id.
async fn listed(world: &World, path: &str) -> Vec<(String, Value)> {
    let page = world.ask(Method::GET, path, None).await;
    assert_eq!(page["next_cursor"], Value::Null, "{path} is longer than a page");
    assert_eq!(page.get("has_more"), None, "{path} is for people");
    page["data"].as_array().unwrap().iter().map(|document| (id(document).to_owned(), document.clone())).collect()
}

async fn post(world: &World, path: &str, body: Value) -> Value {
    world.ask(Method::POST, path, Some(body)).await
}

/// Starts a payment of an invoice, and enters a number on its page.
async fn paid(world: &World, invoice: &Value, amount: &str, number: &str) -> Value {
    let part = json!({"invoice": invoice["id"], "amount": amount});
    let order = json!({"customer": invoice["customer"], "currency": "EUR", "allocations": [part]});
    let payment = post(world, "/payments", order).await;
    world.submit_hosted(payment["checkout_url"].as_str().unwrap(), number).await;
    world.drain().await;
    payment
}

/// Does everything by which a document changes, and calls `after` with the name of each.
async fn everything(world: &World, mut after: impl AsyncFnMut(&str)) {
    let customer = world.customer("en").await;
    after("a customer is registered").await;
    let profile = json!({"external_id": customer["external_id"], "name": "Another name", "locale": "fr"});
    post(world, "/customers", profile).await;
    after("a profile is changed").await;
    invoices_change(world, &customer, &mut after).await;
    cash_moves(world, &customer, &mut after).await;
    money_goes_back(world, &mut after).await;
    money_arrives(world, &mut after).await;
    pages_end(world, &mut after).await;
}

async fn invoices_change(world: &World, customer: &Value, after: &mut impl AsyncFnMut(&str)) {
    let invoice = world.invoice(customer, "EUR", "100.30").await;
    after("an invoice is issued").await;
    world.advance(SignedDuration::from_mins(1));
    let link = post(world, "/pay-links", json!({"invoices": [invoice["id"]]})).await;
    after("a pay link is issued").await;
    assert_eq!(world.invoice_now(&invoice).await["pay_url"], link["url"]);
    post(world, &format!("/pay-links/{}/revoke", id(&link)), json!({})).await;
    after("a pay link is revoked").await;
    let state = &world.local.state;
    let (now, business) = (world.now(), state.business(&world.local.business).await.unwrap());
    let ids = operations::ImportIds {
        customer: &|| state.ids.customer_id(now),
        invoice: &|| state.ids.invoice_id(now),
        pay_link: &|| state.ids.pay_link_id(now),
    };
    let file = "number,customer,customer_name,issued_on,due_on,description,quantity,unit_price\n\
                A1,C-900,Martin,2026-03-01,2026-03-31,Flour,4,31.50\n\
                A2,C-900,Martin,2026-03-01,2026-03-31,Salt,1,1.00\n";
    operations::import_invoices(&state.context, &business, ids, file.as_bytes(), true, |_| {}, now).await.unwrap();
    after("a file is imported").await;
    let tolerance = json!({"write_off_tolerances": {"EUR": "0.50"}, "reason": "Fees of banks"});
    world.ask(Method::PATCH, "/business", Some(tolerance)).await;
    let payment = paid(world, &invoice, "100.30", CARD).await;
    let back = json!({"invoice": invoice["id"], "amount": "0.30", "reason": "A fee of the bank"});
    post(world, &format!("/payments/{}/unapply", id(&payment)), back).await;
    after("an invoice is paid in part").await;
    let path = format!("/invoices/{}/write-off", id(&invoice));
    post(world, &path, json!({"reason": "Not worth a letter"})).await;
    after("a rest is written off").await;
    post(world, &format!("{path}/take-back"), json!({"reason": "It is, after all"})).await;
    after("a write-off is taken back").await;
}

async fn cash_moves(world: &World, customer: &Value, after: &mut impl AsyncFnMut(&str)) {
    let first = world.invoice(customer, "EUR", "100.00").await;
    let payment = paid(world, &first, "100.00", CARD).await;
    after("an invoice is paid").await;
    let second = world.invoice(customer, "EUR", "60.00").await;
    world.drain().await;
    let path = |act: &str| format!("/payments/{}/{act}", id(&payment));
    let moved = json!({"from": first["id"], "to": second["id"], "amount": "10.00", "reason": "As they wrote"});
    post(world, &path("move"), moved).await;
    after("cash is moved between invoices").await;
    let back = json!({"invoice": first["id"], "amount": "30.00", "reason": "Meant for another"});
    post(world, &path("unapply"), back).await;
    after("cash is taken off").await;
    let part = |amount: &str| json!([{"invoice": second["id"], "amount": amount}]);
    post(world, &path("apply"), json!({"allocations": part("20.00"), "reason": "That one"})).await;
    after("cash is applied").await;
    let note = json!({
        "number": "CN-1", "customer": customer["id"], "currency": "EUR", "amount": "10.00", "reason": "Damaged",
        "issued_on": "2026-03-01", "allocations": part("10.00"),
    });
    let note = post(world, "/credit-notes", note).await;
    after("a credit note is issued").await;
    let path = |act: &str| format!("/credit-notes/{}/{act}", id(&note));
    post(world, &path("unapply"), json!({"invoice": second["id"], "amount": "4.00", "reason": "Not that one"})).await;
    after("credit is taken off").await;
    post(world, &path("apply"), json!({"allocations": part("3.00"), "reason": "That one after all"})).await;
    after("credit is applied").await;
}

async fn money_goes_back(world: &World, after: &mut impl AsyncFnMut(&str)) {
    for (number, name) in [(CARD, "a refund is ordered"), ("4000000000005126", "a refund is ordered that fails")] {
        // Each of its own account, which the money of a refund that fails would settle.
        let customer = world.customer("en").await;
        let invoice = world.invoice(&customer, "EUR", "75.00").await;
        let payment = paid(world, &invoice, "75.00", number).await;
        let order = json!({"amount": "25.00", "reason": "Returned goods"});
        post(world, &format!("/payments/{}/refunds", id(&payment)), order).await;
        after(name).await;
        world.advance(SignedDuration::from_mins(5));
        world.drain().await;
        after(&format!("{name}, and later")).await;
    }
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "80.00").await;
    let payment = paid(world, &invoice, "80.00", "4000000000000259").await;
    after("a payment is charged back").await;
    world.local.table_faults().catch_up();
    let reviews = world.ask(Method::GET, "/reviews", None).await;
    let is_of_it = |review: &&Value| review["payment"] == payment["id"];
    let review = reviews["data"].as_array().unwrap().iter().find(is_of_it).expect("a review").clone();
    post(world, &format!("/reviews/{}/close", id(&review)), json!({"reason": "Answered"})).await;
    after("a review is closed").await;
    let verdict = json!({"verdict": "won"});
    let dispute = review["provider_object"].as_str().unwrap();
    world.stripe_control(&format!("/disputes/{dispute}"), &verdict).await;
    world.drain().await;
    after("a chargeback is won").await;
}

async fn money_arrives(world: &World, after: &mut impl AsyncFnMut(&str)) {
    let cus = world.stripe_post("/customers", "email=known%40example.com").await.json();
    let known = json!({"name": "Known", "email": "known@example.com", "provider_ids": {"stripe": cus["id"]}});
    let known = post(world, "/customers", known).await;
    let invoice = world.invoice(&known, "EUR", "100.00").await;
    // The transfer must find the invoice in the list of open ones.
    world.local.table_faults().catch_up();
    let order = json!({"amount": 10_000, "currency": "eur", "customer": cus["id"], "funded": 4_000});
    let intent = world.stripe_control("/bank_transfers", &order).await;
    world.drain().await;
    after("a transfer arrives in part").await;
    world.stripe_control(&format!("/bank_transfers/{}", id(&intent)), &json!({"amount": 6_000})).await;
    world.drain().await;
    after("a transfer arrives").await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");

    let charge = world.stripe_control("/foreign_charge", &json!({"amount": 4_200, "currency": "eur"})).await;
    world.drain().await;
    let money = charge["payment_intent"].as_str().or(charge["id"].as_str()).unwrap();
    let mistaken = json!({"customer": known["id"], "reason": "The same name"});
    let payment = post(world, &format!("/unidentified/{money}/apply"), mistaken).await;
    after("money becomes somebody's").await;
    let right = world.customer("en").await;
    let over = json!({"customer": right["id"], "reason": "Another of that name"});
    post(world, &format!("/payments/{}/hand-over", id(&payment)), over).await;
    after("a payment is handed over").await;
    world.invoice(&right, "EUR", "12.00").await;
    after("money that waits covers a new invoice").await;
}

async fn pages_end(world: &World, after: &mut impl AsyncFnMut(&str)) {
    let customer = world.customer("en").await;
    for (number, name) in [
        ("DE89370400440532013000", "a debit is on its way"),
        ("DE62370400440532013001", "a debit is on its way that fails"),
        ("DE35370400440532013002", "a debit is on its way that is returned"),
    ] {
        let invoice = world.invoice(&customer, "EUR", "31.00").await;
        paid(world, &invoice, "31.00", number).await;
        after(name).await;
        for _ in 0..3 {
            world.advance(SignedDuration::from_mins(5));
            world.drain().await;
        }
        after(&format!("{name}, and later")).await;
    }
    let invoice = world.invoice(&customer, "EUR", "31.00").await;
    world.press_pay(invoice["pay_url"].as_str().unwrap(), "31.00").await;
    after("a page is opened").await;
    world.advance(SignedDuration::from_hours(26));
    world.drain().await;
    after("a page expires").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_change_is_listed() {
    let world = &World::new().await;
    let follower = &mut Follower::by(100);
    everything(world, async |change: &str| {
        world.drain().await;
        follower.poll(world).await;
        follower.agrees(world, change).await;
    })
    .await;
    world.verify().await;
    // Another who begins later has the same, in pages of any size.
    for limit in [1, 3] {
        let mut other = Follower::by(limit);
        other.poll(world).await;
        other.agrees(world, "from the beginning").await;
    }
}

/// The indexes are behind all the time, so that no list for people would do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_missed_while_the_indexes_are_behind() {
    let world = &World::new().await;
    let faults = world.local.table_faults();
    faults.lag_indexes(Some(IndexLag { writes: 60, at_most: Duration::from_hours(1) }));
    let follower = &mut Follower::by(2);
    everything(world, async |_: &str| {
        world.drain().await;
        follower.poll(world).await;
    })
    .await;
    faults.mend();
    follower.agrees(world, "read while the indexes were behind").await;
    world.verify().await;
}

/// The stream of decisions is off, and loses them: the timer seals them three days later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_missed_where_sealing_is_late() {
    let world = &World::new().await;
    let stream = &world.local.streams()[CORE];
    let follower = &mut Follower::by(3);
    let early = world.customer("en").await;
    world.drain().await;
    follower.poll(world).await;
    assert_eq!(follower.copies.len(), 1);
    stream.faults().switch_off();
    let invoice = world.invoice(&early, "EUR", "31.00").await;
    let part = json!({"invoice": invoice["id"], "amount": "31.00"});
    let order = json!({"customer": early["id"], "currency": "EUR", "allocations": [part]});
    let payment = post(world, "/payments", order).await;
    world.submit_hosted(payment["checkout_url"].as_str().unwrap(), CARD).await;
    world.local.sandbox.deliver_due().await;
    world.local.drain_streams().await.unwrap();
    follower.poll(world).await;
    assert_eq!(follower.copies.len(), 1, "what is not sealed is not listed yet");
    stream.lose_undelivered().unwrap();
    stream.faults().switch_on();
    world.local.drain_streams().await.unwrap();
    // What is decided and sealed afterwards does not overtake it for good.
    world.customer("fr").await;
    world.local.drain_streams().await.unwrap();
    follower.poll(world).await;
    assert_eq!(follower.copies.len(), 2);
    world.advance(SignedDuration::from_hours(72));
    world.drain().await;
    follower.poll(world).await;
    follower.agrees(world, "sealed by the timer").await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invoice_that_reopens_between_two_pages_is_on_one_of_them() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    let issue = async |number: &str, due_on: &str| {
        let body = json!({
            "number": number, "customer": customer["id"], "currency": "EUR", "issued_on": "2026-03-02", "due_on": due_on,
            "lines": [{"description": "Work", "quantity": "1", "unit_price": "20.00"}],
        });
        post(world, "/invoices", body).await
    };
    let reopened = issue("F-EARLY", "2026-03-10").await;
    for (number, due_on) in [("F-A", "2026-03-20"), ("F-B", "2026-03-21"), ("F-C", "2026-03-22")] {
        issue(number, due_on).await;
    }
    let payment = paid(world, &reopened, "20.00", CARD).await;
    let follower = &mut Follower::by(2);
    let (mut seen_by_people, mut cursor) = (Vec::new(), String::new());
    let mut reads = 0;
    loop {
        let page = world.ask(Method::GET, &format!("/invoices?limit=2{cursor}"), None).await;
        seen_by_people.extend(page["data"].as_array().unwrap().iter().map(|invoice| invoice["number"].clone()));
        follower.turn_page(world, "invoices").await;
        if reads == 0 {
            let back = json!({"invoice": reopened["id"], "reason": "Meant for another"});
            post(world, &format!("/payments/{}/unapply", id(&payment)), back).await;
            world.drain().await;
        }
        reads += 1;
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen_by_people, ["F-A", "F-B", "F-C"], "it moved to the page that was read before");
    follower.poll(world).await;
    assert_eq!(follower.copies[id(&reopened)]["status"], "open");
    follower.agrees(world, "at the end").await;
}

/// A program that reads while others work: pages and changes in any order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_reads_while_others_work_has_everything_at_the_end() {
    let world = &World::new().await;
    let follower = &mut Follower::by(1);
    let customer = world.customer("en").await;
    let work = async {
        for place in 0..25 {
            let invoice = world.invoice(&customer, "EUR", "20.00").await;
            if place % 3 == 0 {
                paid(world, &invoice, "20.00", CARD).await;
            }
            let profile = json!({"external_id": customer["external_id"], "name": format!("Name {place}")});
            post(world, "/customers", profile).await;
            world.local.drain_streams().await.unwrap();
        }
    };
    let read = async {
        for _ in 0..60 {
            for kind in KINDS {
                follower.turn_page(world, kind).await;
            }
        }
    };
    tokio::join!(work, read);
    world.drain().await;
    follower.poll(world).await;
    follower.agrees(world, "at the end").await;
    world.verify().await;
}

/// The ids of one page.
async fn ids(world: &World, path: &str) -> Vec<String> {
    let page = world.ask(Method::GET, path, None).await;
    page["data"].as_array().unwrap().iter().map(|document| id(document).to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_come_in_the_order_of_their_changes_from_an_instant_on() {
    let world = &World::new().await;
    let mut customers = Vec::new();
    for _ in 0..3 {
        customers.push(world.customer("en").await);
        world.drain().await;
        world.advance(SignedDuration::from_hours(1));
    }
    let again = json!({"external_id": customers[0]["external_id"], "name": "Changed"});
    post(world, "/customers", again).await;
    world.drain().await;
    let [one, two, three] = &customers[..] else { panic!("three customers") };
    let [one, two, three] = [one, two, three].map(|customer| id(customer).to_owned());
    let since = |at: Timestamp| format!("/customers?changed_since={at}");
    let began = world.now().saturating_sub(SignedDuration::from_hours(3)).unwrap();
    let all = [one.clone(), two.clone(), three.clone()];
    assert_eq!(ids(world, &since(began)).await, all, "each once on a page");
    assert_eq!(ids(world, &format!("/customers?changed_since={BEFORE}")).await, all);
    let later = |minutes| began.saturating_add(SignedDuration::from_mins(minutes)).unwrap();
    assert_eq!(ids(world, &since(later(60))).await, [two.clone(), three.clone(), one.clone()]);
    assert_eq!(ids(world, &since(later(80))).await, [two, three.clone(), one.clone()], "twenty minutes earlier");
    assert_eq!(ids(world, &since(later(81))).await, [three, one.clone()]);
    assert_eq!(ids(world, &since(world.now())).await, [one], "what has just changed");
    let with_zone = "/customers?changed_since=2026-03-02T10:00:00%2B01:00";
    assert_eq!(ids(world, with_zone).await, all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_place_in_a_list_by_change_is_refused() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    world.invoice(&customer, "EUR", "1.00").await;
    world.drain().await;
    let refused = async |path: &str, problem: &str| {
        let answer = world.api(Method::GET, path, None).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {}", answer.text);
        assert_eq!(answer.json()["detail"], problem, "{path}");
    };
    let (filter, both) = (
        "expected no filter in a list by change",
        "changed_since: expected either changed_since or the cursor that followed from it",
    );
    for kind in KINDS {
        for bad in ["", "yesterday", "2026-03-02", "1772442000", "2026-03-02T10:00:00", "1969-12-31T23:59:59Z"] {
            let expected = "changed_since: expected an instant since 1970, such as 2026-03-01T09:00:00Z";
            refused(&format!("/{kind}?changed_since={bad}"), expected).await;
        }
        let future = "changed_since: expected an instant that has passed";
        refused(&format!("/{kind}?changed_since=2026-03-02T09:00:00.001Z"), future).await;
        refused(&format!("/{kind}?changed_since={BEFORE}&limit=101"), "limit: expected a whole number from 1 to 100")
            .await;
        let page = world.ask(Method::GET, &format!("/{kind}?changed_since={BEFORE}"), None).await;
        let cursor = page["next_cursor"].as_str().unwrap();
        refused(&format!("/{kind}?changed_since={BEFORE}&cursor={cursor}"), both).await;
        refused(&format!("/{kind}?changed_since={BEFORE}&cursor=broken"), both).await;
        for broken in [&cursor[1..], &format!("{cursor}0"), "1.0"] {
            let answer = world.api(Method::GET, &format!("/{kind}?cursor={broken}"), None).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{kind}: {}", answer.text);
            assert!(answer.text.contains("expected the next_cursor of a page of this list"), "{}", answer.text);
        }
        // A place of one list is none of another.
        for other in KINDS.into_iter().filter(|other| *other != kind) {
            let answer = world.api(Method::GET, &format!("/{other}?cursor={cursor}"), None).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{other}: {}", answer.text);
        }
        if kind != "customers" {
            for place in [format!("changed_since={BEFORE}"), format!("cursor={cursor}")] {
                refused(&format!("/{kind}?customer=C-1&{place}"), &format!("customer: {filter}")).await;
            }
        }
    }
    for (name, value) in [("number", "F-1"), ("status", "open"), ("due_before", "2026-04-01")] {
        let path = format!("/invoices?changed_since={BEFORE}&{name}={value}");
        refused(&path, &format!("{name}: {filter}")).await;
    }
    let people = world.ask(Method::GET, "/invoices?limit=1", None).await;
    assert_eq!(people.get("has_more"), None);
}

/// A document that a newer version wrote is passed over, and the others are listed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_cannot_be_read_does_not_end_the_list() {
    use aws_sdk_dynamodb::types::AttributeValue;

    let world = &World::new().await;
    let (one, two) = (world.customer("en").await, world.customer("en").await);
    world.drain().await;
    let pk = format!("C#{}#{}", world.local.business, id(&one));
    let update = world.local.table_client().update_item().table_name("guichet-core");
    let update = update.key("pk", AttributeValue::S(pk)).key("sk", AttributeValue::S("C".to_owned()));
    let update = update.update_expression("SET locale = :other");
    update.expression_attribute_values(":other", AttributeValue::Bool(true)).send().await.unwrap();
    assert_eq!(ids(world, &format!("/customers?changed_since={BEFORE}")).await, [id(&two)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_costs_the_same_however_many_documents_it_has() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    for _ in 0..30 {
        world.invoice(&customer, "EUR", "31.00").await;
    }
    world.drain().await;
    let first = world.ask(Method::GET, &format!("/invoices?changed_since={BEFORE}&limit=1"), None).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let cost = async |path: &str| {
        world.calls.forget();
        let page = world.ask(Method::GET, path, None).await;
        (page["data"].as_array().unwrap().len(), world.calls.made().len())
    };
    let (documents, calls) = cost(&format!("/invoices?limit=100&cursor={cursor}")).await;
    assert_eq!((documents, calls), (29, 5), "the key, the blocks, the heads, the lines, the links");
    let (documents, calls) = cost(&format!("/invoices?limit=2&cursor={cursor}")).await;
    assert_eq!((documents, calls), (2, 5));
    let (documents, calls) = cost(&format!("/invoices?limit=100&changed_since={BEFORE}")).await;
    assert_eq!(documents, 30);
    assert!(calls <= 5 + 1 + 6, "and the last block, and the halving of thirty-one numbers: {calls}");
    let last = world.ask(Method::GET, &format!("/invoices?limit=100&cursor={cursor}"), None).await;
    let (documents, calls) = cost(&format!("/invoices?cursor={}", last["next_cursor"].as_str().unwrap())).await;
    assert_eq!((documents, calls), (0, 2), "where nothing has changed, the key and the blocks");
}
