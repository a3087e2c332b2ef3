//! What can be applied to invoices: the cash of a payment and the credit of a credit note. Applying and unapplying read the same
//! requests and follow the same steps for both.

use jiff::Timestamp;
use operations::{CashPart, Context, OperationError};
use receivables::text::Description;
use receivables::{Business, Currency, InvoiceId, Money};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::idempotency::Run;
use crate::http::validation::FieldErrors;
use crate::resources::allocations::{
    AllocationRequest, cash_parts, check_at_least_one, check_count, invoice_of_field, optional_amount,
};
use crate::resources::reason::parse_reason;

/// How to apply unapplied cash or credit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = ApplyDraft)]
pub(crate) struct ApplyRequest {
    /// The invoices to cover, in this order, with an amount for each.
    #[serde(default)]
    #[schema(required, min_items = 1, max_items = 43)]
    allocations: Vec<AllocationRequest>,
    /// Why you do this. The audit keeps it.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 200)]
    reason: String,
}

/// The allocation to undo.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = UnapplyDraft)]
pub(crate) struct UnapplyRequest {
    /// The invoice's id, or its number.
    #[serde(default)]
    #[schema(required, example = "2026-0042")]
    invoice: String,
    /// How much to take off the invoice. Default: the whole allocation.
    #[schema(example = "40.00")]
    amount: Option<String>,
    /// Why you do this. The audit keeps it.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 200)]
    reason: String,
}

impl ApplyRequest {
    pub(crate) fn read(&self, errors: &mut FieldErrors) -> Option<Description> {
        check_at_least_one(&self.allocations, errors);
        check_count(&self.allocations, errors);
        parse_reason(&self.reason, errors)
    }
}

impl UnapplyRequest {
    pub(crate) fn read(&self, errors: &mut FieldErrors) -> Option<Description> {
        parse_reason(&self.reason, errors)
    }
}

pub(crate) trait CashSource: Sized {
    /// The one of this business with the id in the path.
    async fn find(caller: &Caller, id: &str) -> Result<Self, ApiError>;

    fn currency(&self) -> Currency;

    async fn apply(
        &self,
        context: &Context,
        business: &Business,
        parts: &[CashPart],
        now: Timestamp,
    ) -> Result<Self, OperationError>;

    async fn unapply(
        &self,
        context: &Context,
        business: &Business,
        invoice: &InvoiceId,
        amount: Option<Money>,
        now: Timestamp,
    ) -> Result<Self, OperationError>;
}

/// Applies what is unapplied of a payment or credit note, and gives it as it is afterwards.
pub(crate) async fn apply<S: CashSource>(
    run: &Run,
    id: &str,
    body: &ApplyRequest,
    reason: Description,
) -> Result<S, ApiError> {
    let caller = &run.caller;
    let source = S::find(caller, id).await?;
    let parts = cash_parts(caller, &body.allocations, source.currency()).await?;
    Ok(source.apply(&run.for_action(reason), &caller.business, &parts, caller.now).await?)
}

/// Takes an allocation off its invoice, and gives the payment or credit note as it is afterwards.
pub(crate) async fn unapply<S: CashSource>(
    run: &Run,
    id: &str,
    body: &UnapplyRequest,
    reason: Description,
) -> Result<S, ApiError> {
    let caller = &run.caller;
    let source = S::find(caller, id).await?;
    let amount = optional_amount(body.amount.as_deref(), source.currency())?;
    let invoice = invoice_of_field(caller, "invoice", &body.invoice).await?;
    Ok(source.unapply(&run.for_action(reason), &caller.business, &invoice, amount, caller.now).await?)
}
