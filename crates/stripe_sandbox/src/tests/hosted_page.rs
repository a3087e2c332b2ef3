use serde_json::{Value, json};

use super::{SESSION, Shop};

async fn intent_of(shop: &Shop, session: &str) -> Value {
    let path = format!("checkout/sessions/{session}?expand[]=payment_intent.latest_charge");
    shop.ok("GET", &path, "").await["payment_intent"].clone()
}

#[tokio::test]
async fn a_card_pays_once_however_often_it_is_submitted() {
    let shop = Shop::open();
    let session = shop.session().await;
    let page = shop.call("GET", &format!("/pay/{session}"), &[], "").await;
    assert_eq!(page.status, 200);
    for part in [
        "id=\"cardNumber\"",
        "id=\"cardExpiry\"",
        "id=\"cardCvc\"",
        "id=\"iban\"",
        "data-testid=\"hosted-payment-submit-button\"",
        "Invoice A&amp;B",
        "EUR\u{a0}120.50",
        "Sandbox",
        "<html lang=\"en\">",
    ] {
        assert!(page.text.contains(part), "{part} is missing");
    }
    assert!(!page.text.contains("<script"));

    let first = shop.pay_by_card(&session, "4242+4242+4242+4242").await;
    assert_eq!(
        (first.status, first.header("location").unwrap()),
        (303, format!("http://127.0.0.1/back?s={session}").as_str())
    );
    let second = shop.pay_by_card(&session, "4242424242424242").await;
    assert_eq!(second.status, 200);
    assert!(second.text.contains("complete") && !second.text.contains("<form"));

    let paid = shop.ok("GET", &format!("checkout/sessions/{session}"), "").await;
    assert_eq!((&paid["status"], &paid["payment_status"]), (&json!("complete"), &json!("paid")));
    let intent = intent_of(&shop, &session).await;
    assert_eq!((&intent["status"], &intent["amount_received"]), (&json!("succeeded"), &json!(12050)));
    assert_eq!(intent["metadata"], json!({ "guichet_payment": "pay_1" }));
    let charge = &intent["latest_charge"];
    assert!(charge["id"].as_str().unwrap().starts_with("ch_"));
    assert_eq!((&charge["paid"], &charge["payment_method_details"]["card"]["last4"]), (&json!(true), &json!("4242")));
    assert_eq!(shop.ok("GET", "charges", "").await["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        shop.event_types().await,
        ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"]
    );
    let by_intent = format!("checkout/sessions?payment_intent={}", intent["id"].as_str().unwrap());
    assert_eq!(shop.ok("GET", &by_intent, "").await["data"][0]["id"], session);
    let cancel = format!("payment_intents/{}/cancel", intent["id"].as_str().unwrap());
    assert_eq!(shop.api("POST", &cancel, "").await.json()["error"]["code"], "payment_intent_unexpected_state");
}

#[tokio::test]
async fn two_submissions_at_once_charge_once() {
    let shop = Shop::open();
    let session = shop.session().await;
    let (one, two) =
        tokio::join!(shop.pay_by_card(&session, "4242424242424242"), shop.pay_by_card(&session, "4242424242424242"));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 303]);
    assert_eq!(shop.ok("GET", "charges", "").await["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_declined_card_leaves_the_page_usable() {
    let shop = Shop::open();
    for (number, code, decline_code) in [
        ("4000000000000002", "card_declined", "generic_decline"),
        ("4000000000009995", "card_declined", "insufficient_funds"),
        ("4000000000000069", "expired_card", "expired_card"),
        ("4111111111111111", "card_declined", "test_mode_live_card"),
    ] {
        let session = shop.session().await;
        let answer = shop.pay_by_card(&session, number).await;
        assert_eq!(answer.status, 402);
        assert!(answer.text.contains("role=\"alert\"") && answer.text.contains("id=\"cardNumber\""));
        assert!(!answer.text.contains(&format!("value=\"{number}\"")), "a typed number is not sent back");
        let intent = intent_of(&shop, &session).await;
        assert_eq!(intent["status"], "requires_payment_method");
        let error = &intent["last_payment_error"];
        assert_eq!((&error["code"], &error["decline_code"]), (&json!(code), &json!(decline_code)));
        assert_eq!(error["charge"], intent["latest_charge"]["id"]);
        assert_eq!(intent["latest_charge"]["status"], "failed");

        assert_eq!(shop.pay_by_card(&session, "5555555555554444").await.status, 303);
        let again = intent_of(&shop, &session).await;
        assert_eq!((&again["id"], &again["status"]), (&intent["id"], &json!("succeeded")));
        assert_eq!(again["last_payment_error"], Value::Null);
    }
    let types = shop.event_types().await;
    assert_eq!(types[..3], ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]);
}

