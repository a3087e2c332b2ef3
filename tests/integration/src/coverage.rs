//! Proofs of coverage: lists that must be whole.

use reqwest::{Method, StatusCode};
use serde_json::Value;
use testing::World;

/// Routes of the API that anyone may ask.
const OPEN: &[&str] = &["/api/v1/openapi.json", "/api/docs", "/healthz"];

/// The portal's routes that show an account, each with what it needs.
const SIGNED_IN: &[&str] = &["/", "/statement", "/statement.csv", "/invoices"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_of_the_api_asks_who_is_there() {
    let world = World::new().await;
    let document = world.get("/api/v1/openapi.json").await.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut asked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            let method: Method = method.to_uppercase().parse().unwrap();
            let concrete = path.replace("{id}", "inv_01JD8Z0000ABCDEFGHJKMNPQRS");
            let json_type = [("content-type", "application/json")];
            let body = (method == Method::POST).then(|| b"{}".to_vec());
            let answer = world.send(method.clone(), &concrete, &json_type, body).await;
            if OPEN.contains(&path.as_str()) {
                assert_eq!(answer.status, StatusCode::OK, "{path}");
            } else {
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
                asked += 1;
            }
        }
    }
    assert!(asked >= 15, "{asked} routes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_of_an_account_asks_who_is_there() {
    let world = World::new().await;
    for path in SIGNED_IN {
        let answer = world.get(path).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/sign-in"), "{path}");
    }
    let invoice = world.get("/invoices/inv_01JD8Z0000ABCDEFGHJKMNPQRS").await;
    assert!([StatusCode::SEE_OTHER, StatusCode::NOT_FOUND].contains(&invoice.status));
    let nowhere = world.get("/nowhere").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_statement_says_the_same_as_json_page_and_file() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "120.00").await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "45.00").await;
    world.pay_hosted(pressed.location(), "4242424242424242").await;
    world.drain().await;
    let id = customer["id"].as_str().unwrap();
    let statement = world.ask(Method::GET, &format!("/customers/{id}/statement"), None).await;
    let text = statement.to_string();
    for amount in ["120.00", "-45.00", "75.00"] {
        assert!(text.contains(&format!("\"{amount}\"")), "{amount} in {statement:#}");
    }
    let world = &world;
    let balance: Value = world.ask(Method::GET, &format!("/customers/{id}/balance"), None).await;
    assert_eq!(balance["currencies"][0]["open"], "75.00");
    let ageing: Vec<&str> = balance["currencies"][0]["ageing"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bucket| bucket["amount"].as_str().unwrap())
        .collect();
    assert_eq!(ageing.iter().filter(|amount| **amount == "75.00").count(), 1, "{ageing:?}");
}
