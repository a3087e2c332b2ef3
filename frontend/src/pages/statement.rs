//! The statement: what happened over a period, and how the account stands today.

use leptos::prelude::*;
use receivables::ledger::EntryKind;
use receivables::statement::{AgeingBucket, Statement, StatementLine};

use super::overview::balance;
use crate::components::Body;
use crate::components::faults::fault_summary;
use crate::reader::Reader;
use crate::views::account::BalanceView;
use crate::views::statement::{StatementView, numbers};

/// The page.
pub fn statement_page(reader: Reader, view: &StatementView) -> Body {
    let words = &reader.words.statement;
    let (from, to) = (view.from.to_string(), view.to.to_string());
    let statements = view.statements.iter().map(|statement| happened(reader, statement)).collect_view();
    let standings = view.standings.iter().map(|standing| stands(reader, standing)).collect_view();
    let empty = view.statements.is_empty().then(|| view! { <p>{words.empty}</p> });
    let file = format!("/statement.csv?from={from}&to={to}");
    let fault = view
        .bad_period
        .then(|| fault_summary(reader.words.sign_in.fault_title, Some("from"), words.bad_period.to_owned()));
    let content = view! {
        <h1>{words.title}</h1>
        <p>{(words.period)(&reader.date(view.from), &reader.date(view.to))}</p>
        {fault}
        <form class="period" action="/statement" aria-label=words.period_form>
            <p><label for="from">{words.from}</label><input id="from" name="from" type="date" value=from/></p>
            <p><label for="to">{words.to}</label><input id="to" name="to" type="date" value=to/></p>
            <button>{words.show}</button>
        </form>
        {statements}
        {empty}
        <p class="links"><a href=file download>{words.csv}</a></p>
        <section>
            <h2>{(words.today)(&reader.date(view.today))}</h2>
            {standings}
        </section>
    };
    Body { title: words.title.to_owned(), content: content.into_any() }
}

/// What happened in one currency.
fn happened(reader: Reader, statement: &Statement) -> impl IntoView + use<> {
    let words = &reader.words.statement;
    let edge = |label: &'static str, balance: receivables::Balance| {
        view! {
            <tr role="row" class="edge">
                <th role="rowheader" scope="row" colspan="3">{label}</th>
                <td role="cell" class="amount">{reader.balance(balance)}</td>
            </tr>
        }
    };
    let nothing = statement.lines.is_empty().then(|| {
        view! { <tr role="row"><td role="cell" colspan="4">{words.nothing}</td></tr> }
    });
    let lines = statement.lines.iter().map(|line| line_row(reader, line)).collect_view();
    view! {
        <table role="table" class="cards wraps">
            <caption>{(words.caption)(statement.currency.code())}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">{words.what_column}</th>
                    <th role="columnheader" scope="col">{words.date_column}</th>
                    <th role="columnheader" scope="col" class="amount">{words.change_column}</th>
                    <th role="columnheader" scope="col" class="amount">{words.balance_column}</th>
                </tr>
            </thead>
            <tbody role="rowgroup">
                {edge(words.opening, statement.opening)}
                {lines}
                {nothing}
                {edge(words.closing, statement.closing)}
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
    let mut parts = numbers(line);
    if !line.unapplied.is_zero() {
        parts.push(words.on_account);
    }
    let parts = parts.join(", ");
    match line.kind {
        EntryKind::InvoiceIssued => (words.invoice_issued)(&parts),
        EntryKind::PaymentApplied(_) => (words.payment_applied)(&parts),
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

/// How the account stands today in one currency, with what is on its way and contested apart, and the ageing.
fn stands(reader: Reader, view: &BalanceView) -> impl IntoView + use<> {
    let words = &reader.words.statement;
    let row = |bucket: &AgeingBucket| {
        view! {
            <tr role="row">
                <th role="rowheader" scope="row">{days(reader, bucket)}</th>
                <td role="cell" class="amount">{reader.money(bucket.amount)}</td>
            </tr>
        }
    };
    view! {
        {balance(reader, view)}
        <table role="table">
            <caption>{(words.ageing)(view.standing.currency.code())}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">{words.days_column}</th>
                    <th role="columnheader" scope="col" class="amount">{words.amount_column}</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{view.standing.ageing.iter().map(row).collect_view()}</tbody>
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
