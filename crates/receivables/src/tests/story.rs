//! Stories: what happened, a line each, and under each line what came of it.
//!
//! A story is checked against itself: the lines that are not indented are told to the books, and what the books answer is
//! put under each.
//!
//! ```text
//! invoice A 100.00 due 2026-03-01
//! pay P: A 60.00, B 40.00
//! open P
//! P: checkout completed paid 100.00 + intent received 100.00
//! ```

use std::fmt::Write;

use expect_test::Expect;

use super::books::{Books, Decided, credit_note_id, invoice_id, money, name_of, now, payment_id, refund_id};
use crate::decision::{Change, Decision};
use crate::invoice::Due;
use crate::ledger::{Leg, LegAccount};
use crate::payment::{
    Decline, DeclineReason, Instead, NoteOfRefund, PageRefusal, RefundMeaning, RefundRequest, Remedy, ReviewRefusal,
};
use crate::provider_object::{
    Attempt, AttemptRank, Cash, ChargebackState, CheckoutState, ConcernKind, ConcernState, IntentState, Move, Moves,
    ObjectState, RefundRank, RefundState,
};
use crate::{Balance, InvoiceHead, Money, Refusal, Report, payment};

/// Tells a story to new books.
pub(super) fn check(story: &Expect) {
    let mut books = Books::new();
    let mut told = String::new();
    for line in told_lines(story) {
        writeln!(told, "{line}").unwrap();
        for answer in tell(&mut books, line) {
            writeln!(told, "    {answer}").unwrap();
        }
    }
    story.assert_eq(&told);
}

