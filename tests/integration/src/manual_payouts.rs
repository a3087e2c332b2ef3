//! A business that pays out by hand and at once: everything that moved at the provider is in its journal, once.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use testing::World;

const MARCH: &str = "from=2026-03-01&to=2026-03-31";

/// How the business hears of what happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    AsItHappens,
    /// Of all at the end, the last first, and of each twice.
    BackwardsAndTwice,
}

/// An invoice that is paid with a card, whose money can be paid out at once or two days later.
async fn pays(world: &World, amount: &str, card: &str) -> Value {
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", amount).await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), amount).await;
    world.submit_hosted(pressed.location(), card).await;
    world.drain().await;
    world.stripe("/charges?limit=1").await["data"][0].clone()
}

async fn by_hand(world: &World, amount: i64, instant: bool) -> Value {
    let asked = json!({"by_hand": {"amount": amount, "currency": "eur", "instant": instant}});
    arrives(world, &asked).await
}

async fn arrives(world: &World, asked: &Value) -> Value {
    let made = world.stripe_control("/payouts", asked).await["data"][0].clone();
    world.advance(SignedDuration::from_mins(1));
    world.drain().await;
    made
}

/// Whatever was missed is heard of by the sweeps, and whose the movements are by the next.
async fn days_pass(world: &World) {
    for hours in [25, 1, 25, 1] {
        world.advance(SignedDuration::from_hours(hours));
        world.drain().await;
    }
}

/// All that lies at the provider, pending money too.
async fn balance(world: &World) -> i64 {
    let balance = world.stripe("/balance").await;
    let sums = ["available", "pending"].map(|part| balance[part].as_array().unwrap().clone());
    sums.concat().iter().map(|sum| sum["amount"].as_i64().unwrap()).sum()
}

async fn lines(world: &World) -> Vec<Value> {
    let journal = world.ask(Method::GET, &format!("/exports/journal?{MARCH}"), None).await;
    journal["lines"].as_array().unwrap().clone()
}

fn minor(line: &Value) -> i64 {
    line["amount"].as_str().unwrap().replace('.', "").parse().unwrap()
}

