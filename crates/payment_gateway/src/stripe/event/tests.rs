use super::*;

fn read(json: &str) -> Result<Event<'_>, Unreadable> {
    Event::read(json.as_bytes())
}

fn reason(json: &str) -> String {
    read(json).map_or_else(|error| error.to_string(), |event| format!("read: {event:?}"))
}

#[test]
fn a_snapshot_says_what_it_is_about() {
    let json = r#"{"id":"evt_1","object":"event","api_version":"2019-02-19","created":1700000000,"livemode":false,
        "type":"payment_intent.succeeded","data":{"object":{"id":"pi_1","object":"payment_intent","amount":5}}}"#;
    let event = read(json).unwrap();
    assert_eq!((event.id.as_str(), &*event.kind, event.livemode), ("evt_1", "payment_intent.succeeded", Some(false)));
    assert_eq!(event.created, Some(Timestamp::from_second(1_700_000_000).unwrap()));
    assert_eq!(event.api_version.as_deref(), Some("2019-02-19"));
    assert_eq!(event.object_id.as_ref().map(ObjectId::as_str), Some("pi_1"));
    assert_eq!(event.object_kind.as_deref(), Some("payment_intent"));
    assert!(event.object().unwrap().get().contains("\"amount\":5"));
    assert!(!event.thin);
}

#[test]
fn a_thin_event_names_its_object() {
    let json = r#"{"id":"evt_test_65","object":"v2.core.event","type":"v1.payment_intent.succeeded","livemode":true,
        "created":"2026-03-01T09:00:00.123Z","context":null,"reason":null,
        "related_object":{"id":"pi_1","type":"payment_intent","url":"/v1/payment_intents/pi_1"}}"#;
    let event = read(json).unwrap();
    assert!(event.thin && event.object().is_none());
    assert_eq!(event.object_id.as_ref().map(ObjectId::as_str), Some("pi_1"));
    assert_eq!(event.object_kind.as_deref(), Some("payment_intent"));
    assert_eq!(event.created, Some("2026-03-01T09:00:00.123Z".parse().unwrap()));
}

#[test]
fn only_an_id_and_a_type_are_needed() {
    for json in [
        r#"{"id":"evt_1","type":"x"}"#,
        r#"{"id":"evt_1","type":"x","object":null,"api_version":null,"created":null,"livemode":null,"data":null,"related_object":null}"#,
        r#"{"id":"evt_1","type":"x","object":7,"api_version":7,"created":"soon","livemode":"no","data":[],"related_object":"pi"}"#,
        r#"{"id":"evt_1","type":"x","data":7.5}"#,
        r#"{"id":"evt_1","type":"x","data":-7}"#,
        r#"{"id":"evt_1","type":"x","data":7}"#,
        r#"{"id":"evt_1","type":"x","data":true}"#,
        r#"{"id":"evt_1","type":"x","data":[{"object":{"id":"pi_1"}},[7]]}"#,
        r#"{"id":"evt_1","type":"x","data":{"object":{"id":"pi_1"},"object":{"id":"pi_2"}}}"#,
        r#"{"id":"evt_1","type":"x","data":{"object":null},"request":{"id":7},"pending_webhooks":"many"}"#,
        r#"{"id":"evt_1","type":"x","created":9223372036854775807,"data":{"object":"pi_1"}}"#,
        r#"{"id":"evt_1","type":"x","object":"v2.core.event"}"#,
        r#"{"id":"evt_1","type":"x","data":{"object":{"id":7,"object":[]}}}"#,
    ] {
        assert!(read(json).is_ok_and(|event| event.object_id.is_none()), "{json}");
    }
}

#[test]
fn what_comes_before_and_after_the_object_is_passed_over() {
    let json = r#"{"data":{"previous_attributes":{"id":"pi_0","n":[1,{}]},"obj\u0065ct":{"id":"pi_1"},"x":null},"id":"evt_1","type":"x"}"#;
    assert_eq!(read(json).unwrap().object_id.as_ref().map(ObjectId::as_str), Some("pi_1"));
}

#[test]
fn what_is_no_event_is_unreadable_for_a_stated_reason() {
    for (json, why) in [
        ("", "it is no JSON"),
        ("{", "it is no JSON"),
        ("{} {}", "it is no JSON"),
        ("[\"evt_1\",\"event\",\"x\"]", "it is no JSON object"),
        ("\"evt_1\"", "it is no JSON object"),
        ("null", "it is no JSON object"),
        (r#"{"id":"evt_1","id":"evt_2","type":"x"}"#, "it names a field twice"),
        (r#"{"type":"x"}"#, "the event has no id"),
        (r#"{"id":7,"type":"x"}"#, "the event has no id"),
        (r#"{"id":"","type":"x"}"#, "the event has no id"),
        (r#"{"id":"evt 1#","type":"x"}"#, "the event has no id"),
        (r#"{"id":"evt_1"}"#, "the event has no type"),
        (r#"{"id":"evt_1","type":""}"#, "the event has no type"),
        (r#"{"id":"evt_1","type":null}"#, "the event has no type"),
    ] {
        assert_eq!(reason(json), why, "{json}");
    }
}

#[test]
fn the_object_never_shows_in_debug_output() {
    let event = read(r#"{"id":"evt_1","type":"x","data":{"object":{"email":"someone@example.com"}}}"#).unwrap();
    assert!(!format!("{event:?}").contains("someone"));
}
