//! What operators do through the API: credit notes, money that is moved, identified and written off, reviews that are closed.
//! Each act has its reason, each refusal its code and place, and the books agree after each.

mod hand_over;

use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testing::{Answer, World};

async fn post(world: &World, path: &str, body: &Value) -> Answer {
    world.api(Method::POST, path, Some(body.clone())).await
}

/// Does something, and proves the books.
async fn done(world: &World, path: &str, body: &Value) -> Value {
    let answer = post(world, path, body).await;
    assert!(answer.status.is_success(), "{path}: {} {}", answer.status, answer.text);
    agreed(world).await;
    answer.json()
}

/// Is refused something by the books or at the door, at a field or at none, and the books are as they were.
async fn refused(world: &World, path: &str, body: &Value, code: &str, field: Option<&str>) {
    let answer = post(world, path, body).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {}", answer.text);
    let problem = answer.json();
    assert_eq!(problem["type"], format!("urn:guichet:problem:{code}"), "{path}: {problem:#}");
    assert_eq!(problem["errors"][0]["field"].as_str(), field, "{path}: {problem:#}");
    agreed(world).await;
}

async fn not_found(world: &World, path: &str, body: &Value) {
    let answer = post(world, path, body).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}: {}", answer.text);
}

async fn agreed(world: &World) {
    world.drain().await;
    world.verify().await;
}

async fn list(world: &World, path: &str) -> Vec<Value> {
    world.ask(Method::GET, path, None).await["data"].as_array().unwrap().clone()
}

fn id(of: &Value) -> &str {
    of["id"].as_str().unwrap()
}

async fn open(world: &World, invoice: &Value) -> String {
    world.invoice_now(invoice).await["open"]["amount"].as_str().unwrap().to_owned()
}

/// A payment of the whole of an invoice, from its link.
async fn paid(world: &World, customer: &Value, invoice: &Value, number: &str) -> Value {
    let amount = invoice["total"]["amount"].as_str().unwrap();
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), amount).await;
    world.pay_hosted(pressed.location(), number).await;
    world.drain().await;
    list(world, &format!("/payments?customer={}", id(customer))).await[0].clone()
}

