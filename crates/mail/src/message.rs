//! Typed views and the messages composed from them.
//!
//! A view holds what the message says, in the vocabulary of the books; `compose` picks the sentences, writes amounts and dates
//! for the reader and fills the templates in `templates/`, which are compiled in.

use std::fmt;

use askama::Template;
use jiff::civil::Date;
use receivables::text::{EmailAddress, InvoiceNumber, PartyName, isolated};
use receivables::{Business, Locale, Money, PaymentId};

use crate::words::Words;

/// Invoices listed in a receipt. A payment may cover a thousand; mail readers cut a message off at about 100 kB, so the rest
/// is counted and left to the payment's page.
pub const RECEIPT_LINES_MAX: usize = 50;

/// The kinds of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Our confirmation of a settled payment.
    Receipt,
    /// A link and a code to sign in with.
    SignIn,
}

impl Kind {
    pub const ALL: [Self; 2] = [Self::Receipt, Self::SignIn];

    /// The name of the kind in the mail provider's notices about a message.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::SignIn => "sign-in",
        }
    }
}

/// A message, ready to be sent. Only `compose` makes one.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    kind: Kind,
    locale: Locale,
    to: EmailAddress,
    subject: String,
    text: String,
    html: String,
}

impl Message {
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The language and format it is written in.
    pub fn locale(&self) -> Locale {
        self.locale
    }

    pub fn to(&self) -> &EmailAddress {
        &self.to
    }

    /// The subject, on one line.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The body as plain text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The body as HTML, with the same content.
    pub fn html(&self) -> &str {
        &self.html
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("kind", &self.kind).field("locale", &self.locale).finish_non_exhaustive()
    }
}

/// One invoice of a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptLine {
    pub number: InvoiceNumber,
    /// How much of the payment was applied to it.
    pub amount: Money,
    /// What is open of it after that.
    pub open_after: Money,
}

/// The content of a receipt: our confirmation of a settled payment.
#[derive(Clone)]
pub struct Receipt<'a> {
    pub business: &'a Business,
    pub locale: Locale,
    pub to: EmailAddress,
    pub customer_name: PartyName,
    pub payment: PaymentId,
    /// The day of the payment, in the business's zone.
    pub paid_on: Date,
    pub amount: Money,
    /// The invoices it was applied to.
    pub lines: Vec<ReceiptLine>,
    /// The part of the payment that covers no invoice yet.
    pub unapplied: Money,
    /// The address of the payment's page. Its key is a secret.
    pub payment_url: String,
}

impl Receipt<'_> {
    /// Composes the message in the reader's language.
    pub fn compose(&self) -> Message {
        let words = Words::of(self.locale.language());
        let amount = self.locale.money(self.amount);
        let (business, customer) = (isolated(self.business.name.as_str()), isolated(self.customer_name.as_str()));
        let subject = (words.receipt_subject)(&amount, &business);
        let lead = (words.receipt_lead)(&amount, &self.locale.date(self.paid_on));
        let unlisted = self.lines.len().saturating_sub(RECEIPT_LINES_MAX);
        let parts = ReceiptParts {
            frame: Frame {
                lang: self.locale.tag(),
                subject: &subject,
                business: self.business.name.as_str(),
                preheader: &lead,
                why: &(words.receipt_why)(&business),
            },
            words,
            greeting: &(words.greeting)(&customer),
            lead: &lead,
            amount: &amount,
            rows: &self.rows(words),
            more: (unlisted > 0).then(|| (words.more_invoices)(unlisted)),
            payment: self.payment.as_str(),
            url: &self.payment_url,
            questions: &(words.questions)(self.business.email.as_str()),
        };
        let (text, html) = (rendered(&ReceiptText { parts: &parts }), rendered(&ReceiptHtml { parts: &parts }));
        Message { kind: Kind::Receipt, locale: self.locale, to: self.to.clone(), subject, text, html }
    }

    fn rows(&self, words: &Words) -> Vec<Row> {
        let invoices = self.lines.iter().take(RECEIPT_LINES_MAX).map(|line| Row {
            label: (words.invoice)(&isolated(line.number.as_str())),
            amount: self.locale.money(line.amount),
            note: if line.open_after.is_zero() {
                words.paid_in_full.to_owned()
            } else {
                (words.still_open)(&self.locale.money(line.open_after))
            },
        });
        let unapplied = (!self.unapplied.is_zero()).then(|| Row {
            label: words.unapplied.to_owned(),
            amount: self.locale.money(self.unapplied),
            note: words.unapplied_note.to_owned(),
        });
        invoices.chain(unapplied).collect()
    }
}

