//! The card numbers and IBANs that Stripe publishes for tests, and what each of them does.
//!
//! Any other number is declined, as Stripe's test mode declines a real card, and is never stored.

/// The behaviour of a card.
#[derive(Clone, Copy, Debug)]
pub(super) enum CardBehaviour {
    Succeeds,
    Declines(Decline),
    /// The customer must authenticate; after that it succeeds or, with a decline, fails.
    Authenticates(Option<Decline>),
}

/// What follows after the money of a number has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FollowUp {
    Nothing,
    /// The funds are available at once.
    Available,
    /// A refund is pending at first, and succeeds.
    RefundPends,
    /// A refund succeeds at first, and fails.
    RefundFails,
    Dispute(Cause),
    FraudWarning,
}

/// A dispute that a number causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    pub(super) reason: &'static str,
    pub(super) form: DisputeForm,
}

/// What a dispute does to the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DisputeForm {
    /// Withdrawn, until the issuer has read the evidence.
    Contestable,
    /// Not moved yet: the issuer asks.
    Inquiry,
    /// Withdrawn for good: a debtor's bank may do so without giving a reason.
    Final,
}

/// The reason of a decline, in Stripe's codes.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_field_names, reason = "`decline_code` is Stripe's name for it")]
pub(super) struct Decline {
    pub(super) code: &'static str,
    pub(super) decline_code: &'static str,
    pub(super) message: &'static str,
    /// Stripe's advice to the merchant, where it gives one.
    pub(super) advice_code: Option<&'static str>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct TestCard {
    pub(super) number: &'static str,
    pub(super) brand: &'static str,
    pub(super) funding: &'static str,
    pub(super) country: &'static str,
    pub(super) behaviour: CardBehaviour,
    pub(super) follow_up: FollowUp,
}

/// The outcome of a direct debit, and how long the bank takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct TestIban {
    pub(super) iban: &'static str,
    /// The failure code; `None` where the debit succeeds.
    pub(super) failure: Option<&'static str>,
    pub(super) after_s: i64,
    pub(super) follow_up: FollowUp,
}

/// Stripe says "at least three minutes" of the delayed family and nothing of the other: long enough to be seen.
pub(super) const DELAYED_S: i64 = 180;
pub(super) const PROMPT_S: i64 = 30;

const GENERIC: Decline = declined("generic_decline", "Your card was declined.", Some("try_again_later"));
const INSUFFICIENT_FUNDS: Decline =
    declined("insufficient_funds", "Your card has insufficient funds.", Some("try_again_later"));
const LOST: Decline = declined("lost_card", "Your card was declined.", Some("do_not_try_again"));
const STOLEN: Decline = declined("stolen_card", "Your card was declined.", Some("do_not_try_again"));
const VELOCITY: Decline = declined(
    "card_velocity_exceeded",
    "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
    Some("try_again_later"),
);
const EXPIRED: Decline = Decline {
    code: "expired_card",
    decline_code: "expired_card",
    message: "Your card has expired.",
    advice_code: Some("do_not_try_again"),
};
const INCORRECT_CVC: Decline = Decline {
    code: "incorrect_cvc",
    decline_code: "incorrect_cvc",
    message: "Your card's security code is incorrect.",
    advice_code: Some("confirm_card_data"),
};
const PROCESSING_ERROR: Decline = Decline {
    code: "processing_error",
    decline_code: "processing_error",
    message: "An error occurred while processing your card. Try again in a little bit.",
    advice_code: Some("try_again_later"),
};

/// A card whose issuer wants authentication of the absent customer.
pub(super) const AUTHENTICATION_REQUIRED: Decline = Decline {
    code: "authentication_required",
    decline_code: "authentication_required",
    message: "Your card was declined. This transaction requires authentication.",
    advice_code: Some("try_again_later"),
};

/// Can be saved, and is declined whenever it is charged.
pub(super) const DECLINES_ONLY_CHARGES: &str = "4000000000000341";
/// Wants authentication once, when it is saved.
pub(super) const ASKS_ON_SETUP: &str = "4000002500003155";
/// Was saved before, as far as its issuer is concerned.
pub(super) const ALREADY_SET_UP: &str = "4000003800000446";

/// A card that is not one of the published numbers.
pub(super) const NOT_A_TEST_CARD: Decline = declined(
    "test_mode_live_card",
    "Your card was declined. Your request was in test mode, but used a non test card.",
    None,
);

const fn declined(decline_code: &'static str, message: &'static str, advice_code: Option<&'static str>) -> Decline {
    Decline { code: "card_declined", decline_code, message, advice_code }
}

const fn card(number: &'static str, behaviour: CardBehaviour) -> TestCard {
    TestCard { number, brand: "visa", funding: "credit", country: "US", behaviour, follow_up: FollowUp::Nothing }
}

const fn paid_then(number: &'static str, follow_up: FollowUp) -> TestCard {
    TestCard { follow_up, ..card(number, CardBehaviour::Succeeds) }
}

const fn disputed(number: &'static str, reason: &'static str, form: DisputeForm) -> TestCard {
    paid_then(number, FollowUp::Dispute(Cause { reason, form }))
}

