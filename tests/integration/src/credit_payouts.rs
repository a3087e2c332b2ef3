//! Credit that covers no invoice is paid out: by the business's bank, as an outgoing payment, and by the provider, as refunds.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testing::World;

fn id(of: &Value) -> &str {
    of["id"].as_str().unwrap()
}

async fn agreed(world: &World) {
    world.drain().await;
    world.verify().await;
}

/// A customer whom Stripe knows, with money on their account that covers nothing.
async fn with_cash(world: &World, amounts: &[i64]) -> Value {
    let cus = world.stripe_post("/customers", "email=known%40example.com").await.json();
    let cus = cus["id"].as_str().unwrap();
    let body = json!({"name": "Known", "email": "known@example.com", "provider_ids": {"stripe": cus}, "locale": "en"});
    let customer = world.ask(Method::POST, "/customers", Some(body)).await;
    for amount in amounts {
        let sent = json!({"amount": amount, "currency": "eur", "customer": cus, "funded": amount, "metadata": {}});
        world.stripe_control("/bank_transfers", &sent).await;
        world.drain().await;
        world.advance(jiff::SignedDuration::from_mins(5));
    }
    customer
}

async fn credit_note(world: &World, customer: &Value, number: &str, amount: &str) -> Value {
    let body = json!({"customer": customer["id"], "number": number, "amount": amount, "currency": "EUR",
        "issued_on": "2026-03-02", "reason": "Returned"});
    world.ask(Method::POST, "/credit-notes", Some(body)).await
}

async fn pay_out(world: &World, customer: &Value, amount: &str, how: &str) -> (StatusCode, Value) {
    let body = json!({"currency": "EUR", "amount": amount, "how": how, "reason": "They left"});
    let answer = world.api(Method::POST, &format!("/customers/{}/credit-payouts", id(customer)), Some(body)).await;
    (answer.status, answer.json())
}

async fn unapplied(world: &World, customer: &Value) -> String {
    let balance = world.ask(Method::GET, &format!("/customers/{}/balance", id(customer)), None).await;
    balance["currencies"][0]["unapplied"].as_str().unwrap().to_owned()
}

fn cents(amount: &str) -> i64 {
    amount.replace('.', "").parse().unwrap()
}

