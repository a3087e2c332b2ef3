//! A chargeback is what the issuer holds: its moves are added up, and what is beside the customer's amount has its place.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use receivables::{InvoiceId, PaymentId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testing::World;

/// A card whose money is available at once.
const CARD: &str = "4000000000000077";

/// A dispute of a payment of an invoice, and what happens to it, as the sandbox's controls play it.
struct Case {
    moves: &'static [i64],
    end: Value,
    /// How the invoice stands then, and what a person should look at.
    invoice: &'static str,
    reviews: &'static [&'static str],
    /// The journal's accounts then, in hundredths, without what is invoiced, charged for payments and paid out.
    exchange: i64,
    suspense: i64,
}

impl Case {
    fn all() -> [Self; 5] {
        let even = |moves, end, invoice, exchange| Self { moves, end, invoice, reviews: &[], exchange, suspense: 0 };
        [
            even(&[], json!({"verdict": "lost", "moves": [{"amount": 35}]}), "open 100.00", -35),
            even(&[-35], json!({"verdict": "won"}), "paid 0.00", 35),
            even(
                &[],
                json!({"verdict": "lost", "amount": 4_000, "moves": [{"amount": 6_000}]}),
                "partly_paid 40.00",
                0,
            ),
            // Lost, and all of it came back: the words say the one and the money the other.
            Self {
                moves: &[],
                end: json!({"verdict": "lost", "moves": [{"amount": 10_000}]}),
                invoice: "paid 0.00",
                reviews: &["uneven_chargeback 100.00 EUR"],
                exchange: 0,
                suspense: 0,
            },
            // Not decided, and neither out nor back.
            Self {
                moves: &[6_000],
                end: Value::Null,
                invoice: "paid 0.00",
                reviews: &["chargeback 100.00 EUR", "uneven_chargeback 40.00 EUR"],
                exchange: 0,
                suspense: 4_000,
            },
        ]
    }

    /// Opens a dispute of the newest charge, and does the rest of the case. The answer is the dispute's id.
    async fn happens(&self, world: &World) -> String {
        let charge = world.stripe("/charges?limit=1").await["data"][0]["id"].clone();
        let opened = world.stripe_control("/disputes", &json!({"charge": charge})).await;
        let dispute = opened["id"].as_str().unwrap().to_owned();
        for amount in self.moves {
            world.advance(SignedDuration::from_secs(60));
            world.stripe_control(&format!("/disputes/{dispute}/moves"), &json!({"amount": amount})).await;
        }
        if !self.end.is_null() {
            world.advance(SignedDuration::from_secs(60));
            world.stripe_control(&format!("/disputes/{dispute}"), &self.end).await;
        }
        dispute
    }
}

async fn paid(world: &World, currency: &str, amount: &str) -> (Value, PaymentId) {
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, currency, amount).await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), amount).await;
    world.pay_hosted(pressed.location(), CARD).await;
    world.drain().await;
    let id: InvoiceId = invoice["id"].as_str().unwrap().parse().unwrap();
    let store = &world.local.state.context.store;
    let payment = store.payments_of_invoice(&world.local.business, &id).await.unwrap().remove(0);
    (invoice, payment)
}

async fn balance(world: &World, invoice: &Value) -> String {
    let now = world.invoice_now(invoice).await;
    format!("{} {}", now["status"].as_str().unwrap(), now["open"]["amount"].as_str().unwrap())
}

/// What the API lists for a person to look at, of one payment.
async fn reviews(world: &World, payment: &PaymentId) -> Vec<String> {
    let listed = world.ask(Method::GET, "/reviews", None).await;
    let of_it = listed["data"].as_array().unwrap().iter().filter(|review| review["payment"] == payment.as_str());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut found: Vec<String> = of_it
        .map(|review| {
            let amount = &review["amount"];
            format!("{} {} {}", text(&review["reason"]), text(&amount["amount"]), text(&amount["currency"]))
        })
        .collect();
    found.sort();
    found
}