const fn branded(number: &'static str, brand: &'static str, funding: &'static str, country: &'static str) -> TestCard {
    TestCard { brand, funding, country, ..card(number, CardBehaviour::Succeeds) }
}

pub(super) const CARDS: &[TestCard] = &[
    card("4242424242424242", CardBehaviour::Succeeds),
    branded("4000056655665556", "visa", "debit", "US"),
    branded("5555555555554444", "mastercard", "credit", "US"),
    branded("2223003122003222", "mastercard", "credit", "US"),
    branded("5200828282828210", "mastercard", "debit", "US"),
    branded("378282246310005", "amex", "credit", "US"),
    branded("371449635398431", "amex", "credit", "US"),
    branded("6011111111111117", "discover", "credit", "US"),
    branded("4000001240000000", "visa", "credit", "CA"),
    branded("4000002500000003", "visa", "credit", "FR"),
    branded("4000002760000016", "visa", "credit", "DE"),
    branded("4000008260000000", "visa", "credit", "GB"),
    card("4000000000000002", CardBehaviour::Declines(GENERIC)),
    card("4000000000009995", CardBehaviour::Declines(INSUFFICIENT_FUNDS)),
    card("4000000000009987", CardBehaviour::Declines(LOST)),
    card("4000000000009979", CardBehaviour::Declines(STOLEN)),
    card("4000000000000069", CardBehaviour::Declines(EXPIRED)),
    card("4000000000000127", CardBehaviour::Declines(INCORRECT_CVC)),
    card("4000000000000119", CardBehaviour::Declines(PROCESSING_ERROR)),
    card("4000000000006975", CardBehaviour::Declines(VELOCITY)),
    card(DECLINES_ONLY_CHARGES, CardBehaviour::Declines(GENERIC)),
    card(ASKS_ON_SETUP, CardBehaviour::Authenticates(None)),
    card("4000002760003184", CardBehaviour::Authenticates(None)),
    card(ALREADY_SET_UP, CardBehaviour::Authenticates(None)),
    card("4000008260003178", CardBehaviour::Authenticates(Some(INSUFFICIENT_FUNDS))),
    card("4000008400001629", CardBehaviour::Authenticates(Some(GENERIC))),
    paid_then("4000000000000077", FollowUp::Available),
    paid_then("4000000000007726", FollowUp::RefundPends),
    paid_then("4000000000005126", FollowUp::RefundFails),
    paid_then("4000000000005423", FollowUp::FraudWarning),
    disputed("4000000000000259", "fraudulent", DisputeForm::Contestable),
    disputed("4000000000002685", "product_not_received", DisputeForm::Contestable),
    disputed("4000000000001976", "fraudulent", DisputeForm::Inquiry),
];

const fn debit(iban: &'static str, failure: Option<&'static str>, after_s: i64) -> TestIban {
    TestIban { iban, failure, after_s, follow_up: FollowUp::Nothing }
}

const fn taken_back(iban: &'static str) -> TestIban {
    let cause = Cause { reason: "debit_not_authorized", form: DisputeForm::Final };
    TestIban { follow_up: FollowUp::Dispute(cause), ..debit(iban, None, PROMPT_S) }
}

/// Stripe does not publish the failure code of its plainly failing accounts; this is its general one.
const REFUSED: Option<&str> = Some("generic_could_not_process");

pub(super) const IBANS: &[TestIban] = &[
    debit("DE89370400440532013000", None, PROMPT_S),
    debit("DE08370400440532013003", None, DELAYED_S),
    debit("DE62370400440532013001", REFUSED, PROMPT_S),
    debit("DE78370400440532013004", REFUSED, DELAYED_S),
    debit("DE65370400440002222227", Some("insufficient_funds"), PROMPT_S),
    debit("DE65370400440000343434", Some("charge_exceeds_source_limit"), PROMPT_S),
    debit("DE27370400440000121212", Some("charge_exceeds_weekly_limit"), PROMPT_S),
    debit("FR1420041010050500013M02606", None, PROMPT_S),
    debit("FR3020041010050500013M02609", None, DELAYED_S),
    debit("FR8420041010050500013M02607", REFUSED, PROMPT_S),
    debit("FR7920041010050500013M02600", REFUSED, DELAYED_S),
    debit("FR9720041010050000002222227", Some("insufficient_funds"), PROMPT_S),
    taken_back("DE35370400440532013002"),
    taken_back("FR5720041010050500013M02608"),
];

pub(super) fn test_card(number: &str) -> Option<&'static TestCard> {
    CARDS.iter().find(|card| card.number == number)
}

pub(super) fn test_iban(iban: &str) -> Option<&'static TestIban> {
    IBANS.iter().find(|known| known.iban == iban)
}

/// The check digit every card number ends in.
pub(super) fn passes_luhn(number: &str) -> bool {
    let mut sum = 0;
    for (index, digit) in number.chars().rev().enumerate() {
        let Some(value) = digit.to_digit(10) else { return false };
        sum += match (index % 2, value) {
            (0, value) => value,
            (_, value) if value > 4 => value * 2 - 9,
            (_, value) => value * 2,
        };
    }
    (12..=19).contains(&number.len()) && sum % 10 == 0
}
