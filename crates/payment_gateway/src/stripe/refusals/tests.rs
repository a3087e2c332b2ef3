use std::collections::BTreeSet;
use std::fmt::Write as _;

use expect_test::expect;

use super::*;

fn word(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::GoOnWithout(Detail::Customer) => "go on without the customer",
        Reaction::GoOnWithout(Detail::EmailAddress) => "go on without the address",
        Reaction::AskPayer(PayerRemedy::SmallerAmount) => "ask the payer for less",
        Reaction::AskPayer(PayerRemedy::LargerAmount) => "ask the payer for more",
        Reaction::AskPayer(PayerRemedy::OtherMethod) => "ask the payer for another card or account",
        Reaction::AskBusiness => "ask the business",
        Reaction::Wait => "wait",
        Reaction::Alarm(Alarm::Settings) => "alarm: settings",
        Reaction::Alarm(Alarm::Request) => "alarm: request",
        Reaction::Alarm(Alarm::KeyReused) => "alarm: key reused",
        Reaction::Alarm(Alarm::Answer) => "alarm: answer",
    }
}

/// Status, type, code and parameter at fault; an empty text is none.
const REFUSALS: [(u16, &str, &str, &str); 38] = [
    (400, "invalid_request_error", "resource_missing", "customer"),
    (400, "invalid_request_error", "parameter_invalid_empty", "customer"),
    (400, "invalid_request_error", "email_invalid", ""),
    (400, "invalid_request_error", "", "customer_email"),
    (404, "invalid_request_error", "resource_missing", "session"),
    (400, "invalid_request_error", "amount_too_small", "line_items"),
    (400, "invalid_request_error", "amount_too_large", ""),
    (402, "card_error", "card_declined", ""),
    (402, "card_error", "a_code_of_tomorrow", ""),
    (402, "", "", ""),
    (400, "invalid_request_error", "currency_not_supported", "line_items"),
    (400, "invalid_request_error", "charge_already_refunded", ""),
    (400, "invalid_request_error", "charge_disputed", ""),
    (400, "invalid_request_error", "refund_disputed_payment", ""),
    (400, "invalid_request_error", "balance_insufficient", ""),
    (400, "invalid_request_error", "payment_method_unactivated", ""),
    (400, "invalid_request_error", "testmode_charges_only", ""),
    (400, "invalid_request_error", "a_code_of_tomorrow", ""),
    (400, "invalid_request_error", "", ""),
    (404, "", "", ""),
    (418, "", "", ""),
    (400, "invalid_request_error", "lock_timeout", ""),
    (409, "idempotency_error", "idempotency_key_in_use", ""),
    (424, "", "", ""),
    (429, "card_error", "card_declined", "customer"),
    (429, "rate_limit_error", "rate_limit", ""),
    (500, "api_error", "parameter_missing", ""),
    (503, "", "", ""),
    (401, "invalid_request_error", "api_key_expired", ""),
    (401, "invalid_request_error", "platform_api_key_expired", ""),
    (401, "invalid_request_error", "secret_key_required", ""),
    (401, "", "", ""),
    (403, "invalid_request_error", "account_invalid", ""),
    (403, "", "", ""),
    (400, "invalid_request_error", "livemode_mismatch", ""),
    (400, "invalid_request_error", "url_invalid", "success_url"),
    (400, "invalid_request_error", "parameter_unknown", "ui_mode"),
    (400, "idempotency_error", "", ""),
];

#[test]
fn every_refusal_has_a_reaction() {
    let mut table = String::new();
    for (status, kind, code, param) in REFUSALS {
        let given = |word: &'static str| Some(word).filter(|word| !word.is_empty());
        let reaction = word(reaction(status, given(kind), given(code), given(param)));
        let said: Vec<&str> = [kind, code, param].into_iter().filter(|word| !word.is_empty()).collect();
        writeln!(table, "{reaction}: {status} {}", said.join(" ")).unwrap();
    }
    expect![[r#"
        go on without the customer: 400 invalid_request_error resource_missing customer
        go on without the customer: 400 invalid_request_error parameter_invalid_empty customer
        go on without the address: 400 invalid_request_error email_invalid
        go on without the address: 400 invalid_request_error customer_email
        ask the business: 404 invalid_request_error resource_missing session
        ask the payer for more: 400 invalid_request_error amount_too_small line_items
        ask the payer for less: 400 invalid_request_error amount_too_large
        ask the payer for another card or account: 402 card_error card_declined
        ask the payer for another card or account: 402 card_error a_code_of_tomorrow
        ask the payer for another card or account: 402 
        ask the business: 400 invalid_request_error currency_not_supported line_items
        ask the business: 400 invalid_request_error charge_already_refunded
        ask the business: 400 invalid_request_error charge_disputed
        ask the business: 400 invalid_request_error refund_disputed_payment
        ask the business: 400 invalid_request_error balance_insufficient
        ask the business: 400 invalid_request_error payment_method_unactivated
        ask the business: 400 invalid_request_error testmode_charges_only
        ask the business: 400 invalid_request_error a_code_of_tomorrow
        ask the business: 400 invalid_request_error
        ask the business: 404 
        ask the business: 418 
        wait: 400 invalid_request_error lock_timeout
        wait: 409 idempotency_error idempotency_key_in_use
        wait: 424 
        wait: 429 card_error card_declined customer
        wait: 429 rate_limit_error rate_limit
        wait: 500 api_error parameter_missing
        wait: 503 
        alarm: settings: 401 invalid_request_error api_key_expired
        alarm: settings: 401 invalid_request_error platform_api_key_expired
        alarm: settings: 401 invalid_request_error secret_key_required
        alarm: settings: 401 
        alarm: settings: 403 invalid_request_error account_invalid
        alarm: settings: 403 
        alarm: settings: 400 invalid_request_error livemode_mismatch
        alarm: settings: 400 invalid_request_error url_invalid success_url
        alarm: request: 400 invalid_request_error parameter_unknown ui_mode
        alarm: key reused: 400 idempotency_error
    "#]]
    .assert_eq(&table);
}

#[test]
fn no_word_has_two_reactions() {
    for table in [&BY_CODE[..], &BY_TYPE[..]] {
        let all: Vec<&str> = table.iter().flat_map(|(_, words)| *words).copied().collect();
        let different: BTreeSet<&str> = all.iter().copied().collect();
        assert_eq!(all.len(), different.len());
    }
}
