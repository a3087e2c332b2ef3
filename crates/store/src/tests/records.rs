//! Every item: written and read back, in the shape that is in the tables, and still read in the shapes that were.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use aws_sdk_dynamodb::types::AttributeValue;
use expect_test::expect_file;
use local_aws::table::{CORE, INBOX};
use receivables::ledger::{Contra, EntryDay, EntryKind, Leg, LegAccount};
use receivables::not_ours::OwnershipMark;
use receivables::payment::{
    Decline, DeclineReason, Instead, NoteOfRefund, PageRefusal, RefundMeaning, RefundRequest, Remedy,
};
use receivables::payout::{BalanceTransaction, PayoutRank, PayoutState};
use receivables::provider_object::{Cash, ChargebackState, Move, Moves, ObjectState, RefundState};
use receivables::saved_method::{MethodLook, MethodState};
use receivables::{Actor, Balance, Change, Currency, Locale, ObjectId, Payment, Report, payment};

use super::Fixture;
use super::samples::*;
use crate::items::Item;
use crate::{
    ApiKey, AuditBlock, AuditSeal, BalancePlace, BalanceReading, BlockRecord, Claim, CommitContext, CommitOutcome,
    DecisionRecord, DueItem, DueKey, DueList, Effect, EffectKind, EffectState, Envelope, Export, ExportFormat,
    ExportKind, ExportPart, IdempotentResponse, Movement, Ownership, Page, Payout, PayoutReading, ProviderCash,
    ProviderTransaction, ReceivedEvent, RecordKey, Session, SignIn, StoreError, Sweep,
};

pub(super) async fn commit(fixture: &Fixture, decision: &receivables::Decision) {
    let outcome = fixture.store.commit(decision, &CommitContext::by(Actor::Timer)).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Committed);
}

/// A payment of one invoice that was opened without what the provider refused, paid more than it asked, and sent back in part.
pub(super) async fn eventful_payment(fixture: &Fixture) -> Payment {
    let (one, issued) = invoice("1", "F-1", Some("E-1"));
    commit(fixture, &issued).await;
    let (started, start) = payment("1", &one.head);
    commit(fixture, &start).await;
    let customer = PageRefusal::Customer("cus_1".parse().unwrap());
    let mut refused = started;
    for refusal in [customer, PageRefusal::EmailAddress, PageRefusal::Page("currency_not_supported".to_owned())] {
        let (after, refusal) = payment::page_refused(&refused, refusal, later(1)).unwrap();
        commit(fixture, &refusal).await;
        refused = after;
    }
    let (opened, open) = refused.opened(checkout("1"), later(1)).unwrap();
    commit(fixture, &open).await;
    let (paid, pay) = payment::apply_reports(&opened, &[received("pi_1", 12_000)], later(2)).unwrap();
    commit(fixture, &pay).await;
    let (placed, place) = payment::place_remainder(&paid, &[], later(3)).unwrap();
    commit(fixture, &place).await;
    let note = |name| NoteOfRefund {
        id: id("crn", name),
        number: format!("K-{name}").parse().unwrap(),
        issued_on: "2026-03-03".parse().unwrap(),
        reason: "Too much".parse().unwrap(),
    };
    let request = RefundRequest {
        id: id("rfd", "1"),
        amount: money(2_500),
        invoice: None,
        meaning: RefundMeaning::Credits,
        note: note("7"),
        reason: "Too much".parse().unwrap(),
    };
    let (ordered, order) = payment::order_refund(&placed, request.clone(), later(4)).unwrap();
    commit(fixture, &order).await;
    // The provider makes the refund that was ordered, and one of which nobody had told it here.
    let refund = |name: &str, refund| Report::new(name.parse().unwrap(), ObjectState::Refund(refund));
    let made = RefundState { order: Some(id("rfd", "1")), amount: Cash::of(money(2_500)), ..RefundState::default() };
    let made = refund("re_0", made);
    let refund = refund("re_1", RefundState { amount: Cash::of(money(700)), ..RefundState::default() });
    let (asked, ask) = payment::apply_reports(&ordered, &[made, refund.clone()], later(5)).unwrap();
    commit(fixture, &ask).await;
    let (answered, answer) =
        payment::answer_refund(&asked, &refund.object, RefundMeaning::Credits, note("8"), later(6)).unwrap();
    commit(fixture, &answer).await;
    let (left, unapply) = payment::unapply(&answered, &one.head.id, Some(money(500)), later(7)).unwrap();
    commit(fixture, &unapply).await;
    let request = RefundRequest { id: id("rfd", "2"), amount: money(100), meaning: RefundMeaning::Reopens, ..request };
    let (waiting, order) = payment::order_refund(&left, request, later(8)).unwrap();
    commit(fixture, &order).await;
    waiting
}

