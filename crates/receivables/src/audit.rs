//! The audit: who did what, and what it changed.
//!
//! Each decision tells its differences, in the API's words. They are written in the transaction that carries it out, and
//! sealed into a chain afterwards: each seal is a hash over the one before and the record, so that none can be altered, left
//! out or put in without breaking all that follow.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::decision::{Change, Decision};
use crate::ids::{CustomerId, KeyId, PayLinkId};
use crate::invoice::{CutKind, HoldChange, HoldKind, InvoiceChange};
use crate::money::Money;
use crate::pay_link::Scope;
use crate::payment::{Instead, Payment, RefundOrder};

/// Who, or what, made a decision.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Actor {
    /// A program or person of the business, by an API key.
    Key(KeyId),
    /// Whoever holds a pay link.
    PayLink(PayLinkId),
    /// Someone signed in for a customer.
    Customer(CustomerId),
    /// A provider, by one of its events.
    ProviderEvent(String),
    /// The timer, which does what is due.
    Timer,
    /// What follows from facts by itself.
    Stream,
    /// The program `guichet`, at somebody's command.
    #[default]
    Program,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "key:{key}"),
            Self::PayLink(link) => write!(f, "pay_link:{link}"),
            Self::Customer(customer) => write!(f, "customer:{customer}"),
            Self::ProviderEvent(event) => write!(f, "provider_event:{event}"),
            Self::Timer => f.write_str("timer"),
            Self::Stream => f.write_str("stream"),
            Self::Program => f.write_str("program"),
        }
    }
}

impl FromStr for Actor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || format!("expected an actor, not {text}");
        Ok(match text.split_once(':') {
            Some(("key", id)) => Self::Key(id.parse().map_err(|_| unknown())?),
            Some(("pay_link", id)) => Self::PayLink(id.parse().map_err(|_| unknown())?),
            Some(("customer", id)) => Self::Customer(id.parse().map_err(|_| unknown())?),
            Some(("provider_event", id)) => Self::ProviderEvent(id.to_owned()),
            None if text == "timer" => Self::Timer,
            None if text == "stream" => Self::Stream,
            None if text == "program" => Self::Program,
            Some(_) | None => return Err(unknown()),
        })
    }
}

/// One thing that was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The id of the document.
    pub what: String,
    /// The changed part of it, in the API's words.
    pub field: &'static str,
    /// The value before; none of what did not exist.
    pub before: String,
    /// The value now.
    pub after: String,
}

impl Difference {
    /// An amount that became another. What was not there held nothing.
    pub(crate) fn of_amount(id: &str, field: &'static str, before: Option<Money>, after: Money) -> Self {
        // Of nothing that stays nothing there is nothing to say.
        let before = before.unwrap_or(Money::zero(after.currency()));
        Self { what: id.to_owned(), field, before: text_of(before), after: text_of(after) }
    }
}

impl Decision {
    /// What the decision changes. Texts about persons are not among it, only that they changed.
    pub fn differences(&self) -> Vec<Difference> {
        self.changes.iter().flat_map(of_change).filter(|one| one.before != one.after).collect()
    }

    /// The ids of the documents that the decision changes: the customers, invoices, payments and credit notes that are shown otherwise
    /// after it. Not each has a difference: a transfer may have arrived in part, or money moved from one invoice to another. An
    /// invoice is shown with its pay link.
    pub fn touched(&self) -> BTreeSet<String> {
        let document = |change: &Change| match change {
            Change::CustomerRegistered(after) | Change::ProfileChanged { after, .. } => after.id.to_string(),
            Change::InvoiceIssued(invoice) => invoice.head.id.to_string(),
            Change::InvoiceChanged(change) => change.invoice.to_string(),
            Change::PayLinkIssued(link) | Change::PayLinkRevoked(link) => {
                let Scope::Invoice(invoice) = &link.scope;
                invoice.to_string()
            }
            Change::PaymentStarted(after) | Change::PaymentChanged { after, .. } => after.id().to_string(),
            Change::CreditNoteIssued(after) | Change::CreditNoteChanged { after, .. } => after.id.to_string(),
            Change::CreditPaidOut(after) | Change::CreditPayoutReversed { after, .. } => after.id.to_string(),
        };
        self.changes.iter().map(document).collect()
    }

