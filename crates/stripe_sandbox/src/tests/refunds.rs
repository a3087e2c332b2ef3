use serde_json::{Value, json};

use super::{SECRET_KEY, Shop};

fn id(object: &Value) -> &str {
    object["id"].as_str().unwrap()
}

#[tokio::test]
async fn parts_are_refunded_until_nothing_is_left() {
    let shop = Shop::open();
    let charge = shop.charge("4242424242424242").await;
    let before = shop.event_types().await.len();
    let intent = charge["payment_intent"].as_str().unwrap();
    let part = format!("payment_intent={intent}&amount=2050&reason=duplicate&metadata[guichet_refund]=ref_1");
    let refund = shop.ok("POST", "refunds", &part).await;
    assert!(id(&refund).starts_with("re_3"));
    assert_eq!((&refund["object"], &refund["status"]), (&json!("refund"), &json!("succeeded")));
    assert_eq!(
        (&refund["amount"], &refund["currency"], &refund["reason"]),
        (&json!(2050), &json!("eur"), &json!("duplicate"))
    );
    assert_eq!((&refund["charge"], &refund["payment_intent"]), (&charge["id"], &json!(intent)));
    assert_eq!(refund["metadata"], json!({ "guichet_refund": "ref_1" }));
    let seen = shop.again("charges", &charge).await;
    assert_eq!((&seen["amount_refunded"], &seen["refunded"]), (&json!(2050), &json!(false)));

    let too_much = shop.api("POST", "refunds", &format!("charge={}&amount=10001", id(&charge))).await;
    assert_eq!((too_much.status, &too_much.json()["error"]["param"]), (400, &json!("amount")));
    let rest = shop.ok("POST", "refunds", &format!("charge={}", id(&charge))).await;
    assert_eq!(rest["amount"], 10_000);
    let seen = shop.again("charges", &charge).await;
    assert_eq!((&seen["amount_refunded"], &seen["refunded"]), (&json!(12_050), &json!(true)));
    let again = shop.api("POST", "refunds", &format!("charge={}", id(&charge))).await;
    assert_eq!((again.status, &again.json()["error"]["code"]), (400, &json!("charge_already_refunded")));

    assert_eq!(
        shop.events_after(before).await,
        ["refund.created", "charge.refunded", "refund.created", "charge.refunded"]
    );
    let cumulative = shop.ok("GET", "events?type=charge.refunded", "").await;
    assert_eq!(cumulative["data"][0]["data"]["object"]["amount_refunded"], 12_050);
    assert_eq!(cumulative["data"][1]["data"]["object"]["amount_refunded"], 2_050);

    assert_eq!(shop.again("refunds", &refund).await, refund);
    let page = shop.ok("GET", &format!("refunds?payment_intent={intent}&limit=1"), "").await;
    assert_eq!((&page["data"][0]["id"], &page["has_more"]), (&rest["id"], &json!(true)));
    let next = format!("refunds?charge={}&starting_after={}", id(&charge), id(&rest));
    assert_eq!(shop.ok("GET", &next, "").await["data"], json!([refund]));
}

