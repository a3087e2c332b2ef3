#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes its strings so")]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::OnceLock;

use expect_test::{expect, expect_file};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use receivables::payout::PayoutReport;

use super::*;

/// Every fixture of an event, by name and in the order of names.
fn fixtures() -> &'static [(String, String)] {
    static READ: OnceLock<Vec<(String, String)>> = OnceLock::new();
    READ.get_or_init(read_fixtures)
}

fn read_fixtures() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/stripe");
    let mut found: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    found.sort();
    found
}

fn meaning(json: &str) -> Result<Meaning, Unreadable> {
    reports(&Event::read(json.as_bytes())?)
}

fn shown(meaning: Result<Meaning, Unreadable>) -> String {
    match meaning {
        Ok(Meaning::Reports(reports)) => reports.iter().map(line).collect::<Vec<String>>().join("\n"),
        Ok(Meaning::Methods(reports)) => reports.iter().map(method_line).collect::<Vec<String>>().join("\n"),
        Ok(Meaning::ReportsAndMethods(reports, methods)) => {
            let lines = reports.iter().map(line).chain(methods.iter().map(method_line));
            lines.collect::<Vec<String>>().join("\n")
        }
        Ok(Meaning::CustomerDeleted(customer)) => format!("customer {customer} deleted"),
        Ok(Meaning::CashBalance(customer)) => format!("the cash balance of {customer} changed"),
        Ok(Meaning::Payout(report)) => payout_line(&report),
        Ok(Meaning::Nothing) => "nothing".to_owned(),
        Ok(Meaning::OfOtherAccount) => "of another account".to_owned(),
        Ok(Meaning::Fetch(Fetch::Stripe { object, kind })) => format!("fetch {kind:?} {object}"),
        Err(error) => format!("UNREADABLE: {error}"),
    }
}

fn line(report: &Report) -> String {
    let mut text = format!("{} {}", report.state.kind(), report.object);
    let ours = report.payment.is_some() && report.business.is_some();
    match (ours, &report.payment, &report.business) {
        (true, _, _) => {}
        (false, None, None) => text.push_str(" of nobody known"),
        (false, payment, business) => write!(text, " of {payment:?} {business:?}").unwrap(),
    }
    let mut say = |yes: bool, word: &str| {
        if yes {
            write!(text, " · {word}").unwrap();
        }
    };
    if let Some(of) = &report.of {
        say(true, &format!("part of {of}"));
    }
    if let Some(customer) = &report.customer {
        say(true, &format!("by {customer}"));
    }
    match &report.state {
        ObjectState::Checkout(fact) => {
            say(fact.completed, "completed");
            say(fact.expired, "expired");
            say(fact.failed, "failed");
            if let Some(intent) = &fact.intent {
                say(true, &format!("intent {intent}"));
            }
            fact.received.amounts().for_each(|amount| say(true, &format!("received {amount:?}")));
        }
        ObjectState::Intent(fact) => {
            say(fact.action_required, "action required");
            say(fact.processing_seen, "processing");
            say(fact.cancelled, "cancelled");
            for (id, attempt) in &fact.attempts {
                let decline = attempt.decline.as_deref().unwrap_or("-");
                say(true, &format!("attempt {id} {:?} {decline}", attempt.rank));
            }
            fact.received.amounts().for_each(|amount| say(true, &format!("received {amount:?}")));
            fact.refunded.amounts().for_each(|amount| say(true, &format!("refunded {amount:?}")));
            fact.funded.amounts().for_each(|amount| say(true, &format!("funded {amount:?}")));
        }
        ObjectState::Refund(fact) => {
            say(true, &format!("{:?}", fact.rank));
            fact.amount.amounts().for_each(|amount| say(true, &format!("{amount:?}")));
            fact.order.iter().for_each(|order| say(true, &format!("order {order}")));
            fact.failure.iter().for_each(|failure| say(true, failure));
        }
        ObjectState::Chargeback(fact) => chargeback_words(fact).iter().for_each(|word| say(true, word)),
        ObjectState::Concern(fact) => {
            say(true, fact.kind.as_str());
            say(fact.closed, "closed");
            fact.reason.iter().for_each(|reason| say(true, reason));
        }
    }
    text
}

