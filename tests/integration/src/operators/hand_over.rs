//! A payment that was put on the wrong account.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testing::World;

use super::{CARD, agreed, done, id, list, open, paid, refused};

/// The kinds of an account's ledger entries, and what its money stands at.
async fn told(world: &World, customer: &Value) -> (Vec<String>, String, String) {
    let statement = world.ask(Method::GET, &format!("/customers/{}/statement", id(customer)), None).await;
    let euro = &statement["statements"][0];
    let kinds = euro["lines"].as_array().unwrap().iter().map(|line| line["kind"].as_str().unwrap().to_owned());
    let amount = |name: &str| euro[name].as_str().unwrap().to_owned();
    (kinds.collect(), amount("open"), amount("unapplied"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_on_the_wrong_account_is_handed_to_the_right_one() {
    let world = &World::new().await;
    let (wrong, right) = (world.customer("en").await, world.customer("fr").await);
    let (theirs, invoice) = (world.invoice(&wrong, "EUR", "50.00").await, world.invoice(&right, "EUR", "30.00").await);
    world.stripe_control("/foreign_charge", &json!({"amount": 4200, "currency": "eur"})).await;
    agreed(world).await;
    let money = list(world, "/unidentified").await;
    let mistaken = json!({"customer": wrong["id"], "reason": "The same name"});
    let payment = done(world, &format!("/unidentified/{}/apply", id(&money[0])), &mistaken).await;
    assert_eq!(open(world, &theirs).await, "8.00", "it covers what is due");

    // The receipt, which leads to the page of the payment.
    let mails = world.mails().await;
    let receipt = mails.iter().find(|mail| mail["to"] == json!([wrong["email"]])).expect("a receipt");
    let page = receipt["text"].as_str().unwrap().split_whitespace().find(|word| word.contains("?key=")).unwrap();
    assert_eq!(world.get(page).await.status, StatusCode::OK);

    let path = format!("/payments/{}/hand-over", id(&payment));
    let over = json!({"customer": right["external_id"], "reason": "Another of that name"});
    refused(world, &path, &over, "still_allocated", None).await;
    let back = json!({"invoice": theirs["id"], "reason": "Not theirs"});
    done(world, &format!("/payments/{}/unapply", id(&payment)), &back).await;
    refused(world, &path, &json!({"customer": wrong["id"], "reason": "No"}), "same_customer", Some("customer")).await;
    refused(world, &path, &json!({"customer": "C-nobody", "reason": "No"}), "invalid", Some("customer")).await;
    refused(world, &path, &json!({"customer": right["id"]}), "invalid", Some("reason")).await;
    let own = paid(world, &right, &world.invoice(&right, "EUR", "5.00").await, CARD).await;
    let elsewhere = json!({"customer": wrong["id"], "reason": "No"});
    refused(world, &format!("/payments/{}/hand-over", id(&own)), &elsewhere, "paid_here", None).await;

    // Asked twice under one key, as after an answer that was lost.
    let key = [("idempotency-key", "over-1")];
    let first = world.api_with(Method::POST, &path, Some(over.clone()), &key).await;
    let again = world.api_with(Method::POST, &path, Some(over.clone()), &key).await;
    assert_eq!((first.status, &first.text), (StatusCode::OK, &again.text), "{}", first.text);
    agreed(world).await;
    let handed = first.json();
    assert_eq!((&handed["customer"], &handed["unapplied"]["amount"]), (&right["id"], &json!("42.00")));
    assert_eq!(handed["allocations"], json!([]), "nobody learns of the other's invoices");
    assert_eq!(world.get(page).await.status, StatusCode::NOT_FOUND, "the receipt leads nowhere any more");
    refused(world, &path, &over, "same_customer", Some("customer")).await;
    let (kinds, owed, unapplied) = told(world, &wrong).await;
    assert_eq!(kinds, ["invoice_issued", "payment_applied", "cash_moved", "cash_moved", "payment_handed_over"]);
    assert_eq!((owed.as_str(), unapplied.as_str()), ("50.00", "0.00"));
    let (kinds, owed, unapplied) = told(world, &right).await;
    assert_eq!(kinds.last().unwrap(), "payment_handed_over");
    assert_eq!((owed.as_str(), unapplied.as_str()), ("30.00", "42.00"));
    assert!(list(world, &format!("/payments?customer={}", id(&wrong))).await.is_empty());
    let waiting = list(world, "/unapplied").await;
    assert_eq!((waiting.len(), &waiting[0]["customer"]), (1, &right["id"]));
    assert_eq!(waiting[0]["proposals"][0]["invoice"], invoice["id"]);
    let audit = list(world, "/audit?limit=100").await;
    let record = audit.iter().find(|record| record["reason"] == "Another of that name").expect("a record");
    let whose = record["differences"].as_array().unwrap().iter().find(|one| one["field"] == "customer").unwrap();
    assert_eq!((&whose["before"], &whose["after"]), (&wrong["id"], &right["id"]));

    // From now on it is a payment of the right account like any other: applied, and reopened when it goes back.
    let part = json!({"allocations": [{"invoice": invoice["id"], "amount": "30.00"}], "reason": "Theirs"});
    done(world, &format!("/payments/{}/apply", id(&payment)), &part).await;
    assert_eq!(open(world, &invoice).await, "0.00");
    let chosen = json!({"provider_refunds": "reopens", "reason": "Nothing came back"});
    world.ask(Method::PATCH, "/business", Some(chosen)).await;
    let intent = payment["provider"]["intent"].as_str().unwrap();
    world.stripe_post("/refunds", &format!("payment_intent={intent}")).await;
    agreed(world).await;
    assert_eq!((open(world, &invoice).await, open(world, &theirs).await), ("30.00".to_owned(), "50.00".to_owned()));
    refused(world, &path, &elsewhere, "nothing_unapplied", None).await;
    let journal = world.api(Method::GET, "/exports/journal?format=csv", None).await;
    assert!(
        !journal.text.contains("payment_handed_over"),
        "what customers have with us is one account: {}",
        journal.text
    );
}