    /// The name of the decision: what it is of, in the version that it makes.
    pub fn name(&self) -> String {
        let of = |id: &str, version: u64| format!("{id}.{version}");
        let named = self.changes.iter().rev().find_map(|change| match change {
            Change::PaymentChanged { after, .. } => Some(of(after.id().as_str(), after.version())),
            Change::PaymentStarted(payment) => Some(of(payment.id().as_str(), payment.version())),
            Change::CreditPaidOut(after) | Change::CreditPayoutReversed { after, .. } => {
                Some(of(after.id.as_str(), after.version))
            }
            Change::CreditNoteChanged { after, .. } => Some(of(after.id.as_str(), after.version)),
            Change::CreditNoteIssued(note) => Some(of(note.id.as_str(), note.version)),
            Change::InvoiceIssued(invoice) => Some(of(invoice.head.id.as_str(), invoice.head.balance.version)),
            Change::CustomerRegistered(customer) => Some(of(customer.id.as_str(), customer.version)),
            Change::ProfileChanged { after, .. } => Some(of(after.id.as_str(), after.version)),
            Change::PayLinkRevoked(link) => Some(format!("{}.revoked", link.id)),
            Change::PayLinkIssued(_) | Change::InvoiceChanged(_) => None,
        });
        let link = || {
            self.changes.iter().find_map(|change| match change {
                Change::PayLinkIssued(link) => Some(link.id.to_string()),
                Change::InvoiceChanged(change) => Some(of(change.invoice.as_str(), change.version_after())),
                Change::CustomerRegistered(_)
                | Change::ProfileChanged { .. }
                | Change::InvoiceIssued(_)
                | Change::PayLinkRevoked(_)
                | Change::PaymentStarted(_)
                | Change::PaymentChanged { .. }
                | Change::CreditNoteIssued(_)
                | Change::CreditNoteChanged { .. }
                | Change::CreditPaidOut(_)
                | Change::CreditPayoutReversed { .. } => None,
            })
        };
        named.or_else(link).unwrap_or_else(|| self.customer.to_string())
    }
}

fn of_change(change: &Change) -> Vec<Difference> {
    match change {
        Change::CustomerRegistered(customer) => vec![made(customer.id.as_str(), "registered")],
        Change::ProfileChanged { before, after } => vec![Difference {
            what: after.id.to_string(),
            field: "profile",
            before: format!("version {}", before.version),
            after: format!("version {}", after.version),
        }],
        Change::InvoiceIssued(invoice) => vec![
            made(invoice.head.id.as_str(), "issued"),
            Difference::of_amount(invoice.head.id.as_str(), "open", None, invoice.head.balance.open()),
        ],
        Change::InvoiceChanged(change) => invoice(change),
        Change::PayLinkIssued(link) => vec![made(link.id.as_str(), "issued")],
        Change::PayLinkRevoked(link) => vec![Difference {
            what: link.id.to_string(),
            field: "status",
            before: "issued".to_owned(),
            after: "revoked".to_owned(),
        }],
        Change::PaymentStarted(after) => payment(None, after),
        Change::PaymentChanged { before, after } => payment(Some(before), after),
        Change::CreditNoteIssued(note) => vec![
            made(note.id.as_str(), "issued"),
            Difference::of_amount(note.id.as_str(), "amount", None, note.amount),
            Difference::of_amount(note.id.as_str(), "unapplied", None, note.unapplied),
        ],
        Change::CreditNoteChanged { before, after } => vec![
            Difference::of_amount(after.id.as_str(), "unapplied", Some(before.unapplied), after.unapplied),
            Difference::of_amount(after.id.as_str(), "paid_out", Some(before.paid_out), after.paid_out),
        ],
        Change::CreditPaidOut(outgoing) => vec![
            made(outgoing.id.as_str(), "recorded"),
            Difference::of_amount(outgoing.id.as_str(), "amount", None, outgoing.amount),
        ],
        Change::CreditPayoutReversed { after, .. } => vec![Difference {
            what: after.id.to_string(),
            field: "status",
            before: "recorded".to_owned(),
            after: "reversed".to_owned(),
        }],
    }
}

fn invoice(change: &InvoiceChange) -> Vec<Difference> {
    let id = change.invoice.as_str();
    let mut differences = vec![Difference::of_amount(id, "open", Some(change.open_before()), change.open_after())];
    differences.extend(CutKind::ALL.into_iter().map(|kind| {
        let (before, after) = change.cut(kind);
        Difference::of_amount(id, kind.as_str(), Some(before), after)
    }));
    if let Some((before, after)) = change.written_off {
        differences.push(Difference::of_amount(id, "written_off", Some(before), after));
    }
    if let Some((before, after)) = change.bad_debt {
        differences.push(Difference::of_amount(id, "bad_debt", Some(before), after));
    }
    if let Some(HoldChange { holder, before, after }) = &change.hold {
        let word =
            |kind: Option<&HoldKind>| kind.map(|kind| format!("{} of {holder}", kind.as_str())).unwrap_or_default();
        differences.push(Difference {
            what: id.to_owned(),
            field: "hold",
            before: word(before.as_ref()),
            after: word(after.as_ref().map(|hold| &hold.kind)),
        });
    }
    differences
}

