//! Steps about what is owed: invoices, credit notes and write-offs.

use jiff::civil::Date;
use operations::{CashPart, NewCreditNote, NewWriteOff, OperationError};
use receivables::calendar::days_after;
use receivables::invoice::{Draft, DraftLine, DraftSchedule, Due};
use receivables::{CreditNoteId, InvoiceId, Money as Amount, PayLinkId};
use rust_decimal::Decimal;

use super::{Runner, currency, part, ulid};
use crate::Failure;
use crate::steps::Step;

impl Runner {
    pub(super) async fn issue(
        &mut self,
        invoice: usize,
        customer: usize,
        place: usize,
        minor: i64,
        due_in: u16,
    ) -> Result<bool, Failure> {
        let currency = currency(place);
        let today = self.business.time_zone.date_at(self.world.now());
        let draft = Draft {
            external_id: None,
            number: format!("F-{invoice}").parse().unwrap(),
            currency,
            purchase_order: None,
            issued_on: today,
            schedule: schedule(today, due_in, Amount::new(minor, currency).unwrap()),
            lines: vec![DraftLine {
                description: "Work".parse().unwrap(),
                quantity: Decimal::ONE,
                unit_price: Amount::new(minor, currency).unwrap(),
                tax_rate: Decimal::ZERO,
            }],
        };
        let id = InvoiceId::from_ulid(&ulid(2, invoice)).unwrap();
        let link = PayLinkId::from_ulid(&ulid(3, invoice)).unwrap();
        let (business, now) = (&self.business, self.world.now());
        let customer = &self.customers[customer].0;
        let issued = operations::issue_invoice(self.context(), business, id.clone(), link, customer, draft, now).await;
        let issued = self.judge(issued)?.is_some();
        self.invoices.insert(invoice, id);
        Ok(issued)
    }

    pub(super) async fn credit(
        &mut self,
        note: usize,
        customer: usize,
        place: usize,
        minor: i64,
        invoice: Option<usize>,
    ) -> Result<bool, Failure> {
        let amount = Amount::new(minor, currency(place)).unwrap();
        let mut parts = Vec::new();
        if let Some(id) = invoice.and_then(|label| self.invoices.get(&label))
            && let Some(found) = self.judge(self.invoice(id).await)?.flatten()
        {
            parts.push(CashPart { invoice: id.clone(), amount: found.balance.open().min(amount) });
        }
        let id = CreditNoteId::from_ulid(&ulid(5, note)).unwrap();
        let new = NewCreditNote {
            id: id.clone(),
            customer: self.customers[customer].0.clone(),
            number: format!("N-{note}").parse().unwrap(),
            amount,
            reason: "Returned goods".parse().unwrap(),
            issued_on: self.business.time_zone.date_at(self.world.now()),
            parts,
        };
        let issued = operations::issue_credit_note(self.context(), &self.business, new, self.world.now()).await;
        let issued = self.judge(issued)?.is_some();
        self.notes.insert(note, id);
        Ok(issued)
    }

    pub(super) async fn move_credit(&self, step: &Step) -> Result<bool, Failure> {
        let (context, business, now) = (self.context(), &self.business, self.world.now());
        let (Step::ApplyCredit { note, .. } | Step::UnapplyCredit { note, .. }) = step else { return Ok(false) };
        let Some(id) = self.notes.get(note) else { return Ok(false) };
        let found = context.store.credit_note(&business.id, id).await.map_err(OperationError::from);
        let Some(found) = self.judge(found)?.flatten() else { return Ok(false) };
        let moved = match step {
            Step::ApplyCredit { invoice, percent, .. } => {
                let Some(invoice) = self.invoices.get(invoice) else { return Ok(false) };
                let parts = [CashPart { invoice: invoice.clone(), amount: part(found.unapplied, *percent) }];
                operations::apply_credit_note(context, business, id, &parts, now).await
            }
            Step::UnapplyCredit { percent, .. } => {
                let Some(first) = found.allocations.first() else { return Ok(false) };
                let amount = Some(part(first.applied, *percent));
                operations::unapply_credit_note(context, business, id, &first.invoice, amount, now).await
            }
            _ => return Ok(false),
        };
        self.judge(moved).map(|done| done.is_some())
    }

    pub(super) async fn write_off(&self, step: &Step) -> Result<bool, Failure> {
        let (Step::WriteOff { invoice } | Step::BadDebt { invoice, .. } | Step::TakeBack { invoice, .. }) = step else {
            return Ok(false);
        };
        let Some(id) = self.invoices.get(invoice) else { return Ok(false) };
        let (context, business, now) = (self.context(), &self.business, self.world.now());
        let balance = match self.judge(self.invoice(id).await)?.flatten() {
            Some(head) => head.balance,
            None => return Ok(false),
        };
        let written = match step {
            Step::BadDebt { percent, .. } => {
                let new = NewWriteOff::BadDebt(Some(part(balance.open(), *percent)));
                operations::write_off(context, business, id, new, now).await
            }
            Step::TakeBack { percent, .. } => {
                let amount = Some(part(balance.written_off, *percent));
                operations::take_back_write_off(context, business, id, amount, now).await
            }
            _ => operations::write_off(context, business, id, NewWriteOff::Rest, now).await,
        };
        self.judge(written).map(|done| done.is_some())
    }
}

/// Every third invoice is due in three parts, a week from each other.
fn schedule(today: Date, due_in: u16, amount: Amount) -> DraftSchedule {
    let on = |place: usize| days_after(today, due_in + 7 * u16::try_from(place).unwrap());
    let parts = amount.split(3).unwrap();
    if !due_in.is_multiple_of(3) || parts.iter().any(|part| part.is_zero()) {
        return DraftSchedule::On(on(0));
    }
    let due = |(place, amount)| Due { on: on(place), amount };
    DraftSchedule::Days(parts.into_iter().enumerate().map(due).collect())
}
