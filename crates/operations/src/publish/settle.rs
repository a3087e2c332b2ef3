//! Cash that waits on an account is applied when something of the account becomes payable.

use jiff::Timestamp;
use receivables::{CustomerId, PaymentId};
use store::Effect;

use super::NotDone;
use crate::context::Context;
use crate::payments::run_to_completion;
use crate::settle::{SettleOutcome, settle_account};

pub(super) async fn settle(
    context: &Context,
    effect: &Effect,
    customer: &CustomerId,
    now: Timestamp,
) -> Result<(), NotDone> {
    // A payment that ended may still have to let its invoices go.
    if let Some(id) = effect.fact.split('.').next().and_then(|source| source.parse::<PaymentId>().ok())
        && let Some(payment) = context.store.payment(&effect.business, &id).await?
    {
        run_to_completion(context, payment, now).await?;
    }
    match Box::pin(settle_account(context, &effect.business, customer, now)).await? {
        SettleOutcome::Settled => Ok(()),
        SettleOutcome::ListIsBehind => Err(NotDone::Later("the list of open invoices is behind".to_owned())),
    }
}
