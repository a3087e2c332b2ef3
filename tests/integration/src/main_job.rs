//! An invoice comes in, a customer pays it from a link, the books close by themselves.

use reqwest::{Method, StatusCode};
use serde_json::json;
use testing::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_is_paid_from_the_link_and_the_books_say_so() {
    let world = World::new().await;
    let customer = world.customer("fr").await;
    let invoice = world.invoice(&customer, "EUR", "120.00").await;
    let other = world.invoice(&customer, "EUR", "33.00").await;
    let pay_url = invoice["pay_url"].as_str().unwrap();

    let page = world.get(pay_url).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains(invoice["number"].as_str().unwrap()));
    assert!(!page.text.contains(other["number"].as_str().unwrap()), "a link shows its invoice and nothing else");
    assert!(page.text.contains("lang=\"fr\""), "the page is in the customer's language");
    assert!(!page.text.contains("<script"), "the pay page ships no script");

    let pressed = world.press_pay(pay_url, "40,00").await;
    assert_eq!(pressed.status, StatusCode::SEE_OTHER, "{}", pressed.text);
    let paid = world.pay_hosted(pressed.location(), "4242424242424242").await;
    assert_eq!(paid.status, StatusCode::OK, "{}", paid.text);
    assert!(paid.text.contains("40,00"), "the page says the truth before any webhook came: {}", paid.text);

    world.drain().await;
    world.verify().await;
    let now = world.invoice_now(&invoice).await;
    assert_eq!(now["open"], json!({"amount": "80.00", "currency": "EUR"}));
    assert_eq!(now["status"], "partly_paid");
    let balance =
        world.ask(Method::GET, &format!("/customers/{}/balance", customer["id"].as_str().unwrap()), None).await;
    let euro = &balance["currencies"][0];
    assert_eq!(
        (&euro["open"], &euro["unapplied"], &euro["pending"]),
        (&json!("113.00"), &json!("0.00"), &json!("0.00"))
    );

    let mails = world.mails().await;
    assert_eq!(mails.len(), 1, "one receipt: {mails:#?}");
    assert_eq!(mails[0]["to"], json!([customer["email"]]));
    assert!(mails[0]["subject"].as_str().unwrap().contains("40,00"), "{}", mails[0]["subject"]);
    let text = mails[0]["text"].as_str().unwrap();
    assert!(text.contains("80,00"), "the receipt says what stays open: {text}");

    world.drain().await;
    assert_eq!(world.mails().await.len(), 1, "settling again sends nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_debit_is_on_its_way_until_it_is_not() {
    for (iban, settles) in [("DE89370400440532013000", true), ("DE62370400440532013001", false)] {
        let world = World::new().await;
        let customer = world.customer("en").await;
        let invoice = world.invoice(&customer, "EUR", "75.00").await;
        let pay_url = invoice["pay_url"].as_str().unwrap();
        let pressed = world.press_pay(pay_url, "75.00").await;
        let back = world.pay_hosted(pressed.location(), iban).await;
        assert_eq!(back.status, StatusCode::OK);
        world.drain().await;
        world.verify().await;
        let waiting = world.invoice_now(&invoice).await;
        assert_eq!((&waiting["status"], &waiting["pending"]["amount"]), (&json!("processing"), &json!("75.00")));
        let page = world.get(pay_url).await;
        assert!(!page.text.contains("name=\"amount\""), "what is on its way cannot be paid again");
        assert!(world.mails().await.is_empty(), "no receipt for money that is not here");

        world.advance(jiff::SignedDuration::from_hours(24 * 15));
        world.drain().await;
        world.verify().await;
        let after = world.invoice_now(&invoice).await;
        let expected = if settles { ("paid", "0.00", 1) } else { ("open", "75.00", 0) };
        assert_eq!((after["status"].as_str(), after["open"]["amount"].as_str()), (Some(expected.0), Some(expected.1)));
        assert_eq!(after["pending"]["amount"], "0.00");
        assert_eq!(world.mails().await.len(), expected.2);
    }
}

/// Three transactions carry it.
const MANY: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_payment_covers_more_invoices_than_a_transaction_carries() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let mut allocations = Vec::new();
    for _ in 0..MANY {
        let invoice = world.invoice(&customer, "EUR", "10.00").await;
        allocations.push(json!({"invoice": invoice["number"], "amount": "10.00"}));
    }
    let body = json!({"customer": customer["id"], "currency": "EUR", "allocations": allocations});
    let started = world.ask(Method::POST, "/payments", Some(body)).await;
    world.chaos(json!({"drop": 100})).await;
    world.submit_hosted(started["checkout_url"].as_str().unwrap(), "4242424242424242").await;
    let events = world.stripe("/events?type=payment_intent.succeeded&limit=1").await;
    let calls = world.apply_alone(&events["data"][0]).await.made();
    let transactions = calls.iter().filter(|call| *call == "TransactWriteItems").count();
    assert_eq!(transactions, MANY.div_ceil(receivables::allocation::ALLOCATIONS_PER_STEP), "{calls:?}");
    world.drain().await;
    world.verify().await;
    let balance =
        world.ask(Method::GET, &format!("/customers/{}/balance", customer["id"].as_str().unwrap()), None).await;
    assert_eq!(balance["currencies"][0]["open"], "0.00", "{balance:#}");
    assert_eq!(world.mails().await.len(), 1);

    // All of it goes back, from the last to the first.
    let id = started["id"].as_str().unwrap().parse().unwrap();
    let business = world.local.state.context.store.business(&world.local.business).await.unwrap().unwrap();
    let refund = operations::NewRefund {
        id: receivables::RefundId::from_ulid(&"1".repeat(26)).unwrap(),
        payment: id,
        currency: None,
        amount: None,
        invoice: None,
        meaning: receivables::payment::RefundMeaning::Reopens,
        credit_note_number: None,
        reason: "All of it".parse().unwrap(),
    };
    operations::order_refund(&world.local.state.context, &business, &refund, world.now()).await.unwrap();
    world.drain().await;
    world.verify().await;
    let balance =
        world.ask(Method::GET, &format!("/customers/{}/balance", customer["id"].as_str().unwrap()), None).await;
    assert_eq!(balance["currencies"][0]["open"], "1000.00", "{balance:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decline_is_not_the_end_while_the_page_is_open() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "20.00").await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "20.00").await;
    let hosted = pressed.location().to_owned();
    let declined = world.submit_hosted(&hosted, "4000000000000002").await;
    assert_ne!(declined.status, StatusCode::SEE_OTHER, "a declined card stays on the page");
    world.drain().await;
    world.verify().await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "open");
    let paid = world.pay_hosted(&hosted, "4242424242424242").await;
    assert_eq!(paid.status, StatusCode::OK);
    world.drain().await;
    world.verify().await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    assert_eq!(world.mails().await.len(), 1);
}
