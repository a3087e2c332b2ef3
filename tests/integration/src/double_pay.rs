//! I am never charged twice: two tabs, a double click, the back button, a page left open.

use reqwest::StatusCode;
use testing::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_double_click_and_two_tabs_lead_to_one_page() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "50.00").await;
    let pay_url = invoice["pay_url"].as_str().unwrap();
    let page = world.get(pay_url).await;
    let (payment, other_tab) = (page.field("payment"), world.get(pay_url).await.field("payment"));
    assert_ne!(payment, other_tab);
    let world = &world;
    let press = async |payment: String| world.post(pay_url, &[("payment", &payment), ("amount", "50.00")]).await;
    let (one, two) = tokio::join!(press(payment.clone()), press(payment.clone()));
    assert_eq!(one.location(), two.location(), "a double click is one payment");
    let tab = press(other_tab).await;
    assert_eq!(tab.location(), one.location(), "another tab that asks for the same is sent to the same page");
    world.pay_hosted(one.location(), "4242424242424242").await;
    let late = press(payment).await;
    assert_eq!(late.status, StatusCode::SEE_OTHER);
    assert!(late.location().contains("/payments/"), "who comes late sees the payment: {}", late.location());
    world.drain().await;
    world.verify().await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_amount_closes_the_page_that_was_open() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "50.00").await;
    let pay_url = invoice["pay_url"].as_str().unwrap();
    let page = world.get(pay_url).await;
    let payment = page.field("payment");
    let first = world.post(pay_url, &[("payment", &payment), ("amount", "50.00")]).await;
    // The back button brings the same form, with the same payment in it.
    let second = world.post(pay_url, &[("payment", &payment), ("amount", "20.00")]).await;
    assert_eq!(second.status, StatusCode::SEE_OTHER, "{}", second.text);
    assert_ne!(first.location(), second.location());
    let closed = world.submit_hosted(first.location(), "4242424242424242").await;
    assert_ne!(closed.status, StatusCode::SEE_OTHER, "the first page takes no money any more: {}", closed.text);
    world.pay_hosted(second.location(), "4242424242424242").await;
    world.drain().await;
    world.verify().await;
    let now = world.invoice_now(&invoice).await;
    assert_eq!(now["open"]["amount"], "30.00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_left_open_closes_by_itself_and_the_invoice_is_free_again() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "50.00").await;
    let pay_url = invoice["pay_url"].as_str().unwrap();
    let pressed = world.press_pay(pay_url, "50.00").await;
    world.advance(jiff::SignedDuration::from_hours(30));
    world.drain().await;
    world.verify().await;
    let again = world.press_pay(pay_url, "50.00").await;
    assert_ne!(again.location(), pressed.location());
    world.pay_hosted(again.location(), "4242424242424242").await;
    world.drain().await;
    world.verify().await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_the_provider_will_not_open_lets_the_invoice_go() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    // More than the provider takes at once; the customer can still pay it in parts.
    let invoice = world.invoice(&customer, "EUR", "2000000.00").await;
    let pay_url = invoice["pay_url"].as_str().unwrap();
    let refused = world.press_pay(pay_url, "2000000.00").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    let part = world.press_pay(pay_url, "900.00").await;
    assert_eq!(part.status, StatusCode::SEE_OTHER, "{}", part.text);
    world.pay_hosted(part.location(), "4242424242424242").await;
    world.drain().await;
    world.verify().await;
    assert_eq!(world.invoice_now(&invoice).await["open"]["amount"], "1999100.00");
}