/// The items of both tables, by key.
pub(super) async fn items(fixture: &Fixture) -> BTreeMap<(String, String, String), Item> {
    let mut all = BTreeMap::new();
    for table in [CORE, INBOX] {
        let scanned = fixture.client.scan().table_name(table).send().await.unwrap();
        for item in scanned.items.unwrap() {
            let of = |name: &str| item[name].as_s().unwrap().clone();
            all.insert((table.to_owned(), of("pk"), of("sk")), item);
        }
    }
    all
}

fn sign_in() -> SignIn {
    SignIn {
        id: id("sgn", "1"),
        business: b(),
        email: "comptabilite@ferrandiere.example".parse().unwrap(),
        customer: Some(c()),
        locale: Locale::French,
        code_hash: "hash of a code".to_owned(),
        tries: 0,
        spent: false,
        ends_at: later(15),
    }
}

fn session() -> Session {
    Session {
        business: b(),
        customer: c(),
        email: "comptabilite@ferrandiere.example".parse().unwrap(),
        idle_ends_at: later(30),
        ends_at: later(720),
    }
}

pub(super) fn payout() -> Payout {
    let state = PayoutState {
        amount: Balance::new(-1_000, Currency::EUR).unwrap(),
        arrives_on: Some("2026-03-05".parse().unwrap()),
        rank: PayoutRank::Paid,
        reconciled: true,
        manual: false,
        bank_reference: Some("REF".to_owned()),
        failure: None,
        movements: ["txn_1".parse().unwrap()].into(),
    };
    Payout {
        provider: stripe(),
        id: "po_1".parse().unwrap(),
        state,
        proof: None,
        unlisted: false,
        part_of: Some(b()),
        heard_at: now(),
        reading: Some(PayoutReading { due_at: later(3), after: Some("txn_9".to_owned()) }),
        version: 1,
    }
}

pub(super) fn transaction() -> ProviderTransaction {
    let euros = |minor| Balance::new(minor, Currency::EUR).unwrap();
    ProviderTransaction {
        transaction: BalanceTransaction {
            id: "txn_1".parse().unwrap(),
            kind: "charge".to_owned(),
            source: Some("ch_1".parse().unwrap()),
            gross: euros(10_000),
            fee: euros(175),
            net: euros(9_825),
            exchange_rate: None,
            at: now(),
        },
        payout: Some(payout().id),
        recorded_at: later(2),
        payment: Some(id("pay", "1")),
        fact: Some("F#stripe#intent#pi_1".to_owned()),
        taken_over_at: Some(later(1)),
        ownership: Some(Ownership {
            carrier: "pi_1".parse().unwrap(),
            marks: vec![OwnershipMark { at: now(), not_ours: true }],
        }),
        other_business: Some(b()),
        holder: Some(b()),
    }
}

pub(super) fn balance_reading() -> BalanceReading {
    BalanceReading {
        business: b(),
        provider: stripe(),
        from: now(),
        read_until: Some(later(1)),
        due_at: Some(later(4)),
        place: Some(BalancePlace { began_at: later(3), after: "txn_9".to_owned() }),
        version: 1,
    }
}

fn provider_cash() -> ProviderCash {
    let (customer, held) = ("cus_9".parse().unwrap(), vec![money(4_000)]);
    ProviderCash { provider: stripe(), customer, held, heard_at: later(2), version: 1 }
}

fn export() -> Export {
    Export {
        id: id("exp", "1"),
        business: b(),
        kind: ExportKind::Statement(c()),
        format: ExportFormat::Csv,
        from: "2026-03-01".parse().unwrap(),
        to: "2026-03-31".parse().unwrap(),
        time_zone: "Europe/Paris".to_owned(),
        requested_at: now(),
        complete_until: now(),
        cursor: None,
        rows: 0,
        parts: 0,
        ready_at: None,
        expires_at: later(99),
        due_at: later(1),
        why: None,
    }
}