#[tokio::test]
async fn what_cannot_be_refunded_is_refused() {
    let shop = Shop::open();
    let session = shop.session().await;
    shop.pay_by_card(&session, "4000000000000002").await;
    let failed = shop.charge_of(&session).await;
    let paid = shop.charge("4242424242424242").await;
    for (body, param) in [
        (String::new(), json!("charge")),
        ("charge=ch_nothing".to_owned(), json!("charge")),
        ("payment_intent=pi_nothing".to_owned(), json!("payment_intent")),
        (format!("charge={}", id(&failed)), json!("charge")),
        (format!("payment_intent={}", failed["payment_intent"].as_str().unwrap()), json!("payment_intent")),
        (format!("charge={}&amount=0", id(&paid)), json!("amount")),
        (format!("charge={}&amount=-5", id(&paid)), json!("amount")),
        (format!("charge={}&reason=regret", id(&paid)), json!("reason")),
    ] {
        let refused = shop.api("POST", "refunds", &body).await;
        assert_eq!((refused.status, &refused.json()["error"]["param"]), (400, &param), "{body}");
    }
    assert!(shop.ok("GET", "refunds", "").await["data"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_once_key_refunds_once() {
    let shop = Shop::open();
    let charge = shop.charge("4242424242424242").await;
    let bearer = format!("Bearer {SECRET_KEY}");
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", "b:pay_1:refund:1")];
    let body = format!("charge={}&amount=100", id(&charge));
    let first = shop.call("POST", "/v1/refunds", &headers, &body).await;
    let again = shop.call("POST", "/v1/refunds", &headers, &body).await;
    assert_eq!((first.status, &first.text), (200, &again.text));
    assert_eq!(shop.again("charges", &charge).await["amount_refunded"], 100);
    let event = shop.ok("GET", "events?type=refund.created", "").await["data"][0].clone();
    assert_eq!(event["request"]["idempotency_key"], "b:pay_1:refund:1");
}

#[tokio::test]
async fn a_refund_may_take_its_time() {
    let shop = Shop::open();
    let charge = shop.charge("4000000000007726").await;
    let refund = shop.ok("POST", "refunds", &format!("charge={}&amount=50", id(&charge))).await;
    assert_eq!(refund["status"], "pending");
    let before = shop.event_types().await.len();
    shop.advance(29);
    assert_eq!((shop.sandbox.pending(), shop.sandbox.deliver_due().await), (0, 0));
    shop.advance(1);
    assert_eq!((shop.sandbox.pending(), shop.sandbox.deliver_due().await), (1, 1));
    assert_eq!(shop.again("refunds", &refund).await["status"], "succeeded");
    assert_eq!(shop.events_after(before).await, ["refund.updated", "charge.refund.updated"]);
}

#[tokio::test]
async fn a_refund_may_come_back() {
    let shop = Shop::open();
    let charge = shop.charge("4000000000005126").await;
    let refund = shop.ok("POST", "refunds", &format!("charge={}", id(&charge))).await;
    assert_eq!(refund["status"], "succeeded");
    let before = shop.event_types().await.len();
    shop.advance(180);
    assert_eq!(shop.sandbox.deliver_due().await, 1);
    let failed = shop.ok("GET", &format!("refunds/{}?expand[]=failure_balance_transaction", id(&refund)), "").await;
    assert_eq!((&failed["status"], &failed["failure_reason"]), (&json!("failed"), &json!("expired_or_canceled_card")));
    assert_eq!(failed["failure_balance_transaction"]["type"], "refund_failure");
    assert_eq!(failed["failure_balance_transaction"]["net"], 12_050);
    assert_eq!(shop.events_after(before).await, ["refund.updated", "charge.refund.updated", "refund.failed"]);
    let charge = shop.again("charges", &charge).await;
    assert_eq!((&charge["amount_refunded"], &charge["refunded"]), (&json!(0), &json!(false)));
    shop.ok("POST", "refunds", &format!("charge={}", id(&charge))).await;
}

#[tokio::test]
async fn a_debit_is_refunded_by_the_bank_in_its_time() {
    let shop = Shop::open();
    let session = shop.session().await;
    shop.pay_by_debit(&session, "DE89370400440532013000").await;
    shop.advance(30);
    let charge = shop.charge_of(&session).await;
    let refund = shop.ok("POST", "refunds", &format!("charge={}", id(&charge))).await;
    assert!(id(&refund).starts_with("pyr_") && refund["status"] == "pending");
    shop.advance(30);
    assert_eq!(shop.again("refunds", &refund).await["status"], "succeeded");
    let kinds = shop.ok("GET", "balance_transactions", "").await;
    assert_eq!((&kinds["data"][0]["type"], &kinds["data"][1]["type"]), (&json!("payment_refund"), &json!("payment")));
}
