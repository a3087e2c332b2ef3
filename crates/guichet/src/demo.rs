//! The demo: a bilingual business with customers and invoices, registered and issued by the product's own operations.

use std::collections::BTreeMap;

use function_runtime::AppState;
use jiff::Timestamp;
use operations::{OperationError, issue_invoice, register_customer};
use receivables::calendar::days_after;
use receivables::customer::Profile;
use receivables::invoice::{Draft, DraftLine, DraftSchedule};
use receivables::text::TextError;
use receivables::{
    BillingZone, Business, BusinessId, Currency, Locale, Money, OutsidePayments, PayLinkId, ProviderRefunds,
};
use rust_decimal::Decimal;

/// A customer of the demo: external id, name, address, locale.
const CUSTOMERS: [(&str, &str, &str, Locale); 4] = [
    ("C-1001", "Librairie du Canal", "compta@librairie-du-canal.example", Locale::French),
    ("C-1002", "Harbour Cycles Ltd", "accounts@harbour-cycles.example", Locale::English),
    ("C-1003", "Boulangerie Plateau inc.", "factures@boulangerie-plateau.example", Locale::FrenchCanada),
    ("C-1004", "Prairie Optics Inc.", "payables@prairie-optics.example", Locale::EnglishCanada),
];

/// An invoice of the demo: number, customer, currency, days since it was issued, days it runs, order, lines.
struct DemoInvoice {
    number: &'static str,
    customer: &'static str,
    currency: Currency,
    issued_days_ago: i64,
    runs_days: u16,
    lines: &'static [(&'static str, &'static str, &'static str, &'static str)],
}

const INVOICES: [DemoInvoice; 7] = [
    DemoInvoice {
        number: "F-2026-0141",
        customer: "C-1001",
        currency: Currency::EUR,
        issued_days_ago: 12,
        runs_days: 30,
        lines: &[
            ("Papier bouffant 80 g, 70 × 100", "25", "31.20", "20"),
            ("Signets imprimés, lot de 500", "2", "48.00", "20"),
            ("Livraison Paris", "1", "18.50", "20"),
        ],
    },
    DemoInvoice {
        number: "F-2026-0117",
        customer: "C-1001",
        currency: Currency::EUR,
        issued_days_ago: 48,
        runs_days: 30,
        lines: &[("Catalogue d’automne, impression", "1", "640.00", "5.5"), ("Façonnage", "1", "120.00", "20")],
    },
    DemoInvoice {
        number: "F-2026-0138",
        customer: "C-1002",
        currency: Currency::EUR,
        issued_days_ago: 20,
        runs_days: 30,
        lines: &[("Workshop manuals, 2nd edition", "40", "14.75", "0")],
    },
    DemoInvoice {
        number: "F-2026-0092",
        customer: "C-1002",
        currency: Currency::EUR,
        issued_days_ago: 95,
        runs_days: 30,
        lines: &[("Posters A2, recycled paper", "150", "2.40", "0"), ("Artwork", "3.5", "65.00", "0")],
    },
    DemoInvoice {
        number: "F-2026-0129",
        customer: "C-1003",
        currency: Currency::CAD,
        issued_days_ago: 25,
        runs_days: 30,
        lines: &[("Sacs à pain imprimés, 1 000", "6", "89.90", "14.975"), ("Transport", "1", "42.00", "14.975")],
    },
    DemoInvoice {
        number: "F-2026-0144",
        customer: "C-1004",
        currency: Currency::CAD,
        issued_days_ago: 3,
        runs_days: 45,
        lines: &[("Lens cleaning cards, branded", "2000", "0.38", "5"), ("Rush fee", "1", "75.00", "5")],
    },
    DemoInvoice {
        number: "F-2026-0103",
        customer: "C-1004",
        currency: Currency::CAD,
        issued_days_ago: 70,
        runs_days: 45,
        lines: &[("Price lists, bilingual", "500", "0.92", "5")],
    },
];

/// The business there is from the start.
pub(crate) fn business(id: BusinessId) -> Result<Business, String> {
    let in_words = |error: TextError| error.to_string();
    Ok(Business {
        id,
        name: "Imprimerie Belleville".parse().map_err(in_words)?,
        default_currency: Currency::EUR,
        time_zone: BillingZone::named("Europe/Paris").map_err(|error| error.to_string())?,
        locales: vec![Locale::French, Locale::English, Locale::FrenchCanada, Locale::EnglishCanada],
        email: "comptabilite@imprimerie-belleville.example".parse().map_err(in_words)?,
        write_off_tolerances: std::collections::BTreeMap::new(),
        outside_payments: OutsidePayments::default(),
        provider_refunds: ProviderRefunds::default(),
        not_ours: Vec::new(),
        version: 1,
    })
}

/// Registers the demo's customers and issues its invoices. Doing so again changes nothing.
pub(crate) async fn create(state: &AppState, business: &BusinessId) -> Result<(), OperationError> {
    let business = state.business(business).await?;
    let now = state.clock.now();
    for (external_id, name, email, locale) in CUSTOMERS {
        let profile = Profile {
            external_id: Some(external_id.parse().map_err(defect)?),
            name: name.parse().map_err(defect)?,
            email: Some(email.parse().map_err(defect)?),
            locale: Some(locale),
            provider_ids: BTreeMap::new(),
        };
        let id = state.ids.customer_id(now);
        let customer = register_customer(&state.context, &business, id, profile, now).await?.customer;
        for invoice in INVOICES.iter().filter(|invoice| invoice.customer == external_id) {
            let (id, link) = (state.ids.invoice_id(now), state.ids.pay_link_id(now));
            let draft = draft(invoice, &business, now)?;
            issue_invoice(&state.context, &business, id, link, &customer.id, draft, now).await?;
        }
    }
    Ok(())
}

/// The link that the program shows first: to the demo's first invoice.
pub(crate) async fn pay_link(state: &AppState, business: &BusinessId) -> Result<Option<PayLinkId>, OperationError> {
    let number = INVOICES[0].number.parse().map_err(defect)?;
    let Some(invoice) = state.context.store.invoice_by_number(business, &number).await? else { return Ok(None) };
    let links = state.context.store.pay_links_of_invoice(business, &invoice).await?;
    Ok(links.into_iter().find(|link| link.revoked_at.is_none()).map(|link| link.id))
}

fn draft(invoice: &DemoInvoice, business: &Business, now: Timestamp) -> Result<Draft, OperationError> {
    let today = business.time_zone.date_at(now);
    let issued_on = today.saturating_sub(jiff::Span::new().days(invoice.issued_days_ago));
    let lines = invoice.lines.iter().map(|(description, quantity, unit_price, tax_rate)| {
        Ok(DraftLine {
            description: description.parse().map_err(defect)?,
            quantity: Decimal::from_str_exact(quantity).map_err(defect)?,
            unit_price: Money::parse(unit_price, invoice.currency).map_err(defect)?,
            tax_rate: Decimal::from_str_exact(tax_rate).map_err(defect)?,
        })
    });
    Ok(Draft {
        external_id: None,
        number: invoice.number.parse().map_err(defect)?,
        currency: invoice.currency,
        purchase_order: None,
        issued_on,
        schedule: DraftSchedule::On(days_after(issued_on, invoice.runs_days)),
        lines: lines.collect::<Result<_, OperationError>>()?,
    })
}

fn defect(error: impl std::fmt::Display) -> OperationError {
    OperationError::Defect(format!("the demo: {error}"))
}
