//! Nobody is sent to a dead page: what was opened earlier may have expired or been paid unheard, so the provider is asked first.

use jiff::Timestamp;
use operations::StartPayment;
use receivables::payment::Origin;
use receivables::{Currency, Locale, Money};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stripe_sandbox::Condition;
use testing::{StripeFront, World};

/// An invoice of 50.00 whose page is open, with the form that opened it. No webhook arrives from now on.
async fn opened(world: &World) -> (Value, String, String) {
    world.chaos(json!({"drop": 100})).await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "50.00").await;
    let form = world.get(invoice["pay_url"].as_str().unwrap()).await.field("payment");
    let pressed = press(world, &invoice, &form).await;
    (invoice, form, pressed)
}

/// Sends a form for all of an invoice, and returns where it leads.
async fn press(world: &World, invoice: &Value, form: &str) -> String {
    let answer = world.post(invoice["pay_url"].as_str().unwrap(), &[("payment", form), ("amount", "50.00")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    answer.location().to_owned()
}

/// The form of another tab.
async fn other_tab(world: &World, invoice: &Value) -> String {
    world.get(invoice["pay_url"].as_str().unwrap()).await.field("payment")
}

fn id_of(hosted: &str) -> &str {
    hosted.rsplit('/').next().unwrap()
}

async fn sessions(world: &World) -> usize {
    world.stripe("/checkout/sessions").await["data"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_expired_unheard_is_offered_to_nobody() {
    let world = &World::new().await;
    let (invoice, form, hosted) = opened(world).await;
    let tab = other_tab(world, &invoice).await;
    assert_eq!(press(world, &invoice, &tab).await, hosted, "while it is open it is the page of both");
    let expired = world.stripe_post(&format!("/checkout/sessions/{}/expire", id_of(&hosted)), "").await;
    assert_eq!(expired.status, StatusCode::OK, "{}", expired.text);

    let next = press(world, &invoice, &tab).await;
    assert!(next.contains("/dev/stripe/pay/") && next != hosted, "the other tab has a new page: {next}");
    let own = press(world, &invoice, &form).await;
    assert!(own.contains("/payments/"), "its own form leads to what became of it: {own}");
    let page = world.get(&own).await;
    assert!(page.text.contains("The payment was cancelled"), "{}", page.text);
    world.pay_hosted(&next, "4242424242424242").await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    world.drain().await;
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_was_paid_unheard_is_not_paid_again() {
    let world = &World::new().await;
    let (invoice, form, hosted) = opened(world).await;
    let tab = other_tab(world, &invoice).await;
    assert_eq!(world.submit_hosted(&hosted, "4242424242424242").await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.invoice_now(&invoice).await["status"], "open", "nothing was heard");

    let joined = press(world, &invoice, &tab).await;
    assert!(joined.contains("/payments/"), "{joined}");
    let page = world.get(&joined).await;
    assert!(page.text.contains("Thank you, your payment has arrived"), "{}", page.text);
    assert_eq!(press(world, &invoice, &form).await, joined);
    assert_eq!((sessions(world).await, world.invoice_now(&invoice).await["status"].clone()), (1, json!("paid")));
    world.drain().await;
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_was_paid_unheard_is_not_taken_twice() {
    let world = &World::new().await;
    world.chaos(json!({"drop": 100})).await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "50.00").await;
    let pay_url = invoice["pay_url"].as_str().unwrap();
    let pressed = world.press_pay(pay_url, "20.00").await;
    world.submit_hosted(pressed.location(), "4242424242424242").await;
    let again = world.press_pay(pay_url, "20.00").await;
    assert!(again.location().contains("/payments/"), "{}", again.location());
    assert_eq!(world.invoice_now(&invoice).await["open"]["amount"], "30.00");
    world.drain().await;
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_is_sent_twice_leads_to_the_payment_that_it_started() {
    let world = &World::new().await;
    let (invoice, form, hosted) = opened(world).await;
    assert_eq!(press(world, &invoice, &form).await, hosted);
    world.submit_hosted(&hosted, "DE89370400440532013000").await;
    let own = press(world, &invoice, &form).await;
    let page = world.get(&own).await;
    assert!(page.text.contains("Your payment is on its way"), "{}", page.text);
    assert_eq!(sessions(world).await, 1);
    world.drain().await;
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_known_page_is_offered_while_stripe_does_not_answer() {
    let world = &World::new().await;
    let (invoice, form, hosted) = opened(world).await;
    let tab = other_tab(world, &invoice).await;
    for condition in Condition::ALL {
        world.local.sandbox.condition().begin(condition, Timestamp::MAX);
        for form in [&form, &tab] {
            assert_eq!(press(world, &invoice, form).await, hosted, "{condition:?}");
        }
        world.local.sandbox.condition().end();
    }
    world.pay_hosted(&hosted, "4242424242424242").await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_known_page_is_offered_to_a_payer_whom_stripe_keeps_waiting() {
    let world = &World::new().await;
    let (invoice, form, hosted) = opened(world).await;
    let front = StripeFront::before(world).await;
    front.keep_silent(&format!("GET /v1/checkout/sessions/{}", id_of(&hosted)), usize::MAX);
    let business = front.context.store.business(&world.local.business).await.unwrap().unwrap();
    let start = StartPayment {
        id: form.parse().unwrap(),
        origin: Origin::Portal,
        locale: Locale::English,
        parts: vec![(invoice["id"].as_str().unwrap().parse().unwrap(), Money::parse("50.00", Currency::EUR).unwrap())],
    };
    let started = operations::start_payment(&front.context, &business, start, world.now());
    assert_eq!(Box::pin(started).await.unwrap().checkout_url, hosted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_was_paid_before_its_address_was_heard_is_the_payments_truth() {
    let world = &World::new().await;
    world.chaos(json!({"drop": 100})).await;
    for (end, expected) in [("paid", "Thank you, your payment has arrived"), ("expired", "The payment was cancelled")] {
        let customer = world.customer("en").await;
        let invoice = world.invoice(&customer, "EUR", "50.00").await;
        let form = other_tab(world, &invoice).await;
        // It is opened, and the answer is lost each time.
        let lost = json!({"requests": 3, "carried_out": true, "agent": "guichet/"});
        world.stripe_control("/outage", &lost).await;
        let fields = [("payment", form.as_str()), ("amount", "50.00")];
        let unheard = world.post(invoice["pay_url"].as_str().unwrap(), &fields).await;
        assert_eq!(unheard.status, StatusCode::SERVICE_UNAVAILABLE, "{}", unheard.text);
        let session = world.stripe("/checkout/sessions?limit=1").await["data"][0].clone();
        if end == "paid" {
            world.submit_hosted(session["url"].as_str().unwrap(), "4242424242424242").await;
        } else {
            world.stripe_post(&format!("/checkout/sessions/{}/expire", session["id"].as_str().unwrap()), "").await;
        }
        // Stripe repeats the answer of that time, which says that the page is open.
        let own = press(world, &invoice, &form).await;
        assert!(own.contains("/payments/"), "{end}: {own}");
        let page = world.get(&own).await;
        assert!(page.text.contains(expected), "{end}: {}", page.text);
        world.drain().await;
        world.verify().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_starts_a_payment_hears_the_truth_of_the_one_that_is_there() {
    let world = &World::new().await;
    let (invoice, _, hosted) = opened(world).await;
    let allocations = json!([{"invoice": invoice["id"], "amount": "50.00"}]);
    let body = json!({"customer": invoice["customer"], "currency": "EUR", "allocations": allocations});
    let joined = world.ask(Method::POST, "/payments", Some(body.clone())).await;
    assert_eq!((&joined["status"], &joined["checkout_url"]), (&json!("started"), &json!(hosted)));
    world.submit_hosted(&hosted, "4242424242424242").await;
    let paid = world.ask(Method::POST, "/payments", Some(body)).await;
    assert_eq!((&paid["id"], &paid["status"], &paid["checkout_url"]), (&joined["id"], &json!("settled"), &Value::Null));
    world.drain().await;
    world.verify().await;
}
