//! The statement: what happened over a period or what is open, and how the account stands.

use leptos::prelude::*;
use receivables::ledger::EntryKind;
use receivables::statement::{
    AgeingBucket, BalanceForward, OpenItem, QueryFault, Statement, StatementBody, StatementKind, StatementLine,
    StatementView,
};
use receivables::{Balance, Money};

use crate::components::Body;
use crate::components::balance::balance;
use crate::components::fault_summary::fault_summary;
use crate::localizer::Localizer;
use crate::messages::With;
use crate::messages::balance::BalanceMessages;
use crate::messages::form::FormMessages;
use crate::statement::messages::StatementMessages;
use crate::statement::view::{StatementPage, balance_of};

pub(crate) fn statement_page(localizer: Localizer, page: &StatementPage) -> Body {
    let messages = localizer.messages::<StatementMessages>();
    let view = &page.view;
    let period = match view.kind {
        StatementKind::BalanceForward => {
            (messages.period)(&localizer.date(view.period.from), &localizer.date(view.period.to))
        }
        StatementKind::OpenItem => (messages.open_on)(&localizer.date(view.as_of)),
    };
    let bodies = view.statements.iter().map(|statement| statement_body(localizer, view, statement)).collect_view();
    let standings = view.statements.iter().map(|statement| standing(localizer, statement)).collect_view();
    let empty = view.statements.is_empty().then(|| view! { <p>{messages.empty}</p> });
    let past = (!view.is_of_today()).then(|| view! { <p class="hint">{messages.past_hint}</p> });
    let next_label = match view.kind {
        StatementKind::BalanceForward => messages.earlier,
        StatementKind::OpenItem => messages.more_items,
    };
    let next = page.next().map(|address| view! { <a href=address rel="next">{next_label}</a> });
    let first = view.continued.then(|| view! { <a href=page.first()>{messages.first_page}</a> });
    let fault = page.faults.first().map(|fault| {
        let field = Some(fault.field()).filter(|field| FIELDS.contains(field));
        fault_summary(localizer.messages::<FormMessages>().fault_title, field, message(localizer, *fault).to_owned())
    });
    let content = view! {
        <h1>{messages.title}</h1>
        <p>{period}</p>
        {fault}
        {form(localizer, page)}
        {bodies}
        {empty}
        <p class="links">{next}{first}<a href=page.file() download>{messages.csv}</a></p>
        <section>
            <h2>{(messages.as_of_date)(&localizer.date(view.as_of))}</h2>
            {past}
            {standings}
        </section>
    };
    Body { title: messages.title.to_owned(), content: content.into_any() }
}

const FIELDS: [&str; 4] = ["from", "to", "kind", "as_of"];

/// The form by which another period, kind or day is chosen. It works without a script: it asks the same address.
fn form(localizer: Localizer, page: &StatementPage) -> impl IntoView + use<> {
    let messages = localizer.messages::<StatementMessages>();
    let view = &page.view;
    let date = |name: &'static str, label: &'static str, value: Option<String>| {
        let (at_fault, text) = fault_at(localizer, page, name);
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
    let (kind_at_fault, kind_fault) = fault_at(localizer, page, "kind");
    let as_of = page.other_day().map(|day| day.to_string());
    view! {
        <form class="period" action="/statement" aria-label=messages.period_form>
            {date("from", messages.from, Some(view.period.from.to_string()))}
            {date("to", messages.to, Some(view.period.to.to_string()))}
            <p>
                <label for="kind">{messages.kind}</label>
                {kind_fault}
                <select
                    id="kind"
                    name="kind"
                    aria-invalid=kind_at_fault
                    aria-describedby=kind_at_fault.map(|_| "kind-fault")
                >
                    {option(StatementKind::BalanceForward, messages.balance_forward)}
                    {option(StatementKind::OpenItem, messages.open_item)}
                </select>
            </p>
            {date("as_of", messages.as_of, as_of)}
            <button>{messages.show}</button>
            <p class="hint whole">{messages.as_of_hint}</p>
        </form>
    }
}

/// Whether a field is at fault, and the message that stands at it.
fn fault_at(localizer: Localizer, page: &StatementPage, name: &'static str) -> (Option<&'static str>, Option<AnyView>) {
    let fault = page.faults.iter().find(|fault| fault.field() == name);
    let text = fault.map(|fault| {
        view! { <span class="fault" id=format!("{name}-fault")>{message(localizer, *fault)}</span> }.into_any()
    });
    (fault.map(|_| "true"), text)
}

fn message(localizer: Localizer, fault: QueryFault) -> &'static str {
    let messages = localizer.messages::<StatementMessages>();
    match fault {
        QueryFault::NotADate(_) => messages.not_a_date,
        QueryFault::FromAfterTo => messages.from_after_to,
        QueryFault::TooLong => messages.too_long,
        QueryFault::AsOfAhead => messages.as_of_ahead,
        QueryFault::AsOfBeforeFrom => messages.as_of_before_from,
        QueryFault::Kind => messages.no_kind,
        QueryFault::Edges(_) | QueryFault::Cursor => messages.no_such_page,
    }
}

