//! Where the provider forgets, refuses or says too little: nothing is done twice, nothing is left undone, nothing is in the way.

use jiff::SignedDuration;
use operations::{ApplyOutcome, Context, NewRefund, OperationError};
use receivables::{Business, BusinessId, Currency, InvoiceId, Money, PaymentId, RefundId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use store::{EventState, Page, ReceivedEvent};
use testing::{StripeFront, World};

async fn business(world: &World) -> Business {
    world.local.state.context.store.business(&world.local.business).await.unwrap().unwrap()
}

/// An invoice of 75.00, paid from its link with a card.
async fn paid(world: &World) -> (Value, PaymentId) {
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "75.00").await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "75.00").await;
    world.pay_hosted(pressed.location(), "4242424242424242").await;
    world.drain().await;
    let id: InvoiceId = invoice["id"].as_str().unwrap().parse().unwrap();
    let store = &world.local.state.context.store;
    let payment = store.payments_of_invoice(&world.local.business, &id).await.unwrap().remove(0);
    (invoice, payment)
}

fn refund(payment: &PaymentId, amount: &str) -> NewRefund {
    NewRefund {
        id: RefundId::from_ulid("01JD8Z0000ABCDEFGHJKMNPQRS").unwrap(),
        payment: payment.clone(),
        currency: None,
        amount: Some(Money::parse(amount, Currency::EUR).unwrap()),
        invoice: None,
        meaning: receivables::payment::RefundMeaning::Reopens,
        credit_note_number: None,
        reason: "Returned goods".parse().unwrap(),
    }
}

async fn balance(world: &World, invoice: &Value) -> String {
    let now = world.invoice_now(invoice).await;
    format!("{} {}", now["status"].as_str().unwrap(), now["open"]["amount"].as_str().unwrap())
}

