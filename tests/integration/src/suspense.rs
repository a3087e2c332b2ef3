//! Money that came in another currency than its payment's is sent back in its own.

use receivables::PaymentId;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testing::World;

async fn agreed(world: &World) {
    world.drain().await;
    world.verify().await;
}

fn id(of: &Value) -> &str {
    of["id"].as_str().unwrap()
}

async fn reviews(world: &World) -> Vec<(String, String)> {
    let read = world.ask(Method::GET, "/reviews", None).await;
    let of = |review: &Value| {
        let (reason, amount) = (review["reason"].as_str().unwrap(), &review["amount"]);
        (reason.to_owned(), format!("{} {}", amount["amount"].as_str().unwrap(), amount["currency"].as_str().unwrap()))
    };
    read["data"].as_array().unwrap().iter().map(of).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dollars_for_an_invoice_in_euros_go_back_as_dollars() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "100.00").await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "100.00").await;
    assert_eq!(pressed.status, StatusCode::SEE_OTHER);
    let listed = world.ask(Method::GET, &format!("/payments?customer={}", id(&customer)), None).await;
    let payment: PaymentId = id(&listed["data"][0]).parse().unwrap();
    let named = json!({"guichet_payment": payment.to_string(), "guichet_business": world.local.business.to_string()});
    let sent = json!({"amount": 11_000, "currency": "usd", "metadata": named, "funded": 11_000});
    world.stripe_control("/bank_transfers", &sent).await;
    agreed(world).await;
    let kept = world.payment_now(&payment).await;
    assert_eq!(kept["suspense"], json!([{"amount": "110.00", "currency": "USD"}]));
    assert_eq!(reviews(world).await, [("other_currency".to_owned(), "110.00 USD".to_owned())]);

    let path = format!("/payments/{payment}/refunds");
    for (body, field) in [
        (json!({"currency": "USD", "amount": "110.01"}), "amount"),
        (json!({"currency": "CHF", "amount": "1.00"}), "currency"),
        (json!({"currency": "DOLLAR", "amount": "1.00"}), "currency"),
        (json!({"currency": "USD", "amount": "1.001"}), "amount"),
        (json!({"amount": "1.00"}), "amount"),
    ] {
        let mut body = body;
        body["reason"] = json!("In the wrong currency");
        let refused = world.api(Method::POST, &path, Some(body.clone())).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {}", refused.text);
        assert_eq!(refused.json()["errors"][0]["field"], field, "{body}: {}", refused.text);
    }
    let part = json!({"currency": "USD", "amount": "40.00", "reason": "In the wrong currency"});
    let ordered = world.ask(Method::POST, &path, Some(part)).await;
    assert_eq!(ordered["refunds"][0]["amount"], json!({"amount": "40.00", "currency": "USD"}));
    agreed(world).await;
    assert_eq!(world.payment_now(&payment).await["suspense"][0]["amount"], "70.00");
    assert_eq!(reviews(world).await, [("other_currency".to_owned(), "70.00 USD".to_owned())]);
    let rest = json!({"currency": "USD", "reason": "In the wrong currency"});
    world.ask(Method::POST, &path, Some(rest)).await;
    agreed(world).await;
    let gone = world.payment_now(&payment).await;
    assert!(gone["suspense"].is_null(), "{gone:#}");
    assert_eq!((&gone["received"]["amount"], &gone["refunded"]["amount"]), (&json!("0.00"), &json!("0.00")));
    assert!(reviews(world).await.is_empty(), "the review is closed by itself");
    let at_stripe = world.stripe("/refunds?limit=10").await;
    let sent_back: Vec<(i64, &str)> = at_stripe["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|refund| (refund["amount"].as_i64().unwrap(), refund["currency"].as_str().unwrap()))
        .collect();
    assert_eq!(sent_back, [(7_000, "usd"), (4_000, "usd")]);
    // Nothing of it is the account's, and in the journal suspense comes to nothing.
    let now = world.invoice_now(&invoice).await;
    assert_eq!((&now["status"], &now["open"]["amount"]), (&json!("open"), &json!("100.00")));
    world.stripe_control("/payouts", &json!({})).await;
    agreed(world).await;
    let read = world.ask(Method::GET, "/exports/journal?from=2026-03-01&to=2026-04-30", None).await;
    let suspense: i64 = read["lines"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["account"] == "suspense")
        .map(|line| line["amount"].as_str().unwrap().replace('.', "").parse::<i64>().unwrap())
        .sum();
    assert_eq!(suspense, 0, "{read:#}");
}
