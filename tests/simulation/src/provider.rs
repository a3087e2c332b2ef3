//! The sandbox's events and objects, and its amounts in our units.

use receivables::{Currency, Money};
use serde_json::Value;

use testing::World;

/// Every object of a list, newest first.
pub(super) async fn all(world: &World, list: &str) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    loop {
        let after = found.last().map(|last| format!("&starting_after={}", last["id"].as_str().unwrap()));
        let page = world.stripe(&format!("/{list}?limit=100{}", after.unwrap_or_default())).await;
        found.extend(page["data"].as_array().unwrap_or_else(|| panic!("no list of {list}: {page}")).iter().cloned());
        if page["has_more"] != true {
            return found;
        }
    }
}

/// Every event of the sandbox, oldest first.
pub(super) async fn events(world: &World) -> Vec<Value> {
    let mut events = all(world, "events").await;
    events.reverse();
    events
}

/// An amount of ours in the provider's units, rounded to the provider's step.
pub(super) fn to_stripe(minor: i64, currency: &str) -> i64 {
    match currency {
        "ISK" => minor * 100,
        _ => in_ours(minor, currency),
    }
}

/// An amount of ours, rounded to the provider's step.
pub(super) fn in_ours(minor: i64, currency: &str) -> i64 {
    if currency == "KWD" { (minor / 10).max(1) * 10 } else { minor }
}

/// An amount of the provider, rounded to its step for the currency.
pub(super) fn in_steps(amount: i64, currency: &str) -> i64 {
    match currency {
        "isk" => amount / 100 * 100,
        "kwd" => amount / 10 * 10,
        _ => amount,
    }
}

/// An amount in a field of a provider's object.
pub(super) fn amount(object: &Value, field: &str) -> Money {
    let currency: Currency = object["currency"].as_str().unwrap().to_uppercase().parse().unwrap();
    payment_gateway::stripe::currency::from_stripe(object[field].as_i64().unwrap(), currency).expect("an amount")
}

/// A sum of ours in the provider's units.
pub(super) fn in_provider_units(sum: receivables::Balance) -> i64 {
    if sum.currency().code() == "ISK" { sum.minor() * 100 } else { sum.minor() }
}
