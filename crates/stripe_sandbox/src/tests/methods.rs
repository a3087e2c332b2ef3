use serde_json::{Value, json};

use super::Shop;

async fn customer(shop: &Shop) -> String {
    shop.ok("POST", "customers", "name=Ada&email=ada%40example.com").await["id"].as_str().unwrap().to_owned()
}

async fn attached(shop: &Shop, name: &str, customer: &str) -> String {
    let method = shop.ok("POST", &format!("payment_methods/{name}/attach"), &format!("customer={customer}")).await;
    method["id"].as_str().unwrap().to_owned()
}

fn off_session(customer: &str, method: &str) -> String {
    format!(
        "amount=5000&currency=eur&customer={customer}&payment_method={method}&off_session=true&confirm=true\
         &metadata[guichet_payment]=pay_9"
    )
}

fn setup_session(customer: &str) -> String {
    format!(
        "mode=setup&customer={customer}&success_url=http%3A%2F%2F127.0.0.1%2Fback&currency=eur\
         &setup_intent_data[metadata][guichet_account]=acc_1"
    )
}

#[tokio::test]
async fn a_kept_method_is_charged_while_the_customer_is_away() {
    let shop = Shop::open();
    let customer = customer(&shop).await;
    let method = attached(&shop, "pm_card_visa", &customer).await;
    let intent = shop.ok("POST", "payment_intents", &off_session(&customer, &method)).await;
    assert_eq!((&intent["status"], &intent["amount_received"]), (&json!("succeeded"), &json!(5000)));
    assert_eq!((&intent["payment_method"], &intent["customer"]), (&json!(method), &json!(customer)));
    assert_eq!(
        shop.event_types().await[1..],
        ["payment_method.attached", "payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]
    );
    let alone = "amount=5000&currency=eur&payment_method=pm_card_visa&off_session=true";
    assert_eq!(shop.api("POST", "payment_intents", alone).await.json()["error"]["param"], "off_session");
    let other = self::customer(&shop).await;
    assert_eq!(shop.api("POST", "payment_intents", &off_session(&other, &method)).await.status, 400);
    let unknown = shop.api("POST", "payment_intents", &off_session(&customer, "pm_card_nothing")).await;
    assert_eq!((unknown.status, &unknown.json()["error"]["code"]), (400, &json!("resource_missing")));
}

#[tokio::test]
async fn a_refused_charge_is_answered_with_402_and_kept() {
    let shop = Shop::open();
    let customer = customer(&shop).await;
    for (name, code, decline_code) in [
        ("pm_card_chargeCustomerFail", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_authenticationRequired", "authentication_required", "authentication_required"),
    ] {
        let refused = shop.api("POST", "payment_intents", &off_session(&customer, name)).await;
        assert_eq!(refused.status, 402);
        let error = refused.json()["error"].clone();
        assert_eq!((&error["type"], &error["code"]), (&json!("card_error"), &json!(code)));
        assert_eq!(error["decline_code"], decline_code);
        let intent = shop.again("payment_intents", &error["payment_intent"]).await;
        assert_eq!(intent, error["payment_intent"]);
        assert_eq!(intent["status"], "requires_payment_method");
        let path = format!("payment_intents/{}/confirm", intent["id"].as_str().unwrap());
        let done = shop.ok("POST", &path, "payment_method=pm_card_mastercard&off_session=true").await;
        assert_eq!((&done["status"], &done["last_payment_error"]), (&json!("succeeded"), &Value::Null));
        assert_eq!(shop.api("POST", &path, "payment_method=pm_card_visa").await.status, 400);
    }
    let owner = format!("customer={customer}");
    let declining = shop.api("POST", "payment_methods/pm_card_chargeDeclined/attach", &owner).await;
    assert_eq!((declining.status, &declining.json()["error"]["type"]), (402, &json!("card_error")));
    assert!(attached(&shop, "pm_card_chargeCustomerFail", &customer).await.starts_with("pm_1"));
}

#[tokio::test]
async fn the_customers_bank_may_ask() {
    let shop = Shop::open();
    let body = "amount=5000&currency=usd&payment_method=pm_card_authenticationRequired&confirm=true";
    let intent = shop.ok("POST", "payment_intents", body).await;
    assert_eq!(intent["status"], "requires_action");
    let path = format!("/authentications/{}", intent["id"].as_str().unwrap());
    let refused = shop.control(&path, &json!({ "passed": false })).await;
    assert_eq!(refused["last_payment_error"]["code"], "payment_intent_authentication_failure");
    let confirm = format!("payment_intents/{}/confirm", intent["id"].as_str().unwrap());
    shop.ok("POST", &confirm, "payment_method=pm_card_authenticationRequired").await;
    assert_eq!(shop.control(&path, &json!({ "passed": true })).await["status"], "succeeded");

    let later = shop.ok("POST", "payment_intents", "amount=5000&currency=eur&payment_method=pm_card_visa").await;
    assert_eq!(later["status"], "requires_confirmation");
    let cancel = format!("payment_intents/{}/cancel", later["id"].as_str().unwrap());
    assert_eq!(shop.ok("POST", &cancel, "").await["status"], "canceled");
}

#[tokio::test]
async fn a_session_in_setup_mode_keeps_a_card() {
    let shop = Shop::open();
    let customer = customer(&shop).await;
    let session = shop.ok("POST", "checkout/sessions", &setup_session(&customer)).await;
    assert_eq!((&session["mode"], &session["payment_status"]), (&json!("setup"), &json!("no_payment_required")));
    assert_eq!((&session["amount_total"], &session["payment_intent"]), (&Value::Null, &Value::Null));
    let id = session["id"].as_str().unwrap();
    let page = shop.call("GET", &format!("/pay/{id}"), &[], "").await;
    assert!(page.status == 200 && page.text.contains("Save this payment method") && !page.text.contains("Total"));

    assert_eq!(shop.pay_by_card(id, "4000000000000002").await.status, 402);
    assert_eq!(shop.pay_by_card(id, "4000002500003155").await.status, 200);
    assert_eq!(shop.submit(id, "authentication=fail").await.status, 402);
    assert_eq!(shop.pay_by_card(id, "4000002500003155").await.status, 200);
    assert_eq!(shop.submit(id, "authentication=complete").await.status, 303);
    let done = shop.ok("GET", &format!("checkout/sessions/{id}?expand[]=setup_intent.payment_method"), "").await;
    let setup = &done["setup_intent"];
    assert_eq!((&done["status"], &setup["status"]), (&json!("complete"), &json!("succeeded")));
    assert_eq!(setup["metadata"], json!({ "guichet_account": "acc_1" }));
    assert_eq!((&setup["customer"], &setup["payment_method"]["customer"]), (&json!(customer), &json!(customer)));
    assert_eq!(
        shop.event_types().await[1..],
        [
            "setup_intent.created",
            "setup_intent.setup_failed",
            "setup_intent.requires_action",
            "setup_intent.setup_failed",
            "setup_intent.requires_action",
            "payment_method.attached",
            "setup_intent.succeeded",
            "checkout.session.completed",
        ]
    );
    assert!(shop.ok("GET", "charges", "").await["data"].as_array().unwrap().is_empty());
    let closed = shop.call("GET", &format!("/pay/{id}"), &[], "").await;
    assert!(closed.text.contains("is saved"));

    let method = setup["payment_method"]["id"].as_str().unwrap();
    let intent = shop.ok("POST", "payment_intents", &off_session(&customer, method)).await;
    assert_eq!(intent["status"], "succeeded", "its issuer asked once");
}

#[tokio::test]
async fn a_mandate_allows_debits_until_it_dies() {
    let shop = Shop::open();
    let customer = customer(&shop).await;
    let session = shop.ok("POST", "checkout/sessions", &setup_session(&customer)).await;
    let id = session["id"].as_str().unwrap();
    assert_eq!(shop.pay_by_debit(id, "DE89370400440532013000").await.status, 303);
    let setup =
        shop.ok("GET", &format!("checkout/sessions/{id}?expand[]=setup_intent"), "").await["setup_intent"].clone();
    let method = setup["payment_method"].as_str().unwrap();
    let mandate = setup["mandate"].as_str().unwrap();
    let intent = shop.ok("POST", "payment_intents", &off_session(&customer, method)).await;
    assert_eq!(intent["status"], "processing");
    shop.advance(30);
    assert_eq!(shop.sandbox.deliver_due().await, 1);
    assert_eq!(shop.again("payment_intents", &intent).await["status"], "succeeded");

    let dead = shop.control(&format!("/mandates/{mandate}"), &json!({ "status": "inactive" })).await;
    assert_eq!(dead["status"], "inactive");
    let event = shop.ok("GET", "events?type=mandate.updated", "").await["data"][0].clone();
    assert_eq!(event["data"]["previous_attributes"], json!({ "status": "active" }));
    let refused = shop.api("POST", "payment_intents", &off_session(&customer, method)).await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (400, &json!("payment_intent_mandate_invalid")));
}

#[tokio::test]
async fn a_setup_intent_needs_no_session() {
    let shop = Shop::open();
    let customer = customer(&shop).await;
    let asked = format!("customer={customer}&payment_method=pm_card_visa&confirm=true&metadata[a]=b");
    let setup = shop.ok("POST", "setup_intents", &asked).await;
    assert_eq!((&setup["status"], &setup["usage"]), (&json!("succeeded"), &json!("off_session")));
    assert_eq!(shop.again("setup_intents", &setup).await, setup);
    let refused = shop.api("POST", "setup_intents", "payment_method=pm_card_chargeDeclined&confirm=true").await;
    assert_eq!(
        (refused.status, &refused.json()["error"]["setup_intent"]["status"]),
        (402, &json!("requires_payment_method"))
    );
    let asks = "payment_method=pm_card_authenticationRequired";
    let waiting = shop.ok("POST", "setup_intents", asks).await;
    assert_eq!(waiting["status"], "requires_confirmation");
    let path = format!("setup_intents/{}", waiting["id"].as_str().unwrap());
    assert_eq!(shop.ok("POST", &format!("{path}/confirm"), "").await["status"], "requires_action");
    let control = format!("/authentications/{}", waiting["id"].as_str().unwrap());
    assert_eq!(shop.control(&control, &json!({ "passed": true })).await["status"], "succeeded");
    assert_eq!(shop.api("POST", &format!("{path}/cancel"), "").await.status, 400);
    let mine = shop.ok("GET", &format!("setup_intents?customer={customer}"), "").await;
    assert_eq!(mine["data"], json!([setup]));
}

#[tokio::test]
async fn methods_are_changed_let_go_of_and_go_with_their_customer() {
    let shop = Shop::open();
    let customer = customer(&shop).await;
    let (one, two) =
        (attached(&shop, "pm_card_visa", &customer).await, attached(&shop, "pm_card_mastercard", &customer).await);
    let changed =
        shop.ok("POST", &format!("payment_methods/{one}"), "card[exp_year]=2041&billing_details[name]=Eve").await;
    assert_eq!((&changed["card"]["exp_year"], &changed["billing_details"]["name"]), (&json!(2041), &json!("Eve")));
    let listed = shop.ok("GET", &format!("payment_methods?customer={customer}&type=card"), "").await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
    let gone = shop.ok("POST", &format!("payment_methods/{one}/detach"), "").await;
    assert_eq!(gone["customer"], Value::Null);
    let event = shop.ok("GET", "events?type=payment_method.detached", "").await["data"][0].clone();
    assert_eq!(event["data"]["previous_attributes"]["customer"], json!(customer));
    assert_eq!(shop.api("POST", &format!("payment_methods/{one}/detach"), "").await.status, 400);
    assert_eq!(shop.api("POST", "payment_intents", &off_session(&customer, &one)).await.status, 400);

    let deleted = shop.ok("DELETE", &format!("customers/{customer}"), "").await;
    assert_eq!(deleted, json!({ "id": customer, "object": "customer", "deleted": true }));
    assert_eq!(shop.ok("GET", &format!("customers/{customer}"), "").await, deleted);
    assert_eq!(shop.ok("GET", &format!("payment_methods/{two}"), "").await["customer"], Value::Null);
    assert_eq!(shop.event_types().await.last().unwrap(), "customer.deleted");
    let event = shop.ok("GET", "events?type=customer.deleted", "").await["data"][0].clone();
    assert_eq!(event["data"]["object"]["name"], "Ada");
    assert_eq!(shop.api("POST", "checkout/sessions", &setup_session(&customer)).await.status, 400);
    assert!(shop.ok("GET", "customers", "").await["data"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_once_key_gives_a_decline_again() {
    let shop = Shop::open();
    let customer = customer(&shop).await;
    let bearer = format!("Bearer {}", super::SECRET_KEY);
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", "b:pay_9:charge:1")];
    let body = off_session(&customer, "pm_card_chargeDeclined");
    let first = shop.call("POST", "/v1/payment_intents", &headers, &body).await;
    let again = shop.call("POST", "/v1/payment_intents", &headers, &body).await;
    assert_eq!((first.status, again.status, &first.text), (402, 402, &again.text));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(shop.ok("GET", "charges", "").await["data"].as_array().unwrap().len(), 1);
}
