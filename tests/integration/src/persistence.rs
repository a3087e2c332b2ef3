//! What is kept in a folder is there when the program starts again, and what disagrees is found.

use std::net::SocketAddr;
use std::path::Path;

use clock::Clock;
use function_runtime::IdGenerator;
use guichet::{Local, Options, Reach};
use receivables::BusinessId;
use receivables::text::{ExternalId, InvoiceNumber};
use store::Page;

fn options(folder: &Path, empty: bool) -> Options {
    Options {
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        data: folder.to_owned(),
        ephemeral: false,
        empty,
        reach: Reach::ThisMachine,
        api_key: None,
        stripe: None,
        clock: Clock::system(),
        ids: IdGenerator::system(),
        automatic: false,
        table_interceptor: None,
        first_pause: None,
        stream_handler: None,
    }
}

async fn verified(local: &Local) -> usize {
    let proof = operations::verify_books(&local.state.context, &local.business).await.unwrap();
    let found: Vec<String> = proof.differences.iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{found:#?}");
    proof.invoices
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_serves_a_folder_and_commands_work_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let first = Local::start(options(folder.path(), true)).await.unwrap();
    let refused = Local::start(options(folder.path(), true)).await.map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains(&folder.path().display().to_string()), "{refused}");
    assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
    assert!(refused.contains("--data"), "it says what to do: {refused}");
    let command = Local::open(options(folder.path(), true)).await.unwrap();
    assert_eq!(command.business, first.business);
    verified(&command).await;
    command.stop().await.unwrap();
    let still = Local::start(options(folder.path(), true)).await;
    assert!(still.is_err(), "a command that ends lets go of nothing");
    verified(&first).await;
    first.stop().await.unwrap();
    Local::start(options(folder.path(), true)).await.unwrap().stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_is_furnished_once_and_the_clock_stays_where_it_was_moved() {
    let folder = tempfile::tempdir().unwrap();
    let first = Local::start(options(folder.path(), false)).await.unwrap();
    first.drain().await.unwrap();
    let (business, invoices) = (first.business.clone(), verified(&first).await);
    assert!(invoices >= 7);
    first.state.clock.advance(jiff::SignedDuration::from_hours(100));
    let moved = first.state.clock.now();
    first.stop().await.unwrap();

    let again = Local::start(options(folder.path(), false)).await.unwrap();
    assert_eq!(again.business, business);
    assert_eq!(verified(&again).await, invoices, "the demo is there once");
    assert!(again.state.clock.now() >= moved, "time goes one way, also over a restart");
    again.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_invoices_is_taken_whole_or_not_at_all_and_only_once() {
    let folder = tempfile::tempdir().unwrap();
    let local = Local::start(options(folder.path(), true)).await.unwrap();
    let good = "number,customer,customer_name,customer_email,currency,issued_on,due_on,description,quantity,unit_price,tax_rate\n\
        F-1,C-1,Ada,ada@example.com,EUR,2026-03-02,2026-04-01,Work,2,100.00,20\n\
        F-1,C-1,Ada,ada@example.com,EUR,2026-03-02,2026-04-01,Travel,1,50.00,0\n\
        F-2,C-1,Ada,ada@example.com,EUR,2026-03-02,2026-04-01,Work,1,10.00,20\n";
    let bad = good.replace("10.00", "10.001").replace("F-1", "F-3").replace("F-2", "F-4");
    let refused = import(&local, &bad, false).await;
    assert_eq!((refused.issued, refused.errors_total), (0, 1), "{refused:?}");
    assert_eq!((refused.errors[0].line, refused.errors[0].column), (4, Some("unit_price")));
    assert_eq!(count(&local).await, 0, "nothing of a file with an error is kept");
    let first = import(&local, good, false).await;
    assert_eq!((first.issued, first.customers, first.errors_total), (2, 1, 0), "{first:?}");
    let again = import(&local, good, false).await;
    assert_eq!((again.issued, again.known), (0, 2), "the same file twice applies once");
    let kept = import(&local, &bad, true).await;
    assert_eq!((kept.issued, kept.errors_total), (1, 1), "the good part of a bad file, if asked for: {kept:?}");
    let number: InvoiceNumber = "F-1".parse().unwrap();
    let id = local.state.context.store.invoice_by_number(&local.business, &number).await.unwrap().unwrap();
    let invoice = local.state.context.store.invoice(&local.business, &id).await.unwrap().unwrap();
    assert_eq!((invoice.lines.len(), invoice.totals.gross.to_plain().as_str()), (2, "290.00"));
    local.drain().await.unwrap();
    verified(&local).await;
    local.stop().await.unwrap();
}

async fn import(local: &Local, file: &str, keep_good: bool) -> operations::ImportReport {
    let (state, now) = (&local.state, local.state.clock.now());
    let business = state.business(&local.business).await.unwrap();
    let ids = operations::ImportIds {
        customer: &|| state.ids.customer_id(now),
        invoice: &|| state.ids.invoice_id(now),
        pay_link: &|| state.ids.pay_link_id(now),
    };
    operations::import_invoices(&state.context, &business, ids, file.as_bytes(), keep_good, |_| {}, now).await.unwrap()
}

async fn count(local: &Local) -> usize {
    let id: ExternalId = "C-1".parse().unwrap();
    let b: &BusinessId = &local.business;
    match local.state.context.store.customer_by_external_id(b, &id).await.unwrap() {
        Some(customer) => {
            local.state.context.store.invoices_of(b, &customer, &Page::first(100)).await.unwrap().items.len()
        }
        None => 0,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_balance_that_someone_touched_is_found() {
    let world = testing::World::new().await;
    let customer = world.customer("en").await;
    world.invoice(&customer, "EUR", "12.00").await;
    world.drain().await;
    world.verify().await;
    let client = world.local.table_client();
    let key = format!("C#{}#{}", world.local.business, customer["id"].as_str().unwrap());
    let text = |value: &str| aws_sdk_dynamodb::types::AttributeValue::S(value.to_owned());
    let touched = client
        .update_item()
        .table_name("guichet-core")
        .key("pk", text(&key))
        .key("sk", text("BAL"))
        .update_expression("ADD #open :cent")
        .expression_attribute_names("#open", "o#EUR")
        .expression_attribute_values(":cent", aws_sdk_dynamodb::types::AttributeValue::N("1".to_owned()));
    touched.send().await.unwrap();
    let proof = operations::verify_books(&world.local.state.context, &world.local.business).await.unwrap();
    let found: Vec<String> = proof.differences.iter().map(ToString::to_string).collect();
    assert!(found.iter().any(|difference| difference.contains("open, by the ledger EUR")), "{found:#?}");
}
