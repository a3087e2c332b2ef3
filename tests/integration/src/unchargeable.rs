//! What a provider cannot charge: the last thousandths of a dinar, less than the least, a currency it does not take, more than it
//! takes at once.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testing::World;

fn pay_url(invoice: &Value) -> &str {
    invoice["pay_url"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dinars_are_paid_to_the_last_hundredth_and_the_thousandths_hold_nothing_up() {
    let world = &World::new().await;
    let customer = world.customer("fr").await;
    let invoice = world.invoice(&customer, "KWD", "1.234").await;
    assert_eq!(invoice["payable_online"]["amount"], "1.230");
    let page = world.get(pay_url(&invoice)).await;
    assert_eq!(page.field("amount"), "1,230");
    assert!(page.text.contains("ne peuvent pas être payés en ligne"), "{}", page.text);
    for (typed, said) in [("1,234", "2\u{a0}décimales"), ("1,24", "1,230")] {
        let refused = world.post(pay_url(&invoice), &[("payment", &page.field("payment")), ("amount", typed)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert!(refused.text.contains(said), "{typed}: {}", refused.text);
    }
    for amount in ["1,00", "0,23"] {
        let pressed = world.press_pay(pay_url(&invoice), amount).await;
        world.pay_hosted(pressed.location(), "4242424242424242").await;
        world.drain().await;
    }
    let left = world.invoice_now(&invoice).await;
    assert_eq!((&left["open"]["amount"], &left["payable_online"]["amount"]), (&json!("0.004"), &json!("0.000")));
    let page = world.get(pay_url(&invoice)).await;
    assert!(!page.text.contains("name=\"pay\""), "no button that cannot work: {}", page.text);
    // spelling: off
    assert!(page.text.contains("Le reste, soit 0,004"), "{}", page.text);
    // spelling: on
    let pressed = world.post(pay_url(&invoice), &[("payment", ""), ("amount", "0,004")]).await;
    assert_eq!(pressed.status, StatusCode::SEE_OTHER, "who asks all the same is shown the page: {}", pressed.text);
    assert!(pressed.location().contains("/p/"), "{}", pressed.location());

    let write_off = format!("/invoices/{}/write-off", invoice["id"].as_str().unwrap());
    let because = json!({"reason": "Nobody can charge it"});
    let untolerated = world.api(Method::POST, &write_off, Some(because.clone())).await;
    assert_eq!(untolerated.status, StatusCode::UNPROCESSABLE_ENTITY, "nothing is lost by itself: {}", untolerated.text);
    let tolerated = json!({"write_off_tolerances": {"KWD": "0.009"}, "reason": "Thousandths of dinars"});
    assert_eq!(world.api(Method::PATCH, "/business", Some(tolerated)).await.status, StatusCode::OK);
    let off = world.api(Method::POST, &write_off, Some(because)).await;
    assert_eq!((off.status, off.json()["status"].as_str()), (StatusCode::OK, Some("paid")), "{}", off.text);
    world.drain().await;
    world.verify().await;
    let page = world.get(pay_url(&invoice)).await;
    assert!(page.text.contains("Nous ne demandons plus 0,004"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_paid_online_is_said_in_place_of_a_button() {
    let world = &World::new().await;
    for (locale, currency, amount, said) in [
        ("en", "EUR", "0.30", "the smallest amount is €0.50"),
        ("fr", "EUR", "0.30", "le plus petit montant est de 0,50"),
        ("en", "LYD", "5.000", "Invoices in LYD cannot be paid online"),
        ("fr", "LYD", "5.000", "Les factures en LYD ne peuvent pas être payées en ligne"),
        ("en", "KWD", "0.009", "does not take such small fractions"),
        ("fr", "KWD", "0.009", "ne prend pas de si petites fractions"),
    ] {
        let customer = world.customer(locale).await;
        let invoice = world.invoice(&customer, currency, amount).await;
        assert!(
            invoice["payable_online"]["amount"].as_str().unwrap().trim_matches(['0', '.']).is_empty(),
            "{invoice:#}"
        );
        let page = world.get(pay_url(&invoice)).await;
        assert!(page.text.contains(said), "{currency} {locale}: {}", page.text);
        assert!(!page.text.contains("name=\"pay\""), "{}", page.text);
        let pressed = world.post(pay_url(&invoice), &[("payment", ""), ("amount", amount)]).await;
        assert_eq!(pressed.status, StatusCode::SEE_OTHER, "{currency}: {}", pressed.text);
    }
    // More than the provider takes at once is paid in parts.
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "1500000.00").await;
    let all = world.press_pay(pay_url(&invoice), "1500000.00").await;
    assert_eq!(all.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", all.text);
    assert!(all.text.contains("does not take so much at once"), "{}", all.text);
    for _ in 0..2 {
        let part = world.press_pay(pay_url(&invoice), "750000.00").await;
        world.pay_hosted(part.location(), "4242424242424242").await;
        world.drain().await;
    }
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    world.verify().await;
}
