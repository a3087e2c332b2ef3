//! Invoices: what the lines come to, and what is refused.

use std::fmt::Write;

use expect_test::expect;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::books::{business, customer, invoice_id, money, now, pay_link};
use super::cases;
use super::story::refused;
use crate::calendar::days_after;
use crate::invoice::{self, Draft, DraftLine, DraftSchedule, Due, LINES_PER_INVOICE_MAX, Totals};
use crate::{Currency, Invoice, Money, Refusal};

/// `2 x 10.00 at 20`: quantity, price, tax rate.
fn line(words: &str, currency: Currency) -> DraftLine {
    let (quantity, rest) = words.split_once(" x ").unwrap();
    let (price, rate) = rest.split_once(" at ").unwrap();
    let price = if price.contains(' ') { money(price) } else { Money::parse(price, currency).unwrap() };
    DraftLine {
        description: "Work".parse().unwrap(),
        quantity: quantity.parse().unwrap(),
        unit_price: price,
        tax_rate: rate.parse().unwrap(),
    }
}

fn draft(code: &str, lines: &str) -> Draft {
    let currency = code.parse().unwrap();
    Draft {
        external_id: None,
        number: "A".parse().unwrap(),
        currency,
        purchase_order: None,
        issued_on: date(2026, 2, 1),
        schedule: DraftSchedule::On(date(2026, 3, 1)),
        lines: lines.split(", ").filter(|words| !words.is_empty()).map(|words| line(words, currency)).collect(),
    }
}

/// Amounts due a day after another.
fn scheduled(first: Date, amounts: &[&str]) -> Vec<Due> {
    let on = |place: usize| days_after(first, u16::try_from(place).unwrap());
    amounts.iter().enumerate().map(|(place, amount)| Due { on: on(place), amount: money(amount) }).collect()
}

fn issue(draft: Draft) -> Result<Invoice, Refusal> {
    Ok(invoice::issue(invoice_id("A"), business(), customer(), draft, pay_link("A"), now())?.0)
}

fn shown(totals: &Totals) -> String {
    let taxes = totals
        .taxes
        .iter()
        .map(|tax| format!("{}% of {} = {}, ", tax.rate, tax.base.to_plain(), tax.amount.to_plain()));
    format!("net {}, {}gross {}", totals.net.to_plain(), taxes.collect::<String>(), totals.gross.to_plain())
}

