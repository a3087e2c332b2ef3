//! Every page in every state and both languages, made from books that the rules themselves wrote.
//!
//! Each page is also left in `target/pages` as a whole document, to be looked at in a browser.

mod books;
mod messages;
mod payable_properties;

use payment_gateway::stripe::currency::charge_rule;
use receivables::payment::{OnlinePayable, StoredPayment};
use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::date;
use receivables::invoice::{DraftSchedule, Due, Hold, HoldKind, HolderId, Schedule};
use receivables::ledger::Entry;
use receivables::payment::Origin;
use receivables::provider_object::{Cash, ChargebackState, CheckoutState, IntentState};
use receivables::statement::{Period, QueryFault, StatementData, StatementKind, StatementQuery, statement_view};
use receivables::{Currency, Invoice, InvoiceHead, Locale, Money, Payment};

use crate::components::document::document;
use crate::components::{Body, Frame, NavItem};
use crate::sign_in::email_form::EmailFault;

use crate::account::view::AccountView;
use crate::assets;
use crate::components::balance::balances;
use crate::error_page::page::ErrorPage;
use crate::invoices::list_page::InvoiceList;
use crate::invoices::view::{invoice_row, invoice_view};
use crate::localizer::Localizer;
use crate::pay_form::view::{PayFault, PayForm, read_amount};
use crate::payments::view::{invoice_address, payment_row, payment_view};
use crate::statement::view::StatementPage;
use books::{Books, TODAY, business, declined, id, now, paid, payment_id};

const LOCALES: [Locale; 2] = [Locale::English, Locale::French];

/// The document that a customer gets.
fn document_of(locale: Locale, nav_item: Option<NavItem>, body: Body) -> String {
    let business = business();
    let others = LOCALES.into_iter().filter(|other| *other != locale).collect();
    let frame = Frame {
        localizer: Localizer::of(locale),
        business: Some(business.name.as_str().to_owned()),
        email: Some(business.email.as_str().to_owned()),
        languages: others,
        return_address: "/p/abc".to_owned(),
        stylesheet: assets::stylesheet_address(),
        nav_item,
    };
    document(&frame, body)
}

/// Compares a page with what it was, in both languages, and leaves it where it can be looked at.
#[track_caller]
fn check(name: &str, nav_item: Option<NavItem>, page: impl Fn(Localizer) -> Body) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/pages");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("portal.css"), assets::STYLESHEET).unwrap();
    let mut seen = String::new();
    for locale in LOCALES {
        let html = document_of(locale, nav_item, page(Localizer::of(locale)));
        let file = folder.join(format!("{name}.{}.html", locale.tag()));
        std::fs::write(file, html.replace(assets::stylesheet_address(), "portal.css")).unwrap();
        assert!(!html.contains("<!--") && !html.contains("data-hk"), "{name} carries marks for a script");
        assert!(!html.contains("<script") && !html.contains(" style="), "{name} carries script or inline style");
        assert_eq!(html.matches("<h1").count(), 1, "{name}");
        let main = html.split_once("<main").and_then(|(_, rest)| rest.split_once("</main>")).unwrap().0;
        let content = main.split_once('>').unwrap().1.replace("><", ">\n<");
        seen.extend([locale.tag(), "\n", &content, "\n\n"]);
    }
    insta::assert_snapshot!(name, seen.trim_end());
}

fn form(invoice: &Invoice) -> Option<PayForm> {
    let rule = charge_rule(invoice.head.currency());
    let OnlinePayable::UpTo { most, rule, .. } = OnlinePayable::of(&invoice.head.balance, rule) else { return None };
    Some(PayForm {
        action: "/p/abc".to_owned(),
        payment: payment_id(),
        most,
        minimum: rule.minimum,
        typed: None,
        fault: None,
    })
}

/// The form shown again, with what was typed and what was wrong with it.
fn rejected_form(invoice: &Invoice, typed: &str, fault: PayFault) -> Option<PayForm> {
    form(invoice).map(|form| PayForm { typed: Some(typed.to_owned()), fault: Some(fault), ..form })
}

