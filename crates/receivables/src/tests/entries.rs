//! What each act enters in the ledger, and what the ledger comes to by account and contra account.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes its strings so")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use expect_test::expect;
use jiff::civil::date;

use super::books::{Books, business, customer, invoice_id, money, now, payment_id, zone};
use super::story::report;
use crate::customer::{Customer, Profile};
use crate::decision::{BalanceMove, Decision};
use crate::fact::FactFields;
use crate::invoice::{Due, Schedule};
use crate::journal::{JournalLine, of_entry};
use crate::ledger::{Contra, Entry, EntryDay, EntryKind, Leg, LegAccount};
use crate::payment::{self, ExternalPayment};
use crate::{Balance, BillingZone, Currency, Locale};

/// An entry in words: its name and caption, then each leg.
fn told(entry: &Entry) -> String {
    let mut words = format!("{} {}\n", entry.name(), entry.kind.as_str());
    for Leg { account, change, contra } in &entry.legs {
        let account = match account {
            LegAccount::Invoice { number, due_on, .. } => format!("{number} of {due_on}"),
            LegAccount::Unapplied => "unapplied".to_owned(),
            LegAccount::Contra(account) => account.to_string(),
        };
        writeln!(words, "    {account} {} against {contra}", change.to_plain()).unwrap();
    }
    words.replace("00000000000000000000000000", "…").replace("0000000000000000000000000", "…")
}

fn sums(lines: &[JournalLine]) -> BTreeMap<(String, Currency), i64> {
    let mut sums = BTreeMap::new();
    for line in lines {
        *sums.entry((line.account.as_str().to_owned(), line.amount.currency())).or_insert(0) += line.amount.minor();
    }
    sums
}

/// Invoices, a payment of them that comes, goes back and is moved, credit notes, and a rest that is written off and expected again.
fn eventful() -> Books {
    let mut books = Books::new();
    let due = |day, amount| Due { on: date(2026, 3, day), amount: money(amount) };
    books.issue_due("A", &[due(1, "60.00"), due(31, "40.00")]);
    books.issue("B", money("50.00"), date(2026, 3, 15));
    books.start("P", &[("A", money("100.00")), ("B", money("20.00"))]).unwrap();
    books.hear("P", &[report("P", "intent received 170.00")]);
    books.finish("P");
    books.hear("P", &[report("P", "refund1 40.00 done")]);
    books.hear("P", &[report("P", "chargeback1 50.00 opened moved -50.00")]);
    books.hear("P", &[report("P", "chargeback1 50.00 won moved -50.00 50.00")]);
    books.finish("P");
    books.operate("P", |_, payment, now| Ok(payment::unapply(payment, &invoice_id("A"), None, now)?)).unwrap();
    books.issue("D", money("20.00"), date(2026, 3, 20));
    books.credit("N", money("25.00"), &[("D", money("19.60"))]).unwrap();
    books.apply_credit("N", &[("A", money("5.00"))]).unwrap();
    books.write_off("write-off", "D").unwrap();
    books.write_off("take-back", "D").unwrap();
    books
}