fn moved_export() -> Export {
    let (cursor, ready_at, why) = (Some("place".to_owned()), Some(later(2)), Some("why".to_owned()));
    Export { cursor, rows: 7, parts: 1, ready_at, due_at: later(3), why, ..export() }
}

fn part() -> ExportPart {
    ExportPart { number: 1, object: "biz_1/exp_1/000001-00".to_owned(), bytes: 70 }
}

pub(super) fn method() -> crate::SavedMethod {
    let look = MethodLook {
        good_until: Some("2029-12-31".parse().unwrap()),
        brand: Some("visa".to_owned()),
        last4: Some("4242".to_owned()),
    };
    let state = MethodState {
        customer: Some("cus_1".parse().unwrap()),
        kind: Some("card".to_owned()),
        look: Some(look),
        mandate: None,
        attached: true,
        detached: false,
        mandate_ended: false,
        off_session: true,
    };
    let ended = Some(state.ended_by(DeclineReason::Expired));
    crate::SavedMethod {
        provider: stripe(),
        id: "pm_1".parse().unwrap(),
        state,
        ended,
        customer: Some(c()),
        version: 1,
    }
}

pub(super) fn event(id: &str) -> ReceivedEvent {
    let envelope =
        Envelope { id, object: Some("pi_1"), kind: "novelty", api_version: Some("2025-01-27"), livemode: Some(false) };
    ReceivedEvent::fresh(b(), stripe(), envelope, "{\"note\": \"Ünïcödé\"}".as_bytes(), now())
}

/// Writes what no decision does.
pub(super) async fn write_the_rest(fixture: &Fixture) {
    let store = &fixture.store;
    store.put_business(&business()).await.unwrap();
    store.put_host("Pay.Maison.Example", &b()).await.unwrap();
    let key = ApiKey {
        id: id("key", "1"),
        business: b(),
        name: "test".to_owned(),
        permissions: ["bad_debts".to_owned()].into(),
    };
    assert!(store.put_key("hash of a key", &key).await.unwrap());
    store.record_event(&event("evt_1")).await.unwrap();
    let unreadable =
        ReceivedEvent::unreadable(b(), stripe(), "hash of it".to_owned(), "not JSON".to_owned(), b"\xff", now());
    store.record_event(&unreadable).await.unwrap();
    store.put_sign_in(&sign_in(), "hash of a token").await.unwrap();
    assert!(store.count_sign_in_mail(&b(), "hash of an address", now()).await.unwrap());
    store.put_session("hash of a session", &session()).await.unwrap();
    assert!(store.put_payout(&b(), &payout()).await.unwrap());
    store.put_new_transactions(&b(), stripe(), &[transaction()]).await.unwrap();
    assert!(store.put_balance_reading(&balance_reading()).await.unwrap());
    assert!(store.put_provider_cash(&b(), &provider_cash()).await.unwrap());
    assert!(store.put_method(&b(), &method()).await.unwrap());
    assert!(store.put_new_export(&export()).await.unwrap());
    assert!(!store.put_new_export(&export()).await.unwrap(), "it is asked for once");
    let due = store.everything_due(DueList::Jobs).await.unwrap();
    let due = due.iter().find(|due| due.key == DueKey::Export(b(), export().id)).unwrap();
    let claimed = store.claim_due(due, later(9)).await.unwrap().unwrap();
    assert!(store.move_export(&claimed, &moved_export(), Some(&part())).await.unwrap());
    assert!(!store.move_export(&claimed, &export(), Some(&part())).await.unwrap(), "it has another place by now");
    let sweep = Sweep { business: b(), provider: stripe(), seen_until: now(), due_at: later(5), reading: None };
    store.ensure_sweep(&sweep).await.unwrap();
    store.keep_unidentified(&b(), stripe(), &"pi_9".parse().unwrap(), &[received("pi_9", 700)], now()).await.unwrap();
    assert!(store.claim_new_effect(&effect(), later(2)).await.unwrap().is_some());
    let claim = store.claim_request(&b(), "hash of a name", "hash of a request", now()).await.unwrap();
    assert_eq!(claim, Claim::Ours { first_at: now() });
    let due = store.everything_due(DueList::Records).await.unwrap();
    let key = due.iter().filter_map(DueItem::record).find(|key| key.source == c().as_str()).cloned();
    let records = store.decision_records(&[key.unwrap()]).await.unwrap();
    let block = audit_block(&records[0]);
    assert!(store.put_audit_block(&block).await.unwrap());
    store.mark_sealed(&block, &[(1, &records[0])]).await.unwrap();
}