/// Pays out all that there is, and gives the sum of each account of the journal in hundredths; each source comes to nothing.
async fn journal(world: &World) -> BTreeMap<String, i64> {
    world.stripe_control("/payouts", &json!({})).await;
    world.advance(SignedDuration::from_mins(1));
    world.drain().await;
    let journal = world.ask(Method::GET, "/exports/journal?from=2026-03-01&to=2026-03-31", None).await;
    let (mut accounts, mut sources) = (BTreeMap::new(), BTreeMap::new());
    for line in journal["lines"].as_array().unwrap() {
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        let minor: i64 = text("amount").replace('.', "").parse().unwrap();
        *accounts.entry(format!("{} {}", text("account"), text("currency"))).or_insert(0) += minor;
        *sources.entry((text("source"), text("currency"))).or_insert(0) += minor;
    }
    assert!(sources.values().all(|sum| *sum == 0), "{sources:?}");
    accounts.retain(|_, sum| *sum != 0);
    accounts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_issuer_holds_is_open_again_and_the_rest_is_exchange() {
    for case in Case::all() {
        let world = &World::new().await;
        // So that there is something to pay out.
        paid(world, "EUR", "400.00").await;
        let (invoice, payment) = paid(world, "EUR", "100.00").await;
        case.happens(world).await;
        world.drain().await;
        assert_eq!(balance(world, &invoice).await, case.invoice, "{}", case.end);
        assert_eq!(reviews(world, &payment).await, case.reviews, "{}", case.end);
        world.verify().await;
        let accounts = journal(world).await;
        let on = |account: &str| accounts.get(&format!("{account} EUR")).copied().unwrap_or(0);
        assert_eq!(on("exchange"), case.exchange, "{}: {accounts:?}", case.end);
        assert_eq!(on("suspense"), case.suspense, "{}: {accounts:?}", case.end);
        assert_eq!(on("clearing"), 0, "{}: all of it is at the bank: {accounts:?}", case.end);
        world.verify().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_whatever_order_a_chargeback_is_told_it_comes_to_the_same() {
    let world = &World::new().await;
    for case in Case::all() {
        for order in 0..6 {
            let (invoice, payment) = paid(world, "EUR", "100.00").await;
            world.chaos(json!({"drop": 100})).await;
            let dispute = case.happens(world).await;
            world.drain().await;
            world.chaos(json!({"drop": 0})).await;
            let events = world.stripe("/events?limit=100").await["data"].as_array().unwrap().clone();
            let mut told: Vec<Value> =
                events.into_iter().filter(|event| event["data"]["object"]["id"] == dispute.as_str()).collect();
            assert!(told.len() >= 3, "{told:#?}");
            let places = told.len();
            told.rotate_left(order % places);
            if order % 2 == 1 {
                told.reverse();
            }
            for event in told.iter().chain(&told[1..]) {
                assert_eq!(world.webhook(&event.to_string()).await.status, StatusCode::OK);
                if order % 3 == 0 {
                    world.drain().await;
                }
            }
            world.drain().await;
            assert_eq!(balance(world, &invoice).await, case.invoice, "{} in order {order}", case.end);
            assert_eq!(reviews(world, &payment).await, case.reviews, "{} in order {order}", case.end);
        }
    }
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dispute_fee_that_is_given_back_is_no_fee_any_more() {
    for returned in [json!({"amount": 10_000, "fee": -1_500}), json!({"amount": 11_500})] {
        let world = &World::new().await;
        let (invoice, payment) = paid(world, "EUR", "100.00").await;
        let case =
            Case { end: json!({"verdict": "won", "moves": [returned]}), ..Case::all().into_iter().nth(1).unwrap() };
        Case { moves: &[], ..case }.happens(world).await;
        world.drain().await;
        assert_eq!(balance(world, &invoice).await, "paid 0.00");
        assert_eq!(reviews(world, &payment).await, Vec::<String>::new());
        let accounts = journal(world).await;
        // 1.5 % and a quarter, for the payment.
        let expected = [("bank EUR", 9_825), ("invoiced EUR", -10_000), ("provider_fees EUR", 175)];
        let expected = expected.map(|(account, sum)| (account.to_owned(), sum));
        assert_eq!(accounts, BTreeMap::from(expected));
        world.verify().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_moves_in_another_currency_is_the_customers_amount_once() {
    for (end, invoice_now, receivable) in [
        (json!({"verdict": "lost", "moves": [{"amount": 38}]}), "open 100.00", 10_000),
        (json!({"verdict": "lost", "amount": 4_000, "moves": [{"amount": 6_010}]}), "partly_paid 40.00", 4_000),
        (json!({"verdict": "won", "moves": [{"amount": -20}, {"amount": 10_030}]}), "paid 0.00", 0),
    ] {
        let world = &World::new().await;
        paid(world, "EUR", "400.00").await;
        let (invoice, payment) = paid(world, "USD", "100.00").await;
        let case = Case { end, ..Case::all().into_iter().next().unwrap() };
        case.happens(world).await;
        world.drain().await;
        assert_eq!(balance(world, &invoice).await, invoice_now, "{}", case.end);
        assert_eq!(reviews(world, &payment).await, Vec::<String>::new(), "{}", case.end);
        let accounts = journal(world).await;
        let on = |account: &str| accounts.get(account).copied().unwrap_or(0);
        assert_eq!((on("clearing USD"), on("clearing EUR")), (0, 0), "{}: {accounts:?}", case.end);
        assert_eq!((on("receivable USD"), on("suspense EUR")), (receivable, 0), "{}: {accounts:?}", case.end);
        world.verify().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_review_of_an_uneven_sum_goes_when_it_adds_up() {
    let world = &World::new().await;
    let (invoice, payment) = paid(world, "EUR", "100.00").await;
    let uneven = Case::all().into_iter().next_back().unwrap();
    let dispute = uneven.happens(world).await;
    world.drain().await;
    assert_eq!(reviews(world, &payment).await, uneven.reviews);
    world.verify().await;
    world.stripe_control(&format!("/disputes/{dispute}"), &json!({"verdict": "lost", "amount": 4_000})).await;
    world.drain().await;
    assert_eq!(balance(world, &invoice).await, "partly_paid 40.00");
    assert_eq!(reviews(world, &payment).await, Vec::<String>::new());
    world.verify().await;
}
