//! What refunds mean: they credit what their money had covered, or open it again; and until that is said, nobody is asked for it.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes its strings so")]

use expect_test::expect;
use jiff::civil::date;

use super::books::{Books, credit_note_id, money};
use super::story::{check, note_of, ordered, report};
use crate::payment::{self, CREDITED_PER_REFUND_MAX, RefundMeaning};
use crate::{Decision, Refusal};

#[test]
fn a_refund_that_credits_leaves_the_invoice_paid_from_the_order_on() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        refund P: R 30.00 credits
            P is settled: 100.00 asked, 100.00 received, 30.00 unapplied
            credit note KR of 30.00: A 30.00
            ledger: A 30.00, unapplied -30.00
            ledger: A -30.00
            facts: credit_note.issued
        P: refund1 30.00 pending for R
            P is settled: 100.00 asked, 100.00 received, 30.00 refunded
            ledger: unapplied 30.00
            facts: payment.refunded
        P: refund1 30.00 done for R
            P is settled: 100.00 asked, 100.00 received, 30.00 refunded
    "#]]);
}

#[test]
fn a_refund_that_reopens_opens_the_invoice_once_it_is_heard() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        refund P: R 30.00
            P is settled: 100.00 asked, 100.00 received
        P: refund1 30.00 done for R
            P is settled: 100.00 asked, 100.00 received, 30.00 refunded
            A is partly_paid: 30.00 open
            ledger: A 30.00
            facts: payment.refunded, invoice.reopened
    "#]]);
}