fn effect() -> Effect {
    let kind = EffectKind::Receipt(id("pay", "1"));
    Effect { business: b(), fact: "pay_1.3.0".to_owned(), kind, at: now() }
}

fn audit_block(record: &DecisionRecord) -> AuditBlock {
    AuditBlock {
        business: b(),
        first: 1,
        hash_before: String::new(),
        records: vec![BlockRecord { key: record.key.clone(), hash: "seal".to_owned() }],
        touched: record.touched.iter().cloned().collect(),
        sealed_at: later(1),
        marked: false,
    }
}

#[tokio::test]
async fn what_is_written_is_read() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let (person, registered) = customer("C", profile(Some("C-1"), Some("cus_1")));
    commit(&fixture, &registered).await;
    let paid = eventful_payment(&fixture).await;
    let (note, given) = credit_note("1", "N-1");
    commit(&fixture, &given).await;
    write_the_rest(&fixture).await;

    assert_eq!(store.customer(&b(), &c()).await.unwrap(), Some(person));
    assert_eq!(store.payment(&b(), paid.id()).await.unwrap(), Some(paid.clone()));
    let read = store.invoice(&b(), &id("inv", "1")).await.unwrap().unwrap();
    let (issued, _) = invoice("1", "F-1", Some("E-1"));
    let (open, version) = (paid.allocations()[0].invoice_open(), paid.allocations()[0].seen.version);
    assert_eq!((read.head.balance.open(), read.head.balance.version), (open, version));
    assert_eq!(store.invoice_head(&b(), &issued.head.id).await.unwrap().as_ref(), Some(&read.head));
    let head = receivables::InvoiceHead { balance: issued.head.balance.clone(), ..read.head };
    assert_eq!(receivables::Invoice { head, ..read }, issued);
    assert_eq!(store.pay_link("hash of 1").await.unwrap(), Some(pay_link("1", &issued.head.id)));
    assert_eq!(store.credit_note(&b(), &note.id).await.unwrap(), Some(note));
    assert_eq!(store.business(&b()).await.unwrap(), Some(business()));
    assert_eq!(store.business_of_host("pay.maison.example").await.unwrap(), Some(b()));
    assert_eq!(store.key("hash of a key").await.unwrap().map(|key| key.business), Some(b()));
    assert_eq!(store.event(&event("evt_1").key).await.unwrap(), Some(event("evt_1")));
    assert_eq!(store.spend_sign_in_link(&b(), "hash of a token", now()).await.unwrap(), Some(sign_in()));
    assert_eq!(store.session("hash of a session", now()).await.unwrap(), Some(session()));
    assert_eq!(store.payout(&b(), stripe(), &payout().id).await.unwrap(), Some(payout()));
    assert_eq!(store.payout_transactions(&b(), stripe(), &payout().id).await.unwrap(), [transaction()]);
    assert_eq!(store.provider_cash(&b(), stripe(), &provider_cash().customer).await.unwrap(), Some(provider_cash()));
    assert_eq!(store.all_provider_cash(&b(), &Page::first(9)).await.unwrap().items, [provider_cash()]);
    assert_eq!(store.balance_reading(&b(), stripe()).await.unwrap(), Some(balance_reading()));
    assert_eq!(store.transactions_of_payment(&b(), paid.id()).await.unwrap(), [transaction()]);
    assert_eq!(store.export(&b(), &export().id).await.unwrap(), Some(moved_export()));
    assert_eq!(store.exports(&b(), &Page::first(9)).await.unwrap().items, [moved_export()]);
    assert_eq!(store.export_parts(&b(), &export().id).await.unwrap(), [part()]);
    let moved = store.movements_of_month(&b(), now(), &Page::first(9)).await.unwrap().items;
    assert_eq!(moved, [Movement::Moved(transaction()), Movement::TakenOver(transaction())]);
    let settled = store.transactions_of_payments(&b(), &[paid.id().clone()].into()).await.unwrap();
    assert_eq!(settled, [(paid.id().clone(), vec![transaction()])].into());
    let fact = transaction().fact.unwrap();
    let in_part = store.payments_in_part(&b(), &[(paid.id().clone(), [fact].into())].into()).await.unwrap();
    let told: Vec<&str> = in_part[paid.id()].provider_state().0.keys().map(ObjectId::as_str).collect();
    assert_eq!(told, ["pi_1"]);
    assert_eq!(store.method(&b(), stripe(), &method().id).await.unwrap(), Some(method()));
    assert_eq!(store.methods_of(&b(), &c()).await.unwrap(), [method()]);
    let sweep = Sweep { business: b(), provider: stripe(), seen_until: now(), due_at: later(5), reading: None };
    assert_eq!(store.sweep(&b(), stripe()).await.unwrap(), Some(sweep));
    let stored = store.effect(&effect().key()).await.unwrap().unwrap();
    assert_eq!((stored.effect, stored.state, stored.tries), (effect(), EffectState::Waiting, 1));
    let entries = store.entries(&b(), &c()).await.unwrap();
    assert_eq!(entries.len(), 8, "an invoice, its payment, a refund, three credit notes, two moves: {entries:#?}");
    let answer = IdempotentResponse { status: 201, content_type: "text/plain".to_owned(), body: "made".to_owned() };
    store.request_done(&b(), "hash of a name", &answer).await.unwrap();
    let claim = store.claim_request(&b(), "hash of a name", "hash of a request", later(1)).await.unwrap();
    assert_eq!(claim, Claim::Done(answer));
    let sealed = store.audit(&b(), &crate::Page::first(10)).await.unwrap().items;
    let [AuditSeal { number: 1, hash, text }] = &sealed[..] else { panic!("{sealed:?}") };
    assert_eq!(hash, "seal");
    let text: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!((&text["number"], &text["name"]), (&1.into(), &format!("{}.1", c()).into()));
    let block = store.last_audit_block(&b()).await.unwrap().unwrap();
    assert_eq!((block.last(), block.hash(), block.marked), (1, "seal", true));
}