#[test]
fn tax_is_rounded_once_per_rate() {
    let table = [
        ("EUR", "1 x 100.00 at 20"),
        ("EUR", "1 x 100.00 at 0"),
        ("EUR", "1 x 0.00 at 20"),
        ("EUR", "2 x 10.00 at 20, 3 x 5.00 at 5.5, 1 x 7.00 at 0"),
        // One line each would round 0.03 up thrice; together it is 0.08.
        ("EUR", "1 x 0.13 at 20, 1 x 0.13 at 20, 1 x 0.13 at 20"),
        ("EUR", "1 x 0.02 at 25"),
        ("EUR", "1 x 0.01 at 49.999999"),
        ("EUR", "1 x 0.01 at 50"),
        // One rate, however it is written.
        ("EUR", "1 x 10.00 at 20, 1 x 10.00 at 20.00"),
        ("EUR", "0.333333 x 10.00 at 10, 1.5 x 0.01 at 10"),
        ("CAD", "1 x 99.99 at 14.975"),
        ("JPY", "3 x 333 at 10, 1 x 105 at 8"),
        ("KWD", "1 x 1.234 at 5, 2 x 0.005 at 5"),
        ("EUR", "1 x 1000000000000.00 at 0"),
        ("EUR", "1 x 1000000000000.00 at 100"),
        ("EUR", "79228162514264337593543950335 x 1.00 at 0"),
    ];
    let mut seen = String::new();
    for (code, lines) in table {
        let outcome =
            issue(draft(code, lines)).map_or_else(|refusal| refused(&refusal), |invoice| shown(&invoice.totals));
        writeln!(seen, "{code} {lines}\n    {outcome}").unwrap();
    }
    expect![[r#"
        EUR 1 x 100.00 at 20
            net 100.00, 20% of 100.00 = 20.00, gross 120.00
        EUR 1 x 100.00 at 0
            net 100.00, gross 100.00
        EUR 1 x 0.00 at 20
            net 0.00, 20% of 0.00 = 0.00, gross 0.00
        EUR 2 x 10.00 at 20, 3 x 5.00 at 5.5, 1 x 7.00 at 0
            net 42.00, 20% of 20.00 = 4.00, 5.5% of 15.00 = 0.83, gross 46.83
        EUR 1 x 0.13 at 20, 1 x 0.13 at 20, 1 x 0.13 at 20
            net 0.39, 20% of 0.39 = 0.08, gross 0.47
        EUR 1 x 0.02 at 25
            net 0.02, 25% of 0.02 = 0.01, gross 0.03
        EUR 1 x 0.01 at 49.999999
            net 0.01, 49.999999% of 0.01 = 0.00, gross 0.01
        EUR 1 x 0.01 at 50
            net 0.01, 50% of 0.01 = 0.01, gross 0.02
        EUR 1 x 10.00 at 20, 1 x 10.00 at 20.00
            net 20.00, 20% of 20.00 = 4.00, gross 24.00
        EUR 0.333333 x 10.00 at 10, 1.5 x 0.01 at 10
            net 3.35, 10% of 3.35 = 0.34, gross 3.69
        CAD 1 x 99.99 at 14.975
            net 99.99, 14.975% of 99.99 = 14.97, gross 114.96
        JPY 3 x 333 at 10, 1 x 105 at 8
            net 1104, 10% of 999 = 100, 8% of 105 = 8, gross 1212
        KWD 1 x 1.234 at 5, 2 x 0.005 at 5
            net 1.244, 5% of 1.244 = 0.062, gross 1.306
        EUR 1 x 1000000000000.00 at 0
            net 1000000000000.00, gross 1000000000000.00
        EUR 1 x 1000000000000.00 at 100
            refused: amount at lines
        EUR 79228162514264337593543950335 x 1.00 at 0
            refused: amount at lines[0].quantity
    "#]]
    .assert_eq(&seen);
}

/// What comes of issuing each.
fn outcomes(table: impl IntoIterator<Item = (&'static str, Draft)>) -> String {
    let mut seen = String::new();
    for (command, draft) in table {
        let outcome = issue(draft).map_or_else(|refusal| refused(&refusal), |invoice| shown(&invoice.totals));
        writeln!(seen, "{command}: {outcome}").unwrap();
    }
    seen
}

#[test]
fn each_rule_of_a_schedule_refuses_with_its_code_and_field() {
    let due = |schedule| Draft { schedule, ..draft("EUR", "1 x 1.00 at 20") };
    let days = |amounts: &[&str]| scheduled(date(2026, 3, 1), amounts);
    let table = [
        ("due on the date of issue", due(DraftSchedule::On(date(2026, 2, 1)))),
        ("due before the date of issue", due(DraftSchedule::On(date(2026, 1, 31)))),
        ("due in parts", due(DraftSchedule::Days(days(&["0.50", "0.70"])))),
        ("due in parts of which the first is before the issue", {
            due(DraftSchedule::Days(scheduled(date(2026, 1, 31), &["0.50", "0.70"])))
        }),
        ("due on no day", due(DraftSchedule::Days(Vec::new()))),
        ("due on as many days as may be", { due(DraftSchedule::Days(days(&["0.02"; 60]))) }),
        ("due on one day more", due(DraftSchedule::Days(days(&["0.02"; 61])))),
        ("due twice on one day", due(DraftSchedule::Days([days(&["0.50"]), days(&["0.70"])].concat()))),
        ("due in parts, nothing on the second day", due(DraftSchedule::Days(days(&["0.50", "0.00", "0.70"])))),
        ("due in parts, of which one is in dollars", due(DraftSchedule::Days(days(&["0.50", "0.70 USD"])))),
        ("due in parts that come to less", due(DraftSchedule::Days(days(&["0.50", "0.69"])))),
        ("due in parts that come to more", due(DraftSchedule::Days(days(&["0.50", "0.71"])))),
    ];
    expect![[r#"
        due on the date of issue: net 1.00, 20% of 1.00 = 0.20, gross 1.20
        due before the date of issue: refused: due_before_issue at due_on
        due in parts: net 1.00, 20% of 1.00 = 0.20, gross 1.20
        due in parts of which the first is before the issue: refused: due_before_issue at schedule[0].due_on
        due on no day: refused: due_day_count at schedule
        due on as many days as may be: net 1.00, 20% of 1.00 = 0.20, gross 1.20
        due on one day more: refused: due_day_count at schedule
        due twice on one day: refused: due_days_not_ascending at schedule[1].due_on
        due in parts, nothing on the second day: refused: due_amount at schedule[1].amount
        due in parts, of which one is in dollars: refused: due_amount at schedule[1].amount
        due in parts that come to less: refused: schedule_total at schedule
        due in parts that come to more: refused: schedule_total at schedule
    "#]]
    .assert_eq(&outcomes(table));
}

#[test]
fn each_rule_refuses_with_its_code_and_field() {
    let good = "1 x 1.00 at 20";
    let lines = |count: usize| vec![good; count].join(", ");
    let with_line = |words: &str| draft("EUR", &format!("{good}, {words}"));
    let table = [
        ("no line", draft("EUR", "")),
        ("as many lines as may be", draft("EUR", &lines(LINES_PER_INVOICE_MAX))),
        ("one line more", draft("EUR", &lines(LINES_PER_INVOICE_MAX + 1))),
        ("quantity 0", with_line("0 x 1.00 at 20")),
        ("quantity -1", with_line("-1 x 1.00 at 20")),
        ("quantity of 6 places", with_line("0.000001 x 1.00 at 20")),
        ("quantity of 7 places", with_line("0.0000001 x 1.00 at 20")),
        ("quantity of 7 places, the last of them 0", with_line("0.0000010 x 1.00 at 20")),
        ("tax -1", with_line("1 x 1.00 at -1")),
        ("tax 100", with_line("1 x 1.00 at 100")),
        ("tax 100.000001", with_line("1 x 1.00 at 100.000001")),
        ("tax of 7 places", with_line("1 x 1.00 at 0.0000001")),
        ("a price in dollars", with_line("1 x 1.00 USD at 20")),
        ("a line that cannot be booked", with_line("2 x 1000000000000.00 at 0")),
        ("lines that cannot be booked together", with_line("1 x 1000000000000.00 at 0")),
    ];
    expect![[r#"
        no line: refused: line_count at lines
        as many lines as may be: net 100.00, 20% of 100.00 = 20.00, gross 120.00
        one line more: refused: line_count at lines
        quantity 0: refused: quantity at lines[1].quantity
        quantity -1: refused: quantity at lines[1].quantity
        quantity of 6 places: net 1.00, 20% of 1.00 = 0.20, gross 1.20
        quantity of 7 places: refused: quantity at lines[1].quantity
        quantity of 7 places, the last of them 0: net 1.00, 20% of 1.00 = 0.20, gross 1.20
        tax -1: refused: tax_rate at lines[1].tax_rate
        tax 100: net 2.00, 100% of 1.00 = 1.00, 20% of 1.00 = 0.20, gross 3.20
        tax 100.000001: refused: tax_rate at lines[1].tax_rate
        tax of 7 places: refused: tax_rate at lines[1].tax_rate
        a price in dollars: refused: amount at lines[1].unit_price
        a line that cannot be booked: refused: amount at lines[1].quantity
        lines that cannot be booked together: refused: amount at lines
    "#]]
    .assert_eq(&outcomes(table));
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn the_totals_add_up(lines in prop::collection::vec((1..=5_000_u32, 0..=1_000_000_i64, 0..=4_usize), 1..=12)) {
        let rates = [Decimal::ZERO, Decimal::new(55, 1), Decimal::new(10, 0), Decimal::new(20, 0), Decimal::new(14975, 3)];
        let draft_line = |(quantity, minor, rate): (u32, i64, usize)| DraftLine {
            description: "Work".parse().unwrap(),
            quantity: Decimal::new(i64::from(quantity), 2),
            unit_price: Money::new(minor, Currency::EUR).unwrap(),
            tax_rate: rates[rate],
        };
        let lines = lines.into_iter().map(draft_line).collect();
        let invoice = issue(Draft { lines, ..draft("EUR", "") }).unwrap();
        let totals = &invoice.totals;
        let taxes: i64 = totals.taxes.iter().map(|tax| tax.amount.minor()).sum();
        prop_assert_eq!(totals.gross.minor(), totals.net.minor() + taxes);
        prop_assert_eq!(totals.net.minor(), invoice.lines.iter().map(|line| line.net.minor()).sum::<i64>());
        let untaxed = invoice.lines.iter().filter(|line| line.tax_rate.is_zero()).map(|line| line.net.minor()).sum::<i64>();
        prop_assert_eq!(totals.net.minor(), untaxed + totals.taxes.iter().map(|tax| tax.base.minor()).sum::<i64>());
        prop_assert!(totals.taxes.is_sorted_by(|one, next| one.rate > next.rate), "highest rate first, each once");
        for tax in &totals.taxes {
            let exact = Decimal::from(tax.base.minor()) * tax.rate / Decimal::ONE_HUNDRED;
            let off = (Decimal::from(tax.amount.minor()) - exact).abs();
            prop_assert!(off <= Decimal::new(5, 1), "rounded by half a unit at most");
        }
        prop_assert_eq!(&invoice.head.balance.open(), &totals.gross);
    }
}
