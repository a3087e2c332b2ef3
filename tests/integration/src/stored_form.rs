//! What is stored is a promise: a folder that was written in this form, by whatever version, opens, verifies and goes on.
//!
//! The fixtures are folders of simulated worlds in which nearly everything happened. `UPDATE_STORED_FORM=1` writes those of this form
//! anew; then the older ones stay as they are, for as long as their form is read.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use simulation::{WorldAtRest, play};
use testing::World;

/// The worlds whose folders are kept. Together they have nearly every kind of step that leaves something stored.
const SEEDS: [u64; 4] = [1, 7, 20, 34];
/// What a folder holds beside what the process made in it: when it was left, and what every account and payment came to.
const LEFT: &str = "left.json";

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/folders").join(format!("form-{}", guichet::STORED_FORM))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// What the API says of every account, and of what is in front of people.
async fn accounts(world: &World) -> Value {
    let mut all = serde_json::Map::new();
    let customers = world.ask(Method::GET, "/customers?limit=100", None).await["data"].clone();
    for customer in customers.as_array().unwrap() {
        let id = customer["id"].as_str().unwrap();
        for path in [
            format!("/customers/{id}"),
            format!("/customers/{id}/balance"),
            format!("/invoices?customer={id}&limit=100"),
            format!("/payments?customer={id}&limit=100"),
        ] {
            all.insert(path.clone(), world.ask(Method::GET, &path, None).await);
        }
    }
    for list in ["reviews", "unapplied", "unidentified", "payouts"] {
        let path = format!("/{list}?limit=100");
        all.insert(path.clone(), world.ask(Method::GET, &path, None).await);
    }
    // Where the process listens changes.
    let text = Value::Object(all).to_string().replace(&world.local.origin, "http://origin");
    serde_json::from_str(&text).unwrap()
}

/// Writes what a world left into a folder.
async fn write(seed: u64, folder: &Path) {
    let WorldAtRest { world, .. } = play(seed).await.unwrap();
    let left = json!({"at": world.now(), "accounts": accounts(&world).await});
    let kept = world.leave().await;
    if folder.exists() {
        fs::remove_dir_all(folder).unwrap();
    }
    copy(kept.path(), folder);
    fs::remove_file(folder.join("lock")).unwrap();
    // No key that looks like one of an account, so that nobody takes it for a leak.
    let settings = folder.join("kept.json");
    let mut kept: Value = serde_json::from_slice(&fs::read(&settings).unwrap()).unwrap();
    kept["stripe_secret_key"] = json!("sk_test_of_a_fixture");
    kept["stripe_webhook_secret"] = json!("whsec_of_a_fixture");
    fs::write(settings, serde_json::to_vec_pretty(&kept).unwrap()).unwrap();
    fs::write(folder.join(LEFT), serde_json::to_vec_pretty(&left).unwrap()).unwrap();
}

/// Opens a copy of a folder: its books verify, everything is what it was, and it goes on.
async fn opens_and_goes_on(folder: &Path) {
    let left: Value = serde_json::from_slice(&fs::read(folder.join(LEFT)).unwrap()).unwrap();
    let at: Timestamp = left["at"].as_str().unwrap().parse().unwrap();
    let copied = tempfile::tempdir().unwrap();
    copy(folder, copied.path());
    let world = World::in_folder(copied, at).await;
    world.verify().await;
    holds(&left["accounts"], &accounts(&world).await, "accounts");

    // A day later an invoice is issued and paid by its link.
    world.advance(SignedDuration::from_hours(24));
    world.drain().await;
    let customer = json!({"external_id": "after", "name": "After", "email": "after@example.com", "locale": "en"});
    let customer = world.ask(Method::POST, "/customers", Some(customer)).await;
    let invoice = json!({
        "number": "AFTER-1", "customer": customer["id"], "currency": "EUR",
        "issued_on": "2026-03-02", "due_on": "2027-04-01",
        "lines": [{"description": "Work", "quantity": "1", "unit_price": "64.00"}],
    });
    let invoice = world.ask(Method::POST, "/invoices", Some(invoice)).await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "64.00").await;
    world.pay_hosted(pressed.location(), "4242424242424242").await;
    world.drain().await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    world.verify().await;
}

/// What was said before is said still. What was not said then may be.
fn holds(before: &Value, after: &Value, path: &str) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (name, value) in before {
                holds(value, after.get(name).unwrap_or(&Value::Null), &format!("{path}.{name}"));
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            assert_eq!(before.len(), after.len(), "{path}");
            for (place, (before, after)) in before.iter().zip(after).enumerate() {
                holds(before, after, &format!("{path}[{place}]"));
            }
        }
        (before, after) => assert_eq!(before, after, "{path}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_of_this_form_opens_verifies_and_goes_on() {
    if std::env::var_os("UPDATE_STORED_FORM").is_some() {
        for seed in SEEDS {
            write(seed, &fixtures().join(format!("world-{seed}"))).await;
        }
    }
    for seed in SEEDS {
        let folder = fixtures().join(format!("world-{seed}"));
        assert!(folder.exists(), "the form of what is stored is new: write its fixtures with UPDATE_STORED_FORM=1");
        opens_and_goes_on(&folder).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_is_left_now_opens_verifies_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    write(SEEDS[0], folder.path()).await;
    opens_and_goes_on(folder.path()).await;
}
