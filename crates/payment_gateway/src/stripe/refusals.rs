//! What is done about each of Stripe's refusals: the one table, used by every request.
//!
//! Source: <https://docs.stripe.com/error-codes>, of which the codes are listed that an answer to a request of ours can have, and
//! <https://docs.stripe.com/api/errors> for types and statuses. A code that is not listed is treated by its type, then by its
//! status: Stripe adds codes without a new version of its API, and has none for many a refusal.

use crate::reaction::{Alarm, Detail, PayerRemedy, Reaction};

/// The reaction to each code.
const BY_CODE: [(Reaction, &[&str]); 9] = [
    (Reaction::GoOnWithout(Detail::EmailAddress), &["email_invalid"]),
    (
        Reaction::AskPayer(PayerRemedy::SmallerAmount),
        &["amount_too_large", "charge_exceeds_source_limit", "charge_exceeds_transaction_limit"],
    ),
    (Reaction::AskPayer(PayerRemedy::LargerAmount), &["amount_too_small"]),
    (
        Reaction::AskPayer(PayerRemedy::OtherMethod),
        &[
            "account_closed",
            "account_number_invalid",
            "authentication_required",
            "bank_account_declined",
            "bank_account_restricted",
            "bank_account_unusable",
            "bank_account_unverified",
            "bank_account_verification_failed",
            "card_decline_rate_limit_exceeded",
            "card_declined",
            "debit_not_authorized",
            "expired_card",
            "expired_payment_method",
            "incorrect_address",
            "incorrect_cvc",
            "incorrect_number",
            "incorrect_postal_code",
            "incorrect_zip",
            "india_recurring_payment_mandate_canceled",
            "insufficient_funds",
            "invalid_card_type",
            "invalid_cvc",
            "invalid_expiry_month",
            "invalid_expiry_year",
            "invalid_number",
            "no_account",
            "payment_intent_action_required",
            "payment_intent_authentication_failure",
            "payment_intent_incompatible_payment_method",
            "payment_intent_mandate_invalid",
            "payment_intent_payment_attempt_expired",
            "payment_intent_payment_attempt_failed",
            "payment_method_bank_account_blocked",
            "payment_method_currency_mismatch",
            "payment_method_customer_decline",
            "payment_method_microdeposit_failed",
            "payment_method_not_available",
            "payment_method_provider_decline",
            "payment_method_provider_timeout",
            "payment_method_restricted",
            "payment_method_unexpected_state",
            "postal_code_invalid",
            "processing_error",
            "refer_to_customer",
            "routing_number_invalid",
            "sepa_unsupported_account",
        ],
    ),
    (
        Reaction::AskBusiness,
        &[
            "account_country_invalid_address",
            "account_information_mismatch",
            "action_blocked",
            "anomalous_money_movement_request",
            "approval_required",
            "balance_insufficient",
            "capability_not_active",
            "charge_already_captured",
            "charge_already_refunded",
            "charge_disputed",
            "charge_not_refundable",
            "country_unsupported",
            "currency_not_supported",
            "customer_max_payment_methods",
            "customer_tax_location_invalid",
            "not_allowed_on_standard_account",
            "payment_intent_unexpected_state",
            "payment_method_configuration_failures",
            "payment_method_unactivated",
            "payment_method_unsupported_type",
            "payouts_not_allowed",
            "platform_account_required",
            "refund_disputed_payment",
            "request_blocked",
            "resource_already_exists",
            "resource_missing",
            "status_transition_invalid",
            "stripe_tax_inactive",
            "testmode_charges_only",
            "transfers_not_allowed",
        ],
    ),
    (
        Reaction::Wait,
        &[
            "idempotency_key_in_use",
            "lock_timeout",
            "payment_intent_rate_limit_exceeded",
            "payout_reconciliation_not_ready",
            "rate_limit",
        ],
    ),
    (
        Reaction::Alarm(Alarm::Settings),
        &[
            "account_invalid",
            "api_key_expired",
            "livemode_mismatch",
            "platform_api_key_expired",
            "secret_key_required",
            "tls_version_unsupported",
            "url_invalid",
        ],
    ),
    (
        Reaction::Alarm(Alarm::Request),
        &[
            "balance_invalid_parameter",
            "charge_invalid_parameter",
            "invalid_characters",
            "invalid_charge_amount",
            "parameter_invalid_empty",
            "parameter_invalid_integer",
            "parameter_invalid_string_blank",
            "parameter_invalid_string_empty",
            "parameter_missing",
            "parameter_unknown",
            "parameters_exclusive",
            "payment_intent_invalid_parameter",
            "payment_method_invalid_parameter",
            "payment_method_invalid_parameter_testmode",
        ],
    ),
    (Reaction::Alarm(Alarm::KeyReused), &["idempotency_error"]),
];

/// The reaction to each type that decides by itself: types of cards and keys, and those of older versions of the API.
const BY_TYPE: [(Reaction, &[&str]); 4] = [
    (Reaction::AskPayer(PayerRemedy::OtherMethod), &["card_error"]),
    (Reaction::Wait, &["api_connection_error", "api_error", "rate_limit_error"]),
    (Reaction::Alarm(Alarm::Settings), &["authentication_error", "permission_error"]),
    (Reaction::Alarm(Alarm::KeyReused), &["idempotency_error"]),
];

/// What is done about a refusal with this status and, where Stripe gives them, this type, code and parameter at fault.
pub(super) fn reaction(status: u16, kind: Option<&str>, code: Option<&str>, param: Option<&str>) -> Reaction {
    // Stripe is busy or broken, whatever it says.
    if matches!(status, 409 | 429 | 500..) {
        return Reaction::Wait;
    }
    detail_at_fault(param)
        .map(Reaction::GoOnWithout)
        .or_else(|| found(&BY_CODE, code?))
        .or_else(|| found(&BY_TYPE, kind?))
        .unwrap_or_else(|| by_status(status))
}

/// A customer may have been deleted, or be of the other mode or of another account: all are `resource_missing`. Whatever else is
/// wrong with a detail that an order does not need, the order does without it.
fn detail_at_fault(param: Option<&str>) -> Option<Detail> {
    match param? {
        "customer" => Some(Detail::Customer),
        "customer_email" => Some(Detail::EmailAddress),
        _ => None,
    }
}

fn found(table: &[(Reaction, &[&str])], word: &str) -> Option<Reaction> {
    table.iter().find(|(_, words)| words.contains(&word)).map(|(reaction, _)| *reaction)
}

fn by_status(status: u16) -> Reaction {
    match status {
        401 | 403 => Reaction::Alarm(Alarm::Settings),
        402 => Reaction::AskPayer(PayerRemedy::OtherMethod),
        // A time-out, a service behind Stripe, a request that came too early.
        408 | 424 | 425 => Reaction::Wait,
        _ => Reaction::AskBusiness,
    }
}

#[cfg(test)]
mod tests;
