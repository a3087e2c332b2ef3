//! What the portal lets in, and where it shuts the door.

use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testing::raw_http::RawRequest;
use testing::{Answer, World};

use crate::alarms::{nobody_is_woken, watch_for_alarms};

const CARD: &str = "4242424242424242";
/// Invoices on one page of the portal's list, and entries on one of its statement: one more has a next page.
const MORE_THAN_A_PAGE: usize = 51;

/// The link of the last sign-in mail, asked for by a customer.
async fn mailed_link(world: &World, customer: &Value) -> String {
    let asked = world.post("/sign-in", &[("email", customer["email"].as_str().unwrap())]).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.text);
    world.drain().await;
    let mails = world.mails().await;
    let mail = mails.iter().rev().find(|mail| mail["tags"]["kind"] == "sign-in").expect("a mail");
    let mut words = mail["text"].as_str().unwrap().split_whitespace();
    words.find(|word| word.contains("/sign-in/")).expect("a link").to_owned()
}

/// The cookie of a customer who signs in by a mailed link.
pub(crate) async fn session_cookie(world: &World, customer: &Value) -> String {
    let signed_in = world.post(&mailed_link(world, customer).await, &[]).await;
    assert_eq!(signed_in.status, StatusCode::SEE_OTHER, "{}", signed_in.text);
    signed_in.header("set-cookie").expect("a session").split(';').next().unwrap().to_owned()
}

async fn get_as(world: &World, cookie: &str, path: &str) -> Answer {
    world.send(Method::GET, path, &[("cookie", cookie)], None).await
}

/// The cursor of the next page, in a link of this page.
fn next_cursor(page: &Answer) -> String {
    let link = page.text.split("cursor=").nth(1).unwrap_or_else(|| panic!("no next page in {}", page.text));
    link.split(['"', '&']).next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_of_a_payment_leads_to_no_pay_link_that_its_payer_was_not_given() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "120.00").await;
    let link = world.ask(Method::POST, "/pay-links", Some(json!({"invoices": [invoice["id"]]}))).await;

    let payment = json!({
        "customer": customer["id"], "currency": "EUR",
        "allocations": [{"invoice": invoice["id"], "amount": "20.00"}],
    });
    let by_api = world.ask(Method::POST, "/payments", Some(payment)).await;
    let by_api = world.submit_hosted(by_api["checkout_url"].as_str().unwrap(), CARD).await.location().to_owned();
    world.drain().await;
    assert!(!page_of(&world, &by_api).await.contains("/p/"), "a program started it");

    let pressed = world.press_pay(link["url"].as_str().unwrap(), "30.00").await;
    let by_link = world.submit_hosted(pressed.location(), CARD).await.location().to_owned();
    world.drain().await;
    assert!(page_of(&world, &by_link).await.contains("/p/"), "its payer came by the link, which still opens");

    let revoke = format!("/pay-links/{}/revoke", link["id"].as_str().unwrap());
    world.ask(Method::POST, &revoke, Some(json!({}))).await;
    for address in [by_api, by_link] {
        assert!(!page_of(&world, &address).await.contains("/p/"), "{address}: a link that is revoked, or another");
    }
}

