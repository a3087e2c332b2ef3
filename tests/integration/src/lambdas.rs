//! The functions as they are deployed: their binaries, started as Lambda starts them and fed what AWS sends.

use std::sync::{Arc, Mutex};

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use futures::FutureExt as _;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testing::lambda::event::{self, Body};
use testing::lambda::{Deployment, Lambda, TableFront, variables};
use testing::programs::FUNCTIONS;
use testing::{Answer, World};

const CARD: &str = "4242424242424242";
const NAME: &str = "Ferrandière & Söhne";
const ADDRESS: &str = "comptabilite@ferrandiere.example";
const WORDS_OF_PEOPLE: [&str; 10] =
    [NAME, "Ferrandi", ADDRESS, "@", "A Payer", CARD, "264.37", "264,37", "126437", "gk_test_kit_of_the_worlds"];

type Records = Arc<Mutex<Vec<EventRecord>>>;

/// A world whose streams are kept and not worked on.
async fn world_left_alone() -> (World, Records) {
    let records = Records::default();
    let kept = Arc::clone(&records);
    let keep = move |batch: Event| {
        kept.lock().unwrap().extend(batch.records);
        async { Ok(DynamoDbEventResponse::default()) }.boxed()
    };
    (World::handled_by(Arc::new(keep)).await, records)
}

fn novelty(event: &str, object: &str) -> Value {
    json!({
        "id": event, "object": "event", "type": "novelty.happened", "api_version": "2025-01-27.acacia",
        "created": 1_772_441_000, "livemode": false,
        "data": {"object": {"id": object, "object": "novelty", "note": "Ünïcödé – 漢字 €", "to": ADDRESS}},
    })
}

/// Every line is one JSON object, and none says anything of a person or an amount, or a further word.
fn log_of_nobody(log: &str, further: &[String]) {
    assert!(!log.is_empty());
    for line in log.lines() {
        let mut said: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not a line of JSON: {line}"));
        // Its digits are of no amount.
        said.as_object_mut().unwrap().remove("timestamp");
        let said = said.to_string().to_lowercase();
        for word in WORDS_OF_PEOPLE.iter().map(|word| (*word).to_owned()).chain(further.iter().cloned()) {
            assert!(!said.contains(&word.to_lowercase()), "{word} is in the log: {line}");
        }
    }
}

