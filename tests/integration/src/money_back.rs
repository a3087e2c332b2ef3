//! Money that goes back, comes back, is nobody's, is missed and swept, is paid out: through the whole hub.

use jiff::SignedDuration;
use operations::{CashPart, NewRefund};
use receivables::{Business, InvoiceId, Money, PaymentId, RefundId};
use reqwest::Method;
use serde_json::{Value, json};
use store::Page;
use testing::World;

async fn business(world: &World) -> Business {
    world.local.state.context.store.business(&world.local.business).await.unwrap().unwrap()
}

/// An invoice of 75.00, paid from its link.
async fn paid(world: &World, number: &str) -> (Value, PaymentId) {
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "75.00").await;
    let payment = pay(world, &invoice, "75.00", number).await;
    (invoice, payment)
}

async fn pay(world: &World, invoice: &Value, amount: &str, number: &str) -> PaymentId {
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), amount).await;
    world.pay_hosted(pressed.location(), number).await;
    world.drain().await;
    let store = &world.local.state.context.store;
    let id: InvoiceId = invoice["id"].as_str().unwrap().parse().unwrap();
    store.payments_of_invoice(&world.local.business, &id).await.unwrap().remove(0)
}

fn eur(text: &str) -> Money {
    Money::parse(text, receivables::Currency::EUR).unwrap()
}

async fn balance(world: &World, invoice: &Value) -> String {
    let now = world.invoice_now(invoice).await;
    format!("{} {}", now["status"].as_str().unwrap(), now["open"]["amount"].as_str().unwrap())
}

async fn reviews(world: &World) -> Vec<String> {
    let listed = world.local.state.context.store.reviews(&world.local.business, &Page::first(50)).await.unwrap();
    listed.items.into_iter().map(|review| format!("{} {:?}", review.reason, review.amount)).collect()
}

