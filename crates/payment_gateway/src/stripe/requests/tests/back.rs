//! Sending money back.

use receivables::RefundId;
use receivables::provider_object::RefundRank;

use super::*;

const REFUND: &str = r#"{"id":"re_1","object":"refund","amount":5000,"currency":"eur","status":"pending","payment_intent":"pi_1",
    "charge":"ch_1","metadata":{"guichet_refund":"rfd_01JD8Z0000ABCDEFGHJKMNPQRS"},"new_field":[{}]}"#;

fn refund() -> RefundOrder {
    RefundOrder {
        of: "pi_1".parse().unwrap(),
        amount: Money::parse("50.00", Currency::EUR).unwrap(),
        refund: RefundId::from_ulid(ULID).unwrap(),
        payment: payment(),
        business: BusinessId::from_ulid(ULID).unwrap(),
    }
}

fn key() -> IdempotencyKey {
    IdempotencyKey::of_refund(&refund().business, &refund().payment, &refund().refund)
}

/// Asks for a refund against a script, and says how many tries there were and how they ended.
fn outcome(script: Vec<Script>) -> (usize, Result<RefundOutcome, RequestError>) {
    run(async {
        let server = Server::start(script).await;
        let outcome = server.client().create_refund(&refund(), &key()).await;
        let expected = format!("biz_{ULID}:pay_{ULID}:create_refund:rfd_{ULID}");
        assert!(server.keys().iter().all(|key| key.as_deref() == Some(expected.as_str())));
        assert!(server.lines().iter().all(|line| line == "POST /dev/stripe/v1/refunds HTTP/1.1"));
        (server.lines().len(), outcome)
    })
}

#[test]
fn a_refund_is_asked_for_with_these_parameters() {
    let check = |order: &RefundOrder, expected: &Expect| {
        expected.assert_eq(&form(&refund::refund_request(order).unwrap().body.unwrap()));
    };
    check(
        &refund(),
        &expect![[r#"
            amount=5000
            payment_intent=pi_1
            metadata[guichet_business]=biz_01JD8Z0000ABCDEFGHJKMNPQRS
            metadata[guichet_payment]=pay_01JD8Z0000ABCDEFGHJKMNPQRS
            metadata[guichet_refund]=rfd_01JD8Z0000ABCDEFGHJKMNPQRS"#]],
    );
    let of_charge = RefundOrder {
        of: "ch_1".parse().unwrap(),
        amount: Money::parse("500", "ISK".parse().unwrap()).unwrap(),
        ..refund()
    };
    check(
        &of_charge,
        &expect![[r#"
            amount=50000
            charge=ch_1
            metadata[guichet_business]=biz_01JD8Z0000ABCDEFGHJKMNPQRS
            metadata[guichet_payment]=pay_01JD8Z0000ABCDEFGHJKMNPQRS
            metadata[guichet_refund]=rfd_01JD8Z0000ABCDEFGHJKMNPQRS"#]],
    );
    let too_fine = RefundOrder { amount: Money::parse("5.124", "KWD".parse().unwrap()).unwrap(), ..refund() };
    assert!(matches!(refund::refund_request(&too_fine), Err(OrderError::TooFine { .. })));
}

#[test]
fn what_cannot_be_written_is_refused_and_not_asked_for() {
    let too_fine = RefundOrder { amount: Money::parse("5.124", "KWD".parse().unwrap()).unwrap(), ..refund() };
    run(async {
        let server = Server::start(Vec::new()).await;
        let outcome = server.client().create_refund(&too_fine, &key()).await;
        let reason = "expected a multiple of 0.010 KWD".to_owned();
        assert_eq!(outcome, Ok(RefundOutcome::Refused { reason }));
        assert!(server.lines().is_empty());
    });
}

#[test]
fn a_refund_is_made_and_says_what_it_is() {
    let (tries_made, made) = outcome(vec![Script::HangUp, answer(500, ""), answer(200, REFUND)]);
    let Ok(RefundOutcome::Made(reports)) = made else { panic!("{made:?}") };
    assert_eq!((tries_made, reports.len()), (3, 1));
    assert_eq!(reports[0].anchor().as_str(), "pi_1");
    let ObjectState::Refund(fact) = &reports[0].state else { panic!() };
    assert_eq!((fact.order.as_ref(), fact.rank), (Some(&refund().refund), RefundRank::Pending));
}

#[test]
fn a_refusal_is_an_outcome_and_trouble_is_an_error() {
    let refusal =
        |code: &str, kind: &str| format!(r#"{{"error":{{"code":{code},"type":"{kind}","message":"A sentence."}}}}"#);
    let spent = refusal("\"charge_already_refunded\"", "invalid_request_error");
    let too_much = refusal("null", "invalid_request_error");
    let malformed = refusal("\"parameter_missing\"", "invalid_request_error");
    for (status, body, word) in [
        (400, &spent, "charge_already_refunded"),
        (402, &too_much, "invalid_request_error"),
        (404, &spent, "charge_already_refunded"),
        (400, &malformed, "parameter_missing"),
    ] {
        let (tries_made, refused) = outcome(vec![answer(status, body)]);
        assert_eq!((tries_made, refused), (1, Ok(RefundOutcome::Refused { reason: word.to_owned() })));
    }
    let reused = refusal("null", "idempotency_error");
    assert!(matches!(outcome(vec![answer(400, &reused)]).1, Err(RequestError::Refused { .. })));
    let down = || answer(503, "");
    for (script, error) in [
        (vec![down(), down(), down()], RequestError::Unavailable { status: 503 }),
        (vec![Script::HangUp, Script::Silence, Script::HangUp], RequestError::Unreachable),
        (vec![answer(401, "{}")], RequestError::Misconfigured { status: 401, code: "without_a_code".to_owned() }),
    ] {
        assert_eq!(outcome(script).1, Err(error));
    }
}
