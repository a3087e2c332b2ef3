//! Money in suspense goes back in its own currency, and the account is not touched.

use expect_test::expect;

use super::story::check;

#[test]
fn money_in_another_currency_is_refunded_in_it() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 110.00_USD
            P is settled: 100.00 asked, review: other_currency#USD.11000, 110.00 USD in suspense
            A is open: 100.00 open
            facts: payment.in_suspense
        refund P: R 110.01_USD
            refused: more_than_refundable at amount
        refund P: R 110.00_CHF
            refused: other_currency at currency
        refund P: R 110.00_USD of A
            refused: other_currency at currency
        refund P: R 40.00_USD credits
            P is settled: 100.00 asked, review: other_currency#USD.11000, 110.00 USD in suspense
        refund P: S 70.01_USD
            refused: more_than_refundable at amount
        P: refund1 40.00_USD done for R
            P is settled: 100.00 asked, review: other_currency#USD.7000, 70.00 USD in suspense
            facts: payment.refunded
        refund P: S 70.00_USD
            P is settled: 100.00 asked, review: other_currency#USD.7000, 70.00 USD in suspense
        P: refund2 70.00_USD done for S
            P is settled: 100.00 asked
            facts: payment.refunded
        P: refund2 70.00_USD failed for S
            P is settled: 100.00 asked, review: other_currency#USD.7000, review: refund_failed#re_P2, 70.00 USD in suspense
            facts: payment.in_suspense, payment.refund_failed
    "#]]);
}

#[test]
fn money_of_both_currencies_is_refunded_apart() {
    check(&expect![[r#"
        invoice A 60.00 due 2026-03-01
            A is open: 60.00 open
            ledger: A 60.00
            facts: invoice.issued
        pay P: A 60.00
            P is started: 60.00 asked
            A is open: 60.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00 + intent received 30.00_USD
            P is settled: 60.00 asked, 100.00 received, 40.00 unapplied, unfinished, review: other_currency#USD.3000, 30.00 USD in suspense
            A is paid: 0.00 open
            ledger: A -60.00, unapplied -40.00
            facts: payment.in_suspense, invoice.paid
            then
            P is settled: 60.00 asked, 100.00 received, 40.00 unapplied, review: other_currency#USD.3000, 30.00 USD in suspense
            facts: payment.settled
        refund P: R 30.00_USD
            P is settled: 60.00 asked, 100.00 received, 40.00 unapplied, review: other_currency#USD.3000, 30.00 USD in suspense
        refund P: S 100.01
            refused: more_than_refundable at amount
        refund P: S 40.00
            P is settled: 60.00 asked, 100.00 received, 40.00 unapplied, review: other_currency#USD.3000, 30.00 USD in suspense
        P: refund1 30.00_USD done for R
            P is settled: 60.00 asked, 100.00 received, 40.00 unapplied
            facts: payment.refunded
        P: refund2 40.00 done for S
            P is settled: 60.00 asked, 100.00 received, 40.00 refunded
            ledger: unapplied 40.00
            facts: payment.refunded
    "#]]);
}
