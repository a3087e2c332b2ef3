//! What lies in several items is never taken apart: a reader that meets it while it changes reads again, and decides by nothing
//! that does not belong together.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use store::StoreError;
use testing::World;

type Item = HashMap<String, AttributeValue>;

const TABLE: &str = "guichet-core";
/// Within the tries of a reader, and after its first.
const SOON: Duration = Duration::from_millis(60);

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap()
}

async fn items(world: &World, pk: &str) -> Vec<Item> {
    let query = world.local.table_client().query().table_name(TABLE).key_condition_expression("pk = :pk");
    let found = query.expression_attribute_values(":pk", AttributeValue::S(pk.to_owned())).send().await.unwrap();
    assert!(found.last_evaluated_key.is_none());
    found.items.unwrap()
}

async fn put(world: &World, items: &[Item]) {
    for item in items {
        let put = world.local.table_client().put_item().table_name(TABLE).set_item(Some(item.clone()));
        put.send().await.unwrap();
    }
}

async fn remove(world: &World, items: &[Item]) {
    for item in items {
        let gone = world.local.table_client().delete_item().table_name(TABLE);
        gone.key("pk", item["pk"].clone()).key("sk", item["sk"].clone()).send().await.unwrap();
    }
}

/// What a reader may meet of a change: the head as it is after it, and of the parts those from before.
struct Tear {
    /// What has changed beside the head, as it was.
    old: Vec<Item>,
    /// The same, as it is.
    new: Vec<Item>,
}

impl Tear {
    fn between(before: &[Item], after: &[Item], head: &str) -> Self {
        let part = |item: &&Item| item["sk"] != AttributeValue::S(head.to_owned());
        let differs = |item: &&Item, others: &[Item]| part(item) && !others.contains(item);
        let old: Vec<Item> = before.iter().filter(|item| differs(item, after)).cloned().collect();
        let new: Vec<Item> = after.iter().filter(|item| differs(item, before)).cloned().collect();
        assert!(!new.is_empty(), "a part changes with the head");
        Self { old, new }
    }

    async fn make(&self, world: &World) {
        remove(world, &self.new).await;
        put(world, &self.old).await;
    }

    async fn mend(&self, world: &World) {
        remove(world, &self.old).await;
        // The allocations last: with them it is whole, and whoever waits for it changes the rest.
        let is_allocation = |item: &&Item| item["sk"].as_s().is_ok_and(|sk| sk.starts_with("A#"));
        let (last, first): (Vec<Item>, Vec<Item>) = self.new.iter().cloned().partition(|item| is_allocation(&item));
        put(world, &first).await;
        put(world, &last).await;
    }
}

fn refused<T: std::fmt::Debug>(read: Result<T, StoreError>) {
    let error = read.expect_err("it is not whole");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
}

async fn done(world: &World, path: &str, body: &Value) {
    let answer = world.api(Method::POST, path, Some(body.clone())).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
}