fn refund(place: char, payment: &PaymentId, amount: &str) -> NewRefund {
    NewRefund {
        id: RefundId::from_ulid(&format!("{place:0>26}")).unwrap(),
        payment: payment.clone(),
        currency: None,
        amount: Some(eur(amount)),
        invoice: None,
        meaning: receivables::payment::RefundMeaning::Reopens,
        credit_note_number: None,
        reason: "Returned goods".parse().unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_goes_out_once_and_reopens_its_invoice() {
    let world = World::new().await;
    let (invoice, payment) = paid(&world, "4242424242424242").await;
    let (context, business) = (&world.local.state.context, business(&world).await);
    for _ in 0..2 {
        operations::order_refund(context, &business, &refund('1', &payment, "30.00"), world.now()).await.unwrap();
    }
    world.drain().await;
    assert_eq!(balance(&world, &invoice).await, "partly_paid 30.00");
    let refunds = world.stripe("/refunds").await;
    assert_eq!(refunds["data"].as_array().unwrap().len(), 1, "one order, one refund");
    let too_much = operations::order_refund(context, &business, &refund('2', &payment, "45.01"), world.now()).await;
    assert!(
        matches!(too_much, Err(operations::OperationError::Refused(refusal)) if refusal.code() == "more_than_refundable")
    );
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_that_comes_back_covers_its_invoice_again() {
    let world = World::new().await;
    let (invoice, payment) = paid(&world, "4000000000005126").await;
    let business = business(&world).await;
    let order = refund('1', &payment, "75.00");
    operations::order_refund(&world.local.state.context, &business, &order, world.now()).await.unwrap();
    world.drain().await;
    assert_eq!(balance(&world, &invoice).await, "open 75.00");
    world.advance(SignedDuration::from_mins(5));
    world.drain().await;
    assert_eq!(balance(&world, &invoice).await, "paid 0.00");
    assert_eq!(reviews(&world).await, ["refund_failed 75.00 EUR"]);
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_in_an_old_shape_is_heard_by_its_sum() {
    let world = World::new().await;
    world.stripe_control("/shape", &json!({"older": true})).await;
    let (invoice, _) = paid(&world, "4242424242424242").await;
    let charge = world.stripe("/charges?limit=1").await["data"][0]["id"].as_str().unwrap().to_owned();
    world.stripe_post("/refunds", &format!("charge={charge}&amount=2500")).await;
    world.stripe_post("/refunds", &format!("charge={charge}&amount=1000")).await;
    world.drain().await;
    assert_eq!(balance(&world, &invoice).await, "partly_paid 35.00");
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chargeback_reopens_its_invoice_until_it_is_won() {
    let world = World::new().await;
    let (invoice, _) = paid(&world, "4000000000000259").await;
    assert_eq!(balance(&world, &invoice).await, "open 75.00");
    assert_eq!(reviews(&world).await, ["chargeback 75.00 EUR"]);
    world.verify().await;
    let dispute = world.stripe("/disputes?limit=1").await["data"][0]["id"].as_str().unwrap().to_owned();
    world.stripe_control(&format!("/disputes/{dispute}"), &json!({"verdict": "won"})).await;
    world.drain().await;
    assert_eq!(balance(&world, &invoice).await, "paid 0.00");
    assert!(reviews(&world).await.is_empty());
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_debit_that_is_returned_reopens_its_invoice_for_good() {
    let world = World::new().await;
    let (invoice, _) = paid(&world, "DE35370400440532013002").await;
    for _ in 0..3 {
        world.advance(SignedDuration::from_mins(5));
        world.drain().await;
    }
    assert_eq!(balance(&world, &invoice).await, "open 75.00");
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_of_a_known_customer_covers_what_is_due_first_and_the_rest_is_unapplied() {
    let world = World::new().await;
    let cus =
        world.stripe_post("/customers", "email=known%40example.com").await.json()["id"].as_str().unwrap().to_owned();
    let body = json!({"name": "Known", "provider_ids": {"stripe": cus}});
    let customer = world.ask(Method::POST, "/customers", Some(body)).await;
    let invoice = world.invoice(&customer, "EUR", "40.00").await;
    let sent = json!({"amount": 5_000, "currency": "eur", "customer": cus, "funded": 5_000});
    world.stripe_control("/bank_transfers", &sent).await;
    world.drain().await;
    assert_eq!(balance(&world, &invoice).await, "paid 0.00");
    let unapplied = world.local.state.context.store.unapplied(&world.local.business, &Page::first(50)).await.unwrap();
    assert_eq!(unapplied.items.iter().map(|cash| cash.amount).collect::<Vec<_>>(), [eur("10.00")]);
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_of_nobody_known_waits_until_an_operator_says_whose_it_is() {
    for with_intent in [true, false] {
        let world = World::new().await;
        let (context, b) = (&world.local.state.context, &world.local.business);
        let foreign = json!({"amount": 5_000, "currency": "eur", "with_intent": with_intent});
        let charge = world.stripe_control("/foreign_charge", &foreign).await;
        world.drain().await;
        let charge = world.stripe("/charges?limit=1").await["data"][0]["id"]
            .as_str()
            .unwrap_or(charge["id"].as_str().unwrap())
            .to_owned();
        // Part of it goes back before anyone knows whose it is.
        world.stripe_post("/refunds", &format!("charge={charge}&amount=500")).await;
        world.drain().await;
        let listed = context.store.unidentified(b, &Page::first(50)).await.unwrap().items;
        assert_eq!(listed.len(), 1, "{listed:?}");
        assert_eq!(listed[0].held, [eur("45.00")], "less what went back");
        let customer = world.customer("en").await;
        let invoice = world.invoice(&customer, "EUR", "80.00").await;
        let id = customer["id"].as_str().unwrap().parse().unwrap();
        for _ in 0..2 {
            operations::identify(context, b, &listed[0].object, &id, Vec::new(), world.now()).await.unwrap();
        }
        world.drain().await;
        assert_eq!(balance(&world, &invoice).await, "partly_paid 35.00");
        assert!(context.store.unidentified(b, &Page::first(50)).await.unwrap().items.is_empty());
        // What is said later finds its payment.
        world.stripe_post("/refunds", &format!("charge={charge}&amount=1000")).await;
        world.drain().await;
        assert_eq!(balance(&world, &invoice).await, "partly_paid 45.00");
        world.verify().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_week_without_webhooks_heals_itself() {
    let world = World::new().await;
    world.chaos(json!({"drop": 100})).await;
    let (first, _) = paid(&world, "4242424242424242").await;
    let (second, _) = paid(&world, "4000000000000259").await;
    let charge = world.stripe("/charges").await["data"][1]["id"].as_str().unwrap().to_owned();
    world.stripe_post("/refunds", &format!("charge={charge}&amount=2500")).await;
    world.drain().await;
    assert_eq!(balance(&world, &first).await, "paid 0.00", "the refund was not heard of");
    world.advance(SignedDuration::from_hours(24 * 7));
    world.drain().await;
    assert_eq!(balance(&world, &first).await, "partly_paid 25.00");
    assert_eq!(balance(&world, &second).await, "open 75.00");
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payout_is_the_sum_of_its_transactions_and_tells_each_payments_fee() {
    let world = World::new().await;
    let (_, payment) = paid(&world, "4000000000000077").await;
    let payout = world.stripe_control("/payouts", &json!({})).await["data"][0].clone();
    world.advance(SignedDuration::from_mins(1));
    world.drain().await;
    let (store, b) = (&world.local.state.context.store, &world.local.business);
    let kept =
        store.payout(b, testing::stripe(), &payout["id"].as_str().unwrap().parse().unwrap()).await.unwrap().unwrap();
    let proof = kept.proof.unwrap();
    assert!(proof.holds, "{proof:?}");
    assert_eq!((proof.gross.minor(), proof.fee.minor()), (7_500, 138));
    let fees = store.transactions_of_payment(b, &payment).await.unwrap();
    assert_eq!(fees.iter().map(|one| one.transaction.fee.minor()).collect::<Vec<_>>(), [138]);
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_moves_what_was_applied_and_it_stays_there() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let (one, other) = (world.invoice(&customer, "EUR", "75.00").await, world.invoice(&customer, "EUR", "60.00").await);
    let payment = pay(&world, &one, "75.00", "4242424242424242").await;
    let (context, business) = (&world.local.state.context, business(&world).await);
    let id = |invoice: &Value| -> InvoiceId { invoice["id"].as_str().unwrap().parse().unwrap() };
    let amount = Some(eur("20.00"));
    operations::move_cash(context, &business, &payment, &id(&one), &id(&other), amount, world.now()).await.unwrap();
    operations::unapply_cash(context, &business, &payment, &id(&one), Some(eur("5.00")), world.now()).await.unwrap();
    let part = [CashPart { invoice: id(&other), amount: eur("5.00") }];
    operations::apply_cash(context, &business, &payment, &part, world.now()).await.unwrap();
    world.drain().await;
    assert_eq!(balance(&world, &one).await, "partly_paid 25.00");
    assert_eq!(balance(&world, &other).await, "partly_paid 35.00");
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_refunds_and_what_is_exported_comes_to_nothing_on_every_source() {
    let world = World::new().await;
    let (invoice, payment) = paid(&world, "4000000000000077").await;
    let path = format!("/payments/{payment}/refunds");
    let body = json!({"amount": "25.00", "invoice": invoice["number"], "meaning": "reopens", "reason": "One piece was broken"});
    let ordered = world.api_with(Method::POST, &path, Some(body.clone()), &[("idempotency-key", "one")]).await;
    assert_eq!(ordered.status, reqwest::StatusCode::CREATED, "{}", ordered.text);
    let again = world.api_with(Method::POST, &path, Some(body), &[("idempotency-key", "one")]).await;
    assert_eq!(again.text, ordered.text);
    world.drain().await;
    assert_eq!(balance(&world, &invoice).await, "partly_paid 25.00");
    let too_much = world.api(Method::POST, &path, Some(json!({"amount": "50.01", "reason": "More"}))).await;
    assert_eq!(too_much.status, reqwest::StatusCode::UNPROCESSABLE_ENTITY, "{}", too_much.text);
    assert!(too_much.text.contains("at most"), "{}", too_much.text);

    world.stripe_control("/payouts", &json!({})).await;
    world.advance(SignedDuration::from_mins(1));
    world.drain().await;
    let payouts = world.ask(Method::GET, "/payouts", None).await;
    let payout = &payouts["data"][0];
    assert_eq!(payout["proof"]["holds"], true, "{payouts:#}");
    let shown = world.ask(Method::GET, &format!("/payouts/{}", payout["id"].as_str().unwrap()), None).await;
    assert!(shown["transactions"].as_array().unwrap().iter().any(|one| one["payment"] == payment.as_str()));

    let period = "from=2026-03-01&to=2026-03-31";
    let journal = world.ask(Method::GET, &format!("/exports/journal?{period}"), None).await;
    let mut sums: std::collections::BTreeMap<(String, String), i64> = std::collections::BTreeMap::new();
    for line in journal["lines"].as_array().unwrap() {
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        let minor: i64 = text("amount").replace('.', "").parse().unwrap();
        *sums.entry((text("source"), text("currency"))).or_default() += minor;
    }
    assert!(sums.len() >= 5, "an invoice, a payment, a refund, their movements and a payout: {journal:#}");
    assert!(sums.values().all(|sum| *sum == 0), "{sums:?}");
    let file = world.api(Method::GET, &format!("/exports/journal?{period}&format=csv"), None).await;
    assert!(file.text.starts_with("date,source,kind,account,invoice,debit,credit,currency,late\n"), "{}", file.text);
    assert!(file.header("content-disposition").unwrap().contains("journal-2026-03-01-2026-03-31.csv"));
    let payments = world.ask(Method::GET, &format!("/exports/payments?{period}"), None).await;
    let exported = &payments["payments"][0];
    assert_eq!(
        (&exported["refunded"], &exported["settled"][0]["fee"]),
        (&json!("25.00"), &json!("1.38")),
        "{payments:#}"
    );
    let bad = world.api(Method::GET, "/exports/journal?from=2026-03-31&to=2026-03-01", None).await;
    assert_eq!(bad.status, reqwest::StatusCode::UNPROCESSABLE_ENTITY);
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lump_sum_finds_more_invoices_than_a_transaction_carries() {
    let world = &World::new().await;
    let made = world.stripe_post("/customers", "name=Ada").await.json();
    let body = json!({"name": "Ada", "provider_ids": {"stripe": made["id"]}});
    let customer = world.ask(Method::POST, "/customers", Some(body)).await;
    let mut invoices = Vec::new();
    for _ in 0..60 {
        invoices.push(world.invoice(&customer, "EUR", "10.00").await);
    }
    let sent = json!({"amount": 59_000, "currency": "eur", "customer": made["id"], "funded": 59_000});
    world.stripe_control("/bank_transfers", &sent).await;
    world.drain().await;
    world.verify().await;
    let mut open = Vec::new();
    for invoice in &invoices {
        open.push(world.invoice_now(invoice).await["open"]["amount"].clone());
    }
    assert_eq!(open.iter().filter(|open| *open == "0.00").count(), 59);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_invoices_stand_before_it_money_finds_the_one_it_can_cover() {
    let world = &World::new().await;
    let made = world.stripe_post("/customers", "name=Ada").await.json();
    let body = json!({"name": "Ada", "provider_ids": {"stripe": made["id"]}});
    let customer = world.ask(Method::POST, "/customers", Some(body)).await;
    // More than a page of the list in another currency, and more than a page that a debit is on its way to.
    let mut debited = Vec::new();
    for _ in 0..105 {
        world.invoice(&customer, "CAD", "10.00").await;
        debited.push(world.invoice(&customer, "EUR", "10.00").await);
    }
    let parts: Vec<Value> =
        debited.iter().map(|invoice| json!({"invoice": invoice["id"], "amount": "10.00"})).collect();
    let page = json!({"customer": customer["id"], "currency": "EUR", "allocations": parts});
    let started = world.ask(Method::POST, "/payments", Some(page)).await;
    world.pay_hosted(started["checkout_url"].as_str().unwrap(), "DE08370400440532013003").await;
    let last = json!({
        "number": "LAST", "customer": customer["id"], "currency": "EUR", "issued_on": "2026-03-02",
        "due_on": "2026-05-01", "lines": [{"description": "Work", "quantity": "1", "unit_price": "30.00"}],
    });
    let last = world.ask(Method::POST, "/invoices", Some(last)).await;
    let dollars = json!({
        "number": "DOLLARS", "customer": customer["id"], "currency": "USD", "issued_on": "2026-03-02",
        "due_on": "2026-05-01", "lines": [{"description": "Work", "quantity": "1", "unit_price": "20.00"}],
    });
    let dollars = world.ask(Method::POST, "/invoices", Some(dollars)).await;
    for (amount, currency) in [(3_000, "eur"), (2_000, "usd")] {
        let sent = json!({"amount": amount, "currency": currency, "customer": made["id"], "funded": amount});
        world.stripe_control("/bank_transfers", &sent).await;
    }
    world.drain().await;
    world.verify().await;
    for invoice in [&last, &dollars] {
        assert_eq!(world.invoice_now(invoice).await["status"], "paid", "{}", invoice["number"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_operator_names_is_taken_as_it_stands_by_then() {
    let world = &World::new().await;
    let (context, b) = (&world.local.state.context, &world.local.business);
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "80.00").await;
    let id = invoice["id"].as_str().unwrap().parse().unwrap();
    let before = context.store.invoice_head(b, &id).await.unwrap().unwrap();
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "30.00").await;
    world.pay_hosted(pressed.location(), "4242424242424242").await;
    world.drain().await;
    world.stripe_control("/foreign_charge", &json!({"amount": 5_000, "currency": "eur"})).await;
    world.drain().await;
    let listed = context.store.unidentified(b, &Page::first(50)).await.unwrap().items;
    let parts = vec![(before, eur("40.00"))];
    let customer = customer["id"].as_str().unwrap().parse().unwrap();
    operations::identify(context, b, &listed[0].object, &customer, parts, world.now()).await.unwrap();
    world.drain().await;
    assert_eq!(balance(world, &invoice).await, "partly_paid 10.00");
    world.verify().await;
}

/// What the journal of a period holds on an account, in hundredths.
async fn on_account(world: &World, period: &str, account: &str) -> i64 {
    let journal = world.ask(Method::GET, &format!("/exports/journal?{period}"), None).await;
    let lines = journal["lines"].as_array().unwrap().iter().filter(|line| line["account"] == account);
    lines.map(|line| line["amount"].as_str().unwrap().replace('.', "").parse::<i64>().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_of_nobody_has_its_place_in_the_journal_until_it_is_somebodys() {
    let world = World::new().await;
    let (context, b) = (&world.local.state.context, &world.local.business);
    for amount in [4_200, 2_000] {
        world.stripe_control("/foreign_charge", &json!({"amount": amount, "currency": "eur"})).await;
    }
    world.drain().await;
    // By then it can be paid out.
    world.advance(SignedDuration::from_hours(8 * 24));
    world.drain().await;
    world.stripe_control("/payouts", &json!({})).await;
    world.advance(SignedDuration::from_mins(1));
    world.drain().await;
    let (first, both) = ("from=2026-03-01&to=2026-03-10", "from=2026-03-01&to=2026-03-12");
    assert_eq!(on_account(&world, first, "unidentified").await, -6_200);
    assert_eq!(on_account(&world, first, "clearing").await, 0, "all of it is at the bank");

    world.advance(SignedDuration::from_hours(24));
    let listed = context.store.unidentified(b, &Page::first(50)).await.unwrap().items;
    let money = listed.iter().find(|money| money.held == [eur("42.00")]).unwrap();
    let customer = world.customer("en").await;
    let id = customer["id"].as_str().unwrap().parse().unwrap();
    operations::identify(context, b, &money.object, &id, Vec::new(), world.now()).await.unwrap();
    world.drain().await;
    // A later sweep finds whose the transaction of the payout is now.
    world.advance(SignedDuration::from_hours(24));
    world.drain().await;
    assert_eq!(on_account(&world, first, "unidentified").await, -6_200, "what was exported stays what it was");
    assert_eq!(on_account(&world, first, "clearing").await, 0);
    assert_eq!(on_account(&world, both, "unidentified").await, -2_000);
    assert_eq!(on_account(&world, both, "customer_credit").await, -4_200);
    assert_eq!(on_account(&world, both, "clearing").await, 0);
    world.verify().await;
}

/// A debit that succeeded is returned on the ninth day: the bank tells of a failed charge, and no dispute.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_debit_that_is_returned_on_the_ninth_day_leaves_the_books_by_itself() {
    let world = &World::new().await;
    let (invoice, payment) = paid(world, "DE89370400440532013000").await;
    for _ in 0..2 {
        world.advance(SignedDuration::from_hours(24));
        world.drain().await;
    }
    assert_eq!(balance(world, &invoice).await, "paid 0.00");
    world.advance(SignedDuration::from_hours(24 * 7));
    let mut charge = world.stripe("/charges").await["data"][0].clone();
    charge["status"] = json!("failed");
    charge["paid"] = json!(false);
    charge["failure_code"] = json!("insufficient_funds");
    let event = json!({"id": "evt_returned", "object": "event", "type": "charge.failed", "livemode": false,
        "data": {"object": charge}});
    for _ in 0..2 {
        assert!(world.webhook(&event.to_string()).await.status.is_success());
        world.drain().await;
    }
    assert_eq!(balance(world, &invoice).await, "open 75.00");
    let returned = world.payment_now(&payment).await;
    assert_eq!(
        (&returned["status"], &returned["received"]["amount"]),
        (&json!("returned"), &json!("0.00")),
        "{returned}"
    );
    assert_eq!(reviews(world).await, [format!("debit_returned {:?}", eur("75.00"))]);
    assert_eq!(world.mails().await.len(), 1, "the receipt of the day it came");
    world.verify().await;
}
