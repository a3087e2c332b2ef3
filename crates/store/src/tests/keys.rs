//! Every key of every item: as it is in the tables, never two things at one key, never the business of another.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use expect_test::expect_file;
use receivables::invoice::ListPlace;
use receivables::{BusinessId, Currency, CustomerId, InvoiceId, ObjectId, PaymentId};

use super::samples::{id, now, stripe};
use crate::keys::{self, Key, Unique};

/// What keys are made of beside the business.
struct Parts<'a> {
    /// Ends the ULIDs of ids.
    name: &'a str,
    /// Text that others choose: numbers, addresses, names.
    text: &'a str,
    /// Ids that the provider chooses.
    object: &'a str,
    place: u8,
}

/// Each key with a business in it.
fn of_business(b: &BusinessId, parts: &Parts<'_>) -> Vec<(&'static str, Key)> {
    let Parts { name, text, object, place } = *parts;
    let (customer, object): (CustomerId, ObjectId) = (id("cst", name), object.parse().unwrap());
    let (invoice, payment, note) = (id("inv", name), id("pay", name), id("crn", name));
    let unique = |kind| keys::unique(b, kind, text);
    vec![
        ("business", keys::business(b)),
        ("customer", keys::customer(b, &customer)),
        ("balance", keys::balance(b, &customer)),
        ("ledger entry", keys::ledger(b, &customer, text)),
        ("record of a decision", keys::decision_record(b, name, text)),
        ("block of the audit", keys::audit_block(b, u64::from(place) + 1)),
        ("number of an invoice", unique(Unique::InvoiceNumber)),
        ("external id of an invoice", unique(Unique::InvoiceExternalId)),
        ("external id of a customer", unique(Unique::CustomerExternalId)),
        ("customer's id at Stripe", unique(Unique::CustomerAtProvider(stripe()))),
        ("number of a credit note", unique(Unique::CreditNoteNumber)),
        ("e-mail of a customer", keys::email(b, text, &customer)),
        ("invoice", keys::invoice(b, &invoice)),
        ("lines of an invoice", keys::invoice_lines(b, &invoice)),
        ("payment", keys::payment(b, &payment)),
        ("allocation", keys::allocation(b, &payment, usize::from(place))),
        ("merged fact", keys::merged_fact(b, &payment, stripe(), "intent", &object)),
        ("review", keys::review(b, &payment, text)),
        ("unapplied cash of a payment", keys::unapplied_of_payment(b, &customer, &payment)),
        ("credit note", keys::credit_note(b, &note)),
        ("allocation of a credit note", keys::credit_note_allocation(b, &note, usize::from(place))),
        ("unapplied of a credit note", keys::unapplied_of_credit_note(b, &customer, &note)),
        ("saved method", keys::method(b, stripe(), &object)),
        ("payout", keys::payout(b, stripe(), &object)),
        ("transaction of a payout", keys::transaction_of_payout(b, stripe(), &object, &object)),
        ("movement at a provider", keys::transaction(b, stripe(), &object)),
        ("movement that was taken over", keys::taken_over(b, stripe(), &object)),
        ("money at a provider", keys::provider_cash(b, stripe(), &object)),
        ("reading by time", keys::balance_reading(b, stripe())),
        ("what was paid out of a payment", keys::settlement(b, &id("pay", name))),
        ("export", keys::export(b, &id("exp", name))),
        ("part of an export", keys::export_part(b, &id("exp", name), 7)),
        ("sweep", keys::sweep(b, stripe())),
        ("provider object", keys::object(b, stripe(), &object)),
        ("waiting fact", keys::waiting_fact(b, stripe(), &object, "intent", &object)),
        ("provider event", keys::event(b, stripe(), object.as_str(), text)),
        ("sign-in", keys::sign_in(b, &id("sgn", name))),
        ("sign-in mails of an hour", keys::sign_in_mails(b, text, now())),
        ("idempotency key", keys::idempotency(b, text)),
        ("act", keys::act(b, text)),
        ("effect", keys::effect(b, text, "receipt")),
    ]
}

/// Each key that a secret or a name of the internet finds, before any business is known.
fn of_no_business(text: &str) -> Vec<(&'static str, Key)> {
    vec![
        ("host name", keys::host(text)),
        ("API key", keys::api_key(text)),
        ("pay link", keys::pay_link(text)),
        ("sign-in token", keys::sign_in_token(text)),
        ("session", keys::session(text)),
    ]
}

/// Each partition of an index that lists something of a business.
fn lists(b: &BusinessId, shard: u8) -> Vec<(&'static str, String)> {
    vec![
        ("customers", keys::customers(b)),
        ("invoices", keys::invoices(b)),
        ("payments of a month", keys::payments_of_month(b, now()).0),
        ("ledger of a month", keys::ledger_of_month(b, "2026-03-02".parse().unwrap())),
        ("unapplied", keys::unapplied(b)),
        ("credit notes", keys::credit_notes(b)),
        ("reviews", keys::reviews(b)),
        ("payouts", keys::payouts(b)),
        ("movements of a month", keys::movements_of_month(b, now())),
        ("exports", keys::exports(b)),
        ("unidentified", keys::unidentified(b)),
        ("events of an hour", keys::events_of_hour(b, now(), shard)),
        ("events in quarantine", keys::events_quarantined(b)),
        ("failing effects", keys::effects_failing(b)),
    ]
}

