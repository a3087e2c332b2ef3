//! The journal: what happened, as double entry for the business's own bookkeeping.
//!
//! Each ledger entry and each movement of our money at the provider becomes lines whose amounts come to nothing in each
//! currency. A positive amount is a debit. Money that came lies on the clearing account until a payout takes it to the bank;
//! what the provider exchanged passes through the exchange account, in the one currency out and in the other in.
//!
//! The ledger enters what the payer is owed or owes. The provider's movements may come to something else: what is beside the
//! ledger's amount is a difference of exchange, a fee given back, or waits in suspense for a person who can explain it.

use jiff::Timestamp;
use jiff::civil::Date;

mod known;

pub use known::{known_of, stands_alone, was_unidentified};

use crate::calendar::BillingZone;
use crate::csv::Cell;
use crate::ledger::{Contra, Entry, Leg, LegAccount};
use crate::money::{Balance, MoneyError};
use crate::payout::{BalanceTransaction, MovementClass};
use crate::provider_object::Share;

use JournalAccount::{
    Bank, Clearing, Contributions, Exchange, Fees, Loans, NotOurs, Reserve, Suspense, Transfers, Unidentified,
};

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
    /// What customers will not or cannot pay.
    BadDebts,
    /// What the business's bank sends to customers, until the bank's own line clears it.
    CustomerRefunds,
    /// Discounts for paying early.
    Discounts,
    /// Tax of what is charged or given back beside invoices and credit notes.
    Tax,
    /// What is charged for paying late.
    Charges,
    /// What passes from one currency into another, and what is gained or lost by it.
    Exchange,
    /// What the provider keeps back for a while.
    Reserve,
    /// What moves to or from other accounts at the provider.
    Transfers,
    /// What the provider lends.
    Loans,
    /// What is given away at the provider.
    Contributions,
    /// Money whose customer is not known.
    Unidentified,
    /// Money that is no matter of the portal, such as a web shop's.
    NotOurs,
    /// Money in a currency that is not its payment's, and what of a movement nothing explains: also what the provider does that has
    /// no account of its own.
    Suspense,
    /// What businesses that share an account at the provider owe each other.
    OtherBusinesses,
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
            Self::BadDebts => "bad_debts",
            Self::CustomerRefunds => "customer_refunds",
            Self::Discounts => "discounts",
            Self::Tax => "tax",
            Self::Charges => "charges",
            Self::Exchange => "exchange",
            Self::Reserve => "provider_reserve",
            Self::Transfers => "transfers",
            Self::Loans => "provider_loans",
            Self::Contributions => "contributions",
            Self::Unidentified => "unidentified",
            Self::NotOurs => "not_ours",
            Self::Suspense => "suspense",
            Self::OtherBusinesses => "other_businesses",
        }
    }
}

/// One line of the journal, on one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalLine {
    /// The day in the billing zone that it is of.
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
    /// It was recorded in a later month than it is of, when that month's journal may have been taken already.
    pub late: bool,
}

/// The lines of a ledger entry: one for each leg, and one on each contra account that comes to nothing with its legs. A leg that stays
/// on one account has none: what one customer has with us and then another is the same account's.
pub fn of_entry(entry: &Entry, zone: &BillingZone) -> Result<Vec<JournalLine>, MoneyError> {
    let late = entry.is_late(zone);
    let line = |account: JournalAccount, invoice: Option<String>, amount: Balance| JournalLine {
        on: entry.dated_on,
        source: entry.name(),
        kind: entry.kind.as_str().to_owned(),
        account,
        invoice,
        amount,
        late,
    };
    let mut lines = Vec::with_capacity(entry.legs.len() + 1);
    let mut against: Vec<(Contra, Balance)> = Vec::new();
    for Leg { account, change, contra } in &entry.legs {
        let (account, invoice) = match account {
            LegAccount::Invoice { number, .. } => (JournalAccount::Receivable, Some(number.to_string())),
            LegAccount::Unapplied => (JournalAccount::CustomerCredit, None),
            LegAccount::Contra(account) => (account.journal_account(), None),
        };
        if account == contra.journal_account() {
            continue;
        }
        lines.push(line(account, invoice, *change));
        match against.iter_mut().find(|(known, _)| known == contra) {
            Some((_, sum)) => *sum = sum.checked_add(change.reversed())?,
            None => against.push((*contra, change.reversed())),
        }
    }
    let against = against.into_iter().filter(|(_, sum)| !sum.is_zero());
    lines.extend(against.map(|(contra, sum)| line(contra.journal_account(), None, sum)));
    Ok(lines)
}

/// What our ledger knows of a movement at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Its payment has it, with this share of what the payment's ledger entered.
    As(Share),
    /// Its payment holds it in suspense.
    InSuspense,
    /// No customer is known for it.
    Unidentified,
    /// It is no matter of the portal.
    NotOurs,
}