#[tokio::test]
async fn a_number_that_is_not_published_is_nowhere_in_the_file() {
    let shop = Shop::open();
    let session = shop.session().await;
    assert_eq!(shop.pay_by_card(&session, "4111111111111111").await.status, 402);
    for entry in std::fs::read_dir(shop.directory.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(16).any(|window| window == b"4111111111111111"));
    }
}

#[tokio::test]
async fn mistakes_in_the_form_charge_nothing() {
    let shop = Shop::open();
    let session = shop.session().await;
    for fields in [
        "",
        "cardNumber=4242424242424241&cardExpiry=12%2F34&cardCvc=123",
        "cardNumber=4242424242424242&cardExpiry=10%2F26&cardCvc=123",
        "cardNumber=4242424242424242&cardExpiry=13%2F34&cardCvc=123",
        "cardNumber=4242424242424242&cardExpiry=12%2F34&cardCvc=1",
        "cardNumber=4242424242424242&cardExpiry=1234&cardCvc=123&iban=DE89370400440532013000",
        "iban=DE89370400440532013001",
        "iban=FR7630006000011234567890189",
    ] {
        let answer = shop.submit(&session, fields).await;
        assert_eq!(answer.status, 422, "{fields}");
        assert!(answer.text.contains("role=\"alert\""));
    }
    assert!(shop.event_types().await.is_empty());
    let this_month = "cardNumber=4242424242424242&cardExpiry=1126&cardCvc=123&email=ada%40example.com&billingName=Ada";
    assert_eq!(shop.submit(&session, this_month).await.status, 303);
    let details = shop.ok("GET", &format!("checkout/sessions/{session}"), "").await["customer_details"].clone();
    assert_eq!((&details["email"], &details["name"]), (&json!("ada@example.com"), &json!("Ada")));
}

#[tokio::test]
async fn authentication_is_asked_for_and_may_fail() {
    let shop = Shop::open();
    let session = shop.session().await;
    let asked = shop.pay_by_card(&session, "4000002500003155").await;
    assert!(asked.status == 200 && asked.text.contains("value=\"complete\""));
    assert_eq!(intent_of(&shop, &session).await["status"], "requires_action");
    let shown = shop.call("GET", &format!("/pay/{session}"), &[], "").await;
    assert!(shown.text.contains("value=\"fail\""), "a reload stays with the question");

    assert_eq!(shop.submit(&session, "authentication=fail").await.status, 402);
    let intent = intent_of(&shop, &session).await;
    assert_eq!(intent["last_payment_error"]["code"], "payment_intent_authentication_failure");
    assert_eq!(shop.submit(&session, "authentication=complete").await.status, 200, "too late: the form again");

    assert_eq!(shop.pay_by_card(&session, "4000008260003178").await.status, 200);
    assert_eq!(shop.submit(&session, "authentication=complete").await.status, 402);
    assert_eq!(intent_of(&shop, &session).await["last_payment_error"]["decline_code"], "insufficient_funds");

    assert_eq!(shop.pay_by_card(&session, "4000002760003184").await.status, 200);
    assert_eq!(shop.submit(&session, "authentication=complete").await.status, 303);
    let charge = intent_of(&shop, &session).await["latest_charge"].clone();
    assert_eq!(charge["payment_method_details"]["card"]["three_d_secure"]["result"], "authenticated");
    assert_eq!(
        shop.event_types().await,
        [
            "payment_intent.created",
            "payment_intent.requires_action",
            "payment_intent.payment_failed",
            "payment_intent.requires_action",
            "charge.failed",
            "payment_intent.payment_failed",
            "payment_intent.requires_action",
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.completed",
        ]
    );
}

