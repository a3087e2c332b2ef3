//! The verbs: one file per thing the business does. Each loads, lets the books decide, commits, and acts.
//!
//! A verb may be carried out any number of times with the same effect: what it does outside (a checkout, a mail) has a
//! idempotency key, and what it writes is conditional on what it read. No rule of who owes what lives here, and no amount is
//! computed here.

mod audit;
mod businesses;
mod cash_moves;
mod credit_notes;
mod customers;
mod due;
mod error;
mod events;
mod exports;
mod facts;
mod import;
mod invoices;
mod links;
mod methods;
mod payments;
mod payouts;
mod refunds;
mod replay;
mod sign_in;
mod sweep;
mod verify;
mod write_offs;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use audit::seal_audit;
pub use businesses::set_write_off_tolerances;
pub use cash_moves::{CashPart, apply_cash, close_review, hand_over, move_cash, proposals_for, unapply_cash};
pub use credit_notes::{NewCreditNote, apply_credit_note, issue_credit_note, unapply_credit_note};
pub use customers::{Registered, register_customer};
pub use due::{DueRun, run_due};
pub use error::OperationError;
pub use events::{Applied, apply_provider_event, identify, replay_event};
pub use exports::{EXPORT_DAYS_MAX, ExportedPayment, exported_payments, journal};
pub use facts::{publish_fact, send_sign_in_mail};
pub use import::{
    IMPORT_BYTES_MAX, IMPORT_ERRORS_SHOWN_MAX, IMPORT_ROWS_MAX, ImportError, ImportIds, ImportReport, Progress,
    check_import, import_invoices,
};
pub use invoices::{Issued, issue_invoice, issue_pay_link, revoke_pay_link};
pub use links::Links;
pub use payments::{StartPayment, Started, payable_online, poll_payment, start_payment};
pub use refunds::{NewRefund, order_refund};
pub use replay::{Replay, Replayed, replay_events};
pub use sign_in::{SignInProof, SignInRequest, complete_sign_in, request_sign_in, sign_out};
pub use sweep::{Swept, put_business, sweep_provider_events, watch};
pub use verify::{BooksProof, verify_books};
pub use write_offs::{take_back_write_off, write_off};

use receivables::text::Description;
use receivables::{Actor, Business, BusinessId, Decision};
use store::{CommitContext, CommitOutcome, Store};

/// Something that a person does to the books.
#[derive(Clone, Debug)]
pub struct OperatorAction {
    /// Names it among the business's acts. A request that is tried again has the same name, and so is decided once.
    pub name: String,
    /// Why: the audit keeps it.
    pub reason: Description,
}

/// The rooms a verb works with.
#[derive(Clone, Debug)]
pub struct Context {
    /// The tables.
    pub store: Store,
    /// Stripe.
    pub stripe: payment_gateway::stripe::requests::Client,
    /// Whether the key at Stripe moves real money; an event of the other mode changes nothing.
    pub livemode: bool,
    /// Sends mail.
    pub mailer: mail::Sender,
    /// Addresses and the tokens in them.
    pub links: Links,
    /// On whose behalf the verb is carried out.
    pub actor: Actor,
    /// What of theirs is carried out, where they are a person.
    pub act: Option<OperatorAction>,
    /// Names this process and its tries, so that a claim whose answer was lost is known again.
    pub worker: WorkerId,
}

impl Context {
    /// The same rooms, on behalf of someone.
    #[must_use]
    pub fn acting_as(&self, actor: Actor) -> Self {
        Self { actor, ..self.clone() }
    }

    /// The same rooms, for carrying out an act.
    #[must_use]
    pub fn for_action(&self, act: OperatorAction) -> Self {
        Self { act: Some(act), ..self.clone() }
    }

    /// Who acts, why, and that the act is done by it.
    pub(crate) fn action_commit_context(&self) -> CommitContext {
        CommitContext { act: self.act.as_ref().map(|act| act.name.clone()), ..self.also() }
    }

    /// Who acts, and why.
    pub(crate) fn also(&self) -> CommitContext {
        CommitContext {
            actor: self.actor.clone(),
            reason: self.act.as_ref().map(|act| act.reason.clone()),
            ..CommitContext::default()
        }
    }
}

/// Commits a decision on behalf of whoever acts.
pub(crate) async fn commit(context: &Context, decision: &Decision) -> Result<CommitOutcome, OperationError> {
    Ok(context.store.commit(decision, &context.also()).await?)
}

/// Commits the decision that is what a person does: the one that is taken once, however often the act is tried.
pub(crate) async fn commit_action(context: &Context, decision: &Decision) -> Result<CommitOutcome, OperationError> {
    Ok(context.store.commit(decision, &context.action_commit_context()).await?)
}

/// What a person decided, as it was written; `None` where it has to be looked at again. So has a refusal, where another try of
/// the same act was carried out since it was asked: then it was refused by its own effect.
pub(crate) async fn written<T>(
    context: &Context,
    b: &BusinessId,
    decided: Result<(T, Decision), impl Into<receivables::Refusal>>,
) -> Result<Option<T>, OperationError> {
    match decided {
        Ok((changed, decision)) => {
            Ok((commit_action(context, &decision).await? == CommitOutcome::Committed).then_some(changed))
        }
        Err(_) if is_already_done(context, b).await? => Ok(None),
        Err(refusal) => Err(OperationError::Refused(refusal.into())),
    }
}

/// Whether the act was carried out before: its answer was lost, or another try came first. To be asked before deciding, since
/// the books may well refuse what they have done already.
pub(crate) async fn is_already_done(context: &Context, b: &BusinessId) -> Result<bool, OperationError> {
    match &context.act {
        Some(act) => Ok(context.store.is_already_done(b, &act.name).await?),
        None => Ok(false),
    }
}

/// Names each try of this process.
#[derive(Clone, Debug)]
pub struct WorkerId {
    process: Arc<str>,
    tries: Arc<AtomicU64>,
}

impl WorkerId {
    /// A process of a name that no other has.
    pub fn new(process: &str) -> Self {
        Self { process: process.into(), tries: Arc::default() }
    }

    fn next(&self) -> String {
        format!("{}.{}", self.process, self.tries.fetch_add(1, Ordering::Relaxed))
    }
}

/// The locale for a customer's reading: their own, else the one they came with, as far as the business writes it.
pub(crate) fn locale_of(
    business: &Business,
    customer: Option<receivables::Locale>,
    came_with: receivables::Locale,
) -> receivables::Locale {
    business.locale_for(customer.or(Some(came_with)))
}