fn chargeback_words(fact: &receivables::provider_object::ChargebackState) -> Vec<String> {
    let flags = [
        (fact.inquiry, "inquiry"),
        (fact.formal, "formal"),
        (fact.withdrawn, "withdrawn"),
        (fact.reinstated, "reinstated"),
        (fact.inquiry_closed, "inquiry closed"),
        (fact.won, "won"),
        (fact.lost, "lost"),
    ];
    let mut words: Vec<String> = flags.iter().filter(|(yes, _)| *yes).map(|(_, word)| (*word).to_owned()).collect();
    words.extend(fact.amount.amounts().map(|amount| format!("{amount:?}")));
    words.extend(fact.lost_on.amounts().map(|amount| format!("lost on {amount:?}")));
    words.extend(fact.moves.iter().map(|(id, moved)| format!("{id} {:?} less {:?}", moved.amount, moved.fee)));
    words.extend(fact.answer_by.iter().map(|at| format!("answer by {at}")));
    words.extend(fact.reason.clone());
    words.push(format!("= {}, funds {}", fact.state().as_str(), if fact.is_out() { "out" } else { "not out" }));
    words.extend(fact.uneven().iter().map(|amount| format!("{amount:?} to explain")));
    words
}

fn method_line(report: &MethodReport) -> String {
    let fact = &report.state;
    let mut text = format!("method {}", report.method);
    let mut say = |word: String| write!(text, " · {word}").unwrap();
    fact.kind.iter().for_each(|kind| say(kind.clone()));
    fact.customer.iter().for_each(|customer| say(format!("of {customer}")));
    fact.look.iter().for_each(|look| {
        let shown = |text: &Option<String>| text.clone().unwrap_or("-".to_owned());
        let until = look.good_until.map_or("-".to_owned(), |day| day.to_string());
        say(format!("{} {} until {until}", shown(&look.brand), shown(&look.last4)));
    });
    fact.mandate.iter().for_each(|mandate| say(format!("under {mandate}")));
    for (yes, word) in [
        (fact.attached, "attached"),
        (fact.detached, "detached"),
        (fact.mandate_ended, "mandate ended"),
        (fact.off_session, "may be charged"),
    ] {
        if yes {
            say(word.to_owned());
        }
    }
    text
}

fn payout_line(report: &PayoutReport) -> String {
    let fact = &report.state;
    let mut text = format!("payout {} · {:?} · {}", report.payout, fact.rank, fact.amount.to_plain());
    write!(text, " {}", fact.amount.currency().code()).unwrap();
    let mut say = |word: &str| write!(text, " · {word}").unwrap();
    fact.arrives_on.iter().for_each(|day| say(&format!("on {day}")));
    if fact.reconciled {
        say("reconciled");
    }
    if fact.manual {
        say("by hand");
    }
    fact.bank_reference.iter().for_each(|reference| say(&format!("bank reference {reference}")));
    fact.failure.iter().for_each(|failure| say(failure));
    text
}

#[test]
fn every_fixture_means_what_the_table_says() {
    let mut table = String::new();
    for (name, json) in fixtures() {
        writeln!(table, "{name}").unwrap();
        for said in shown(meaning(json)).lines() {
            writeln!(table, "    {said}").unwrap();
        }
    }
    expect_file!["./fixtures.expected.txt"].assert_eq(&table);
}

