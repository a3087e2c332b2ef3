use serde_json::{Value, json};

use super::{SECRET_KEY, SESSION, Sandbox, Shop, config};
use crate::money;

async fn refusal(shop: &Shop, method: &str, path: &str, body: &str) -> (u16, Value) {
    let answer = shop.api(method, path, body).await;
    (answer.status, answer.json()["error"].clone())
}

#[tokio::test]
async fn a_session_is_what_was_asked_for() {
    let shop = Shop::open();
    let session = shop.ok("POST", "checkout/sessions", SESSION).await;
    let id = session["id"].as_str().unwrap();
    assert!(id.starts_with("cs_test_") && session["object"] == "checkout.session");
    assert_eq!(session["amount_total"], 12050);
    assert_eq!(session["currency"], "eur");
    assert_eq!(session["status"], "open");
    assert_eq!(session["payment_status"], "unpaid");
    assert_eq!(session["payment_intent"], Value::Null);
    assert_eq!(session["payment_method_types"], json!(["card", "sepa_debit"]));
    assert_eq!(session["metadata"], json!({ "guichet_payment": "pay_1" }));
    assert_eq!(session["url"], format!("http://127.0.0.1:3000/dev/stripe/pay/{id}"));
    assert_eq!(session["expires_at"].as_i64().unwrap() - session["created"].as_i64().unwrap(), 86_400);
    assert_eq!(shop.ok("GET", &format!("checkout/sessions/{id}"), "").await, session);

    let expanded = shop.ok("GET", &format!("checkout/sessions/{id}?expand%5B%5D=line_items"), "").await;
    assert_eq!(expanded["line_items"]["data"][0]["description"], "Invoice A&B");
    assert_eq!(expanded["line_items"]["data"][0]["amount_total"], 12050);
}

#[tokio::test]
async fn mistakes_are_refused_in_stripes_words() {
    let shop = Shop::open();
    let with = |change: &str| format!("{SESSION}&{change}");
    let without = |name: &str| {
        let kept: Vec<_> = SESSION.split('&').filter(|field| !field.starts_with(name)).collect();
        kept.join("&")
    };
    let amount = |currency: &str, unit_amount: i64| {
        with(&format!(
            "line_items[0][price_data][currency]={currency}&line_items[0][price_data][unit_amount]={unit_amount}"
        ))
    };
    let cases = [
        (with("shiny=1"), "parameter_unknown", "shiny"),
        (with("line_items[0][price_data][shiny]=1"), "parameter_unknown", "line_items[0][price_data][shiny]"),
        (without("mode"), "parameter_missing", "mode"),
        (without("success_url"), "parameter_missing", "success_url"),
        (without("line_items[0][quantity]"), "parameter_missing", "line_items[0][quantity]"),
        (with("line_items[0][quantity]=many"), "parameter_invalid_integer", "line_items[0][quantity]"),
        (with("success_url=javascript:alert(1)"), "url_invalid", "success_url"),
        (with("client_reference_id="), "parameter_invalid_empty", "client_reference_id"),
        (with("customer=cus_nobody"), "resource_missing", "customer"),
        (with("customer_email=billing@soci%C3%A9t%C3%A9.example"), "email_invalid", "customer_email"),
        (amount("eur", 49), "amount_too_small", "line_items"),
        (amount("gbp", 29), "amount_too_small", "line_items"),
        (amount("jpy", 49), "amount_too_small", "line_items"),
        (amount("eur", 100_000_000), "amount_too_large", "line_items"),
        (amount("kwd", 1005), "invalid_charge_amount", "line_items[0][price_data][unit_amount]"),
        (amount("isk", 50_050), "invalid_charge_amount", "line_items[0][price_data][unit_amount]"),
    ];
    for (body, code, param) in cases {
        let (status, error) = refusal(&shop, "POST", "checkout/sessions", &body).await;
        assert_eq!((status, &error["code"], &error["param"]), (400, &json!(code), &json!(param)), "{error}");
        assert_eq!(error["type"], "invalid_request_error");
    }
    for (currency, unit_amount) in [("gbp", 30), ("jpy", 50), ("kwd", 1000), ("isk", 50_000)] {
        shop.ok("POST", "checkout/sessions", &amount(currency, unit_amount)).await;
    }
    let (status, error) = refusal(&shop, "GET", "payment_intents/pi_nothing", "").await;
    assert_eq!((status, &error["code"]), (404, &json!("resource_missing")));
    let (status, error) = refusal(&shop, "GET", "subscriptions", "").await;
    assert_eq!((status, &error["type"]), (404, &json!("invalid_request_error")));
}

#[tokio::test]
async fn only_the_secret_key_opens_the_api() {
    let shop = Shop::open();
    let basic = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, format!("{SECRET_KEY}:"));
    for (authorization, status) in [
        (format!("Bearer {SECRET_KEY}"), 200),
        (format!("Basic {basic}"), 200),
        ("Bearer sk_test_other".to_owned(), 401),
        ("Bearer".to_owned(), 401),
    ] {
        let answer = shop.call("GET", "/v1/events", &[("authorization", &authorization)], "").await;
        assert_eq!(answer.status, status, "{authorization}");
        assert!(answer.header("request-id").unwrap().starts_with("req_"));
    }
    let answer = shop.call("GET", "/v1/events", &[], "").await;
    assert_eq!((answer.status, answer.json()["error"]["type"].clone()), (401, json!("invalid_request_error")));
}

