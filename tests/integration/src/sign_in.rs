//! Signing in by a mailed link or code: scanners use nothing up, and nobody learns who is a customer.

use reqwest::{Method, StatusCode};
use testing::World;

/// Asks for a link, and gives back the mail's link and code.
async fn asked(world: &World, email: &str) -> (String, String) {
    let answer = world.post("/sign-in", &[("email", email)]).await;
    assert_eq!(answer.status, StatusCode::OK);
    world.drain().await;
    let mails = world.mails().await;
    let of_sign_in = mails.iter().rev().find(|mail| mail["tags"]["kind"] == "sign-in");
    let text = of_sign_in.expect("a mail")["text"].as_str().unwrap().to_owned();
    let link = text.split_whitespace().find(|word| word.contains("/sign-in/")).expect("a link").to_owned();
    let code = text.split_whitespace().find(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit()));
    (link, code.expect("a code").to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_used_up_by_a_post_and_by_nothing_else() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "75.00").await;
    let (link, _) = asked(&world, customer["email"].as_str().unwrap()).await;
    for _ in 0..10 {
        assert_eq!(world.get(&link).await.status, StatusCode::OK);
        assert_eq!(world.send(Method::HEAD, &link, &[], None).await.status, StatusCode::OK);
    }
    let signed_in = world.post(&link, &[]).await;
    assert_eq!(signed_in.status, StatusCode::SEE_OTHER, "{}", signed_in.text);
    let cookie = signed_in.header("set-cookie").expect("a session").split(';').next().unwrap().to_owned();
    assert_ne!(world.post(&link, &[]).await.status, StatusCode::SEE_OTHER, "a link is good once");

    let statement = world.send(Method::GET, "/statement", &[("cookie", &cookie)], None).await;
    assert_eq!(statement.status, StatusCode::OK, "{}", statement.text);
    assert!(statement.text.contains(invoice["number"].as_str().unwrap()) && statement.text.contains("75.00"));
    assert_eq!(world.get("/statement").await.status, StatusCode::SEE_OTHER, "without a session one is sent to sign in");

    world.advance(store::SESSION_IDLE);
    let idle = world.send(Method::GET, "/statement", &[("cookie", &cookie)], None).await;
    assert_eq!(idle.status, StatusCode::SEE_OTHER, "an idle session has ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_may_be_tried_five_times() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let email = customer["email"].as_str().unwrap();
    let page = world.post("/sign-in", &[("email", email)]).await;
    let id = page.field("id");
    world.drain().await;
    let text = world.mails().await[0]["text"].as_str().unwrap().to_owned();
    let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    let code = text.split_whitespace().find(is_code).unwrap().to_owned();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..4 {
        let answer = world.post("/sign-in/code", &[("id", &id), ("email", email), ("code", wrong)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let right = world.post("/sign-in/code", &[("id", &id), ("email", email), ("code", &code)]).await;
    assert_eq!(right.status, StatusCode::SEE_OTHER, "the fifth try may still be right");

    let (_, code) = asked(&world, email).await;
    let id = world.post("/sign-in", &[("email", email)]).await.field("id");
    for _ in 0..5 {
        world.post("/sign-in/code", &[("id", &id), ("email", email), ("code", wrong)]).await;
    }
    let sixth = world.post("/sign-in/code", &[("id", &id), ("email", email), ("code", &code)]).await;
    assert_eq!(sixth.status, StatusCode::UNPROCESSABLE_ENTITY, "after five tries even the right code is refused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_learns_who_is_a_customer_and_nobody_is_flooded() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let email = customer["email"].as_str().unwrap();
    let without_names = |text: &str, email: &str| {
        let text = text.replace(email, "");
        let id = text.split("value=\"sgn_").nth(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        text.replace(&id.unwrap_or_default(), "")
    };
    let known = world.post("/sign-in", &[("email", email)]).await;
    let unknown = world.post("/sign-in", &[("email", "nobody@example.com")]).await;
    assert_eq!(known.status, unknown.status);
    assert_eq!(without_names(&known.text, email), without_names(&unknown.text, "nobody@example.com"));
    for _ in 0..9 {
        assert_eq!(world.post("/sign-in", &[("email", email)]).await.status, StatusCode::OK);
    }
    world.drain().await;
    assert_eq!(world.mails().await.len(), 5, "five mails an hour, and none to strangers");
    let late = asked(&world, email);
    world.advance(jiff::SignedDuration::from_hours(1));
    let (link, _) = late.await;
    world.advance(store::SIGN_IN_GOOD_FOR);
    assert_ne!(
        world.post(&link, &[]).await.status,
        StatusCode::SEE_OTHER,
        "after a quarter of an hour a link is no good"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_site_cannot_post_for_a_customer() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "75.00").await;
    let pay_url = invoice["pay_url"].as_str().unwrap();
    let payment = world.get(pay_url).await.field("payment");
    let fields = [("payment", payment.as_str()), ("amount", "75.00")];
    for foreign in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        assert_eq!(world.post_with(pay_url, &fields, &[foreign]).await.status, StatusCode::FORBIDDEN, "{foreign:?}");
    }
    let ours = [("origin", world.local.origin.as_str()), ("sec-fetch-site", "same-origin")];
    assert_eq!(world.post_with(pay_url, &fields, &ours).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_customer_never_sees_anothers_invoice_or_payment() {
    let world = World::new().await;
    let (one, other) = (world.customer("en").await, world.customer("en").await);
    let theirs = world.invoice(&other, "EUR", "75.00").await;
    let pressed = world.press_pay(theirs["pay_url"].as_str().unwrap(), "75.00").await;
    let paid = world.submit_hosted(pressed.location(), "4242424242424242").await;
    let payment = paid.location().split('?').next().unwrap().to_owned();
    let (link, _) = asked(&world, one["email"].as_str().unwrap()).await;
    let signed_in = world.post(&link, &[]).await;
    let cookie = signed_in.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let invoice = format!("/invoices/{}", theirs["id"].as_str().unwrap());
    for path in [invoice.as_str(), payment.as_str(), &format!("{payment}?key=wrong")] {
        let answer = world.send(Method::GET, path, &[("cookie", &cookie)], None).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(world.get(paid.location()).await.status, StatusCode::OK, "the key of a payment opens it");
}