/// Asks for something while it is torn, and mends it meanwhile.
async fn done_meanwhile(world: &World, tear: &Tear, path: &str, body: &Value) {
    tear.make(world).await;
    let mended = async {
        tokio::time::sleep(SOON).await;
        tear.mend(world).await;
    };
    tokio::join!(done(world, path, body), mended);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_is_changing_is_read_again() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    let (first, second) =
        (world.invoice(&customer, "EUR", "100.00").await, world.invoice(&customer, "EUR", "60.00").await);
    let pressed = world.press_pay(text(&first, "pay_url"), "100.00").await;
    world.pay_hosted(pressed.location(), "4242424242424242").await;
    world.drain().await;
    let payments = world.ask(Method::GET, &format!("/payments?customer={}", text(&customer, "id")), None).await;
    let payment = text(&payments["data"][0], "id");
    let (b, id) = (&world.local.business, payment.parse().unwrap());
    let pk = format!("P#{b}#{payment}");
    let path = |act: &str| format!("/payments/{payment}/{act}");
    let back = |amount: &str| json!({"invoice": first["id"], "amount": amount, "reason": "Because"});
    let part =
        |amount: &str| json!({"allocations": [{"invoice": second["id"], "amount": amount}], "reason": "Because"});
    done(world, &path("unapply"), &back("100.00")).await;

    // Two that apply it at once: one reads what the other is just writing.
    let before = items(world, &pk).await;
    done(world, &path("apply"), &part("40.00")).await;
    let tear = Tear::between(&before, &items(world, &pk).await, "P");
    tear.make(world).await;
    refused(world.local.state.context.store.payment(b, &id).await);
    tear.mend(world).await;
    done_meanwhile(world, &tear, &path("apply"), &part("20.00")).await;
    let now = world.payment_now(&id).await;
    assert_eq!(now["unapplied"]["amount"], "40.00", "what covers an invoice is not there again");
    assert_eq!(world.invoice_now(&second).await["open"]["amount"], "0.00");

    // Of what the provider said, nothing is passed over either.
    let before = items(world, &pk).await;
    let charge = world.stripe("/charges?limit=1").await["data"][0]["id"].as_str().unwrap().to_owned();
    world.stripe_post("/refunds", &format!("charge={charge}&amount=500")).await;
    world.drain().await;
    let tear = Tear::between(&before, &items(world, &pk).await, "P");
    tear.make(world).await;
    refused(world.local.state.context.store.payment(b, &id).await);
    tear.mend(world).await;
    done_meanwhile(world, &tear, &path("unapply"), &json!({"invoice": second["id"], "reason": "Because"})).await;
    assert_eq!(world.payment_now(&id).await["refunded"]["amount"], "5.00");
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credit_note_that_is_changing_is_read_again() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    let (first, second) =
        (world.invoice(&customer, "EUR", "40.00").await, world.invoice(&customer, "EUR", "60.00").await);
    let draft = json!({
        "number": "CN-1", "customer": customer["id"], "currency": "EUR", "amount": "100.00", "reason": "Damaged",
        "issued_on": "2026-03-02",
    });
    let note = world.ask(Method::POST, "/credit-notes", Some(draft)).await;
    let (b, id) = (&world.local.business, text(&note, "id"));
    let pk = format!("N#{b}#{id}");
    let path = format!("/credit-notes/{id}/apply");
    let part = |invoice: &Value, amount: &str| json!({"allocations": [{"invoice": invoice["id"], "amount": amount}], "reason": "Because"});
    let before = items(world, &pk).await;
    done(world, &path, &part(&first, "40.00")).await;
    let tear = Tear::between(&before, &items(world, &pk).await, "N");
    tear.make(world).await;
    refused(world.local.state.context.store.credit_note(b, &id.parse().unwrap()).await);
    tear.mend(world).await;
    done_meanwhile(world, &tear, &path, &part(&second, "60.00")).await;
    let open = [world.invoice_now(&first).await, world.invoice_now(&second).await];
    assert_eq!(open.map(|invoice| invoice["open"]["amount"].clone()), ["0.00", "0.00"]);
    assert_eq!(world.ask(Method::GET, &format!("/credit-notes/{id}"), None).await["unapplied"]["amount"], "0.00");
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_of_nobody_that_is_just_heard_of_is_read_again() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    let (context, b) = (&world.local.state.context, &world.local.business);
    world.stripe_control("/foreign_charge", &json!({"amount": 5_000, "currency": "eur"})).await;
    world.drain().await;
    let money = world.ask(Method::GET, "/unidentified", None).await["data"][0].clone();
    let object = text(&money, "id");
    let pk = format!("X#{b}#stripe#{object}");
    let before = items(world, &pk).await;
    let charge = world.stripe("/charges?limit=1").await["data"][0]["id"].as_str().unwrap().to_owned();
    world.stripe_post("/refunds", &format!("charge={charge}&amount=2000")).await;
    world.drain().await;
    let tear = Tear::between(&before, &items(world, &pk).await, "X");
    tear.make(world).await;
    refused(context.store.waiting(b, testing::stripe(), &object.parse().unwrap()).await);
    tear.mend(world).await;
    let body = json!({"customer": customer["id"], "reason": "The bank names them"});
    done_meanwhile(world, &tear, &format!("/unidentified/{object}/apply"), &body).await;
    world.drain().await;
    let payments = world.ask(Method::GET, &format!("/payments?customer={}", text(&customer, "id")), None).await;
    assert_eq!(payments["data"][0]["unapplied"]["amount"], "30.00");
    world.verify().await;
}
