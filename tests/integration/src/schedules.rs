//! Invoices that are due on several days.

use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testing::World;

async fn issue(world: &World, customer: &Value, number: &str, schedule: &Value) -> Value {
    world.ask(Method::POST, "/invoices", Some(draft(customer, number, schedule))).await
}

fn draft(customer: &Value, number: &str, schedule: &Value) -> Value {
    json!({
        "number": number, "customer": customer["id"], "currency": "EUR", "issued_on": "2026-03-01",
        "schedule": schedule, "lines": [{"description": "Kitchen", "quantity": "1", "unit_price": "100.00"}],
    })
}

fn parts() -> Value {
    json!([
        {"due_on": "2026-03-10", "amount": "40.00"},
        {"due_on": "2026-04-10", "amount": "35.00"},
        {"due_on": "2026-05-10", "amount": "25.00"},
    ])
}

/// The next due day, and what is open on each.
fn days(invoice: &Value) -> (String, Vec<String>) {
    let open = invoice["schedule"].as_array().unwrap().iter().map(|due| due["open"].as_str().unwrap().to_owned());
    (invoice["due_on"].as_str().unwrap().to_owned(), open.collect())
}

async fn pay(world: &World, invoice: &Value, amount: &str) {
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), amount).await;
    world.pay_hosted(pressed.location(), "4242424242424242").await;
    world.drain().await;
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_paid_covers_the_first_day_first() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    let invoice = issue(world, &customer, "F-1", &parts()).await;
    assert_eq!(days(&invoice), ("2026-03-10".to_owned(), ["40.00", "35.00", "25.00"].map(str::to_owned).to_vec()));
    let again = world.api(Method::POST, "/invoices", Some(draft(&customer, "F-1", &parts()))).await;
    assert_eq!(again.status, StatusCode::OK, "the same again: {}", again.text);
    let mut other = parts();
    other[0]["due_on"] = json!("2026-03-11");
    let other = world.api(Method::POST, "/invoices", Some(draft(&customer, "F-1", &other))).await;
    assert!(other.status == StatusCode::UNPROCESSABLE_ENTITY && other.text.contains("immutable"), "{}", other.text);

    pay(world, &invoice, "50.00").await;
    let now = world.invoice_now(&invoice).await;
    assert_eq!(days(&now), ("2026-04-10".to_owned(), ["0.00", "25.00", "25.00"].map(str::to_owned).to_vec()));
    assert_eq!((&now["status"], &now["overdue"]), (&json!("partly_paid"), &json!(false)));

    // Ageing, overdue and lists go by the days; the clock stands in March.
    world.advance(SignedDuration::from_hours(24 * 50));
    let now = world.invoice_now(&invoice).await;
    assert_eq!(now["overdue"], true, "{now:#}");
    let id = customer["id"].as_str().unwrap();
    let balance = world.ask(Method::GET, &format!("/customers/{id}/balance"), None).await;
    let euros = &balance["currencies"][0];
    assert_eq!((&euros["open"], &euros["overdue"]), (&json!("50.00"), &json!("25.00")), "{balance:#}");
    let due_before = async |day: &str| {
        let found = world.ask(Method::GET, &format!("/invoices?status=partly_paid&due_before={day}"), None).await;
        found["data"].as_array().unwrap().len()
    };
    assert_eq!((due_before("2026-04-10").await, due_before("2026-04-11").await), (0, 1));
    let items = world.ask(Method::GET, &format!("/customers/{id}/statement?kind=open_item"), None).await;
    let items: Vec<(&str, &str)> = items["statements"][0]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["due_on"].as_str().unwrap(), item["open"].as_str().unwrap()))
        .collect();
    assert_eq!(items, [("2026-04-10", "25.00"), ("2026-05-10", "25.00")]);
    let before = format!("/customers/{id}/statement?kind=open_item&as_of=2026-03-01");
    let before = world.ask(Method::GET, &before, None).await;
    assert_eq!(before["statements"].as_array().unwrap().len(), 1, "{before:#}");

    // Money that goes back opens the last covered day first.
    let payments = world.ask(Method::GET, &format!("/payments?customer={id}"), None).await;
    let payment = payments["data"][0]["id"].as_str().unwrap();
    let refund = json!({"amount": "15.00", "meaning": "reopens", "reason": "Scratched"});
    world.ask(Method::POST, &format!("/payments/{payment}/refunds"), Some(refund)).await;
    world.drain().await;
    world.verify().await;
    let now = world.invoice_now(&invoice).await;
    assert_eq!(days(&now), ("2026-03-10".to_owned(), ["5.00", "35.00", "25.00"].map(str::to_owned).to_vec()));
    pay(world, &invoice, "65.00").await;
    let now = world.invoice_now(&invoice).await;
    assert_eq!(days(&now), ("2026-05-10".to_owned(), ["0.00", "0.00", "0.00"].map(str::to_owned).to_vec()));
    assert_eq!(now["status"], "paid");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schedule_that_is_none_is_refused_at_its_field() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut draft = draft(&customer, "F-1", &parts());
        change(&mut draft);
        draft
    };
    for (draft, code, field) in [
        (with(&|draft| draft["schedule"] = json!([])), "due_day_count", "schedule"),
        (
            with(&|draft| draft["schedule"][1]["due_on"] = json!("2026-03-10")),
            "due_days_not_ascending",
            "schedule[1].due_on",
        ),
        (with(&|draft| draft["schedule"][2]["amount"] = json!("25.01")), "schedule_total", "schedule"),
        (with(&|draft| draft["schedule"][2]["amount"] = json!("0.00")), "due_amount", "schedule[2].amount"),
        (with(&|draft| draft["schedule"][0]["due_on"] = json!("2026-02-28")), "due_before_issue", "schedule[0].due_on"),
        (with(&|draft| draft["schedule"][2]["amount"] = json!("25.001")), ":invalid", "schedule[2].amount"),
        (with(&|draft| draft["schedule"][0]["due_on"] = json!("10 March")), ":invalid", "schedule[0].due_on"),
        (with(&|draft| draft["due_on"] = json!("2026-04-10")), ":invalid", "due_on"),
        (with(&|draft| draft["schedule"] = Value::Null), ":invalid", "due_on"),
    ] {
        let answer = world.api(Method::POST, "/invoices", Some(draft.clone())).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{draft}: {}", answer.text);
        assert!(answer.text.contains(code) && answer.text.contains(field), "{code} at {field}: {}", answer.text);
    }
    let good = with(&|draft| draft["due_on"] = json!("2026-05-10"));
    world.ask(Method::POST, "/invoices", Some(good)).await;
    world.verify().await;
}