impl fmt::Debug for Receipt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt").field("payment", &self.payment).field("locale", &self.locale).finish_non_exhaustive()
    }
}

/// The content of a sign-in message.
#[derive(Clone)]
pub struct SignIn<'a> {
    pub business: &'a Business,
    pub locale: Locale,
    pub to: EmailAddress,
    /// The address that signs in. A secret.
    pub url: String,
    /// Six digits that do the same. A secret.
    pub code: String,
    /// For how many minutes link and code are valid.
    pub minutes: u16,
}

impl SignIn<'_> {
    /// Composes the message in the reader's language. The subject never contains the code: subjects are shown on locked screens
    /// and come back in the mail provider's notices.
    pub fn compose(&self) -> Message {
        let words = Words::of(self.locale.language());
        let business = isolated(self.business.name.as_str());
        let subject = (words.sign_in_subject)(&business);
        let validity = (words.sign_in_validity)(self.minutes);
        let parts = SignInParts {
            frame: Frame {
                lang: self.locale.tag(),
                subject: &subject,
                business: self.business.name.as_str(),
                preheader: &validity,
                why: &(words.sign_in_why)(&business),
            },
            words,
            title: &(words.sign_in_title)(&business),
            lead: &(words.sign_in_lead)(&business),
            url: &self.url,
            code: &self.code,
            validity: &validity,
            never_asked: &(words.sign_in_never_asked)(&business),
        };
        let (text, html) = (rendered(&SignInText { parts: &parts }), rendered(&SignInHtml { parts: &parts }));
        Message { kind: Kind::SignIn, locale: self.locale, to: self.to.clone(), subject, text, html }
    }
}

impl fmt::Debug for SignIn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn")
            .field("business", &self.business.id)
            .field("locale", &self.locale)
            .finish_non_exhaustive()
    }
}

/// The parts of every message around its content.
struct Frame<'a> {
    lang: &'a str,
    subject: &'a str,
    business: &'a str,
    /// The line that mail readers show after the subject in a list of messages.
    preheader: &'a str,
    /// Why the reader receives it.
    why: &'a str,
}

/// One line of a receipt, as text.
struct Row {
    label: String,
    amount: String,
    note: String,
}

struct ReceiptParts<'a> {
    frame: Frame<'a>,
    words: &'a Words,
    greeting: &'a str,
    lead: &'a str,
    amount: &'a str,
    rows: &'a [Row],
    more: Option<String>,
    payment: &'a str,
    url: &'a str,
    questions: &'a str,
}

struct SignInParts<'a> {
    frame: Frame<'a>,
    words: &'a Words,
    title: &'a str,
    lead: &'a str,
    url: &'a str,
    code: &'a str,
    validity: &'a str,
    never_asked: &'a str,
}

#[derive(Template)]
#[template(path = "receipt.txt")]
struct ReceiptText<'a> {
    parts: &'a ReceiptParts<'a>,
}

#[derive(Template)]
#[template(path = "receipt.html")]
struct ReceiptHtml<'a> {
    parts: &'a ReceiptParts<'a>,
}

#[derive(Template)]
#[template(path = "sign_in.txt")]
struct SignInText<'a> {
    parts: &'a SignInParts<'a>,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInHtml<'a> {
    parts: &'a SignInParts<'a>,
}

/// Fills a template. Its values are all text, and a `String` accepts everything written to it, so this cannot fail; the tests
/// render every message in every locale.
fn rendered<T: Template>(template: &T) -> String {
    let mut out = String::with_capacity(T::SIZE_HINT);
    let written = template.render_into(&mut out);
    debug_assert!(written.is_ok(), "a template failed to render");
    out
}
