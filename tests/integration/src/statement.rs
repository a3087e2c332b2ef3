//! The statement at its boundary: page, file and JSON say the same, any day that is over is told as it was, and the first
//! page of an old account costs no more than that of a young one.

use jiff::SignedDuration;
use receivables::statement::{STATEMENT_LINES_PER_PAGE, StatementQuery};
use receivables::{Balance, Currency, Locale, Money};
use reqwest::{Method, StatusCode};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use testing::World;

const CARD: &str = "4242424242424242";

/// Signs a customer in. Gives back the cookie.
async fn signed_in(world: &World, customer: &Value) -> String {
    world.post("/sign-in", &[("email", customer["email"].as_str().unwrap())]).await;
    world.drain().await;
    let mails = world.mails().await;
    let mail = mails.iter().rev().find(|mail| mail["tags"]["kind"] == "sign-in").expect("a mail");
    let text = mail["text"].as_str().unwrap();
    let link = text.split_whitespace().find(|word| word.contains("/sign-in/")).expect("a link");
    let answer = world.post(link, &[]).await;
    answer.header("set-cookie").expect("a session").split(';').next().unwrap().to_owned()
}

async fn seen(world: &World, cookie: &str, path: &str) -> testing::Answer {
    world.send(Method::GET, path, &[("cookie", cookie)], None).await
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// An invoice that comes on the day it is of. All are due on one day, so that the sums are as large for few as for many.
async fn invoice_of_today(world: &World, customer: &Value, amount: &str) -> Value {
    let today = world.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let body = json!({
        "number": format!("D-{today}"),
        "customer": customer["id"],
        "currency": "EUR",
        "issued_on": today.to_string(),
        "due_on": "2028-01-31",
        "lines": [{"description": "Work", "quantity": "1", "unit_price": amount}],
    });
    world.ask(Method::POST, "/invoices", Some(body)).await
}

async fn pay(world: &World, invoice: &Value, amount: &str) {
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), amount).await;
    world.pay_hosted(pressed.location(), CARD).await;
    world.drain().await;
}

fn list<'a>(value: &'a Value, name: &str) -> &'a Vec<Value> {
    value[name].as_array().unwrap_or_else(|| panic!("no {name} in {value:#}"))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value:#}"))
}

/// An amount of the API as an English reader sees it.
fn read_aloud(plain: &str) -> String {
    let amount = Money::parse(plain.trim_start_matches('-'), Currency::EUR).unwrap();
    let balance = if plain.starts_with('-') { Balance::in_favour(amount) } else { Balance::owed(amount) };
    Locale::English.balance(balance)
}

/// The texts of the cells of each row of a page's tables.
fn rows(page: &str) -> Vec<Vec<String>> {
    page.split("<tr").skip(1).map(|row| cells(row.split("</tr>").next().unwrap())).collect()
}

fn cells(row: &str) -> Vec<String> {
    let cells = row.split("<t").skip(1).filter(|cell| cell.starts_with("h ") || cell.starts_with("d "));
    // The text of a cell is what stands behind each of its tags.
    let text = |cell: &str| cell.split('>').skip(1).map(|part| part.split('<').next().unwrap()).collect::<String>();
    cells.map(|cell| text(cell).trim().to_owned()).collect()
}