fn check_invoice(name: &str, invoice: &Invoice, form: Option<&PayForm>, paid_on: Option<jiff::civil::Date>) {
    check(name, None, |localizer| {
        crate::invoices::page::invoice_page(
            localizer,
            &invoice_view(invoice, charge_rule(invoice.head.currency()), TODAY, paid_on),
            form,
        )
    });
}

fn usual(books: &mut Books) -> Invoice {
    let lines = [("Pendant lamp “Aube”", "2", "420.00", "20"), ("Fitting and wiring, per hour", "3.5", "64.00", "10")];
    books.issue('1', "F-2026-0042", date(2026, 3, 28), Currency::EUR, &lines)
}

#[test]
fn an_invoice_that_is_open() {
    let invoice = usual(&mut Books::new());
    check_invoice("invoice-open", &invoice, form(&invoice).as_ref(), None);
}

#[test]
fn an_invoice_that_is_overdue() {
    let lines = [("Repair of a wall lamp", "1", "180.00", "20")];
    let invoice = Books::new().issue('1', "F-2026-0031", date(2026, 3, 1), Currency::EUR, &lines);
    check_invoice("invoice-overdue", &invoice, form(&invoice).as_ref(), None);
}

#[test]
fn an_invoice_that_is_partly_paid() {
    let mut books = Books::new();
    let invoice = usual(&mut books);
    let payment = books.start('1', &invoice, "400.00");
    books.checkout_says(&payment, paid("400.00", Currency::EUR));
    let invoice = books.after(&invoice);
    check_invoice("invoice-partly-paid", &invoice, form(&invoice).as_ref(), None);
}

#[test]
fn an_invoice_whose_payment_is_on_its_way() {
    let mut books = Books::new();
    let invoice = usual(&mut books);
    let gross = invoice.totals.gross.to_plain();
    let payment = books.start('1', &invoice, &gross);
    let waiting = CheckoutState { completed: true, ..CheckoutState::default() };
    books.checkout_says(&payment, waiting);
    let invoice = books.after(&invoice);
    check_invoice("invoice-processing", &invoice, form(&invoice).as_ref(), None);
}

#[test]
fn an_invoice_of_which_a_part_is_on_its_way() {
    let mut books = Books::new();
    let invoice = usual(&mut books);
    let payment = books.start('1', &invoice, "1000.00");
    let waiting = CheckoutState { completed: true, ..CheckoutState::default() };
    books.checkout_says(&payment, waiting);
    let invoice = books.after(&invoice);
    check_invoice("invoice-part-processing", &invoice, form(&invoice).as_ref(), None);
}

#[test]
fn an_invoice_that_is_due_in_parts() {
    let mut books = Books::new();
    let due = |month, amount| Due { on: date(2026, month, 28), amount: Money::parse(amount, Currency::EUR).unwrap() };
    let lines = [("Pendant lamp", "1", "300.00", "0")];
    let schedule = DraftSchedule::Days(vec![due(2, "100.00"), due(3, "120.00"), due(4, "80.00")]);
    let invoice = books.issue_due('1', "F-2026-0043", schedule, Currency::EUR, &lines);
    check_invoice("invoice-in-parts-overdue", &invoice, form(&invoice).as_ref(), None);
    let payment = books.start('1', &invoice, "150.00");
    books.checkout_says(&payment, paid("150.00", Currency::EUR));
    let invoice = books.after(&invoice);
    check_invoice("invoice-in-parts-partly-paid", &invoice, form(&invoice).as_ref(), None);
    let page = StatementPage {
        view: statement_view(&items(), &read_of(&books, &[invoice], &items())).unwrap(),
        faults: vec![],
        next_cursor: None,
    };
    insta::assert_snapshot!("statement-items-in-parts.csv", page.view.to_csv());
}

#[test]
fn an_invoice_that_is_paid() {
    let mut books = Books::new();
    let invoice = usual(&mut books);
    let gross = invoice.totals.gross.to_plain();
    let payment = books.start('1', &invoice, &gross);
    let payment = books.checkout_says(&payment, paid(&gross, Currency::EUR));
    let invoice = books.after(&invoice);
    let paid_on = crate::invoices::payable_invoice::last_paid_on(&[payment], &invoice.head.id, &business());
    assert_eq!(paid_on, Some(date(2026, 3, 12)));
    check_invoice("invoice-paid", &invoice, form(&invoice).as_ref(), paid_on);
}

