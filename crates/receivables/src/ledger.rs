//! The ledger of an account: what happened, appended and never changed.
//!
//! An entry is one thing that moved amounts, in one currency. Each leg of it moves one account by an amount against a contra account:
//! what is open of an invoice on a due day, or unapplied cash, or an account where the customer is not touched. The sum of all legs on
//! the customer's accounts is the balance: open amounts less unapplied cash. Whoever adds up entries does so by account and contra
//! account; the kind is a caption.
//!
//! An entry has two times. It is of a day, `dated_on`: that of the document, or of the decision. It was recorded at an instant,
//! `recorded_at`. Statement, ageing and journal go by the day; what was known at an instant goes by the instant. Nothing is dated
//! into the future. What is dated earlier than it was recorded can only add: what covers an invoice is of the day of the decision, since
//! on an earlier day there may have been nothing to cover.

use jiff::Timestamp;
use jiff::civil::Date;

mod contra;

pub use contra::{Contra, ContraError};

use crate::calendar::BillingZone;
use crate::currency::Currency;
use crate::ids::{CreditNoteId, InvoiceId, OutgoingPaymentId, PaymentId};
use crate::money::{Balance, MoneyError};
use crate::text::InvoiceNumber;

/// One thing that moved amounts on an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The id of what it came from. With `version` and `place` it names the entry: the same thing is never entered twice.
    pub source: String,
    /// The version of the source that this entry made.
    pub version: u64,
    /// Its place among the entries of that version, from 0.
    pub place: usize,
    /// The civil day in the billing zone that it is of, by which a statement orders its lines; never after the day of recording.
    pub dated_on: Date,
    /// The instant at which it was recorded.
    pub recorded_at: Timestamp,
    /// A caption for people: what happened, with the document that it came from.
    pub kind: EntryKind,
    /// The currency of every leg.
    pub currency: Currency,
    /// What moved. A due day of an invoice has one leg for each contra account.
    pub legs: Vec<Leg>,
}

/// What happened, in a word. Nothing is computed from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// An invoice was issued.
    InvoiceIssued,
    /// Money of a payment arrived, or came back to us, and was applied.
    PaymentApplied(PaymentId),
    /// Money of a payment was sent back to the payer; what it had covered is open again.
    PaymentRefunded(PaymentId),
    /// The issuer took money of a payment back; what it had covered is open again.
    PaymentChargedBack(PaymentId),
    /// Money of a payment went back for another reason.
    PaymentReversed(PaymentId),
    /// Money of a payment was moved between invoices and unapplied cash; the balance is the same.
    CashMoved(PaymentId),
    /// What is unapplied of a payment left the account for the one it was meant for, or entered that one.
    PaymentHandedOver(PaymentId),
    /// A credit note was issued, and applied as far as it says.
    CreditNoteIssued(CreditNoteId),
    /// A credit note was moved between invoices and what of it is unapplied; the balance is the same.
    CreditNoteMoved(CreditNoteId),
    /// A small rest is not expected any more.
    InvoiceWrittenOff,
    /// An open amount is not expected any more, since the customer will not or cannot pay it.
    BadDebtWrittenOff,
    /// A write-off was taken back.
    WriteOffReversed,
    /// Credit of the account was paid out by the business's bank.
    CreditPaidOut(OutgoingPaymentId),
    /// An outgoing payment was not made after all, or came back.
    CreditPayoutReversed(OutgoingPaymentId),
}

