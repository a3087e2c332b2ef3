//! Why a charge of a saved method was declined, and what follows: the one table from Stripe's words to ours.
//!
//! Sources: <https://docs.stripe.com/declines/codes> for the issuer's codes of cards, <https://docs.stripe.com/error-codes> for
//! Stripe's own and for those of bank debits, <https://docs.stripe.com/declines/card#retrying-issuer-declines> for the advice. Stripe's
//! advice comes before what the table says can be done; that the owner must confirm comes before any advice. A word that is not in the
//! table is a refusal without a reason, unless the request as a whole was refused.

use receivables::payment::{Decline, DeclineReason, Remedy};

use crate::reaction::Reaction;

use super::refusals;

/// What Stripe says of a charge that brought no money.
#[derive(Clone, Debug, Default)]
pub(super) struct Failed {
    /// The kind of error.
    pub(super) kind: Option<String>,
    /// Stripe's own code.
    pub(super) code: Option<String>,
    /// The issuer's reason.
    pub(super) decline_code: Option<String>,
    /// What Stripe advises to do.
    pub(super) advice_code: Option<String>,
    /// The parameter at fault.
    pub(super) param: Option<String>,
}

/// A reason, what can be done about it, whether it ends the method, and Stripe's words for it.
type Row = (DeclineReason, Remedy, bool, &'static [&'static str]);

const BY_WORD: [Row; 12] = [
    (
        DeclineReason::AuthenticationRequired,
        Remedy::AskTheCustomer,
        false,
        &[
            "authentication_not_handled",
            "authentication_required",
            "mobile_device_authentication_required",
            "payment_intent_action_required",
            "payment_intent_authentication_failure",
            "requires_action",
        ],
    ),
    (DeclineReason::InsufficientFunds, Remedy::TryLater, false, &["debit_insufficient_funds", "insufficient_funds"]),
    (
        DeclineReason::OverLimit,
        Remedy::TryLater,
        false,
        &[
            "amount_too_large",
            "card_decline_rate_limit_exceeded",
            "card_velocity_exceeded",
            "charge_exceeds_source_limit",
            "charge_exceeds_transaction_limit",
            "charge_exceeds_weekly_limit",
            "withdrawal_count_limit_exceeded",
        ],
    ),
    (
        DeclineReason::BankUnavailable,
        Remedy::TryLater,
        false,
        &[
            "approve_with_id",
            "bank_cannot_process",
            "issuer_not_available",
            "payment_method_provider_timeout",
            "processing_error",
            "reenter_transaction",
            "try_again_later",
        ],
    ),
    (DeclineReason::Expired, Remedy::UseAnotherMethod, true, &["expired_card", "expired_payment_method"]),
    (
        DeclineReason::WrongDetails,
        Remedy::UseAnotherMethod,
        false,
        &[
            "incorrect_address",
            "incorrect_cvc",
            "incorrect_number",
            "incorrect_pin",
            "incorrect_postal_code",
            "incorrect_zip",
            "invalid_cvc",
            "invalid_expiry_month",
            "invalid_expiry_year",
            "invalid_number",
            "invalid_pin",
            "postal_code_invalid",
        ],
    ),
    (
        DeclineReason::Barred,
        Remedy::UseAnotherMethod,
        true,
        &[
            "fraudulent",
            "lost_card",
            "merchant_blacklist",
            "new_account_information_available",
            "pickup_card",
            "restricted_card",
            "security_violation",
            "stolen_card",
        ],
    ),
    (
        DeclineReason::AccountClosed,
        Remedy::UseAnotherMethod,
        true,
        &[
            "account_closed",
            "account_number_invalid",
            "bank_account_closed",
            "bank_account_unusable",
            "invalid_account",
            "invalid_account_number",
            "no_account",
            "payment_method_bank_account_blocked",
            "routing_number_invalid",
        ],
    ),
    (
        DeclineReason::NotAuthorised,
        Remedy::UseAnotherMethod,
        true,
        &[
            "debit_not_authorized",
            "india_recurring_payment_mandate_canceled",
            "payment_intent_mandate_invalid",
            "recipient_deceased",
            "revocation_of_all_authorizations",
            "revocation_of_authorization",
            "stop_payment_order",
        ],
    ),
    (DeclineReason::MethodRemoved, Remedy::UseAnotherMethod, true, &["resource_missing"]),
    (
        DeclineReason::NotSupported,
        Remedy::UseAnotherMethod,
        false,
        &[
            "card_not_supported",
            "currency_not_supported",
            "invalid_card_type",
            "not_permitted",
            "payment_intent_incompatible_payment_method",
            "payment_method_currency_mismatch",
            "payment_method_restricted",
            "payment_method_unsupported_type",
            "sepa_unsupported_account",
            "service_not_allowed",
        ],
    ),
    (DeclineReason::Refused, Remedy::UseAnotherMethod, true, &["transaction_not_allowed"]),
];

/// What a failure is in our words.
pub(super) fn decline_of(failed: &Failed) -> Decline {
    let issuers = failed.decline_code.as_deref();
    let own = failed.code.as_deref();
    let row = |word: &str| BY_WORD.iter().find(|(_, _, _, words)| words.contains(&word));
    // The issuer's reason says more than Stripe's code, which is then mostly `card_declined`.
    let found = issuers.and_then(row).or_else(|| own.and_then(row));
    let (reason, remedy, ends_method) = match found {
        Some((reason, remedy, ends, _)) => (*reason, *remedy, *ends),
        None => unknown(failed),
    };
    let (remedy, ends_method) = match (reason, failed.advice_code.as_deref()) {
        (DeclineReason::AuthenticationRequired, _) => (remedy, ends_method),
        (_, Some("do_not_try_again")) => (Remedy::UseAnotherMethod, true),
        (_, Some("confirm_card_data")) => (Remedy::UseAnotherMethod, ends_method),
        (_, Some("try_again_later")) if !ends_method => (Remedy::TryLater, false),
        (_, Some(_) | None) => (remedy, ends_method),
    };
    let word = issuers.or(own).or(failed.kind.as_deref()).unwrap_or("without_a_code").to_owned();
    Decline { reason, remedy, word, ends_method }
}

/// A failure whose words are not in the table: of the method, or of the request as a whole.
fn unknown(failed: &Failed) -> (DeclineReason, Remedy, bool) {
    // A method that was detached, or is of another customer, is refused without a code.
    if failed.code.is_none() && failed.param.as_deref() == Some("payment_method") {
        return (DeclineReason::MethodRemoved, Remedy::UseAnotherMethod, true);
    }
    match refusals::reaction(400, failed.kind.as_deref(), failed.code.as_deref(), None) {
        Reaction::AskPayer(_) => (DeclineReason::Refused, Remedy::TryLater, false),
        Reaction::GoOnWithout(_) | Reaction::AskBusiness | Reaction::Wait | Reaction::Alarm(_) => {
            (DeclineReason::ProviderRefused, Remedy::CheckTheProviderAccount, false)
        }
    }
}

#[cfg(test)]
mod tests;