/// Whoever hears of a decision needs no other item: its facts are read back with all that they tell.
#[tokio::test]
async fn each_fact_is_read_back_with_its_amounts() {
    let fixture = Fixture::new();
    let (one, issued) = invoice("1", "F-1", Some("E-1"));
    let (started, start) = payment("1", &one.head);
    let (_, pay) = payment::apply_reports(&started, &[received("pi_1", 12_000)], later(2)).unwrap();
    let (_, noted) = credit_note("1", "N-1");
    for decision in [issued, start, pay, noted] {
        commit(&fixture, &decision).await;
        let key = RecordKey::named(&b(), &decision.name());
        let records = fixture.store.decision_records(std::slice::from_ref(&key)).await.unwrap();
        let facts: Vec<_> = records.iter().flat_map(|record| &record.facts).map(|announced| &announced.fact).collect();
        assert_eq!(facts, decision.facts.iter().collect::<Vec<_>>());
        assert!(!facts.is_empty() && records.iter().all(|record| !record.has_unknown_facts), "{records:#?}");
    }
}

/// Two entries of one decision, on every account against every contra account.
#[tokio::test]
async fn a_charge_of_a_saved_method_is_read_back_with_all_that_became_of_it() {
    let fixture = Fixture::new();
    let (one, issued) = invoice("1", "F-1", None);
    commit(&fixture, &issued).await;
    let read = async |payment: &Payment| {
        let read = fixture.store.payment(&b(), payment.id()).await.unwrap().unwrap();
        assert_eq!(read, *payment);
    };
    let (started, start) = charge("1", &one.head);
    commit(&fixture, &start).await;
    read(&started).await;
    let intent = "pi_1".parse().unwrap();
    let (known, decision) = payment::charge_answered(&started, Some(&intent), None, later(1)).unwrap();
    commit(&fixture, &decision).await;
    read(&known).await;
    for (place, (reason, remedy)) in DeclineReason::ALL.iter().zip(Remedy::ALL.iter().cycle()).enumerate() {
        let number = format!("{}", place + 2);
        let (one, issued) = invoice(&number, &format!("F-{number}"), None);
        commit(&fixture, &issued).await;
        let (started, start) = charge(&number, &one.head);
        commit(&fixture, &start).await;
        let word = "a_word".to_owned();
        let decline = Decline { reason: *reason, remedy: *remedy, word, ends_method: place.is_multiple_of(2) };
        let (declined, decision) = payment::charge_answered(&started, None, Some(&decline), later(1)).unwrap();
        commit(&fixture, &decision).await;
        read(&declined).await;
        let instead = if place == 0 { Instead::Nothing } else { Instead::Page(id("pay", "Q")) };
        let (asked, decision) = payment::asked_instead(&declined, &instead, later(2)).unwrap();
        commit(&fixture, &decision).await;
        read(&asked).await;
    }
}