fn businesses() -> [BusinessId; 2] {
    [id("biz", "B"), id("biz", "BB")]
}

#[test]
fn every_key_is_as_it_is_in_the_tables() {
    let [b, _] = businesses();
    let parts = Parts { name: "1", text: "text", object: "obj_1", place: 7 };
    let mut table = String::new();
    let all = of_business(&b, &parts).into_iter().chain(of_no_business("text"));
    for (name, Key { pk, sk }) in all {
        writeln!(table, "{name}: {pk} / {sk}").unwrap();
    }
    for (name, pk) in lists(&b, 3) {
        writeln!(table, "list of {name}: {pk}").unwrap();
    }
    let (payment, invoice): (PaymentId, InvoiceId) = (id("pay", "1"), id("inv", "1"));
    let place = |open| ListPlace { open, due_on: "2026-04-01".parse().unwrap() };
    for (name, place) in [
        ("due list of a payment", keys::DueList::Payments.partition_of(payment.as_str())),
        ("due list of jobs", keys::DueList::Jobs.partition_of("sweep")),
        ("place in the due list", keys::due_place(now(), payment.as_str())),
        ("open invoice in its account", keys::invoice_in_account(place(true), Currency::EUR, &invoice)),
        ("closed invoice in its account", keys::invoice_in_account(place(false), Currency::EUR, &invoice)),
        ("payment in its account", keys::payment_in_account(now(), &payment)),
        ("credit note in its account", keys::credit_note_in_account(now(), &id("crn", "1"))),
        ("pay link in its invoice", keys::pay_link_in_invoice(&id("lnk", "1"))),
    ] {
        writeln!(table, "{name}: {place}").unwrap();
    }
    expect_file!["expected/keys.txt"].assert_eq(&table.replace("00000000000000000000000", "…"));
}

/// Those of the parts that name a thing, for most keys are made of few of them.
fn named_by(what: &str, parts: &Parts<'_>) -> String {
    let Parts { name, text, object, place } = parts;
    match what {
        "business" | "sweep" | "reading by time" => String::new(),
        "block of the audit" => place.to_string(),
        "customer"
        | "balance"
        | "invoice"
        | "lines of an invoice"
        | "payment"
        | "credit note"
        | "sign-in"
        | "what was paid out of a payment"
        | "export"
        | "part of an export"
        | "unapplied cash of a payment"
        | "unapplied of a credit note" => (*name).to_owned(),
        "allocation" | "allocation of a credit note" => format!("{name} {place}"),
        "merged fact" => format!("{name} {object}"),
        "saved method"
        | "payout"
        | "transaction of a payout"
        | "movement at a provider"
        | "money at a provider"
        | "movement that was taken over"
        | "provider object"
        | "waiting fact" => (*object).to_owned(),
        "provider event" => format!("{object} {text}"),
        "ledger entry" | "record of a decision" | "e-mail of a customer" | "review" => format!("{name} {text}"),
        _ => (*text).to_owned(),
    }
}

#[test]
fn no_two_things_share_a_key() {
    let texts = ["a", "b", "a#b", "a#", "#a", "number#a", "U", "A", "é", "a b"];
    let mut seen: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut claim = |what: String, key: Key| {
        let other = seen.insert((key.pk.clone(), key.sk.clone()), what.clone());
        // What a key says of some of the parts only is the same for all of the others.
        assert!(other.as_ref().is_none_or(|other| *other == what), "{key:?} is {what} and {other:?}");
    };
    for b in businesses() {
        for name in ["1", "2"] {
            for text in texts {
                for object in ["obj", "obj_1", "X", "F"] {
                    for place in [0, 1, 99] {
                        let parts = Parts { name, text, object, place };
                        for (what, key) in of_business(&b, &parts) {
                            claim(format!("{what} of {b}: {}", named_by(what, &parts)), key);
                        }
                    }
                }
            }
        }
    }
    // A host is the same in capitals; all other names are hashes.
    for text in ["a", "b", "a#b", "pay.example.com"] {
        for (what, key) in of_no_business(text) {
            claim(format!("{what}: {text}"), key);
        }
    }
}

#[test]
fn no_key_leads_to_another_business() {
    let [one, other] = businesses();
    let foreign = [other.as_str(), &format!("{other}#number"), "#", "B#"];
    for text in foreign {
        let object = format!("obj_{}", text.replace('#', "_"));
        let parts = Parts { name: "1", text, object: &object, place: 0 };
        for (what, key) in of_business(&one, &parts) {
            let (kind, rest) = key.pk.split_once('#').unwrap();
            assert!(kind.bytes().all(|byte| byte.is_ascii_uppercase()), "{what}: {key:?}");
            let named = rest.split('#').next().unwrap();
            assert_eq!(named, one.as_str(), "{what}: the business comes first, whatever follows: {key:?}");
        }
    }
    let partitions = |b: &BusinessId| -> BTreeSet<String> { lists(b, 0).into_iter().map(|(_, pk)| pk).collect() };
    assert!(partitions(&one).is_disjoint(&partitions(&other)));
    assert_eq!(partitions(&one).len(), lists(&one, 0).len(), "no two lists share a partition");
}
