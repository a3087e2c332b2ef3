//! The steps: everything that can happen in a world.
//!
//! Every step names what it is about by a label of its own and not by what went before, so that any step can be left out and
//! the rest still means something.

#![expect(clippy::wildcard_enum_match_arm, reason = "each part tells of its own steps")]

use std::fmt;

use receivables::ProviderRefunds;
use receivables::payment::RefundMeaning;

use super::faults::Fault;

/// The currencies of the simulation, with the digits after the decimal point in ours.
pub(super) const CURRENCIES: [(&str, u32); 6] =
    [("EUR", 2), ("CAD", 2), ("USD", 2), ("JPY", 0), ("KWD", 3), ("ISK", 0)];
/// Customers of a world. The first two exist at the provider as well.
pub(super) const CUSTOMERS: usize = 3;

/// What a payer enters on the hosted page, and the outcome.
pub(super) const NUMBERS: [(&str, &str); 15] = [
    ("4242424242424242", "a card that pays"),
    ("4000000000000077", "a card that pays at once"),
    ("4000000000000002", "a card that is declined"),
    ("4000000000009995", "a card without funds"),
    ("4000002760003184", "a card that asks for the payer"),
    ("4000008400001629", "a card that asks for the payer and is declined"),
    ("4000000000007726", "a card whose refunds take their time"),
    ("4000000000005126", "a card whose refunds fail"),
    ("4000000000005423", "a card with a fraud warning"),
    ("4000000000000259", "a card that is disputed"),
    ("4000000000001976", "a card with an inquiry"),
    ("DE89370400440532013000", "a debit that succeeds"),
    ("DE08370400440532013003", "a debit that succeeds late"),
    ("DE62370400440532013001", "a debit that fails"),
    ("DE35370400440532013002", "a debit that is taken back"),
];

/// The names of the kinds but for the faults, as [`Step::kind`] gives them.
pub(super) const KINDS: [&str; 46] = [
    "invoice",
    "start",
    "charge",
    "enter",
    "look",
    "refund",
    "order_refund",
    "refund_suspense",
    "provider_refunds",
    "answer_refund",
    "dispute",
    "verdict",
    "foreign",
    "identify",
    "credit",
    "apply_credit",
    "unapply_credit",
    "pay_out_credit",
    "refund_credit",
    "reverse_payout",
    "write_off",
    "bad_debt",
    "take_back",
    "apply",
    "unapply",
    "move",
    "hand_over",
    "close_review",
    "advance",
    "settle",
    "chaos",
    "crash",
    "rivals",
    "meanwhile",
    "older",
    "transfer",
    "arrive",
    "arrive_in",
    "pay_out",
    "pay_out_by_hand",
    "return_payout",
    "save",
    "die",
    "outage_stripe",
    "outage_mail",
    "sweep",
];

/// Money that a step is about: of a payment started here, or taken by another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Money {
    /// The payment with a label.
    Payment(usize),
    /// The money of another program with a label.
    Foreign(usize),
}

/// The decision on a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The business keeps the money.
    Won,
    /// The payer keeps the money.
    Lost,
    /// An inquiry becomes a chargeback.
    Escalated,
}

impl Verdict {
    /// The verdict as the sandbox calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Won => "won",
            Self::Lost => "lost",
            Self::Escalated => "escalated",
        }
    }
}

