//! Fetching by id, and lists.

use receivables::Balance;
use receivables::payout::{PayoutRank, prove};
use receivables::provider_object::ChargebackStage;

use super::*;
use crate::meaning::Meaning;
use crate::stripe::reports::Fetchable;

#[test]
fn every_kind_of_object_is_fetched_where_stripe_keeps_it() {
    let object = r#"{"id":"x_1","amount":100,"amount_received":100,"currency":"eur","status":"succeeded","payment_method":"pm_1","customer":"cus_1"}"#;
    run(async {
        let server = Server::start(Fetchable::ALL.map(|_| answer(200, object)).into()).await;
        for kind in Fetchable::ALL {
            let meaning = server.client().fetch(kind, &"x_1".parse().unwrap()).await;
            assert!(!matches!(meaning, Err(_) | Ok(Meaning::Nothing | Meaning::Fetch(_))), "{kind:?}: {meaning:?}");
        }
        expect![[r#"
            checkout/sessions/x_1?expand[0]=payment_intent
            payment_intents/x_1
            charges/x_1
            refunds/x_1
            disputes/x_1
            radar/early_fraud_warnings/x_1
            reviews/x_1
            payment_methods/x_1
            setup_intents/x_1?expand[0]=payment_method
            mandates/x_1
            payouts/x_1
        "#]]
        .assert_eq(&paths(&server));
    });
}

/// What was got, one a line.
fn paths(server: &Server) -> String {
    let mut table = String::new();
    for line in server.lines() {
        let path = line.strip_prefix("GET /dev/stripe/v1/").unwrap().strip_suffix(" HTTP/1.1").unwrap();
        writeln!(table, "{path}").unwrap();
    }
    table
}

#[test]
fn an_object_that_is_fetched_means_what_its_event_would() {
    let payout = r#"{"id":"po_1","amount":-4510,"currency":"eur","status":"paid","arrival_date":1772582400}"#;
    let method = r#"{"id":"pm_1","type":"card","customer":"cus_1","card":{"brand":"visa","last4":"4242"}}"#;
    let reserved =
        r#"{"id":"ch_1","status":"succeeded","captured":false,"amount":100,"currency":"eur","payment_intent":"pi_1"}"#;
    let missing = r#"{"error":{"type":"invalid_request_error","code":"resource_missing"}}"#;
    run(async {
        let script = vec![answer(200, payout), answer(200, method), answer(200, reserved), answer(404, missing)];
        let server = Server::start(script).await;
        let client = server.client();
        let Ok(Meaning::Payout(report)) = client.fetch(Fetchable::Payout, &"po_1".parse().unwrap()).await else {
            panic!()
        };
        assert_eq!((report.state.rank, report.state.amount.minor()), (PayoutRank::Paid, -4510));
        let Ok(Meaning::Methods(reports)) = client.fetch(Fetchable::Method, &"pm_1".parse().unwrap()).await else {
            panic!()
        };
        assert_eq!(reports[0].state.customer, Some("cus_1".parse().unwrap()));
        let nothing = client.fetch(Fetchable::Charge, &"ch_1".parse().unwrap()).await;
        assert_eq!(nothing, Ok(Meaning::Nothing));
        let gone = client.fetch(Fetchable::Refund, &"re_1".parse().unwrap()).await;
        assert!(matches!(gone, Err(RequestError::Refused { code, .. }) if code == "resource_missing"));
    });
}

#[test]
fn what_went_back_is_listed_to_the_last_page() {
    let refund =
        |id: &str| format!(r#"{{"id":"{id}","amount":500,"currency":"eur","status":"succeeded","charge":"ch_1"}}"#);
    let page =
        |items: &str, more: bool| answer(200, &format!(r#"{{"object":"list","has_more":{more},"data":[{items}]}}"#));
    let dispute =
        r#"{"id":"du_1","amount":500,"currency":"eur","status":"lost","charge":"ch_1","payment_intent":"pi_1"}"#;
    let first = format!("{},{}", refund("re_3"), refund("re_2"));
    run(async {
        let script = vec![page(&first, true), page(&refund("re_1"), false), page(dispute, false)];
        let server = Server::start(script).await;
        let reports = server.client().money_back_of(&"pi_1".parse().unwrap()).await.unwrap();
        let found: Vec<&str> = reports.iter().map(|report| report.object.as_str()).collect();
        assert_eq!(found, ["re_3", "re_2", "re_1", "du_1"]);
        assert!(reports.iter().all(|report| report.anchor().as_str() == "pi_1"), "the asker knows whose they are");
        assert!(matches!(&reports[3].state, ObjectState::Chargeback(fact) if fact.state() == ChargebackStage::Lost));
        expect![[r#"
            refunds?limit=100&payment_intent=pi_1
            refunds?limit=100&payment_intent=pi_1&starting_after=re_2
            disputes?limit=100&payment_intent=pi_1
        "#]]
        .assert_eq(&paths(&server));

        let server = Server::start(vec![page("", true), page("", false)]).await;
        assert_eq!(server.client().money_back_of(&"ch_1".parse().unwrap()).await, Ok(Vec::new()));
        assert_eq!(paths(&server), "refunds?charge=ch_1&limit=100\ndisputes?charge=ch_1&limit=100\n");

        let server = Server::start(vec![answer(200, r#"{"object":"list"}"#)]).await;
        let odd = server.client().money_back_of(&"pi_1".parse().unwrap()).await;
        assert!(matches!(odd, Err(RequestError::Unreadable { .. })), "a list without items is no empty list");
    });
}

const TRANSACTIONS: &str = r#"{"object":"list","has_more":false,"data":[
    {"id":"txn_1","type":"charge","source":"ch_1","amount":12050,"fee":373,"net":11677,"currency":"cad","exchange_rate":1.4712345678901234567,"created":1772355600},
    {"id":"txn_2","type":"refund","source":{"id":"re_1"},"amount":-5000,"fee":0,"net":-5000,"currency":"cad","exchange_rate":1.5e-4,"created":1772355601},
    {"id":"txn_3","type":"stripe_fee","source":null,"amount":-1500,"fee":0,"net":-1500,"currency":"cad","exchange_rate":null,"created":1772355602},
    {"id":"txn_4","type":"payout","source":"po_1","amount":-5177,"fee":0,"net":-5177,"currency":"cad","exchange_rate":null,"created":1772355603}]}"#;

#[test]
fn a_payout_is_proved_by_what_it_is_made_of() {
    run(async {
        let server = Server::start(vec![answer(200, TRANSACTIONS)]).await;
        let page = server.client().balance_transactions(&"po_1".parse().unwrap(), None).await.unwrap();
        let transactions = page.transactions;
        assert_eq!(page.more, None);
        assert_eq!(paths(&server), "balance_transactions?limit=100&payout=po_1\n");
        let amount = Balance::new(5177, Currency::CAD).unwrap();
        assert!(prove(&"po_1".parse().unwrap(), amount, &transactions).unwrap().holds);
        let rates: Vec<Option<String>> =
            transactions.iter().map(|transaction| transaction.exchange_rate.map(|rate| rate.to_string())).collect();
        let rate = |text: &str| Some(text.to_owned());
        assert_eq!(rates, [rate("1.4712345678901234567"), rate("0.00015"), None, None], "digit by digit");
        let sources: Vec<Option<&str>> =
            transactions.iter().map(|transaction| transaction.source.as_ref().map(ObjectId::as_str)).collect();
        assert_eq!(sources, [Some("ch_1"), Some("re_1"), None, Some("po_1")]);
    });
}

#[test]
fn an_adjustment_that_is_a_fee_by_its_category_is_a_fee_by_its_kind() {
    let of = |kind: &str, category: &str| {
        format!(
            r#"{{"object":"list","has_more":false,"data":[{{"id":"txn_1","type":"{kind}","reporting_category":"{category}","source":"du_1","amount":1500,"fee":0,"net":1500,"currency":"eur","created":1772355600}}]}}"#
        )
    };
    run(async {
        for (kind, category, known) in [
            ("adjustment", "fee", "adjustment_fee"),
            ("adjustment", "dispute", "adjustment"),
            ("stripe_fee", "fee", "stripe_fee"),
            ("charge", "charge", "charge"),
        ] {
            let server = Server::start(vec![answer(200, &of(kind, category))]).await;
            let page = server.client().balance_transactions(&"po_1".parse().unwrap(), None).await.unwrap();
            assert_eq!((page.transactions[0].kind.as_str(), page.transactions[0].is_fee()), (known, category == "fee"));
        }
    });
}

#[test]
fn a_long_list_of_transactions_is_read_page_by_page() {
    run(async {
        let more = TRANSACTIONS.replace("\"has_more\":false", "\"has_more\":true");
        let server = Server::start(vec![answer(200, &more), answer(200, TRANSACTIONS)]).await;
        let (client, payout) = (server.client(), "po_1".parse().unwrap());
        let page = client.balance_transactions(&payout, None).await.unwrap();
        assert_eq!(page.more.as_deref(), Some("txn_4"));
        assert_eq!(client.balance_transactions(&payout, page.more.as_deref()).await.unwrap().more, None);
        assert_eq!(
            paths(&server),
            "balance_transactions?limit=100&payout=po_1\nbalance_transactions?limit=100&payout=po_1&starting_after=txn_4\n"
        );
    });
}

#[test]
fn a_transaction_that_cannot_be_read_is_not_left_out() {
    for (what, instead) in [
        ("\"net\":-5000", "\"net\":null"),
        ("\"fee\":373", "\"fee\":3.73"),
        ("\"type\":\"refund\",", ""),
        ("txn_3", "txn 3"),
    ] {
        run(async {
            let server = Server::start(vec![answer(200, &TRANSACTIONS.replace(what, instead))]).await;
            let read = server.client().balance_transactions(&"po_1".parse().unwrap(), None).await;
            assert!(matches!(read, Err(RequestError::Unreadable { .. })), "{instead}");
        });
    }
}

#[test]
fn events_are_listed_byte_by_byte() {
    let odd =
        "{ \"type\":\"a.b\",\n \"id\" : \"evt_2\", \"data\":{\"object\":{\"name\":\"Soci\\u00e9té\", \"n\":1.10}} }";
    let body = format!("{{\"object\":\"list\",\"data\":[ {odd} ,{{\"id\":\"evt_1\"}}],\"has_more\":true}}");
    let since = Timestamp::from_second(1_772_355_600).unwrap();
    run(async {
        let empty = r#"{"object":"list","data":[],"has_more":false}"#;
        let server = Server::start(vec![answer(200, &body), answer(200, empty)]).await;
        let client = server.client();
        let page = client.events_since(since, None).await.unwrap();
        let ids: Vec<&str> = page.events.iter().map(|event| event.id.as_str()).collect();
        assert_eq!(ids, ["evt_2", "evt_1"]);
        assert_eq!(String::from_utf8(page.events[0].body.clone()).unwrap(), odd);
        let last = client.events_since(since, page.more.as_deref()).await.unwrap();
        assert!(last.events.is_empty() && last.more.is_none());
        expect![[r#"
            events?created[gte]=1772355600&limit=50
            events?created[gte]=1772355600&limit=50&starting_after=evt_1
        "#]]
        .assert_eq(&paths(&server));
    });
}