async fn refunds_at_stripe(world: &World) -> usize {
    world.stripe("/refunds?limit=100").await["data"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_whose_answer_was_lost_is_not_made_again_once_its_key_is_forgotten() {
    let world = &World::new().await;
    let (invoice, payment) = paid(world).await;
    world.chaos(json!({"drop": 100})).await;
    let (front, business, order) = (StripeFront::before(world).await, business(world).await, refund(&payment, "30.00"));
    front.lose_answers("POST /v1/refunds", 3);
    let ordered = operations::order_refund(&front.context, &business, &order, world.now()).await.unwrap();
    assert!(ordered.refunds_waiting().next().is_some(), "nothing was heard of it");
    assert_eq!(refunds_at_stripe(world).await, 1);

    world.advance(SignedDuration::from_hours(25));
    let asked = operations::order_refund(&front.context, &business, &order, world.now()).await.unwrap();
    assert!(asked.refunds_waiting().next().is_none(), "it was heard of");
    assert_eq!(refunds_at_stripe(world).await, 1, "one order, one refund");
    world.drain().await;
    assert_eq!(balance(world, &invoice).await, "partly_paid 30.00");
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_that_was_never_made_goes_out_however_old_its_order_is() {
    let world = &World::new().await;
    let (invoice, payment) = paid(world).await;
    let (front, business, order) = (StripeFront::before(world).await, business(world).await, refund(&payment, "30.00"));
    front.turn_away("POST /v1/refunds", 3, 500);
    operations::order_refund(&front.context, &business, &order, world.now()).await.unwrap();
    assert_eq!(refunds_at_stripe(world).await, 0);
    world.advance(SignedDuration::from_hours(25));
    world.drain().await;
    assert_eq!((refunds_at_stripe(world).await, balance(world, &invoice).await.as_str()), (1, "partly_paid 30.00"));
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_that_stripe_would_not_hear_of_is_asked_for_again_the_next_day() {
    let world = &World::new().await;
    let (invoice, payment) = paid(world).await;
    let (front, business) = (StripeFront::before(world).await, business(world).await);
    front.turn_away("POST /v1/refunds", 2, 401);
    let ordered = operations::order_refund(&front.context, &business, &refund(&payment, "30.00"), world.now()).await;
    assert!(matches!(ordered, Err(OperationError::Misconfigured(_))), "{ordered:?}");
    world.advance(SignedDuration::from_mins(6));
    let run = run_due(world, &front.context).await;
    assert_eq!((run.failed, refunds_at_stripe(world).await), (1, 0), "{run:?}");

    world.advance(SignedDuration::from_hours(24));
    world.drain().await;
    assert_eq!((refunds_at_stripe(world).await, balance(world, &invoice).await.as_str()), (1, "partly_paid 30.00"));
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stripe_cannot_write_is_not_ordered_back() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "KWD", "7.500").await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "7.500").await;
    world.pay_hosted(pressed.location(), "4242424242424242").await;
    world.drain().await;
    let listed =
        world.ask(Method::GET, &format!("/payments?customer={}", customer["id"].as_str().unwrap()), None).await;
    let path = |act: &str| format!("/payments/{}/{act}", listed["data"][0]["id"].as_str().unwrap());
    let refused = async |body: Value| {
        let answer = world.api(Method::POST, &path("refunds"), Some(body)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
        let error = answer.json()["errors"][0].clone();
        assert_eq!(error["field"], "amount", "{error:#}");
        assert!(error["message"].as_str().unwrap().contains("at most 2 digits"), "{error:#}");
    };
    refused(json!({"amount": "1.005", "reason": "Finer than Stripe writes"})).await;
    let back = json!({"invoice": invoice["id"], "amount": "0.005", "reason": "A rounding"});
    world.ask(Method::POST, &path("unapply"), Some(back)).await;
    let of_invoice = json!({"invoice": invoice["id"], "reason": "All of it"});
    let now = world.ask(Method::POST, &path("refunds"), Some(of_invoice.clone())).await;
    let orders = now["refunds"].as_array().unwrap();
    assert_eq!(
        (orders.len(), &orders[0]["amount"]["amount"]),
        (1, &json!("7.490")),
        "all that can be written: {now:#}"
    );
    world.drain().await;
    refused(of_invoice).await;
    assert_eq!(refunds_at_stripe(world).await, 1);
    world.verify().await;
}

async fn payouts(world: &World) -> Vec<Value> {
    world.ask(Method::GET, "/payouts", None).await["data"].as_array().unwrap().clone()
}

async fn pay_out(world: &World, asked: Value) -> Value {
    let made = world.stripe_control("/payouts", &asked).await["data"][0].clone();
    world.advance(SignedDuration::from_mins(1));
    world.drain().await;
    made
}

async fn payout(world: &World, of: &Value) -> Value {
    world.ask(Method::GET, &format!("/payouts/{}", of["id"].as_str().unwrap()), None).await
}

/// Money that can be paid out at once.
async fn available(world: &World) {
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "75.00").await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "75.00").await;
    world.pay_hosted(pressed.location(), "4000000000000077").await;
    world.drain().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payout_is_proved_also_after_one_that_came_back() {
    let world = &World::new().await;
    available(world).await;
    let first = pay_out(world, json!({})).await;
    world.stripe_control(&format!("/payouts/{}/fail", first["id"].as_str().unwrap()), &json!({})).await;
    world.drain().await;
    let failed = payout(world, &first).await;
    assert_eq!((&failed["status"], &failed["proof"]["holds"]), (&json!("failed"), &json!(true)), "{failed:#}");

    available(world).await;
    let second = pay_out(world, json!({})).await;
    let next = payout(world, &second).await;
    assert_eq!((&next["amount"], &next["proof"]["holds"]), (&json!("147.24"), &json!(true)), "{next:#}");
    let kinds: Vec<&str> =
        next["transactions"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"payout_failure"), "{kinds:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payout_that_is_heard_of_before_its_payments_finds_them_later() {
    let world = &World::new().await;
    world.chaos(json!({"drop": 100})).await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "75.00").await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "75.00").await;
    // Nobody comes back from the hosted page, so nothing is looked at.
    world.submit_hosted(pressed.location(), "4000000000000077").await;
    let made = pay_out(world, json!({})).await;
    for event in world.stripe("/events?limit=100").await["data"].as_array().unwrap() {
        if event["data"]["object"]["object"] == "payout" {
            assert!(world.webhook(&event.to_string()).await.status.is_success());
        }
    }
    world.drain().await;
    let payments_of = async |world: &World| {
        let transactions = payout(world, &made).await["transactions"].clone();
        let of_payments = transactions.as_array().unwrap().iter().filter(|one| !one["payment"].is_null()).count();
        (transactions.as_array().unwrap().len(), of_payments)
    };
    let (listed, of_payments) = payments_of(world).await;
    assert!(listed > 0 && of_payments == 0, "{of_payments} of {listed}");

    // The nightly sweep brings the payment, and the one that follows it soon finds it in the payout.
    world.advance(SignedDuration::from_hours(25));
    world.drain().await;
    world.advance(SignedDuration::from_mins(16));
    world.drain().await;
    let (_, of_payments) = payments_of(world).await;
    assert!(of_payments > 0, "the payment is known in its payout");
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payout_by_hand_is_kept_without_a_proof_and_missing_from_the_next() {
    let world = &World::new().await;
    available(world).await;
    let by_hand = pay_out(world, json!({"by_hand": {"amount": 2_000, "currency": "eur"}})).await;
    let refused = world.stripe(&format!("/balance_transactions?payout={}", by_hand["id"].as_str().unwrap())).await;
    assert_eq!(refused["error"]["param"], "payout", "{refused:#}");
    let kept = payout(world, &by_hand).await;
    assert_eq!((&kept["status"], &kept["provable"], &kept["proof"]), (&json!("paid"), &json!(false), &Value::Null));

    let by_calendar = pay_out(world, json!({})).await;
    let next = payout(world, &by_calendar).await;
    assert_eq!((&next["amount"], &next["provable"]), (&json!("53.62"), &json!(true)), "{next:#}");
    assert_eq!(next["proof"]["holds"], true, "{next:#}");
    assert_eq!(payouts(world).await.len(), 2);
    let left = world.ask(Method::GET, "/provider-events?status=quarantined", None).await;
    assert_eq!(left["data"], json!([]), "nothing is in the way");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payout_whose_transactions_stripe_refuses_to_list_is_kept_without_a_proof() {
    let world = &World::new().await;
    available(world).await;
    world.chaos(json!({"drop": 100})).await;
    let made = pay_out(world, json!({})).await;
    let front = StripeFront::before(world).await;
    front.turn_away("GET /v1/balance_transactions", 1, 400);
    let events = world.stripe("/events?limit=100").await;
    let event = events["data"].as_array().unwrap().iter().find(|event| event["type"] == "payout.paid").unwrap();
    let applied = apply(world, &front.context, event).await;
    assert!(matches!(applied, Ok((ApplyOutcome::InTheBooks, _))), "{applied:?}");
    run_due(world, &front.context).await;
    let kept = payout(world, &made).await;
    assert_eq!((&kept["provable"], &kept["proof"]), (&json!(false), &Value::Null), "{kept:#}");

    let all = json!({"since": "2026-03-01T00:00:00Z"});
    world.ask(Method::POST, "/provider-events/replay", Some(all)).await;
    world.run_due().await.unwrap();
    let kept = payout(world, &made).await;
    assert_eq!((&kept["provable"], &kept["proof"]["holds"]), (&json!(true), &json!(true)), "{kept:#}");
}

/// Records an event of Stripe's where the stream's worker leaves it alone, and applies it.
async fn apply(
    world: &World,
    context: &Context,
    event: &Value,
) -> Result<(ApplyOutcome, ReceivedEvent), OperationError> {
    let event = world.received(event, EventState::Quarantined);
    context.store.record_event(&event).await.unwrap();
    let applied = operations::apply_provider_event(context, &event, world.now()).await?;
    Ok((applied, context.store.event(&event.key).await.unwrap().unwrap()))
}

/// Does what is due through another context.
async fn run_due(world: &World, context: &Context) -> operations::DueRun {
    let (shards, deadline) = (operations::Shards::All, operations::Deadline::default());
    operations::run_due(context, || world.now(), shards, deadline).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_cannot_be_applied_is_in_nobodys_way_and_is_replayed() {
    let world = &World::new().await;
    let (_, _) = paid(world).await;
    let intent = world.stripe("/payment_intents?limit=1").await["data"][0]["id"].clone();
    let thin = json!({
        "id": "evt_test_thin", "object": "v2.core.event", "type": "v1.payment_intent.succeeded", "livemode": false,
        "created": "2026-03-02T09:00:00Z",
        "related_object": {"id": intent, "type": "payment_intent", "url": format!("/v1/payment_intents/{}", intent.as_str().unwrap())},
    });
    let front = StripeFront::before(world).await;
    front.turn_away(&format!("GET /v1/payment_intents/{}", intent.as_str().unwrap()), 1, 400);
    let (applied, kept) = apply(world, &front.context, &thin).await.unwrap();
    assert_eq!((applied, kept.state), (ApplyOutcome::Quarantined, EventState::Quarantined), "{:?}", kept.reason);

    let again = world.ask(Method::POST, "/provider-events/replay", Some(json!({"all_failed": true}))).await;
    assert_eq!((&again["replayed"], &again["in_the_books"]), (&json!(1), &json!(1)), "{again:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_on_a_connected_account_is_nobodys_money_here() {
    let world = &World::new().await;
    world.chaos(json!({"drop": 100})).await;
    world.stripe_control("/foreign_charge", &json!({"amount": 900, "currency": "eur"})).await;
    let events = world.stripe("/events?limit=100").await["data"].as_array().unwrap().clone();
    let taken = events.iter().find(|event| event["type"] == "payment_intent.succeeded").unwrap();
    for (place, name) in ["account", "context"].into_iter().enumerate() {
        let mut connected = taken.clone();
        (connected["id"], connected[name]) = (json!(format!("evt_connected_{place}")), json!("acct_1Connected"));
        assert_eq!(world.webhook(&connected.to_string()).await.status.as_u16(), 200);
    }
    world.drain().await;
    assert_eq!(world.ask(Method::GET, "/unidentified", None).await["data"], json!([]));
    let kept = world.ask(Method::GET, "/provider-events", None).await["data"].as_array().unwrap().clone();
    assert_eq!(kept.len(), 2);
    for event in kept {
        let (status, reason) = (&event["status"], &event["reason"]);
        assert_eq!((status, reason), (&json!("applied"), &json!("it is an event of another account")), "{event:#}");
    }
    // The same on our own account is money that nobody expected.
    assert_eq!(world.webhook(&taken.to_string()).await.status.as_u16(), 200);
    world.drain().await;
    assert_eq!(world.ask(Method::GET, "/unidentified", None).await["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_key_at_stripe_is_an_outage_and_sets_nothing_aside() {
    let world = &World::new().await;
    available(world).await;
    world.chaos(json!({"drop": 100})).await;
    pay_out(world, json!({})).await;
    let front = StripeFront::before(world).await;
    front.turn_away("GET /v1/balance_transactions", 1, 401);
    let events = world.stripe("/events?limit=100").await;
    let event = events["data"].as_array().unwrap().iter().find(|event| event["type"] == "payout.paid").unwrap();
    let (applied, kept) = apply(world, &front.context, event).await.unwrap();
    assert_eq!((applied, kept.state), (ApplyOutcome::InTheBooks, EventState::Applied));
    let run = run_due(world, &front.context).await;
    assert_eq!((run.done, run.failed), (0, 1), "the list is refused");
    assert_eq!(run_due(world, &front.context).await.failed, 0, "it waits a while");
    world.advance(SignedDuration::from_mins(5));
    assert_eq!(run_due(world, &front.context).await.done, 1);
    assert_eq!(payouts(world).await[0]["proof"]["holds"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_of_another_business_is_nobodys_here() {
    let world = &World::new().await;
    let context = &world.local.state.context;
    let other = Business { id: BusinessId::from_ulid("01JD8Z0000ABCDEFGHJKMNPQRS").unwrap(), ..business(world).await };
    operations::own_accounts(context, &world.local.business).await.unwrap();
    operations::put_business(context, &other, world.now()).await.unwrap();
    let (invoice, _) = paid(world).await;
    assert_eq!(balance(world, &invoice).await, "paid 0.00");

    let owner = &world.local.business;
    let swept = operations::sweep_provider_events(context, owner, world.now(), world.now()).await.unwrap();
    assert!(swept.missed > 0, "they share an account at Stripe: {swept:?}");
    world.drain().await;
    let listed = context.store.unidentified(&other.id, &Page::first(50)).await.unwrap().items;
    assert!(listed.is_empty(), "{listed:?}");
    let since = world.now().saturating_sub(SignedDuration::from_hours(1)).unwrap();
    let heard = context.store.events_since(&other.id, since, &Page::first(50), world.now()).await.unwrap().items;
    assert!(!heard.is_empty() && heard.iter().all(|event| event.state == EventState::Applied), "{}", heard.len());
    let intent = world.stripe("/payment_intents").await["data"][0]["id"].as_str().unwrap().parse().unwrap();
    let customer = world.customer("en").await["id"].as_str().unwrap().parse().unwrap();
    let theirs = operations::identify(context, &other.id, &intent, &customer, Vec::new(), world.now()).await;
    assert!(matches!(theirs, Err(OperationError::NotFound)), "{theirs:?}");
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_debit_returned_without_a_chargeback_is_looked_at() {
    let world = &World::new().await;
    let (invoice, payment) = paid(world).await;
    let mut charge = world.stripe("/charges?limit=1").await["data"][0].clone();
    charge["status"] = json!("failed");
    charge["failure_code"] = json!("insufficient_funds");
    let event = json!({"id": "evt_1", "object": "event", "type": "charge.failed", "livemode": false, "data": {"object": charge}});
    assert_eq!(world.webhook(&event.to_string()).await.status, StatusCode::OK);
    world.drain().await;
    let reviews = world.ask(Method::GET, "/reviews", None).await;
    let review = &reviews["data"][0];
    assert_eq!(
        (&review["reason"], &review["payment"]),
        (&json!("debit_returned"), &json!(payment.as_str())),
        "{reviews:#}"
    );
    assert_eq!(review["amount"]["amount"], "75.00");
    assert_eq!(balance(world, &invoice).await, "open 75.00", "what came by it has gone back");
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_events_that_is_too_long_for_one_run_is_read_in_several() {
    const CHARGES: usize = 190;
    let world = World::new().await;
    let (context, b) = (&world.local.state.context, &world.local.business);
    world.chaos(json!({"drop": 100})).await;
    for _ in 0..CHARGES {
        world.stripe_control("/foreign_charge", &json!({"amount": 100, "currency": "eur"})).await;
    }
    world.chaos(json!({"drop": 0})).await;
    world.advance(SignedDuration::from_hours(24));
    // It is read part by part, each of which leaves word where the next goes on.
    world.run_due().await.unwrap();
    let sweep = context.store.sweep(b, testing::stripe()).await.unwrap().unwrap();
    assert!(sweep.due_at > world.now() && sweep.reading.is_none(), "{sweep:?}");
    world.drain().await;
    let (mut known, mut page) = (0, Page::first(100));
    loop {
        let money = context.store.unidentified(b, &page).await.unwrap();
        known += money.items.len();
        let Some(cursor) = money.next_cursor else { break };
        page.cursor = Some(cursor);
    }
    assert_eq!(known, CHARGES);
}
