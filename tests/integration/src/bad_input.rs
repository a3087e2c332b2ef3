//! Bad input gets a clear error that names the field and what was expected, the right status, and nothing half-done.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testing::World;

fn invoice(customer: &Value) -> Value {
    json!({
        "number": "F-1", "customer": customer["id"], "currency": "EUR", "issued_on": "2026-03-02", "due_on": "2026-04-01",
        "lines": [{"description": "Work", "quantity": "1", "unit_price": "100.00", "tax_rate": "20"}],
    })
}

fn with(mut body: Value, path: &str, value: Value) -> Value {
    *body.pointer_mut(path).unwrap_or_else(|| panic!("no {path}")) = value;
    body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invoice_that_cannot_be_is_refused_by_its_field() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let good = invoice(&customer);
    let mut unknown = good.clone();
    unknown["colour"] = json!("blue");
    let mut missing = good.clone();
    missing.as_object_mut().unwrap().remove("due_on");
    let cases = [
        (with(good.clone(), "/currency", json!("XAU")), "currency"),
        (with(good.clone(), "/currency", json!("euro")), "currency"),
        (with(good.clone(), "/lines/0/unit_price", json!("-1.00")), "lines[0].unit_price"),
        (with(good.clone(), "/lines/0/unit_price", json!("1.005")), "lines[0].unit_price"),
        (with(good.clone(), "/lines/0/unit_price", json!(100)), "lines[0].unit_price"),
        (with(good.clone(), "/lines/0/quantity", json!("0")), "lines[0].quantity"),
        (with(good.clone(), "/lines/0/tax_rate", json!("101")), "lines[0].tax_rate"),
        (with(good.clone(), "/lines", json!([])), "lines"),
        (with(good.clone(), "/due_on", json!("2026-03-01")), "due_on"),
        (with(good.clone(), "/due_on", json!("01/04/2026")), "due_on"),
        (with(good.clone(), "/number", json!("")), "number"),
        (unknown, "colour"),
        (missing, "due_on"),
    ];
    for (body, field) in cases {
        let answer = world.api(Method::POST, "/invoices", Some(body.clone())).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}: {} for {body}", answer.text);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        let problem = answer.json();
        let fields: Vec<&str> =
            problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
        assert!(fields.contains(&field), "{field} is not among {fields:?}: {}", answer.text);
        assert!(problem["errors"][0]["message"].as_str().unwrap().contains("expected"), "{}", answer.text);
    }
    let none = world.ask(Method::GET, "/invoices", None).await;
    assert_eq!(none["data"], json!([]), "nothing was half-done");
    world.drain().await;
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_request_of_the_api_has_its_status() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let body = invoice(&customer).to_string();
    let bearer = ("authorization", "Bearer gk_test_kit_of_the_worlds");
    let json_type = ("content-type", "application/json");
    let post = |headers: Vec<(&'static str, &'static str)>, body: String| {
        let world = &world;
        async move { world.send(Method::POST, "/api/v1/invoices", &headers, Some(body.into_bytes())).await.status }
    };
    assert_eq!(post(vec![json_type], body.clone()).await, StatusCode::UNAUTHORIZED);
    assert_eq!(
        post(vec![json_type, ("authorization", "Bearer gk_wrong")], body.clone()).await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(post(vec![bearer, json_type], "{\"number\":".to_owned()).await, StatusCode::BAD_REQUEST);
    assert_eq!(
        post(vec![bearer, ("content-type", "text/plain")], body.clone()).await,
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    let large = format!("{{\"number\":\"{}\"}}", "x".repeat(256 * 1024));
    assert_eq!(post(vec![bearer, json_type], large).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(world.api(Method::GET, "/nothing", None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.api(Method::DELETE, "/invoices", None).await.status, StatusCode::METHOD_NOT_ALLOWED);
    let missing = world.api(Method::GET, "/invoices/inv_01JD8Z0000ABCDEFGHJKMNPQRS", None).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let nobody = with(invoice(&customer), "/customer", json!("C-nobody"));
    let nobody = world.api(Method::POST, "/invoices", Some(nobody)).await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", nobody.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_told_again_changes_nothing_and_another_is_refused() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let body = invoice(&customer);
    let first = world.api(Method::POST, "/invoices", Some(body.clone())).await;
    let again = world.api(Method::POST, "/invoices", Some(body.clone())).await;
    assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::OK));
    assert_eq!(first.json(), again.json());
    let other = with(body.clone(), "/lines/0/unit_price", json!("99.00"));
    let other = world.api(Method::POST, "/invoices", Some(other)).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "an issued invoice is immutable: {}", other.text);

    let key = [("idempotency-key", "key-1")];
    let body = with(body, "/number", json!("F-2"));
    let one = world.api_with(Method::POST, "/invoices", Some(body.clone()), &key).await;
    let two = world.api_with(Method::POST, "/invoices", Some(body.clone()), &key).await;
    assert_eq!((one.status, &one.text), (two.status, &two.text), "the same key answers the same");
    let changed = with(body, "/number", json!("F-3"));
    let changed = world.api_with(Method::POST, "/invoices", Some(changed), &key).await;
    assert_eq!(changed.status, StatusCode::UNPROCESSABLE_ENTITY, "the same key with another body is refused");
    world.drain().await;
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_that_has_become_untrue_is_not_remembered() {
    let world = World::new().await;
    let early = invoice(&json!({"id": "C-of-tomorrow"}));
    let malformed = with(early.clone(), "/currency", json!("EURO"));
    let post = async |body: &Value, key: &str| {
        world.api_with(Method::POST, "/invoices", Some(body.clone()), &[("idempotency-key", key)]).await
    };
    let (unknown, wrong) = (post(&early, "early").await, post(&malformed, "malformed").await);
    assert_eq!((unknown.status.as_u16(), wrong.status.as_u16()), (422, 422), "{} {}", unknown.text, wrong.text);

    let customer = json!({"external_id": "C-of-tomorrow", "name": "Tomorrow"});
    world.ask(Method::POST, "/customers", Some(customer)).await;
    let known = post(&early, "early").await;
    assert_eq!(known.status, StatusCode::CREATED, "{}", known.text);
    assert_eq!(post(&early, "early").await.header("idempotent-replayed"), Some("true"));
    // What is malformed stays so, whatever the books say.
    let again = post(&malformed, "malformed").await;
    assert_eq!((again.status, &again.text), (wrong.status, &wrong.text));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_amount_that_cannot_be_paid_is_said_at_the_field_and_what_was_typed_is_kept() {
    let world = World::new().await;
    for (locale, currency) in [("en", "EUR"), ("fr", "EUR"), ("fr-CA", "CAD")] {
        let customer = world.customer(locale).await;
        let invoice = world.invoice(&customer, currency, "100.00").await;
        let pay_url = invoice["pay_url"].as_str().unwrap();
        for typed in ["", "abc", "-5", "0", "0.01", "100.01", "99.80", "12.345", "1e3", "999999999999999999999"] {
            let answer = world.press_pay(pay_url, typed).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed:?}: {}", answer.text);
            assert!(answer.text.contains("aria-invalid=\"true\""), "{typed:?}");
            assert_eq!(answer.field("amount"), typed, "what was typed is kept");
        }
        assert_eq!(world.invoice_now(&invoice).await["status"], "open");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_that_open_nothing_show_one_and_the_same_page() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "100.00").await;
    let id = invoice["id"].clone();
    let link = async |expires_on: Option<&str>| {
        let mut body = json!({"invoices": [id]});
        if let Some(day) = expires_on {
            body["expires_on"] = json!(day);
        }
        world.ask(Method::POST, "/pay-links", Some(body)).await
    };
    let (expired, revoked) = (link(Some("2026-03-03")).await, link(None).await);
    let revoked_id = revoked["id"].as_str().unwrap();
    assert_eq!(world.get(revoked["url"].as_str().unwrap()).await.status, StatusCode::OK);
    world.ask(Method::POST, &format!("/pay-links/{revoked_id}/revoke"), Some(json!({}))).await;
    world.advance(jiff::SignedDuration::from_hours(48));
    let unknown = format!("/p/{}", "A".repeat(43));
    let mut pages = Vec::new();
    for url in [unknown.as_str(), expired["url"].as_str().unwrap(), revoked["url"].as_str().unwrap(), "/p/x"] {
        let page = world.get(url).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{url}");
        assert!(page.text.contains("action=\"/sign-in\""), "a new link can be asked for");
        pages.push(page.text.replace(url.trim_start_matches(&world.local.origin), ""));
    }
    assert!(pages.windows(2).all(|pair| pair[0] == pair[1]), "one and the same page");
    assert_eq!(
        world.get(invoice["pay_url"].as_str().unwrap()).await.status,
        StatusCode::OK,
        "the first link still opens"
    );
}