#[test]
fn every_type_applied_has_a_fixture_in_an_old_and_in_a_new_shape_and_applies() {
    let fixtures = fixtures();
    for kind in EVENT_TYPES_APPLIED {
        for shape in ["old", "new"] {
            let name = format!("{kind}-{shape}");
            let (_, json) =
                fixtures.iter().find(|(found, _)| *found == name).unwrap_or_else(|| panic!("no fixture {name}"));
            let said = meaning(json);
            let applies = matches!(
                said,
                Ok(Meaning::Reports(_)
                    | Meaning::Methods(_)
                    | Meaning::ReportsAndMethods(..)
                    | Meaning::CustomerDeleted(_)
                    | Meaning::CashBalance(_)
                    | Meaning::Payout(_))
            );
            assert!(applies, "{name} changes nothing: {said:?}");
            assert_eq!(Event::read(json.as_bytes()).unwrap().kind, *kind, "{name}");
        }
    }
    let mut types = EVENT_TYPES_APPLIED.to_vec();
    types.sort_unstable();
    types.dedup();
    assert_eq!(types.len(), EVENT_TYPES_APPLIED.len());
}

#[test]
fn old_and_new_shapes_say_the_same_of_the_money() {
    let cash = |name: &str| {
        let (_, json) = fixtures().iter().find(|(found, _)| found == name).unwrap();
        let Ok(Meaning::Reports(reports)) = meaning(json) else { panic!("{name}") };
        match &reports[0].state {
            ObjectState::Checkout(fact) => fact.received.clone(),
            ObjectState::Intent(fact) => fact.received.clone(),
            ObjectState::Refund(_) | ObjectState::Chargeback(_) | ObjectState::Concern(_) => {
                receivables::provider_object::Cash::default()
            }
        }
    };
    for kind in ["payment_intent.succeeded", "charge.succeeded", "checkout.session.async_payment_succeeded"] {
        assert_eq!(cash(&format!("{kind}-old")), cash(&format!("{kind}-new")), "{kind}");
    }
}

#[test]
fn every_kind_of_object_is_named_by_a_thin_event() {
    let named: Vec<Fetchable> = fixtures()
        .iter()
        .filter_map(|(_, json)| match meaning(json) {
            Ok(Meaning::Fetch(Fetch::Stripe { kind, .. })) => Some(kind),
            Ok(_) | Err(_) => None,
        })
        .collect();
    for kind in Fetchable::ALL {
        assert!(named.contains(&kind), "no thin event names a {kind:?}");
    }
}

/// The money left after the books have applied these events, in every rotation of their order, and twice.
fn left(names: &[&str]) -> String {
    let fixtures = fixtures();
    let said: Vec<Report> = names
        .iter()
        .flat_map(|name| {
            let (_, json) = fixtures.iter().find(|(found, _)| found == name).unwrap_or_else(|| panic!("no {name}"));
            let Ok(Meaning::Reports(reports)) = meaning(json) else { panic!("{name}") };
            reports
        })
        .collect();
    let orders = (0..said.len()).map(|start| {
        let mut facts = receivables::provider_object::ProviderState::default();
        let turned: Vec<&Report> = said.iter().cycle().skip(start).take(said.len()).collect();
        for report in turned.iter().chain(turned.iter().rev()) {
            facts.merge(report);
        }
        facts.fold().cash(Currency::EUR).to_plain()
    });
    let mut results: Vec<String> = orders.collect();
    results.dedup();
    results.join(" or ")
}

#[test]
fn what_the_events_say_together_is_what_is_ours() {
    let paid = "payment_intent.succeeded-new";
    for (names, cash) in [
        (vec![paid], "120.50"),
        (vec![paid, "charge.refunded-new-2022"], "70.50"),
        (vec![paid, "charge.refunded-new-2022", "refund.created-new", "refund.updated-new"], "70.50"),
        (vec![paid, "charge.refunded-new-2022", "refund.created-new", "refund.failed-new"], "120.50"),
        (vec![paid, "refund.created-new-action", "refund.updated-new-canceled"], "120.50"),
        (vec!["payment_intent.succeeded-new-refunded", "charge.succeeded-new"], "70.50"),
        (vec![paid, "charge.refunded-old"], "0.00"),
        (vec![paid, "charge.refunded-new", "charge.refund.updated-old"], "50.00"),
        (vec!["charge.succeeded-old-no-intent", "charge.refunded-old-no-status"], "70.50"),
        (vec![paid, "charge.dispute.created-new-inquiry", "charge.dispute.closed-new-inquiry"], "120.50"),
        (vec![paid, "charge.dispute.created-new", "charge.dispute.funds_withdrawn-new"], "0.00"),
        (vec![paid, "charge.dispute.funds_withdrawn-old", "charge.dispute.created-new"], "0.00"),
        (vec![paid, "charge.dispute.created-new", "charge.dispute.closed-new-lost"], "0.00"),
        (vec![paid, "charge.dispute.created-old", "charge.dispute.funds_reinstated-old"], "120.50"),
        (vec![paid, "charge.dispute.funds_withdrawn-new", "charge.dispute.closed-new"], "120.50"),
        (vec![paid, "charge.dispute.created-new-debit"], "0.00"),
    ] {
        assert_eq!(left(&names), cash, "{names:?}");
    }
}