#[test]
fn an_invoice_of_which_a_part_is_contested() {
    let mut invoice = usual(&mut Books::new());
    let hold = Hold { kind: HoldKind::Dispute, amount: Money::parse("224.00", Currency::EUR).unwrap(), until: None };
    invoice.head.balance.holds.0.insert(HolderId::of_text("dsp_1".to_owned()), hold);
    check_invoice("invoice-contested", &invoice, form(&invoice).as_ref(), None);
}

#[test]
fn an_invoice_of_which_the_bank_took_back_a_part_and_another_is_written_off() {
    let mut books = Books::new();
    let invoice = usual(&mut books);
    let payment = books.start('1', &invoice, "400.00");
    let payment = books.checkout_says(&payment, paid("400.00", Currency::EUR));
    let taken = ChargebackState {
        amount: Cash::of(Money::parse("400.00", Currency::EUR).unwrap()),
        formal: true,
        withdrawn: true,
        ..ChargebackState::default()
    };
    books.chargeback_says(&payment, taken);
    let mut invoice = books.after(&invoice);
    check_invoice("invoice-charged-back", &invoice, form(&invoice).as_ref(), None);
    invoice.head.balance.written_off = Money::parse("0.40", Currency::EUR).unwrap();
    check_invoice("invoice-charged-back-and-written-off", &invoice, form(&invoice).as_ref(), None);
    let page = StatementPage {
        view: statement_view(&items(), &read_of(&books, &[invoice], &items())).unwrap(),
        faults: vec![],
        next_cursor: None,
    };
    insta::assert_snapshot!("statement-items-flagged.csv", page.view.to_csv());
    check("statement-items-flagged", Some(NavItem::Statement), |localizer| {
        crate::statement::page::statement_page(localizer, &page)
    });
}

fn items() -> StatementQuery {
    StatementQuery { kind: StatementKind::OpenItem, ..StatementQuery::usual(TODAY) }
}

#[test]
fn an_invoice_that_was_only_written_off_was_not_paid() {
    let mut invoice = Books::new().issue('1', "F-7", date(2026, 3, 28), Currency::EUR, &[("Screw", "1", "0.30", "0")]);
    invoice.head.balance.written_off = invoice.totals.gross;
    check_invoice("invoice-written-off", &invoice, form(&invoice).as_ref(), None);
}

#[test]
fn an_invoice_too_small_to_be_paid_online() {
    let invoice = Books::new().issue('1', "F-7", date(2026, 3, 28), Currency::EUR, &[("Screw", "1", "0.30", "0")]);
    check_invoice("invoice-too-small", &invoice, form(&invoice).as_ref(), None);
}

#[test]
fn what_the_provider_cannot_charge_is_said() {
    let dinars: Currency = "KWD".parse().unwrap();
    let mut books = Books::new();
    let invoice = books.issue('1', "F-8", date(2026, 3, 28), dinars, &[("Fuse", "1", "1.234", "0")]);
    check_invoice("invoice-with-unchargeable-remainder", &invoice, form(&invoice).as_ref(), None);
    let payment = books.start('1', &invoice, "1.230");
    books.checkout_says(&payment, paid("1.230", dinars));
    let mut left = books.after(&invoice);
    left.head.schedule = Schedule::on(date(2026, 3, 1), left.head.balance.gross);
    check_invoice("invoice-only-unchargeable", &left, form(&left).as_ref(), None);
    let libyan = books.issue('2', "F-9", date(2026, 3, 28), "LYD".parse().unwrap(), &[("Fuse", "1", "5.000", "0")]);
    check_invoice("invoice-in-another-currency", &libyan, form(&libyan).as_ref(), None);
}

#[test]
fn what_is_wrong_with_an_amount_is_said_at_the_field() {
    let invoice = usual(&mut Books::new());
    let payable = invoice.head.balance.payable();
    for (typed, fault) in [
        ("", PayFault::Missing),
        ("vingt", PayFault::NotANumber),
        ("-5", PayFault::Negative),
        ("0,00", PayFault::Zero),
        ("1.234", PayFault::TooPrecise(2)),
        ("999999999999999999", PayFault::AtMost(payable)),
    ] {
        assert_eq!(read_amount(typed, Locale::French, Currency::EUR, payable), Err(fault), "{typed:?}");
    }
    let form = rejected_form(&invoice, "5000", PayFault::AtMost(payable));
    check_invoice("invoice-fault-at-field", &invoice, form.as_ref(), None);
}

