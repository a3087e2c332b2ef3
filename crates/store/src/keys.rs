//! Every key of every item. A key cannot be built without the business it belongs to.
//!
//! `b` business, `c` customer, `i` invoice, `p` payment. All keys are text.
//!
//! | item | table | pk / sk | gsi1 (by parent) | gsi2 (lists) | gsi3 (due) |
//! |---|---|---|---|---|---|
//! | business | core | `B#b` / `B` | | | |
//! | host name | core | `H#host` / `H` | | | |
//! | API key | core | `K#sha256` / `K` | `B#b` / `K#id` | | |
//! | customer | core | `C#b#c` / `C` | `B#b#CU` / `name#c` | | |
//! | balance | core | `C#b#c` / `BAL` | | | |
//! | ledger entry | core | `C#b#c` / `L#dated_on#recorded_at#name` | | `B#b#J#yyyymm` of `dated_on` / `dated_on#recorded_at#name` | |
//! | what one decision did and announces | core | `O#b#source` / version | | | `DUE#record#shard` / `at#b#source.version` until it is sealed and its effects exist |
//! | block of the audit | core | `AU#b` / number of its first record, 12 digits | | | |
//! | unique value | core | `U#b#kind#value` / `U` | | | |
//! | e-mail of a customer | core | `U#b#email#address` / `c` | | | |
//! | invoice head | core | `I#b#i` / `I` | `C#b#c` / `I#O#EUR#due#i` open, `I#Z#EUR#due#i` closed | `B#b#IN` / `O#due#i`, `Z#due#i` | |
//! | its lines | core | `I#b#i` / `L` | | | |
//! | pay link | core | `TK#sha256` / `TK` | `I#b#i` / `L#link` | | |
//! | payment | core | `P#b#p` / `P` | `C#b#c` / `P#at#p` | `B#b#PAY#yyyymm` / `at#p` | `DUE#poll#shard` / `at#b#p` |
//! | allocation | core | `P#b#p` / `A#place` | `I#b#i` / `P#at#p` | | |
//! | merged fact | core | `P#b#p` / `F#provider#kind#object` | | | |
//! | review | core | `P#b#p` / `V#name` | | `B#b#RV` / `at#p#name` | |
//! | unapplied cash of a payment | core | `C#b#c` / `U#p` | | `B#b#UA` / `at#p` | |
//! | credit note | core | `N#b#n` / `N` | `C#b#c` / `N#at#n` | `B#b#CN` / `at#n` | |
//! | its allocations | core | `N#b#n` / `A#place` | `I#b#i` / `N#at#n` | | |
//! | what of it is unapplied | core | `C#b#c` / `U#n` | | `B#b#UA` / `at#n` | |
//! | saved method | core | `PM#b#provider#method` / `PM` | `C#b#c` / `PM#method` once its customer is known | | |
//! | payout | core | `PO#b#provider#payout` / `PO` | | `B#b#PO` / `at#payout` | `DUE#run` / `at#b#payout#provider#payout` while its transactions are read |
//! | that a transaction is of it | core | `PO#b#provider#payout` / `T#transaction` | | | |
//! | movement at a provider | core | `BT#b#provider#transaction` / `T` | `B#b#UM#provider` / `at#transaction` while nobody knows whose it is, `B#b#NM#provider` / `object#transaction` while it is not ours | `B#b#TX#yyyymm` / `at#transaction#T` | |
//! | when it was said not to be ours, or to be after all | core | `BT#b#provider#transaction` / `M#at` | | `B#b#TX#yyyymm` / `at#transaction#M` | |
//! | when a payment took it over | core | `BT#b#provider#transaction` / `TO` | | `B#b#TX#yyyymm` / `at#transaction#TO` | |
//! | what was paid out of a payment | core | `P#b#p` / `S` | | | |
//! | money at a provider for its customer | core | `CB#b#provider#customer` / `CB` | | `B#b#CB` / `at#customer` while any lies there | |
//! | export | core | `EX#b#x` / `EX` | | `B#b#EX` / `at#x` | `DUE#run` / `at#b#export#x` until it is removed |
//! | its parts | core | `EX#b#x` / `PART#number` | | | |
//! | sweep of a provider's events | core | `B#b` / `SWEEP#provider` | | | `DUE#run` / `at#b#sweep#provider` |
//! | reading of the movements at a provider by time | core | `B#b` / `BALANCE#provider` | | | `DUE#run` / `at#b#balance#provider` once a payout was made by hand |
//! | account at a provider | core | `PA#provider` / `PA` | | | |
//! | provider object | core | `X#b#provider#object` / `X` | | `B#b#UN` / `at#object` while its money is nobody's, `B#b#NO` / `at#object` while it is not ours | |
//! | under which object the money of another is kept | core | `X#b#provider#object` / `K` | | | |
//! | what waits for it | core | `X#b#provider#object` / `F#kind#object` | | | |
//! | provider event | inbox | `W#b#provider#object` / event id | `B#b#EV#yyyymmddhh#shard` / `at#event` | `B#b#EVQ` / `at#event` quarantined | `DUE#event#shard` / `at#event` until it is applied |
//! | effect of a fact | inbox | `E#b#fact` / kind | | `B#b#EF` / `at#fact#kind` while it fails | `DUE#send#shard` / `at#fact#kind` until it is done |
//! | sign-in | inbox | `SG#b#s` / `SG` | | | `DUE#send#shard` / `at#s` until it is mailed |
//! | sign-in token | inbox | `ST#sha256` / `ST` | | | |
//! | sign-in mails of an hour | inbox | `SR#b#address sha256#yyyymmddhh` / `SR` | | | |
//! | session | inbox | `SE#sha256` / `SE` | | | |
//! | idempotency key | inbox | `IK#b#sha256` / `IK` | | | |
//! | act that is done | inbox | `AC#b#name` / `AC` | | | |

