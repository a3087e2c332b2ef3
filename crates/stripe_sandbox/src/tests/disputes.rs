use serde_json::{Value, json};

use super::Shop;

/// The only dispute of the shop.
async fn dispute(shop: &Shop) -> Value {
    let found = shop.ok("GET", "disputes", "").await;
    assert_eq!(found["data"].as_array().unwrap().len(), 1);
    found["data"][0].clone()
}

fn path(dispute: &Value) -> String {
    format!("disputes/{}", dispute["id"].as_str().unwrap())
}

fn sum_of_movements(dispute: &Value) -> i64 {
    dispute["balance_transactions"].as_array().unwrap().iter().map(|movement| movement["net"].as_i64().unwrap()).sum()
}

#[tokio::test]
async fn a_chargeback_takes_the_money_and_a_fee() {
    for (number, reason) in [("4000000000000259", "fraudulent"), ("4000000000002685", "product_not_received")] {
        let shop = Shop::open();
        let charge = shop.charge(number).await;
        let dispute = dispute(&shop).await;
        assert_eq!((&dispute["status"], &dispute["reason"]), (&json!("needs_response"), &json!(reason)));
        assert_eq!((&dispute["amount"], &dispute["charge"]), (&json!(12_050), &charge["id"]));
        assert_eq!(sum_of_movements(&dispute), -12_050 - 1_500);
        assert_eq!(dispute["balance_transactions"][0]["reporting_category"], "dispute");
        assert!(dispute["evidence_details"]["due_by"].as_i64().unwrap() > shop.clock.now().as_second());
        assert_eq!(
            shop.events_after(3).await,
            ["checkout.session.completed", "charge.dispute.created", "charge.dispute.funds_withdrawn"]
        );
        let charge = shop.again("charges", &charge).await;
        assert_eq!((&charge["disputed"], &charge["amount_refunded"]), (&json!(true), &json!(0)));
        let refused = shop.api("POST", "refunds", &format!("charge={}", charge["id"].as_str().unwrap())).await;
        assert_eq!(refused.json()["error"]["code"], "charge_disputed");
        let by_intent = format!("disputes?payment_intent={}", charge["payment_intent"].as_str().unwrap());
        assert_eq!(shop.ok("GET", &by_intent, "").await["data"][0], dispute);
        assert!(shop.ok("GET", "disputes?charge=ch_other", "").await["data"].as_array().unwrap().is_empty());
    }
}

#[tokio::test]
async fn evidence_decides() {
    for (evidence, status, ending, net) in [
        ("winning_evidence", "won", vec!["charge.dispute.closed", "charge.dispute.funds_reinstated"], -1_500),
        ("losing_evidence", "lost", vec!["charge.dispute.closed"], -13_550),
    ] {
        let shop = Shop::open();
        shop.charge("4000000000000259").await;
        let opened = dispute(&shop).await;
        let before = shop.event_types().await.len();
        let staged = format!("evidence[uncategorized_text]={evidence}&submit=false");
        let staged = shop.ok("POST", &path(&opened), &staged).await;
        assert_eq!(
            (&staged["status"], &staged["evidence_details"]["has_evidence"]),
            (&json!("needs_response"), &json!(true))
        );
        let handed_in = shop.ok("POST", &path(&opened), "evidence[customer_name]=Ada&submit=true").await;
        assert_eq!(
            (&handed_in["status"], &handed_in["evidence_details"]["submission_count"]),
            (&json!("under_review"), &json!(1))
        );
        assert_eq!(handed_in["evidence"]["uncategorized_text"], evidence);
        assert_eq!(shop.api("POST", &path(&opened), "evidence[receipt]=file_1").await.status, 400);
        shop.advance(30);
        assert_eq!(shop.sandbox.deliver_due().await, 1);
        let decided = shop.again("disputes", &opened).await;
        assert_eq!((&decided["status"], sum_of_movements(&decided)), (&json!(status), net));
        let mut types = vec!["charge.dispute.updated", "charge.dispute.updated"];
        types.extend(ending);
        assert_eq!(shop.events_after(before).await, types);
    }
}