/// The reports of a fetched object.
fn check(read: fn(&[u8]) -> Result<Vec<Report>, Unreadable>, object: &Value, expected: &expect_test::Expect) {
    let said = read(object.to_string().as_bytes());
    expected.assert_eq(&shown(said.map(Meaning::Reports)));
}

#[test]
fn a_fetched_session_brings_its_intent_which_inherits_whose_it_is() {
    let session = json!({
        "id": "cs_1", "object": "checkout.session", "status": "complete", "payment_status": "paid", "mode": "payment",
        "amount_total": 12050, "currency": "eur", "client_reference_id": "pay_01JD8Z0000ABCDEFGHJKMNPQRS",
        "metadata": {"guichet_business": "biz_01JD8Z0000ABCDEFGHJKMNPQRS"},
        "payment_intent": {"id": "pi_1", "object": "payment_intent", "status": "succeeded", "amount_received": 12050,
            "currency": "eur", "latest_charge": "ch_1", "metadata": {}},
    });
    check(
        checkout_session_reports,
        &session,
        &expect![[r#"
            checkout cs_1 · part of pi_1 · completed · intent pi_1 · received 120.50 EUR
            intent pi_1 · attempt ch_1 Succeeded - · received 120.50 EUR"#]],
    );
}

#[test]
fn a_finished_session_whose_intent_wants_another_method_has_failed() {
    for (status, failed) in
        [("requires_payment_method", true), ("canceled", true), ("processing", false), ("requires_action", false)]
    {
        let session = json!({
            "id": "cs_1", "status": "complete", "payment_status": "unpaid",
            "payment_intent": {"id": "pi_1", "status": status, "latest_charge": "py_1"},
        });
        let said = checkout_session_reports(session.to_string().as_bytes()).unwrap();
        let ObjectState::Checkout(fact) = &said[0].state else { panic!() };
        assert!(fact.completed && fact.failed == failed, "{status}");
    }
}

#[test]
fn an_open_session_says_only_that_it_exists() {
    let session = json!({"id": "cs_1", "status": "open", "payment_status": "unpaid", "payment_intent": null,
        "amount_total": 12050, "currency": "xts"});
    check(checkout_session_reports, &session, &expect!["checkout cs_1 of nobody known"]);
    let intent = json!({"id": "pi_1", "status": "requires_payment_method", "last_payment_error": null});
    check(payment_intent_reports, &intent, &expect!["intent pi_1 of nobody known"]);
}

#[test]
fn attempts_are_told_apart_and_the_later_stage_of_each_holds() {
    let intent = json!({
        "id": "pi_1", "status": "requires_payment_method", "currency": "eur",
        "charges": {"data": [
            {"id": "ch_1", "status": "failed", "failure_code": "card_declined",
             "outcome": {"type": "issuer_declined", "reason": "lost_card"}},
            {"id": "ch_2", "status": "pending"},
            {"id": "ch_3", "status": "succeeded", "captured": false},
            {"id": "ch_4", "status": "new_word"}, {"id": null, "status": "failed"}, null, 7, "ch_5",
        ]},
        "latest_charge": {"id": "ch_2", "status": "pending"},
        "last_payment_error": {"charge": {"id": "ch_2"}, "code": "a sentence, not a code", "decline_code": "stolen_card"},
    });
    check(
        payment_intent_reports,
        &intent,
        &expect!["intent pi_1 of nobody known · attempt ch_1 Failed lost_card · attempt ch_2 Failed stolen_card"],
    );
}

#[test]
fn a_number_where_a_word_belongs_costs_nothing_that_is_not_needed() {
    let intent = json!({
        "id": "pi_1", "status": "succeeded", "amount_received": 700, "currency": "eur", "latest_charge": 7, "charges": "none",
        "last_payment_error": 5, "metadata": ["guichet_payment"], "customer": 9, "created": "yesterday",
    });
    check(payment_intent_reports, &intent, &expect!["intent pi_1 of nobody known · received 7.00 EUR"]);
    for (field, value) in
        [("id", json!(7)), ("amount_received", json!("700")), ("amount_received", json!(-1)), ("currency", json!(978))]
    {
        let mut broken = intent.clone();
        broken[field] = value;
        assert!(payment_intent_reports(broken.to_string().as_bytes()).is_err(), "{field}");
    }
}

/// One change to a document: a path and what happens there.
#[derive(Clone, Debug)]
enum Mutation {
    Replace(Index, Value),
    Remove(Index),
    Flip(Index, u8),
    Cut(Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let value = prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        Just(json!([])),
        Just(json!({})),
        Just(json!({"id": "pi_9", "status": "succeeded", "amount_received": 1, "currency": "eur"})),
        any::<i64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,12}".prop_map(|text| json!(text)),
        prop::sample::select(vec![
            "paid",
            "complete",
            "processing",
            "canceled",
            "failed",
            "usd",
            "isk",
            "iqd",
            "xts",
            "pending",
            "lost",
            "won",
            "warning_closed",
            "needs_response",
            "inactive",
            "charge.refunded",
            "charge.dispute.funds_withdrawn",
            "payout.paid",
            "refund.failed",
        ])
        .prop_map(|word| json!(word)),
    ];
    prop_oneof![
        6 => (any::<Index>(), value).prop_map(|(place, value)| Mutation::Replace(place, value)),
        2 => any::<Index>().prop_map(Mutation::Remove),
        1 => (any::<Index>(), any::<u8>()).prop_map(|(place, byte)| Mutation::Flip(place, byte)),
        1 => any::<Index>().prop_map(Mutation::Cut),
    ]
}

/// The paths of all values in a document.
fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, inner)| places(inner, &format!("{here}/{name}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(place, inner)| places(inner, &format!("{here}/{place}"), found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn mutated(json: &str, mutations: &[Mutation]) -> Vec<u8> {
    let mut document: Value = serde_json::from_str(json).unwrap();
    let mut bytes = json.as_bytes().to_vec();
    for mutation in mutations {
        let mut found = Vec::new();
        places(&document, "", &mut found);
        match mutation {
            Mutation::Replace(place, value) => {
                let path: &String = place.get(&found);
                *document.pointer_mut(path).unwrap() = value.clone();
            }
            Mutation::Remove(place) => {
                let path: &String = place.get(&found);
                if let Some((parent, name)) = path.rsplit_once('/')
                    && let Some(Value::Object(fields)) = document.pointer_mut(parent)
                {
                    fields.remove(name);
                }
            }
            Mutation::Flip(place, byte) if !bytes.is_empty() => {
                let place = place.index(bytes.len());
                bytes[place] = *byte;
                return bytes;
            }
            Mutation::Cut(place) => {
                bytes.truncate(place.index(bytes.len() + 1));
                return bytes;
            }
            Mutation::Flip(..) => {}
        }
        bytes = document.to_string().into_bytes();
    }
    bytes
}

/// The money that is reported as moved.
#[derive(Default)]
struct Moved {
    received: Vec<Money>,
    sent_back: Vec<Money>,
    contested: Vec<Money>,
    /// A chargeback's funds are out.
    out: bool,
}

impl Moved {
    fn by(meaning: &Meaning) -> Self {
        let mut moved = Self::default();
        let Meaning::Reports(reports) = meaning else { return moved };
        assert!(!reports.is_empty(), "nothing is reported as such");
        for report in reports {
            match &report.state {
                ObjectState::Checkout(fact) => moved.received.extend(fact.received.amounts()),
                ObjectState::Intent(fact) => moved.received.extend(fact.received.amounts()),
                ObjectState::Refund(fact) => moved.sent_back.extend(fact.amount.amounts()),
                ObjectState::Chargeback(fact) => {
                    moved.contested.extend(fact.disputed().amounts());
                    moved.out |= fact.is_out();
                }
                ObjectState::Concern(_) => {}
            }
        }
        moved
    }
}

/// Every whole number in a document.
fn numbers(text: &str) -> Vec<i64> {
    let part_of_one = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.' | '_');
    text.split(|c| !part_of_one(c)).filter_map(|word| word.parse().ok()).collect()
}

/// Removes or changes one field at a time in every fixture: the reports may then say less, but never money that was not there
/// before. (Only that a page is of another mode is known from its field alone.)
#[test]
fn a_field_that_is_lost_or_odd_never_makes_money() {
    for (name, json) in fixtures() {
        // A document that cannot be read may become readable without its bad field.
        let Ok(before) = meaning(json).map(|meaning| Moved::by(&meaning)) else { continue };
        let mut document: Value = serde_json::from_str(json).unwrap();
        let mut paths = Vec::new();
        places(&document, "", &mut paths);
        for path in paths.iter().filter(|path| path.starts_with("/data/object/") && !path.ends_with("/mode")) {
            for odd in [json!(null), json!("odd")] {
                let original = std::mem::replace(document.pointer_mut(path).unwrap(), odd.clone());
                let said = meaning(&document.to_string());
                *document.pointer_mut(path).unwrap() = original;
                let Ok(after) = said.map(|meaning| Moved::by(&meaning)) else { continue };
                let case = format!("{name} with {odd} at {path}");
                assert!(after.received.is_empty() || !before.received.is_empty(), "{case}: received");
                assert!(after.sent_back.len() <= before.sent_back.len(), "{case}: sent back");
                assert!(after.contested.len() <= before.contested.len(), "{case}: contested");
                assert!(!after.out || before.out, "{case}: out");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever is done to an event, it is read or refused, and no cash is invented: without a word of success there is none.
    #[test]
    fn nothing_that_happens_to_an_event_is_more_than_unreadable(
        fixture in any::<Index>(),
        mutations in prop::collection::vec(mutation(), 0..5),
    ) {
        let fixtures = fixtures();
        let (_, json) = fixture.get(fixtures);
        let body = mutated(json, &mutations);
        let _ = checkout_session_reports(&body);
        let _ = payment_intent_reports(&body);
        for kind in Fetchable::ALL {
            let _ = object_meaning(kind, &body);
        }
        let Ok(event) = Event::read(&body) else { return Ok(()) };
        let Ok(meaning) = reports(&event) else { return Ok(()) };
        let text = String::from_utf8_lossy(&body).into_owned();
        let money = Moved::by(&meaning);
        prop_assert!(money.received.is_empty() || text.contains("succeeded") || text.contains("paid"));
        prop_assert!(!money.out || text.contains('-') || text.contains("funds_withdrawn") || text.contains("lost"));
        let numbers = numbers(&text);
        for amount in money.received.iter().chain(&money.sent_back).chain(&money.contested) {
            let stated = numbers.iter().any(|number| from_stripe(*number, amount.currency()) == Ok(*amount));
            prop_assert!(stated, "{amount:?} is nowhere in {text}");
        }
        if let Meaning::Payout(report) = &meaning {
            let amount = report.state.amount;
            let stated = numbers.iter().any(|number| balance_from_stripe(*number, amount.currency()) == Ok(amount));
            prop_assert!(stated, "{amount:?} is nowhere in {text}");
        }
    }

    #[test]
    fn no_bytes_at_all_are_a_reason_to_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Event::read(&body).map(|event| reports(&event));
        let _ = checkout_session_reports(&body);
    }
}
