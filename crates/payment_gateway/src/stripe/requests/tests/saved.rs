//! Charging saved methods.

use receivables::payment::Remedy;

use super::*;

fn charge() -> SavedCharge {
    SavedCharge {
        payment: payment(),
        business: BusinessId::from_ulid(ULID).unwrap(),
        amount: Money::parse("120.50", Currency::EUR).unwrap(),
        customer: "cus_1".parse().unwrap(),
        method: "pm_1".parse().unwrap(),
    }
}

fn outcome(script: Vec<Script>) -> Result<ChargeOutcome, RequestError> {
    run(async {
        let server = Server::start(script).await;
        let outcome = server.client().charge_saved(&charge(), &once(Operation::ChargeSaved)).await;
        assert!(server.keys().iter().all(|key| key.as_deref().unwrap().ends_with(":charge_saved:1")));
        assert!(server.lines().iter().all(|line| line == "POST /dev/stripe/v1/payment_intents HTTP/1.1"));
        outcome
    })
}

#[test]
fn a_saved_method_is_charged_with_these_parameters() {
    expect![[r#"
        amount=12050
        automatic_payment_methods[allow_redirects]=never
        automatic_payment_methods[enabled]=true
        confirm=true
        currency=eur
        customer=cus_1
        off_session=true
        payment_method=pm_1
        metadata[guichet_business]=biz_01JD8Z0000ABCDEFGHJKMNPQRS
        metadata[guichet_payment]=pay_01JD8Z0000ABCDEFGHJKMNPQRS"#]]
    .assert_eq(&form(&crate::stripe::requests::saved::charge_request(&charge()).unwrap().body.unwrap()));
}

#[test]
fn a_charge_that_succeeds_or_is_on_its_way_says_so() {
    for (status, received) in [("succeeded", 12_050), ("processing", 0)] {
        let intent = format!(
            r#"{{"id":"pi_1","status":"{status}","amount_received":{received},"currency":"eur","latest_charge":"ch_1"}}"#
        );
        let Ok(ChargeOutcome::Made { intent, reports }) = outcome(vec![answer(200, &intent)]) else {
            panic!("{status}")
        };
        assert_eq!(intent.as_str(), "pi_1");
        let ObjectState::Intent(fact) = &reports[0].state else { panic!() };
        assert_eq!(fact.received.in_currency(Currency::EUR).minor(), received);
        assert_eq!(fact.attempts.len(), 1);
    }
}

#[test]
fn a_decline_brings_its_word_and_its_intent() {
    let declined = r#"{"error":{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds",
        "message":"A sentence.","payment_intent":{"id":"pi_1","status":"requires_payment_method","currency":"eur",
        "latest_charge":"ch_1","last_payment_error":{"charge":"ch_1","code":"card_declined","decline_code":"insufficient_funds"},
        "metadata":{}}}}"#;
    let Ok(ChargeOutcome::Declined { intent, decline, reports }) = outcome(vec![answer(402, declined)]) else {
        panic!()
    };
    assert_eq!((decline.word.as_str(), reports.len()), ("insufficient_funds", 1));
    assert_eq!((decline.remedy, intent.unwrap().as_str()), (Remedy::TryLater, "pi_1"));
    let ObjectState::Intent(fact) = &reports[0].state else { panic!() };
    assert_eq!(fact.attempts["ch_1"].decline.as_deref(), Some("insufficient_funds"));

    let absent = r#"{"error":{"type":"card_error","code":"authentication_required","payment_intent":7}}"#;
    let gone = r#"{"error":{"type":"invalid_request_error","code":"resource_missing"}}"#;
    for (status, body, word) in [(402, absent, "authentication_required"), (400, gone, "resource_missing")] {
        let Ok(ChargeOutcome::Declined { intent: None, decline, reports }) = outcome(vec![answer(status, body)]) else {
            panic!("{word}")
        };
        assert_eq!((decline.word.as_str(), reports.len()), (word, 0));
    }
}

#[test]
fn trouble_is_no_decline() {
    let reused = r#"{"error":{"type":"idempotency_error"}}"#;
    let unknown = outcome(vec![answer(400, reused)]);
    assert!(matches!(&unknown, Err(error) if error.reaction() == Reaction::Alarm(Alarm::KeyReused)), "{unknown:?}");
    let down = vec![answer(500, ""), Script::HangUp, answer(500, "")];
    assert_eq!(outcome(down), Err(RequestError::Unavailable { status: 500 }));
}

fn asked<T>(script: Vec<Script>, ask: impl AsyncFnOnce(Client) -> T) -> (T, Vec<String>) {
    run(async {
        let server = Server::start(script).await;
        let answer = ask(server.client()).await;
        (answer, server.lines())
    })
}

#[test]
fn a_charge_that_is_looked_up_waits_for_its_owner_or_says_why_it_failed() {
    let intent = |rest: &str| format!(r#"{{"id":"pi_1","currency":"eur",{rest}}}"#);
    let failed = r#""status":"canceled","last_payment_error":{"code":"card_declined","decline_code":"lost_card"}"#;
    for (rest, word) in [(r#""status":"requires_action""#, "requires_action"), (failed, "lost_card")] {
        let (looked_up, lines) =
            asked(vec![answer(200, &intent(rest))], async |client| client.charge(&"pi_1".parse().unwrap()).await);
        let Ok(ChargeOutcome::Declined { decline, .. }) = looked_up else { panic!("{looked_up:?}") };
        assert_eq!(decline.word, word);
        assert_eq!(lines, ["GET /dev/stripe/v1/payment_intents/pi_1 HTTP/1.1"]);
    }
    let (none_yet, _) = asked(vec![answer(200, &intent(r#""status":"requires_payment_method""#))], async |client| {
        client.charge(&"pi_1".parse().unwrap()).await
    });
    assert!(matches!(none_yet, Ok(ChargeOutcome::Made { .. })), "{none_yet:?}");
}

async fn find(client: Client) -> Result<Option<ChargeOutcome>, RequestError> {
    client.find_charge(&charge(), Timestamp::UNIX_EPOCH).await
}

#[test]
fn a_charge_is_found_on_the_last_page_of_its_customers_list_or_is_not_there() {
    let ours = format!(
        r#"{{"id":"pi_9","status":"succeeded","amount_received":1,"currency":"eur","latest_charge":"ch_9","metadata":{{"guichet_payment":"{}"}}}}"#,
        payment()
    );
    let first = r#"{"data":[{"id":"pi_1","status":"canceled","currency":"eur","metadata":{}}],"has_more":true}"#;
    let last = format!(r#"{{"data":[{ours}],"has_more":false}}"#);
    let (found, lines) = asked(vec![answer(200, first), answer(200, &last)], find);
    assert!(matches!(found, Ok(Some(ChargeOutcome::Made { .. }))), "{found:?}");
    expect![[r#"
        GET /dev/stripe/v1/payment_intents?created[gte]=-3600&customer=cus_1&limit=100 HTTP/1.1
        GET /dev/stripe/v1/payment_intents?created[gte]=-3600&customer=cus_1&limit=100&starting_after=pi_1 HTTP/1.1"#]]
    .assert_eq(&lines.join("\n"));
    let (none, _) = asked(vec![answer(200, r#"{"data":[],"has_more":false}"#)], find);
    assert_eq!(none, Ok(None));
}