#[test]
fn what_was_unapplied_goes_back_first_and_is_not_credited() {
    check(&expect![[r#"
        invoice A 60.00 due 2026-03-01
            A is open: 60.00 open
            ledger: A 60.00
            facts: invoice.issued
        invoice B 40.00 due 2026-03-02
            B is open: 40.00 open
            ledger: B 40.00
            facts: invoice.issued
        pay P: A 60.00, B 40.00
            P is started: 100.00 asked
            A is open: 60.00 open, checkout of P
            B is open: 40.00 open, checkout of P
            facts: payment.started
        P: intent received 120.00
            P is settled: 100.00 asked, 120.00 received, 20.00 unapplied, unfinished
            A is paid: 0.00 open
            B is paid: 0.00 open
            ledger: A -60.00, B -40.00, unapplied -20.00
            facts: invoice.paid, invoice.paid
            then
            P is settled: 100.00 asked, 120.00 received, 20.00 unapplied
            facts: payment.settled
        refund P: R 20.00 credits
            P is settled: 100.00 asked, 120.00 received, 20.00 unapplied
        refund P: Q 70.00 credits
            P is settled: 100.00 asked, 120.00 received, 90.00 unapplied
            credit note KQ of 70.00: A 30.00, B 40.00
            ledger: A 30.00, B 40.00, unapplied -70.00
            ledger: A -30.00, B -40.00
            facts: credit_note.issued
        P: refund1 20.00 done for R
            P is settled: 100.00 asked, 120.00 received, 20.00 refunded, 70.00 unapplied
            ledger: unapplied 20.00
            facts: payment.refunded
        P: refund2 70.00 done for Q
            P is settled: 100.00 asked, 120.00 received, 90.00 refunded
            ledger: unapplied 70.00
            facts: payment.refunded
    "#]]);
}

#[test]
fn the_named_invoice_is_credited_and_the_others_are_not_touched() {
    check(&expect![[r#"
        invoice A 60.00 due 2026-03-01
            A is open: 60.00 open
            ledger: A 60.00
            facts: invoice.issued
        invoice B 40.00 due 2026-03-02
            B is open: 40.00 open
            ledger: B 40.00
            facts: invoice.issued
        pay P: A 60.00, B 40.00
            P is started: 100.00 asked
            A is open: 60.00 open, checkout of P
            B is open: 40.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            B is paid: 0.00 open
            ledger: A -60.00, B -40.00
            facts: payment.settled, invoice.paid, invoice.paid
        refund P: R 25.00 of A credits
            P is settled: 100.00 asked, 100.00 received, 25.00 unapplied
            credit note KR of 25.00: A 25.00
            ledger: A 25.00, unapplied -25.00
            ledger: A -25.00
            facts: credit_note.issued
        refund P: Q 36.00 of A credits
            refused: more_than_refundable at amount
        P: refund1 25.00 done for R
            P is settled: 100.00 asked, 100.00 received, 25.00 refunded
            ledger: unapplied 25.00
            facts: payment.refunded
    "#]]);
}

#[test]
fn the_money_of_a_refund_that_failed_or_was_refused_is_the_customers() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        refund P: R 30.00 credits
            P is settled: 100.00 asked, 100.00 received, 30.00 unapplied
            credit note KR of 30.00: A 30.00
            ledger: A 30.00, unapplied -30.00
            ledger: A -30.00
            facts: credit_note.issued
        P: refund1 30.00 done for R
            P is settled: 100.00 asked, 100.00 received, 30.00 refunded
            ledger: unapplied 30.00
            facts: payment.refunded
        P: refund1 30.00 failed for R
            P is settled: 100.00 asked, 100.00 received, 30.00 unapplied, unfinished, review: refund_failed#re_P1
            ledger: unapplied -30.00
            facts: payment.refund_failed
            then
            P is settled: 100.00 asked, 100.00 received, 30.00 unapplied, review: refund_failed#re_P1
            facts: payment.unapplied
        refund P: Q 20.00 of A credits
            P is settled: 100.00 asked, 100.00 received, 50.00 unapplied, review: refund_failed#re_P1
            credit note KQ of 20.00: A 20.00
            ledger: A 20.00, unapplied -20.00
            ledger: A -20.00
            facts: credit_note.issued
        refuse P: Q
            P is settled: 100.00 asked, 100.00 received, 50.00 unapplied, review: refund_failed#re_P1, review: refund_refused#rfd_0000000000000000000000000Q
            facts: payment.unapplied
        invoice B 80.00 due 2026-03-05
            B is open: 80.00 open
            ledger: B 80.00
            facts: invoice.issued
    "#]]);
}

#[test]
fn the_providers_sum_heard_before_the_refund_asks_nobody_about_an_order() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        refund P: R 30.00 credits
            P is settled: 100.00 asked, 100.00 received, 30.00 unapplied
            credit note KR of 30.00: A 30.00
            ledger: A 30.00, unapplied -30.00
            ledger: A -30.00
            facts: credit_note.issued
        P: intent refunded 30.00
            P is settled: 100.00 asked, 100.00 received, 30.00 refunded
            ledger: unapplied 30.00
            facts: payment.refunded
        P: refund1 30.00 done for R
            P is settled: 100.00 asked, 100.00 received, 30.00 refunded
        refund P: Q 20.00
            P is settled: 100.00 asked, 100.00 received, 30.00 refunded
        P: intent refunded 50.00
            P is settled: 100.00 asked, 100.00 received, 50.00 refunded
            A is partly_paid: 20.00 open
            ledger: A 20.00
            facts: payment.refunded, invoice.reopened
        P: refund2 20.00 done for Q
            P is settled: 100.00 asked, 100.00 received, 50.00 refunded
    "#]]);
}

#[test]
fn a_refund_made_at_the_provider_is_in_question_until_a_person_answers() {
    check(&expect![[r#"
        invoice A 60.00 due 2026-03-01
            A is open: 60.00 open
            ledger: A 60.00
            facts: invoice.issued
        invoice B 40.00 due 2026-03-02
            B is open: 40.00 open
            ledger: B 40.00
            facts: invoice.issued
        pay P: A 60.00, B 40.00
            P is started: 100.00 asked
            A is open: 60.00 open, checkout of P
            B is open: 40.00 open, checkout of P
            facts: payment.started
        P: intent received 110.00
            P is settled: 100.00 asked, 110.00 received, 10.00 unapplied, unfinished
            A is paid: 0.00 open
            B is paid: 0.00 open
            ledger: A -60.00, B -40.00, unapplied -10.00
            facts: invoice.paid, invoice.paid
            then
            P is settled: 100.00 asked, 110.00 received, 10.00 unapplied
            facts: payment.settled
        P: refund1 60.00 done
            P is settled: 100.00 asked, 110.00 received, 60.00 refunded, review: provider_refund#re_P1
            A is partly_paid: 10.00 open, 10.00 in question, 0.00 payable
            B is open: 40.00 open, 40.00 in question, 0.00 payable
            ledger: A 10.00, B 40.00, unapplied 10.00
            facts: payment.refunded, invoice.reopened, invoice.reopened
        close P: provider_refund#re_P1
            refused: needs_answer at nothing in particular
        pay Q: B 40.00
            refused: payment_on_its_way at nothing in particular
        answer P: refund1 credits
            P is settled: 100.00 asked, 110.00 received, 60.00 refunded
            A is paid: 0.00 open
            B is paid: 0.00 open
            credit note KP0 of 50.00: A 10.00, B 40.00
            ledger: A -10.00, B -40.00
            facts: invoice.paid, invoice.paid, credit_note.issued
        answer P: refund1 reopens
            refused: already_answered at meaning
        P: refund2 20.00 done
            P is settled: 100.00 asked, 110.00 received, 80.00 refunded, review: provider_refund#re_P2
            A is partly_paid: 20.00 open, 20.00 in question, 0.00 payable
            ledger: A 20.00
            facts: payment.refunded, invoice.reopened
        answer P: refund2 reopens
            P is settled: 100.00 asked, 110.00 received, 80.00 refunded
            A is partly_paid: 20.00 open
            facts: invoice.reopened
        pay Q: A 20.00
            Q is started: 20.00 asked
            A is partly_paid: 20.00 open, checkout of Q
            facts: payment.started
    "#]]);
}

#[test]
fn a_refund_that_failed_before_it_was_answered_is_no_question_any_more() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        P: refund1 60.00 done
            P is settled: 100.00 asked, 100.00 received, 60.00 refunded, review: provider_refund#re_P1
            A is partly_paid: 60.00 open, 60.00 in question, 0.00 payable
            ledger: A 60.00
            facts: payment.refunded, invoice.reopened
        P: refund1 60.00 failed
            P is settled: 100.00 asked, 100.00 received, review: refund_failed#re_P1
            A is paid: 0.00 open
            ledger: A -60.00
            facts: payment.refund_failed, invoice.paid
        answer P: refund1 credits
            refused: nothing_to_answer at nothing in particular
    "#]]);
}

#[test]
fn an_answer_to_what_the_provider_only_counts_holds_once_the_refund_is_reported() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        P: intent refunded 30.00
            P is settled: 100.00 asked, 100.00 received, 30.00 refunded, review: provider_refund#pi_P
            A is partly_paid: 30.00 open, 30.00 in question, 0.00 payable
            ledger: A 30.00
            facts: payment.refunded, invoice.reopened
        answer P: intent credits
            P is settled: 100.00 asked, 100.00 received, 30.00 refunded
            A is paid: 0.00 open
            credit note KP0 of 30.00: A 30.00
            ledger: A -30.00
            facts: invoice.paid, credit_note.issued
        P: refund1 30.00 done
            P is settled: 100.00 asked, 100.00 received, 30.00 refunded
        P: intent refunded 50.00
            P is settled: 100.00 asked, 100.00 received, 50.00 refunded, review: provider_refund#pi_P
            A is partly_paid: 20.00 open, 20.00 in question, 0.00 payable
            ledger: A 20.00
            facts: payment.refunded, invoice.reopened
        P: refund2 20.00 done
            P is settled: 100.00 asked, 100.00 received, 50.00 refunded, review: provider_refund#re_P2
        answer P: refund2 reopens
            P is settled: 100.00 asked, 100.00 received, 50.00 refunded
            A is partly_paid: 20.00 open
            facts: invoice.reopened
    "#]]);
}

#[test]
fn what_another_payment_covered_meanwhile_is_credited_to_the_customer() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        P: refund1 60.00 done
            P is settled: 100.00 asked, 100.00 received, 60.00 refunded, review: provider_refund#re_P1
            A is partly_paid: 60.00 open, 60.00 in question, 0.00 payable
            ledger: A 60.00
            facts: payment.refunded, invoice.reopened
        invoice B 50.00 due 2026-03-02
            B is open: 50.00 open
            ledger: B 50.00
            facts: invoice.issued
        pay Q: B 50.00
            Q is started: 50.00 asked
            B is open: 50.00 open, checkout of Q
            facts: payment.started
        Q: intent received 100.00
            Q is settled: 50.00 asked, 100.00 received, 50.00 unapplied, unfinished
            B is paid: 0.00 open
            ledger: B -50.00, unapplied -50.00
            facts: invoice.paid
            then
            Q is settled: 50.00 asked, 100.00 received, 50.00 unapplied
            facts: payment.settled
        apply Q: A 50.00
            Q is settled: 50.00 asked, 100.00 received
            A is partly_paid: 10.00 open, 10.00 in question, 0.00 payable
            ledger: A -50.00, unapplied 50.00
            facts: invoice.partly_paid
        answer P: refund1 credits
            P is settled: 100.00 asked, 100.00 received, 60.00 refunded
            A is paid: 0.00 open
            credit note KP0 of 60.00: A 10.00
            ledger: A -10.00, unapplied -50.00
            facts: invoice.paid, credit_note.issued
    "#]]);
}

#[test]
fn a_refund_heard_before_its_payment_is_in_question_once_the_money_came() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: refund1 30.00 done
            P is started: 100.00 asked, review: overdrawn#EUR.3000
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received, 30.00 refunded, review: provider_refund#re_P1
            A is partly_paid: 30.00 open, 30.00 in question, 0.00 payable
            ledger: A -70.00
            facts: payment.settled, payment.refunded, invoice.partly_paid
        answer P: refund1 credits
            P is settled: 100.00 asked, 100.00 received, 30.00 refunded
            A is paid: 0.00 open
            credit note KP0 of 30.00: A 30.00
            ledger: A -30.00
            facts: invoice.paid, credit_note.issued
    "#]]);
}

/// Invoices of 1.00 each, all paid by one payment.
fn many(count: usize) -> Books {
    let mut books = Books::new();
    let names: Vec<String> = (0..count).map(|number| format!("A{number:02}")).collect();
    for name in &names {
        books.issue(name, money("1.00"), date(2026, 3, 1));
    }
    let parts: Vec<_> = names.iter().map(|name| (name.as_str(), money("1.00"))).collect();
    books.start("P", &parts).unwrap();
    books.hear("P", &[report("P", &format!("intent received {count}.00"))]);
    books.finish("P");
    books
}

fn order(books: &mut Books, amount: &str) -> Result<Decision, Refusal> {
    books.operate("P", |_, payment, now| {
        Ok(payment::order_refund(payment, ordered("R", money(amount), None, RefundMeaning::Credits), now)?)
    })
}

/// `Books` counts the items of the transaction.
#[test]
fn one_credit_note_is_for_as_many_invoices_as_a_transaction_carries() {
    let most = CREDITED_PER_REFUND_MAX;
    let mut books = many(most + 1);
    let refused = order(&mut books, &format!("{}.00", most + 1)).unwrap_err();
    assert_eq!((refused.code(), refused.field()), ("too_many_invoices", Some("meaning")));
    order(&mut books, &format!("{most}.00")).unwrap();
    assert_eq!(books.notes[&credit_note_id("KR")].allocations.len(), most);

    let mut books = many(most);
    books.hear("P", &[report("P", &format!("refund1 {most}.00 done"))]);
    books.finish("P");
    let answered = books.operate("P", |_, payment, now| {
        let refund = "re_P1".parse().unwrap();
        Ok(payment::answer_refund(payment, &refund, RefundMeaning::Credits, note_of("K"), now)?)
    });
    answered.unwrap();
    assert_eq!(books.notes[&credit_note_id("K")].allocations.len(), most);
    assert!(books.invoices.values().all(|invoice| invoice.balance.open().is_zero()));
}
