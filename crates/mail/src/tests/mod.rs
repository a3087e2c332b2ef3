//! Every message in every locale, its MIME, and what SES's answers mean.

mod messages;
mod mime;
mod sending;

use jiff::civil::date;
use receivables::text::{EmailAddress, PartyName};
use receivables::{BillingZone, Business, Currency, Locale, Money};

use crate::{Kind, Message, Receipt, ReceiptLine, SignIn};

const URL: &str = "http://127.0.0.1:3000/sign-in/4nJ0Zr7xq3T8bYvWcD1eFgHiJkLmNoPqRsTuVwXyZ02";
const PAYMENT_URL: &str =
    "http://127.0.0.1:3000/payments/pay_01JD8Z0000ABCDEFGHJKMNPQRS?key=Qm9uam91ciwgYydlc3QgdW5lIGNsZQ&x=\"1";

fn business() -> Business {
    named_business("Maison Exemple")
}

fn named_business(name: &str) -> Business {
    Business {
        id: "biz_01JD8Z0000ABCDEFGHJKMNPQRS".parse().unwrap(),
        name: name.parse().unwrap(),
        default_currency: Currency::EUR,
        time_zone: BillingZone::named("Europe/Paris").unwrap(),
        locales: Locale::ALL.to_vec(),
        email: "compta@maison.example".parse().unwrap(),
        write_off_tolerances: std::collections::BTreeMap::new(),
        outside_payments: receivables::OutsidePayments::Propose,
        provider_refunds: receivables::ProviderRefunds::Ask,
        not_ours: Vec::new(),
        version: 1,
    }
}

fn money(text: &str, locale: Locale) -> Money {
    let canadian = matches!(locale, Locale::EnglishCanada | Locale::FrenchCanada);
    Money::parse(text, if canadian { Currency::CAD } else { Currency::EUR }).unwrap()
}

fn address() -> EmailAddress {
    "atelier@nord.example".parse().unwrap()
}

fn receipt(business: &Business, locale: Locale) -> Receipt<'_> {
    let line = |number: &str, amount: &str, open_after: &str| ReceiptLine {
        number: number.parse().unwrap(),
        amount: money(amount, locale),
        open_after: money(open_after, locale),
    };
    Receipt {
        business,
        locale,
        to: address(),
        customer_name: "Atelier <Nord> & fils".parse().unwrap(),
        payment: "pay_01JD8Z0000ABCDEFGHJKMNPQRS".parse().unwrap(),
        paid_on: date(2026, 3, 1),
        amount: money("1234.50", locale),
        lines: vec![line("F-2026-0017", "1000.00", "0.00"), line("F-2026-0021", "200.00", "80.25")],
        unapplied: money("34.50", locale),
        payment_url: PAYMENT_URL.to_owned(),
    }
}

fn sign_in(business: &Business, locale: Locale) -> SignIn<'_> {
    SignIn { business, locale, to: address(), url: URL.to_owned(), code: "048213".to_owned(), minutes: 15 }
}

fn composed(kind: Kind, business: &Business, locale: Locale) -> Message {
    match kind {
        Kind::Receipt => receipt(business, locale).compose(),
        Kind::SignIn => sign_in(business, locale).compose(),
    }
}

/// Every kind of message in every locale.
fn all(business: &Business) -> Vec<Message> {
    Kind::ALL.into_iter().flat_map(|kind| Locale::ALL.map(|locale| composed(kind, business, locale))).collect()
}

/// Names as people have them, and as people try them.
fn names() -> Vec<PartyName> {
    // spelling: off
    let long = "Établissements ".repeat(13);
    [
        "O'Brien, Müller & \"Fils\" <x@y.example>",
        "Bcc: victim@example.com",
        "=?utf-8?Q?Bcc:_victim=40example.com?=",
        "Boulangerie 🥐 du Marché 👩‍👩‍👧‍👦",
        "株式会社テスト\\",
        "plain",
        &"x".repeat(200),
        &"🥐".repeat(200),
        &long,
    ]
    // spelling: on
    .map(|name| name.parse().unwrap())
    .into()
}
