//! The statement: what happened over a period or what is open, and how the account stands.

use leptos::prelude::*;
use receivables::Balance;
use receivables::ledger::EntryKind;
use receivables::statement::{
    AgeingBucket, BalanceForward, OpenItem, QueryFault, Statement, StatementBody, StatementKind, StatementLine,
    StatementView,
};

use crate::account::page::balance;
use crate::components::Body;
use crate::components::fault_summary::fault_summary;
use crate::localizer::Reader;
use crate::statement::view::{StatementPage, stands};

/// The page.
pub(crate) fn statement_page(reader: Reader, page: &StatementPage) -> Body {
    let words = &reader.words.statement;
    let view = &page.view;
    let period = match view.kind {
        StatementKind::BalanceForward => (words.period)(&reader.date(view.period.from), &reader.date(view.period.to)),
        StatementKind::OpenItem => (words.open_on)(&reader.date(view.as_of)),
    };
    let told = view.statements.iter().map(|statement| told(reader, view, statement)).collect_view();
    let standings = view.statements.iter().map(|statement| standing(reader, statement)).collect_view();
    let empty = view.statements.is_empty().then(|| view! { <p>{words.empty}</p> });
    let past = (!view.is_of_today()).then(|| view! { <p class="hint">{words.past_hint}</p> });
    let next_label = match view.kind {
        StatementKind::BalanceForward => words.earlier,
        StatementKind::OpenItem => words.more_items,
    };
    let next = page.next().map(|address| view! { <a href=address rel="next">{next_label}</a> });
    let first = view.continued.then(|| view! { <a href=page.first()>{words.first_page}</a> });
    let fault = page.faults.first().map(|fault| {
        let field = Some(fault.field()).filter(|field| FIELDS.contains(field));
        fault_summary(reader.words.sign_in.fault_title, field, message(reader, *fault).to_owned())
    });
    let content = view! {
        <h1>{words.title}</h1>
        <p>{period}</p>
        {fault}
        {form(reader, page)}
        {told}
        {empty}
        <p class="links">{next}{first}<a href=page.file() download>{words.csv}</a></p>
        <section>
            <h2>{(words.as_of_date)(&reader.date(view.as_of))}</h2>
            {past}
            {standings}
        </section>
    };
    Body { title: words.title.to_owned(), content: content.into_any() }
}

/// The fields of the form.
const FIELDS: [&str; 4] = ["from", "to", "kind", "as_of"];

/// The form by which another period, kind or day is chosen. It works without a script: it asks the same address.
fn form(reader: Reader, page: &StatementPage) -> impl IntoView + use<> {
    let words = &reader.words.statement;
    let view = &page.view;
    let date = |name: &'static str, label: &'static str, value: Option<String>| {
        let (at_fault, text) = fault_at(reader, page, name);
        let described = at_fault.map(|_| format!("{name}-fault"));
        view! {
            <p>
                <label for=name>{label}</label>
                {text}
                <input
                    id=name
                    name=name
                    type="date"
                    value=value
                    aria-invalid=at_fault
                    aria-describedby=described
                />
            </p>
        }
    };
    let option = |kind: StatementKind, label: &'static str| {
        view! { <option value=kind.as_str() selected=kind == view.kind>{label}</option> }
    };
    let (kind_at_fault, kind_fault) = fault_at(reader, page, "kind");
    let as_of = page.other_day().map(|day| day.to_string());
    view! {
        <form class="period" action="/statement" aria-label=words.period_form>
            {date("from", words.from, Some(view.period.from.to_string()))}
            {date("to", words.to, Some(view.period.to.to_string()))}
            <p>
                <label for="kind">{words.kind}</label>
                {kind_fault}
                <select
                    id="kind"
                    name="kind"
                    aria-invalid=kind_at_fault
                    aria-describedby=kind_at_fault.map(|_| "kind-fault")
                >
                    {option(StatementKind::BalanceForward, words.balance_forward)}
                    {option(StatementKind::OpenItem, words.open_item)}
                </select>
            </p>
            {date("as_of", words.as_of, as_of)}
            <button>{words.show}</button>
            <p class="hint whole">{words.as_of_hint}</p>
        </form>
    }
}

/// Whether a field is at fault, and what is said at it.
fn fault_at(reader: Reader, page: &StatementPage, name: &'static str) -> (Option<&'static str>, Option<AnyView>) {
    let fault = page.faults.iter().find(|fault| fault.field() == name);
    let text = fault.map(|fault| {
        view! { <span class="fault" id=format!("{name}-fault")>{message(reader, *fault)}</span> }.into_any()
    });
    (fault.map(|_| "true"), text)
}