async fn on_account(world: &World, account: &str) -> Vec<String> {
    let read = world.ask(Method::GET, "/exports/journal?from=2026-03-01&to=2026-03-31", None).await;
    let lines = read["lines"].as_array().unwrap().iter().filter(|line| line["account"] == account);
    lines.map(|line| line["amount"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn credit_goes_out_by_the_bank_of_credit_notes_first_and_can_come_back() {
    let world = &World::new().await;
    let customer = with_cash(world, &[4_000, 3_000]).await;
    let note = credit_note(world, &customer, "CN-1", "25.00").await;
    assert_eq!(unapplied(world, &customer).await, "95.00");
    for (change, field) in [
        (json!({"amount": "95.01"}), "amount"),
        (json!({"amount": "0.00"}), "amount"),
        (json!({"amount": "1.001"}), "amount"),
        (json!({"currency": "EURO"}), "currency"),
        (json!({"how": "cheque"}), "how"),
        (json!({"how": "provider", "reference": "Credit"}), "reference"),
        (json!({"sent_on": "2027-04-02"}), "sent_on"),
        (json!({"reason": ""}), "reason"),
    ] {
        let mut body = json!({"currency": "EUR", "amount": "10.00", "how": "outside", "reason": "They left"});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let path = format!("/customers/{}/credit-payouts", id(&customer));
        let answer = world.api(Method::POST, &path, Some(body.clone())).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {}", answer.text);
        assert_eq!(answer.json()["errors"][0]["field"], field, "{body}: {}", answer.text);
    }

    let body = json!({"currency": "EUR", "amount": "70.00", "how": "outside", "sent_on": "2026-03-04",
        "reference": "Credit C-1", "reason": "They left"});
    let path = format!("/customers/{}/credit-payouts", id(&customer));
    let key = [("idempotency-key", "payout-1")];
    let first = world.api_with(Method::POST, &path, Some(body.clone()), &key).await;
    let again = world.api_with(Method::POST, &path, Some(body), &key).await;
    assert_eq!((first.status, &first.text), (StatusCode::CREATED, &again.text));
    let outgoing = first.json()["outgoing_payment"].clone();
    assert!(id(&outgoing).starts_with("out_"), "{outgoing:#}");
    let parts: Vec<&str> =
        outgoing["parts"].as_array().unwrap().iter().map(|part| part["amount"].as_str().unwrap()).collect();
    assert_eq!(parts, ["25.00", "40.00", "5.00"], "the credit note first, then the oldest payment");
    assert_eq!(outgoing["parts"][0]["source"], note["id"]);
    assert_eq!((&outgoing["status"], &outgoing["sent_on"]), (&json!("recorded"), &json!("2026-03-04")));
    agreed(world).await;
    assert_eq!(unapplied(world, &customer).await, "25.00");
    assert_eq!(on_account(world, "customer_refunds").await, ["-70.00"]);
    let noted = world.ask(Method::GET, &format!("/credit-notes/{}", id(&note)), None).await;
    assert_eq!((&noted["paid_out"]["amount"], &noted["unapplied"]["amount"]), (&json!("25.00"), &json!("0.00")));
    let payment = outgoing["parts"][1]["source"].as_str().unwrap();
    let paid = world.ask(Method::GET, &format!("/payments/{payment}"), None).await;
    assert_eq!((&paid["status"], &paid["paid_out"]["amount"]), (&json!("paid_out"), &json!("40.00")));
    // Nothing of it can be sent back a second time, nor cover what comes.
    let refund = json!({"reason": "Twice", "amount": "1.00"});
    let refused = world.api(Method::POST, &format!("/payments/{payment}/refunds"), Some(refund)).await;
    assert_eq!(refused.json()["type"], "urn:guichet:problem:more_than_refundable");
    let invoice = world.invoice(&customer, "EUR", "60.00").await;
    agreed(world).await;
    assert_eq!(world.invoice_now(&invoice).await["open"]["amount"], "35.00");

    // The bank sends it back: what was free covers the invoice.
    let reverse = format!("/outgoing-payments/{}/reverse", id(&outgoing));
    let because = json!({"reason": "The account is closed"});
    let reversed = world.ask(Method::POST, &reverse, Some(because.clone())).await;
    assert_eq!(reversed["status"], "reversed");
    agreed(world).await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    assert_eq!(on_account(world, "customer_refunds").await, ["-70.00", "70.00"]);
    assert_eq!(unapplied(world, &customer).await, "35.00");
    let twice = world.api(Method::POST, &reverse, Some(because)).await;
    assert_eq!(twice.json()["type"], "urn:guichet:problem:already_reversed");
    let shown = world.ask(Method::GET, &format!("/outgoing-payments/{}", id(&outgoing)), None).await;
    let listed = world.ask(Method::GET, &format!("/customers/{}/outgoing-payments", id(&customer)), None).await;
    assert_eq!(listed["data"], json!([shown]));
    let missing = world.api(Method::GET, "/outgoing-payments/out_01JD8Z0000ABCDEFGHJKMNPQRS", None).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);

    let statement = world.ask(Method::GET, &format!("/customers/{}/statement", id(&customer)), None).await;
    let lines = statement["statements"][0]["lines"].as_array().unwrap();
    let of_it: Vec<(&str, &str)> = lines
        .iter()
        .filter(|line| line["outgoing_payment"] == outgoing["id"])
        .map(|line| (line["kind"].as_str().unwrap(), line["change"].as_str().unwrap()))
        .collect();
    assert_eq!(of_it, [("credit_paid_out", "70.00"), ("credit_payout_reversed", "-70.00")]);
    let audit = world.ask(Method::GET, "/audit?limit=100", None).await.to_string();
    assert!(audit.contains(id(&outgoing)) && audit.contains("They left"), "the audit says it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_provider_sends_back_the_payments_that_hold_credit_the_oldest_first() {
    let world = &World::new().await;
    let customer = with_cash(world, &[4_000, 3_000]).await;
    credit_note(world, &customer, "CN-1", "25.00").await;
    let (status, problem) = pay_out(world, &customer, "70.01", "provider").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem:#}");
    assert_eq!(problem["type"], "urn:guichet:problem:more_than_refundable");
    assert!(problem["detail"].as_str().unwrap().contains("70.00 EUR"), "a credit note's can only go outside");
    let (status, done) = pay_out(world, &customer, "50.00", "provider").await;
    assert_eq!(status, StatusCode::CREATED, "{done:#}");
    let amounts: Vec<&str> =
        done["refunds"].as_array().unwrap().iter().map(|refund| refund["amount"]["amount"].as_str().unwrap()).collect();
    assert_eq!(amounts, ["40.00", "10.00"]);
    agreed(world).await;
    let payment = done["refunds"][0]["payment"].as_str().unwrap();
    let paid = world.ask(Method::GET, &format!("/payments/{payment}"), None).await;
    assert_eq!((&paid["status"], &paid["refunded"]["amount"]), (&json!("refunded"), &json!("40.00")));
    assert_eq!(paid["refunds"][0]["id"], done["refunds"][0]["id"]);
    assert_eq!(unapplied(world, &customer).await, "45.00");
    assert!(on_account(world, "customer_refunds").await.is_empty(), "no money of the bank");
    let reviews = world.ask(Method::GET, "/reviews", None).await;
    assert!(reviews["data"].as_array().unwrap().is_empty(), "nobody has to explain these refunds: {reviews:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paying_out_and_an_invoice_at_the_same_time_lose_nothing() {
    let world = &World::new().await;
    let customer = with_cash(world, &[4_000]).await;
    for round in 0..5 {
        let before = cents(&unapplied(world, &customer).await);
        let (invoice, (status, out)) =
            tokio::join!(world.invoice(&customer, "EUR", "3.00"), pay_out(world, &customer, "4.00", "outside"));
        agreed(world).await;
        assert_eq!(status, StatusCode::CREATED, "{out:#}");
        assert_eq!(world.invoice_now(&invoice).await["status"], "paid", "round {round}");
        assert_eq!(before - cents(&unapplied(world, &customer).await), 700, "round {round}");
    }
    // More than is left after the invoice is refused, whichever came first.
    let (invoice, (status, _)) =
        tokio::join!(world.invoice(&customer, "EUR", "5.00"), pay_out(world, &customer, "5.00", "outside"));
    agreed(world).await;
    let paid = world.invoice_now(&invoice).await["status"] == "paid";
    assert_ne!(paid, status == StatusCode::CREATED, "one of them has the last five");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_was_paid_out_is_not_handed_to_another_account() {
    let world = &World::new().await;
    let customer = with_cash(world, &[4_000]).await;
    let (_, done) = pay_out(world, &customer, "15.00", "outside").await;
    let payment = done["outgoing_payment"]["parts"][0]["source"].as_str().unwrap().to_owned();
    let other = world.customer("fr").await;
    let to = json!({"customer": other["id"], "reason": "Theirs"});
    let refused = world.api(Method::POST, &format!("/payments/{payment}/hand-over"), Some(to)).await;
    assert_eq!(refused.json()["type"], "urn:guichet:problem:paid_out", "{}", refused.text);
    agreed(world).await;
    let csv = world.api(Method::GET, &format!("/customers/{}/statement?format=csv", id(&customer)), None).await;
    assert!(csv.text.contains("credit_paid_out"), "{}", csv.text);
}
