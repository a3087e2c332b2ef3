//! Hand-made books: one business and its customer, and invoices and payments made by the rules themselves.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use payment_gateway::stripe::currency::charge_rule;
use receivables::business::Business;
use receivables::invoice::{Draft, DraftLine, DraftSchedule, issue};
use receivables::ledger::Entry;
use receivables::pay_link::{PayLink, Scope};
use receivables::payment::{Checkout, ChosenMethod, Origin, Request, apply_reports, start};
use receivables::provider_object::{Attempt, AttemptRank, Cash, ChargebackState, CheckoutState, IntentState};
use receivables::statement::AccountSums;
use receivables::{
    BillingZone, BusinessId, Change, Currency, CustomerId, Decision, Invoice, InvoiceHead, InvoiceId, Locale, Money,
    ObjectState, Payment, PaymentId, Report,
};

const ULID: &str = "01JD8Z0000ABCDEFGHJKMNPQR";

/// The day on which every page is looked at.
pub(super) const TODAY: Date = date(2026, 3, 13);

pub(super) fn now() -> Timestamp {
    "2026-03-13T10:00:00Z".parse().unwrap()
}

pub(super) fn id<I: std::str::FromStr<Err = E>, E: std::fmt::Debug>(prefix: &str, place: char) -> I {
    format!("{prefix}_{ULID}{place}").parse().unwrap()
}

pub(super) fn business() -> Business {
    Business {
        id: id("biz", '0'),
        name: "Atelier Lumière & Fils".parse().unwrap(),
        default_currency: Currency::EUR,
        time_zone: BillingZone::named("Europe/Paris").unwrap(),
        locales: vec![Locale::English, Locale::French],
        email: "compta@lumiere.example".parse().unwrap(),
        write_off_tolerances: std::collections::BTreeMap::new(),
        outside_payments: receivables::OutsidePayments::Propose,
        provider_refunds: receivables::ProviderRefunds::Ask,
        not_ours: Vec::new(),
        version: 1,
    }
}

/// An account, and everything decided on it so far.
pub(super) struct Books {
    pub(super) sums: AccountSums,
    pub(super) entries: Vec<Entry>,
    heads: BTreeMap<InvoiceId, InvoiceHead>,
}

impl Books {
    pub(super) fn new() -> Self {
        Self { sums: AccountSums::default(), entries: Vec::new(), heads: BTreeMap::new() }
    }

    fn take(&mut self, decision: &Decision) {
        let moved = decision.balance_move();
        for (currency, minor) in moved.open {
            *self.sums.open.entry(currency).or_default() += minor;
        }
        for (place, minor) in moved.open_by_due {
            *self.sums.open_by_due.entry(place).or_default() += minor;
        }
        for (currency, minor) in moved.unapplied {
            *self.sums.unapplied.entry(currency).or_default() += minor;
        }
        for (currency, minor) in moved.pending {
            *self.sums.pending.entry(currency).or_default() += minor;
        }
        for change in &decision.changes {
            if let Change::InvoiceChanged(change) = change
                && let Some(head) = self.heads.get_mut(&change.invoice)
            {
                *head = head.changed_by(change);
            }
        }
        self.entries.extend(decision.entries_in(&business().time_zone).0);
    }

    /// The invoice as it stands now.
    pub(super) fn after(&self, invoice: &Invoice) -> Invoice {
        Invoice { head: self.heads[&invoice.head.id].clone(), ..invoice.clone() }
    }

    /// An invoice of lines `description × quantity @ unit price + tax rate`.
    pub(super) fn issue(
        &mut self,
        place: char,
        number: &str,
        due_on: Date,
        currency: Currency,
        lines: &[(&str, &str, &str, &str)],
    ) -> Invoice {
        self.issue_due(place, number, DraftSchedule::On(due_on), currency, lines)
    }

