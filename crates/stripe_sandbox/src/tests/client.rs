//! The product's own client and reader, against the sandbox over a real connection.

use payment_gateway::stripe::requests::{Client, ClientConfig};
use payment_gateway::stripe::{Event, reports, signature};
use payment_gateway::{CheckoutOrder, CloseOutcome, IdempotencyKey, Meaning, Operation, RequestError, Secret};
use receivables::{BusinessId, Currency, Locale, Money, PaymentId, Report};

use super::{Receiver, SECRET_KEY, Shop, WEBHOOK_SECRET};

const ULID: &str = "01JD8Z0000ABCDEFGHJKMNPQRS";

async fn client(shop: &Shop) -> Client {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/dev/stripe", listener.local_addr().unwrap());
    let router = axum::Router::new().nest("/dev/stripe", shop.sandbox.router());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Client::new(ClientConfig::new(base, Secret::new(SECRET_KEY).unwrap())).unwrap()
}

fn amount(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

fn order(first_line: &str) -> CheckoutOrder {
    CheckoutOrder {
        payment: PaymentId::from_ulid(ULID).unwrap(),
        business: BusinessId::from_ulid(ULID).unwrap(),
        currency: Currency::EUR,
        lines: vec![("Invoice A-1".to_owned(), amount(first_line)), ("Facture A&2 = é".to_owned(), amount("20.50"))],
        customer: None,
        customer_email: Some("payer+1@example.com".parse().unwrap()),
        locale: Locale::FrenchCanada,
        success_url: "https://pay.example/payments/1?key=a&b={CHECKOUT_SESSION_ID}".to_owned(),
        cancel_url: "https://pay.example/p/x".to_owned(),
        expires_at: None,
    }
}

fn once(operation: Operation, attempt: u32) -> IdempotencyKey {
    let order = order("1.00");
    IdempotencyKey::new(&order.business, &order.payment, operation, attempt)
}

/// The money in the reports about a checkout.
fn received(reports: &[Report]) -> Money {
    let checkout = reports.iter().find_map(|report| report.state.checkout());
    checkout.unwrap().received.in_currency(Currency::EUR)
}

#[tokio::test]
async fn the_product_opens_looks_at_and_closes_a_checkout() {
    let shop = Shop::open();
    let client = client(&shop).await;
    let opened = client.open_checkout(&order("100.00"), &once(Operation::OpenCheckout, 1)).await.unwrap();
    let again = client.open_checkout(&order("100.00"), &once(Operation::OpenCheckout, 1)).await.unwrap();
    assert!(!opened.is_repeated && again.is_repeated);
    assert_eq!((&opened.id, &opened.url), (&again.id, &again.url));
    assert!(opened.url.as_deref().unwrap().ends_with(&format!("/dev/stripe/pay/{}", opened.id.as_str())));
    let other = client.open_checkout(&order("90.00"), &once(Operation::OpenCheckout, 1)).await;
    assert!(matches!(other, Err(RequestError::Refused { .. } | RequestError::Misconfigured { .. })), "{other:?}");

    let page = shop.call("GET", &format!("/pay/{}", opened.id.as_str()), &[], "").await;
    assert!(page.text.contains("Facture A&amp;2 = é") && page.text.contains("payer+1@example.com"));
    assert_eq!(shop.pay_by_card(opened.id.as_str(), "4242424242424242").await.status, 303);
    let seen = client.checkout(&opened.id).await.unwrap();
    assert!(!seen.open && seen.url.is_none());
    assert_eq!(received(&seen.reports), amount("120.50"));
    let closing = client.close_checkout(&opened.id, &once(Operation::CloseCheckout, 1)).await.unwrap();
    assert_eq!(closing, CloseOutcome::NoLongerOpen);

    let unpaid = client.open_checkout(&order("100.00"), &once(Operation::OpenCheckout, 2)).await.unwrap();
    let closing = client.close_checkout(&unpaid.id, &once(Operation::CloseCheckout, 2)).await.unwrap();
    assert!(matches!(closing, CloseOutcome::Closed(_)));
    let tiny = CheckoutOrder { lines: vec![("Rest".to_owned(), amount("0.49"))], ..order("1.00") };
    let refused = client.open_checkout(&tiny, &once(Operation::OpenCheckout, 3)).await;
    assert!(matches!(refused, Err(RequestError::Refused { code, .. }) if code == "amount_too_small"));
}

#[tokio::test]
async fn the_product_verifies_and_understands_every_webhook() {
    let shop = Shop::open();
    let receiver = Receiver::listen().await;
    shop.sandbox.subscribe(receiver.url.clone());
    let client = client(&shop).await;
    let mut sessions = Vec::new();
    for attempt in 1..=4 {
        sessions
            .push(client.open_checkout(&order("100.00"), &once(Operation::OpenCheckout, attempt)).await.unwrap().id);
    }
    shop.pay_by_card(sessions[0].as_str(), "4000000000009995").await;
    shop.pay_by_card(sessions[0].as_str(), "4000002500003155").await;
    shop.submit(sessions[0].as_str(), "authentication=fail").await;
    shop.pay_by_card(sessions[0].as_str(), "4242424242424242").await;
    shop.pay_by_debit(sessions[1].as_str(), "DE89370400440532013000").await;
    shop.pay_by_debit(sessions[2].as_str(), "DE62370400440532013001").await;
    shop.pay_by_card(sessions[3].as_str(), "4000000000000002").await;
    for pause_s in [0, 180, 24 * 60 * 60] {
        shop.advance(pause_s);
        shop.sandbox.deliver_due().await;
    }
    let secrets = [Secret::new(WEBHOOK_SECRET).unwrap()];
    let mut cash = Vec::new();
    for (headers, body) in receiver.received.lock().unwrap().iter() {
        let header = headers["stripe-signature"].to_str().unwrap();
        let signed_at = header[2..12].parse().unwrap();
        let now = jiff::Timestamp::from_second(signed_at).unwrap();
        signature::verify(header, body.as_bytes(), &secrets, now).unwrap();
        let event = Event::read(body.as_bytes()).unwrap();
        match reports::reports(&event).unwrap() {
            Meaning::Reports(reports) if event.kind.starts_with("checkout.") => cash.push(received(&reports)),
            Meaning::Reports(_)
            | Meaning::Methods(_)
            | Meaning::ReportsAndMethods(..)
            | Meaning::CustomerDeleted(_)
            | Meaning::CashBalance(_)
            | Meaning::Payout(_) => {}
            Meaning::Nothing => assert_eq!(&*event.kind, "payment_intent.created"),
            Meaning::Fetch { .. } | Meaning::OfOtherAccount => panic!("the sandbox sends no such events"),
        }
    }
    cash.sort_by_key(|cash| cash.minor());
    let paid: Vec<_> = cash.iter().filter(|cash| !cash.is_zero()).collect();
    assert_eq!(paid, [&amount("120.50"), &amount("120.50")]);
    assert_eq!(cash.len(), 6, "three completions, the bank's two answers, one expiry");
}
