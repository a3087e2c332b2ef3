//! Charging saved methods.

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
        let Ok(ChargeOutcome::Made(reports)) = outcome(vec![answer(200, &intent)]) else { panic!("{status}") };
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
    let Ok(ChargeOutcome::Declined { decline, reports }) = outcome(vec![answer(402, declined)]) else { panic!() };
    assert_eq!((decline.as_str(), reports.len()), ("insufficient_funds", 1));
    let ObjectState::Intent(fact) = &reports[0].state else { panic!() };
    assert_eq!(fact.attempts["ch_1"].decline.as_deref(), Some("insufficient_funds"));

    let absent = r#"{"error":{"type":"card_error","code":"authentication_required","payment_intent":7}}"#;
    let gone = r#"{"error":{"type":"invalid_request_error","code":"resource_missing"}}"#;
    for (status, body, word) in [(402, absent, "authentication_required"), (400, gone, "resource_missing")] {
        let expected = ChargeOutcome::Declined { decline: word.to_owned(), reports: Vec::new() };
        assert_eq!(outcome(vec![answer(status, body)]), Ok(expected));
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
