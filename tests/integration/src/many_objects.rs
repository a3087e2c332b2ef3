//! A provider that speaks of many objects at once: what does not fit into one transaction is worked off in several.

use receivables::{InvoiceId, PaymentId};
use reqwest::Method;
use serde_json::{Value, json};
use testing::World;

/// Refunds heard of at once: more than one transaction can carry.
const REFUNDS: u32 = 60;

/// A charge of 75.00 of which sixty refunds of 1.00 are listed, as Stripe sent it until 2022-11-15.
fn refunded(intent: &str, name: &str) -> String {
    let refund = |number: u32| {
        json!({"id": format!("re_{name}_{number:02}"), "object": "refund", "amount": 100, "currency": "eur", "charge": "ch_many",
               "payment_intent": intent, "created": 1_772_359_200, "metadata": {}, "status": "succeeded"})
    };
    let refunds: Vec<Value> = (1..=REFUNDS).map(refund).collect();
    let charge = json!({"id": format!("ch_{name}"), "object": "charge", "amount": 7_500, "amount_refunded": 100 * REFUNDS,
        "captured": true, "created": 1_772_355_600, "currency": "eur", "metadata": {}, "paid": true, "payment_intent": intent,
        "refunded": false, "status": "succeeded", "refunds": {"object": "list", "data": refunds, "has_more": false}});
    json!({"id": format!("evt_{name}"), "object": "event", "api_version": "2019-05-16", "created": 1_772_359_201, "livemode": false,
        "type": "charge.refunded", "data": {"object": charge}})
    .to_string()
}

async fn hear(world: &World, body: &str) {
    let answer = world.webhook(body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    world.drain().await;
}

fn refunds(payment: &Value) -> (usize, Value) {
    (payment["refunds"].as_array().unwrap().len(), payment["refunded"]["amount"].clone())
}

async fn quarantined(world: &World) -> Vec<Value> {
    world.ask(Method::GET, "/provider-events?status=quarantined", None).await["data"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_refunds_heard_at_once_are_worked_off_in_steps() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "75.00").await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "75.00").await;
    world.pay_hosted(pressed.location(), "4242424242424242").await;
    world.drain().await;
    let id: InvoiceId = invoice["id"].as_str().unwrap().parse().unwrap();
    let payment: PaymentId =
        world.local.state.context.store.payments_of_invoice(&world.local.business, &id).await.unwrap().remove(0);
    let intents = world.stripe("/payment_intents?limit=1").await;
    let intent = intents["data"][0]["id"].as_str().unwrap().to_owned();

    hear(world, &refunded(&intent, "known")).await;
    assert_eq!(quarantined(world).await, Vec::<Value>::new());
    let after = world.payment_now(&payment).await;
    assert_eq!(refunds(&after), (60, json!("60.00")), "{after:#}");
    // Heard again, it changes nothing.
    hear(world, &refunded(&intent, "known").replace("evt_known", "evt_again")).await;
    assert_eq!(world.payment_now(&payment).await, after);
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_are_those_of_money_that_nobody_expected() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    hear(world, &refunded("pi_of_another_program", "unknown")).await;
    let listed = world.ask(Method::GET, "/unidentified", None).await;
    assert_eq!(listed["data"][0]["amount"]["amount"], "15.00", "{listed:#}");
    let path = format!("/unidentified/{}/apply", listed["data"][0]["id"].as_str().unwrap());
    let whose = json!({"customer": customer["id"], "allocations": [], "reason": "They wrote that it is theirs"});
    let payment = world.ask(Method::POST, &path, Some(whose)).await;
    let now = world.ask(Method::GET, &format!("/payments/{}", payment["id"].as_str().unwrap()), None).await;
    assert_eq!(refunds(&now), (60, json!("60.00")), "{now:#}");
    world.drain().await;
    assert_eq!(world.ask(Method::GET, "/unapplied", None).await["data"][0]["amount"]["amount"], "15.00");
    world.verify().await;
}
