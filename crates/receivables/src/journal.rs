//! The journal: what happened, as double entry for the business's own bookkeeping.
//!
//! Each ledger entry and each movement of our money at the provider becomes lines whose amounts come to nothing in each
//! currency. A positive amount is a debit. Money that came lies on the clearing account until a payout takes it to the bank;
//! what the provider exchanged passes through the exchange account, in the one currency out and in the other in.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::calendar::BillingZone;
use crate::csv::Cell;
use crate::ledger::{Entry, EntryKind, Leg};
use crate::money::{Balance, Money, MoneyError};
use crate::payment::{Origin, Payment};
use crate::payout::BalanceTransaction;
use crate::provider_object::{ObjectId, ObjectState};

/// The accounts of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JournalAccount {
    /// What customers owe on invoices.
    Receivable,
    /// What customers have with us that covers no invoice.
    CustomerCredit,
    /// Money at the provider.
    Clearing,
    /// What the provider keeps.
    Fees,
    /// The bank account.
    Bank,
    /// What was invoiced, tax included.
    Invoiced,
    /// What was credited.
    Credited,
    /// What is not expected any more.
    WrittenOff,
    /// What passes from one currency into another.
    Exchange,
    /// Money whose customer is not known.
    Unidentified,
    /// Money in a currency that is not its payment's.
    Suspense,
}

impl JournalAccount {
    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Receivable => "receivable",
            Self::CustomerCredit => "customer_credit",
            Self::Clearing => "clearing",
            Self::Fees => "provider_fees",
            Self::Bank => "bank",
            Self::Invoiced => "invoiced",
            Self::Credited => "credited",
            Self::WrittenOff => "written_off",
            Self::Exchange => "exchange",
            Self::Unidentified => "unidentified",
            Self::Suspense => "suspense",
        }
    }
}

/// One line of the journal, on one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalLine {
    /// The day in the billing zone.
    pub on: Date,
    /// What the line is part of; all lines of one source come to nothing in each currency.
    pub source: String,
    /// The kind of the ledger entry, or the provider's word for the movement.
    pub kind: String,
    /// The account that the amount is booked on.
    pub account: JournalAccount,
    /// The invoice's number, where it is of one.
    pub invoice: Option<String>,
    /// A positive amount is a debit.
    pub amount: Balance,
}

/// The lines of a ledger entry. What one customer has with us and then another is the same account's: there are none.
pub fn of_entry(entry: &Entry, zone: &BillingZone) -> Result<Vec<JournalLine>, MoneyError> {
    let against = match &entry.kind {
        EntryKind::InvoiceIssued => JournalAccount::Invoiced,
        EntryKind::PaymentApplied(_)
        | EntryKind::PaymentRefunded(_)
        | EntryKind::PaymentChargedBack(_)
        | EntryKind::PaymentReversed(_)
        | EntryKind::CashMoved(_) => JournalAccount::Clearing,
        EntryKind::CreditNoteIssued(_) | EntryKind::CreditNoteMoved(_) => JournalAccount::Credited,
        EntryKind::InvoiceWrittenOff | EntryKind::WriteOffReversed => JournalAccount::WrittenOff,
        EntryKind::PaymentHandedOver(_) => return Ok(Vec::new()),
    };
    let line = |account: JournalAccount, invoice: Option<String>, amount: Balance| JournalLine {
        on: zone.date_at(entry.posted_at),
        source: format!("{}.{}", entry.source, entry.sequence),
        kind: entry.kind.as_str().to_owned(),
        account,
        invoice,
        amount,
    };
    let mut lines: Vec<JournalLine> = entry
        .legs
        .iter()
        .map(|leg| match leg {
            Leg::Invoice { number, change, .. } => line(JournalAccount::Receivable, Some(number.to_string()), *change),
            Leg::Unapplied { change } => line(JournalAccount::CustomerCredit, None, *change),
        })
        .collect();
    let total = entry.change()?;
    if !total.is_zero() {
        lines.push(line(against, None, total.reversed()));
    }
    Ok(lines)
}

/// What our ledger knows of a movement at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Its payment has it, as so much of the payment's currency.
    As(Money),
    /// Its payment holds it in suspense.
    InSuspense,
    /// No customer is known for it.
    Unidentified,
}