#[test]
fn what_is_wrong_with_the_moment_is_said_above_the_form() {
    let invoice = usual(&mut Books::new());
    let form = rejected_form(&invoice, "100", PayFault::CheckoutOpen);
    check_invoice("invoice-fault-above", &invoice, form.as_ref(), None);
}

#[test]
fn each_currency_has_its_decimals() {
    for (code, price) in [("JPY", "15000"), ("KWD", "12.500")] {
        let currency: Currency = code.parse().unwrap();
        let lines = [("Lantern", "3", price, "0")];
        let invoice = Books::new().issue('1', "X-1", date(2026, 3, 28), currency, &lines);
        check_invoice(&format!("invoice-{code}"), &invoice, form(&invoice).as_ref(), None);
    }
}

fn check_payment(name: &str, payment: &Payment, invoice: &Invoice, again: Option<&str>) {
    let mut head = invoice.head.clone();
    head.balance.applied = head.balance.gross.less(payment.allocations()[0].invoice_open());
    let invoices = BTreeMap::from([(head.id.clone(), head)]);
    let view = payment_view(payment, &invoices, again.map(str::to_owned), &business(), now());
    check(name, None, |localizer| crate::payments::page::payment_page(localizer, &view, "/payments/x?key=y"));
}

#[test]
fn a_payment_in_each_of_its_states() {
    let mut books = Books::new();
    let invoice = usual(&mut books);
    let started = books.start('1', &invoice, "400.00");
    check_payment("payment-started", &started, &invoice, None);
    let tried = books.intent_says(&started, declined("insufficient_funds"));
    check_payment("payment-started-declined", &tried, &invoice, None);
    let acting = books.intent_says(&started, IntentState { action_required: true, ..IntentState::default() });
    check_payment("payment-needs-action", &acting, &invoice, None);
    let waiting = books.checkout_says(&started, CheckoutState { completed: true, ..CheckoutState::default() });
    check_payment("payment-processing", &waiting, &invoice, None);
    let settled = books.checkout_says(&started, paid("400.00", Currency::EUR));
    check_payment("payment-settled", &settled, &invoice, None);
    let more = books.checkout_says(&started, paid("450.00", Currency::EUR));
    check_payment("payment-settled-unapplied", &more, &invoice, None);
    let strange = books.checkout_says(&started, paid("400.00", Currency::USD));
    check_payment("payment-in-suspense", &strange, &invoice, None);
    let failed = CheckoutState { completed: true, failed: true, ..CheckoutState::default() };
    let failed =
        books.intent_says(&books_checkout(&mut Books::new(), &started, failed), declined("debit_not_authorized"));
    check_payment("payment-failed", &failed, &invoice, Some("/p/abc"));
    let expired = books.checkout_says(&started, CheckoutState { expired: true, ..CheckoutState::default() });
    check_payment("payment-cancelled", &expired, &invoice, Some("/p/abc"));
}

#[test]
fn a_payment_that_charges_a_saved_method_has_no_page_to_go_to() {
    let mut books = Books::new();
    let invoice = usual(&mut books);
    let charged = books.charge('1', &invoice, "400.00");
    check_payment("payment-charging", &charged, &invoice, Some("/p/abc"));
    let failed = books.intent_says(&charged, declined("authentication_required"));
    check_payment("payment-charge-failed", &failed, &invoice, Some("/p/abc"));
}

fn books_checkout(books: &mut Books, payment: &Payment, fact: CheckoutState) -> Payment {
    books.checkout_says(payment, fact)
}

