use super::*;

const SIGNED_AT: i64 = 1_700_000_000;
const BODY: &[u8] = br#"{"id":"evt_test_webhook","object":"event"}"#;
const NEW: &str = "d95c6b7477fbd7e9f90b1b0ef5f9c7ac25abca5382460e0d988c2b2a5b71b990";
const OLD: &str = "e016b64cc4263f90e0336f3975e8d4ac9cc185935edc3ebdd405db64ad0bb1c5";
const PRETTY: &str =
    "{\n  \"id\": \"evt_1\",\n  \"object\": \"event\",\n  \"data\": {\"object\": {\"name\": \"Société\"}}\n}";
const PRETTY_SIGNATURE: &str = "3839dcddf27fd1b8c922fbaac7498f7fc4ef1e9268e3dc1397b66acc2d16d3d3";

fn secret(text: &str) -> Secret {
    Secret::new(text).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn check(header: &str, body: &[u8]) -> Result<(), SignatureError> {
    verify(header, body, &[secret("whsec_test_secret")], at(SIGNED_AT))
}

#[test]
fn the_published_vectors_pass_and_our_own_signature_is_the_same() {
    assert_eq!(check(&format!("t={SIGNED_AT},v1={NEW}"), BODY), Ok(()));
    assert_eq!(check(&format!("t={SIGNED_AT},v1={PRETTY_SIGNATURE}"), PRETTY.as_bytes()), Ok(()));
    assert_eq!(sign(&secret("whsec_test_secret"), at(SIGNED_AT), BODY), format!("t={SIGNED_AT},v1={NEW}"));
    assert_eq!(sign(&secret("whsec_old_secret"), at(SIGNED_AT), BODY), format!("t={SIGNED_AT},v1={OLD}"));
}

#[test]
fn the_bytes_are_what_is_signed() {
    assert_eq!(PRETTY.len(), 85);
    let header = format!("t={SIGNED_AT},v1={PRETTY_SIGNATURE}");
    let minified = PRETTY.replace([' ', '\n'], "");
    let decomposed = PRETTY.replace('é', "e\u{301}");
    let windows = PRETTY.replace('\n', "\r\n");
    for changed in [minified, decomposed, windows, format!("{PRETTY}\n")] {
        assert_eq!(check(&header, changed.as_bytes()), Err(SignatureError::NoMatch), "{changed}");
    }
}

#[test]
fn while_a_secret_is_rolled_either_one_suffices() {
    let header = format!("t={SIGNED_AT},v1={OLD},v1={NEW}");
    for known in [vec!["whsec_test_secret"], vec!["whsec_old_secret"], vec!["whsec_other", "whsec_old_secret"]] {
        let secrets: Vec<Secret> = known.iter().map(|text| secret(text)).collect();
        assert_eq!(verify(&header, BODY, &secrets, at(SIGNED_AT)), Ok(()), "{known:?}");
    }
    let single = format!("t={SIGNED_AT},v1={NEW}");
    let both = [secret("whsec_old_secret"), secret("whsec_test_secret")];
    assert_eq!(verify(&single, BODY, &both, at(SIGNED_AT)), Ok(()));
    assert_eq!(verify(&header, BODY, &[secret("whsec_other")], at(SIGNED_AT)), Err(SignatureError::NoMatch));
    assert_eq!(verify(&header, BODY, &[], at(SIGNED_AT)), Err(SignatureError::NoMatch));
}

#[test]
fn five_minutes_either_way_and_not_a_second_more() {
    let header = format!("t={SIGNED_AT},v1={NEW}");
    let secrets = [secret("whsec_test_secret")];
    for (late, outcome) in [
        (0, Ok(())),
        (300, Ok(())),
        (301, Err(SignatureError::TooOld)),
        (-300, Ok(())),
        (-301, Err(SignatureError::FromTheFuture)),
    ] {
        assert_eq!(verify(&header, BODY, &secrets, at(SIGNED_AT + late)), outcome, "{late} s");
    }
    let forged = format!("t={SIGNED_AT},v1={OLD}");
    assert_eq!(
        verify(&forged, BODY, &secrets, at(SIGNED_AT + 9_999)),
        Err(SignatureError::NoMatch),
        "forged before old"
    );
}

#[test]
fn odd_headers_are_read_or_refused_as_this_table_says() {
    use SignatureError as E;
    let (t, good) = (SIGNED_AT, NEW);
    let three = "a".repeat(64);
    for (header, outcome) in [
        (String::new(), Err(E::NoHeader)),
        (" ".to_owned(), Err(E::NoHeader)),
        (format!("v1={good}"), Err(E::NoTimestamp)),
        (format!("t=,v1={good}"), Err(E::NoTimestamp)),
        (format!("t=soon,v1={good}"), Err(E::NoTimestamp)),
        (format!("t=-{t},v1={good}"), Err(E::NoTimestamp)),
        (format!("t=+{t},v1={good}"), Err(E::NoTimestamp)),
        (format!("t=99999999999999999999,v1={good}"), Err(E::NoTimestamp)),
        (format!("t={t},t={t},v1={good}"), Err(E::NoTimestamp)),
        (format!("t={t},t=1,v1={good}"), Err(E::NoTimestamp)),
        (format!("t={t}"), Err(E::NoSignature)),
        (format!("t={t},v0={good}"), Err(E::NoSignature)),
        (format!("t={t},v2={good},V1={good}"), Err(E::NoSignature)),
        (format!("t={t},v1"), Err(E::NoSignature)),
        (format!("t={t},v1="), Err(E::NoMatch)),
        (format!("t={t},v1={}", &good[..62]), Err(E::NoMatch)),
        (format!("t={t},v1={good}00"), Err(E::NoMatch)),
        (format!("t={t},v1={}", good.replace('d', "z")), Err(E::NoMatch)),
        (format!("t={},v1={good}", t + 1), Err(E::NoMatch)),
        (format!("t=0{t},v1={good}"), Err(E::NoMatch)),
        (format!("t={t},v1={three},v1={three},v1={three},v1={good}"), Ok(())),
        (format!("v0={three},v1={good},t={t}"), Ok(())),
        (format!(" t = {t} , v1 = {good} "), Ok(())),
        (format!(",,t={t},,v1={good},="), Ok(())),
        (format!("t={t},v1={}", good.to_uppercase()), Ok(())),
    ] {
        assert_eq!(check(&header, BODY), outcome, "{header}");
    }
}

#[test]
fn an_empty_or_binary_body_is_signed_like_any_other() {
    for body in [&b""[..], &[0xff, 0x00, 0xfe]] {
        let header = sign(&secret("whsec_test_secret"), at(SIGNED_AT), body);
        assert_eq!(check(&header, body), Ok(()));
        assert_eq!(check(&header, b"other"), Err(SignatureError::NoMatch));
    }
}

#[test]
fn a_thin_event_is_verified_like_a_snapshot() {
    let body = br#"{"id":"evt_65","object":"v2.core.event","type":"v1.payment_intent.succeeded"}"#;
    let header = sign(&secret("whsec_test_secret"), at(SIGNED_AT), body);
    assert_eq!(check(&header, body), Ok(()));
}