impl EntryKind {
    /// The word in the API and in files.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::InvoiceIssued => "invoice_issued",
            Self::PaymentApplied(_) => "payment_applied",
            Self::PaymentRefunded(_) => "payment_refunded",
            Self::PaymentChargedBack(_) => "payment_charged_back",
            Self::PaymentReversed(_) => "payment_reversed",
            Self::CashMoved(_) => "cash_moved",
            Self::PaymentHandedOver(_) => "payment_handed_over",
            Self::CreditNoteIssued(_) => "credit_note_issued",
            Self::CreditNoteMoved(_) => "credit_note_moved",
            Self::InvoiceWrittenOff => "invoice_written_off",
            Self::BadDebtWrittenOff => "bad_debt_written_off",
            Self::WriteOffReversed => "write_off_reversed",
            Self::CreditPaidOut(_) => "credit_paid_out",
            Self::CreditPayoutReversed(_) => "credit_payout_reversed",
        }
    }

    /// The caption of what covers invoices later than it came; others stay what they are.
    fn of_move(&self) -> Self {
        match self {
            Self::PaymentApplied(payment) => Self::CashMoved(payment.clone()),
            Self::CreditNoteIssued(note) => Self::CreditNoteMoved(note.clone()),
            Self::InvoiceIssued
            | Self::PaymentRefunded(_)
            | Self::PaymentChargedBack(_)
            | Self::PaymentReversed(_)
            | Self::CashMoved(_)
            | Self::PaymentHandedOver(_)
            | Self::CreditNoteMoved(_)
            | Self::InvoiceWrittenOff
            | Self::BadDebtWrittenOff
            | Self::WriteOffReversed
            | Self::CreditPaidOut(_)
            | Self::CreditPayoutReversed(_) => self.clone(),
        }
    }

    /// The payment it is of.
    pub fn payment(&self) -> Option<&PaymentId> {
        match self {
            Self::PaymentApplied(payment)
            | Self::PaymentRefunded(payment)
            | Self::PaymentChargedBack(payment)
            | Self::PaymentReversed(payment)
            | Self::CashMoved(payment)
            | Self::PaymentHandedOver(payment) => Some(payment),
            Self::InvoiceIssued
            | Self::CreditNoteIssued(_)
            | Self::CreditNoteMoved(_)
            | Self::InvoiceWrittenOff
            | Self::BadDebtWrittenOff
            | Self::WriteOffReversed
            | Self::CreditPaidOut(_)
            | Self::CreditPayoutReversed(_) => None,
        }
    }

    /// The credit note it is of.
    pub fn credit_note(&self) -> Option<&CreditNoteId> {
        match self {
            Self::CreditNoteIssued(note) | Self::CreditNoteMoved(note) => Some(note),
            Self::InvoiceIssued
            | Self::PaymentApplied(_)
            | Self::PaymentRefunded(_)
            | Self::PaymentChargedBack(_)
            | Self::PaymentReversed(_)
            | Self::CashMoved(_)
            | Self::PaymentHandedOver(_)
            | Self::InvoiceWrittenOff
            | Self::BadDebtWrittenOff
            | Self::WriteOffReversed
            | Self::CreditPaidOut(_)
            | Self::CreditPayoutReversed(_) => None,
        }
    }

    /// The outgoing payment it is of.
    pub fn outgoing_payment(&self) -> Option<&OutgoingPaymentId> {
        match self {
            Self::CreditPaidOut(outgoing) | Self::CreditPayoutReversed(outgoing) => Some(outgoing),
            Self::InvoiceIssued
            | Self::PaymentApplied(_)
            | Self::PaymentRefunded(_)
            | Self::PaymentChargedBack(_)
            | Self::PaymentReversed(_)
            | Self::CashMoved(_)
            | Self::PaymentHandedOver(_)
            | Self::CreditNoteIssued(_)
            | Self::CreditNoteMoved(_)
            | Self::InvoiceWrittenOff
            | Self::BadDebtWrittenOff
            | Self::WriteOffReversed => None,
        }
    }

    /// The kind of a word, with the document it is of. `None` for a word that is none, or that lacks its document.
    pub fn of_word(
        word: &str,
        payment: Option<PaymentId>,
        credit_note: Option<CreditNoteId>,
        outgoing: Option<OutgoingPaymentId>,
    ) -> Option<Self> {
        if let Some(outgoing) = outgoing {
            return match word {
                "credit_paid_out" => Some(Self::CreditPaidOut(outgoing)),
                "credit_payout_reversed" => Some(Self::CreditPayoutReversed(outgoing)),
                _ => None,
            };
        }
        Some(match (word, payment, credit_note) {
            ("invoice_issued", None, None) => Self::InvoiceIssued,
            ("payment_applied", Some(payment), None) => Self::PaymentApplied(payment),
            ("payment_refunded", Some(payment), None) => Self::PaymentRefunded(payment),
            ("payment_charged_back", Some(payment), None) => Self::PaymentChargedBack(payment),
            ("payment_reversed", Some(payment), None) => Self::PaymentReversed(payment),
            ("cash_moved", Some(payment), None) => Self::CashMoved(payment),
            ("payment_handed_over", Some(payment), None) => Self::PaymentHandedOver(payment),
            ("credit_note_issued", None, Some(note)) => Self::CreditNoteIssued(note),
            ("credit_note_moved", None, Some(note)) => Self::CreditNoteMoved(note),
            ("invoice_written_off", None, None) => Self::InvoiceWrittenOff,
            ("bad_debt_written_off", None, None) => Self::BadDebtWrittenOff,
            ("write_off_reversed", None, None) => Self::WriteOffReversed,
            _ => return None,
        })
    }
}

/// A part of an entry: one account moves against another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The account that it moves.
    pub account: LegAccount,
    /// By how much. On an account of the customer a positive change is owed, a negative one is in the customer's favour; on
    /// another, a positive change is a debit.
    pub change: Balance,
    /// The account on the other side, which moves by as much the other way.
    pub contra: Contra,
}

/// The account that a leg moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegAccount {
    /// What is open of an invoice on one of its due days.
    Invoice {
        /// The invoice that it is about.
        invoice: InvoiceId,
        /// Its number, so that a statement needs no other read.
        number: InvoiceNumber,
        /// The due day, by which ageing is kept.
        due_on: Date,
    },
    /// The unapplied cash of the account: the change is negative where more is unapplied.
    Unapplied,
    /// No account of the customer, as where money of one currency is exchanged for what covers an invoice in another.
    Contra(Contra),
}