fn message(reader: Reader, fault: QueryFault) -> &'static str {
    let words = &reader.words.statement;
    match fault {
        QueryFault::NotADate(_) => words.not_a_date,
        QueryFault::FromAfterTo => words.from_after_to,
        QueryFault::TooLong => words.too_long,
        QueryFault::AsOfAhead => words.as_of_ahead,
        QueryFault::AsOfBeforeFrom => words.as_of_before_from,
        QueryFault::Kind => words.no_kind,
        QueryFault::Edges(_) | QueryFault::Cursor => words.no_place,
    }
}

fn told(reader: Reader, view: &StatementView, statement: &Statement) -> AnyView {
    let code = statement.currency.code();
    match &statement.body {
        StatementBody::BalanceForward(told) => happened(reader, code, view.continued, told).into_any(),
        StatementBody::OpenItem(items) => open_items(reader, code, view.is_of_today(), items).into_any(),
    }
}

/// What happened in one currency.
fn happened(reader: Reader, code: &str, continued: bool, told: &BalanceForward) -> impl IntoView + use<> {
    let words = &reader.words.statement;
    let edge = |label: &'static str, balance: Balance| {
        view! {
            <tr role="row" class="edge">
                <th role="rowheader" scope="row" colspan="3">{label}</th>
                <td role="cell" class="amount">{reader.balance(balance)}</td>
            </tr>
        }
    };
    let nothing = told.lines.is_empty().then(|| {
        view! { <tr role="row"><td role="cell" colspan="4">{words.nothing}</td></tr> }
    });
    let opening = if told.brought_forward { words.brought_forward } else { words.opening };
    let closing = if continued { words.carried_forward } else { words.closing };
    let lines = told.lines.iter().map(|line| line_row(reader, line)).collect_view();
    view! {
        <table role="table" class="cards wraps">
            <caption>{(words.caption)(code)}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">{words.what_column}</th>
                    <th role="columnheader" scope="col">{words.date_column}</th>
                    <th role="columnheader" scope="col" class="amount">{words.change_column}</th>
                    <th role="columnheader" scope="col" class="amount">{words.balance_column}</th>
                </tr>
            </thead>
            <tbody role="rowgroup">
                {edge(opening, told.opening)}
                {lines}
                {nothing}
                {edge(closing, told.closing)}
            </tbody>
        </table>
    }
}

fn line_row(reader: Reader, line: &StatementLine) -> impl IntoView + use<> {
    let words = &reader.words.statement;
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">{what(reader, line)}</th>
            <td role="cell" data-label=words.date_column>{reader.date(line.on)}</td>
            <td role="cell" class="amount" data-label=words.change_column>{reader.balance(line.change)}</td>
            <td role="cell" class="amount" data-label=words.balance_column>{reader.balance(line.balance)}</td>
        </tr>
    }
}

fn what(reader: Reader, line: &StatementLine) -> String {
    let words = &reader.words.statement;
    let mut parts = line.numbers();
    if !line.unapplied.is_zero() {
        parts.push(words.on_account);
    }
    let parts = parts.join(", ");
    match line.kind {
        EntryKind::InvoiceIssued => (words.invoice_issued)(&parts),
        EntryKind::PaymentHandedOver(_) if line.change.minor() > 0 => words.payment_handed_over.to_owned(),
        EntryKind::PaymentApplied(_) | EntryKind::PaymentHandedOver(_) => (words.payment_applied)(&parts),
        EntryKind::PaymentRefunded(_) => (words.payment_refunded)(&parts),
        EntryKind::PaymentChargedBack(_) => (words.payment_charged_back)(&parts),
        EntryKind::PaymentReversed(_) => (words.payment_reversed)(&parts),
        EntryKind::CashMoved(_) => (words.cash_moved)(&parts),
        EntryKind::CreditNoteIssued(_) => (words.credit_note_issued)(&parts),
        EntryKind::CreditNoteMoved(_) => (words.credit_note_moved)(&parts),
        EntryKind::InvoiceWrittenOff => (words.invoice_written_off)(&parts),
        EntryKind::WriteOffReversed => (words.write_off_reversed)(&parts),
    }
}

