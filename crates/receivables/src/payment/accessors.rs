//! What may be read of a payment.

use jiff::Timestamp;

use super::{Instrument, Origin, Payment, RefundAnswer, RefundOrder, State};
use crate::allocation::Allocation;
use crate::ids::{BusinessId, CustomerId, PaymentId};
use crate::locale::Locale;
use crate::money::Money;
use crate::provider_object::{Provider, ProviderState};

impl Payment {
    /// Our id, drawn when the page was rendered; it is the idempotency key of everything done for the payment.
    pub fn id(&self) -> &PaymentId {
        &self.id
    }

    /// The business that it belongs to.
    pub fn business(&self) -> &BusinessId {
        &self.business
    }

    /// The customer on whose account it stands.
    pub fn customer(&self) -> &CustomerId {
        &self.customer
    }

    /// Who takes the money.
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// How much was asked for: the sum of what is intended.
    pub fn amount(&self) -> Money {
        self.amount
    }

    /// What it is for: first what the payer chose, in their order, then what the books or an operator found for the rest.
    pub fn allocations(&self) -> &[Allocation] {
        &self.allocations
    }

    /// The door by which the payer came.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The language and habits of writing for the payer's pages and mails.
    pub fn locale(&self) -> Locale {
        self.locale
    }

    /// The instant at which the payer asked for it, or at which the provider first reported it.
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// By what its money is asked for.
    pub fn instrument(&self) -> &Instrument {
        &self.instrument
    }

    /// What the provider has said.
    pub fn provider_state(&self) -> &ProviderState {
        &self.provider_state
    }

    /// The last state that the table of states let it reach.
    pub fn state(&self) -> State {
        self.progress.state()
    }

    /// When the funds became ours.
    pub fn settled_at(&self) -> Option<Timestamp> {
        self.progress.settled_at()
    }

    /// Whether it was announced that the money came, which waits until all of it has its place.
    pub fn settlement_announced(&self) -> bool {
        self.progress.settlement_announced()
    }

    /// The money that came, before anything of it went back.
    pub fn received(&self) -> Money {
        self.cash.received
    }

    /// What had come and was returned by the payer's bank; it is not among what was received any more.
    pub fn returned(&self) -> Money {
        self.cash.returned
    }

    /// What of it was sent back to the payer, or is on its way there.
    pub fn refunded(&self) -> Money {
        self.cash.refunded
    }

    /// What of it the issuer has taken back.
    pub fn charged_back(&self) -> Money {
        self.cash.charged_back
    }

    /// What of it the business sent back by its bank, and not through the provider.
    pub fn paid_out(&self) -> Money {
        self.cash.paid_out
    }

    /// What is ours of it and covers no invoice.
    pub fn unapplied(&self) -> Money {
        self.cash.unapplied
    }

    /// What has gone back already but still stands on invoices, while the payment is being worked off in steps.
    pub fn to_reclaim(&self) -> Money {
        self.cash.to_reclaim
    }

    /// What of the unapplied is left as it is until something becomes payable: no open invoice was there for it, or it is kept.
    pub fn on_account(&self) -> Money {
        self.cash.on_account
    }

    /// What of the unapplied an operator left there on purpose: the books apply none of it.
    pub fn kept(&self) -> Money {
        self.cash.kept
    }

    /// Money that came in another currency, kept aside until someone has looked.
    pub fn suspense(&self) -> &[Money] {
        &self.cash.suspense
    }

    /// Another program's payment of a known customer, of which nothing says what it is for: all of it is kept until a person says, or
    /// it is heard to be a bank transfer.
    pub fn proposed(&self) -> bool {
        self.proposed
    }

    /// There is more to place than one transaction carries, or invoices are to be found for what is left.
    pub fn unfinished(&self) -> bool {
        self.unfinished
    }

    /// What we asked the provider to send back.
    pub fn refunds(&self) -> &[RefundOrder] {
        &self.refunds
    }

    /// What was said of refunds that were made at the provider.
    pub fn refund_answers(&self) -> &[RefundAnswer] {
        &self.refund_answers
    }

    /// Reviews that a person has closed, by name.
    pub fn reviews_closed(&self) -> &[String] {
        &self.reviews_closed
    }

    /// When to ask the provider, should no report come before; none once there is nothing to wait for.
    pub fn next_poll_at(&self) -> Option<Timestamp> {
        self.next_poll_at
    }

    /// Rises by one with each change; a change is written only over the version that it was decided on.
    pub fn version(&self) -> u64 {
        self.version
    }
}
