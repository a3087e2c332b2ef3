//! One of everything that is kept.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use receivables::credit_note::{self, CreditNoteDraft};
use receivables::customer::{self, Profile};
use receivables::invoice::{self, Draft, DraftLine, DraftSchedule};
use receivables::pay_link::Scope;
use receivables::payment::{self, ChargeRule, Checkout, ChosenMethod, Origin, Request};
use receivables::provider_object::{Cash, IntentState};
use receivables::{
    BillingZone, Business, BusinessId, CreditNote, Customer, CustomerId, Decision, Invoice, InvoiceHead, InvoiceId,
    Locale, Money, ObjectState, PayLink, Payment, Provider, Report,
};
use rust_decimal::Decimal;

/// The id of a kind whose ULID ends in a name.
pub(super) fn id<T: std::str::FromStr>(prefix: &str, name: &str) -> T {
    format!("{prefix}_{name:0>26}").parse().unwrap_or_else(|_| panic!("{prefix}_{name} is no id"))
}

pub(super) fn b() -> BusinessId {
    id("biz", "B")
}

pub(super) fn c() -> CustomerId {
    id("cst", "C")
}

pub(super) fn now() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

pub(super) fn later(minutes: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minutes)
}

pub(super) fn money(minor: i64) -> Money {
    Money::new(minor, receivables::Currency::EUR).unwrap()
}

pub(super) fn business() -> Business {
    Business {
        id: b(),
        name: "Maison Example".parse().unwrap(),
        default_currency: receivables::Currency::EUR,
        time_zone: BillingZone::named("Europe/Paris").unwrap(),
        locales: vec![Locale::French, Locale::English],
        email: "compta@maison.example".parse().unwrap(),
        write_off_tolerances: BTreeMap::new(),
        outside_payments: receivables::OutsidePayments::Propose,
        provider_refunds: receivables::ProviderRefunds::Ask,
        not_ours: Vec::new(),
        version: 1,
    }
}

pub(super) fn stripe() -> Provider {
    "stripe".parse().unwrap()
}

pub(super) fn profile(external_id: Option<&str>, stripe_id: Option<&str>) -> Profile {
    Profile {
        external_id: external_id.map(|id| id.parse().unwrap()),
        name: "Ferrandière & Söhne".parse().unwrap(),
        email: Some("comptabilite@ferrandiere.example".parse().unwrap()),
        locale: Some(Locale::French),
        provider_ids: stripe_id.map(|id| (stripe(), id.parse().unwrap())).into_iter().collect(),
    }
}

pub(super) fn customer(name: &str, profile: Profile) -> (Customer, Decision) {
    customer::register(id("cst", name), b(), profile, now())
}

pub(super) fn pay_link(name: &str, invoice: &InvoiceId) -> PayLink {
    PayLink {
        id: id("lnk", name),
        business: b(),
        customer: c(),
        scope: Scope::Invoice(invoice.clone()),
        expires_on: "2026-12-31".parse().unwrap(),
        revoked_at: None,
        token_hash: format!("hash of {name}"),
    }
}

/// An invoice of 100.00 euros.
pub(super) fn invoice(name: &str, number: &str, external_id: Option<&str>) -> (Invoice, Decision) {
    let line = DraftLine {
        description: "Work".parse().unwrap(),
        quantity: Decimal::ONE,
        unit_price: money(10_000),
        tax_rate: Decimal::ZERO,
    };
    let draft = Draft {
        external_id: external_id.map(|id| id.parse().unwrap()),
        number: number.parse().unwrap(),
        currency: receivables::Currency::EUR,
        purchase_order: Some("PO-7".parse().unwrap()),
        issued_on: "2026-03-01".parse().unwrap(),
        schedule: DraftSchedule::On("2026-04-01".parse().unwrap()),
        lines: vec![line],
    };
    let invoice_id: InvoiceId = id("inv", name);
    invoice::issue(invoice_id.clone(), b(), c(), draft, pay_link(name, &invoice_id), now()).unwrap()
}

/// A payment of a whole invoice, as it is started.
pub(super) fn payment(name: &str, invoice: &InvoiceHead) -> (Payment, Decision) {
    started(name, invoice, None)
}

/// The same, charging a saved card.
pub(super) fn charge(name: &str, invoice: &InvoiceHead) -> (Payment, Decision) {
    let (id, kind) = ("pm_1".parse().unwrap(), Some("card".to_owned()));
    started(name, invoice, Some(ChosenMethod { id, kind, customer: "cus_1".parse().unwrap() }))
}

fn started(name: &str, invoice: &InvoiceHead, method: Option<ChosenMethod>) -> (Payment, Decision) {
    let request = Request {
        method,
        id: id("pay", name),
        provider: stripe(),
        origin: Origin::PayLink(id("lnk", "K")),
        locale: Locale::French,
        parts: vec![(invoice.clone(), invoice.balance.payable())],
        rule: ChargeRule { minimum: money(50), step: money(1) },
    };
    let (started, decisions) = payment::start(&request, now()).unwrap();
    let [first] = decisions.try_into().expect("one transaction");
    (started, first)
}

pub(super) fn checkout(name: &str) -> Checkout {
    Checkout {
        id: format!("cs_{name}").parse().unwrap(),
        url: format!("https://checkout.example/{name}"),
        expires_at: later(24 * 60),
    }
}

/// The provider says that so much of an intent has come.
pub(super) fn received(intent: &str, minor: i64) -> Report {
    let state = IntentState { received: Cash::of(money(minor)), ..IntentState::default() };
    Report::new(intent.parse().unwrap(), ObjectState::Intent(state))
}

pub(super) fn credit_note(name: &str, number: &str) -> (CreditNote, Decision) {
    let draft = CreditNoteDraft {
        number: number.parse().unwrap(),
        amount: money(2_500),
        reason: "Damaged".parse().unwrap(),
        issued_on: "2026-03-02".parse().unwrap(),
        parts: Vec::new(),
    };
    credit_note::issue(id("crn", name), b(), c(), draft, now()).unwrap()
}

/// A decision of changes alone.
pub(super) fn decision(changes: Vec<receivables::Change>, at: Timestamp) -> Decision {
    Decision::new(b(), c(), at).with_changes(changes)
}
