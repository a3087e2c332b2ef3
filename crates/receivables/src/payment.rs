//! Payments: the customer's money moving to us, one attempt at one amount.
//!
//! A payment's state, cash and allocations are a fold over what the provider has said ([`apply_reports`]); what is entered in the
//! ledger is the difference between the fold before and after. Saying the same thing twice therefore moves nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::allocation::Allocation;
use crate::currency::Currency;
use crate::ids::{BusinessId, CustomerId, InvoiceId, PayLinkId, PaymentId};
use crate::invoice::{HolderId, InvoiceHead};
use crate::locale::Locale;
use crate::money::Money;
use crate::provider_object::{ObjectId, Provider, ProviderState};

mod accessors;
mod cash;
mod cash_moves;
mod charge;
mod charge_rule;
mod credit_payouts;
mod decline;
mod external;
mod facts;
mod fold;
mod instrument;
mod page_refusals;
mod payable;
mod refund_answers;
mod refund_meaning;
mod refunds;
mod reviews;
mod start;
mod state;
mod stored;

pub use cash::PaymentCash;
pub use cash_moves::{HandOverRefusal, MoveRefusal, apply, hand_over, move_cash, unapply};
pub use charge::{asked_instead, charge_answered, charge_not_made};
pub use charge_rule::ChargeRule;
pub use credit_payouts::{CreditRefund, refund_credit};
pub use decline::{Decline, DeclineReason, Remedy};
pub use external::{ExternalPayment, mention_cash, mention_transfer, mentioned_cash, start_external};
pub use fold::{
    OpenPages, abandon, apply_reports, is_as_folded, next_poll, next_step, place_remainder, placeable_on, regular_poll,
    remainder, settle_again,
};
pub use instrument::{Charge, Checkout, HostedPage, Instead, Instrument};
pub use page_refusals::{PageRefusal, page_refused};
pub use payable::OnlinePayable;
pub use refund_answers::{REFUND_ANSWERS_PER_PAYMENT_MAX, answer_refund};
pub(crate) use refund_meaning::NewCredit;
pub use refund_meaning::{
    CREDITED_PER_REFUND_MAX, NotCredited, NoteOfRefund, RefundAnswer, RefundCredit, RefundMeaning, UnansweredRefund,
};
pub use refunds::{REFUNDS_PER_PAYMENT_MAX, RefundOrder, RefundRefusal, RefundRequest, order_refund, refund_refused};
pub use reviews::{Review, ReviewKind, ReviewRefusal, close_review};
pub use start::{PAGE_OPEN_FOR, StartRefusal, start};
pub use state::{
    Announcement, POLL_AFTER_CHARGE, POLL_AFTER_PROCESSING, POLL_AFTER_START, POLL_CHARGE_AT_LEAST, Progress, State,
    Transition, transition,
};
use state::{charge_poll_delay, poll_delay};
pub use stored::{Inconsistent, StoredPayment};

/// Invoices that one payment can cover.
pub const ALLOCATIONS_PER_PAYMENT_MAX: usize = 1000;

/// A payment, its allocations and all that the provider reported of it.
///
/// Only the books change one: outside this module it is read, or made again of what was [stored](StoredPayment).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    id: PaymentId,
    business: BusinessId,
    customer: CustomerId,
    provider: Provider,
    amount: Money,
    allocations: Vec<Allocation>,
    origin: Origin,
    locale: Locale,
    started_at: Timestamp,
    instrument: Instrument,
    provider_state: ProviderState,
    progress: Progress,
    cash: PaymentCash,
    proposed: bool,
    unfinished: bool,
    refunds: Vec<RefundOrder>,
    refund_answers: Vec<RefundAnswer>,
    reviews_closed: Vec<String>,
    next_poll_at: Option<Timestamp>,
    version: u64,
}

/// How the payer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// By a pay link.
    PayLink(PayLinkId),
    /// Signed in to the portal.
    Portal,
    /// The business started it for them.
    Api,
    /// It was not started here: the provider told us of money of theirs.
    Provider,
}

