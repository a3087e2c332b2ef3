//! Proving the books of a business: account by account, everything that is stored is computed again.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use jiff::civil::Date;
use receivables::ledger::Entry;
use receivables::provider_object::ProviderState;
use receivables::verify::{AccountBooks, Difference, differences};
use receivables::{BusinessId, CreditNote, CustomerId, Invoice, Money, Payment, PaymentId};
use store::{Page, Paged};

use crate::audit::verify_chain;
use crate::context::Context;
use crate::error::OperationError;

mod moves;
mod names;

/// Items read at a time.
const PAGE: usize = 100;
/// Payments read at a time.
const SIDE_BY_SIDE: usize = 8;

/// The result of a proof.
#[derive(Clone, Debug, Default)]
pub struct BooksProof {
    pub accounts: usize,
    pub invoices: usize,
    pub payments: usize,
    pub credit_notes: usize,
    pub entries: usize,
    /// Records in the audit's chain.
    pub audit_records: u64,
    /// Every difference; empty where the books are right.
    pub differences: Vec<Difference>,
}

/// What the business's lists should contain, gathered from the accounts.
#[derive(Default)]
struct Lists {
    open_invoices: BTreeSet<String>,
    unapplied: BTreeSet<String>,
    reviews: BTreeSet<String>,
    /// Ledger entries and payments, as the exports find them: by the month that they are of, and by that in which they were started,
    /// with an instant in it.
    entries: BTreeSet<String>,
    payments: BTreeSet<String>,
    /// The names of the decisions that made the entries, and the places of those of each.
    decisions: BTreeMap<String, BTreeSet<usize>>,
    entry_months: BTreeSet<Date>,
    payment_months: BTreeMap<String, Timestamp>,
}

/// Proves every account of a business, its lists and its audit. While others write, a difference may be one that is about to
/// disappear.
pub async fn verify_books(context: &Context, b: &BusinessId) -> Result<BooksProof, OperationError> {
    let (mut proof, mut lists) = (BooksProof::default(), Lists::default());
    let customers = all(|page| async move { Ok(context.store.customers(b, &page).await?) }).await?;
    for customer in &customers {
        names::verify_customer(context, b, customer, &mut proof).await?;
        verify_account(context, b, &customer.id, &mut proof, &mut lists).await?;
    }
    verify_lists(context, b, &lists, &mut proof).await?;
    verify_audit(context, b, &lists, &mut proof).await?;
    Ok(proof)
}

async fn verify_account(
    context: &Context,
    b: &BusinessId,
    c: &CustomerId,
    proof: &mut BooksProof,
    lists: &mut Lists,
) -> Result<(), OperationError> {
    let invoices = invoices_of(context, b, c).await?;
    let payments = payments_of(context, b, c).await?;
    let credit_notes = credit_notes_of(context, b, c).await?;
    let outgoing_payments =
        all(|page| async move { Ok(context.store.outgoing_payments_of(b, c, &page).await?) }).await?;
    let entries = context.store.entries(b, c).await?;
    let sums = context.store.account(b, c).await?;
    proof.accounts += 1;
    proof.invoices += invoices.len();
    proof.payments += payments.len();
    proof.credit_notes += credit_notes.len();
    proof.entries += entries.len();
    let books = AccountBooks {
        customer: c,
        invoices: &invoices,
        payments: &payments,
        credit_notes: &credit_notes,
        outgoing_payments: &outgoing_payments,
        entries: &entries,
        sums: &sums,
    };
    proof.differences.extend(differences(books));
    names::verify_invoices(context, b, c, &invoices, proof).await?;
    names::verify_credit_notes(context, b, c, &credit_notes, proof).await?;
    let open = invoices.iter().map(|invoice| &invoice.head).filter(|head| !head.balance.open().is_zero());
    lists.open_invoices.extend(open.map(|head| head.id.to_string()));
    for entry in &entries {
        lists.entries.insert(entry.name());
        lists.decisions.entry(entry.decision()).or_default().insert(entry.place);
        lists.entry_months.insert(entry.dated_on.first_of_month());
    }
    for payment in &payments {
        lists.payments.insert(payment.id().to_string());
        let month = payment.started_at().strftime("%Y%m").to_string();
        lists.payment_months.entry(month).or_insert(payment.started_at());
        names::verify_payment(context, payment, proof).await?;
        moves::verify_moves(context, payment, proof).await?;
        let reviews = payment.reviews();
        lists.reviews.extend(reviews.iter().map(|review| looked_for(payment.id(), c, &review.name, review.amount)));
    }
    let of_payments = payments.iter().map(|payment| (payment.id().to_string(), payment.unapplied()));
    let of_notes = credit_notes.iter().map(|note| (note.id.to_string(), note.unapplied));
    let unapplied = of_payments.chain(of_notes).filter(|(_, amount)| !amount.is_zero());
    lists.unapplied.extend(unapplied.map(|(source, amount)| format!("{source} of {c} {}", amount.minor())));
    Ok(())
}