mod due;
mod inbox;
mod invoices;
mod movements;
mod outgoing_payments;

use jiff::Timestamp;
use jiff::civil::Date;
use receivables::provider_object::{ObjectId, Provider};
use receivables::{BusinessId, CreditNoteId, CustomerId, ExportId, PayLinkId, PaymentId};

pub(crate) use due::*;
pub use due::{DUE_SHARDS, DueList};
pub use inbox::EVENT_SHARDS;
pub(crate) use inbox::*;
pub(crate) use invoices::*;
pub(crate) use movements::*;
pub(crate) use outgoing_payments::*;

/// The place of an item: its partition and its sort key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub pk: String,
    pub sk: String,
}

impl Key {
    fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: sk.into() }
    }
}

/// A kind of value that is unique within a business.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unique {
    /// The number of an invoice.
    InvoiceNumber,
    /// The business's own id of an invoice.
    InvoiceExternalId,
    /// The business's own id of a customer.
    CustomerExternalId,
    /// The customer's id at a provider.
    CustomerAtProvider(Provider),
    /// The number of a credit note.
    CreditNoteNumber,
}

impl Unique {
    fn word(&self) -> &str {
        match self {
            Self::InvoiceNumber => "number",
            Self::InvoiceExternalId => "invoice",
            Self::CustomerExternalId => "customer",
            Self::CustomerAtProvider(provider) => provider.as_str(),
            Self::CreditNoteNumber => "credit_note",
        }
    }
}

pub(crate) fn business(b: &BusinessId) -> Key {
    Key::new(format!("B#{b}"), "B")
}

pub(crate) fn host(host: &str) -> Key {
    Key::new(format!("H#{}", host.to_ascii_lowercase()), "H")
}

/// What the keys of a business begin with in its list.
pub(crate) const API_KEY: &str = "K#";

pub(crate) fn api_key(hash: &str) -> Key {
    Key::new(format!("K#{hash}"), "K")
}

pub(crate) fn business_partition(b: &BusinessId) -> String {
    format!("B#{b}")
}

pub(crate) fn account(b: &BusinessId, c: &CustomerId) -> String {
    format!("C#{b}#{c}")
}

pub(crate) fn customer(b: &BusinessId, c: &CustomerId) -> Key {
    Key::new(account(b, c), "C")
}

pub(crate) fn customers(b: &BusinessId) -> String {
    format!("B#{b}#CU")
}

pub(crate) fn balance(b: &BusinessId, c: &CustomerId) -> Key {
    Key::new(account(b, c), "BAL")
}

pub(crate) const LEDGER: &str = "L#";