fn statement_body(localizer: Localizer, view: &StatementView, statement: &Statement) -> AnyView {
    let code = statement.currency.code();
    match &statement.body {
        StatementBody::BalanceForward(lines) => {
            balance_forward_table(localizer, code, view.continued, lines).into_any()
        }
        StatementBody::OpenItem(items) => open_items_table(localizer, code, view.is_of_today(), items).into_any(),
    }
}

fn balance_forward_table(
    localizer: Localizer,
    code: &str,
    continued: bool,
    forward: &BalanceForward,
) -> impl IntoView + use<> {
    let messages = localizer.messages::<StatementMessages>();
    let edge = |label: &'static str, balance: Balance| {
        view! {
            <tr role="row" class="edge">
                <th role="rowheader" scope="row" colspan="3">{label}</th>
                <td role="cell" class="amount">{localizer.balance(balance)}</td>
            </tr>
        }
    };
    let nothing = forward.lines.is_empty().then(|| {
        view! { <tr role="row"><td role="cell" colspan="4">{messages.nothing}</td></tr> }
    });
    let opening = if forward.brought_forward { messages.brought_forward } else { messages.opening };
    let closing = if continued { messages.carried_forward } else { messages.closing };
    let lines = forward.lines.iter().map(|line| line_row(localizer, line)).collect_view();
    view! {
        <table role="table" class="cards wraps">
            <caption>{(messages.caption)(code)}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">{messages.what_column}</th>
                    <th role="columnheader" scope="col">{messages.date_column}</th>
                    <th role="columnheader" scope="col" class="amount">{messages.change_column}</th>
                    <th role="columnheader" scope="col" class="amount">{messages.balance_column}</th>
                </tr>
            </thead>
            <tbody role="rowgroup">
                {edge(opening, forward.opening)}
                {lines}
                {nothing}
                {edge(closing, forward.closing)}
            </tbody>
        </table>
    }
}

fn line_row(localizer: Localizer, line: &StatementLine) -> impl IntoView + use<> {
    let messages = localizer.messages::<StatementMessages>();
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">{line_text(localizer, line)}</th>
            <td role="cell" data-label=messages.date_column>{localizer.date(line.on)}</td>
            <td role="cell" class="amount" data-label=messages.change_column>{localizer.balance(line.change)}</td>
            <td role="cell" class="amount" data-label=messages.balance_column>{localizer.balance(line.balance)}</td>
        </tr>
    }
}

fn line_text(localizer: Localizer, line: &StatementLine) -> String {
    let messages = localizer.messages::<StatementMessages>();
    let mut parts = line.numbers();
    if !line.unapplied.is_zero() {
        parts.push(messages.on_account);
    }
    let parts = parts.join(", ");
    match line.kind {
        EntryKind::InvoiceIssued => (messages.invoice_issued)(&parts),
        EntryKind::PaymentHandedOver(_) if line.change.minor() > 0 => messages.payment_handed_over.to_owned(),
        EntryKind::PaymentApplied(_) | EntryKind::PaymentHandedOver(_) => (messages.payment_applied)(&parts),
        EntryKind::PaymentRefunded(_) => (messages.payment_refunded)(&parts),
        EntryKind::PaymentChargedBack(_) => (messages.payment_charged_back)(&parts),
        EntryKind::PaymentReversed(_) => (messages.payment_reversed)(&parts),
        EntryKind::CashMoved(_) => (messages.cash_moved)(&parts),
        EntryKind::CreditNoteIssued(_) => (messages.credit_note_issued)(&parts),
        EntryKind::CreditNoteMoved(_) => (messages.credit_note_moved)(&parts),
        EntryKind::InvoiceWrittenOff => (messages.invoice_written_off)(&parts),
        EntryKind::BadDebtWrittenOff => (messages.bad_debt_written_off)(&parts),
        EntryKind::WriteOffReversed => (messages.write_off_reversed)(&parts),
        EntryKind::CreditPaidOut(_) => messages.credit_paid_out.to_owned(),
        EntryKind::CreditPayoutReversed(_) => messages.credit_payout_reversed.to_owned(),
    }
}

