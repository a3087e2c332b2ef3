use std::alloc::System;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::LazyLock;

use payment_gateway::Secret;
use payment_gateway::stripe::event::Event;
use payment_gateway::stripe::reports::{Fetchable, object_meaning, reports};
use payment_gateway::stripe::signature;
use receivables::text::EmailAddress;
use receivables::{BillingZone, Business, Currency, Locale};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What may be allocated whatever the input: tables made once, a first buffer.
const ALLOCATED_ANYWAY: usize = 256 * 1024;

/// Works on an input, and holds what it allocates in all against the input's size.
fn measured(input: &[u8], times: usize, work: impl FnOnce(&[u8])) {
    let region = Region::new(ALLOCATOR);
    work(input);
    let allocated = region.change().bytes_allocated;
    let most = ALLOCATED_ANYWAY + times * input.len();
    assert!(allocated <= most, "{allocated} bytes for an input of {}", input.len());
}

/// The fixtures of events, as bytes.
static FIXTURES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/stripe");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let json = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json");
    paths.iter().filter(|path| json(path)).map(|path| std::fs::read(path).unwrap()).collect()
});

/// A text with pieces of it replaced by what chance gives.
fn mutilated(text: &[u8], cuts: &[(u16, u8, Vec<u8>)]) -> Vec<u8> {
    let mut text = text.to_vec();
    for (place, length, piece) in cuts {
        let from = usize::from(*place) % (text.len() + 1);
        let to = (from + usize::from(*length)).min(text.len());
        text.splice(from..to, piece.iter().copied());
    }
    text
}

fn read_event(bytes: &[u8]) {
    if let Ok(event) = Event::read(bytes) {
        let _ = black_box(reports(&event));
    }
}

#[test]
fn signature_header() {
    let now = "2026-03-02T09:00:00Z".parse().unwrap();
    let secrets = [Secret::new("whsec_test_secret").unwrap(), Secret::new("whsec_old_secret").unwrap()];
    bolero::check!().with_type::<(String, Vec<u8>)>().for_each(|(header, body)| {
        let both = header.len() + body.len();
        measured(&vec![0; both], 16, |_| {
            let _ = black_box(signature::verify(header, body, &secrets, now));
        });
    });
}

#[test]
fn envelope() {
    bolero::check!().for_each(|bytes: &[u8]| measured(bytes, 64, read_event));
}

#[test]
fn facts() {
    bolero::check!().with_type::<(u16, Vec<(u16, u8, Vec<u8>)>)>().for_each(|(which, cuts)| {
        let fixture = &FIXTURES[usize::from(*which) % FIXTURES.len()];
        measured(&mutilated(fixture, cuts), 64, read_event);
    });
}

#[test]
fn fetched_objects() {
    bolero::check!().with_type::<(u8, Vec<u8>)>().for_each(|(kind, bytes)| {
        let kind = Fetchable::ALL[usize::from(*kind) % Fetchable::ALL.len()];
        measured(bytes, 64, |bytes| {
            let _ = black_box(object_meaning(kind, bytes));
        });
    });
}

#[test]
fn import_file() {
    const FILE: &[u8] =
        b"number,customer,customer_name,currency,issued_on,due_on,description,quantity,unit_price,tax_rate\n\
        F-1,C-1,Maison,EUR,2026-03-01,2026-03-31,\"Work, by hand\",2,120.50,20\nF-1,,,,,,More,1,5.00,5.5\n";
    let business = Business {
        id: "biz_01JD8Z0000ABCDEFGHJKMNPQRS".parse().unwrap(),
        name: "Maison".parse().unwrap(),
        default_currency: Currency::EUR,
        time_zone: BillingZone::named("Europe/Paris").unwrap(),
        locales: vec![Locale::French],
        email: "maison@example.com".parse::<EmailAddress>().unwrap(),
        write_off_tolerances: BTreeMap::new(),
        outside_payments: receivables::OutsidePayments::Propose,
        provider_refunds: receivables::ProviderRefunds::Ask,
        not_ours: Vec::new(),
        version: 1,
    };
    bolero::check!().with_type::<Vec<(u16, u8, Vec<u8>)>>().for_each(|cuts| {
        measured(&mutilated(FILE, cuts), 1024, |file| {
            let _ = black_box(operations::check_import(file, &business));
        });
    });
}