#[tokio::test]
async fn a_dispute_is_lost_by_giving_in_or_by_silence() {
    let shop = Shop::open();
    shop.charge("4000000000000259").await;
    let opened = dispute(&shop).await;
    let closed = shop.ok("POST", &format!("{}/close", path(&opened)), "").await;
    assert_eq!(closed["status"], "lost");
    assert_eq!(shop.api("POST", &format!("{}/close", path(&opened)), "").await.status, 400);

    let shop = Shop::open();
    shop.charge("4000000000000259").await;
    let opened = dispute(&shop).await;
    shop.advance(9 * 24 * 60 * 60);
    let late = shop.again("disputes", &opened).await;
    assert_eq!((&late["status"], &late["evidence_details"]["past_due"]), (&json!("lost"), &json!(true)));
    assert_eq!(shop.event_types().await.last().unwrap(), "charge.dispute.closed");
}

#[tokio::test]
async fn an_inquiry_moves_no_money_unless_it_escalates() {
    let shop = Shop::open();
    let charge = shop.charge("4000000000001976").await;
    let inquiry = dispute(&shop).await;
    assert_eq!((&inquiry["status"], &inquiry["balance_transactions"]), (&json!("warning_needs_response"), &json!([])));
    assert_eq!(inquiry["payment_method_details"]["card"]["case_type"], "inquiry");
    assert_eq!(shop.event_types().await.last().unwrap(), "charge.dispute.created");
    let refund = format!("charge={}", charge["id"].as_str().unwrap());
    shop.ok("POST", "refunds", &refund).await;
    assert_eq!(shop.again("disputes", &inquiry).await["status"], "warning_closed");

    let shop = Shop::open();
    shop.charge("4000000000001976").await;
    let inquiry = dispute(&shop).await;
    shop.ok("POST", &path(&inquiry), "evidence[uncategorized_text]=escalate_inquiry_evidence").await;
    let before = shop.event_types().await.len();
    shop.advance(30);
    let escalated = shop.again("disputes", &inquiry).await;
    assert_eq!((&escalated["status"], sum_of_movements(&escalated)), (&json!("needs_response"), -13_550));
    assert_eq!(shop.events_after(before).await, ["charge.dispute.updated", "charge.dispute.funds_withdrawn"]);
    let won = shop.control(&format!("/{}", path(&inquiry)), &json!({ "verdict": "won" })).await;
    assert_eq!((&won["status"], sum_of_movements(&won)), (&json!("won"), -1_500));

    let shop = Shop::open();
    shop.charge("4000000000001976").await;
    let inquiry = dispute(&shop).await;
    shop.advance(120 * 24 * 60 * 60);
    assert_eq!(shop.again("disputes", &inquiry).await["status"], "warning_closed");
}

#[tokio::test]
async fn a_debit_taken_back_is_lost_at_once() {
    for iban in ["DE35370400440532013002", "FR5720041010050500013M02608"] {
        let shop = Shop::open();
        let session = shop.session().await;
        assert_eq!(shop.pay_by_debit(&session, iban).await.status, 303);
        let before = shop.event_types().await.len();
        shop.advance(30);
        assert_eq!(shop.sandbox.deliver_due().await, 2, "the bank's answer, and its change of mind");
        let lost = dispute(&shop).await;
        assert_eq!((&lost["status"], &lost["reason"]), (&json!("lost"), &json!("debit_not_authorized")));
        assert_eq!(sum_of_movements(&lost), -13_550);
        assert_eq!(
            shop.events_after(before).await,
            [
                "charge.succeeded",
                "payment_intent.succeeded",
                "checkout.session.async_payment_succeeded",
                "charge.dispute.created",
                "charge.dispute.funds_withdrawn",
                "charge.dispute.closed",
            ]
        );
    }
}

