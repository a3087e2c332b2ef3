//! The states of a payment, and the table of what becomes of one.

use jiff::{SignedDuration, Timestamp};

/// How long a payer may be on the hosted page before the provider is asked.
pub const POLL_AFTER_START: SignedDuration = SignedDuration::from_mins(15);
/// How soon the provider is asked again about a charge of which no answer came. Whoever requested it may still be waiting.
pub const POLL_AFTER_CHARGE: SignedDuration = SignedDuration::from_mins(2);
/// How rarely, at most: the provider must be asked while it still knows the idempotency key.
pub const POLL_CHARGE_AT_LEAST: SignedDuration = SignedDuration::from_hours(1);
/// How often the provider is asked about money that is on its way.
pub const POLL_AFTER_PROCESSING: SignedDuration = SignedDuration::from_hours(24);

/// How a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// The payer was sent to pay.
    Started,
    /// The payer must do something more, such as authenticate.
    NeedsAction,
    /// The money is on its way, which takes days with a bank debit.
    Processing,
    /// The funds are ours.
    Settled,
    /// The money did not come.
    Failed,
    /// The payer, or time, gave it up.
    Cancelled,
}

impl State {
    /// All of them, in the order of a payment's life.
    pub const ALL: [Self; 6] =
        [Self::Started, Self::NeedsAction, Self::Processing, Self::Settled, Self::Failed, Self::Cancelled];

    /// The word for it in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::NeedsAction => "needs_action",
            Self::Processing => "processing",
            Self::Settled => "settled",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether the payer could still pay on the hosted page.
    pub fn checkout_is_live(self) -> bool {
        match self {
            Self::Started | Self::NeedsAction => true,
            Self::Processing | Self::Settled | Self::Failed | Self::Cancelled => false,
        }
    }
}

/// How a payment stands, with what belongs to that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// As [`State::Started`].
    Started,
    /// As [`State::NeedsAction`].
    NeedsAction,
    /// As [`State::Processing`].
    Processing,
    /// The funds are ours.
    Settled {
        /// Since when.
        at: Timestamp,
        /// Whether that was announced.
        announced: bool,
    },
    /// As [`State::Failed`].
    Failed,
    /// As [`State::Cancelled`].
    Cancelled,
}

impl Progress {
    /// `None` where a settled one has no instant, or another has one or was announced as settled.
    pub(super) fn of(state: State, settled_at: Option<Timestamp>, announced: bool) -> Option<Self> {
        match (state, settled_at) {
            (State::Settled, Some(at)) => Some(Self::Settled { at, announced }),
            (State::Started, None) if !announced => Some(Self::Started),
            (State::NeedsAction, None) if !announced => Some(Self::NeedsAction),
            (State::Processing, None) if !announced => Some(Self::Processing),
            (State::Failed, None) if !announced => Some(Self::Failed),
            (State::Cancelled, None) if !announced => Some(Self::Cancelled),
            (
                State::Started
                | State::NeedsAction
                | State::Processing
                | State::Settled
                | State::Failed
                | State::Cancelled,
                _,
            ) => None,
        }
    }

    /// On to a state, at an instant.
    pub(super) fn reached(state: State, now: Timestamp) -> Self {
        match state {
            State::Started => Self::Started,
            State::NeedsAction => Self::NeedsAction,
            State::Processing => Self::Processing,
            State::Settled => Self::Settled { at: now, announced: false },
            State::Failed => Self::Failed,
            State::Cancelled => Self::Cancelled,
        }
    }

    /// The word for it.
    pub fn state(self) -> State {
        match self {
            Self::Started => State::Started,
            Self::NeedsAction => State::NeedsAction,
            Self::Processing => State::Processing,
            Self::Settled { .. } => State::Settled,
            Self::Failed => State::Failed,
            Self::Cancelled => State::Cancelled,
        }
    }