#[test]
fn each_act_enters_what_it_moves_and_against_what() {
    let entries: Vec<String> = eventful().entries.iter().map(told).collect();
    expect![[r#"
        inv_…A.1.0 invoice_issued
            A of 2026-03-01 60.00 against invoiced
            A of 2026-03-31 40.00 against invoiced
        inv_…B.1.0 invoice_issued
            B of 2026-03-15 50.00 against invoiced
        pay_…P.2.0 payment_applied
            A of 2026-03-01 -60.00 against cash
            A of 2026-03-31 -40.00 against cash
            B of 2026-03-15 -20.00 against cash
            unapplied -50.00 against cash
        pay_…P.3.0 cash_moved
            B of 2026-03-15 -30.00 against cash
            unapplied 30.00 against cash
        pay_…P.4.0 payment_refunded
            B of 2026-03-15 20.00 against cash
            unapplied 20.00 against cash
        pay_…P.5.0 payment_charged_back
            A of 2026-03-31 20.00 against cash
            B of 2026-03-15 30.00 against cash
        pay_…P.6.0 payment_applied
            A of 2026-03-31 -20.00 against cash
            B of 2026-03-15 -30.00 against cash
        pay_…P.7.0 cash_moved
            A of 2026-03-01 60.00 against cash
            A of 2026-03-31 40.00 against cash
            B of 2026-03-15 -20.00 against cash
            unapplied -80.00 against cash
        inv_…D.1.0 invoice_issued
            D of 2026-03-20 20.00 against invoiced
        crn_…N.1.0 credit_note_issued
            D of 2026-03-20 -19.60 against credit
            unapplied -5.40 against credit
        crn_…N.2.0 credit_note_moved
            A of 2026-03-01 -5.00 against credit
            unapplied 5.00 against credit
        inv_…D.3.0 invoice_written_off
            D of 2026-03-20 -0.40 against write_off
        inv_…D.4.0 write_off_reversed
            D of 2026-03-20 0.40 against write_off
    "#]]
    .assert_eq(&entries.concat());
}

#[test]
fn the_ledger_is_added_up_by_account_and_contra_account() {
    let books = eventful();
    let mut by_account: BTreeMap<(&str, Contra), i64> = BTreeMap::new();
    for leg in books.entries.iter().flat_map(|entry| &entry.legs) {
        let account = if leg.invoice().is_some() { "receivable" } else { "customer_credit" };
        *by_account.entry((account, leg.contra)).or_default() += leg.change.minor();
    }
    let mut table = String::new();
    for ((account, contra), minor) in &by_account {
        let sum = Balance::new(*minor, Currency::EUR).unwrap();
        writeln!(table, "{account} against {contra}: {}", sum.to_plain()).unwrap();
    }
    expect![[r#"
        customer_credit against cash: -80.00
        customer_credit against credit: -0.40
        receivable against invoiced: 170.00
        receivable against cash: -50.00
        receivable against credit: -24.60
        receivable against write_off: 0.00
    "#]]
    .assert_eq(&table);
    // The journal says the same, one account after the other.
    let mut of_ledger: BTreeMap<(String, Currency), i64> = BTreeMap::new();
    for ((account, contra), minor) in by_account {
        *of_ledger.entry((account.to_owned(), Currency::EUR)).or_default() += minor;
        let against = contra.journal_account().as_str().to_owned();
        *of_ledger.entry((against, Currency::EUR)).or_default() -= minor;
    }
    let lines: Vec<JournalLine> = books.entries.iter().flat_map(|entry| of_entry(entry, &zone()).unwrap()).collect();
    let mut of_journal = sums(&lines);
    of_ledger.retain(|_, sum| *sum != 0);
    of_journal.retain(|_, sum| *sum != 0);
    assert_eq!(of_journal, of_ledger);
}

#[test]
fn money_that_is_handed_over_has_an_entry_on_each_account() {
    let external = ExternalPayment {
        id: payment_id("P"),
        business: business(),
        customer: customer(),
        provider: "stripe".parse().unwrap(),
        locale: Locale::English,
        parts: Vec::new(),
        propose: true,
    };
    let began = payment::start_external(external, &[report("P", "intent received 70.00")], now()).unwrap();
    let (payment, _) = began.unwrap();
    let other = Customer {
        id: "cst_0000000000000000000000000D".parse().unwrap(),
        business: business(),
        profile: Profile {
            external_id: None,
            name: "Ada".parse().unwrap(),
            email: None,
            locale: None,
            provider_ids: BTreeMap::new(),
        },
        created_at: now(),
        version: 1,
    };
    let (_, decision) = payment::hand_over(&payment, &other, now()).unwrap();
    assert_eq!(decision.handed_to.as_ref().unwrap().customer, other.id);
    let (own, handed) = decision.entries_in(&zone());
    assert_eq!((own.len(), handed.len()), (1, 1));
    let entries = [own, handed].concat();
    let words: Vec<String> = entries.iter().map(told).collect();
    expect![[r#"
        pay_…P.2.0 payment_handed_over
            unapplied 70.00 against unapplied
        pay_…P.2.1 payment_handed_over
            unapplied -70.00 against unapplied
    "#]]
    .assert_eq(&words.concat());
    // In the journal it is one account's before and after.
    assert!(entries.iter().all(|entry| of_entry(entry, &zone()).unwrap().is_empty()));
}

/// The entries of a decision, with their days and how late they are.
fn dated(decision: &Decision) -> String {
    let (entries, _) = decision.entries_in(&zone());
    let words = entries.iter().map(|entry| {
        let late = if entry.is_late(&zone()) { ", late" } else { "" };
        format!("{}{late}: {}", entry.dated_on, told(entry))
    });
    words.collect::<Vec<String>>().concat()
}

/// It is the 20th of February.
#[test]
fn a_document_that_comes_late_stands_on_its_day() {
    let mut books = Books::new();
    let mut seen = String::new();
    for (name, issued_on) in [("A", date(2026, 1, 31)), ("B", date(2026, 2, 19)), ("D", date(2026, 3, 1))] {
        seen += &dated(&books.issue(name, money("100.00"), issued_on));
    }
    for (name, issued_on) in [("M", date(2026, 1, 15)), ("N", date(2026, 2, 21))] {
        let parts = [("A", money("30.00"))];
        seen += &dated(&books.credit_on(name, issued_on, money("40.00"), &parts).unwrap());
    }
    books.start("P", &[("A", money("40.00"))]).unwrap();
    seen += &dated(&books.hear("P", &[report("P", "intent received 40.00")]).unwrap().decision);
    expect![[r#"
        2026-01-31, late: inv_…A.1.0 invoice_issued
            A of 2026-01-31 100.00 against invoiced
        2026-02-19: inv_…B.1.0 invoice_issued
            B of 2026-02-19 100.00 against invoiced
        2026-02-20: inv_…D.1.0 invoice_issued
            D of 2026-03-01 100.00 against invoiced
        2026-01-15, late: crn_…M.1.0 credit_note_issued
            unapplied -40.00 against credit
        2026-02-20: crn_…M.1.1 credit_note_moved
            A of 2026-01-31 -30.00 against credit
            unapplied 30.00 against credit
        2026-02-20: crn_…N.1.0 credit_note_issued
            A of 2026-01-31 -30.00 against credit
            unapplied -10.00 against credit
        2026-02-20: pay_…P.2.0 payment_applied
            A of 2026-01-31 -40.00 against cash
    "#]]
    .assert_eq(&seen);
    // As of no day is less open or unapplied than nothing.
    for entry in &books.entries {
        let until = books.entries.iter().filter(|other| other.dated_on <= entry.dated_on);
        let legs: Vec<&Leg> = until.flat_map(|entry| &entry.legs).collect();
        let unapplied = legs.iter().filter(|leg| leg.account == LegAccount::Unapplied).map(|leg| leg.change.minor());
        assert!(unapplied.sum::<i64>() <= 0, "as of {}", entry.dated_on);
        for name in ["A", "B", "D"] {
            let id = invoice_id(name);
            let of_it = legs.iter().filter(|leg| leg.invoice().is_some_and(|(invoice, _)| *invoice == id));
            assert!(of_it.map(|leg| leg.change.minor()).sum::<i64>() >= 0, "{name} as of {}", entry.dated_on);
        }
    }
}

/// An instant before midnight in one zone is the next day in another.
#[test]
fn a_day_is_that_of_the_billing_zone() {
    let (_, decision) = super::books::issue("A", money("1.00"), date(2026, 12, 31));
    let days = ["Pacific/Honolulu", "Europe/Paris", "Pacific/Kiritimati"].map(|zone| {
        let zone = BillingZone::named(zone).unwrap();
        decision.entries_in(&zone).0[0].dated_on.to_string()
    });
    assert_eq!(days, ["2026-02-20", "2026-02-20", "2026-02-21"]);
}

/// What is announced of each act, so that nobody who hears of it has to read more.
#[test]
fn each_fact_says_its_amounts() {
    let mut seen = String::new();
    for fact in eventful().facts {
        let FactFields { number, issued_on, amount, total, open, write_off, schedule, decline, .. } =
            fact.kind.fields();
        write!(seen, "{}", fact.kind.name()).unwrap();
        let parts = [
            number.map(|number| format!(" {number}")),
            issued_on.map(|day| format!(" of {day}")),
            amount.map(|amount| format!(": {amount:?}")),
            total.map(|total| format!(", {} in all", total.to_plain())),
            open.map(|open| format!(", {} open", open.to_plain())),
        ];
        seen.extend(parts.into_iter().flatten());
        for due in schedule.iter().flat_map(Schedule::days) {
            write!(seen, ", {} on {}", due.amount.to_plain(), due.on).unwrap();
        }
        seen.extend(write_off.map(|kind| format!(", a {}", kind.as_str())));
        seen.extend(decline.map(|word| format!(", {word}")));
        seen.push('\n');
    }
    expect![[r#"
        invoice.issued A of 2026-03-01: 100.00 EUR, 100.00 open, 60.00 on 2026-03-01, 40.00 on 2026-03-31
        invoice.issued B of 2026-03-15: 50.00 EUR, 50.00 open, 50.00 on 2026-03-15
        payment.started: 120.00 EUR
        invoice.paid A: 100.00 EUR, 0.00 open
        invoice.partly_paid B: 20.00 EUR, 30.00 open
        payment.settled: 170.00 EUR
        invoice.paid B: 30.00 EUR, 0.00 open
        payment.refunded: 40.00 EUR, 40.00 in all
        invoice.reopened B: 20.00 EUR, 20.00 open
        payment.charged_back: 50.00 EUR, 50.00 in all
        invoice.reopened A: 20.00 EUR, 20.00 open
        invoice.reopened B: 30.00 EUR, 50.00 open
        payment.reinstated: 50.00 EUR, 0.00 in all
        invoice.paid A: 20.00 EUR, 0.00 open
        invoice.partly_paid B: 30.00 EUR, 20.00 open
        invoice.reopened A: 100.00 EUR, 100.00 open
        invoice.paid B: 20.00 EUR, 0.00 open
        invoice.issued D of 2026-03-20: 20.00 EUR, 20.00 open, 20.00 on 2026-03-20
        credit_note.issued N of 2026-02-20: 25.00 EUR
        invoice.partly_paid D: 19.60 EUR, 0.40 open
        invoice.partly_paid A: 5.00 EUR, 95.00 open
        invoice.written_off D: 0.40 EUR, 0.00 open, a rest
        invoice.write_off_reversed D: 0.40 EUR, 0.40 open
    "#]]
    .assert_eq(&seen);
}

/// Legs in minor units of a currency, against contra accounts.
fn leg(account: LegAccount, minor: i64, currency: Currency, contra: Contra) -> Leg {
    Leg { account, change: Balance::new(minor, currency).unwrap(), contra }
}

#[test]
fn one_decision_holds_a_discount_with_its_tax_a_charge_a_rest_and_an_exchange() {
    let usd: Currency = "USD".parse().unwrap();
    let receivable = |name: &str| LegAccount::Invoice {
        invoice: invoice_id(name),
        number: name.parse().unwrap(),
        due_on: date(2026, 3, 1),
    };
    let (source, kind) = (payment_id("P"), EntryKind::PaymentApplied(payment_id("P")));
    // Of 120.00 with 20 % tax 123.50 came: 2 % is a discount with the tax of it, a charge of 5.00 with tax was asked for besides, and
    // the last 0.10 is not expected any more. 100.00 in dollars are covered by 92.15 in euros.
    let euros = vec![
        leg(receivable("A"), 500, Currency::EUR, Contra::Charge),
        leg(receivable("A"), 100, Currency::EUR, Contra::Tax),
        leg(receivable("A"), -12_350, Currency::EUR, Contra::Cash),
        leg(receivable("A"), -200, Currency::EUR, Contra::Discount),
        leg(receivable("A"), -40, Currency::EUR, Contra::Tax),
        leg(receivable("A"), -10, Currency::EUR, Contra::WriteOff),
        leg(LegAccount::Contra(Contra::Exchange), -9_215, Currency::EUR, Contra::Cash),
    ];
    let dollars = vec![leg(receivable("D"), -10_000, usd, Contra::Exchange)];
    let decision = Decision::new(business(), customer(), now())
        .with_entry(source.as_str(), 2, EntryDay::Decided, kind.clone(), euros)
        .with_entry(source.as_str(), 2, EntryDay::Decided, kind, dollars);
    let (entries, _) = decision.entries_in(&zone());
    let names: BTreeSet<String> = entries.iter().map(Entry::name).collect();
    assert_eq!(names.len(), 2, "each entry has its name");
    let mut table = String::new();
    for entry in &entries {
        let lines = of_entry(entry, &zone()).unwrap();
        assert_eq!(lines.iter().map(|line| line.amount.minor()).sum::<i64>(), 0, "{lines:?}");
        for ((account, currency), sum) in sums(&lines) {
            writeln!(table, "{account} {} {currency}", Balance::new(sum, currency).unwrap().to_plain()).unwrap();
        }
    }
    expect![[r#"
        charges -5.00 EUR
        clearing 215.65 EUR
        discounts 2.00 EUR
        exchange -92.15 EUR
        receivable -120.00 EUR
        tax -0.60 EUR
        written_off 0.10 EUR
        exchange 100.00 USD
        receivable -100.00 USD
    "#]]
    .assert_eq(&table);
    let moved = BalanceMove::of(&decision.entries);
    assert_eq!(moved.open[&Currency::EUR], -12_000, "the invoice is covered");
    assert_eq!(moved.open[&usd], -10_000);
    assert!(moved.unapplied.is_empty());
}