#[tokio::test]
async fn a_dispute_can_come_by_hand_and_after_a_refund() {
    let shop = Shop::open();
    let charge = shop.charge("4242424242424242").await;
    shop.ok("POST", "refunds", &format!("charge={}&amount=2000", charge["id"].as_str().unwrap())).await;
    let asked = json!({ "charge": charge["id"], "reason": "product_unacceptable", "amount": 10_050 });
    let opened = shop.control("/disputes", &asked).await;
    assert_eq!((&opened["amount"], &opened["status"]), (&json!(10_050), &json!("needs_response")));
    let json = [("content-type", "application/json")];
    let twice = shop.call("POST", "/disputes", &json, &asked.to_string()).await;
    assert_eq!(twice.status, 400);
    let lost = shop.control(&format!("/{}", path(&opened)), &json!({ "verdict": "lost" })).await;
    assert_eq!(lost["status"], "lost");
}

#[tokio::test]
async fn a_dispute_can_move_and_be_decided_on_unevenly() {
    let amounts = |dispute: &Value, of: &str| -> Vec<i64> {
        let moves = dispute["balance_transactions"].as_array().unwrap();
        moves.iter().map(|moved| moved[of].as_i64().unwrap()).collect()
    };
    let shop = Shop::open();
    shop.charge("4000000000000259").await;
    let opened = dispute(&shop).await;
    let moved = shop.control(&format!("/{}/moves", path(&opened)), &json!({ "amount": -35 })).await;
    assert_eq!((&moved["status"], amounts(&moved, "amount")), (&json!("needs_response"), vec![-12_050, -35]));
    let back = json!({ "verdict": "won", "moves": [{ "amount": 12_050, "fee": -1_500 }] });
    let won = shop.control(&format!("/{}", path(&opened)), &back).await;
    assert_eq!((amounts(&won, "amount"), amounts(&won, "fee")), (vec![-12_050, -35, 12_050], vec![1_500, 0, -1_500]));

    let shop = Shop::open();
    shop.charge("4000000000000259").await;
    let opened = dispute(&shop).await;
    let before = shop.event_types().await.len();
    let part = json!({ "verdict": "lost", "amount": 4_000, "moves": [{ "amount": 8_050 }] });
    let lost = shop.control(&format!("/{}", path(&opened)), &part).await;
    assert_eq!((&lost["amount"], amounts(&lost, "amount")), (&json!(4_000), vec![-12_050, 8_050]));
    assert_eq!(shop.events_after(before).await, ["charge.dispute.closed", "charge.dispute.funds_reinstated"]);

    let shop = Shop::open();
    shop.charge("4000000000001976").await;
    let inquiry = dispute(&shop).await;
    let json = [("content-type", "application/json")];
    let body = json!({ "amount": -35 }).to_string();
    assert_eq!(shop.call("POST", &format!("/{}/moves", path(&inquiry)), &json, &body).await.status, 400);
}

#[tokio::test]
async fn warnings_and_reviews_are_told_of() {
    let shop = Shop::open();
    let charge = shop.charge("4000000000005423").await;
    assert_eq!(shop.event_types().await.last().unwrap(), "radar.early_fraud_warning.created");
    let by_charge = format!("radar/early_fraud_warnings?charge={}", charge["id"].as_str().unwrap());
    let warning = shop.ok("GET", &by_charge, "").await["data"][0].clone();
    assert_eq!((&warning["actionable"], &warning["payment_intent"]), (&json!(true), &charge["payment_intent"]));
    assert_eq!(shop.again("radar/early_fraud_warnings", &warning).await, warning);

    let review = shop.control("/reviews", &json!({ "charge": charge["id"] })).await;
    assert_eq!((&review["open"], &shop.again("charges", &charge).await["review"]), (&json!(true), &review["id"]));
    let closed = shop.ok("POST", &format!("reviews/{}/approve", review["id"].as_str().unwrap()), "").await;
    assert_eq!((&closed["open"], &closed["closed_reason"]), (&json!(false), &json!("approved")));
    assert_eq!(shop.event_types().await[5..], ["review.opened", "review.closed"]);
}