/// One step; its `Display` says it in words.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of each step are its Display")]
pub enum Step {
    Invoice {
        invoice: usize,
        customer: usize,
        currency: usize,
        minor: i64,
        due_in: u16,
    },
    Start {
        payment: usize,
        parts: Vec<(usize, i64)>,
    },
    Charge {
        payment: usize,
        method: usize,
        invoice: usize,
        percent: i64,
    },
    Enter {
        payment: usize,
        number: usize,
        answers: Option<bool>,
    },
    Look {
        payment: usize,
    },
    Refund {
        money: Money,
        percent: i64,
    },
    OrderRefund {
        order: usize,
        money: Money,
        place: Option<usize>,
        percent: i64,
        meaning: RefundMeaning,
    },
    RefundSuspense {
        order: usize,
        payment: usize,
        percent: i64,
    },
    ProviderRefunds {
        choice: ProviderRefunds,
    },
    AnswerRefund {
        money: Money,
        meaning: RefundMeaning,
    },
    Dispute {
        money: Money,
        percent: i64,
        inquiry: bool,
    },
    Verdict {
        money: Money,
        verdict: Verdict,
        percent: i64,
    },
    Foreign {
        foreign: usize,
        customer: Option<usize>,
        currency: usize,
        minor: i64,
        with_intent: bool,
    },
    Identify {
        foreign: usize,
        customer: usize,
        invoice: Option<usize>,
    },
    Credit {
        note: usize,
        customer: usize,
        currency: usize,
        minor: i64,
        invoice: Option<usize>,
    },
    ApplyCredit {
        note: usize,
        invoice: usize,
        percent: i64,
    },
    UnapplyCredit {
        note: usize,
        percent: i64,
    },
    PayOutCredit {
        outgoing: usize,
        customer: usize,
        currency: usize,
        percent: i64,
    },
    RefundCredit {
        order: usize,
        customer: usize,
        currency: usize,
        percent: i64,
    },
    ReversePayout {
        outgoing: usize,
    },
    WriteOff {
        invoice: usize,
    },
    BadDebt {
        invoice: usize,
        percent: i64,
    },
    TakeBack {
        invoice: usize,
        percent: i64,
    },
    Apply {
        money: Money,
        invoice: usize,
        percent: i64,
    },
    Unapply {
        money: Money,
        place: usize,
        percent: i64,
    },
    Move {
        money: Money,
        place: usize,
        invoice: usize,
        percent: i64,
    },
    HandOver {
        money: Money,
        customer: usize,
    },
    CloseReview {
        money: Money,
    },
    Advance {
        minutes: i64,
    },
    Drain,
    Chaos {
        duplicate: u8,
        drop: u8,
        delay_ms: u32,
        reorder: bool,
    },
    Crash {
        after: usize,
        calls: usize,
        carried_out: bool,
    },
    Rivals {
        pick: u64,
    },
    Transfer {
        payment: usize,
        percent: i64,
    },
    Arrive {
        payment: usize,
        percent: i64,
    },
    ArriveIn {
        payment: usize,
        currency: usize,
        minor: i64,
    },
    PayOut,
    /// So much of what can be paid out in a currency, by hand or at once.
    PayOutByHand {
        percent: i64,
        instant: bool,
    },
    ReturnPayout {
        pick: usize,
    },
    Save {
        method: usize,
        customer: usize,
        debit: bool,
    },
    Die {
        method: usize,
        removed: bool,
    },
    Outage {
        of_mail: bool,
        after: u32,
        requests: u32,
        status: u16,
        carried_out: bool,
    },
    Meanwhile,
    Older {
        older: bool,
    },
    Sweep,
    Fault(Fault),
}