/// The page of a payment, asked for by its key alone.
async fn page_of(world: &World, address: &str) -> String {
    assert!(address.contains("?key="), "{address}");
    let page = world.get(address).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    page.text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_opens_its_own_list_of_its_own_customer_and_nothing_else() {
    watch_for_alarms();
    let world = World::new().await;
    let (one, other) = (world.customer("en").await, world.customer("en").await);
    for _ in 0..MORE_THAN_A_PAGE {
        world.invoice(&one, "EUR", "1.00").await;
    }
    let (cookie, others) = (session_cookie(&world, &one).await, session_cookie(&world, &other).await);
    let of_invoices = next_cursor(&get_as(&world, &cookie, "/invoices").await);
    let of_statement = next_cursor(&get_as(&world, &cookie, "/statement").await);
    let (invoices, statement) =
        (format!("/invoices?cursor={of_invoices}"), format!("/statement?cursor={of_statement}"));
    for page in [&invoices, &statement] {
        assert_eq!(get_as(&world, &cookie, page).await.status, StatusCode::OK, "{page}");
    }
    assert_eq!(get_as(&world, &others, &invoices).await.status, StatusCode::NOT_FOUND, "another customer's");
    assert_eq!(get_as(&world, &others, &statement).await.status, StatusCode::UNPROCESSABLE_ENTITY);

    let cut = |cursor: &str| cursor[..cursor.len() - 1].to_owned();
    let forged = ["..", "41.49.49", "00.00.00", "", "%00", &cut(&of_invoices), &cut(&of_statement)];
    for cursor in forged.into_iter().chain([of_statement.as_str()]) {
        let answer = get_as(&world, &cookie, &format!("/invoices?cursor={cursor}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "/invoices with {cursor}");
    }
    for cursor in forged.into_iter().chain([of_invoices.as_str()]) {
        for page in ["/statement", "/statement.csv"] {
            let answer = get_as(&world, &cookie, &format!("{page}?cursor={cursor}")).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{page} with {cursor}");
        }
    }
    nobody_is_woken(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_origin_that_is_hidden_is_ours_only_on_the_browsers_word() {
    let world = World::new().await;
    let fields = [("locale", "fr"), ("return", "/sign-in")];
    let hidden = ("origin", "null");
    let refused = world.post_with("/language", &fields, &[hidden]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    for (site, status) in [
        ("same-origin", StatusCode::SEE_OTHER),
        ("none", StatusCode::SEE_OTHER),
        ("same-site", StatusCode::FORBIDDEN),
        ("cross-site", StatusCode::FORBIDDEN),
        ("Same-Origin", StatusCode::FORBIDDEN),
        ("", StatusCode::FORBIDDEN),
    ] {
        let answer = world.post_with("/language", &fields, &[hidden, ("sec-fetch-site", site)]).await;
        assert_eq!(answer.status, status, "{site}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_of_the_portal_has_the_headers_that_protect_it() {
    let world = World::new().await;
    let page = world.get("/sign-in").await;
    let stylesheet = page.text.split('"').find(|part| part.starts_with("/assets/")).expect("a stylesheet").to_owned();
    for (path, status) in [
        (stylesheet.as_str(), StatusCode::OK),
        ("/favicon.svg", StatusCode::OK),
        ("/favicon.ico", StatusCode::OK),
        ("/robots.txt", StatusCode::OK),
        ("/sign-in", StatusCode::OK),
        ("/assets/none.css", StatusCode::NOT_FOUND),
        ("/nowhere", StatusCode::NOT_FOUND),
        ("/statement", StatusCode::SEE_OTHER),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let answer = world.send(method.clone(), path, &[], None).await;
            assert_eq!(answer.status, status, "{method} {path}");
            for (name, value) in [
                ("x-content-type-options", Some("nosniff")),
                ("cross-origin-resource-policy", Some("same-origin")),
                ("cross-origin-opener-policy", Some("same-origin")),
                // The origin of a world is not https, and browsers ignore the header there.
                ("strict-transport-security", None),
            ] {
                assert_eq!(answer.header(name), value, "{method} {path}: {name}");
            }
            let policy = answer.header("content-security-policy").unwrap();
            assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_mailed_to_an_address_opens_nothing_once_the_address_is_another() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let (link, spare) = (mailed_link(&world, &customer).await, mailed_link(&world, &customer).await);
    let moved = |email: &str| {
        let body = json!({
            "external_id": customer["external_id"], "name": customer["name"], "email": email, "locale": "en",
        });
        world.ask(Method::POST, "/customers", Some(body))
    };
    let before = customer["email"].as_str().unwrap();
    let changed = moved("moved@example.com").await;
    assert_eq!(changed["id"], customer["id"]);
    let refused = world.post(&link, &[]).await;
    assert_eq!((refused.status, refused.header("set-cookie")), (StatusCode::NOT_FOUND, None), "{}", refused.text);
    assert_eq!(world.post("/sign-in", &[("email", before)]).await.status, StatusCode::OK);
    world.drain().await;
    let mails = world.mails().await;
    assert_eq!(mails.iter().filter(|mail| mail["tags"]["kind"] == "sign-in").count(), 2, "the old address is nobody's");
    moved(before).await;
    assert_eq!(world.post(&link, &[]).await.status, StatusCode::NOT_FOUND, "it is used up");
    assert_eq!(world.post(&spare, &[]).await.status, StatusCode::SEE_OTHER, "the other was mailed to who reads it now");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_only_looks_like_a_customers_is_mailed_nothing() {
    watch_for_alarms();
    let world = World::new().await;
    let kim = json!({"external_id": "C-kim", "name": "Kim", "email": "kim@example.com", "locale": "en"});
    world.ask(Method::POST, "/customers", Some(kim)).await;
    for lookalike in [
        "\u{212a}im@example.com",
        "\u{212a}IM@EXAMPLE.COM",
        "kim@example\u{3002}com",
        "kim@\u{200b}example.com",
        "k\u{131}m@example.com",
        "kim\u{200b}@example.com",
        "ｋim@example.com",
    ] {
        let answer = world.post("/sign-in", &[("email", lookalike)]).await;
        assert!(answer.status.is_success() || answer.status.is_client_error(), "{lookalike}: {}", answer.status);
        world.drain().await;
        assert!(world.mails().await.is_empty(), "{lookalike:?} is not kim@example.com");
    }
    nobody_is_woken(&world).await;
    world.advance(SignedDuration::from_hours(1));
    assert_eq!(world.post("/sign-in", &[("email", "KIM@example.com")]).await.status, StatusCode::OK);
    world.drain().await;
    assert_eq!(world.mails().await.len(), 1, "capital letters are the same address");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_with_a_final_dot_is_the_same_host() {
    let world = World::new().await;
    let store = &world.local.state.context.store;
    let mut other = store.business(&world.local.business).await.unwrap().expect("a business");
    other.id = "biz_01JD8Z0000ABCDEFGHJKMNPQRS".parse().unwrap();
    other.name = "The other house".parse().unwrap();
    store.put_business(&other).await.unwrap();
    store.put_host("pay.maison.example", &other.id).await.unwrap();
    let title = async |host: &str| {
        let (status, text) =
            RawRequest::new("GET", "/sign-in").header("Host", host).send(&world.product).await.unwrap();
        (status, text.contains("The other house"))
    };
    for host in ["pay.maison.example", "pay.maison.example.", "PAY.Maison.example.:443"] {
        assert_eq!(title(host).await, (200, true), "{host}");
    }
    assert_eq!(title("maison.example.").await, (200, false), "the default business");
    for host in ["pay.maison.example..", ".", "pay..maison.example"] {
        assert_eq!(title(host).await, (404, false), "{host}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_address_of_webhooks_may_end_in_a_slash() {
    let world = World::new().await;
    let body = json!({
        "id": "evt_slash", "object": "event", "type": "novelty.happened", "api_version": "2025-01-27.acacia",
        "created": 1_772_441_000, "livemode": false, "data": {"object": {"id": "xx_1", "object": "novelty"}},
    })
    .to_string();
    let signature = world.signature(&body);
    let address = format!("/webhooks/stripe/{}", world.local.business);
    for (path, status, answer) in [
        (format!("{address}/"), StatusCode::OK, "recorded"),
        (address.clone(), StatusCode::OK, "recorded before"),
        (format!("{address}/"), StatusCode::OK, "recorded before"),
    ] {
        let received =
            world.send(Method::POST, &path, &[("stripe-signature", &signature)], Some(body.clone().into())).await;
        assert_eq!((received.status, received.text.as_str()), (status, answer), "{path}");
    }
    let beyond = world.send(Method::POST, &format!("{address}//"), &[], Some(body.into_bytes())).await;
    assert_eq!(beyond.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_opens_the_account_it_is_of_and_no_other_that_its_cookie_names() {
    let world = World::new().await;
    let (one, other) = (world.customer("en").await, world.customer("en").await);
    world.invoice(&other, "EUR", "77.00").await;
    let cookie = session_cookie(&world, &one).await;
    let forged = cookie.replace(one["id"].as_str().unwrap(), other["id"].as_str().unwrap());
    assert_ne!(cookie, forged);
    let (named, _) = cookie.split_once('.').unwrap();
    for path in ["/", "/invoices", "/statement", "/statement.csv"] {
        assert_eq!(get_as(&world, &cookie, path).await.status, StatusCode::OK, "{path}");
        for wrong in [&forged, &format!("{named}.cst_unreadable"), named] {
            let refused = get_as(&world, wrong, path).await;
            assert_eq!((refused.status, refused.location()), (StatusCode::SEE_OTHER, "/sign-in"), "{path}");
            assert!(!refused.text.contains("77.00"), "{path}");
        }
    }
}