pub(crate) fn ledger(b: &BusinessId, c: &CustomerId, entry: &str) -> Key {
    Key::new(account(b, c), format!("{LEDGER}{entry}"))
}

/// The record of one decision: what it did to its source, and what it announces. A source has one record a version, so that
/// no decision is recorded twice.
pub(crate) fn decision_record(b: &BusinessId, source: &str, version: &str) -> Key {
    Key::new(format!("{DECISION_RECORD}{b}#{source}"), version)
}

pub(crate) const DECISION_RECORD: &str = "O#";

pub(crate) fn audit(b: &BusinessId) -> String {
    format!("AU#{b}")
}

/// A block of the audit, by the number of its first record: the place of the next block follows from the one before, so that
/// of two sealers one wins.
pub(crate) fn audit_block(b: &BusinessId, first: u64) -> Key {
    Key::new(audit(b), format!("{first:012}"))
}

pub(crate) fn unique(b: &BusinessId, kind: Unique, value: &str) -> Key {
    Key::new(format!("U#{b}#{}#{value}", kind.word()), "U")
}

pub(crate) fn emails(b: &BusinessId, folded: &str) -> String {
    format!("U#{b}#email#{folded}")
}

pub(crate) fn email(b: &BusinessId, folded: &str, c: &CustomerId) -> Key {
    Key::new(emails(b, folded), c.as_str())
}

pub(crate) fn pay_link(hash: &str) -> Key {
    Key::new(format!("TK#{hash}"), "TK")
}

pub(crate) const PAY_LINK: &str = "L#";

pub(crate) fn pay_link_in_invoice(link: &PayLinkId) -> String {
    format!("{PAY_LINK}{link}")
}

pub(crate) fn payment_partition(b: &BusinessId, p: &PaymentId) -> String {
    format!("P#{b}#{p}")
}

pub(crate) fn payment(b: &BusinessId, p: &PaymentId) -> Key {
    Key::new(payment_partition(b, p), "P")
}

pub(crate) const PAYMENT: &str = "P#";

pub(crate) fn payment_in_account(at: Timestamp, p: &PaymentId) -> String {
    format!("{PAYMENT}{at:.3}#{p}")
}

pub(crate) fn payments_of_month(b: &BusinessId, at: Timestamp) -> (String, String) {
    (format!("B#{b}#PAY#{}", at.strftime("%Y%m")), format!("{at:.3}"))
}

pub(crate) fn allocation(b: &BusinessId, p: &PaymentId, place: usize) -> Key {
    Key::new(payment_partition(b, p), format!("A#{place:04}"))
}

pub(crate) fn merged_fact(b: &BusinessId, p: &PaymentId, provider: Provider, kind: &str, object: &ObjectId) -> Key {
    Key::new(payment_partition(b, p), format!("F#{provider}#{kind}#{object}"))
}

pub(crate) fn review(b: &BusinessId, p: &PaymentId, name: &str) -> Key {
    Key::new(payment_partition(b, p), format!("V#{name}"))
}

/// What is unapplied of an account lies in its partition, where a consistent read finds all of it.
pub(crate) const UNAPPLIED: &str = "U#";

pub(crate) fn unapplied_of_payment(b: &BusinessId, c: &CustomerId, p: &PaymentId) -> Key {
    Key::new(account(b, c), format!("{UNAPPLIED}{p}"))
}

pub(crate) fn unapplied(b: &BusinessId) -> String {
    format!("B#{b}#UA")
}

pub(crate) fn credit_note_partition(b: &BusinessId, n: &CreditNoteId) -> String {
    format!("N#{b}#{n}")
}

pub(crate) fn credit_note(b: &BusinessId, n: &CreditNoteId) -> Key {
    Key::new(credit_note_partition(b, n), "N")
}

pub(crate) fn credit_note_allocation(b: &BusinessId, n: &CreditNoteId, place: usize) -> Key {
    Key::new(credit_note_partition(b, n), format!("A#{place:04}"))
}

pub(crate) fn unapplied_of_credit_note(b: &BusinessId, c: &CustomerId, n: &CreditNoteId) -> Key {
    Key::new(account(b, c), format!("{UNAPPLIED}{n}"))
}

pub(crate) const CREDIT_NOTE: &str = "N#";