const CARD: &str = "4242424242424242";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_is_taken_back_moved_and_applied_again() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    let (first, second) =
        (world.invoice(&customer, "EUR", "100.00").await, world.invoice(&customer, "EUR", "60.00").await);
    let payment = paid(world, &customer, &first, CARD).await;
    let path = |act: &str| format!("/payments/{}/{act}", id(&payment));

    let back = json!({"invoice": first["number"], "amount": "40.00", "reason": "Meant for another"});
    let now = done(world, &path("unapply"), &back).await;
    assert_eq!((&now["unapplied"]["amount"], &now["allocations"][0]["applied"]), (&json!("40.00"), &json!("60.00")));
    assert_eq!(open(world, &first).await, "40.00");
    let unapplied = list(world, "/unapplied").await;
    assert_eq!(
        unapplied,
        [json!({
            "id": payment["id"], "payment": payment["id"], "customer": customer["id"], "reason": "unapplied",
            "amount": {"amount": "40.00", "currency": "EUR"},
            "proposals": [{"invoice": second["id"], "number": second["number"], "amount": "40.00"}],
        })],
        "what an operator has taken back is not proposed again"
    );
    let moved =
        json!({"from": first["id"], "to": second["number"], "amount": "10.00", "reason": "As the customer wrote"});
    done(world, &path("move"), &moved).await;
    assert_eq!((open(world, &first).await, open(world, &second).await), ("50.00".to_owned(), "50.00".to_owned()));

    let apply = json!({"allocations": [{"invoice": second["number"], "amount": "40.00"}], "reason": "As proposed"});
    let key = [("idempotency-key", "apply-1")];
    let one = world.api_with(Method::POST, &path("apply"), Some(apply.clone()), &key).await;
    let two = world.api_with(Method::POST, &path("apply"), Some(apply.clone()), &key).await;
    assert_eq!((one.status, &one.text), (StatusCode::OK, &two.text));
    assert_eq!(two.header("idempotent-replayed"), Some("true"));
    agreed(world).await;
    assert_eq!(open(world, &second).await, "10.00");
    assert!(list(world, "/unapplied").await.is_empty());
    refused(world, &path("apply"), &apply, "more_than_unapplied", Some("allocations[0].amount")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_moved_is_refused_at_its_place() {
    let world = &World::new().await;
    let (customer, other) = (world.customer("en").await, world.customer("en").await);
    let (first, second) =
        (world.invoice(&customer, "EUR", "100.00").await, world.invoice(&customer, "EUR", "60.00").await);
    let (theirs, dollars) =
        (world.invoice(&other, "EUR", "60.00").await, world.invoice(&customer, "USD", "60.00").await);
    let payment = paid(world, &customer, &first, CARD).await;
    let path = |act: &str| format!("/payments/{}/{act}", id(&payment));
    let apply = |invoice: &Value, amount: &str| json!({"allocations": [{"invoice": invoice["id"], "amount": amount}], "reason": "Because"});
    let back = json!({"invoice": first["id"], "amount": "70.00", "reason": "Because"});
    done(world, &path("unapply"), &back).await;

    let (invoice, amount) = (Some("allocations[0].invoice"), Some("allocations[0].amount"));
    refused(world, &path("apply"), &apply(&second, "60.01"), "more_than_open", amount).await;
    refused(world, &path("apply"), &apply(&second, "70.01"), "more_than_unapplied", amount).await;
    refused(world, &path("apply"), &apply(&second, "1.005"), "invalid", amount).await;
    refused(world, &path("apply"), &apply(&theirs, "1.00"), "other_customer", invoice).await;
    refused(world, &path("apply"), &apply(&dollars, "1.00"), "other_currency", invoice).await;
    refused(world, &path("apply"), &apply(&json!({"id": "F-99"}), "1.00"), "invalid", invoice).await;
    let nobodys = json!({"id": "inv_01JD8Z0000ABCDEFGHJKMNPQRS"});
    refused(world, &path("apply"), &apply(&nobodys, "1.00"), "invalid", invoice).await;
    let nothing = json!({"allocations": [], "reason": "Because"});
    refused(world, &path("apply"), &nothing, "invalid", Some("allocations")).await;
    for reason in ["", " ", "two\nlines", &"x".repeat(201)] {
        let body = json!({"invoice": first["id"], "reason": reason});
        refused(world, &path("unapply"), &body, "invalid", Some("reason")).await;
    }
    refused(world, &path("unapply"), &json!({"invoice": first["id"]}), "invalid", Some("reason")).await;
    let body = |invoice: &Value, amount: &str| json!({"invoice": invoice["id"], "amount": amount, "reason": "Because"});
    refused(world, &path("unapply"), &body(&first, "30.01"), "more_than_applied", Some("amount")).await;
    refused(world, &path("unapply"), &body(&second, "1.00"), "not_allocated", Some("invoice")).await;
    let body = |from: &Value, to: &Value, amount: &str| json!({"from": from["id"], "to": to["id"], "amount": amount, "reason": "Because"});
    refused(world, &path("move"), &body(&second, &first, "1.00"), "not_allocated", Some("from")).await;
    refused(world, &path("move"), &body(&first, &theirs, "1.00"), "other_customer", Some("to")).await;
    refused(world, &path("move"), &body(&first, &dollars, "1.00"), "other_currency", Some("to")).await;
    refused(world, &path("move"), &body(&first, &nobodys, "1.00"), "invalid", Some("to")).await;
    not_found(world, "/payments/pay_01JD8Z0000ABCDEFGHJKMNPQRS/apply", &apply(&second, "1.00")).await;
    not_found(world, "/payments/F-1/move", &body(&first, &second, "1.00")).await;
    let begun = world.ask(
        Method::POST,
        "/payments",
        Some(json!({"customer": customer["id"], "currency": "EUR", "allocations": [{"invoice": second["id"], "amount": "60.00"}]})),
    );
    let begun = format!("/payments/{}/apply", id(&begun.await));
    refused(world, &begun, &apply(&second, "1.00"), "nothing_received", None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credit_note_is_issued_once_applied_and_taken_back() {
    let world = &World::new().await;
    let (customer, other) = (world.customer("en").await, world.customer("en").await);
    let (invoice, theirs) =
        (world.invoice(&customer, "EUR", "50.00").await, world.invoice(&other, "EUR", "9.00").await);
    let draft = |number: &str, amount: &str, part: &str| {
        json!({
            "number": number, "customer": customer["external_id"], "currency": "EUR", "amount": amount,
            "reason": "Two sacks were damaged", "issued_on": "2026-03-02",
            "allocations": [{"invoice": invoice["number"], "amount": part}],
        })
    };
    let issued = post(world, "/credit-notes", &draft("CN-1", "60.00", "50.00")).await;
    assert_eq!(issued.status, StatusCode::CREATED, "{}", issued.text);
    agreed(world).await;
    let note = issued.json();
    assert_eq!(note["unapplied"], json!({"amount": "10.00", "currency": "EUR"}));
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    let again = post(world, "/credit-notes", &draft("CN-1", "60.00", "50.00")).await;
    assert_eq!((again.status, again.json()), (StatusCode::OK, note.clone()), "the same, though its invoice is paid");
    // Those of one instant have no order among them.
    world.advance(SignedDuration::from_mins(1));
    let key = [("idempotency-key", "note-1")];
    for _ in 0..2 {
        let later = json!({
            "number": "CN-2", "customer": other["id"], "currency": "EUR", "amount": "5.00", "reason": "Goodwill",
            "issued_on": "2026-03-02",
        });
        let later = world.api_with(Method::POST, "/credit-notes", Some(later), &key).await;
        assert_eq!(later.status, StatusCode::CREATED, "{}", later.text);
    }
    agreed(world).await;
    assert_eq!(list(world, "/credit-notes").await.len(), 2);
    assert_eq!(list(world, &format!("/credit-notes?customer={}", id(&customer))).await, std::slice::from_ref(&note));
    assert!(list(world, "/credit-notes?customer=C-nobody").await.is_empty());
    let path = format!("/credit-notes/{}", id(&note));
    assert_eq!(world.ask(Method::GET, &path, None).await, note);

    let unapplied = list(world, "/unapplied").await;
    assert_eq!(
        (unapplied.len(), &unapplied[0]["credit_note"], &unapplied[0]["payment"]),
        (2, &note["id"], &Value::Null)
    );
    assert_eq!(
        unapplied[1]["proposals"],
        json!([{"invoice": theirs["id"], "number": theirs["number"], "amount": "5.00"}])
    );
    let apply = json!({"allocations": [{"invoice": theirs["id"], "amount": "5.00"}], "reason": "As proposed"});
    let applied = done(world, &format!("/unapplied/{}/apply", id(&unapplied[1])), &apply).await;
    assert_eq!((&applied["unapplied"]["amount"], open(world, &theirs).await), (&json!("0.00"), "4.00".to_owned()));

    let back = json!({"invoice": invoice["id"], "amount": "20.00", "reason": "Not that one"});
    done(world, &format!("{path}/unapply"), &back).await;
    assert_eq!(open(world, &invoice).await, "20.00");
    let apply = |invoice: &Value, amount: &str| json!({"allocations": [{"invoice": invoice["id"], "amount": amount}], "reason": "That one after all"});
    done(world, &format!("{path}/apply"), &apply(&invoice, "20.00")).await;
    assert_eq!(open(world, &invoice).await, "0.00");

    let (amount, field) = (Some("allocations[0].amount"), Some("allocations[0].invoice"));
    refused(world, "/credit-notes", &draft("CN-1", "61.00", "50.00"), "number_taken", Some("number")).await;
    refused(world, "/credit-notes", &draft("CN-3", "0.00", "1.00"), "nothing_to_credit", Some("amount")).await;
    refused(world, "/credit-notes", &draft("CN-3", "9.00", "1.00"), "more_than_open", amount).await;
    refused(world, "/credit-notes", &draft("", "9.00", "1.00"), "invalid", Some("number")).await;
    let mut nobody = draft("CN-3", "9.00", "1.00");
    nobody["customer"] = json!("C-nobody");
    refused(world, "/credit-notes", &nobody, "invalid", Some("customer")).await;
    refused(world, &format!("{path}/apply"), &apply(&theirs, "1.00"), "other_customer", field).await;
    refused(world, &format!("{path}/apply"), &apply(&theirs, "11.00"), "other_customer", field).await;
    let back = json!({"invoice": theirs["id"], "reason": "Not that one"});
    refused(world, &format!("{path}/unapply"), &back, "not_allocated", Some("invoice")).await;
    not_found(world, "/credit-notes/crn_01JD8Z0000ABCDEFGHJKMNPQRS/apply", &apply(&theirs, "1.00")).await;
    not_found(world, "/unapplied/CN-1/apply", &apply(&theirs, "1.00")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_of_nobody_known_becomes_somebodys() {
    let world = &World::new().await;
    let (customer, other) = (world.customer("en").await, world.customer("en").await);
    let invoice = world.invoice(&customer, "EUR", "50.00").await;
    world.stripe_control("/foreign_charge", &json!({"amount": 4200, "currency": "eur"})).await;
    agreed(world).await;
    let money = list(world, "/unidentified").await;
    assert_eq!((money.len(), &money[0]["reason"]), (1, &json!("unidentified")));
    assert_eq!(money[0]["amount"], json!({"amount": "42.00", "currency": "EUR"}));
    assert_eq!(money[0]["id"], money[0]["provider_object"]);

    let path = format!("/unidentified/{}/apply", id(&money[0]));
    let apply = |amount: &str| {
        json!({
            "customer": customer["external_id"], "reason": "The bank names them",
            "allocations": [{"invoice": invoice["number"], "amount": amount}],
        })
    };
    refused(world, &path, &apply("42.01"), "more_than_unapplied", Some("allocations[0].amount")).await;
    let nobodys = json!({"customer": "C-nobody", "reason": "The bank names them"});
    refused(world, &path, &nobodys, "invalid", Some("customer")).await;
    refused(world, &path, &json!({"customer": customer["id"]}), "invalid", Some("reason")).await;
    let theirs = json!({"customer": other["id"], "reason": "No", "allocations": apply("1.00")["allocations"]});
    refused(world, &path, &theirs, "other_customer", Some("allocations[0].invoice")).await;
    not_found(world, "/unidentified/pi_unknown/apply", &apply("1.00")).await;

    let payment = done(world, &path, &apply("30.00")).await;
    assert_eq!((&payment["status"], &payment["customer"]), (&json!("settled"), &customer["id"]));
    assert_eq!((&payment["unapplied"]["amount"], open(world, &invoice).await), (&json!("12.00"), "20.00".to_owned()));
    assert!(list(world, "/unidentified").await.is_empty());
    assert_eq!(done(world, &path, &apply("30.00")).await["id"], payment["id"], "told again, it is that payment");
    let another = json!({"customer": other["id"], "reason": "No"});
    refused(world, &path, &another, "invalid", Some("customer")).await;

    let rest = json!({"allocations": [{"invoice": invoice["id"], "amount": "12.00"}], "reason": "The rest"});
    let rest = done(world, &format!("/unapplied/{}/apply", id(&payment)), &rest).await;
    assert_eq!((&rest["unapplied"]["amount"], open(world, &invoice).await), (&json!("0.00"), "8.00".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chargeback_is_looked_at_and_a_refund_is_seen() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "80.00").await;
    let payment = paid(world, &customer, &invoice, "4000000000000259").await;
    agreed(world).await;
    assert_eq!((&payment["status"], &payment["charged_back"]["amount"]), (&json!("charged_back"), &json!("80.00")));
    let now = world.invoice_now(&invoice).await;
    assert_eq!((&now["open"]["amount"], &now["charged_back"]["amount"]), (&json!("80.00"), &json!("80.00")));

    let reviews = list(world, "/reviews").await;
    let review = reviews.iter().find(|review| review["reason"] == "chargeback").expect("a review");
    assert_eq!((&review["payment"], &review["amount"]["amount"]), (&payment["id"], &json!("80.00")));
    let object = review["provider_object"].as_str().unwrap();
    assert!(object.starts_with("du_") || object.starts_with("dp_"), "{object}");
    assert_eq!(review["name"], format!("chargeback#{object}"));
    assert!(review["answer_by"].as_str().unwrap().ends_with('Z'), "{review:#}");
    let path = format!("/reviews/{}/close", id(review));
    refused(world, &path, &json!({}), "invalid", Some("reason")).await;
    let closed = done(world, &path, &json!({"reason": "Answered with the delivery note"})).await;
    assert_eq!(closed, *review);
    assert_eq!(list(world, "/reviews").await.len(), reviews.len() - 1);
    not_found(world, &path, &json!({"reason": "Again"})).await;

    let other = world.customer("en").await;
    let refunded = world.invoice(&other, "EUR", "30.00").await;
    let payment = paid(world, &other, &refunded, CARD).await;
    let intent = payment["provider"]["intent"].as_str().unwrap();
    world.stripe_post("/refunds", &format!("payment_intent={intent}")).await;
    agreed(world).await;
    let now = world.payment_now(&id(&payment).parse().unwrap()).await;
    assert_eq!((&now["status"], &now["refunded"]["amount"]), (&json!("refunded"), &json!("30.00")));
    let refund = &now["refunds"][0];
    assert_eq!((&refund["status"], &refund["amount"]["amount"]), (&json!("succeeded"), &json!("30.00")));
    assert!(id(refund).starts_with("re_"), "{refund:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_rest_is_written_off_as_far_as_the_business_tolerates() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "100.30").await;
    let payment = paid(world, &customer, &invoice, CARD).await;
    let back = json!({"invoice": invoice["id"], "amount": "0.30", "reason": "A fee of the bank"});
    done(world, &format!("/payments/{}/unapply", id(&payment)), &back).await;
    let path = format!("/invoices/{}/write-off", id(&invoice));
    let because = json!({"reason": "Not worth a letter"});
    refused(world, &path, &because, "more_than_tolerated", None).await;

    let change = async |body: Value| world.api(Method::PATCH, "/business", Some(body)).await;
    for (tolerances, field) in [
        (json!({"EUR": "1.01"}), "write_off_tolerances.EUR"),
        (json!({"JPY": "101"}), "write_off_tolerances.JPY"),
        (json!({"EUR": "-1"}), "write_off_tolerances.EUR"),
        (json!({"EURO": "1.00"}), "write_off_tolerances.EURO"),
    ] {
        let answer = change(json!({"write_off_tolerances": tolerances, "reason": "Fees of banks"})).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
        assert_eq!(answer.json()["errors"][0]["field"], field);
    }
    let wanted = json!({"EUR": "0.50", "JPY": "100", "USD": "0.00"});
    let silent = change(json!({"write_off_tolerances": wanted})).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", silent.text);
    assert_eq!(silent.json()["errors"][0]["field"], "reason");
    let changed = change(json!({"write_off_tolerances": wanted, "reason": "Fees of banks"})).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    let business = world.ask(Method::GET, "/business", None).await;
    assert_eq!(business["write_off_tolerances"], json!({"EUR": "0.50", "JPY": "100"}));
    let nothing = json!({"reason": "Nothing in particular"});
    assert_eq!(change(nothing).await.json(), business, "what is left out stays as it is");

    let off = done(world, &path, &because).await;
    assert_eq!((&off["status"], &off["open"]["amount"]), (&json!("paid"), &json!("0.00")));
    assert_eq!(off["written_off"], json!({"amount": "0.30", "currency": "EUR"}));
    refused(world, &path, &because, "already_paid", None).await;
    let key = [("idempotency-key", "back-1")];
    let take_back = format!("{path}/take-back");
    for _ in 0..2 {
        let back = world.api_with(Method::POST, &take_back, Some(json!({"reason": "They paid"})), &key).await;
        assert_eq!(back.status, StatusCode::OK, "{}", back.text);
    }
    agreed(world).await;
    assert_eq!(open(world, &invoice).await, "0.30");
    refused(world, &take_back, &because, "nothing_written_off", None).await;
    not_found(world, "/invoices/inv_01JD8Z0000ABCDEFGHJKMNPQRS/write-off", &because).await;
    let large = world.invoice(&customer, "EUR", "0.51").await;
    refused(world, &format!("/invoices/{}/write-off", id(&large)), &because, "more_than_tolerated", None).await;
    let contested = world.invoice(&customer, "EUR", "0.50").await;
    world.press_pay(contested["pay_url"].as_str().unwrap(), "0.50").await;
    refused(world, &format!("/invoices/{}/write-off", id(&contested)), &because, "checkout_open", None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_the_tolerances_is_in_the_audit_once() {
    let world = &World::new().await;
    let change = async |tolerances: Value, reason: &str| {
        let body = json!({"write_off_tolerances": tolerances, "reason": reason});
        let answer = world.api(Method::PATCH, "/business", Some(body)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    };
    change(json!({"EUR": "0.50", "KWD": "0.010"}), "Fees of banks").await;
    change(json!({"EUR": "0.50", "KWD": "0.010"}), "Said again").await;
    change(json!({"EUR": "0.20"}), "Too generous").await;
    let several = ["0.30", "0.40", "0.60", "0.70"].map(|amount| change(json!({"EUR": amount}), "All at once"));
    futures::future::join_all(several).await;
    world.drain().await;
    world.verify().await;
    let audit = world.ask(Method::GET, "/audit?limit=100", None).await;
    let of_business = |record: &&Value| record.get("customer").is_none();
    let records: Vec<&Value> = audit["data"].as_array().unwrap().iter().filter(of_business).collect();
    assert_eq!(records.len(), 6, "{records:#?}");
    let business = world.ask(Method::GET, "/business", None).await;
    let of = |currency: &str, before: &str, after: &str| {
        let amount = |plain: &str| format!("{plain} {currency}");
        json!({"what": business["id"], "field": "write_off_tolerance", "before": amount(before), "after": amount(after)})
    };
    assert_eq!(records[0]["reason"], "Fees of banks");
    assert!(records[0]["actor"].as_str().unwrap().starts_with("key:key_"), "{:#}", records[0]);
    assert_eq!(records[0]["differences"], json!([of("EUR", "0.00", "0.50"), of("KWD", "0.000", "0.010")]));
    assert_eq!(records[1]["reason"], "Too generous");
    assert_eq!(records[1]["differences"], json!([of("EUR", "0.50", "0.20"), of("KWD", "0.010", "0.000")]));
    for (before, after) in records[1..].iter().zip(&records[2..]) {
        assert_eq!(before["differences"][0]["after"], after["differences"][0]["before"], "one follows the other");
    }
    let last = records[5]["differences"][0]["after"].as_str().unwrap();
    assert_eq!(format!("{} EUR", business["write_off_tolerances"]["EUR"].as_str().unwrap()), last);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_says_who_did_what_and_why() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "100.00").await;
    let payment = paid(world, &customer, &invoice, CARD).await;
    let back = json!({"invoice": invoice["id"], "reason": "=said \"so\""});
    done(world, &format!("/payments/{}/unapply", id(&payment)), &back).await;

    let mut records = Vec::new();
    let mut path = "/audit?limit=2".to_owned();
    loop {
        let page = world.ask(Method::GET, &path, None).await;
        records.extend(page["data"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/audit?limit=2&cursor={cursor}");
    }
    for (place, record) in records.iter().enumerate() {
        assert_eq!(record["number"], place + 1);
    }
    let last = records.last().unwrap();
    assert_eq!(last["reason"], "=said \"so\"");
    assert!(last["actor"].as_str().unwrap().starts_with("key:key_"), "{last:#}");
    assert_eq!(last["hash"].as_str().unwrap().len(), 64);
    assert!(last["sealed"].as_str().unwrap().contains("said"), "{last:#}");
    let started = records.iter().find(|record| record["facts"] == json!(["payment.started"])).expect("a start");
    assert!(started["actor"].as_str().unwrap().starts_with("pay_link:lnk_"), "{started:#}");
    let get = async |query: &str| world.api(Method::GET, &format!("/audit?{query}"), None).await;
    let lines = get("format=ndjson").await;
    assert_eq!(lines.header("content-type"), Some("application/x-ndjson"));
    let read: Vec<Value> = lines.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read, records);
    let after = get(&format!("format=ndjson&after={}", records.len() - 1)).await;
    assert_eq!(after.text.lines().count(), 1);
    let file = get("format=csv").await;
    assert!(file.text.starts_with("number,at,actor,reason,"), "{}", file.text);
    assert!(file.text.contains("\"'=said \"\"so\"\"\""), "no spreadsheet carries it out: {}", file.text);
    for query in ["format=xml", "after=first", "cursor=1"] {
        assert_eq!(get(query).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
    }
}