#[tokio::test]
async fn each_leg_is_read_back_with_its_account_and_its_contra_account() {
    let fixture = Fixture::new();
    let (note, _) = credit_note("1", "N-1");
    let kind = || EntryKind::CreditNoteIssued(note.id.clone());
    let accounts = [
        LegAccount::Invoice {
            invoice: id("inv", "1"),
            number: "F-1".parse().unwrap(),
            due_on: "2026-04-01".parse().unwrap(),
        },
        LegAccount::Unapplied,
        LegAccount::Contra(Contra::Exchange),
    ];
    let legs = |currency: Currency| -> Vec<Leg> {
        let change = Balance::new(-100, currency).unwrap();
        let leg = |account: &LegAccount, contra: &Contra| Leg { account: account.clone(), change, contra: *contra };
        accounts.iter().flat_map(|account| Contra::ALL.iter().map(|contra| leg(account, contra))).collect()
    };
    let change = Change::CreditNoteIssued(Box::new(note.clone()));
    let decision = super::samples::decision(vec![change], now())
        .with_entry(note.id.as_str(), 1, EntryDay::Decided, kind(), legs(Currency::EUR))
        .with_entry(note.id.as_str(), 1, EntryDay::Decided, kind(), legs("USD".parse().unwrap()));
    commit(&fixture, &decision).await;
    assert_eq!(fixture.store.entries(&b(), &c()).await.unwrap(), decision.entries_in(&business().time_zone).0);
}

#[tokio::test]
async fn a_chargeback_is_read_back_with_each_of_its_moves() {
    let fixture = Fixture::new();
    let before = eventful_payment(&fixture).await;
    let euros = |minor| Balance::new(minor, Currency::EUR).unwrap();
    let mut moves = Moves::default();
    let taken = Move { amount: euros(-10_000), fee: euros(1_500), at: Some(now()), rate: "0.9215".parse().ok() };
    moves.note("txn_1", taken);
    moves.note("txn_2", Move { amount: euros(35), fee: euros(-1_500), at: None, rate: None });
    let (amount, lost_on) = (Cash::of(money(10_000)), Cash::of(money(4_000)));
    let state = ChargebackState { amount, lost_on, formal: true, lost: true, moves, ..ChargebackState::default() };
    let report = Report::new("dp_1".parse().unwrap(), ObjectState::Chargeback(state));
    let (after, decision) = payment::apply_reports(&before, &[report], later(5)).unwrap();
    commit(&fixture, &decision).await;
    let read = fixture.store.payment(&b(), before.id()).await.unwrap().unwrap();
    assert_eq!(read.provider_state(), after.provider_state());
}

/// A type of an attribute, in DynamoDB's letters.
fn kind(value: &AttributeValue) -> &'static str {
    let kinds = [
        ("S", value.is_s()),
        ("N", value.is_n()),
        ("B", value.is_b()),
        ("BOOL", value.is_bool()),
        ("M", value.is_m()),
        ("L", value.is_l()),
    ];
    kinds.iter().find(|(_, is)| *is).map_or("?", |(name, _)| name)
}