#[test]
fn a_key_alone_leads_to_no_pay_link_but_that_of_the_payment() {
    let mut books = Books::new();
    let invoice = usual(&mut books);
    let payment = books.start('1', &invoice, "400.00");
    let own = Some(format!("/invoices/{}", invoice.head.id));
    let link = || Some("/p/abc".to_owned());
    for (origin, open_link, by_key, by_session) in [
        (Origin::PayLink(id("lnk", '1')), link(), link(), link()),
        (Origin::PayLink(id("lnk", '1')), None, None, own.clone()),
        (Origin::Portal, None, own.clone(), own.clone()),
        (Origin::Api, None, None, own.clone()),
        (Origin::Provider, None, None, own.clone()),
    ] {
        let payment = StoredPayment { origin, ..payment.clone().into_stored() }.restore().unwrap();
        assert_eq!(invoice_address(&payment, open_link.clone(), false), by_key, "{:?}", payment.origin());
        assert_eq!(invoice_address(&payment, open_link, true), by_session, "{:?}", payment.origin());
    }
}

#[test]
fn signing_in_step_by_step() {
    check("sign-in", None, |localizer| crate::sign_in::page::sign_in_page(localizer, None, None));
    check("sign-in-fault", None, |localizer| {
        crate::sign_in::page::sign_in_page(localizer, Some("zoé@".to_owned()), Some(EmailFault::Unreadable))
    });
    check("sign-in-code", None, |localizer| {
        crate::sign_in::page::code_page(localizer, &id("sgn", '1'), "zoe@exemple.fr", false)
    });
    check("sign-in-code-wrong", None, |localizer| {
        crate::sign_in::page::code_page(localizer, &id("sgn", '1'), "zoe@exemple.fr", true)
    });
    check("sign-in-confirm", None, |localizer| {
        crate::sign_in::page::confirm_page(localizer, business().name.as_str(), "/sign-in/abc".to_owned())
    });
    check("sign-in-link-spent", None, crate::sign_in::page::link_spent_page);
    check("pay-link-closed", None, crate::pay_links::page::pay_link_closed_page);
}

/// An account with two open invoices, one paid, one on its way, and money kept for later.
fn busy() -> (Books, Vec<Invoice>, Vec<Payment>) {
    let mut books = Books::new();
    let late = books.issue('1', "F-2026-0031", date(2026, 3, 1), Currency::EUR, &[("Repair", "1", "180.00", "20")]);
    let open = usual_at(&mut books, '2');
    let done = books.issue('3', "F-2026-0012", date(2026, 2, 20), Currency::EUR, &[("Bulbs", "10", "4.90", "20")]);
    let dollars =
        books.issue('4', "F-2026-0050", date(2026, 4, 30), Currency::CAD, &[("Lamp", "1", "300.00", "14.975")]);
    let first = books.start('1', &done, "58.80");
    let first = books.checkout_says(&first, paid("60.00", Currency::EUR));
    let second = books.start('2', &open, "500.00");
    let second = books.checkout_says(&second, CheckoutState { completed: true, ..CheckoutState::default() });
    let invoices = vec![late, books.after(&open), dollars, books.after(&done)];
    (books, invoices, vec![second, first])
}

fn usual_at(books: &mut Books, place: char) -> Invoice {
    books.issue(place, "F-2026-0042", date(2026, 3, 28), Currency::EUR, &[("Pendant lamp", "2", "420.00", "20")])
}

#[test]
fn an_account_at_a_glance() {
    let (books, invoices, payments) = busy();
    let view = AccountView {
        customer: "Café des Arts".to_owned(),
        balances: balances(&books.sums, TODAY).unwrap(),
        open: invoices
            .iter()
            .take(3)
            .map(|invoice| invoice_row(&invoice.head, charge_rule(invoice.head.currency()), TODAY))
            .collect(),
        payments: payments.iter().map(|payment| payment_row(payment, &business())).collect(),
    };
    check("account", Some(NavItem::Overview), |localizer| crate::account::page::overview_page(localizer, &view));
    let empty = AccountView { customer: "Café des Arts".to_owned(), balances: vec![], open: vec![], payments: vec![] };
    check("account-empty", Some(NavItem::Overview), |localizer| crate::account::page::overview_page(localizer, &empty));
}

