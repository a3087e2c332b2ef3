//! Whatever is open, in whatever currency, there is an amount that can be paid or a sentence that says why none can: never
//! a button that cannot work.

use jiff::civil::date;
use payment_gateway::stripe::currency::{charge_rule, to_stripe};
use proptest::prelude::*;
use proptest::sample::select;
use receivables::payment::OnlinePayable;
use receivables::payment::{Origin, Request, start};
use receivables::{Currency, Invoice, Locale, Money, Refusal};

use super::books::{Books, TODAY, payment_id};
use super::form;
use crate::invoices::page::invoice_page;
use crate::invoices::view::invoice_view;
use crate::localizer::Localizer;
use crate::pay_form::view::{fault_of_refusal, read_amount};

/// What the books and the provider's way of writing say to a payment of so much.
fn try_to_start(invoice: &Invoice, part: Money) -> Result<(), Refusal> {
    let request = Request {
        method: None,
        provider: payment_gateway::stripe::NAME.parse().unwrap(),
        id: payment_id(),
        origin: Origin::Portal,
        locale: Locale::English,
        parts: vec![(invoice.head.clone(), part)],
        rule: charge_rule(invoice.head.currency()).unwrap(),
    };
    Ok(start(&request, "2026-03-12T09:00:00Z".parse().unwrap()).map(|_| ())?)
}

fn page_of(invoice: &Invoice) -> String {
    let view = invoice_view(invoice, charge_rule(invoice.head.currency()), TODAY, None);
    let body = invoice_page(Localizer::of(Locale::French), &view, form(invoice).as_ref());
    super::document_of(Locale::French, None, body)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn there_is_an_amount_or_a_sentence(
        currency in select(Currency::all()),
        gross in prop_oneof![1..200_i64, 1..40_000_i64, 1..10_000_000_i64],
        parts in prop::collection::vec(0..=1_000_i64, 0..4),
    ) {
        let mut books = Books::new();
        let price = Money::new(gross, currency).unwrap().to_plain();
        let mut invoice = books.issue('1', "F-1", date(2026, 3, 28), currency, &[("Lamp", "1", &price, "0")]);
        // Some of it is paid in parts, as far as the books let a payer; then all that is left.
        for thousandths in parts.into_iter().chain([1_000]) {
            let payable = invoice.head.balance.payable();
            let Some(most) = OnlinePayable::of_amount(payable, charge_rule(currency)).most() else { break };
            prop_assert!(to_stripe(most).is_ok(), "{most:?} cannot be written");
            prop_assert_eq!(try_to_start(&invoice, most), Ok(()), "{:?} is offered of {:?}", most, payable);
            prop_assert_eq!(read_amount(&Locale::French.amount_field(most), Locale::French, currency, most), Ok(most));
            prop_assert!(page_of(&invoice).contains("<form"));
            let part = Money::new(most.minor() * thousandths / 1_000, currency).unwrap();
            match try_to_start(&invoice, part) {
                Ok(()) if to_stripe(part).is_ok() => {
                    invoice.head.balance.applied = invoice.head.balance.applied.checked_add(part).unwrap();
                }
                Ok(()) => {}
                Err(refusal) => prop_assert!(fault_of_refusal(&refusal, charge_rule(currency), most).is_some(), "{refusal:?} says nothing"),
            }
        }
        let left = invoice.head.balance.payable();
        prop_assert!(OnlinePayable::of_amount(left, charge_rule(currency)).most().is_none(), "{left:?} of {price} {currency} could still be paid");
        let page = page_of(&invoice);
        prop_assert!(!page.contains("name=\"pay\""), "nothing can be paid, and a button says so");
        prop_assert!(page.contains("class=\"notice"), "{left:?} is left, and nothing is said of it");
    }
}