/// Attribute names are stored: one that is renamed here is not found in the tables any more.
#[tokio::test]
async fn every_item_has_the_attributes_that_are_in_the_tables() {
    let fixture = Fixture::new();
    let (_, registered) = customer("C", profile(Some("C-1"), Some("cus_1")));
    commit(&fixture, &registered).await;
    eventful_payment(&fixture).await;
    let (_, given) = credit_note("1", "N-1");
    commit(&fixture, &given).await;
    write_the_rest(&fixture).await;
    let mut table = String::new();
    for ((name, pk, sk), item) in items(&fixture).await {
        let attributes: BTreeMap<&String, &AttributeValue> = item.iter().collect();
        let attributes = attributes.into_iter().filter(|(name, _)| *name != "pk" && *name != "sk");
        let attributes: Vec<String> = attributes.map(|(name, value)| format!("{name}:{}", kind(value))).collect();
        let version = item.get("v").and_then(|v| v.as_n().ok());
        assert!(version.is_none_or(|version| version == "1"), "{pk} {sk}");
        writeln!(table, "{name} {pk} / {sk}\n    {}", attributes.join(" ")).unwrap();
    }
    expect_file!["expected/items.txt"].assert_eq(&table.replace("00000000000000000000000", "…"));
}

/// Attributes that items lacked once, with what the reader takes for them.
#[tokio::test]
async fn older_items_are_still_read() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let (one, issued) = invoice("1", "F-1", None);
    commit(&fixture, &issued).await;
    let (started, start) = payment("1", &one.head);
    commit(&fixture, &start).await;
    store.put_business(&business()).await.unwrap();
    let older = |sk: &str| -> &'static [&'static str] {
        match sk {
            "I" => &["pay_link", "v"],
            "P" => &[
                "refunded",
                "returned",
                "charged_back",
                "owed_back",
                "on_account",
                "kept",
                "unfinished",
                "settlement_announced",
                "refunds",
                "reviews_closed",
                "suspense",
                "parts",
                "v",
            ],
            "A#0000" => &["at_most", "charged_back", "undone", "v"],
            "B" => &["write_off_tolerances", "version", "v"],
            _ => &[],
        }
    };
    let mut changed = 0;
    for ((table, _, sk), mut item) in items(&fixture).await {
        let names = older(&sk);
        if names.is_empty() {
            continue;
        }
        item.retain(|name, _| !names.contains(&name.as_str()));
        fixture.client.put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
        changed += 1;
    }
    assert_eq!(changed, 4);
    let read = store.invoice(&b(), &one.head.id).await.unwrap().unwrap();
    assert_eq!(read.head.pay_link, None);
    assert_eq!(read.head.balance.version, started.allocations()[0].seen.version);
    assert_eq!(store.payment(&b(), started.id()).await.unwrap(), Some(started));
    let read = store.business(&b()).await.unwrap();
    assert_eq!(read, Some(receivables::Business { version: 0, ..business() }));
}

#[tokio::test]
async fn an_item_that_contradicts_the_model_is_a_defect_and_never_a_guess() {
    let fixture = Fixture::new();
    let (one, issued) = invoice("1", "F-1", None);
    commit(&fixture, &issued).await;
    for (name, value) in [
        ("currency", Some(AttributeValue::S("XXX".to_owned()))),
        ("schedule", Some(AttributeValue::M([("2026-02-30".to_owned(), AttributeValue::N("1".to_owned()))].into()))),
        ("schedule", Some(AttributeValue::M(HashMap::new()))),
        ("holds", None),
        ("applied", Some(AttributeValue::N("-1".to_owned()))),
        ("gross", Some(AttributeValue::S("10000".to_owned()))),
        ("number", None),
    ] {
        let ((table, ..), sound) = items(&fixture).await.into_iter().find(|((_, _, sk), _)| sk == "I").unwrap();
        let mut broken = sound.clone();
        match value {
            Some(value) => broken.insert(name.to_owned(), value),
            None => broken.remove(name),
        };
        let put = |item| fixture.client.put_item().table_name(&table).set_item(Some(item)).send();
        put(broken).await.unwrap();
        let read = fixture.store.invoice(&b(), &one.head.id).await;
        assert!(matches!(read, Err(StoreError::Defect(_))), "{name}: {read:?}");
        put(sound).await.unwrap();
    }
    assert!(fixture.store.invoice(&b(), &one.head.id).await.unwrap().is_some());
    let link = decision(vec![Change::PayLinkIssued(pay_link("K2", &one.head.id))], later(1));
    commit(&fixture, &link).await;
}
