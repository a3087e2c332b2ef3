//! The sandbox's answers, read by the types of Stripe's client: a missing or misnamed field fails here.

use serde_json::{Value, json};

use super::Shop;

fn read<T: miniserde::Deserialize>(object: &Value) {
    assert!(miniserde::json::from_str::<T>(&object.to_string()).is_ok(), "{object:#}");
}

async fn read_all<T: miniserde::Deserialize>(shop: &Shop, path: &str) {
    let list = shop.ok("GET", path, "").await;
    let objects = list["data"].as_array().unwrap();
    assert!(!objects.is_empty(), "{path}");
    objects.iter().for_each(read::<T>);
}

#[tokio::test]
async fn stripes_client_reads_every_object() {
    let shop = Shop::open();
    let customer = shop.ok("POST", "customers", "name=Ada").await["id"].as_str().unwrap().to_owned();
    let charge = shop.charge("4000000000005126").await;
    shop.ok("POST", "refunds", &format!("charge={}&reason=duplicate", charge["id"].as_str().unwrap())).await;
    for number in ["4000000000000259", "4000000000001976", "4000000000005423", "4000000000000077"] {
        shop.charge(number).await;
    }
    let (debited, returned) = (shop.session().await, shop.session().await);
    shop.pay_by_debit(&debited, "DE89370400440532013000").await;
    shop.pay_by_debit(&returned, "DE35370400440532013002").await;
    shop.control("/bank_transfers", &json!({ "amount": 900, "currency": "eur", "funded": 300 })).await;
    shop.control("/bank_transfers", &json!({ "amount": 900, "currency": "eur", "funded": 900 })).await;
    shop.control("/foreign_charge", &json!({ "amount": 900, "currency": "usd", "with_intent": false })).await;
    shop.control("/reviews", &json!({ "charge": charge["id"] })).await;
    shop.advance(2 * 24 * 60 * 60);
    let refund = format!("payment_intent={}", shop.charge_of(&debited).await["payment_intent"].as_str().unwrap());
    shop.ok("POST", "refunds", &refund).await;
    for session in ["pm_card_visa", "pm_card_authenticationRequired"] {
        let asked = format!("customer={customer}&payment_method={session}&confirm=true");
        shop.ok("POST", "setup_intents", &asked).await;
    }
    shop.api("POST", "setup_intents", "payment_method=pm_card_chargeDeclined&confirm=true").await;
    let away = format!("amount=700&currency=eur&customer={customer}&confirm=true&off_session=true&payment_method");
    shop.ok("POST", "payment_intents", &format!("{away}=pm_card_visa")).await;
    assert_eq!(shop.api("POST", "payment_intents", &format!("{away}=pm_card_chargeDeclined")).await.status, 402);
    let payout = shop.control("/payouts", &json!({})).await["data"][0].clone();

    read_all::<stripe_shared::Refund>(&shop, "refunds").await;
    read_all::<stripe_shared::Dispute>(&shop, "disputes").await;
    read_all::<stripe_shared::Review>(&shop, "reviews").await;
    read_all::<stripe_shared::Charge>(&shop, "charges?limit=100").await;
    read_all::<stripe_shared::PaymentIntent>(&shop, "payment_intents?limit=100").await;
    read_all::<stripe_shared::SetupIntent>(&shop, "setup_intents").await;
    read_all::<stripe_shared::PaymentMethod>(&shop, "payment_methods").await;
    read_all::<stripe_shared::BalanceTransaction>(&shop, "balance_transactions?limit=100").await;
    read_all::<stripe_shared::Payout>(&shop, "payouts").await;
    let fail = format!("/payouts/{}/fail", payout["id"].as_str().unwrap());
    read::<stripe_shared::Payout>(&shop.control(&fail, &json!({})).await);
    let mandate = shop.charge_of(&debited).await["payment_method_details"]["sepa_debit"]["mandate"].clone();
    let mandate = shop.ok("GET", &format!("mandates/{}", mandate.as_str().unwrap()), "").await;
    read::<stripe_shared::Mandate>(&mandate);
    let expanded =
        shop.ok("GET", "charges?limit=100&expand[]=data.balance_transaction&expand[]=data.dispute", "").await;
    expanded["data"].as_array().unwrap().iter().for_each(read::<stripe_shared::Charge>);
}