/// What is open in one currency, with what is on its way and contested apart where that is known.
fn open_items(reader: Reader, code: &str, of_today: bool, items: &[OpenItem]) -> impl IntoView + use<> {
    let words = &reader.words.statement;
    let account = &reader.words.account;
    let columns = if of_today { "6" } else { "4" };
    let nothing = items.is_empty().then(|| {
        view! { <tr role="row"><td role="cell" colspan=columns>{words.nothing_open}</td></tr> }
    });
    let apart = of_today.then(|| {
        view! {
            <th role="columnheader" scope="col" class="amount">{account.pending}</th>
            <th role="columnheader" scope="col" class="amount">{account.disputed}</th>
        }
    });
    let rows = items.iter().map(|item| item_row(reader, item)).collect_view();
    view! {
        <table role="table" class="cards">
            <caption>{(words.open_caption)(code)}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">{words.number_column}</th>
                    <th role="columnheader" scope="col">{words.due_column}</th>
                    <th role="columnheader" scope="col" class="amount">{words.days_column}</th>
                    <th role="columnheader" scope="col" class="amount">{words.open_column}</th>
                    {apart}
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}{nothing}</tbody>
        </table>
    }
}

fn item_row(reader: Reader, item: &OpenItem) -> impl IntoView + use<> {
    let words = &reader.words.statement;
    let account = &reader.words.account;
    let days = if item.days_overdue == 0 { words.not_overdue.to_owned() } else { item.days_overdue.to_string() };
    // What was taken back or is asked no more is rare: it stands with the invoice, and has no column.
    let flag = |class: &'static str, text: crate::messages::With, amount: Option<receivables::Money>| {
        let amount = amount.filter(|amount| !amount.is_zero());
        amount.map(|amount| view! { " " <span class=class>{text(&reader.money(amount))}</span> })
    };
    // A cell of nothing is left out on a phone.
    let cell = |label: &'static str, amount: receivables::Money| {
        let amount = (!amount.is_zero()).then(|| reader.money(amount));
        view! { <td role="cell" class="amount" data-label=label>{amount}</td> }
    };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <a href=format!("/invoices/{}", item.invoice)>{item.number.to_string()}</a>
                {flag("state late", words.charged_back, item.charged_back)}
                {flag("state", words.written_off, item.written_off)}
            </th>
            <td role="cell" data-label=words.due_column>{reader.date(item.due_on)}</td>
            <td role="cell" class="amount" data-label=words.days_column>{days}</td>
            <td role="cell" class="amount" data-label=words.open_column>{reader.money(item.open)}</td>
            {item.pending.map(|amount| cell(account.pending, amount))}
            {item.disputed.map(|amount| cell(account.disputed, amount))}
        </tr>
    }
}

/// How the account stands in one currency, with what is on its way and contested apart, and the ageing: the open amounts, what
/// is unapplied as what it takes off, and the balance that they come to.
fn standing(reader: Reader, statement: &Statement) -> impl IntoView + use<> {
    let words = &reader.words.statement;
    let standing = &statement.standing;
    let row = |label: String, amount: String| {
        view! {
            <tr role="row">
                <th role="rowheader" scope="row">{label}</th>
                <td role="cell" class="amount">{amount}</td>
            </tr>
        }
    };
    let buckets = standing.ageing.iter().map(|bucket| row(days(reader, bucket), reader.money(bucket.amount)));
    let unapplied = (!standing.unapplied.is_zero()).then(|| {
        let off = Balance::in_favour(standing.unapplied);
        row(reader.words.account.unapplied.to_owned(), reader.balance(off))
    });
    view! {
        {balance(reader, &stands(statement))}
        <table role="table">
            <caption>{(words.ageing)(statement.currency.code())}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">{words.days_column}</th>
                    <th role="columnheader" scope="col" class="amount">{words.amount_column}</th>
                </tr>
            </thead>
            <tbody role="rowgroup">
                {buckets.collect_view()}
                {unapplied}
                <tr role="row" class="edge">
                    <th role="rowheader" scope="row">{words.balance_column}</th>
                    <td role="cell" class="amount">{reader.balance(statement.balance)}</td>
                </tr>
            </tbody>
        </table>
    }
}

fn days(reader: Reader, bucket: &AgeingBucket) -> String {
    let words = &reader.words.statement;
    match bucket.to_days {
        Some(0) => words.not_overdue.to_owned(),
        Some(to) => (words.days_range)(&bucket.from_days.to_string(), &to.to_string()),
        None => (words.days_over)(&bucket.from_days.to_string()),
    }
}