#[tokio::test]
async fn a_debit_is_answered_by_the_bank_later() {
    for (iban, after_s, status, payment_status, last) in [
        ("DE89370400440532013000", 30, "succeeded", "paid", "checkout.session.async_payment_succeeded"),
        ("DE08370400440532013003", 180, "succeeded", "paid", "checkout.session.async_payment_succeeded"),
        ("DE62370400440532013001", 30, "requires_payment_method", "unpaid", "checkout.session.async_payment_failed"),
        ("DE78370400440532013004", 180, "requires_payment_method", "unpaid", "checkout.session.async_payment_failed"),
    ] {
        let shop = Shop::open();
        let session = shop.session().await;
        assert_eq!(shop.pay_by_debit(&session, iban).await.status, 303);
        let intent = intent_of(&shop, &session).await;
        assert_eq!(intent["status"], "processing");
        assert!(intent["latest_charge"]["id"].as_str().unwrap().starts_with("py_"));
        assert_eq!(intent["latest_charge"]["status"], "pending");
        assert_eq!(
            shop.event_types().await,
            ["payment_intent.created", "payment_intent.processing", "charge.pending", "checkout.session.completed"]
        );
        let open = shop.ok("GET", &format!("checkout/sessions/{session}"), "").await;
        assert_eq!((&open["status"], &open["payment_status"]), (&json!("complete"), &json!("unpaid")));

        shop.advance(after_s - 1);
        assert_eq!(shop.sandbox.deliver_due().await, 0);
        shop.advance(1);
        assert_eq!(shop.sandbox.deliver_due().await, 1);
        let settled = shop.ok("GET", &format!("checkout/sessions/{session}"), "").await;
        assert_eq!(settled["payment_status"], payment_status);
        let intent = intent_of(&shop, &session).await;
        assert_eq!(intent["status"], status);
        let types = shop.event_types().await;
        assert_eq!(types.last().unwrap(), last);
        assert_eq!(types.len(), 7);
        let mandate = intent["latest_charge"]["payment_method_details"]["sepa_debit"]["mandate"].as_str().unwrap();
        assert_eq!(shop.ok("GET", &format!("mandates/{mandate}"), "").await["status"], "active");
    }
}

#[tokio::test]
async fn a_kept_method_belongs_to_the_customer() {
    let shop = Shop::open();
    let customer = shop.ok("POST", "customers", "name=Ada&email=ada%40example.com").await;
    let customer = customer["id"].as_str().unwrap();
    let session = shop.ok("POST", "checkout/sessions", &format!("{SESSION}&customer={customer}")).await;
    let session = session["id"].as_str().unwrap();
    let page = shop.call("GET", &format!("/pay/{session}"), &[], "").await;
    assert!(page.text.contains("id=\"save\"") && page.text.contains("ada@example.com"));
    let fields = "cardNumber=4242424242424242&cardExpiry=12%2F34&cardCvc=123&save=yes";
    assert_eq!(shop.submit(session, fields).await.status, 303);
    let methods = shop.ok("GET", &format!("customers/{customer}/payment_methods?type=card"), "").await;
    assert_eq!(methods["data"][0]["card"]["last4"], "4242");
    assert_eq!(methods["data"][0]["allow_redisplay"], "always");
    assert_eq!(intent_of(&shop, session).await["customer"], customer);
}

#[tokio::test]
async fn the_page_speaks_the_customers_language_and_shows_the_sessions_state() {
    let shop = Shop::open();
    let auto = SESSION.replace("&locale=en", "&locale=auto");
    let session = shop.ok("POST", "checkout/sessions", &auto).await["id"].as_str().unwrap().to_owned();
    let path = format!("/pay/{session}?card=4000000000009995");
    for (accept, language) in [
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("en-GB,en;q=0.9,fr;q=0.8", "en"),
        ("de,fr;q=0.5", "fr"),
        ("de,en;q=0.2,fr;q=0.5", "fr"),
        ("", "en"),
    ] {
        let page = shop.call("GET", &path, &[("accept-language", accept)], "").await;
        assert!(page.text.contains(&format!("<html lang=\"{language}\">")), "{accept}");
        assert!(page.text.contains("value=\"4000000000009995\""));
    }
    let other = shop.call("GET", &format!("/pay/{session}?card=4111111111111111"), &[], "").await;
    assert!(!other.text.contains("4111111111111111"));
    assert_eq!(shop.call("GET", "/pay/cs_test_nothing", &[], "").await.status, 404);

    shop.advance(24 * 60 * 60);
    let late = shop.pay_by_card(&session, "4242424242424242").await;
    assert!(late.status == 200 && late.text.contains("expired"));
    assert!(shop.ok("GET", "charges", "").await["data"].as_array().unwrap().is_empty());
}
