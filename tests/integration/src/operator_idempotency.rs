//! What an operator does is done once, wherever its answer is lost and however often the same request comes again.

use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testing::World;

/// Calls to the tables that an act makes, and a few more, so that every place of it is broken once.
const PLACES: usize = 12;
/// Times the same request is sent until it is answered.
const TRIES_MAX: usize = 4;

fn id(of: &Value) -> &str {
    of["id"].as_str().unwrap()
}

/// One operator's request, whose call at a place is lost, sent again until it is answered.
async fn insisted(world: &World, key: &str, (path, body): (&str, &Value), after: usize, carried_out: bool) {
    // The streams' worker calls the tables too: were it at work still, it might be met instead.
    world.drain().await;
    world.calls.break_after(after, 1, carried_out);
    for _ in 0..TRIES_MAX {
        let answer = world.api_with(Method::POST, path, Some(body.clone()), &[("idempotency-key", key)]).await;
        if answer.status.is_success() {
            world.calls.mend();
            return;
        }
        assert_ne!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} lost at {after}: {}", answer.text);
        // Whoever carried it out is taken for dead once its time is over.
        world.advance(SignedDuration::from_secs(61));
    }
    panic!("{path} lost at {after}: no answer after {TRIES_MAX} tries");
}

async fn open(world: &World, invoice: &Value) -> String {
    world.invoice_now(invoice).await["open"]["amount"].as_str().unwrap().to_owned()
}

/// Acts that lead back to where they began, with what is open of two invoices after each.
async fn go_round(
    world: &World,
    round: &str,
    acts: &[(String, Value, [&str; 2])],
    invoices: [&Value; 2],
    place: (usize, bool),
) {
    for (number, (path, body, expected)) in acts.iter().enumerate() {
        let key = format!("{round}-{}-{}-{number}", place.0, place.1);
        insisted(world, &key, (path, body), place.0, place.1).await;
        let now = [open(world, invoices[0]).await, open(world, invoices[1]).await];
        assert_eq!(now, *expected, "{path}, lost at {} ({round}, carried out: {})", place.0, place.1);
    }
}

async fn every_place_of(abandon: bool, round: &str) {
    let world = &World::new().await;
    let (customer, other) = (world.customer("en").await, world.customer("en").await);
    // Money of another program's, which is on the account before it has an invoice.
    world.stripe_control("/foreign_charge", &json!({"amount": 4200, "currency": "eur"})).await;
    world.drain().await;
    let of = |customer: &Value| json!({"customer": id(customer), "reason": "Because"});
    let nobodys = world.ask(Method::GET, "/unidentified", None).await;
    let path = format!("/unidentified/{}/apply", id(&nobodys["data"][0]));
    let foreign = world.ask(Method::POST, &path, Some(of(&customer))).await;
    let over = || format!("/payments/{}/hand-over", id(&foreign));
    // It covers a part of the first invoice, until an operator leaves it on the account on purpose.
    let first = world.invoice(&customer, "EUR", "100.00").await;
    world.drain().await;
    let taken_off = json!({"invoice": first["id"], "reason": "Because"});
    world.ask(Method::POST, &format!("/payments/{}/unapply", id(&foreign)), Some(taken_off)).await;
    let second = world.invoice(&customer, "EUR", "60.00").await;
    world.drain().await;
    let pressed = world.press_pay(first["pay_url"].as_str().unwrap(), "100.00").await;
    world.pay_hosted(pressed.location(), "4242424242424242").await;
    world.drain().await;
    let payments = world.ask(Method::GET, &format!("/payments?customer={}", id(&customer)), None).await;
    let paid = payments["data"].as_array().unwrap().iter().find(|payment| payment["id"] != foreign["id"]).unwrap();
    let cash = |act: &str| format!("/payments/{}/{act}", id(paid));
    let note = json!({"number": "CN-1", "customer": id(&customer), "currency": "EUR", "amount": "30.00", "reason": "Damaged", "issued_on": "2026-01-01"});
    let note = world.ask(Method::POST, "/credit-notes", Some(note)).await;
    let credit = |act: &str| format!("/credit-notes/{}/{act}", id(&note));
    let parts = |invoice: &Value, amount: &str| json!({"allocations": [{"invoice": invoice["id"], "amount": amount}], "reason": "Because"});
    let back = |invoice: &Value, amount: &str| json!({"invoice": invoice["id"], "amount": amount, "reason": "Because"});
    let moved =
        |from: &Value, to: &Value| json!({"from": from["id"], "to": to["id"], "amount": "7.00", "reason": "Because"});
    let acts = [
        (cash("unapply"), back(&first, "10.00"), ["10.00", "60.00"]),
        (cash("move"), moved(&first, &second), ["17.00", "53.00"]),
        (cash("move"), moved(&second, &first), ["10.00", "60.00"]),
        (credit("apply"), parts(&first, "4.00"), ["6.00", "60.00"]),
        (credit("unapply"), back(&first, "4.00"), ["10.00", "60.00"]),
        (cash("apply"), parts(&first, "10.00"), ["0.00", "60.00"]),
        (over(), of(&other), ["0.00", "60.00"]),
        (over(), of(&customer), ["0.00", "60.00"]),
    ];
    if abandon {
        world.calls.give_up_at_once();
    }
    for place in (0..PLACES).flat_map(|after| [(after, false), (after, true)]) {
        go_round(world, round, &acts, [&first, &second], place).await;
    }
    world.drain().await;
    // What the stream's worker could not seal, the timer seals.
    world.advance(SignedDuration::from_mins(3));
    world.drain().await;
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_whose_worker_dies_anywhere_is_done_once() {
    every_place_of(true, "died").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_of_which_one_answer_is_lost_and_asked_for_again_is_done_once() {
    every_place_of(false, "again").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_setting_told_again_does_not_undo_what_another_has_set_since() {
    let world = &World::new().await;
    world.calls.give_up_at_once();
    let set = async |amount: &str, key: &str| {
        let body = json!({"write_off_tolerances": {"EUR": amount}, "reason": "Because"});
        world.api_with(Method::PATCH, "/business", Some(body), &[("idempotency-key", key)]).await.status
    };
    let now = async || {
        world.ask(Method::GET, "/business", None).await["write_off_tolerances"]["EUR"].as_str().unwrap().to_owned()
    };
    let mut undecided = 0;
    for (after, carried_out) in (0..PLACES).flat_map(|after| [(after, false), (after, true)]) {
        let name = |what: &str| format!("{what}-{after}-{carried_out}");
        assert!(set("0.10", &name("before")).await.is_success());
        world.drain().await;
        world.calls.break_after(after, 1, carried_out);
        let first = set("0.50", &name("act")).await;
        world.calls.mend();
        if first.is_success() {
            continue;
        }
        let done = now().await == "0.50";
        undecided += usize::from(done);
        assert!(set("0.20", &name("since")).await.is_success());
        world.advance(SignedDuration::from_secs(61));
        assert!(set("0.50", &name("act")).await.is_success(), "lost at {after}");
        assert_eq!(now().await, if done { "0.20" } else { "0.50" }, "lost at {after}, carried out: {carried_out}");
    }
    assert!(undecided > 0, "some answer of a change that was made is lost");
}