/// Checks that the same statement is told by JSON, by both files and by the page.
async fn same(world: &World, customer: &Value, cookie: &str, query: &str) -> Value {
    let api = format!("/customers/{}/statement?{query}", text(customer, "id"));
    let json = world.ask(Method::GET, &api, None).await;
    let file = world.api(Method::GET, &format!("{api}&format=csv"), None).await;
    let portal_file = seen(world, cookie, &format!("/statement.csv?{query}")).await;
    let page = seen(world, cookie, &format!("/statement?{query}")).await;
    for answer in [&file, &portal_file, &page] {
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text);
    }
    assert_eq!(file.text, portal_file.text, "{query}");
    assert_eq!(file.header("content-disposition"), portal_file.header("content-disposition"));
    assert!(json["next_cursor"].is_null(), "{json:#}");
    let rows = rows(&page.text);
    let shown = |cells: &[&str]| rows.iter().any(|row| cells.iter().all(|cell| row.iter().any(|there| there == cell)));
    let as_of = text(&json, "as_of");
    for statement in list(&json, "statements") {
        for line in statement["lines"].as_array().into_iter().flatten() {
            let numbers: Vec<&str> = list(line, "invoices").iter().map(|invoice| text(invoice, "number")).collect();
            let (change, balance) = (text(line, "change"), text(line, "balance"));
            let row =
                format!("{},{},{},EUR,{change},{balance}\n", text(line, "on"), text(line, "kind"), numbers.join(" "));
            assert!(file.text.contains(&row), "{row} is not in {}", file.text);
            assert!(shown(&[&read_aloud(change), &read_aloud(balance)]), "{row} is not in {rows:#?}");
        }
        for item in statement["items"].as_array().into_iter().flatten() {
            let (number, open, days) =
                (text(item, "number"), text(item, "open"), item["days_overdue"].as_u64().unwrap());
            let known = |names: [&str; 2]| names.map(|name| item[name].as_str().unwrap_or("")).join(",");
            let (apart, gone) = (known(["pending", "disputed"]), known(["charged_back", "written_off"]));
            let row = format!("{as_of},open_item,{number},{},{days},EUR,{apart},{open},{gone}\n", text(item, "due_on"));
            assert!(file.text.contains(&row), "{row} is not in {}", file.text);
            let days = if days == 0 { "Not overdue".to_owned() } else { days.to_string() };
            assert!(shown(&[number, &days, &read_aloud(open)]), "{row} is not in {rows:#?}");
        }
        for bucket in list(statement, "ageing") {
            let amount = text(bucket, "amount");
            assert!(shown(&[&read_aloud(amount)]), "{amount} is not in {rows:#?}");
        }
        let balance = text(statement, "balance");
        assert!(shown(&["Balance", &read_aloud(balance)]), "{balance} is not in {rows:#?}");
        // What is open stands before what is not any more.
        let row = if statement["items"].is_array() {
            format!("{as_of},balance,,,,EUR,,,{balance},,")
        } else {
            format!("{as_of},balance,,EUR,,{balance}")
        };
        assert!(file.text.lines().any(|line| line == row), "{row} is not in {}", file.text);
    }
    json
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn page_file_and_json_say_the_same_of_any_day() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let first = world.invoice(&customer, "EUR", "1120.00").await;
    let second = world.invoice(&customer, "EUR", "60.00").await;
    pay(&world, &first, "45.00").await;
    let mut printed = Vec::new();
    for (after, what) in [(days(3), None), (days(37), Some(&first)), (days(30), Some(&second))] {
        world.advance(after);
        if let Some(invoice) = what {
            let open = world.invoice_now(invoice).await["open"]["amount"].as_str().unwrap().to_owned();
            pay(&world, invoice, &open).await;
            invoice_of_today(&world, &customer, "31.00").await;
        }
        let cookie = signed_in(&world, &customer).await;
        for kind in ["balance_forward", "open_item"] {
            let json = same(&world, &customer, &cookie, &format!("kind={kind}")).await;
            printed.push((kind, json));
        }
    }
    world.advance(days(1));
    let cookie = signed_in(&world, &customer).await;
    for (kind, said) in printed {
        let (from, to, as_of) = (text(&said, "from"), text(&said, "to"), text(&said, "as_of"));
        let query = format!("kind={kind}&from={from}&to={to}&as_of={as_of}");
        let now = same(&world, &customer, &cookie, &query).await;
        let without_present = |mut told: Value| {
            for statement in told["statements"].as_array_mut().unwrap() {
                let items = statement.as_object_mut().unwrap().get_mut("items").and_then(Value::as_array_mut);
                for item in items.into_iter().flatten() {
                    for known_now in ["pending", "disputed", "charged_back", "written_off"] {
                        item[known_now] = Value::Null;
                    }
                }
                statement["pending"] = Value::Null;
                statement["disputed"] = Value::Null;
                statement["in_question"] = Value::Null;
            }
            told
        };
        assert_eq!(now, without_present(now.clone()), "what was on its way then is not known");
        assert_eq!(now, without_present(said.clone()));
        let balance = format!("/customers/{}/balance?as_of={as_of}", text(&customer, "id"));
        let balance = world.ask(Method::GET, &balance, None).await;
        for name in ["currency", "balance", "open", "overdue", "unapplied", "ageing"] {
            assert_eq!(balance["currencies"][0][name], now["statements"][0][name], "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_asked_is_refused_by_its_field() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    world.invoice(&customer, "EUR", "20.00").await;
    let cookie = signed_in(&world, &customer).await;
    let api = format!("/customers/{}", text(&customer, "id"));
    for (query, field, on_page) in [
        ("from=2026-03-02&to=2026-03-01", "from", true),
        ("from=1.3.2026", "from", true),
        ("from=2006-03-02", "from", true),
        ("to=20260301", "to", true),
        ("kind=ledger", "kind", true),
        ("as_of=2026-03-03", "as_of", true),
        ("as_of=2025-11-30&to=2026-03-02", "as_of", true),
        ("as_of=soon", "as_of", true),
        ("edges=30,60", "edges", false),
        ("limit=0", "limit", false),
        ("format=pdf", "format", false),
        ("cursor=2026-03-01T00:00:00.000Z~x~000001", "cursor", false),
        ("frm=2026-03-01", "frm", false),
    ] {
        let refused = world.api(Method::GET, &format!("{api}/statement?{query}"), None).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert_eq!(refused.json()["errors"][0]["field"], field, "{query}: {}", refused.text);
        if on_page {
            let page = seen(&world, &cookie, &format!("/statement?{query}")).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
            assert!(page.text.contains(&format!("href=\"#{field}\"")), "{query}: {}", page.text);
            assert!(page.text.contains(&format!("id=\"{field}-fault\"")), "{query}: {}", page.text);
            assert!(page.text.contains("20.00"), "the usual statement is shown all the same");
            let file = seen(&world, &cookie, &format!("/statement.csv?{query}")).await;
            assert_eq!(file.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        }
    }
    for (query, field) in [("as_of=2026-03-03", "as_of"), ("edges=0,0", "edges")] {
        let refused = world.api(Method::GET, &format!("{api}/balance?{query}"), None).await;
        assert_eq!(refused.json()["errors"][0]["field"], field, "{query}: {}", refused.text);
    }
    let edges = world.ask(Method::GET, &format!("{api}/balance?edges=0,7"), None).await;
    assert_eq!(list(&edges["currencies"][0], "ageing").len(), 3);
}

/// An account to which an invoice came on each of so many days, the last of them today.
async fn daily(world: &World, invoices: i64) -> Value {
    let customer = world.customer("en").await;
    for place in 0..invoices {
        if place > 0 {
            world.advance(days(1));
        }
        invoice_of_today(world, &customer, "10.00").await;
    }
    customer
}

/// The calls of the first page of a statement, warm, and the read units that they use.
async fn calls(world: &World, cookie: &str, query: &str) -> (Vec<String>, Decimal) {
    for _ in 0..2 {
        world.calls.forget();
        let page = seen(world, cookie, &format!("/statement?{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    }
    let mut made = world.calls.made();
    made.sort();
    (made, world.calls.units())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_page_of_an_old_account_costs_what_that_of_a_young_one_does() {
    let mut costs = Vec::new();
    for invoices in [31, 400] {
        let world = World::new().await;
        let customer = daily(&world, invoices).await;
        let cookie = signed_in(&world, &customer).await;
        world.calls.meter();
        let mut made = Vec::new();
        for query in ["", "kind=open_item", "from=2026-01-01"] {
            made.push(calls(&world, &cookie, query).await);
        }
        for (calls, units) in &made {
            // The session; then at once the customer, the sums, and one query of the lines or of the open items, which are
            // read again as they stand.
            let reread = calls.iter().filter(|call| *call == "BatchGetItem").count();
            assert!(
                reread <= 1 && calls.len() <= 4 + reread && calls.iter().filter(|call| *call == "Query").count() == 1,
                "{calls:?}"
            );
            assert!(*units > Decimal::ZERO, "the table tells what is used");
        }
        let state = &world.local.state;
        let business = state.business(&world.local.business).await.expect("the business");
        let ask = StatementQuery::usual(business.time_zone.date_at(world.now()));
        let id = text(&customer, "id").parse().unwrap();
        let read = state.context.store.statement(&business.id, &id, &ask).await.expect("the table");
        costs.push((made, read.entries.len(), read.later.len(), read.open.len()));
        if invoices > 100 {
            pages_are_the_whole(&world, &customer, &cookie, usize::try_from(invoices).unwrap()).await;
        }
    }
    assert_eq!(costs[0], costs[1]);
    assert_eq!((costs[1].1, costs[1].2), (STATEMENT_LINES_PER_PAGE + 1, 0));
}

/// Turns the pages of an account with an invoice a day.
async fn pages_are_the_whole(world: &World, customer: &Value, cookie: &str, invoices: usize) {
    let api = format!("/customers/{}/statement", text(customer, "id"));
    let whole = world.api(Method::GET, &format!("{api}?from=2026-01-01&format=csv"), None).await;
    assert_eq!(whole.text.lines().filter(|row| row.contains(",invoice_issued,")).count(), invoices);
    for (query, of_lines, count) in [
        ("from=2026-01-01", true, invoices),
        ("kind=open_item", false, invoices),
        // An invoice came on each day from the second of March.
        ("from=2026-01-01&to=2026-09-01", true, 184),
        ("kind=open_item&as_of=2026-09-01", false, 184),
    ] {
        let (mut numbers, mut cursor, mut opening) = (Vec::new(), String::new(), None);
        loop {
            let page = world.ask(Method::GET, &format!("{api}?{query}&limit=70{cursor}"), None).await;
            let statement = &page["statements"][0];
            let mut of_page: Vec<String> = if of_lines {
                assert!(opening.is_none_or(|opening: Value| opening == statement["closing_balance"]));
                opening = Some(statement["opening_balance"].clone());
                list(statement, "lines")
                    .iter()
                    .map(|line| text(&line["invoices"][0], "number").to_owned())
                    .rev()
                    .collect()
            } else {
                list(statement, "items").iter().map(|item| text(item, "number").to_owned()).collect()
            };
            numbers.append(&mut of_page);
            assert_eq!(text(statement, "open"), format!("{count}0.00"), "how the account stands is on every page");
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(numbers.len(), count, "{query}");
        assert!(opening.is_none_or(|opening| opening == "0.00"), "{query}");
        numbers.sort();
        numbers.dedup();
        assert_eq!(numbers.len(), count, "{query}: something is told twice");
    }
    let first = seen(world, cookie, "/statement?from=2026-01-01").await;
    let next = first.text.split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
    let next = next.split('"').next().unwrap().replace("&amp;", "&");
    let second = seen(world, cookie, &next).await;
    assert_eq!(second.status, StatusCode::OK, "{next}");
    let brought = |page: &str, label: &str| {
        let row = rows(page).into_iter().find(|row| row.first().is_some_and(|cell| cell == label));
        row.unwrap_or_else(|| panic!("no {label} in {page}"))[1].clone()
    };
    let forward = brought(&first.text, "Balance brought forward");
    assert_eq!(forward, brought(&second.text, "Balance carried forward"));
    assert_eq!(forward, read_aloud(&format!("{}0.00", invoices - STATEMENT_LINES_PER_PAGE)));
}

/// An invoice that is recorded today with the date of last month: its line stands there, the balances run right past it, and the
/// journal of that month has it, marked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invoice_of_last_month_stands_on_its_day() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    let first = world.invoice(&customer, "EUR", "100.00").await;
    world.advance(days(10));
    pay(world, &first, "40.00").await;
    world.advance(days(30));
    let issue = |number: &str, issued_on: &str, due_on: &str| {
        let body = json!({
            "number": number, "customer": customer["id"], "currency": "EUR", "issued_on": issued_on, "due_on": due_on,
            "lines": [{"description": "Work", "quantity": "1", "unit_price": "7.00"}],
        });
        world.ask(Method::POST, "/invoices", Some(body))
    };
    // It is the 11th of April.
    issue("LATE", "2026-03-05", "2026-03-20").await;
    issue("AHEAD", "2026-06-01", "2026-06-30").await;
    world.drain().await;
    let api = format!("/customers/{}/statement", text(&customer, "id"));
    let lines = |statement: &Value| -> Vec<String> {
        let told = list(&statement["statements"][0], "lines").iter().map(|line| {
            format!("{} {} {} {}", text(line, "on"), text(line, "kind"), text(line, "change"), text(line, "balance"))
        });
        told.collect()
    };
    let whole = world.ask(Method::GET, &api, None).await;
    assert_eq!(
        lines(&whole),
        [
            "2026-03-02 invoice_issued 100.00 100.00",
            "2026-03-05 invoice_issued 7.00 107.00",
            "2026-03-12 payment_applied -40.00 67.00",
            "2026-04-11 invoice_issued 7.00 74.00",
        ]
    );
    // Page by page it is the same, and so it is as of a day between.
    let mut paged: Vec<String> = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = world.ask(Method::GET, &format!("{api}?limit=1{cursor}"), None).await;
        paged.extend(lines(&page));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    paged.reverse();
    assert_eq!(paged, lines(&whole));
    let then = world.ask(Method::GET, &format!("{api}?as_of=2026-03-05"), None).await;
    assert_eq!(text(&then["statements"][0], "balance"), "107.00");
    let overdue = world.ask(Method::GET, &format!("{api}?as_of=2026-03-21&kind=open_item"), None).await;
    let items = list(&overdue["statements"][0], "items");
    assert_eq!((text(&items[0], "number"), &items[0]["days_overdue"]), ("LATE", &json!(1)), "{overdue:#}");
    // The journal of March has it whenever it is taken, and says that it came later.
    for (period, expected) in [
        ("from=2026-03-01&to=2026-03-31", vec![("2026-03-02", false), ("2026-03-05", true), ("2026-03-12", false)]),
        ("from=2026-03-05&to=2026-03-05", vec![("2026-03-05", true)]),
        ("from=2026-04-01&to=2026-06-30", vec![("2026-04-11", false)]),
    ] {
        let journal = world.ask(Method::GET, &format!("/exports/journal?{period}"), None).await;
        let of_ledger = list(&journal, "lines").iter().filter(|line| line["account"] == "receivable");
        let told: Vec<(&str, bool)> = of_ledger.map(|line| (text(line, "on"), line["late"] == true)).collect();
        assert_eq!(told, expected, "{period}");
        let file = world.api(Method::GET, &format!("/exports/journal?{period}&format=csv"), None).await;
        assert_eq!(
            file.text.lines().filter(|row| row.ends_with(",true")).count() > 0,
            expected.iter().any(|(_, late)| *late)
        );
    }
    world.verify().await;
}

/// Money that was put on the wrong account leaves its statement in words that its reader understands, and enters the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_handed_over_is_told_to_both() {
    let words = [
        ("en", "Payment that was not for this account", "Payment: on account"),
        ("fr", "Paiement qui n’était pas pour ce compte", "Paiement\u{a0}: à votre crédit"),
    ];
    let world = World::new().await;
    for (locale, gone, come) in words {
        let (wrong, right) = (world.customer(locale).await, world.customer(locale).await);
        world.stripe_control("/foreign_charge", &json!({"amount": 4200, "currency": "eur"})).await;
        world.drain().await;
        let money = world.ask(Method::GET, "/unidentified", None).await;
        let of = |customer: &Value| Some(json!({"customer": customer["id"], "reason": "As the bank says"}));
        let path = format!("/unidentified/{}/apply", text(&money["data"][0], "id"));
        let payment = world.ask(Method::POST, &path, of(&wrong)).await;
        world.ask(Method::POST, &format!("/payments/{}/hand-over", text(&payment, "id")), of(&right)).await;
        world.drain().await;
        world.verify().await;
        for (customer, said, other) in [(&wrong, gone, &right), (&right, come, &wrong)] {
            let cookie = signed_in(&world, customer).await;
            if locale == "en" {
                same(&world, customer, &cookie, "kind=balance_forward").await;
            }
            let page = seen(&world, &cookie, "/statement").await;
            assert!(page.text.contains(said), "{said}: {}", page.text);
            assert!(!page.text.contains(text(other, "name")), "nobody learns whose it is or was");
        }
    }
}