fn payment(before: Option<&Payment>, after: &Payment) -> Vec<Difference> {
    let id = after.id().as_str();
    let words = |field: &'static str, read: fn(&Payment) -> String| Difference {
        what: id.to_owned(),
        field,
        before: before.map(read).unwrap_or_default(),
        after: read(after),
    };
    let money = |field: &'static str, read: fn(&Payment) -> Money| {
        Difference::of_amount(id, field, before.map(read), read(after))
    };
    let mut differences = vec![
        words("status", |payment| payment.state().as_str().to_owned()),
        money("received", super::payment::Payment::received),
        money("returned", super::payment::Payment::returned),
        money("refunded", super::payment::Payment::refunded),
        money("charged_back", super::payment::Payment::charged_back),
        money("paid_out", super::payment::Payment::paid_out),
        money("unapplied", super::payment::Payment::unapplied),
        words("suspense", |payment| spoken(payment.suspense())),
        words("checkout", |payment| payment.checkout().map(|checkout| checkout.id.to_string()).unwrap_or_default()),
        words("payment_method", |payment| payment.charge().map(|charge| charge.method.to_string()).unwrap_or_default()),
        words("decline", |payment| {
            let decline = payment.charge().and_then(|charge| charge.decline.as_ref());
            decline.map(|decline| decline.reason.as_str().to_owned()).unwrap_or_default()
        }),
        words("next_payment", |payment| {
            let instead = payment.charge().and_then(|charge| charge.instead.as_ref());
            match instead {
                Some(Instead::Page(page)) => page.to_string(),
                Some(Instead::Nothing) | None => String::new(),
            }
        }),
        words("refused_by_provider", |payment| {
            let refused: Vec<String> =
                payment.page_refusals().iter().map(|refusal| refusal.review(payment).name).collect();
            refused.join(", ")
        }),
    ];
    // Whose it is at first goes without saying.
    differences.extend(before.map(|before| Difference {
        what: id.to_owned(),
        field: "customer",
        before: before.customer().to_string(),
        after: after.customer().to_string(),
    }));
    let (orders, closed) = before.map_or((&[][..], &[][..]), |before| (before.refunds(), before.reviews_closed()));
    differences.extend(
        after.refunds().iter().flat_map(|order| refund(orders.iter().find(|before| before.id == order.id), order)),
    );
    let answered = before.map_or(0, |before| before.refund_answers().len());
    differences.extend(after.refund_answers().iter().skip(answered).map(|answer| Difference {
        what: id.to_owned(),
        field: "refund_meaning",
        before: String::new(),
        after: format!("{} {} of {}", answer.meaning.as_str(), text_of(answer.amount), answer.refund),
    }));
    differences.extend(after.reviews_closed().iter().filter(|name| !closed.contains(name)).map(|name| Difference {
        what: id.to_owned(),
        field: "review_closed",
        before: String::new(),
        after: name.clone(),
    }));
    differences
}

fn refund(before: Option<&RefundOrder>, after: &RefundOrder) -> Vec<Difference> {
    let id = after.id.as_str();
    let words = |field: &'static str, read: fn(&RefundOrder) -> String| Difference {
        what: id.to_owned(),
        field,
        before: before.map(read).unwrap_or_default(),
        after: read(after),
    };
    vec![
        words("status", |order| if order.refused.is_some() { "refused" } else { "ordered" }.to_owned()),
        Difference::of_amount(id, "amount", before.map(|order| order.amount), after.amount),
        words("meaning", |order| order.meaning.as_str().to_owned()),
        words("invoice", |order| order.invoice.as_ref().map(ToString::to_string).unwrap_or_default()),
        words("refused_because", |order| order.refused.clone().unwrap_or_default()),
    ]
}

fn spoken(amounts: &[Money]) -> String {
    let texts: Vec<String> = amounts.iter().map(|amount| text_of(*amount)).collect();
    texts.join(", ")
}

fn text_of(amount: Money) -> String {
    format!("{} {}", amount.to_plain(), amount.currency())
}

fn made(id: &str, word: &str) -> Difference {
    Difference { what: id.to_owned(), field: "status", before: String::new(), after: word.to_owned() }
}
