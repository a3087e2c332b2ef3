//! What can be paid online: a table, and its laws against the start of a payment.

use std::fmt::Write;

use expect_test::expect;
use jiff::civil::date;
use proptest::prelude::*;

use super::books::{issue, money, now, request};
use super::cases;
use crate::invoice::{Hold, HoldKind, HolderId, Holds};
use crate::payment::{self, ChargeRule, OnlinePayable, Request};
use crate::{Currency, InvoiceHead, Money, Refusal};

fn rule(minimum: i64, step: i64, currency: Currency) -> ChargeRule {
    ChargeRule { minimum: Money::new(minimum, currency).unwrap(), step: Money::new(step, currency).unwrap() }
}

#[test]
fn whatever_is_payable_there_is_an_amount_or_something_to_say() {
    let dinar: Currency = "KWD".parse().unwrap();
    let mut seen = String::new();
    for (payable, charged) in [
        ("0.00", Some(rule(50, 1, Currency::EUR))),
        ("0.49", Some(rule(50, 1, Currency::EUR))),
        ("0.50", Some(rule(50, 1, Currency::EUR))),
        ("100.00", Some(rule(50, 1, Currency::EUR))),
        ("0.009 KWD", Some(rule(50, 10, dinar))),
        ("0.049 KWD", Some(rule(50, 10, dinar))),
        ("0.050 KWD", Some(rule(50, 10, dinar))),
        ("1.234 KWD", Some(rule(50, 10, dinar))),
        ("100.00", None),
        ("0.00", None),
    ] {
        let outcome = match OnlinePayable::of_amount(money(payable), charged) {
            OnlinePayable::Nothing => "nothing".to_owned(),
            OnlinePayable::CurrencyNotCharged { payable } => format!("currency not charged, {payable:?} payable"),
            OnlinePayable::UnchargeableRemainder { payable } => format!("{payable:?} is less than a step"),
            OnlinePayable::BelowMinimum { payable, minimum } => format!("{payable:?} is less than {minimum:?}"),
            OnlinePayable::UpTo { most, remainder, rule } => {
                format!("{:?} to {most:?}, leaving {}", rule.minimum, remainder.to_plain())
            }
        };
        writeln!(seen, "{payable}: {outcome}").unwrap();
    }
    expect![[r#"
        0.00: nothing
        0.49: 0.49 EUR is less than 0.50 EUR
        0.50: 0.50 EUR to 0.50 EUR, leaving 0.00
        100.00: 0.50 EUR to 100.00 EUR, leaving 0.00
        0.009 KWD: 0.009 KWD is less than a step
        0.049 KWD: 0.049 KWD is less than 0.050 KWD
        0.050 KWD: 0.050 KWD to 0.050 KWD, leaving 0.000
        1.234 KWD: 0.050 KWD to 1.230 KWD, leaving 0.004
        100.00: currency not charged, 100.00 EUR payable
        0.00: nothing
    "#]]
    .assert_eq(&seen);
}

/// An invoice of which some is covered, on its way or contested.
fn invoices() -> impl Strategy<Value = (InvoiceHead, ChargeRule)> {
    let amounts = (0_i64..400, 0_i64..100, 0_i64..100, 0_i64..100);
    let rules = prop_oneof![Just((50, 1)), Just((50, 10)), Just((1, 1)), Just((100, 100)), Just((30, 10))];
    (amounts, rules).prop_map(|((gross, applied, pending, disputed), (minimum, step))| {
        let minor = |minor: i64| Money::new(minor, Currency::EUR).unwrap();
        let (mut invoice, _) = issue("A", minor(gross), date(2026, 3, 1));
        invoice.balance.applied = minor(applied.min(gross));
        let holds = [("pay_1", HoldKind::Pending, pending), ("dsp_1", HoldKind::Dispute, disputed)];
        let holds = holds.into_iter().map(|(holder, kind, amount)| {
            (HolderId::of_text(holder.to_owned()), Hold { kind, amount: minor(amount), until: None })
        });
        invoice.balance.holds = Holds(holds.collect());
        (invoice, rule(minimum, step, Currency::EUR))
    })
}

fn start(invoice: &InvoiceHead, part: Money, rule: ChargeRule) -> Result<(), Refusal> {
    let asked = Request { rule, ..request("P", vec![(invoice.clone(), part)]) };
    Ok(payment::start(&asked, now()).map(|_| ())?)
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn what_is_offered_is_never_refused_and_anything_else_always((invoice, rule) in invoices(), minor in 0_i64..450) {
        let online = OnlinePayable::of(&invoice.balance, Some(rule));
        let amount = Money::new(minor, Currency::EUR).unwrap();
        let started = start(&invoice, amount, rule);
        prop_assert_eq!(online.takes(amount), started.is_ok(), "{:?} of {:?}: {:?}", amount, online, started);
    }

    #[test]
    fn the_most_is_taken_and_what_remains_is_less_than_a_step((invoice, rule) in invoices()) {
        let online = OnlinePayable::of(&invoice.balance, Some(rule));
        match online {
            OnlinePayable::UpTo { most, remainder, .. } => {
                prop_assert!(start(&invoice, most, rule).is_ok());
                prop_assert_eq!(most.checked_add(remainder), Ok(invoice.balance.payable()));
                prop_assert!(remainder.minor() < rule.step.minor());
            }
            OnlinePayable::Nothing => prop_assert!(invoice.balance.payable().is_zero()),
            OnlinePayable::UnchargeableRemainder { payable } | OnlinePayable::BelowMinimum { payable, .. } => {
                prop_assert_eq!(payable, invoice.balance.payable());
                prop_assert!(start(&invoice, payable, rule).is_err());
            }
            OnlinePayable::CurrencyNotCharged { .. } => prop_assert!(false, "there is a rule"),
        }
    }
}