/// What is open in one currency, with what is on its way and contested apart where that is known.
fn open_items_table(localizer: Localizer, code: &str, of_today: bool, items: &[OpenItem]) -> impl IntoView + use<> {
    let messages = localizer.messages::<StatementMessages>();
    let balance = localizer.messages::<BalanceMessages>();
    let columns = if of_today { "6" } else { "4" };
    let nothing = items.is_empty().then(|| {
        view! { <tr role="row"><td role="cell" colspan=columns>{messages.nothing_open}</td></tr> }
    });
    let apart = of_today.then(|| {
        view! {
            <th role="columnheader" scope="col" class="amount">{balance.pending}</th>
            <th role="columnheader" scope="col" class="amount">{balance.disputed}</th>
        }
    });
    let rows = items.iter().map(|item| item_row(localizer, item)).collect_view();
    view! {
        <table role="table" class="cards">
            <caption>{(messages.open_caption)(code)}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">{messages.number_column}</th>
                    <th role="columnheader" scope="col">{messages.due_column}</th>
                    <th role="columnheader" scope="col" class="amount">{messages.days_column}</th>
                    <th role="columnheader" scope="col" class="amount">{messages.open_column}</th>
                    {apart}
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}{nothing}</tbody>
        </table>
    }
}

fn item_row(localizer: Localizer, item: &OpenItem) -> impl IntoView + use<> {
    let messages = localizer.messages::<StatementMessages>();
    let balance = localizer.messages::<BalanceMessages>();
    let days = if item.days_overdue == 0 { messages.not_overdue.to_owned() } else { item.days_overdue.to_string() };
    // Chargebacks and write-offs are rare: they stand with the invoice, and have no column.
    let flag = |class: &'static str, text: With, amount: Option<Money>| {
        let amount = amount.filter(|amount| !amount.is_zero());
        amount.map(|amount| view! { " " <span class=class>{text(&localizer.money(amount))}</span> })
    };
    // A cell of nothing is left out on a phone.
    let cell = |label: &'static str, amount: Money| {
        let amount = (!amount.is_zero()).then(|| localizer.money(amount));
        view! { <td role="cell" class="amount" data-label=label>{amount}</td> }
    };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <a href=format!("/invoices/{}", item.invoice)>{item.number.to_string()}</a>
                {flag("state late", messages.charged_back, item.charged_back)}
                {flag("state", messages.written_off, item.written_off)}
            </th>
            <td role="cell" data-label=messages.due_column>{localizer.date(item.due_on)}</td>
            <td role="cell" class="amount" data-label=messages.days_column>{days}</td>
            <td role="cell" class="amount" data-label=messages.open_column>{localizer.money(item.open)}</td>
            {item.pending.map(|amount| cell(balance.pending, amount))}
            {item.disputed.map(|amount| cell(balance.disputed, amount))}
        </tr>
    }
}

/// How the account stands in one currency, with what is on its way and contested apart, and the ageing: the open amounts, what
/// is unapplied as what it takes off, and the balance that they come to.
fn standing(localizer: Localizer, statement: &Statement) -> impl IntoView + use<> {
    let messages = localizer.messages::<StatementMessages>();
    let standing = &statement.standing;
    let row = |label: String, amount: String| {
        view! {
            <tr role="row">
                <th role="rowheader" scope="row">{label}</th>
                <td role="cell" class="amount">{amount}</td>
            </tr>
        }
    };
    let buckets =
        standing.ageing.iter().map(|bucket| row(bucket_label(localizer, bucket), localizer.money(bucket.amount)));
    let unapplied = (!standing.unapplied.is_zero()).then(|| {
        let off = Balance::in_favour(standing.unapplied);
        row(localizer.messages::<BalanceMessages>().unapplied.to_owned(), localizer.balance(off))
    });
    view! {
        {balance(localizer, &balance_of(statement))}
        <table role="table">
            <caption>{(messages.ageing)(statement.currency.code())}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">{messages.days_column}</th>
                    <th role="columnheader" scope="col" class="amount">{messages.amount_column}</th>
                </tr>
            </thead>
            <tbody role="rowgroup">
                {buckets.collect_view()}
                {unapplied}
                <tr role="row" class="edge">
                    <th role="rowheader" scope="row">{messages.balance_column}</th>
                    <td role="cell" class="amount">{localizer.balance(statement.balance)}</td>
                </tr>
            </tbody>
        </table>
    }
}

fn bucket_label(localizer: Localizer, bucket: &AgeingBucket) -> String {
    let messages = localizer.messages::<StatementMessages>();
    match bucket.to_days {
        Some(0) => messages.not_overdue.to_owned(),
        Some(to) => (messages.days_range)(&bucket.from_days.to_string(), &to.to_string()),
        None => (messages.days_over)(&bucket.from_days.to_string()),
    }
}