/// Checks that the lists by which people find their work contain what the accounts say, and nothing else.
async fn verify_lists(
    context: &Context,
    b: &BusinessId,
    lists: &Lists,
    proof: &mut BooksProof,
) -> Result<(), OperationError> {
    let store = &context.store;
    let open = all(|page| async move { Ok(store.open_invoices_of_business(b, None, &page).await?) }).await?;
    let open = open.into_iter().map(|invoice| invoice.id.to_string()).collect();
    compare("open invoices of the business", &lists.open_invoices, &open, proof);
    let unapplied = all(|page| async move { Ok(store.unapplied(b, &page).await?) }).await?;
    let unapplied = unapplied
        .into_iter()
        .map(|cash| format!("{} of {} {}", cash.source, cash.customer, cash.amount.minor()))
        .collect();
    compare("list of unapplied cash", &lists.unapplied, &unapplied, proof);
    let reviews = all(|page| async move { Ok(store.reviews(b, &page).await?) }).await?;
    let reviews = reviews
        .into_iter()
        .map(|review| looked_for(&review.payment, &review.customer, &review.name, review.amount))
        .collect();
    compare("list of reviews", &lists.reviews, &reviews, proof);
    let (mut entries, mut payments) = (BTreeSet::new(), BTreeSet::new());
    for month in lists.entry_months.iter().copied() {
        let found = all(|page| async move { Ok(store.entries_of_month(b, month, &page).await?) }).await?;
        entries.extend(found.iter().map(Entry::name));
    }
    for at in lists.payment_months.values().copied() {
        let found = all(|page| async move { Ok(store.payments_of_month(b, at, &page).await?) }).await?;
        payments.extend(found.iter().map(|payment| payment.id().to_string()));
    }
    compare("ledger of the business", &lists.entries, &entries, proof);
    for (decision, places) in lists.decisions.iter().filter(|(_, places)| !places.iter().copied().eq(0..places.len())) {
        proof.differences.push(Difference {
            customer: None,
            what: format!("entries of {decision}"),
            computed: format!("0 to {}", places.len()),
            kept: format!("{places:?}"),
        });
    }
    compare("payments of the business", &lists.payments, &payments, proof);
    verify_unidentified(context, b, proof).await
}

fn looked_for(payment: &PaymentId, of: &CustomerId, review: &str, amount: Money) -> String {
    format!("{payment} of {of} {review} {} {}", amount.minor(), amount.currency())
}

/// Checks that money without a known customer is listed with its amount for as long as it has none.
async fn verify_unidentified(context: &Context, b: &BusinessId, proof: &mut BooksProof) -> Result<(), OperationError> {
    let store = &context.store;
    let listed = all(|page| async move { Ok(store.unidentified(b, &page).await?) }).await?;
    for money in listed {
        let mut state = ProviderState::default();
        let waiting = store.waiting(b, money.provider, &money.object).await?;
        for report in waiting.iter().flat_map(|waiting| &waiting.reports) {
            state.merge(report);
        }
        let folded = state.fold();
        let amounts = folded.received.amounts().map(|amount| folded.cash(amount.currency()));
        let computed: Vec<Money> = amounts.filter(|amount| !amount.is_zero()).collect();
        if computed != money.held {
            proof.differences.push(Difference {
                customer: None,
                what: format!("unidentified money of {}", money.object),
                computed: format!("{computed:?}"),
                kept: format!("{:?}", money.held),
            });
        }
    }
    Ok(())
}

