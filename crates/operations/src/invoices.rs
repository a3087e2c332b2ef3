//! Issuing invoices and the links to pay them.

use jiff::Timestamp;
use jiff::civil::Date;
use receivables::invoice::{self, Draft, IssueRefusal};
use receivables::pay_link::{self, LinkRefusal, PayLink, Scope};
use receivables::{Business, Change, CustomerId, Decision, Invoice, InvoiceId, PayLinkId};
use store::keys::Unique;
use store::{CommitOutcome, Conflict};

use crate::commit::{RetryOnConflict, commit};
use crate::context::Context;
use crate::error::OperationError;
use crate::links::Links;

/// An invoice, its current pay link, and whether it is new.
#[derive(Clone, Debug)]
pub struct IssuedInvoice {
    /// The invoice as stored now.
    pub invoice: Invoice,
    /// The link to pay it, if there is an active one.
    pub link: Option<PayLink>,
    /// Whether this call issued it.
    pub fresh: bool,
}

/// Issues an invoice. The same invoice sent again changes nothing; another invoice under its number or id is refused.
pub async fn issue_invoice(
    context: &Context,
    business: &Business,
    id: InvoiceId,
    link: PayLinkId,
    customer: &CustomerId,
    draft: Draft,
    now: Timestamp,
) -> Result<IssuedInvoice, OperationError> {
    if context.store.customer(&business.id, customer).await?.is_none() {
        return Err(OperationError::NotFound);
    }
    let last_day = draft.schedule.last_day().unwrap_or(draft.issued_on);
    let mut retry = RetryOnConflict::new(context);
    loop {
        let now = retry.attempt_at(now).await?;
        let expires_on = pay_link::default_expiry(last_day, business.time_zone.date_at(now));
        let link = new_link(context, business, link.clone(), customer, &id, expires_on);
        let (b, c) = (business.id.clone(), customer.clone());
        let (invoice, decision) = invoice::issue(id.clone(), b, c, draft.clone(), link.clone(), now)?;
        match commit(context, &decision).await? {
            CommitOutcome::Committed => return Ok(IssuedInvoice { invoice, link: Some(link), fresh: true }),
            CommitOutcome::AlreadyDone => return known(context, business, &id, &invoice, None).await,
            CommitOutcome::Conflict(conflicts) => {
                if let Some(known) = known_or_taken(context, business, &invoice, &conflicts).await? {
                    return Ok(known);
                }
            }
        }
    }
}

/// The same invoice sent again, or a refusal because another has the number or the id. `None` where neither is stored.
async fn known_or_taken(
    context: &Context,
    business: &Business,
    wanted: &Invoice,
    conflicts: &[Conflict],
) -> Result<Option<IssuedInvoice>, OperationError> {
    let head = &wanted.head;
    let by_number = context.store.invoice_by_number(&business.id, &head.number).await?;
    let by_external = match &head.external_id {
        Some(external) => context.store.invoice_by_external_id(&business.id, external).await?,
        None => None,
    };
    let external_taken = conflicts.contains(&Conflict::Taken(Unique::InvoiceExternalId));
    let refusal = if external_taken { IssueRefusal::ExternalIdTaken } else { IssueRefusal::NumberTaken };
    match (by_number, by_external) {
        (Some(one), Some(other)) if one != other => Err(refusal.into()),
        (Some(one), _) | (None, Some(one)) => known(context, business, &one, wanted, Some(refusal)).await.map(Some),
        (None, None) => Ok(None),
    }
}

/// The invoice exists already: the same one sent again is no error, a different one is refused.
async fn known(
    context: &Context,
    business: &Business,
    id: &InvoiceId,
    wanted: &Invoice,
    otherwise: Option<IssueRefusal>,
) -> Result<IssuedInvoice, OperationError> {
    let invoice = context.store.invoice(&business.id, id).await?.ok_or(OperationError::Conflict)?;
    if invoice.head.customer != wanted.head.customer || !invoice.demands_the_same_as(wanted) {
        let (head, wanted) = (invoice.head, &wanted.head);
        let same_invoice_meant = head.number == wanted.number && head.external_id == wanted.external_id;
        let immutable = IssueRefusal::Immutable { number: head.number };
        return Err(if same_invoice_meant { immutable } else { otherwise.unwrap_or(immutable) }.into());
    }
    let links = context.store.pay_links_of_invoice(&business.id, id).await?;
    let link = links.into_iter().find(|link| link.revoked_at.is_none());
    Ok(IssuedInvoice { invoice, link, fresh: false })
}

/// Issues another link to pay an invoice.
pub async fn issue_pay_link(
    context: &Context,
    business: &Business,
    link: PayLinkId,
    invoice: &InvoiceId,
    expires_on: Option<Date>,
    now: Timestamp,
) -> Result<PayLink, OperationError> {
    let invoice = context.store.invoice_head(&business.id, invoice).await?.ok_or(OperationError::NotFound)?;
    let today = business.time_zone.date_at(now);
    let expires_on = expires_on.unwrap_or_else(|| pay_link::default_expiry(invoice.schedule.last_day(), today));
    if expires_on < today {
        return Err(LinkRefusal::DayPassed { field: "expires_on".to_owned(), today }.into());
    }
    let link = new_link(context, business, link, &invoice.customer, &invoice.id, expires_on);
    let mut retry = RetryOnConflict::new(context);
    loop {
        let now = retry.attempt_at(now).await?;
        let decision = decision(business, &link, Change::PayLinkIssued(link.clone()), now);
        match commit(context, &decision).await? {
            CommitOutcome::Committed | CommitOutcome::AlreadyDone => return Ok(link),
            CommitOutcome::Conflict(_) => {}
        }
    }
}

/// Revokes a pay link. Doing so again changes nothing.
pub async fn revoke_pay_link(
    context: &Context,
    business: &Business,
    link: &PayLinkId,
    now: Timestamp,
) -> Result<PayLink, OperationError> {
    let hash = Links::hash(&context.links.pay_token(link));
    let mut retry = RetryOnConflict::new(context);
    loop {
        let now = retry.attempt_at(now).await?;
        let before = context.store.pay_link(&hash).await?.filter(|link| link.business == business.id);
        let before = before.ok_or(OperationError::NotFound)?;
        if before.revoked_at.is_some() {
            return Ok(before);
        }
        let revoked = PayLink { revoked_at: Some(now), ..before };
        let decision = decision(business, &revoked, Change::PayLinkRevoked(revoked.clone()), now);
        let outcome = commit(context, &decision).await?;
        if outcome == CommitOutcome::Committed {
            return Ok(revoked);
        }
    }
}

fn new_link(
    context: &Context,
    business: &Business,
    id: PayLinkId,
    customer: &CustomerId,
    invoice: &InvoiceId,
    expires_on: Date,
) -> PayLink {
    PayLink {
        token_hash: Links::hash(&context.links.pay_token(&id)),
        id,
        business: business.id.clone(),
        customer: customer.clone(),
        scope: Scope::Invoice(invoice.clone()),
        expires_on,
        revoked_at: None,
    }
}

fn decision(business: &Business, link: &PayLink, change: Change, now: Timestamp) -> Decision {
    Decision::new(business.id.clone(), link.customer.clone(), now).with_change(change)
}
