//! The faults of AWS and of the provider as steps: what DynamoDB, its streams, Lambda, SES and Stripe do on a bad day.

use std::fmt;

use local_aws::mailbox::Condition as MailCondition;
use local_aws::table::faults::Refusal;
use stripe_sandbox::Condition as StripeCondition;

/// A fault that begins, or happens once. Its `Display` says it in words.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of each fault are its Display")]
pub enum Fault {
    Lag { writes: usize },
    Pages { items: usize },
    Tear { percent: usize, reads: usize },
    Slow { percent: usize },
    Refuse { after: usize, calls: usize, refusal: Refusal },
    Disturb { how: Disturbance, percent: usize },
    WorkerOff { of_inbox: bool },
    WorkerOn { of_inbox: bool, lost: bool },
    PutAside { of_inbox: bool, records: usize },
    EndWorker { after: usize, carried_out: bool },
    EndTimer { after: usize, carried_out: bool },
    TwoTimers,
    Mail { condition: MailCondition, hours: i64 },
    Stripe { condition: StripeCondition, hours: i64 },
}

/// How the delivery of stream records goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disturbance {
    Twice,
    Late,
    Unanswered,
    Short,
}

impl Disturbance {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Twice, Self::Late, Self::Unanswered, Self::Short];
}

/// The refusals that pass by themselves. The others last until a person acts.
pub(crate) const REFUSALS: [Refusal; 13] = [
    Refusal::Conflict,
    Refusal::Throttled,
    Refusal::Exceeded,
    Refusal::Mixed,
    Refusal::InProgress,
    Refusal::ConflictOfWrite,
    Refusal::LeftOver,
    Refusal::SlowDown,
    Refusal::ThroughputExceeded,
    Refusal::LimitExceeded,
    Refusal::Failed,
    Refusal::Unavailable,
    Refusal::Expired,
];

/// The names of the kinds, as [`Fault::kind`] gives them, and of what only happens under others.
pub(crate) const FAULT_KINDS: [&str; 42] = [
    "lag",
    "pages",
    "tear",
    "conflict",
    "slow",
    "refuse_conflict",
    "refuse_throttled",
    "refuse_exceeded",
    "refuse_mixed",
    "refuse_in_progress",
    "refuse_conflict_of_write",
    "refuse_left_over",
    "refuse_slow_down",
    "refuse_throughput",
    "refuse_limit",
    "refuse_failed",
    "refuse_unavailable",
    "refuse_expired",
    "refuse_denied",
    "refuse_no_table",
    "twice",
    "late",
    "unanswered",
    "short",
    "worker_off",
    "gap",
    "put_aside",
    "mail_daily_quota",
    "mail_sending_rate",
    "mail_account_paused",
    "mail_identity",
    "mail_from",
    "mail_denied",
    "mail_fails_after_taking",
    "stripe_key_refused",
    "stripe_rate_limited",
    "stripe_unavailable",
    "stripe_times_out",
    "stripe_times_out_afterwards",
    "end_worker",
    "end_timer",
    "two_timers",
];

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = |carried_out: bool| if carried_out { "after" } else { "before" };
        let stream = |of_inbox: bool| if of_inbox { "the inbox's stream" } else { "the core table's stream" };
        match self {
            Self::Lag { writes } => write!(f, "the indexes lag by up to {writes} writes"),
            Self::Pages { items } => write!(f, "a page of a query ends after {items} items"),
            Self::Tear { percent, reads } => {
                write!(f, "{percent} % of transactions are seen half done, until {reads} readers have met them")
            }
            Self::Slow { percent } => write!(f, "{percent} % of calls are answered late"),
            Self::Refuse { after, calls, refusal } => {
                let of = if refusal.is_of_transactions() { "transactions" } else { "calls" };
                write!(f, "from now {after} {of} go well, then {calls} are refused: {}", refusal.as_str())
            }
            Self::Disturb { how, percent } => {
                let how = match how {
                    Disturbance::Twice => "come again though they were handled",
                    Disturbance::Late => "come late",
                    Disturbance::Unanswered => "are handled without an answer, and come again in halves",
                    Disturbance::Short => "are cut short",
                };
                write!(f, "{percent} % of the streams' batches {how}")
            }
            Self::WorkerOff { of_inbox } => write!(f, "the worker of {} is switched off", stream(*of_inbox)),
            Self::WorkerOn { of_inbox, lost: false } => {
                write!(f, "the worker of {} is switched on", stream(*of_inbox))
            }
            Self::WorkerOn { of_inbox, lost: true } => {
                write!(f, "the worker of {} is switched on, and all that came meanwhile is gone", stream(*of_inbox))
            }
            Self::PutAside { of_inbox, records } => {
                write!(f, "{records} records of {} fail every retry", stream(*of_inbox))
            }
            Self::EndWorker { after, carried_out } => {
                write!(f, "the stream's worker is ended {} its call {}", done(*carried_out), after + 1)
            }
            Self::EndTimer { after, carried_out } => {
                write!(f, "the timer runs and is ended {} its call {}", done(*carried_out), after + 1)
            }
            Self::TwoTimers => f.write_str("two timers run at once"),
            Self::Mail { condition, hours } => write!(f, "for {hours} hours {}", mail_words(*condition)),
            Self::Stripe { condition, hours } => {
                write!(f, "for {hours} hours the provider {}", stripe_words(*condition))
            }
        }
    }
}

