//! What people type: the commands of `guichet`, beside the process that serves the same folder.

use std::process::Command;

use reqwest::Method;
use serde_json::json;
use store::EventState;
use testing::{World, programs};

const TABLE: &str = "guichet-core";

/// What a command said, and how it ended.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Runs a command on a world's folder, with nothing of this process's environment.
fn guichet(world: &World, arguments: &[&str]) -> Said {
    let mut command = Command::new(programs::binary(programs::GUICHET));
    command.env_clear().args(arguments).arg("--data").arg(world.local.folder());
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verify_says_what_disagrees_and_ends_so() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    world.invoice(&customer, "EUR", "100.00").await;
    world.drain().await;
    let right = guichet(world, &["verify"]);
    assert_eq!(
        (right.code, right.out.as_str()),
        (Some(0), "1 accounts, 1 invoices, 0 payments, 1 ledger entries; 0 differences\n"),
        "{right:?}"
    );

    let client = world.local.table_client();
    let mut items = client.scan().table_name(TABLE).into_paginator().items().send();
    let balance = loop {
        let item = items.next().await.expect("the account has a balance").unwrap();
        if item["sk"].as_s().unwrap() == "BAL" {
            break item;
        }
    };
    let gone = client.delete_item().table_name(TABLE);
    gone.key("pk", balance["pk"].clone()).key("sk", balance["sk"].clone()).send().await.unwrap();
    let wrong = guichet(world, &["verify"]);
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    let whose = customer["id"].as_str().unwrap();
    assert!(wrong.out.lines().any(|line| line.starts_with(whose) && line.contains("10000")), "{wrong:?}");
    client.put_item().table_name(TABLE).set_item(Some(balance)).send().await.unwrap();
    assert_eq!(guichet(world, &["verify"]).code, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replay_hears_what_is_kept_and_says_what_came_of_it() {
    let world = &World::new().await;
    let (_, invoice) = world.paid_unheard().await;
    let event = world.stripe("/events?type=payment_intent.succeeded&limit=1").await["data"][0].clone();
    let store = &world.local.state.context.store;
    store.record_event(&world.received(&event, EventState::Quarantined)).await.unwrap();

    let none = guichet(world, &["replay", "--since", "2100-01-01T00:00:00Z"]);
    assert_eq!(none.code, Some(0), "{none:?}");
    assert!(none.out.starts_with("0 replayed"), "{none:?}");
    assert_eq!(world.invoice_now(&invoice).await["status"], "open");

    let failed = guichet(world, &["replay", "--all-failed"]);
    assert_eq!(failed.code, Some(0), "{failed:?}");
    assert!(failed.out.starts_with("1 replayed: 1 in the books"), "{failed:?}");
    world.drain().await;
    world.verify().await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    assert_eq!(world.mails().await.len(), 1, "the process took up what the command left in the streams");

    // One that nobody can read stays where it is, and the command ends as one that could not do all.
    let mut odd = event.clone();
    odd["id"] = json!("evt_odd");
    odd["data"]["object"]["currency"] = json!("latinum");
    store.record_event(&world.received(&odd, EventState::Quarantined)).await.unwrap();
    let odd = guichet(world, &["replay", "--all-failed"]);
    assert_eq!(odd.code, Some(1), "{odd:?}");
    assert!(odd.out.starts_with("1 replayed: 0 in the books") && odd.out.contains("1 quarantined"), "{odd:?}");

    let both = guichet(world, &["replay", "--all-failed", "--since", "2026-03-02T00:00:00Z"]);
    assert_eq!(both.code, Some(2), "{both:?}");
    assert!(both.err.contains("--since"), "{both:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn import_takes_a_file_whole_and_once() {
    let world = &World::new().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let rows = "number,customer,customer_name,issued_on,due_on,description,quantity,unit_price\n\
                A1,C-1,Martin,2026-03-01,2026-03-31,Flour,4,31.50\n\
                A2,C-1,Martin,2026-03-01,2026-03-31,Salt,1,1.00";
    std::fs::write(path, rows).unwrap();
    let cut = guichet(world, &["import", path]);
    assert_eq!(cut.code, Some(1), "{cut:?}");
    assert!(cut.err.contains("line 3") && cut.out.contains("nothing of the file was kept"), "{cut:?}");
    let invoices = world.ask(Method::GET, "/invoices", None).await;
    assert_eq!(invoices["data"], json!([]));

    std::fs::write(path, format!("{rows}\n")).unwrap();
    for said in
        ["2 issued, 0 known already; 1 customers registered", "0 issued, 2 known already; 0 customers registered"]
    {
        let whole = guichet(world, &["import", path]);
        assert_eq!(whole.code, Some(0), "{whole:?}");
        assert!(whole.out.contains(said), "{whole:?}");
    }
    world.drain().await;
    world.verify().await;

    let nowhere = guichet(world, &["import", "nowhere.csv"]);
    assert_eq!(nowhere.code, Some(1), "{nowhere:?}");
    assert!(nowhere.err.contains("nowhere.csv"), "{nowhere:?}");
}