/// The lines of a movement at the provider. What the ledger knows of it stands on the clearing account already, in the
/// currency of the payment; the movement says in which direction, since what went back may come again.
pub fn of_transaction(
    transaction: &BalanceTransaction,
    known: Known,
    zone: &BillingZone,
) -> Result<Vec<JournalLine>, MoneyError> {
    let line = |account, amount| line_of(transaction, transaction.at, account, amount, zone);
    if transaction.is_of_a_payout() {
        // Its amount is what leaves the provider, and so is negative where the bank receives.
        return Ok(vec![
            line(JournalAccount::Clearing, transaction.net),
            line(JournalAccount::Bank, transaction.net.reversed()),
        ]);
    }
    // What the provider takes for itself is all fee.
    let is_fee = transaction.kind.ends_with("_fee");
    let gross = transaction.gross;
    let against = |account| vec![line(JournalAccount::Clearing, gross), line(account, gross.reversed())];
    let mut lines = match known {
        Known::InSuspense => against(JournalAccount::Suspense),
        Known::Unidentified if !is_fee => against(JournalAccount::Unidentified),
        Known::As(original) if original.currency() != gross.currency() => {
            let came = gross.minor() >= 0;
            let original = if came { Balance::owed(original) } else { Balance::in_favour(original) };
            let given = [line(JournalAccount::Clearing, original.reversed()), line(JournalAccount::Exchange, original)];
            given.into_iter().chain(against(JournalAccount::Exchange)).collect()
        }
        Known::As(_) | Known::Unidentified => Vec::new(),
    };
    let fee = if is_fee { transaction.net.reversed() } else { transaction.fee };
    if !fee.is_zero() {
        lines.extend([line(JournalAccount::Fees, fee), line(JournalAccount::Clearing, fee.reversed())]);
    }
    Ok(lines)
}

/// The lines of a movement without a known customer that a payment took over later: as it came, or, with the instant at which it
/// was taken over, the same the other way round, since the payment has entered it from then on.
pub fn of_unidentified(
    transaction: &BalanceTransaction,
    taken_over: Option<Timestamp>,
    zone: &BillingZone,
) -> [JournalLine; 2] {
    let gross = if taken_over.is_some() { transaction.gross.reversed() } else { transaction.gross };
    let at = taken_over.unwrap_or(transaction.at);
    let line = |account, amount| line_of(transaction, at, account, amount, zone);
    [line(JournalAccount::Clearing, gross), line(JournalAccount::Unidentified, gross.reversed())]
}

fn line_of(
    transaction: &BalanceTransaction,
    at: Timestamp,
    account: JournalAccount,
    amount: Balance,
    zone: &BillingZone,
) -> JournalLine {
    JournalLine {
        on: zone.date_at(at),
        source: transaction.id.to_string(),
        kind: transaction.kind.clone(),
        account,
        invoice: None,
        amount,
    }
}

/// What a payment knows of the object that a movement comes from.
pub fn known_of(payment: &Payment, source: &ObjectId) -> Known {
    let cash = match payment.provider_state.0.get(source) {
        Some(ObjectState::Refund(refund)) => Some(&refund.amount),
        Some(ObjectState::Chargeback(chargeback)) => Some(&chargeback.amount),
        Some(ObjectState::Intent(intent)) => Some(&intent.received),
        Some(ObjectState::Checkout(_) | ObjectState::Concern(_)) => None,
        // A charge is found as the attempt of its intent.
        None => payment.provider_state.0.values().find_map(|fact| match fact {
            ObjectState::Intent(intent) if intent.attempts.contains_key(source.as_str()) => Some(&intent.received),
            ObjectState::Intent(_)
            | ObjectState::Checkout(_)
            | ObjectState::Refund(_)
            | ObjectState::Chargeback(_)
            | ObjectState::Concern(_) => None,
        }),
    };
    let own = cash.map_or(payment.received, |cash| cash.in_currency(payment.currency()));
    if cash.is_some_and(|cash| !cash.is_empty()) && own.is_zero() { Known::InSuspense } else { Known::As(own) }
}

/// Whether a movement came before the payment that has it now: until then its customer was not known.
pub fn was_unidentified(payment: &Payment, transaction: &BalanceTransaction) -> bool {
    payment.origin == Origin::Provider && transaction.at < payment.started_at && !transaction.is_of_a_payout()
}

/// The columns of the journal as a file.
pub const JOURNAL_COLUMNS: [&str; 8] = ["date", "source", "kind", "account", "invoice", "debit", "credit", "currency"];

