use std::fmt::Write as _;

use expect_test::expect;

use super::*;

fn failed(words: &str) -> Failed {
    let mut failed = Failed::default();
    for word in words.split(' ') {
        let (field, value) = word.split_once('=').unwrap();
        let value = Some(value.to_owned());
        match field {
            "type" => failed.kind = value,
            "code" => failed.code = value,
            "decline" => failed.decline_code = value,
            "advice" => failed.advice_code = value,
            "param" => failed.param = value,
            _ => panic!("{field}"),
        }
    }
    failed
}

#[test]
fn each_failure_has_a_reason_a_remedy_and_says_whether_the_method_is_over() {
    let mut table = String::new();
    for words in [
        "type=card_error code=authentication_required decline=authentication_required advice=try_again_later",
        "code=requires_action",
        "code=card_declined decline=insufficient_funds advice=try_again_later",
        "code=card_declined decline=generic_decline advice=try_again_later",
        "type=card_error code=card_declined decline=generic_decline",
        "type=card_error code=card_declined decline=do_not_honor advice=do_not_try_again",
        "code=card_declined decline=lost_card advice=do_not_try_again",
        "code=card_declined decline=stolen_card advice=try_again_later",
        "code=expired_card decline=expired_card advice=do_not_try_again",
        "code=incorrect_cvc decline=incorrect_cvc advice=confirm_card_data",
        "code=card_declined decline=card_velocity_exceeded",
        "code=processing_error decline=processing_error",
        "code=payment_intent_payment_attempt_failed decline=debit_not_authorized",
        "code=payment_intent_payment_attempt_failed decline=account_closed",
        "type=invalid_request_error code=payment_intent_mandate_invalid param=payment_method",
        "type=invalid_request_error code=resource_missing param=payment_method",
        "type=invalid_request_error param=payment_method",
        "type=invalid_request_error code=capability_not_active",
        "type=invalid_request_error",
        "type=card_error code=a_code_of_tomorrow",
    ] {
        let Decline { reason, remedy, word, ends_method } = decline_of(&failed(words));
        let end = if ends_method { ", the method is over" } else { "" };
        writeln!(table, "{words}: {} ({word}), {}{end}", reason.as_str(), remedy.as_str()).unwrap();
    }
    expect![[r#"
        type=card_error code=authentication_required decline=authentication_required advice=try_again_later: authentication_required (authentication_required), ask_the_customer
        code=requires_action: authentication_required (requires_action), ask_the_customer
        code=card_declined decline=insufficient_funds advice=try_again_later: insufficient_funds (insufficient_funds), try_later
        code=card_declined decline=generic_decline advice=try_again_later: refused (generic_decline), try_later
        type=card_error code=card_declined decline=generic_decline: refused (generic_decline), try_later
        type=card_error code=card_declined decline=do_not_honor advice=do_not_try_again: refused (do_not_honor), use_another_method, the method is over
        code=card_declined decline=lost_card advice=do_not_try_again: barred (lost_card), use_another_method, the method is over
        code=card_declined decline=stolen_card advice=try_again_later: barred (stolen_card), use_another_method, the method is over
        code=expired_card decline=expired_card advice=do_not_try_again: expired (expired_card), use_another_method, the method is over
        code=incorrect_cvc decline=incorrect_cvc advice=confirm_card_data: wrong_details (incorrect_cvc), use_another_method
        code=card_declined decline=card_velocity_exceeded: over_limit (card_velocity_exceeded), try_later
        code=processing_error decline=processing_error: bank_unavailable (processing_error), try_later
        code=payment_intent_payment_attempt_failed decline=debit_not_authorized: not_authorised (debit_not_authorized), use_another_method, the method is over
        code=payment_intent_payment_attempt_failed decline=account_closed: account_closed (account_closed), use_another_method, the method is over
        type=invalid_request_error code=payment_intent_mandate_invalid param=payment_method: not_authorised (payment_intent_mandate_invalid), use_another_method, the method is over
        type=invalid_request_error code=resource_missing param=payment_method: method_removed (resource_missing), use_another_method, the method is over
        type=invalid_request_error param=payment_method: method_removed (invalid_request_error), use_another_method, the method is over
        type=invalid_request_error code=capability_not_active: provider_refused (capability_not_active), check_the_provider_account
        type=invalid_request_error: provider_refused (invalid_request_error), check_the_provider_account
        type=card_error code=a_code_of_tomorrow: refused (a_code_of_tomorrow), try_later
    "#]].assert_eq(&table);
}

#[test]
fn no_word_is_in_the_table_twice() {
    let mut words: Vec<&str> = BY_WORD.iter().flat_map(|(_, _, _, words)| words.iter().copied()).collect();
    words.sort_unstable();
    let all = words.len();
    words.dedup();
    assert_eq!(words.len(), all);
}
