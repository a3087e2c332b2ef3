use serde_json::{Value, json};

use super::{SESSION, Shop};
use crate::exchange;

async fn sum_of(shop: &Shop, payout: &Value) -> i64 {
    let path = format!("balance_transactions?payout={}&limit=100", payout["id"].as_str().unwrap());
    let movements = shop.ok("GET", &path, "").await;
    let movements = movements["data"].as_array().unwrap().clone();
    movements
        .iter()
        .filter(|movement| movement["type"] != "payout")
        .map(|movement| movement["net"].as_i64().unwrap())
        .sum()
}

#[test]
fn fees_and_exchange_are_rounded_half_up() {
    for (amount, currency, fee) in
        [(12_050, "eur", 206), (100, "eur", 27), (33, "eur", 25), (10_000, "isk", 200), (1_000, "kwd", 270)]
    {
        assert_eq!(exchange::charge_fee(amount, currency), fee, "{amount} {currency}");
    }
    for (amount, currency, settled) in
        [(1_000, "usd", 922), (-1_000, "usd", -922), (1_000, "jpy", 612), (50, "eur", 50), (500, "isk", 500)]
    {
        assert_eq!(exchange::settle(amount, currency).amount, settled, "{amount} {currency}");
    }
    assert_eq!(exchange::settle(1, "usd").rate.unwrap().to_string(), "0.9215");
}

#[tokio::test]
async fn every_movement_has_its_transaction() {
    let shop = Shop::open();
    let charge = shop.charge("4242424242424242").await;
    let path = format!("charges/{}?expand[]=balance_transaction", charge["id"].as_str().unwrap());
    let movement = shop.ok("GET", &path, "").await["balance_transaction"].clone();
    assert_eq!((&movement["type"], &movement["reporting_category"]), (&json!("charge"), &json!("charge")));
    assert_eq!(
        (&movement["amount"], &movement["fee"], &movement["net"]),
        (&json!(12_050), &json!(206), &json!(11_844))
    );
    assert_eq!(
        (&movement["source"], &movement["status"], &movement["exchange_rate"]),
        (&charge["id"], &json!("pending"), &Value::Null)
    );
    shop.advance(2 * 24 * 60 * 60);
    assert_eq!(shop.again("balance_transactions", &movement).await["status"], "available");

    let refund = shop.ok("POST", "refunds", &format!("charge={}&amount=100", charge["id"].as_str().unwrap())).await;
    let of_refund = format!("balance_transactions?source={}&expand[]=data.source", refund["id"].as_str().unwrap());
    let movement = shop.ok("GET", &of_refund, "").await["data"][0].clone();
    assert_eq!(
        (&movement["type"], &movement["net"], &movement["source"]["id"]),
        (&json!("refund"), &json!(-100), &refund["id"])
    );
    let charges = shop.ok("GET", "balance_transactions?type=charge", "").await;
    assert_eq!(charges["data"].as_array().unwrap().len(), 1);
    let first = shop.ok("GET", "balance_transactions?limit=1", "").await;
    assert_eq!(first["has_more"], true);
    let next = format!("balance_transactions?limit=1&starting_after={}", first["data"][0]["id"].as_str().unwrap());
    assert_eq!(shop.ok("GET", &next, "").await["data"][0]["id"], charges["data"][0]["id"]);
}

#[tokio::test]
async fn another_currency_is_exchanged() {
    let shop = Shop::open();
    let dollars = SESSION.replace("=EUR", "=USD");
    let session = shop.ok("POST", "checkout/sessions", &dollars).await["id"].as_str().unwrap().to_owned();
    shop.pay_by_card(&session, "4242424242424242").await;
    let movement = shop.ok("GET", "balance_transactions", "").await["data"][0].clone();
    // 120.50 USD at 0.9215 is 111.04 EUR.
    assert_eq!(
        (&movement["amount"], &movement["currency"], &movement["exchange_rate"]),
        (&json!(11_104), &json!("eur"), &json!(0.9215))
    );
    assert_eq!((&movement["fee"], &movement["net"]), (&json!(192), &json!(10_912)));
}