fn compare(what: &str, computed: &BTreeSet<String>, kept: &BTreeSet<String>, proof: &mut BooksProof) {
    let differ = |one: &String, computed: &str, kept: &str| Difference {
        customer: None,
        what: format!("{what}: {one}"),
        computed: computed.to_owned(),
        kept: kept.to_owned(),
    };
    proof.differences.extend(computed.difference(kept).map(|one| differ(one, "there", "missing")));
    proof.differences.extend(kept.difference(computed).map(|one| differ(one, "not there", "listed")));
}

/// Checks the chain, and that the decision behind every ledger entry is in it.
async fn verify_audit(
    context: &Context,
    b: &BusinessId,
    lists: &Lists,
    proof: &mut BooksProof,
) -> Result<(), OperationError> {
    let chain = verify_chain(context, b).await?;
    proof.audit_records = chain.records;
    let differ = |what: String, computed: &str, kept: String| Difference {
        customer: None,
        what,
        computed: computed.to_owned(),
        kept,
    };
    if let Some(broken) = chain.broken {
        proof.differences.push(differ("audit".to_owned(), "an unbroken chain", broken));
        return Ok(());
    }
    let missing = lists.decisions.keys().filter(|name| !chain.names.contains(*name) && !chain.unsealed.contains(*name));
    let unsealed = chain.unsealed.iter().map(|name| (name, "not sealed"));
    let all = missing.map(|name| (name, "not there")).chain(unsealed);
    proof.differences.extend(all.map(|(name, kept)| differ(format!("audit record {name}"), "sealed", kept.to_owned())));
    Ok(())
}

/// Every item of a list, read page by page.
pub(crate) async fn all<T, F, R>(mut read: F) -> Result<Vec<T>, OperationError>
where
    F: FnMut(Page) -> R,
    R: Future<Output = Result<Paged<T>, OperationError>>,
{
    let (mut items, mut page) = (Vec::new(), Page::first(PAGE));
    loop {
        let found = read(page.clone()).await?;
        items.extend(found.items);
        match found.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => return Ok(items),
        }
    }
}

/// The invoices with their lines: the list has only how they stand.
async fn invoices_of(context: &Context, b: &BusinessId, c: &CustomerId) -> Result<Vec<Invoice>, OperationError> {
    let heads = all(|page| async move { Ok(context.store.invoices_of(b, c, &page).await?) }).await?;
    Ok(context.store.with_lines(heads).await?)
}

/// The credit notes with all their parts: the list has only their records.
async fn credit_notes_of(context: &Context, b: &BusinessId, c: &CustomerId) -> Result<Vec<CreditNote>, OperationError> {
    let heads = all(|page| async move { Ok(context.store.credit_notes_of(b, c, &page).await?) }).await?;
    let whole = stream::iter(heads)
        .map(|head| async move { context.store.credit_note(b, &head.id).await?.ok_or(OperationError::NotFound) });
    whole.buffered(SIDE_BY_SIDE).try_collect().await
}

/// The payments with all their parts: the list has only their records.
async fn payments_of(context: &Context, b: &BusinessId, c: &CustomerId) -> Result<Vec<Payment>, OperationError> {
    let heads = all(|page| async move { Ok(context.store.payments_of(b, c, &page).await?) }).await?;
    let whole = stream::iter(heads)
        .map(|head| async move { context.store.payment(b, head.id()).await?.ok_or(OperationError::NotFound) });
    whole.buffered(SIDE_BY_SIDE).try_collect().await
}