/// The lines that are not indented: what is told.
pub(super) fn told_lines(story: &Expect) -> impl Iterator<Item = &str> {
    let lines = story.data().lines().filter(|line| !line.trim().is_empty());
    let margin = lines.clone().map(indentation).min().unwrap_or(0);
    lines.filter(move |line| indentation(line) == margin).map(str::trim)
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn tell(books: &mut Books, line: &str) -> Vec<String> {
    let (verb, rest) = line.split_once(' ').unwrap();
    if let Some(payment) = verb.strip_suffix(':') {
        let reports: Vec<Report> = rest.split(" + ").map(|words| report(payment, words)).collect();
        let decided = books.hear(payment, &reports);
        let mut told = answer(books, payment, decided);
        for step in books.finish(payment) {
            told.push("then".to_owned());
            told.extend([state(books, payment)].into_iter().chain(results(books, &step)));
        }
        return told;
    }
    match verb {
        "invoice" => issue(books, rest),
        "pay" | "charge" => {
            let (name, parts) = rest.split_once(": ").unwrap();
            let parts: Vec<(&str, Money)> = parts.split(", ").map(part).collect();
            match if verb == "pay" { books.start(name, &parts) } else { books.charge(name, &parts) } {
                Ok(decision) => [state(books, name)].into_iter().chain(results(books, &decision)).collect(),
                Err(refusal) => vec![refused(&refusal)],
            }
        }
        "open" => {
            let decided = books.open(rest);
            answer(books, rest, decided)
        }
        "credit" => {
            let (head, parts) = rest.split_once(": ").unwrap_or((rest, ""));
            let (name, amount) = head.split_once(' ').unwrap();
            let parts: Vec<(&str, Money)> = parts.split(", ").filter(|part| !part.is_empty()).map(part).collect();
            match books.credit(name, money(amount), &parts) {
                Ok(decision) => credited(books, name, &decision),
                Err(refusal) => vec![refused(&refusal)],
            }
        }
        "recredit" => {
            let (name, parts) = rest.split_once(": ").unwrap();
            let parts: Vec<(&str, Money)> = parts.split(", ").map(part).collect();
            match books.apply_credit(name, &parts) {
                Ok(decision) => credited(books, name, &decision),
                Err(refusal) => vec![refused(&refusal)],
            }
        }
        "write-off" | "bad-debt" | "take-back" => match books.write_off(verb, rest) {
            Ok(decision) => results(books, &decision),
            Err(refusal) => vec![refused(&refusal)],
        },
        "pay-out" => {
            let (name, amount) = part(rest);
            match books.pay_out(name, amount) {
                Ok(decision) => paid_out(books, &decision),
                Err(refusal) => vec![refused(&refusal)],
            }
        }
        "reverse" => match books.reverse(rest) {
            Ok(decision) => paid_out(books, &decision),
            Err(refusal) => vec![refused(&refusal)],
        },
        "apply" | "unapply" | "move" | "refund" | "answer" | "refuse" | "turn-away" | "close" | "decline"
        | "give-up" => operate(books, verb, rest),
        _ => panic!("no such line in a story: {line}"),
    }
}

fn issue(books: &mut Books, rest: &str) -> Vec<String> {
    let (demand, due_on) = rest.split_once(" due ").unwrap();
    let (name, gross) = demand.split_once(' ').unwrap();
    let days = due_on.split(", ").filter_map(|day| day.split_once(' '));
    let days: Vec<Due> = days.map(|(on, amount)| Due { on: on.parse().unwrap(), amount: money(amount) }).collect();
    let decision = if days.is_empty() {
        books.issue(name, money(gross), due_on.parse().unwrap())
    } else {
        books.issue_due(name, &days)
    };
    results(books, &decision)
}

/// `apply P: B 40.00`, `unapply P: A 10.00` or all of it, `move P: A to B 10.00` or all of it, `refund P: R 30.00 of A` or of
/// the whole, with `credits` behind it where it credits, `answer P: refund1 credits` or `reopens`, `refuse P: R`, `turn-away P: customer cus_1` or `address` or `for code`, `close P: review`,
/// `decline P: reason remedy`, `give-up P: abandoned` or `not-made` or `asked Q`.
fn operate(books: &mut Books, verb: &str, rest: &str) -> Vec<String> {
    let (name, what) = rest.split_once(": ").unwrap();
    let words: Vec<&str> = what.split(' ').collect();
    let decided = books.operate(name, |books, payment, now| {
        let invoice = |name: &str| books.invoices[&invoice_id(name)].clone();
        match (verb, words.as_slice()) {
            ("apply", _) => {
                let parts: Vec<_> = what.split(", ").map(part).map(|(name, part)| (invoice(name), part)).collect();
                Ok(payment::apply(payment, &parts, now)?)
            }
            ("unapply", [from, amount @ ..]) => {
                Ok(payment::unapply(payment, &invoice_id(from), amount.first().map(|amount| money(amount)), now)?)
            }
            ("move", [from, "to", to, amount @ ..]) => {
                let amount = amount.first().map(|amount| money(amount));
                Ok(payment::move_cash(payment, &invoice_id(from), &invoice(to), amount, now)?)
            }
            ("refund", [id, amount, said @ ..]) => {
                let (meaning, of) = match said {
                    [of @ .., "credits"] => (RefundMeaning::Credits, of),
                    of => (RefundMeaning::Reopens, of),
                };
                let invoice = of.last().map(|name| invoice_id(name));
                let amount = money(&amount.replace('_', " "));
                Ok(payment::order_refund(payment, ordered(id, amount, invoice, meaning), now)?)
            }
            ("answer", [refund, meaning]) => {
                let meaning = RefundMeaning::named(meaning).unwrap();
                let refund = format!("{}_{name}", if *refund == "intent" { "pi" } else { "re" })
                    + refund.trim_start_matches(|c: char| c.is_ascii_lowercase());
                let note = note_of(&format!("K{name}{}", payment.refund_answers().len()));
                Ok(payment::answer_refund(payment, &refund.parse().unwrap(), meaning, note, now)?)
            }
            ("close", [review]) => Ok(payment::close_review(payment, review, now)?),
            ("refuse", [id]) => Ok(payment::refund_refused(payment, &refund_id(id), "no funds", now).unwrap()),
            ("turn-away", what) => {
                let refusal = match what {
                    ["customer", id] => PageRefusal::Customer(id.parse().unwrap()),
                    ["address"] => PageRefusal::EmailAddress,
                    ["for", code] => PageRefusal::Page((*code).to_owned()),
                    _ => panic!("nobody can turn away {rest}"),
                };
                payment::page_refused(payment, refusal, now).ok_or(ReviewRefusal::NoSuchReview.into())
            }
            ("decline", [reason, remedy]) => {
                let (reason, remedy) = (DeclineReason::named(reason).unwrap(), Remedy::named(remedy).unwrap());
                let decline = Decline { reason, remedy, word: reason.as_str().to_owned(), ends_method: false };
                let declined = payment::charge_answered(payment, None, Some(&decline), now);
                declined.ok_or(ReviewRefusal::NoSuchReview.into())
            }
            ("give-up", ["abandoned"]) => payment::abandon(payment, now).ok_or(ReviewRefusal::NoSuchReview.into()),
            ("give-up", ["asked", page]) => {
                let instead = Instead::Page(payment_id(page));
                payment::asked_instead(payment, &instead, now).ok_or(ReviewRefusal::NoSuchReview.into())
            }
            ("give-up", ["not-made"]) => {
                payment::charge_not_made(payment, now).ok_or(ReviewRefusal::NoSuchReview.into())
            }
            _ => panic!("nobody can {verb} {rest}"),
        }
    });
    match decided {
        Ok(decision) => [state(books, name)].into_iter().chain(results(books, &decision)).collect(),
        Err(refusal) => vec![refused(&refusal)],
    }
}

/// A refund to order.
pub(super) fn ordered(
    id: &str,
    amount: Money,
    invoice: Option<crate::InvoiceId>,
    meaning: RefundMeaning,
) -> RefundRequest {
    let reason = "Why".parse().unwrap();
    RefundRequest { id: refund_id(id), amount, invoice, meaning, note: note_of(&format!("K{id}")), reason }
}

/// The credit note of a refund.
pub(super) fn note_of(name: &str) -> NoteOfRefund {
    NoteOfRefund {
        id: credit_note_id(name),
        number: name.parse().unwrap(),
        issued_on: jiff::civil::date(2026, 2, 20),
        reason: "Returned".parse().unwrap(),
    }
}

/// How much of each source is paid out, and what is left.
fn paid_out(books: &Books, decision: &Decision) -> Vec<String> {
    let touched = decision.changes.iter().filter_map(|change| {
        let (ulid, paid_out, left) = if let Change::PaymentChanged { after, .. } = change {
            (after.id().ulid(), after.paid_out(), after.unapplied())
        } else if let Change::CreditNoteChanged { after, .. } = change {
            (after.id.ulid(), after.paid_out, after.unapplied)
        } else {
            return None;
        };
        Some(format!("{} has {} paid out, {} unapplied", name_of(ulid), paid_out.to_plain(), left.to_plain()))
    });
    touched.chain(results(books, decision)).collect()
}

fn credited(books: &Books, name: &str, decision: &Decision) -> Vec<String> {
    let left = books.notes[&credit_note_id(name)].unapplied.to_plain();
    [format!("{name} has {left} unapplied")].into_iter().chain(results(books, decision)).collect()
}

fn part(words: &str) -> (&str, Money) {
    let (invoice, amount) = words.split_once(' ').unwrap();
    (invoice, money(amount))
}

/// What a provider says, in a few words.
pub(super) fn report(payment: &str, words: &str) -> Report {
    let (object, said) = words.split_once(' ').unwrap();
    let (kind, number) = object.split_at(object.trim_end_matches(|c: char| c.is_ascii_digit()).len());
    let (prefix, fact) = match kind {
        "checkout" => ("cs", ObjectState::Checkout(checkout_fact(payment, said))),
        "intent" => ("pi", ObjectState::Intent(intent_fact(&said.replace('_', " ")))),
        "refund" => ("re", ObjectState::Refund(refund_fact(said))),
        "chargeback" => ("dp", ObjectState::Chargeback(chargeback_fact(said))),
        "warning" => ("issfr", ObjectState::Concern(concern_fact(said))),
        _ => panic!("no provider speaks of {kind}"),
    };
    Report {
        object: format!("{prefix}_{payment}{number}").parse().unwrap(),
        of: None,
        customer: None,
        invoice: None,
        business: None,
        payment: Some(payment_id(payment)),
        state: fact,
    }
}

fn checkout_fact(payment: &str, said: &str) -> CheckoutState {
    let intent = Some(format!("pi_{payment}").parse().unwrap());
    let silent = CheckoutState { intent, ..CheckoutState::default() };
    match said.split_once(" paid ") {
        Some(("completed", amount)) => CheckoutState { completed: true, received: Cash::of(money(amount)), ..silent },
        Some(("later", amount)) => CheckoutState { received: Cash::of(money(amount)), ..silent },
        Some(_) | None => match said {
            "completed unpaid" => CheckoutState { completed: true, ..silent },
            "failed later" => CheckoutState { failed: true, ..silent },
            "expired" => CheckoutState { expired: true, ..silent },
            _ => panic!("no checkout is {said}"),
        },
    }
}

fn intent_fact(said: &str) -> IntentState {
    let silent = IntentState::default();
    let attempt = |id: &str, rank| {
        let attempts = [(id.to_owned(), Attempt::new(rank, None))].into();
        IntentState { attempts, ..silent.clone() }
    };
    match said.split_once(' ') {
        Some(("refunded", amount)) => IntentState { refunded: Cash::of(money(amount)), ..silent },
        Some(("received", amount)) => IntentState { received: Cash::of(money(amount)), ..silent },
        Some(("processing", id)) => attempt(id, AttemptRank::Pending),
        Some(("failed", id)) => attempt(id, AttemptRank::Failed),
        Some(("succeeded", id)) => attempt(id, AttemptRank::Succeeded),
        Some(("needs", "action")) => IntentState { action_required: true, ..silent },
        None if said == "cancelled" => IntentState { cancelled: true, ..silent },
        Some(_) | None => panic!("no intent is {said}"),
    }
}

/// `30.00 pending`, `30.00 done`, `30.00 failed`; with `for R` where it carries out an order of ours.
fn refund_fact(said: &str) -> RefundState {
    let (said, order) = said.split_once(" for ").map_or((said, None), |(said, order)| (said, Some(refund_id(order))));
    let (amount, word) = said.split_once(' ').unwrap();
    let amount = &amount.replace('_', " ");
    let rank = match word {
        "pending" => RefundRank::Pending,
        "done" => RefundRank::Succeeded,
        "failed" => RefundRank::Failed,
        _ => panic!("no refund is {word}"),
    };
    RefundState { order, amount: Cash::of(money(amount)), rank, failure: None }
}

/// `60.00 asked`, `60.00 opened`, `60.00 withdrawn`, `60.00 reinstated`, `60.00 won`, `60.00 lost`; with `moved -60.00 0.35`
/// where the provider lists all moves so far.
fn chargeback_fact(said: &str) -> ChargebackState {
    let (said, moved) = said.split_once(" moved ").unwrap_or((said, ""));
    let (amount, word) = said.split_once(' ').unwrap();
    let cash = Cash::of(money(&amount.replace('_', " ")));
    let silent = ChargebackState { moves: moves(moved), ..ChargebackState::default() };
    let lost = ChargebackState { lost_on: cash.clone(), lost: true, formal: true, ..silent.clone() };
    let formal = ChargebackState { amount: cash, formal: true, ..silent };
    match word {
        "asked" => ChargebackState { inquiry: true, formal: false, ..formal },
        "closed" => ChargebackState { inquiry: true, inquiry_closed: true, formal: false, ..formal },
        "opened" => formal,
        "withdrawn" => ChargebackState { withdrawn: true, ..formal },
        "reinstated" => ChargebackState { reinstated: true, ..formal },
        "won" => ChargebackState { won: true, ..formal },
        "lost" => lost,
        _ => panic!("no chargeback is {word}"),
    }
}

/// `-100.00 0.35`, or `-92.15_USD`; with `/15.00` behind it, the fee; with `@0.9215`, the rate. They follow each other by a day.
pub(super) fn moves(said: &str) -> Moves {
    let mut moves = Moves::default();
    for (place, words) in said.split_whitespace().enumerate() {
        let (words, rate) = words.split_once('@').map_or((words, None), |(words, rate)| (words, rate.parse().ok()));
        let (words, currency) = words.split_once('_').unwrap_or((words, "EUR"));
        let (amount, fee) = words.split_once('/').unwrap_or((words, "0"));
        let signed = |text: &str| {
            let size = Balance::owed(money(&format!("{} {currency}", text.trim_start_matches('-'))));
            if text.starts_with('-') { size.reversed() } else { size }
        };
        let at = now() + jiff::SignedDuration::from_hours(24 * i64::try_from(place).unwrap());
        moves.note(format!("txn_{place}"), Move { amount: signed(amount), fee: signed(fee), at: Some(at), rate });
    }
    moves
}

fn concern_fact(said: &str) -> ConcernState {
    ConcernState { kind: ConcernKind::FraudWarning, closed: said == "closed", reason: None }
}

fn answer(books: &Books, payment: &str, decided: Option<Decided>) -> Vec<String> {
    let Some(Decided { decision, again }) = decided else {
        return vec!["nothing new".to_owned()];
    };
    let again = again.then(|| "decided again, another came first".to_owned());
    again.into_iter().chain([state(books, payment)]).chain(results(books, &decision)).collect()
}

/// A refusal, by its code and field.
pub(super) fn refused(refusal: &Refusal) -> String {
    format!("refused: {} at {}", refusal.code(), refusal.field().unwrap_or("nothing in particular"))
}

fn state(books: &Books, name: &str) -> String {
    let payment = &books.payments[&payment_id(name)];
    let mut line = format!("{name} is {}: {} asked", payment.state().as_str(), payment.amount().to_plain());
    if !payment.received().is_zero() {
        write!(line, ", {} received", payment.received().to_plain()).unwrap();
    }
    for (amount, word) in [
        (payment.refunded(), "refunded"),
        (payment.charged_back(), "charged back"),
        (payment.unapplied(), "unapplied"),
        (payment.to_reclaim(), "owed back"),
    ] {
        if !amount.is_zero() {
            write!(line, ", {} {word}", amount.to_plain()).unwrap();
        }
    }
    if payment.unfinished() {
        line += ", unfinished";
    }
    for review in payment.reviews() {
        write!(line, ", review: {}", review.name).unwrap();
    }
    for amount in payment.suspense() {
        write!(line, ", {amount:?} in suspense").unwrap();
    }
    line
}

fn results(books: &Books, decision: &Decision) -> Vec<String> {
    let touched = decision.changes.iter().filter_map(|change| match change {
        Change::InvoiceChanged(change) => Some(&books.invoices[&change.invoice]),
        Change::InvoiceIssued(invoice) => Some(&books.invoices[&invoice.head.id]),
        Change::CustomerRegistered(_)
        | Change::ProfileChanged { .. }
        | Change::PayLinkIssued(_)
        | Change::PayLinkRevoked(_)
        | Change::PaymentStarted(_)
        | Change::PaymentChanged { .. }
        | Change::CreditNoteIssued(_)
        | Change::CreditNoteChanged { .. }
        | Change::CreditPaidOut(_)
        | Change::CreditPayoutReversed { .. } => None,
    });
    let mut lines: Vec<String> = touched.map(balance).collect();
    let of_payment = decision.changes.iter().any(|change| matches!(change, Change::PaymentChanged { .. }));
    for change in decision.changes.iter().filter(|_| of_payment) {
        if let Change::CreditNoteIssued(note) = change {
            let parts = note.allocations.iter();
            let parts: Vec<String> = parts.map(|part| format!("{} {}", part.number, part.applied.to_plain())).collect();
            lines.push(format!("credit note {} of {}: {}", note.number, note.amount.to_plain(), parts.join(", ")));
        }
    }
    for entry in &decision.entries {
        let legs: Vec<String> = entry.legs.iter().map(|one| leg(books, one)).collect();
        lines.push(format!("ledger: {}", legs.join(", ")));
    }
    if !decision.facts.is_empty() {
        let names: Vec<&str> = decision.facts.iter().map(|fact| fact.kind.name()).collect();
        lines.push(format!("facts: {}", names.join(", ")));
    }
    lines
}

fn balance(invoice: &InvoiceHead) -> String {
    let balance = &invoice.balance;
    assert_eq!(invoice.id, invoice_id(invoice.number.as_str()));
    let mut line = format!("{} is {}: {} open", invoice.number, balance.status().as_str(), balance.open().to_plain());
    if !balance.pending().is_zero() {
        write!(line, ", {} pending", balance.pending().to_plain()).unwrap();
    }
    if !balance.questioned().is_zero() {
        write!(line, ", {} in question", balance.questioned().to_plain()).unwrap();
    }
    for (amount, word) in
        [(balance.written_off, "written off"), (balance.bad_debt, "bad debt"), (balance.charged_back, "charged back")]
    {
        if !amount.is_zero() {
            write!(line, ", {} {word}", amount.to_plain()).unwrap();
        }
    }
    if balance.payable() != balance.open() {
        write!(line, ", {} payable", balance.payable().to_plain()).unwrap();
    }
    if let Some(payment) = balance.holds.page() {
        write!(line, ", checkout of {}", name_of(payment.ulid())).unwrap();
    }
    line
}

/// Of an invoice that is due on several days, with the day.
fn leg(books: &Books, leg: &Leg) -> String {
    let change = leg.change.to_plain();
    match &leg.account {
        LegAccount::Invoice { invoice, number, due_on } if books.invoices[invoice].schedule.days().count() > 1 => {
            format!("{number} of {due_on} {change}")
        }
        LegAccount::Invoice { number, .. } => format!("{number} {change}"),
        LegAccount::Unapplied => format!("unapplied {change}"),
        LegAccount::Contra(account) => format!("{account} {change}"),
    }
}