impl JournalLine {
    /// The line as a row of the file.
    pub fn cells(&self) -> [Cell<'_>; 8] {
        let amount = self.amount.magnitude();
        let (debit, credit) = if self.amount.minor() >= 0 { (Some(amount), None) } else { (None, Some(amount)) };
        [
            self.on.into(),
            self.source.as_str().into(),
            self.kind.as_str().into(),
            self.account.as_str().into(),
            self.invoice.as_deref().into(),
            debit.into(),
            credit.into(),
            self.amount.currency().code().to_owned().into(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;

    fn balance(minor: i64, currency: Currency) -> Balance {
        Balance::new(minor, currency).unwrap()
    }

    fn transaction(kind: &str, gross: i64, fee: i64) -> BalanceTransaction {
        let eur = |minor| balance(minor, Currency::EUR);
        BalanceTransaction {
            id: "txn_1".parse().unwrap(),
            kind: kind.to_owned(),
            source: None,
            gross: eur(gross),
            fee: eur(fee),
            net: eur(gross - fee),
            exchange_rate: None,
            at: "2026-03-02T23:30:00Z".parse().unwrap(),
        }
    }

    fn sums(lines: &[JournalLine], account: JournalAccount) -> Vec<(Currency, i64)> {
        let mut sums = std::collections::BTreeMap::new();
        for line in lines.iter().filter(|line| line.account == account) {
            *sums.entry(line.amount.currency()).or_insert(0) += line.amount.minor();
        }
        sums.into_iter().collect()
    }

    #[test]
    fn every_source_comes_to_nothing_in_each_currency() {
        let zone = BillingZone::named("Europe/Paris").unwrap();
        let money = |minor, currency| Known::As(Money::new(minor, currency).unwrap());
        for (transaction, known) in [
            (transaction("charge", 9_200, 163), money(10_000, Currency::USD)),
            (transaction("refund", -9_100, 0), money(10_000, Currency::USD)),
            (transaction("refund_failure", 9_100, 0), money(10_000, Currency::USD)),
            (transaction("charge", 10_000, 175), money(10_000, Currency::EUR)),
            (transaction("adjustment", -10_000, 1_500), Known::Unidentified),
            (transaction("charge", 9_200, 163), Known::InSuspense),
            (transaction("stripe_fee", -300, 0), Known::Unidentified),
            (transaction("payout", -9_037, 0), Known::Unidentified),
        ] {
            let lines = of_transaction(&transaction, known, &zone).unwrap();
            let mut totals = std::collections::BTreeMap::new();
            for line in &lines {
                *totals.entry(line.amount.currency()).or_insert(0) += line.amount.minor();
                assert_eq!(line.on.to_string(), "2026-03-03", "the day in the billing zone");
            }
            assert!(totals.values().all(|total| *total == 0), "{lines:?}");
        }
    }

    #[test]
    fn what_was_exchanged_leaves_clearing_in_one_currency_and_enters_it_in_the_other() {
        let zone = BillingZone::named("UTC").unwrap();
        let dollars = Known::As(Money::new(10_000, Currency::USD).unwrap());
        let lines = of_transaction(&transaction("charge", 9_200, 163), dollars, &zone).unwrap();
        let clearing = [(Currency::EUR, 9_200 - 163), (Currency::USD, -10_000)];
        assert_eq!(sums(&lines, JournalAccount::Clearing), clearing);
        assert_eq!(sums(&lines, JournalAccount::Fees), [(Currency::EUR, 163)]);
        // Our ledger entered the dollars as they came, went and, as the refund failed, came again.
        let back = of_transaction(&transaction("refund", -9_100, 0), dollars, &zone).unwrap();
        assert_eq!(sums(&back, JournalAccount::Clearing), [(Currency::EUR, -9_100), (Currency::USD, 10_000)]);
        let unidentified = of_transaction(&transaction("charge", 9_200, 163), Known::Unidentified, &zone).unwrap();
        assert_eq!(sums(&unidentified, JournalAccount::Unidentified), [(Currency::EUR, -9_200)]);
        let again = of_transaction(&transaction("refund_failure", 9_100, 0), dollars, &zone).unwrap();
        assert_eq!(sums(&again, JournalAccount::Clearing), [(Currency::EUR, 9_100), (Currency::USD, -10_000)]);
    }
}