/// What a log must not have besides: the world's secrets, and some words.
fn secrets(world: &World, words: &[&str]) -> Vec<String> {
    world.secrets().into_iter().chain(words.iter().map(|word| (*word).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_gets_its_answer_however_it_is_wrapped() {
    let (world, _) = world_left_alone().await;
    let receiver = Lambda::start("webhook_receiver", &variables("webhook_receiver", &world)).await;
    let path = format!("/webhooks/stripe/{}", world.local.business);
    let send = async |receiver: &Lambda, signature: &str, body: Body<'_>| -> Answer {
        let headers = [("Content-Type", "application/json; charset=utf-8"), ("Stripe-Signature", signature)];
        let event = event::request(&Method::POST, &path, &headers, body);
        event::answer(&receiver.invoke(&event).await.unwrap())
    };

    for (id, pretty) in [("evt_plain", false), ("evt_pretty", true)] {
        for encoded in [false, true] {
            let event = novelty(&format!("{id}_{encoded}"), "xx_1");
            let body = if pretty { serde_json::to_string_pretty(&event).unwrap() } else { event.to_string() };
            let wrapped = if encoded { Body::Base64(body.as_bytes()) } else { Body::Text(&body) };
            let first = send(&receiver, &world.signature(&body), wrapped).await;
            assert_eq!((first.status, first.text.as_str()), (StatusCode::OK, "recorded"), "{id}, encoded: {encoded}");
            let recorded = world.recorded("xx_1", event["id"].as_str().unwrap()).await;
            assert_eq!(recorded.as_deref(), Some(body.as_bytes()), "the very bytes are kept");
            let again = send(&receiver, &world.signature(&body), wrapped).await;
            assert_eq!((again.status, again.text.as_str()), (StatusCode::OK, "recorded before"));
        }
    }

    let body = novelty("evt_forged", "xx_1").to_string();
    let forged = world.signature(&body.replace("xx_1", "xx_2"));
    for signature in [forged.as_str(), "", "t=1,v1=00"] {
        let refused = send(&receiver, signature, Body::Text(&body)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{signature}");
    }
    assert_eq!(world.recorded("xx_1", "evt_forged").await, None);
    assert_eq!(send(&receiver, "", Body::None).await.status, StatusCode::BAD_REQUEST);

    let signature = world.signature(&body);
    let headers = [("stripe-signature", signature.as_str())];
    let others = ["/webhooks/stripe", "/webhooks/stripe/", "/webhooks/stripe/biz_7", "/webhooks/other/x", "/"];
    let other_business = format!("{}0", &path[..path.len() - 1]);
    for elsewhere in others.into_iter().chain([other_business.as_str(), &format!("{path}/more")]) {
        let event = event::request(&Method::POST, elsewhere, &headers, Body::Text(&body));
        let answer = event::answer(&receiver.invoke(&event).await.unwrap());
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{elsewhere}");
    }
    let event = event::request(&Method::GET, &path, &headers, Body::Text(&body));
    let answer = event::answer(&receiver.invoke(&event).await.unwrap());
    assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, Some("POST")));
    let mut cut = event::request(&Method::POST, &path, &headers, Body::Base64(body.as_bytes()));
    cut["body"] = "e30".into();
    let answer = event::answer(&receiver.invoke(&cut).await.unwrap());
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "a body that is not base64");
    assert_eq!(world.recorded("xx_1", "evt_forged").await, None);

    let large = "x".repeat(256 * 1024 + 1);
    for wrapped in [Body::Text(&large), Body::Base64(large.as_bytes())] {
        let refused = send(&receiver, &world.signature(&large), wrapped).await;
        assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    }

    let front = TableFront::before(world.local.table_endpoint()).await;
    front.fail_calls_about("evt_down");
    let mut elsewhere = variables("webhook_receiver", &world);
    elsewhere.push(("AWS_ENDPOINT_URL_DYNAMODB", front.endpoint.clone()));
    let before_front = Lambda::start("webhook_receiver", &elsewhere).await;
    elsewhere.push(("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9".to_owned()));
    let before_nothing = Lambda::start("webhook_receiver", &elsewhere).await;
    let body = novelty("evt_down", "xx_1").to_string();
    for receiver in [&before_front, &before_nothing] {
        let unavailable = send(receiver, &world.signature(&body), Body::Text(&body)).await;
        assert_eq!(unavailable.status, StatusCode::SERVICE_UNAVAILABLE);
    }
    front.mend();
    let taken = send(&before_front, &world.signature(&body), Body::Text(&body)).await;
    assert_eq!(taken.text, "recorded", "once the table answers, so do we");
    for receiver in [&receiver, &before_front, &before_nothing] {
        log_of_nobody(&receiver.last_words().await, &secrets(&world, &["Ünïcödé"]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invoice_is_issued_paid_and_booked_by_the_binaries_alone() {
    let deployment = Deployment::start().await;
    let world = &deployment.world;
    let customer = json!({"external_id": "C-1", "name": NAME, "email": ADDRESS, "locale": "fr"});
    let customer = world.ask(Method::POST, "/customers", Some(customer)).await;
    let invoice = world.invoice(&customer, "EUR", "1264.37").await;
    deployment.deliver().await;
    world.verify().await;

    let pay_url = invoice["pay_url"].as_str().unwrap();
    assert!(pay_url.starts_with(&world.product), "links lead to the functions: {pay_url}");
    let paid = pay(world, pay_url, "1264,37").await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "open", "nobody was told yet");
    world.verify().await;
    deployment.deliver().await;
    world.verify().await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    let mails = world.mails().await;
    assert_eq!(mails.len(), 1, "one receipt: {mails:#?}");
    assert_eq!(mails[0]["to"], json!([ADDRESS]));
    let back = world.get(paid.location()).await;
    assert_eq!(back.status, StatusCode::OK, "{}", back.text);
    assert!(back.text.contains("264,37"), "{}", back.text);

    let events = world.stripe("/events?limit=100").await;
    for event in events["data"].as_array().unwrap() {
        assert_eq!(world.webhook(&event.to_string()).await.status, StatusCode::OK);
    }
    deployment.deliver().await;
    world.verify().await;
    assert_eq!(world.mails().await.len(), 1, "what is said again changes nothing");

    exports_only_what_is_small(world).await;
    unheard_of_is_found_by_looking(&deployment, &customer).await;
    let session = signs_in(&deployment).await;
    let token = pay_url.rsplit('/').next().unwrap();
    log_of_nobody(&deployment.last_words().await, &secrets(world, &[token, &session, "058.00", "058,00", "105800"]));
}

/// The functions have no object storage, and say so.
async fn exports_only_what_is_small(world: &World) {
    let small = world.api(Method::GET, "/exports/journal?from=2026-03-01&to=2026-03-31", None).await;
    assert_eq!(small.status, StatusCode::OK, "{}", small.text);
    let body = json!({"kind": "journal", "from": "2026-03-01", "to": "2026-03-31"});
    let large = world.api(Method::POST, "/exports", Some(body)).await;
    assert_eq!(large.status, StatusCode::NOT_IMPLEMENTED, "{}", large.text);
    assert_eq!(large.json()["type"], "urn:guichet:problem:no_object_storage");
}

/// Presses Pay and pays on the hosted page. The answer leads back.
async fn pay(world: &World, pay_url: &str, amount: &str) -> Answer {
    let pressed = world.press_pay(pay_url, amount).await;
    assert_eq!(pressed.status, StatusCode::SEE_OTHER, "{}", pressed.text);
    let hosted = pressed.location();
    assert!(hosted.starts_with(&format!("{}/dev/stripe/pay/", world.local.origin)), "{hosted}");
    let paid = world.submit_hosted(hosted, CARD).await;
    assert_eq!(paid.status, StatusCode::SEE_OTHER, "{}", paid.text);
    assert!(paid.location().starts_with(&world.product), "{}", paid.location());
    paid
}

/// A payment of which no webhook tells is found by the timer.
async fn unheard_of_is_found_by_looking(deployment: &Deployment, customer: &Value) {
    let world = &deployment.world;
    let tick = async || deployment.due_worker.invoke(&event::schedule()).await.unwrap();
    world.chaos(json!({"drop": 100})).await;
    let invoice = world.invoice(customer, "EUR", "1058.00").await;
    pay(world, invoice["pay_url"].as_str().unwrap(), "1058,00").await;
    deployment.deliver().await;
    assert_eq!(tick().await, json!({"done": 0, "failed": 0, "taken": 0}), "nothing is due yet");
    assert_eq!(world.invoice_now(&invoice).await["status"], "open");
    let path = format!("/payments?customer={}", customer["id"].as_str().unwrap());
    let payments = world.ask(Method::GET, &path, None).await;
    let unheard = payments["data"].as_array().unwrap().iter().find(|payment| payment["status"] == "started").unwrap();
    world.make_due(&unheard["id"].as_str().unwrap().parse().unwrap()).await;
    // Each run reads the next of four shards.
    let mut found = None;
    for _ in 0..4 {
        found = Some(tick().await).filter(|run| run["done"] != json!(0));
        if found.is_some() {
            break;
        }
    }
    assert_eq!(found, Some(json!({"done": 1, "failed": 0, "taken": 0})));
    deployment.deliver().await;
    world.verify().await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    assert_eq!(world.mails().await.len(), 2, "a receipt for this one, too");
}

/// Signs in by the mailed link and reads the statement. What comes back is the session's token.
async fn signs_in(deployment: &Deployment) -> String {
    let world = &deployment.world;
    assert_eq!(world.post("/sign-in", &[("email", ADDRESS)]).await.status, StatusCode::OK);
    deployment.deliver().await;
    let mails = world.mails().await;
    let text = mails.last().unwrap()["text"].as_str().unwrap();
    let link = text.split_whitespace().find(|word| word.contains("/sign-in/")).unwrap();
    let signed_in = world.post(link, &[]).await;
    assert_eq!(signed_in.status, StatusCode::SEE_OTHER, "{}", signed_in.text);
    let cookie = signed_in.header("set-cookie").unwrap().split(';').next().unwrap();
    let cookies = format!("other=1; {cookie}");
    let statement = world.send(Method::GET, "/statement", &[("cookie", &cookies)], None).await;
    assert_eq!(statement.status, StatusCode::OK, "{}", statement.text);
    assert!(statement.text.contains("264,37"), "{}", statement.text);
    cookie.split_once('=').unwrap().1.to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_that_lacks_anything_says_all_of_it_and_ends() {
    for name in FUNCTIONS {
        let required: &[&str] = match name {
            "webhook_receiver" => &["STRIPE_WEBHOOK_SECRET", "GUICHET_BUSINESS"],
            _ => &["GUICHET_ORIGIN", "GUICHET_LINK_SECRET", "STRIPE_SECRET_KEY"],
        };
        let wrong = ["GUICHET_ORIGIN", "GUICHET_LINK_SECRET", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"];
        let wrong = wrong.map(|variable| (variable, "topsecret and wrong".to_owned()));
        for variables in [&[][..], &wrong] {
            let lambda = Lambda::start(name, variables).await;
            let status = lambda.ended().await;
            let log = lambda.log();
            assert!(!status.success(), "{name} goes on: {log}");
            let line: Value =
                serde_json::from_str(log.trim()).unwrap_or_else(|_| panic!("{name}: not one line: {log}"));
            assert_eq!(line["level"], "ERROR");
            for variable in required {
                assert!(line["error"].as_str().unwrap().contains(variable), "{name} does not miss {variable}: {log}");
            }
            log_of_nobody(&log, &["topsecret".to_owned()]);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_begins_again_at_the_first_record_that_failed() {
    let (world, records) = world_left_alone().await;
    let ids = ["evt_a", "evt_b", "evt_c", "evt_d"];
    for id in ids {
        assert_eq!(world.webhook(&novelty(id, "xx_1").to_string()).await.status, StatusCode::OK);
    }
    world.local.drain_streams().await.unwrap();
    let mut batch = Event::default();
    batch.records = std::mem::take(&mut *records.lock().unwrap());
    assert_eq!(batch.records.len(), ids.len());
    let numbers: Vec<String> =
        batch.records.iter().map(|record| record.change.sequence_number.clone().unwrap()).collect();

    let front = TableFront::before(world.local.table_endpoint()).await;
    let mut behind_front = variables("event_worker", &world);
    behind_front.push(("AWS_ENDPOINT_URL_DYNAMODB", front.endpoint.clone()));
    let worker = Lambda::start("event_worker", &behind_front).await;
    front.fail_calls_about("evt_c");
    let answer = worker.invoke(&serde_json::to_value(&batch).unwrap()).await.unwrap();
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": numbers[2]}]}));
    front.mend();
    batch.records.drain(..2);
    let answer = worker.invoke(&serde_json::to_value(&batch).unwrap()).await.unwrap();
    assert_eq!(answer, json!({"batchItemFailures": []}));
    log_of_nobody(&worker.last_words().await, &secrets(&world, &["Ünïcödé"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_strangers_send_ends_no_function() {
    let deployment = Deployment::start().await;
    let secrets = secrets(&deployment.world, &[]);
    let addresses = [
        ("/", "x=<y>"),
        ("/", "x=a b&\u{e9}=\"{}|\\^`"),
        ("/", "\u{0}#"),
        ("/p/a b", ""),
        ("/p/\u{e9}\u{7f}", ""),
        ("/p/%zz", "%zz"),
        ("//a", "?"),
        ("/\\x", ""),
        ("/p/../../x#", ""),
        ("", ""),
    ];
    for function in [&deployment.frontend, &deployment.business_api, &deployment.webhook_receiver] {
        for (path, query) in addresses {
            let mut request = event::request(&Method::GET, "/", &[], Body::None);
            (request["rawPath"], request["rawQueryString"]) = (path.into(), query.into());
            let answer = event::answer(&function.invoke(&request).await.unwrap());
            assert!(answer.status.as_u16() < 500, "{path}?{query}: {} {}", answer.status, answer.text);
        }
        // Of what is no event at all neither the answer nor the log repeats anything.
        let error = function.invoke(&json!({"to": ADDRESS})).await.unwrap_err();
        assert!(!error.to_string().contains(ADDRESS), "{error}");
        log_of_nobody(&function.last_words().await, &secrets);
    }
    let strange = json!({"Records": [{"dynamodb": {"NewImage": {"pk": {"S": ADDRESS}}}}]});
    let error = deployment.event_worker.invoke(&strange).await.unwrap_err();
    assert!(!error.to_string().contains(ADDRESS), "{error}");
    assert_eq!(deployment.event_worker.invoke(&json!({"Records": []})).await, Ok(json!({"batchItemFailures": []})));
    log_of_nobody(&deployment.event_worker.last_words().await, &secrets);
}