/// The lines of a movement at the provider. What the ledger knows of it stands on the clearing account already, in the
/// currency of the payment.
pub fn of_transaction(transaction: &BalanceTransaction, known: Known, zone: &BillingZone) -> Vec<JournalLine> {
    let line = |account, amount| line_of(transaction, transaction.at, account, amount, zone);
    let (gross, kept) = (transaction.gross, transaction.fee.reversed());
    // Each is an amount that one account has and another gives.
    let class = transaction.class();
    let mut moves = match (class, known) {
        // What the provider takes for itself is all fee.
        (MovementClass::Fee, _) => vec![(Clearing, Fees, transaction.net)],
        // What leaves the provider is negative where the bank receives.
        (MovementClass::Bank, _) => vec![(Clearing, Bank, gross)],
        (MovementClass::Reserve, _) => vec![(Clearing, Reserve, gross)],
        (MovementClass::Transfer, _) => vec![(Clearing, Transfers, gross)],
        (MovementClass::Loan, _) => vec![(Clearing, Loans, gross)],
        (MovementClass::Contribution, _) => vec![(Clearing, Contributions, gross)],
        (MovementClass::Payment | MovementClass::Other, Known::As(share)) => of_share(&share, gross),
        (MovementClass::Payment, Known::Unidentified) => vec![(Clearing, Unidentified, gross)],
        (MovementClass::Payment | MovementClass::Other, Known::NotOurs) => vec![(Clearing, NotOurs, gross)],
        (MovementClass::Other, Known::Unidentified)
        | (MovementClass::Payment | MovementClass::Other, Known::InSuspense) => vec![(Clearing, Suspense, gross)],
    };
    if class != MovementClass::Fee {
        moves.push((Clearing, Fees, kept));
    }
    let moves = moves.into_iter().filter(|(_, _, amount)| !amount.is_zero());
    moves.flat_map(|(has, gives, amount)| [line(has, amount), line(gives, amount.reversed())]).collect()
}

/// What is beside the amount that the ledger has entered; and where it was exchanged, that amount as well, out of the payment's
/// currency and into the movement's.
fn of_share(share: &Share, gross: Balance) -> Vec<(JournalAccount, JournalAccount, Balance)> {
    if share.entered.currency() == gross.currency() {
        let beside = [(Exchange, share.exchange), (Fees, share.fee), (Suspense, share.unexplained)];
        beside.map(|(account, amount)| (Clearing, account, amount)).into()
    } else {
        let exchanged = [(Exchange, Clearing, share.entered), (Clearing, Exchange, gross)];
        let beside = [(Exchange, Fees, share.fee), (Exchange, Suspense, share.unexplained)];
        [exchanged, beside].concat()
    }
}

/// Whose the account at the provider is on which a movement lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Ours; the movement is of another business's payment.
    Us,
    /// Another business's; the movement is of our payment.
    Other,
}

/// The lines of a movement between businesses that share an account at the provider: what it leaves there is the owner's to pay out,
/// and owed to the business whose payment it is of.
pub fn of_another(transaction: &BalanceTransaction, holder: Holder, zone: &BillingZone) -> [JournalLine; 2] {
    let net = match holder {
        Holder::Us => transaction.net,
        Holder::Other => transaction.net.reversed(),
    };
    let line = |account, amount| line_of(transaction, transaction.at, account, amount, zone);
    [line(Clearing, net), line(JournalAccount::OtherBusinesses, net.reversed())]
}

/// The lines of a movement without a known customer that a payment took over later: as it came, or, with the instant at which it
/// was taken over, the same the other way round, since the payment has entered it from then on. `not_ours` says that it stood with
/// what is not ours then.
pub fn of_unidentified(
    transaction: &BalanceTransaction,
    taken_over: Option<Timestamp>,
    not_ours: bool,
    zone: &BillingZone,
) -> [JournalLine; 2] {
    let gross = if taken_over.is_some() { transaction.gross.reversed() } else { transaction.gross };
    let at = taken_over.unwrap_or(transaction.at);
    let line = |account, amount| line_of(transaction, at, account, amount, zone);
    [line(Clearing, gross), line(if not_ours { NotOurs } else { Unidentified }, gross.reversed())]
}

pub(crate) fn line_of(
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
        late: false,
    }
}

/// The columns of the journal as a file.
pub const JOURNAL_COLUMNS: [&str; 9] =
    ["date", "source", "kind", "account", "invoice", "debit", "credit", "currency", "late"];

impl JournalLine {
    /// The line as a row of the file.
    pub fn cells(&self) -> [Cell<'_>; 9] {
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
            if self.late { "true" } else { "false" }.into(),
        ]
    }
}