#[tokio::test]
async fn a_once_key_gives_the_same_answer_again() {
    let shop = Shop::open();
    let bearer = format!("Bearer {SECRET_KEY}");
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", "b:pay_1:checkout:1")];
    let refused = shop.call("POST", "/v1/customers", &headers, "shiny=1").await;
    assert_eq!(refused.status, 400);
    let first = shop.call("POST", "/v1/customers", &headers, "name=Ada&email=ada%40example.com").await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (200, None));
    let again = shop.call("POST", "/v1/customers", &headers, "email=ada%40example.com&name=Ada").await;
    assert_eq!((again.status, &again.text), (200, &first.text));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.header("original-request"), first.header("request-id"));
    let other = shop.call("POST", "/v1/customers", &headers, "name=Eve").await;
    assert_eq!((other.status, other.json()["error"]["type"].clone()), (400, json!("idempotency_error")));
    assert_eq!(shop.ok("GET", "customers", "").await["data"].as_array().unwrap().len(), 1);

    shop.advance(24 * 60 * 60);
    let later = shop.call("POST", "/v1/customers", &headers, "name=Eve").await;
    assert_eq!((later.status, later.header("idempotent-replayed")), (200, None));
}

#[tokio::test]
async fn everything_outlives_a_restart() {
    let shop = Shop::open();
    let session = shop.session().await;
    assert_eq!(shop.pay_by_card(&session, "4242424242424242").await.status, 303);
    let before = shop.ok("GET", "events", "").await;
    let Shop { sandbox, clock, directory } = shop;
    drop(sandbox);
    let sandbox = Sandbox::open(config(&directory), clock.clone()).unwrap();
    let shop = Shop { sandbox, clock, directory };
    assert_eq!(shop.ok("GET", "events", "").await, before);
}

#[tokio::test]
async fn lists_have_cursors_and_filters() {
    let shop = Shop::open();
    for name in ["A", "B", "C", "D"] {
        shop.ok("POST", "customers", &format!("name={name}")).await;
        shop.advance(10);
    }
    let names = |list: &Value| -> String {
        list["data"].as_array().unwrap().iter().map(|customer| customer["name"].as_str().unwrap()).collect()
    };
    let first = shop.ok("GET", "customers?limit=3", "").await;
    assert_eq!((names(&first).as_str(), &first["has_more"]), ("DCB", &json!(true)));
    let last = first["data"][2]["id"].as_str().unwrap();
    let second = shop.ok("GET", &format!("customers?limit=3&starting_after={last}"), "").await;
    assert_eq!((names(&second).as_str(), &second["has_more"]), ("A", &json!(false)));
    let back = shop.ok("GET", &format!("customers?limit=1&ending_before={last}"), "").await;
    assert_eq!((names(&back).as_str(), &back["has_more"]), ("C", &json!(true)));

    let created = first["data"][2]["created"].as_i64().unwrap();
    let since = shop.ok("GET", &format!("events?created[gte]={created}&types[]=customer.created"), "").await;
    assert_eq!(since["data"].as_array().unwrap().len(), 3);
    let exact = shop.ok("GET", &format!("events?created={created}&type=customer.*"), "").await;
    assert_eq!(exact["data"].as_array().unwrap().len(), 1);
    let event = &exact["data"][0];
    assert_eq!(event["data"]["object"]["name"], "B");
    assert_eq!(event["api_version"], "2026-09-30.endive");
    assert_eq!(shop.ok("GET", &format!("events/{}", event["id"].as_str().unwrap()), "").await, *event);
    assert_eq!(shop.api("GET", "events?limit=101", "").await.status, 400);
    assert_eq!(shop.api("GET", "events?starting_after=evt_nothing", "").await.status, 400);
}

#[tokio::test]
async fn a_session_expires_by_request_and_by_the_clock() {
    let shop = Shop::open();
    let session = shop.session().await;
    let expired = shop.ok("POST", &format!("checkout/sessions/{session}/expire"), "").await;
    assert_eq!((&expired["status"], &expired["url"]), (&json!("expired"), &Value::Null));
    assert_eq!(shop.api("POST", &format!("checkout/sessions/{session}/expire"), "").await.status, 400);

    let other = shop.session().await;
    assert_eq!(shop.pay_by_card(&other, "4000000000000002").await.status, 402);
    shop.advance(24 * 60 * 60);
    assert_eq!(shop.sandbox.pending(), 2);
    assert_eq!(shop.sandbox.deliver_due().await, 2, "the expiry of each; the first finds its session gone");
    assert_eq!(shop.sandbox.pending(), 0);
    let other = shop.ok("GET", &format!("checkout/sessions/{other}?expand[]=payment_intent"), "").await;
    assert_eq!(other["status"], "expired");
    assert_eq!(other["payment_intent"]["status"], "canceled");
    let types = shop.event_types().await;
    assert_eq!(types.iter().filter(|kind| *kind == "checkout.session.expired").count(), 2);

    let soon = shop.clock.now().as_second() + 29 * 60;
    let (_, error) = refusal(&shop, "POST", "checkout/sessions", &format!("{SESSION}&expires_at={soon}")).await;
    assert_eq!(error["param"], "expires_at");
}

#[test]
fn amounts_are_shown_as_people_write_them() {
    let cases = [
        (12_050, "eur", "EUR\u{a0}120.50", "120,50\u{a0}EUR"),
        (123_456_789, "eur", "EUR\u{a0}1,234,567.89", "1\u{202f}234\u{202f}567,89\u{a0}EUR"),
        (5, "usd", "USD\u{a0}0.05", "0,05\u{a0}USD"),
        (1_500, "jpy", "JPY\u{a0}1,500", "1\u{202f}500\u{a0}JPY"),
        (50_000, "isk", "ISK\u{a0}500", "500\u{a0}ISK"),
        (1_250, "kwd", "KWD\u{a0}1.250", "1,250\u{a0}KWD"),
    ];
    for (amount, currency, english, french) in cases {
        assert_eq!(money::shown(amount, currency, false), english);
        assert_eq!(money::shown(amount, currency, true), french);
    }
}