pub(crate) fn credit_note_in_account(at: Timestamp, n: &CreditNoteId) -> String {
    format!("{CREDIT_NOTE}{at:.3}#{n}")
}

pub(crate) fn credit_notes(b: &BusinessId) -> String {
    format!("B#{b}#CN")
}

pub(crate) fn reviews(b: &BusinessId) -> String {
    format!("B#{b}#RV")
}

/// The account at a provider, which the businesses of the tables share.
pub(crate) fn provider_account(provider: Provider) -> Key {
    Key::new(format!("PA#{}", provider.as_str()), "PA")
}

pub(crate) fn object(b: &BusinessId, provider: Provider, object: &ObjectId) -> Key {
    Key::new(objects(b, provider, object), "X")
}

pub(crate) fn objects(b: &BusinessId, provider: Provider, object: &ObjectId) -> String {
    format!("X#{b}#{}#{object}", provider.as_str())
}

pub(crate) fn waiting_fact(
    b: &BusinessId,
    provider: Provider,
    anchor: &ObjectId,
    kind: &str,
    object: &ObjectId,
) -> Key {
    Key::new(objects(b, provider, anchor), format!("F#{kind}#{object}"))
}

pub(crate) fn method(b: &BusinessId, provider: Provider, method: &ObjectId) -> Key {
    Key::new(format!("PM#{b}#{}#{method}", provider.as_str()), "PM")
}

pub(crate) const METHOD: &str = "PM#";

/// All transactions of a payment in one item, so that many payments' are read in one batch.
pub(crate) fn settlement(b: &BusinessId, p: &PaymentId) -> Key {
    Key::new(payment_partition(b, p), "S")
}

/// What lies at a provider for its customer.
pub(crate) fn provider_cash(b: &BusinessId, provider: Provider, customer: &ObjectId) -> Key {
    Key::new(format!("CB#{b}#{}#{customer}", provider.as_str()), "CB")
}

pub(crate) fn all_provider_cash(b: &BusinessId) -> String {
    format!("B#{b}#CB")
}

pub(crate) fn export(b: &BusinessId, x: &ExportId) -> Key {
    Key::new(format!("EX#{b}#{x}"), "EX")
}

pub(crate) const EXPORT_PART: &str = "PART#";

pub(crate) fn export_part(b: &BusinessId, x: &ExportId, number: u32) -> Key {
    Key::new(format!("EX#{b}#{x}"), format!("{EXPORT_PART}{number:06}"))
}

pub(crate) fn exports(b: &BusinessId) -> String {
    format!("B#{b}#EX")
}

pub(crate) fn payouts(b: &BusinessId) -> String {
    format!("B#{b}#PO")
}

/// The provider in the partition key of an event, a payout or a saved method: `W#b#provider#object` and its like.
pub(crate) fn provider_in(pk: &str) -> Option<Provider> {
    pk.split('#').nth(2)?.parse().ok()
}

/// The provider in the sort key of a sweep: `SWEEP#provider`.
pub(crate) fn provider_of_sweep(sk: &str) -> Option<Provider> {
    sk.strip_prefix(SWEEP)?.parse().ok()
}

/// The provider in the sort key of a reading by time: `BALANCE#provider`.
pub(crate) fn provider_of_balance(sk: &str) -> Option<Provider> {
    sk.strip_prefix(BALANCE)?.parse().ok()
}

const SWEEP: &str = "SWEEP#";
const BALANCE: &str = "BALANCE#";

pub(crate) fn balance_reading(b: &BusinessId, provider: Provider) -> Key {
    Key::new(business_partition(b), format!("{BALANCE}{}", provider.as_str()))
}

pub(crate) fn sweep(b: &BusinessId, provider: Provider) -> Key {
    Key::new(business_partition(b), format!("{SWEEP}{}", provider.as_str()))
}

/// The list of ledger entries of a business that are of the month of a day, whenever they were recorded.
pub(crate) fn ledger_of_month(b: &BusinessId, day: Date) -> String {
    format!("B#{b}#J#{}", day.strftime("%Y%m"))
}

pub(crate) fn unidentified(b: &BusinessId) -> String {
    format!("B#{b}#UN")
}

pub(crate) fn not_ours(b: &BusinessId) -> String {
    format!("B#{b}#NO")
}