    /// The same, due on several days.
    pub(super) fn issue_due(
        &mut self,
        place: char,
        number: &str,
        schedule: DraftSchedule,
        currency: Currency,
        lines: &[(&str, &str, &str, &str)],
    ) -> Invoice {
        let line = |(description, quantity, price, rate): &(&str, &str, &str, &str)| DraftLine {
            description: description.parse().unwrap(),
            quantity: quantity.parse().unwrap(),
            unit_price: Money::parse(price, currency).unwrap(),
            tax_rate: rate.parse().unwrap(),
        };
        let draft = Draft {
            external_id: None,
            number: number.parse().unwrap(),
            currency,
            purchase_order: Some("PO 4500017".parse().unwrap()),
            issued_on: date(2026, 2, 1),
            schedule,
            lines: lines.iter().map(line).collect(),
        };
        let pay_link = PayLink {
            id: id("lnk", place),
            business: id("biz", '0'),
            customer: id("cst", '0'),
            scope: Scope::Invoice(id("inv", place)),
            expires_on: date(2026, 12, 31),
            revoked_at: None,
            token_hash: String::new(),
        };
        let at = "2026-02-01T09:00:00Z".parse().unwrap();
        let (business, customer): (BusinessId, CustomerId) = (id("biz", '0'), id("cst", '0'));
        let (invoice, decision) = issue(id("inv", place), business, customer, draft, pay_link, at).unwrap();
        self.heads.insert(invoice.head.id.clone(), invoice.head.clone());
        self.take(&decision);
        invoice
    }

    /// A payment of part of an invoice, with its hosted page open.
    pub(super) fn start(&mut self, place: char, invoice: &Invoice, amount: &str) -> Payment {
        let payment = self.begin(place, invoice, amount, None);
        let checkout = Checkout {
            id: "cs_test_1".parse().unwrap(),
            url: "https://checkout.stripe.com/c/pay/cs_test_1".to_owned(),
            expires_at: "2026-03-14T08:00:00Z".parse().unwrap(),
        };
        let (payment, decision) = payment.opened(checkout, at()).unwrap();
        self.take(&decision);
        payment
    }

    /// A saved card is charged for an invoice.
    pub(super) fn charge(&mut self, place: char, invoice: &Invoice, amount: &str) -> Payment {
        let (id, kind) = ("pm_1".parse().unwrap(), Some("card".to_owned()));
        self.begin(place, invoice, amount, Some(ChosenMethod { id, kind, customer: "cus_1".parse().unwrap() }))
    }

    fn begin(&mut self, place: char, invoice: &Invoice, amount: &str, method: Option<ChosenMethod>) -> Payment {
        let request = Request {
            method,
            provider: payment_gateway::stripe::NAME.parse().unwrap(),
            id: id("pay", place),
            origin: Origin::Portal,
            locale: Locale::English,
            parts: vec![(invoice.head.clone(), Money::parse(amount, invoice.head.currency()).unwrap())],
            rule: charge_rule(invoice.head.currency()).unwrap(),
        };
        let (payment, decisions) = start(&request, at()).unwrap();
        for decision in decisions {
            self.take(&decision);
        }
        payment
    }

    /// The provider says something of the payment's checkout.
    pub(super) fn checkout_says(&mut self, payment: &Payment, fact: CheckoutState) -> Payment {
        self.apply_reports(payment, "cs_test_1", ObjectState::Checkout(fact))
    }

    /// The provider says something of the payment's intent.
    pub(super) fn intent_says(&mut self, payment: &Payment, fact: IntentState) -> Payment {
        self.apply_reports(payment, "pi_1", ObjectState::Intent(fact))
    }

    /// The provider says that an issuer takes money of the payment back.
    pub(super) fn chargeback_says(&mut self, payment: &Payment, fact: ChargebackState) -> Payment {
        self.apply_reports(payment, "dp_1", ObjectState::Chargeback(fact))
    }

    fn apply_reports(&mut self, payment: &Payment, object: &str, fact: ObjectState) -> Payment {
        let report = Report {
            object: object.parse().unwrap(),
            of: None,
            customer: None,
            invoice: None,
            business: None,
            payment: None,
            state: fact,
        };
        let (payment, decision) = apply_reports(payment, &[report], at()).unwrap();
        self.take(&decision);
        payment
    }
}

fn at() -> Timestamp {
    "2026-03-12T08:30:00Z".parse().unwrap()
}

/// The checkout was finished and paid.
pub(super) fn paid(amount: &str, currency: Currency) -> CheckoutState {
    let received = Cash::of(Money::parse(amount, currency).unwrap());
    CheckoutState { completed: true, received, ..CheckoutState::default() }
}

/// An attempt was declined.
pub(super) fn declined(word: &str) -> IntentState {
    let attempt = Attempt::new(AttemptRank::Failed, Some(word.to_owned()));
    IntentState { attempts: BTreeMap::from([("ch_1".to_owned(), attempt)]), ..IntentState::default() }
}

pub(super) fn payment_id() -> PaymentId {
    id("pay", 'Z')
}
