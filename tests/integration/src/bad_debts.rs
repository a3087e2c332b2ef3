//! Bad debts: written off by a key that has the permission, in an account of their own, and recovered as far as money comes.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use store::ApiKey;
use testing::World;

fn id(of: &Value) -> &str {
    of["id"].as_str().unwrap()
}

async fn agreed(world: &World) {
    world.drain().await;
    world.verify().await;
}

async fn journal(world: &World) -> Vec<(String, String)> {
    let read = world.ask(Method::GET, "/exports/journal?from=2026-03-01&to=2026-03-31", None).await;
    let lines = read["lines"].as_array().unwrap().iter();
    lines
        .filter(|line| line["account"] == "bad_debts" || line["account"] == "written_off")
        .map(|line| (line["account"].as_str().unwrap().to_owned(), line["amount"].as_str().unwrap().to_owned()))
        .collect()
}

/// A transfer by bank for an invoice.
async fn transfer(world: &World, invoice: &Value, amount: i64) {
    let metadata = json!({"guichet_invoice": invoice["number"]});
    let sent = json!({"amount": amount, "currency": "eur", "funded": amount, "metadata": metadata});
    world.stripe_control("/bank_transfers", &sent).await;
    agreed(world).await;
}

async fn ask(world: &World, path: &str, body: &Value) -> (StatusCode, Value) {
    let answer = world.api(Method::POST, path, Some(body.clone())).await;
    (answer.status, answer.json())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn a_bad_debt_needs_its_permission_and_has_its_account_and_is_recovered() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "500.00").await;
    let path = format!("/invoices/{}/write-off", id(&invoice));
    let bad = json!({"kind": "bad_debt", "reason": "Insolvent"});

    // A key without the permission.
    let (secret, key) = ("gk_without_any_permission", world.local.state.ids.key_id(world.now()));
    let key =
        ApiKey { id: key, business: world.local.business.clone(), name: "till".to_owned(), permissions: [].into() };
    let store = &world.local.state.context.store;
    assert!(store.put_key(&operations::Links::hash(secret), &key).await.unwrap());
    let bearer = format!("Bearer {secret}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let refused =
        world.send(Method::POST, &format!("/api/v1{path}"), &headers, Some(bad.to_string().into_bytes())).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    let problem = refused.json();
    assert_eq!(problem["type"], "urn:guichet:problem:not_permitted");
    assert!(problem["detail"].as_str().unwrap().contains("the permission bad_debts"), "{problem:#}");
    let rest = json!({"reason": "Too small"}).to_string().into_bytes();
    let small = world.send(Method::POST, &format!("/api/v1{path}"), &headers, Some(rest)).await;
    assert_eq!(small.json()["type"], "urn:guichet:problem:more_than_tolerated", "a rest needs no permission");

    for (body, code, field) in [
        (json!({"kind": "bad_debt"}), "invalid", Some("reason")),
        (json!({"kind": "gone", "reason": "Insolvent"}), "invalid", Some("kind")),
        (json!({"amount": "1.00", "reason": "Insolvent"}), "invalid", Some("amount")),
        (json!({"kind": "bad_debt", "amount": "500.01", "reason": "Insolvent"}), "more_than_open", Some("amount")),
        (json!({"kind": "bad_debt", "amount": "1.001", "reason": "Insolvent"}), "invalid", Some("amount")),
        (json!({"kind": "rest", "reason": "Insolvent"}), "more_than_tolerated", None),
    ] {
        let (status, problem) = ask(world, &path, &body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {problem:#}");
        assert_eq!(problem["type"], format!("urn:guichet:problem:{code}"), "{body}");
        assert_eq!(problem["errors"][0]["field"].as_str(), field, "{body}");
    }

    let part = json!({"kind": "bad_debt", "amount": "200.00", "reason": "A dividend of 60 % is expected"});
    let (_, off) = ask(world, &path, &part).await;
    assert_eq!((&off["status"], &off["open"]["amount"]), (&json!("open"), &json!("300.00")));
    let (_, off) = ask(world, &path, &bad).await;
    assert_eq!((&off["status"], &off["open"]["amount"]), (&json!("written_off"), &json!("0.00")));
    assert_eq!((&off["written_off"]["amount"], &off["bad_debt"]["amount"]), (&json!("500.00"), &json!("500.00")));
    agreed(world).await;
    let listed = world.ask(Method::GET, "/invoices?status=written_off", None).await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    let paid = world.ask(Method::GET, "/invoices?status=paid", None).await;
    assert!(paid["data"].as_array().unwrap().is_empty());
    let page = world.get(invoice["pay_url"].as_str().unwrap()).await;
    assert!(page.text.contains("Written off") && !page.text.contains("is paid"), "{}", page.text);
    let debit = |amount: &str| ("bad_debts".to_owned(), amount.to_owned());
    assert_eq!(journal(world).await, [debit("200.00"), debit("300.00")]);

    // A dividend of the insolvency arrives.
    transfer(world, &invoice, 12_000).await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "written_off", "it waits on the account, for a person");
    assert_eq!(world.ask(Method::GET, "/unapplied", None).await["data"][0]["amount"]["amount"], "120.00");
    let back = json!({"amount": "120.00", "reason": "A dividend of the insolvency"});
    let (status, recovered) = ask(world, &format!("{path}/take-back"), &back).await;
    assert_eq!(status, StatusCode::OK, "{recovered:#}");
    assert_eq!((&recovered["open"]["amount"], &recovered["bad_debt"]["amount"]), (&json!("120.00"), &json!("380.00")));
    agreed(world).await;
    let now = world.invoice_now(&invoice).await;
    assert_eq!(
        (&now["status"], &now["open"]["amount"]),
        (&json!("written_off"), &json!("0.00")),
        "the money covers it"
    );
    assert!(world.ask(Method::GET, "/unapplied", None).await["data"].as_array().unwrap().is_empty());
    assert_eq!(journal(world).await, [debit("200.00"), debit("300.00"), debit("-120.00")]);
    let (_, problem) = ask(world, &format!("{path}/take-back"), &json!({"amount": "380.01", "reason": "x"})).await;
    assert_eq!(problem["type"], "urn:guichet:problem:more_than_written_off");
    assert_eq!(problem["errors"][0]["field"], "amount");

    let statement = world.ask(Method::GET, &format!("/customers/{}/statement", id(&customer)), None).await;
    let kinds: Vec<&str> = statement["statements"][0]["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "invoice_issued",
            "bad_debt_written_off",
            "bad_debt_written_off",
            "write_off_reversed",
            "payment_applied",
            "cash_moved"
        ]
    );
    let audit = world.ask(Method::GET, "/audit?limit=100", None).await.to_string();
    assert!(audit.contains("bad_debt") && audit.contains("Insolvent"), "the audit says it");
}