fn plain(minor: i64, currency: usize) -> String {
    let (code, digits) = CURRENCIES[currency];
    let unit = 10_i64.pow(digits);
    match usize::try_from(digits).unwrap() {
        0 => format!("{minor} {code}"),
        width => format!("{}.{:0width$} {code}", minor / unit, minor % unit),
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Payment(label) => write!(f, "P{label}"),
            Self::Foreign(label) => write!(f, "M{label}"),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invoice { invoice, customer, currency, minor, due_in } => {
                write!(f, "invoice I{invoice} to C{customer}: {}, due in {due_in} days", plain(*minor, *currency))
            }
            Self::Start { payment, parts } => {
                write!(f, "start P{payment}")?;
                parts.iter().try_for_each(|(invoice, percent)| write!(f, ", {percent} % of I{invoice}"))
            }
            Self::Charge { payment, method, invoice, percent } => {
                write!(f, "charge D{method} for P{payment}, {percent} % of I{invoice}")
            }
            Self::Enter { payment, number, answers } => {
                write!(f, "pay P{payment} with {}", NUMBERS[*number].1)?;
                match answers {
                    Some(true) => f.write_str(", who comes"),
                    Some(false) => f.write_str(", who refuses"),
                    None => Ok(()),
                }
            }
            Self::Look { payment } => write!(f, "the payer of P{payment} comes back"),
            Self::Refund { money, percent } => write!(f, "refund {percent} % of {money}"),
            Self::OrderRefund { order, money, place, percent, meaning } => {
                write!(f, "order R{order}, which {}: send {percent} % back of ", meaning.as_str())?;
                place.map_or(Ok(()), |place| write!(f, "part {place} of "))?;
                write!(f, "{money}")
            }
            Self::ProviderRefunds { choice } => {
                write!(f, "from now on a refund made at the provider: {}", choice.as_str())
            }
            Self::AnswerRefund { money, meaning } => write!(f, "a refund of {money} {}", meaning.as_str()),
            Self::Dispute { money, percent, inquiry: false } => write!(f, "dispute {percent} % of {money}"),
            Self::Dispute { money, percent, inquiry: true } => write!(f, "inquire about {percent} % of {money}"),
            Self::Verdict { money, verdict, percent } => {
                write!(f, "the dispute of {money} is {} on {percent} %", verdict.as_str())
            }
            Self::Foreign { foreign, customer, currency, minor, with_intent } => {
                let without = if *with_intent { "" } else { " without an intent" };
                write!(f, "M{foreign}: {}{without}, taken elsewhere from ", plain(*minor, *currency))?;
                match customer {
                    Some(customer) => write!(f, "C{customer}"),
                    None => f.write_str("nobody known"),
                }
            }
            Self::Identify { foreign, customer, invoice } => {
                write!(f, "M{foreign} is said to be of C{customer}")?;
                invoice.map_or(Ok(()), |invoice| write!(f, ", for I{invoice}"))
            }
            Self::Apply { money, invoice, percent } => write!(f, "apply {percent} % of {money} to I{invoice}"),
            Self::Unapply { money, place, percent } => write!(f, "take {percent} % of part {place} of {money} back"),
            Self::Move { money, place, invoice, percent } => {
                write!(f, "move {percent} % of part {place} of {money} to I{invoice}")
            }
            Self::HandOver { money, customer } => write!(f, "hand {money} over to C{customer}"),
            Self::CloseReview { money } => write!(f, "close a review of {money}"),
            _ => self.tell_of_credit(f),
        }
    }
}