    /// Since when the funds are ours.
    pub fn settled_at(self) -> Option<Timestamp> {
        match self {
            Self::Settled { at, .. } => Some(at),
            Self::Started | Self::NeedsAction | Self::Processing | Self::Failed | Self::Cancelled => None,
        }
    }

    /// Whether it was announced that they are.
    pub fn settlement_announced(self) -> bool {
        match self {
            Self::Settled { announced, .. } => announced,
            Self::Started | Self::NeedsAction | Self::Processing | Self::Failed | Self::Cancelled => false,
        }
    }

    /// Remembers that it was announced.
    pub(super) fn settlement_was_announced(&mut self) {
        match self {
            Self::Settled { announced, .. } => *announced = true,
            Self::Started | Self::NeedsAction | Self::Processing | Self::Failed | Self::Cancelled => {}
        }
    }
}

/// What new reports make of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// It moves on, and this is announced.
    Announce(Announcement),
    /// The reported state is the one that it has.
    AlreadyThere,
    /// The report came too late to change anything.
    Ignored,
}

/// What is announced of a payment that moves on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announcement {
    /// The fact `payment.needs_action`.
    NeedsAction,
    /// The fact `payment.processing`.
    Processing,
    /// The fact `payment.settled`.
    Settled,
    /// The fact `payment.failed`.
    Failed,
    /// The fact `payment.cancelled`.
    Cancelled,
}

/// The state table. A later failure never takes back money that came; money that comes late is always taken.
pub fn transition(from: State, to: State) -> Transition {
    use Announcement as A;
    use State as S;
    use Transition::{AlreadyThere, Announce, Ignored};
    match (from, to) {
        (S::Started, S::Started)
        | (S::NeedsAction, S::NeedsAction)
        | (S::Processing, S::Processing)
        | (S::Settled, S::Settled)
        | (S::Failed, S::Failed)
        | (S::Cancelled, S::Cancelled) => AlreadyThere,
        (S::Started, S::NeedsAction) => Announce(A::NeedsAction),
        (S::Started | S::NeedsAction | S::Failed | S::Cancelled, S::Processing) => Announce(A::Processing),
        (S::Started | S::NeedsAction | S::Processing | S::Failed | S::Cancelled, S::Settled) => Announce(A::Settled),
        (S::Started | S::NeedsAction | S::Processing, S::Failed) => Announce(A::Failed),
        (S::Started | S::NeedsAction | S::Processing | S::Failed, S::Cancelled) => Announce(A::Cancelled),
        (S::NeedsAction | S::Processing | S::Settled | S::Failed | S::Cancelled, S::Started)
        | (S::Processing | S::Settled | S::Failed | S::Cancelled, S::NeedsAction)
        | (S::Settled, S::Processing | S::Failed | S::Cancelled)
        | (S::Cancelled, S::Failed) => Ignored,
    }
}

/// When to ask the provider about a charge that stands so: after two minutes where no answer came, and then ever more rarely.
pub(super) fn charge_poll_delay(state: State, requested_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    match state {
        State::Started | State::NeedsAction => {
            let wait = now.duration_since(requested_at).clamp(POLL_AFTER_CHARGE, POLL_CHARGE_AT_LEAST);
            Some(now.saturating_add(wait).unwrap_or(Timestamp::MAX))
        }
        State::Processing | State::Settled | State::Failed | State::Cancelled => poll_delay(state, requested_at, now),
    }
}

/// When to ask the provider about a payment that stands so: an open page after a quarter of an hour and then ever more
/// rarely, a bank debit daily, what is at rest never.
pub(super) fn poll_delay(state: State, started_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let wait = match state {
        State::Started | State::NeedsAction => {
            now.duration_since(started_at).clamp(POLL_AFTER_START, POLL_AFTER_PROCESSING)
        }
        State::Processing => POLL_AFTER_PROCESSING,
        State::Settled | State::Failed | State::Cancelled => return None,
    };
    Some(now.saturating_add(wait).unwrap_or(Timestamp::MAX))
}