/// What the journal comes to, by account.
fn sums(lines: &[Value]) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for line in lines {
        *sums.entry(line["account"].as_str().unwrap().to_owned()).or_default() += minor(line);
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

/// The lines of what moved at the provider, without the ids that differ from world to world.
fn told(lines: &[Value]) -> Vec<String> {
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    let moved = lines.iter().filter(|line| text(line, "source").starts_with("txn_"));
    let told = moved.map(|line| ["kind", "account", "amount"].map(|name| text(line, name)).join(" "));
    let mut told: Vec<String> = told.collect();
    told.sort();
    told
}

async fn fees(world: &World) -> Vec<String> {
    let payments = world.ask(Method::GET, &format!("/exports/payments?{MARCH}"), None).await;
    let fee = |payment: &Value| payment["settled"][0]["fee"].as_str().unwrap_or("unknown").to_owned();
    let mut fees: Vec<String> = payments["payments"].as_array().unwrap().iter().map(fee).collect();
    fees.sort();
    fees
}

/// Three payments, one refund and one fee; a payout by hand, one at once and one that comes back; then one by the calendar.
async fn story(heard: Heard) -> (World, Vec<String>) {
    let world = World::new().await;
    if heard == Heard::BackwardsAndTwice {
        world.chaos(json!({"drop": 100})).await;
    }
    let first = pays(&world, "75.00", "4000000000000077").await;
    pays(&world, "100.00", "4000000000000077").await;
    pays(&world, "40.00", "4242424242424242").await;
    let refund = format!("charge={}&amount=2000", first["id"].as_str().unwrap());
    assert!(world.stripe_post("/refunds", &refund).await.status.is_success());
    world.stripe_control("/fees", &json!({"amount": 150, "currency": "eur"})).await;
    let manual = by_hand(&world, 5_000, false).await;
    let instant = by_hand(&world, 3_000, true).await;
    let returned = by_hand(&world, 2_000, false).await;
    world.stripe_control(&format!("/payouts/{}/fail", returned["id"].as_str().unwrap()), &json!({})).await;
    world.drain().await;
    if heard == Heard::AsItHappens {
        // Before any payout by the calendar: every fee is known, and what is left is what lies there.
        assert_eq!(fees(&world).await, ["0.85", "1.38", "1.75"]);
        let sums = sums(&lines(&world).await);
        assert_eq!((sums["clearing"], sums["bank"]), (balance(&world).await, 8_000), "{sums:#?}");
        // 75.00, 100.00 and 40.00 came, 20.00 went back, and 80.00 is at the bank.
        assert_eq!(sums["clearing"], 21_500 - 398 - 2_000 - 150 - 8_000 - 30);
        let kinds = async |payout: &Value| {
            let shown = world.ask(Method::GET, &format!("/payouts/{}", payout["id"].as_str().unwrap()), None).await;
            assert_eq!((&shown["provable"], &shown["proof"]), (&json!(false), &Value::Null), "{shown:#}");
            let own = shown["transactions"].as_array().unwrap().iter();
            let told = own.map(|one| format!("{} {} {}", one["kind"].as_str().unwrap(), one["gross"], one["fee"]));
            let mut told: Vec<String> = told.collect();
            told.sort();
            told.join(", ").replace('"', "")
        };
        assert_eq!(kinds(&manual).await, "payout -50.00 0.00");
        assert_eq!(kinds(&instant).await, "payout -30.00 0.30");
        assert_eq!(kinds(&returned).await, "payout -20.00 0.00, payout_failure 20.00 0.00");
    }
    let by_calendar = arrives(&world, &json!({})).await;
    if heard == Heard::BackwardsAndTwice {
        let events = world.stripe("/events?limit=100").await;
        assert_eq!(events["has_more"], false);
        for event in events["data"].as_array().unwrap() {
            for _ in 0..2 {
                assert!(world.webhook(&event.to_string()).await.status.is_success());
            }
        }
        world.drain().await;
    }
    days_pass(&world).await;
    let shown = world.ask(Method::GET, &format!("/payouts/{}", by_calendar["id"].as_str().unwrap()), None).await;
    assert_eq!(shown["proof"]["holds"], true, "{shown:#}");
    let told = told(&lines(&world).await);
    (world, told)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payouts_by_hand_and_at_once_are_in_the_journal_and_each_movement_once() {
    let (world, told) = story(Heard::AsItHappens).await;
    let all = lines(&world).await;
    let sums = sums(&all);
    // The card of two days was not available for the payout by the calendar.
    assert_eq!((sums["clearing"], balance(&world).await), (4_000 - 85, 4_000 - 85), "{sums:#?}");
    assert_eq!(sums["provider_fees"], 138 + 175 + 85 + 150 + 30);
    assert_eq!(sums["bank"], 21_500 - 2_000 - sums["provider_fees"] - sums["clearing"]);
    let bank = all.iter().filter(|line| line["account"] == "bank").map(minor);
    let mut bank: Vec<i64> = bank.collect();
    bank.sort_unstable();
    assert_eq!(bank, [-2_000, 2_000, 3_000, 5_000, sums["bank"] - 8_000]);
    assert!(all.iter().all(|line| line["late"] == false && line["account"] != "suspense"), "{all:#?}");
    assert_eq!(fees(&world).await, ["0.85", "1.38", "1.75"]);

    // Hearing all of it again changes nothing.
    let again = json!({"since": "2026-03-01T00:00:00Z"});
    world.ask(Method::POST, "/provider-events/replay", Some(again)).await;
    days_pass(&world).await;
    assert_eq!(self::told(&lines(&world).await), told);
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_heard_backwards_and_twice_comes_to_the_same_journal() {
    let (_, in_order) = story(Heard::AsItHappens).await;
    let (world, backwards) = story(Heard::BackwardsAndTwice).await;
    assert_eq!(backwards, in_order);
    assert_eq!(sums(&lines(&world).await)["clearing"], balance(&world).await);
    assert_eq!(fees(&world).await, ["0.85", "1.38", "1.75"]);
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payout_that_is_called_off_is_not_at_the_bank_and_what_comes_in_a_later_month_is_late() {
    let world = &World::new().await;
    pays(world, "75.00", "4000000000000077").await;
    world.advance(SignedDuration::from_hours(24 * 29));
    let asked = json!({"by_hand": {"amount": 2_000, "currency": "eur"}});
    world.chaos(json!({"drop": 100})).await;
    let made = world.stripe_control("/payouts", &asked).await["data"][0].clone();
    world.stripe_control(&format!("/payouts/{}/cancel", made["id"].as_str().unwrap()), &json!({})).await;
    world.chaos(json!({"drop": 0})).await;
    world.advance(SignedDuration::from_hours(24 * 3));
    days_pass(world).await;
    let lines = lines(world).await;
    let sums = sums(&lines);
    assert_eq!((sums.get("bank"), sums["clearing"]), (None, balance(world).await), "{lines:#?}");
    let moved = lines.iter().filter(|line| line["source"].as_str().unwrap().starts_with("txn_"));
    let moved: Vec<_> = moved.collect();
    // They were heard of in April, of March.
    assert!(moved.len() >= 6 && moved.iter().all(|line| line["late"] == true), "{moved:#?}");
    let shown = world.ask(Method::GET, &format!("/payouts/{}", made["id"].as_str().unwrap()), None).await;
    assert_eq!((&shown["status"], shown["transactions"].as_array().unwrap().len()), (&json!("cancelled"), 2));
    world.verify().await;
}