/// What a payer, or the business for them, asks for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Drawn when the page was rendered.
    pub id: PaymentId,
    /// The saved method to charge at once; without one the payer is sent to a hosted page.
    pub method: Option<ChosenMethod>,
    /// Who is to take the money.
    pub provider: Provider,
    /// How the payer came.
    pub origin: Origin,
    /// The language and habits of writing for the payer's pages and mails.
    pub locale: Locale,
    /// The invoices, and how much for each, in the payer's order.
    pub parts: Vec<(InvoiceHead, Money)>,
    /// What the provider can charge in the currency.
    pub rule: ChargeRule,
}

/// A saved method that is to be charged, as its provider knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenMethod {
    /// The provider's id of it.
    pub id: ObjectId,
    /// What it is, in the provider's word.
    pub kind: Option<String>,
    /// The provider's customer whose it is.
    pub customer: ObjectId,
}

/// What is known of a payment when it begins.
struct Opening {
    id: PaymentId,
    business: BusinessId,
    customer: CustomerId,
    provider: Provider,
    origin: Origin,
    locale: Locale,
    amount: Money,
    instrument: Instrument,
}

impl Payment {
    /// What of a transfer has arrived, before it is whole; `None` where nothing has, or nothing more is waited for.
    pub fn arrived(&self) -> Option<Money> {
        let waits = matches!(self.state(), State::Started | State::NeedsAction | State::Processing);
        let funded = self.provider_state.fold().funded.in_currency(self.currency());
        (waits && !funded.is_zero()).then_some(funded)
    }

    /// The currency of every amount of it.
    pub fn currency(&self) -> Currency {
        self.amount.currency()
    }

    /// Whether it asks for the same as another request would: the same invoices, the same amounts.
    pub fn asks_for(&self, parts: &[(InvoiceId, Money)]) -> bool {
        self.allocations.len() == parts.len()
            && self
                .allocations
                .iter()
                .zip(parts)
                .all(|(known, (invoice, part))| known.invoice == *invoice && known.intended == *part)
    }

    /// The payment with its invoices as they stand now, for deciding again after another's change came first.
    #[must_use]
    pub fn with_current_invoices(mut self, fresh: &BTreeMap<InvoiceId, InvoiceHead>) -> Self {
        let own = HolderId::from(&self.id);
        for allocation in &mut self.allocations {
            allocation.refresh(fresh, Some(&own));
        }
        self
    }

    /// A payment of which no report has come and to which nothing is allocated yet.
    fn blank(opening: Opening, now: Timestamp) -> Self {
        let Opening { id, business, customer, provider, origin, locale, amount, instrument } = opening;
        Self {
            id,
            business,
            customer,
            provider,
            amount,
            allocations: Vec::new(),
            origin,
            locale,
            started_at: now,
            instrument,
            provider_state: ProviderState::default(),
            progress: Progress::Started,
            cash: PaymentCash::none(amount.currency()),
            proposed: false,
            unfinished: false,
            refunds: Vec::new(),
            refund_answers: Vec::new(),
            reviews_closed: Vec::new(),
            next_poll_at: None,
            version: 0,
        }
    }

    /// What is ours of the money that came: received, less what went back.
    pub fn cash(&self) -> Money {
        self.cash.ours()
    }

    /// What of the unapplied the books apply once something becomes payable: nothing while the payment is being worked off, and not
    /// what is kept or is about to be sent back.
    pub fn free(&self) -> Money {
        if self.unfinished {
            return Money::zero(self.currency());
        }
        self.cash.unapplied.less(self.cash.kept).less(self.going_out())
    }

    /// The word for how it stands: of a settled payment that went back, that it did.
    pub fn status(&self) -> &'static str {
        if self.state() == State::Settled && self.cash.received.is_zero() && !self.cash.returned.is_zero() {
            return "returned";
        }
        if self.state() != State::Settled || self.cash.received.is_zero() || !self.cash().is_zero() {
            self.state().as_str()
        } else if !self.cash.charged_back.is_zero() {
            "charged_back"
        } else if !self.cash.refunded.is_zero() {
            "refunded"
        } else {
            // The business sent it back by its bank.
            "paid_out"
        }
    }
}