impl Step {
    /// Steps about credit, and what is not expected any more.
    fn tell_of_credit(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credit { note, customer, currency, minor, invoice } => {
                write!(f, "credit note N{note} to C{customer}: {}", plain(*minor, *currency))?;
                invoice.map_or(Ok(()), |invoice| write!(f, ", for I{invoice}"))
            }
            Self::ApplyCredit { note, invoice, percent } => write!(f, "apply {percent} % of N{note} to I{invoice}"),
            Self::UnapplyCredit { note, percent } => write!(f, "take {percent} % of N{note} back"),
            Self::PayOutCredit { outgoing, customer, currency, percent } => {
                write!(
                    f,
                    "pay {percent} % of C{customer}'s credit in currency {currency} out by the bank, as O{outgoing}"
                )
            }
            Self::RefundCredit { order, customer, currency, percent } => {
                write!(
                    f,
                    "pay {percent} % of C{customer}'s credit in currency {currency} out by the provider, as R{order}"
                )
            }
            Self::ReversePayout { outgoing } => write!(f, "the bank sends O{outgoing} back"),
            Self::RefundSuspense { order, payment, percent } => {
                write!(f, "order R{order}: {percent} % of what P{payment} has in suspense is refunded")
            }
            Self::WriteOff { invoice } => write!(f, "write I{invoice} off"),
            Self::BadDebt { invoice, percent } => write!(f, "write {percent} % of I{invoice} off as a bad debt"),
            Self::TakeBack { invoice, percent } => write!(f, "take {percent} % of the write-off of I{invoice} back"),
            _ => self.tell_of_banks(f),
        }
    }

    fn tell_of_banks(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transfer { payment, percent } => write!(f, "pay P{payment} by transfer, {percent} % of it at once"),
            Self::Arrive { payment, percent } => {
                write!(f, "{percent} % of what the transfer of P{payment} waits for arrives")
            }
            Self::ArriveIn { payment, currency, minor } => {
                write!(f, "{} arrives for P{payment}, besides", plain(*minor, *currency))
            }
            Self::PayOut => f.write_str("the provider pays out"),
            Self::PayOutByHand { percent, instant } => {
                let how = if *instant { "at once" } else { "by hand" };
                write!(f, "the business pays out {percent} % {how}")
            }
            Self::ReturnPayout { pick } => write!(f, "the bank sends a payout back ({pick})"),
            Self::Save { method, customer, debit } => {
                let what = if *debit { "an account to be debited" } else { "a card" };
                write!(f, "C{customer} leaves {what}: D{method}")
            }
            Self::Die { method, removed: true } => write!(f, "D{method} is removed"),
            Self::Die { method, removed: false } => write!(f, "the authority behind D{method} ends"),
            _ => self.tell_of_trouble(f),
        }
    }

    fn tell_of_trouble(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outage { of_mail, after, requests, status, carried_out } => {
                let whose = if *of_mail { "the post" } else { "the provider" };
                let how =
                    if *carried_out { "carried out and not answered".to_owned() } else { format!("answered {status}") };
                write!(f, "{whose}: {after} requests go well, then {requests} are {how}")
            }
            Self::Advance { minutes } => write!(f, "{minutes} minutes go by"),
            Self::Drain => f.write_str("all is done that can be"),
            Self::Chaos { duplicate, drop, delay_ms, reorder } => {
                let order = if *reorder { ", any order" } else { "" };
                write!(f, "chaos: {duplicate} % twice, {drop} % dropped, up to {delay_ms} ms late{order}")
            }
            Self::Crash { after, calls, carried_out } => {
                let done = if *carried_out { "carried out" } else { "not carried out" };
                write!(f, "from now {after} calls go well, then {calls} are lost, {done}")
            }
            Self::Fault(fault) => write!(f, "{fault}"),
            Self::Rivals { pick } => write!(f, "two workers at once on the same events ({pick})"),
            Self::Meanwhile => f.write_str("while the workers are at it"),
            Self::Older { older: true } => f.write_str("events come in an older shape"),
            Self::Older { older: false } => f.write_str("events come in the present shape"),
            Self::Sweep => f.write_str("the provider's list of events is swept"),
            _ => f.write_str(self.kind()),
        }
    }

    /// The name of its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Invoice { .. } => "invoice",
            Self::Start { .. } => "start",
            Self::Charge { .. } => "charge",
            Self::Enter { .. } => "enter",
            Self::Look { .. } => "look",
            Self::Refund { .. } => "refund",
            Self::OrderRefund { .. } => "order_refund",
            Self::ProviderRefunds { .. } => "provider_refunds",
            Self::AnswerRefund { .. } => "answer_refund",
            Self::Dispute { .. } => "dispute",
            Self::Verdict { .. } => "verdict",
            Self::Foreign { .. } => "foreign",
            Self::Identify { .. } => "identify",
            Self::Credit { .. } => "credit",
            Self::ApplyCredit { .. } => "apply_credit",
            Self::UnapplyCredit { .. } => "unapply_credit",
            Self::PayOutCredit { .. } => "pay_out_credit",
            Self::RefundCredit { .. } => "refund_credit",
            Self::ReversePayout { .. } => "reverse_payout",
            Self::RefundSuspense { .. } => "refund_suspense",
            Self::WriteOff { .. } => "write_off",
            Self::BadDebt { .. } => "bad_debt",
            Self::TakeBack { .. } => "take_back",
            Self::Apply { .. } => "apply",
            Self::Unapply { .. } => "unapply",
            Self::Move { .. } => "move",
            Self::HandOver { .. } => "hand_over",
            Self::CloseReview { .. } => "close_review",
            Self::Advance { .. } => "advance",
            Self::Drain => "settle",
            Self::Chaos { .. } => "chaos",
            Self::Crash { .. } => "crash",
            Self::Fault(fault) => fault.kind(),
            Self::Rivals { .. } => "rivals",
            Self::Transfer { .. } => "transfer",
            Self::Arrive { .. } => "arrive",
            Self::ArriveIn { .. } => "arrive_in",
            Self::PayOut => "pay_out",
            Self::PayOutByHand { .. } => "pay_out_by_hand",
            Self::ReturnPayout { .. } => "return_payout",
            Self::Save { .. } => "save",
            Self::Die { .. } => "die",
            Self::Outage { of_mail: true, .. } => "outage_mail",
            Self::Outage { of_mail: false, .. } => "outage_stripe",
            Self::Meanwhile => "meanwhile",
            Self::Older { .. } => "older",
            Self::Sweep => "sweep",
        }
    }
}