impl Leg {
    /// By how much the customer's balance changed.
    pub fn balance_change(&self) -> Balance {
        match self.account {
            LegAccount::Invoice { .. } | LegAccount::Unapplied => self.change,
            LegAccount::Contra(_) => Balance::zero(self.change.currency()),
        }
    }

    /// The invoice and due day of which it moves the open amount.
    pub fn invoice(&self) -> Option<(&InvoiceId, Date)> {
        match &self.account {
            LegAccount::Invoice { invoice, due_on, .. } => Some((invoice, *due_on)),
            LegAccount::Unapplied | LegAccount::Contra(_) => None,
        }
    }
}

impl Entry {
    /// By how much the customer's balance changed in all.
    pub fn change(&self) -> Result<Balance, MoneyError> {
        self.legs.iter().try_fold(Balance::zero(self.currency), |sum, leg| sum.checked_add(leg.balance_change()))
    }

    /// Its name, `{source}.{version}.{place}`: no other entry has it.
    pub fn name(&self) -> String {
        format!("{}.{}.{}", self.source, self.version, self.place)
    }

    /// The name of the decision that made it.
    pub fn decision(&self) -> String {
        format!("{}.{}", self.source, self.version)
    }

    /// Whether it is of an earlier month than that in which it was recorded.
    pub fn is_late(&self, zone: &BillingZone) -> bool {
        self.dated_on < zone.date_at(self.recorded_at).first_of_month()
    }

    /// The key under which it is stored, in the order of a statement: `{dated_on}#{recorded_at}#{source}.{version}.{place}`, the version
    /// with six digits at least, so that steps of one instant stay in their order.
    pub fn key(&self) -> String {
        let Self { source, version, place, dated_on, recorded_at, .. } = self;
        format!("{dated_on}#{recorded_at:.3}#{source}.{version:06}.{place}")
    }
}

/// An entry as it is decided. The billing zone says which day it is of, and is known where it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftEntry {
    /// The id of what it came from.
    pub source: String,
    /// The version of the source that it makes.
    pub version: u64,
    /// The day that it is of.
    pub day: EntryDay,
    /// A caption for people.
    pub kind: EntryKind,
    /// What moves, in one currency.
    pub legs: Vec<Leg>,
}

/// The day that an entry is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryDay {
    /// The day on which it was decided.
    Decided,
    /// The date printed on a document.
    Printed(Date),
}

impl DraftEntry {
    /// The entries that are recorded of it, with places from `place` on. There are two where it is of an earlier day than it is recorded
    /// on and covers something: what came is unapplied on its day, and covers on the day of recording.
    pub(crate) fn recorded(&self, place: usize, at: Timestamp, zone: &BillingZone) -> Vec<Entry> {
        let today = zone.date_at(at);
        let dated_on = match self.day {
            EntryDay::Decided => today,
            EntryDay::Printed(day) => day.min(today),
        };
        let entry = |place: usize, dated_on: Date, kind: EntryKind, legs: Vec<Leg>| {
            let currency = legs.first()?.change.currency();
            let (source, version) = (self.source.clone(), self.version);
            Some(Entry { source, version, place, dated_on, recorded_at: at, kind, currency, legs })
        };
        let covers = |leg: &Leg| leg.invoice().is_some() && leg.change.minor() < 0;
        if dated_on == today || !self.legs.iter().any(covers) {
            return entry(place, dated_on, self.kind.clone(), self.legs.clone()).into_iter().collect();
        }
        let (came, moved) = self.in_two();
        let came = entry(place, dated_on, self.kind.clone(), came);
        let moved = entry(place + came.iter().len(), today, self.kind.of_move(), moved);
        came.into_iter().chain(moved).collect()
    }

    /// What came, as unapplied cash, and what of it was moved from there.
    fn in_two(&self) -> (Vec<Leg>, Vec<Leg>) {
        let (mut came, mut moved): (Vec<Leg>, Vec<Leg>) = (Vec::new(), Vec::new());
        for leg in &self.legs {
            if leg.account == LegAccount::Unapplied {
                add(&mut came, leg.contra, leg.change);
                continue;
            }
            moved.push(leg.clone());
            add(&mut came, leg.contra, leg.balance_change());
            add(&mut moved, leg.contra, leg.balance_change().reversed());
        }
        let something = |leg: &Leg| !leg.change.is_zero();
        came.retain(something);
        moved.retain(something);
        (came, moved)
    }
}

/// Adds to what is unapplied against a contra account.
fn add(legs: &mut Vec<Leg>, contra: Contra, change: Balance) {
    match legs.iter_mut().find(|leg| leg.account == LegAccount::Unapplied && leg.contra == contra) {
        Some(leg) => leg.change = leg.change.checked_add(change).unwrap_or(leg.change),
        None => legs.push(Leg { account: LegAccount::Unapplied, change, contra }),
    }
}