#[tokio::test]
async fn a_payout_is_the_sum_of_its_transactions() {
    let shop = Shop::open();
    let charge = shop.charge("4242424242424242").await;
    shop.charge("4000000000000259").await;
    assert_eq!(shop.control("/payouts", &json!({})).await["data"], json!([]), "more is owed than is available");
    shop.advance(2 * 24 * 60 * 60);
    let late = shop.charge("4242424242424242").await;
    shop.ok("POST", "refunds", &format!("charge={}&amount=2050", charge["id"].as_str().unwrap())).await;
    let before = shop.event_types().await.len();
    let payouts = shop.control("/payouts", &json!({})).await;
    let payout = payouts["data"][0].clone();
    assert_eq!(payouts["data"].as_array().unwrap().len(), 1);
    assert_eq!(payout["amount"], 2 * 11_844 - 13_550 - 2_050);
    assert_eq!(payout["amount"], sum_of(&shop, &payout).await);
    assert_eq!((&payout["status"], &payout["currency"]), (&json!("in_transit"), &json!("eur")));
    assert_eq!(shop.control("/payouts", &json!({})).await["data"], json!([]), "nothing is paid out twice");

    shop.advance(30);
    assert_eq!(shop.sandbox.deliver_due().await, 1);
    let paid = shop.again("payouts", &payout).await;
    assert_eq!((&paid["status"], &paid["reconciliation_status"]), (&json!("paid"), &json!("completed")));
    assert_eq!(shop.events_after(before).await, ["payout.created", "payout.paid", "payout.reconciliation_completed"]);
    assert_eq!(shop.ok("GET", "payouts?status=paid", "").await["data"], json!([paid]));
    assert_eq!(shop.api("GET", "balance_transactions?payout=po_nothing", "").await.status, 400);

    shop.advance(2 * 24 * 60 * 60);
    let movement =
        shop.ok("GET", &format!("balance_transactions/{}", late["balance_transaction"].as_str().unwrap()), "").await;
    assert_eq!(movement["status"], "available");
    let second = shop.control("/payouts", &json!({})).await["data"][0].clone();
    assert_eq!(second["amount"], 11_844);
}

#[tokio::test]
async fn a_failed_payout_is_in_the_next() {
    let shop = Shop::open();
    shop.charge("4000000000000077").await;
    let payout = shop.control("/payouts", &json!({})).await["data"][0].clone();
    assert_eq!(payout["amount"], 11_844);
    let path = format!("/payouts/{}/fail", payout["id"].as_str().unwrap());
    let failed = shop.control(&path, &json!({ "failure_code": "no_account" })).await;
    assert_eq!((&failed["status"], &failed["failure_code"]), (&json!("failed"), &json!("no_account")));
    assert_eq!(shop.event_types().await.last().unwrap(), "payout.failed");
    shop.advance(30);
    assert_eq!(shop.again("payouts", &payout).await["status"], "failed", "it does not arrive after all");
    let next = shop.control("/payouts", &json!({})).await["data"][0].clone();
    assert_eq!(next["amount"], 11_844);
    let movements = shop.ok("GET", &format!("balance_transactions?payout={}", next["id"].as_str().unwrap()), "").await;
    let kinds: Vec<_> = movements["data"].as_array().unwrap().iter().map(|movement| movement["type"].clone()).collect();
    assert_eq!(kinds, ["payout", "payout_failure"]);
    let bare = shop.call("POST", &format!("/payouts/{}/fail", next["id"].as_str().unwrap()), &[], "").await;
    assert_eq!((bare.status, &bare.json()["failure_code"]), (200, &json!("account_closed")));
}

#[tokio::test]
async fn a_payout_by_hand_leaves_the_rest_at_stripe_and_one_at_once_costs_a_fee() {
    let shop = Shop::open();
    shop.charge("4000000000000077").await;
    shop.charge("4242424242424242").await;
    let by_hand =
        |amount: i64, instant: bool| json!({ "by_hand": { "amount": amount, "currency": "eur", "instant": instant } });
    let balance = async |shop: &Shop| {
        let balance = shop.ok("GET", "balance", "").await;
        (balance["available"][0]["amount"].clone(), balance["pending"][0]["amount"].clone())
    };
    assert_eq!(balance(&shop).await, (json!(11_844), json!(11_844)));
    let refused = shop
        .call("POST", "/payouts", &[("content-type", "application/json")], &by_hand(11_800, true).to_string())
        .await;
    assert_eq!(refused.status, 400, "there is not enough for the fee as well");
    let first = shop.control("/payouts", &by_hand(2_000, false)).await["data"][0].clone();
    let second = shop.control("/payouts", &by_hand(5_000, true)).await["data"][0].clone();
    assert_eq!((&first["method"], &second["method"]), (&json!("standard"), &json!("instant")));
    assert_eq!((&second["automatic"], &second["reconciliation_status"]), (&json!(false), &json!("not_applicable")));
    let path = format!("payouts/{}?expand[]=balance_transaction", second["id"].as_str().unwrap());
    let movement = shop.ok("GET", &path, "").await["balance_transaction"].clone();
    let amounts = ["amount", "fee", "net"].map(|name| movement[name].as_i64().unwrap());
    assert_eq!(amounts, [-5_000, 50, -5_050]);
    let cancel = format!("/payouts/{}/cancel", first["id"].as_str().unwrap());
    let cancelled = shop.control(&cancel, &json!({})).await;
    assert_eq!(cancelled["status"], "canceled");
    assert_eq!(
        shop.again("balance_transactions", &json!({ "id": cancelled["failure_balance_transaction"] })).await["type"],
        "payout_cancel"
    );
    assert_eq!(shop.event_types().await.last().unwrap(), "payout.canceled");
    assert_eq!(balance(&shop).await, (json!(11_844 - 5_050), json!(11_844)));
    assert_eq!(shop.call("POST", &cancel, &[], "").await.status, 400);
}