impl Fault {
    /// The name of its kind.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Lag { .. } => "lag",
            Self::Pages { .. } => "pages",
            Self::Tear { .. } => "tear",
            Self::Slow { .. } => "slow",
            Self::Refuse { refusal, .. } => refusal_kind(*refusal),
            Self::Disturb { how: Disturbance::Twice, .. } => "twice",
            Self::Disturb { how: Disturbance::Late, .. } => "late",
            Self::Disturb { how: Disturbance::Unanswered, .. } => "unanswered",
            Self::Disturb { how: Disturbance::Short, .. } => "short",
            Self::WorkerOff { .. } | Self::WorkerOn { lost: false, .. } => "worker_off",
            Self::WorkerOn { lost: true, .. } => "gap",
            Self::PutAside { .. } => "put_aside",
            Self::EndWorker { .. } => "end_worker",
            Self::EndTimer { .. } => "end_timer",
            Self::TwoTimers => "two_timers",
            Self::Mail { condition, .. } => mail_kind(*condition),
            Self::Stripe { condition, .. } => stripe_kind(*condition),
        }
    }

    /// Whether a verb may fail from now on, or a mail's fate become unknown.
    pub(crate) fn shakes(&self) -> bool {
        match self {
            Self::Tear { .. }
            | Self::Refuse { .. }
            | Self::EndWorker { .. }
            | Self::EndTimer { .. }
            | Self::Mail { .. }
            | Self::Stripe { .. }
            | Self::Disturb { how: Disturbance::Unanswered | Disturbance::Twice, .. }
            | Self::PutAside { .. } => true,
            Self::Lag { .. }
            | Self::Pages { .. }
            | Self::Slow { .. }
            | Self::Disturb { .. }
            | Self::WorkerOff { .. }
            | Self::WorkerOn { .. }
            | Self::TwoTimers => false,
        }
    }
}

pub(crate) fn refusal_kind(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Conflict => "refuse_conflict",
        Refusal::Throttled => "refuse_throttled",
        Refusal::Exceeded => "refuse_exceeded",
        Refusal::Mixed => "refuse_mixed",
        Refusal::InProgress => "refuse_in_progress",
        Refusal::ConflictOfWrite => "refuse_conflict_of_write",
        Refusal::LeftOver => "refuse_left_over",
        Refusal::SlowDown => "refuse_slow_down",
        Refusal::ThroughputExceeded => "refuse_throughput",
        Refusal::LimitExceeded => "refuse_limit",
        Refusal::Failed => "refuse_failed",
        Refusal::Unavailable => "refuse_unavailable",
        Refusal::Denied => "refuse_denied",
        Refusal::NoTable => "refuse_no_table",
        Refusal::Expired => "refuse_expired",
    }
}

pub(crate) fn mail_kind(condition: MailCondition) -> &'static str {
    match condition {
        MailCondition::DailyQuota => "mail_daily_quota",
        MailCondition::SendingRate => "mail_sending_rate",
        MailCondition::AccountPaused => "mail_account_paused",
        MailCondition::IdentityNotVerified => "mail_identity",
        MailCondition::MailFromNotVerified => "mail_from",
        MailCondition::Denied => "mail_denied",
        MailCondition::FailsAfterTaking => "mail_fails_after_taking",
    }
}

pub(crate) fn stripe_kind(condition: StripeCondition) -> &'static str {
    match condition {
        StripeCondition::KeyRefused => "stripe_key_refused",
        StripeCondition::RateLimited => "stripe_rate_limited",
        StripeCondition::Unavailable => "stripe_unavailable",
        StripeCondition::TimesOut => "stripe_times_out",
        StripeCondition::TimesOutAfterwards => "stripe_times_out_afterwards",
    }
}

fn mail_words(condition: MailCondition) -> &'static str {
    match condition {
        MailCondition::DailyQuota => "the day's quota of mails is used up",
        MailCondition::SendingRate => "mails are refused for coming too fast",
        MailCondition::AccountPaused => "the mail account is paused",
        MailCondition::IdentityNotVerified => "the sender's address is not verified",
        MailCondition::MailFromNotVerified => "the domain of MAIL FROM is not verified",
        MailCondition::Denied => "the role may not send mails",
        MailCondition::FailsAfterTaking => "mails are taken and answered with an error",
    }
}

fn stripe_words(condition: StripeCondition) -> &'static str {
    match condition {
        StripeCondition::KeyRefused => "refuses the key",
        StripeCondition::RateLimited => "refuses because of too many requests",
        StripeCondition::Unavailable => "is down",
        StripeCondition::TimesOut => "does nothing and does not answer",
        StripeCondition::TimesOutAfterwards => "does what it is asked and does not answer",
    }
}