#[test]
fn the_invoices_of_an_account() {
    let (_, invoices, _) = busy();
    let rows = invoices
        .iter()
        .map(|invoice| invoice_row(&invoice.head, charge_rule(invoice.head.currency()), TODAY))
        .collect();
    let list = InvoiceList { rows, more: Some("/invoices?cursor=abc".to_owned()), continued: true };
    check("invoices", Some(NavItem::Invoices), |localizer| crate::invoices::list_page::invoices_page(localizer, &list));
    let none = InvoiceList { rows: vec![], more: None, continued: false };
    check("invoices-none", Some(NavItem::Invoices), |localizer| {
        crate::invoices::list_page::invoices_page(localizer, &none)
    });
}

/// What the tables give of books that are this small: all of it.
fn read_of(books: &Books, invoices: &[Invoice], query: &StatementQuery) -> StatementData {
    let mut entries = books.entries.clone();
    entries.sort_by_key(Entry::key);
    let is_later = |entry: &&Entry| query.until().is_some_and(|until| entry.dated_on >= until);
    let shown = entries.iter().rev().filter(|entry| !is_later(entry) && entry.dated_on >= query.period.from);
    let heads = invoices.iter().map(|invoice| invoice.head.clone());
    let mut open: Vec<InvoiceHead> = heads.filter(|head| !head.balance.open().is_zero()).collect();
    open.sort_by_key(|head| (head.currency(), head.due_on()));
    StatementData {
        sums: books.sums.clone(),
        entries: shown.cloned().collect(),
        later: entries.iter().filter(is_later).cloned().collect(),
        open,
    }
}

fn check_statement(name: &str, query: &StatementQuery, faults: &[QueryFault]) {
    let (books, invoices, _) = busy();
    let view = statement_view(query, &read_of(&books, &invoices, query)).unwrap();
    if faults.is_empty() {
        insta::assert_snapshot!(format!("{name}.csv"), view.to_csv());
    }
    let next_cursor = view.next.as_ref().map(ToString::to_string);
    let page = StatementPage { view, faults: faults.to_vec(), next_cursor };
    check(name, Some(NavItem::Statement), |localizer| crate::statement::page::statement_page(localizer, &page));
}

#[test]
fn a_statement_as_page_and_as_file() {
    let usual = StatementQuery::usual(TODAY);
    check_statement("statement", &usual, &[]);
    check_statement("statement-faults", &usual, &[QueryFault::FromAfterTo, QueryFault::AsOfAhead, QueryFault::Kind]);
    let still = StatementQuery { period: Period::new(date(2026, 3, 13), TODAY).unwrap(), ..usual.clone() };
    check_statement("statement-quiet", &still, &[]);
    let past = StatementQuery { period: Period::usual(date(2026, 3, 11)), as_of: date(2026, 3, 11), ..usual.clone() };
    check_statement("statement-past", &past, &[]);
    check_statement("statement-items", &StatementQuery { kind: StatementKind::OpenItem, ..usual.clone() }, &[]);
    check_statement("statement-items-past", &StatementQuery { kind: StatementKind::OpenItem, ..past }, &[]);
    check_statement("statement-first-of-pages", &StatementQuery { lines: Some(1), ..usual }, &[]);
}

#[test]
fn whatever_goes_wrong_has_a_page() {
    for error in ErrorPage::ALL {
        check(&format!("error-page-{}", error.status().as_u16()), None, |localizer| {
            crate::error_page::page::error_page(localizer, error)
        });
    }
}

#[test]
fn hostile_texts_stay_texts() {
    let hostile = r#"<img src=x onerror="alert(1)">&'"#;
    let mut books = Books::new();
    let invoice = books.issue('1', hostile, date(2026, 3, 28), Currency::EUR, &[(hostile, "1", "10.00", "0")]);
    let form = rejected_form(&invoice, hostile, PayFault::NotANumber);
    let view = invoice_view(&invoice, charge_rule(invoice.head.currency()), TODAY, None);
    let body = crate::invoices::page::invoice_page(Localizer::of(Locale::French), &view, form.as_ref());
    let mut frame_html = document_of(Locale::French, None, body);
    frame_html += &document_of(
        Locale::English,
        None,
        crate::sign_in::page::code_page(Localizer::of(Locale::English), &id("sgn", '1'), hostile, true),
    );
    assert!(!frame_html.contains("<img"), "{frame_html}");
    assert_eq!(
        frame_html.matches("value=\"&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;'\"").count(),
        2,
        "{frame_html}"
    );
}
