//! The invariants of a world at rest.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use fault_injection::Random;
use futures::StreamExt as _;
use jiff::SignedDuration;
use payment_gateway::Meaning;
use payment_gateway::stripe::event::Event;
use payment_gateway::stripe::reports::reports;
use receivables::invoice::HoldKind;
use receivables::payment::{OpenPages, ReviewKind, State};
use receivables::provider_object::{FoldedState, ObjectState, ProviderState};
use receivables::{InvoiceHead, ObjectId, Payment, PaymentId, payment};
use serde_json::Value;
use store::{DueList, EventState, Page};

use super::runner::Runner;
use super::{Failure, provider};

/// Amounts by currency, in its smallest unit. A sum is negative where more was refunded than received.
type Sums = BTreeMap<String, i64>;

fn add(sums: &mut Sums, currency: &str, minor: i64) {
    let sum = sums.entry(currency.to_owned()).or_default();
    *sum += minor;
}

fn without_nothing(mut sums: Sums) -> Sums {
    sums.retain(|_, minor| *minor != 0);
    sums
}

fn net(folded: &FoldedState) -> Sums {
    let mut sums = Sums::new();
    folded.received.amounts().for_each(|came| add(&mut sums, came.currency().code(), came.minor()));
    for back in folded.refunded.amounts().chain(folded.charged_back.amounts()) {
        add(&mut sums, back.currency().code(), -back.minor());
    }
    without_nothing(sums)
}

/// A value as text; equal values give the same text.
#[expect(clippy::wildcard_enum_match_arm, reason = "only what is nested has no order of its own")]
fn text_of(value: &AttributeValue) -> String {
    match value {
        AttributeValue::M(map) => {
            let sorted: BTreeMap<_, _> = map.iter().map(|(name, value)| (name, text_of(value))).collect();
            format!("{sorted:?}")
        }
        AttributeValue::L(list) => format!("{:?}", list.iter().map(text_of).collect::<Vec<_>>()),
        other => format!("{other:?}"),
    }
}

/// The money of the provider as the books have it.
struct Books {
    payments: Vec<Payment>,
    unidentified: BTreeSet<ObjectId>,
}

impl Runner {
    /// Brings the world to rest, and checks all invariants.
    pub(super) async fn come_to_rest(&mut self, seed: u64) -> Result<(), Failure> {
        self.world.calls.mend();
        self.end_faults();
        self.world.chaos(serde_json::json!({})).await;
        self.count_failures_met().await;
        self.transfers_end(seed).await;
        for hours in [2, 26, 3] {
            self.world.advance(SignedDuration::from_hours(hours));
            self.drain().await?;
        }
        self.nothing_is_stuck().await?;
        self.books_verify("at rest").await?;
        self.payouts_are_proven().await?;
        let books = self.books().await?;
        self.nothing_waits(&books).await?;
        self.money_finds_its_invoice(&books).await?;
        self.every_cent_once(&books).await?;
        self.nothing_is_charged_twice(&books.payments).await?;
        let events = provider::events(&self.world).await;
        Self::state_is_that_of_the_events(&books, &events, seed)?;
        Self::other_currencies_are_in_suspense(&books.payments)?;
        self.methods_are_those_of_the_events(&events).await?;
        self.receipts_are_mailed(&books).await?;
        self.nothing_is_due().await?;
        Box::pin(self.replaying_changes_nothing(events, seed)).await
    }

    /// Counts the calls that met a failure.
    async fn count_failures_met(&self) {
        let well = serde_json::json!({});
        let (stripe, mail) = (self.switch_outage(false, &well).await, self.switch_outage(true, &well).await);
        self.count_faults_met();
        let mut coverage = self.coverage.borrow_mut();
        coverage.met("crash", self.world.calls.lost());
        coverage.met("outage_stripe", stripe);
        coverage.met("outage_mail", mail);
    }

    pub(super) async fn books_verify(&self, when: &str) -> Result<(), Failure> {
        let proof = operations::verify_books(self.context(), &self.business.id).await;
        let proof = proof.map_err(|error| Failure::new("no proof", error))?;
        let found: Vec<String> = proof.differences.iter().map(ToString::to_string).collect();
        if found.is_empty() {
            Ok(())
        } else {
            Err(Failure::new(&format!("the books disagree {when}"), found.join("; ")))
        }
    }

    async fn nothing_is_stuck(&self) -> Result<(), Failure> {
        let aside = self.world.local.folder().join("on-failure");
        // Those that a fault has put there are expected.
        let expected: u64 = self.world.local.streams().iter().map(|stream| stream.faults().met().put_aside).sum();
        let found = std::fs::read_dir(&aside).map_or(0, Iterator::count);
        if u64::try_from(found).unwrap() > expected {
            return Err(Failure::new("a record of a stream was put aside", aside.display()));
        }
        let quarantined = self.context().store.quarantined_events(&self.business.id, &Page::first(10)).await;
        match quarantined.map_err(|error| Failure::new("no list", error))?.items.first() {
            Some(event) => {
                Err(Failure::new("an event was not understood", format!("{}: {:?}", event.kind, event.reason)))
            }
            None => Ok(()),
        }
    }

    /// At rest no payment is in progress or unfinished, and no invoice is claimed or waits for money. What is held of one lies in front
    /// of a person.
    async fn nothing_waits(&self, books: &Books) -> Result<(), Failure> {
        for payment in &books.payments {
            let ended = matches!(payment.state(), State::Settled | State::Failed | State::Cancelled);
            if payment.unfinished() || !ended {
                let how =
                    format!("{} is {}, unfinished: {}", payment.id(), payment.state().as_str(), payment.unfinished());
                return Err(Failure::new("a payment hangs", how));
            }
        }
        let (store, b) = (&self.context().store, &self.business.id);
        let reviews = store.reviews(b, &Page::first(100)).await.map_err(|error| Failure::new("the tables", error))?;
        let is_asked = |payment: &PaymentId| {
            reviews.items.iter().any(|one| one.payment == *payment && one.reason == ReviewKind::ProviderRefund.as_str())
        };
        let invoices = store.invoices_of_business(b, &Page::first(100)).await;
        for invoice in invoices.map_err(|error| Failure::new("the tables", error))?.items {
            let holds = invoice.balance.holds.0.iter();
            let mut astray = holds.filter(|(holder, hold)| {
                hold.kind != HoldKind::Refund || !holder.payment().is_some_and(|payment| is_asked(&payment))
            });
            if astray.next().is_some() {
                return Err(Failure::new("an invoice is claimed or waits", format!("{:?}", invoice.balance)));
            }
        }
        Ok(())
    }

    /// No customer is asked for what they have paid: cash that the books may apply covers no invoice only where none could take it.
    async fn money_finds_its_invoice(&self, books: &Books) -> Result<(), Failure> {
        for payment in books.payments.iter().filter(|payment| !payment.free().is_zero()) {
            let (store, b, c) = (&self.context().store, payment.business(), payment.customer());
            let open = store.open_invoices_in(b, c, payment.currency(), &Page::first(100)).await;
            let open = open.map_err(|error| Failure::new("the tables", error))?.items;
            let takes =
                |head: &&InvoiceHead| payment::placeable_on(payment, head, OpenPages::Bar).first_day().is_some();
            if let Some(head) = open.iter().find(takes) {
                let how = format!("{:?} of {} are free, and {} is open", payment.free(), payment.id(), head.number);
                return Err(Failure::new("cash waits beside an invoice that is open", how));
            }
        }
        Ok(())
    }

    async fn books(&self) -> Result<Books, Failure> {
        let (store, b) = (&self.context().store, &self.business.id);
        let lost = |error: store::StoreError| Failure::new("the tables", error);
        let mut payments = Vec::new();
        for customer in store.customers(b, &Page::first(100)).await.map_err(lost)?.items {
            for head in store.payments_of(b, &customer.id, &Page::first(100)).await.map_err(lost)?.items {
                payments.push(store.payment(b, head.id()).await.map_err(lost)?.expect("a payment that is listed"));
            }
        }
        let unidentified = store.unidentified(b, &Page::first(100)).await.map_err(lost)?;
        Ok(Books { payments, unidentified: unidentified.items.into_iter().map(|money| money.object).collect() })
    }

    /// Every charge at the provider, less what was refunded of it, is in exactly one place of the books, and nothing else is.
    async fn every_cent_once(&self, books: &Books) -> Result<(), Failure> {
        let (store, b) = (&self.context().store, &self.business.id);
        let mut expected: BTreeMap<String, Sums> = BTreeMap::new();
        let (mut nobodys, mut there) = (BTreeSet::new(), BTreeSet::new());
        for (charge, sums) in self.nets().await {
            let anchor = charge["payment_intent"].as_str().or(charge["id"].as_str()).unwrap();
            let anchor: ObjectId = anchor.parse().unwrap();
            let owner = store.payment_of_object(b, testing::stripe(), &anchor).await.expect("the table");
            let place = owner.map_or_else(|| anchor.to_string(), |payment| payment.to_string());
            if place == anchor.as_str() {
                nobodys.insert(anchor.clone());
                // Money that was refunded whole, or twice, is not listed as unidentified.
                if sums.values().any(|minor| *minor > 0) {
                    there.insert(anchor.clone());
                }
            }
            let all = expected.entry(place).or_default();
            for (currency, minor) in &sums {
                add(all, currency, *minor);
            }
        }
        let mut found: BTreeMap<String, Sums> = BTreeMap::new();
        for payment in &books.payments {
            found.insert(payment.id().to_string(), net(&payment.provider_state().fold()));
        }
        for anchor in &nobodys {
            let waiting = store.waiting(b, testing::stripe(), anchor).await.expect("the table");
            let mut state = ProviderState::default();
            for report in waiting.iter().flat_map(|waiting| &waiting.reports) {
                state.merge(report);
            }
            found.insert(anchor.to_string(), net(&state.fold()));
        }
        if there != books.unidentified {
            let lists = format!("expected {there:?}, listed {:?}", books.unidentified);
            return Err(Failure::new("the list of unidentified money", lists));
        }
        let some = |sums: BTreeMap<String, Sums>| -> BTreeMap<String, Sums> {
            sums.into_iter()
                .map(|(place, sums)| (place, without_nothing(sums)))
                .filter(|(_, sums)| !sums.is_empty())
                .collect()
        };
        let (expected, found) = (some(expected), some(found));
        if expected == found {
            Ok(())
        } else {
            Err(Failure::new("not every cent once", format!("the provider has {expected:?}, the books {found:?}")))
        }
    }

    /// Each charge that succeeded, and what is left of it by the provider's own objects.
    async fn nets(&self) -> Vec<(Value, Sums)> {
        let refunds = provider::all(&self.world, "refunds").await;
        let disputes = provider::all(&self.world, "disputes").await;
        let charges = provider::all(&self.world, "charges").await;
        let came = charges.into_iter().filter(|charge| charge["status"] == "succeeded");
        came.map(|charge| {
            let mut sums = Sums::new();
            let taken = provider::amount(&charge, "amount_captured");
            add(&mut sums, taken.currency().code(), taken.minor());
            let of_it = |object: &&Value| object["charge"] == charge["id"];
            for refund in refunds.iter().filter(of_it).filter(|refund| refund["status"] != "failed") {
                add(&mut sums, taken.currency().code(), -provider::amount(refund, "amount").minor());
            }
            for dispute in disputes.iter().filter(of_it) {
                // What was withdrawn is out until it is won, however many moves there were, on the amount decided on.
                let withdrawn = !dispute["balance_transactions"].as_array().unwrap().is_empty();
                if withdrawn && dispute["status"] != "won" {
                    add(&mut sums, taken.currency().code(), -provider::amount(dispute, "amount").minor());
                }
            }
            (charge, sums)
        })
        .collect()
    }

    /// Merging event by event gives the same state as merging all events at once, in another order.
    fn state_is_that_of_the_events(books: &Books, events: &[Value], seed: u64) -> Result<(), Failure> {
        let mut all_reports: Vec<receivables::Report> = Vec::new();
        for event in events {
            let body = event.to_string();
            let meaning = Event::read(body.as_bytes()).and_then(|envelope| reports(&envelope));
            if let Ok(Meaning::Reports(found) | Meaning::ReportsAndMethods(found, _)) = meaning {
                all_reports.extend(found);
            }
        }
        Random::new(seed ^ 0x5eed).shuffle(&mut all_reports);
        for payment in &books.payments {
            let names = payment.provider_state().names();
            let of_it = |report: &&receivables::Report| {
                names.contains(report.anchor())
                    || names.contains(&report.object)
                    || report.payment.as_ref() == Some(payment.id())
            };
            let mut state = ProviderState::default();
            for report in all_reports.iter().filter(of_it) {
                state.merge(report);
            }
            if with_what_is_looked_up(&state) != with_what_is_looked_up(payment.provider_state()) {
                let both = format!("{}: from scratch {state:?}, kept {:?}", payment.id(), payment.provider_state());
                return Err(Failure::new("the state is not that of the events", both));
            }
        }
        Ok(())
    }

    /// Before the end: applying the stored reports again changes nothing, and each finished payment is as folded.
    pub(super) async fn folds_agree(&self) -> Result<(), Failure> {
        let books = self.books().await?;
        for payment in &books.payments {
            let (now, objects) = (self.world.now(), payment.provider_state().0.iter());
            let stored: Vec<_> =
                objects.map(|(object, fact)| receivables::Report::new(object.clone(), fact.clone())).collect();
            let again = receivables::payment::apply_reports(payment, &stored, now);
            if !receivables::payment::is_as_folded(payment) || again.is_some() {
                return Err(Failure::new("a fold is not what it is from scratch", payment.id()));
            }
        }
        Ok(())
    }

    /// Every receipt that is due was mailed, and only once where nothing went wrong.
    async fn receipts_are_mailed(&self, books: &Books) -> Result<(), Failure> {
        let mut receipts: BTreeMap<String, usize> = BTreeMap::new();
        for mail in self.world.mails().await {
            let of = books.payments.iter().find(|payment| mail.to_string().contains(payment.id().as_str()));
            *receipts.entry(of.map_or_else(|| mail["subject"].to_string(), |of| of.id().to_string())).or_default() += 1;
        }
        for payment in &books.payments {
            let mailed = receipts.get(payment.id().as_str()).copied().unwrap_or(0);
            // What another program took and nobody has decided on is only kept.
            let due = usize::from(payment.settlement_announced());
            let is_kept = payment.proposed() || payment.kept().minor() >= payment.unapplied().minor();
            if due == 0 && !payment.received().is_zero() && !is_kept {
                return Err(Failure::new("receipts", format!("the money of {} was never announced", payment.id())));
            }
            if mailed < due || (mailed > due && (due == 0 || !self.shaken)) {
                return Err(Failure::new("receipts", format!("{mailed} of {}, expected {due}", payment.id())));
            }
        }
        Ok(())
    }

    /// At rest everything that was recorded is applied, everything decided is sealed, and everything that follows is done.
    async fn nothing_is_due(&self) -> Result<(), Failure> {
        let store = &self.context().store;
        for list in [DueList::Events, DueList::Records, DueList::Payments, DueList::Sends] {
            let due = store.everything_due(list).await.map_err(|error| Failure::new("the tables", error))?;
            if let Some(due) = due.first() {
                return Err(Failure::new("something is still due", format!("{list:?}: {due:?}")));
            }
        }
        let failing = store.failing_effects(&self.business.id, &Page::first(1)).await;
        match failing.map_err(|error| Failure::new("the tables", error))?.items.first() {
            Some(effect) => Err(Failure::new("an effect is not done", format!("{effect:?}"))),
            None => Ok(()),
        }
    }

    /// Every item of a table, as text.
    async fn items(&self, table: &str) -> BTreeSet<String> {
        let client = self.world.local.table_client();
        let mut pages = client.scan().table_name(table).into_paginator().items().send();
        let mut items = BTreeSet::new();
        while let Some(item) = pages.next().await {
            items.insert(text_of(&AttributeValue::M(item.expect("an item"))));
        }
        items
    }

    async fn replaying_changes_nothing(&self, mut events: Vec<Value>, seed: u64) -> Result<(), Failure> {
        let (before, mails) = (self.items("guichet-core").await, self.world.mails().await.len());
        Random::new(seed ^ 0xa9a1).shuffle(&mut events);
        for event in &events {
            let answer = self.world.webhook(&event.to_string()).await;
            if !answer.status.is_success() {
                return Err(Failure::new("an event was not taken", answer.text));
            }
        }
        self.drain().await?;
        let now = self.world.now();
        let received: Vec<_> = events.iter().map(|event| self.world.received(event, EventState::Received)).collect();
        let mut replays = futures::stream::iter(&received)
            .map(|event| operations::apply_provider_event(self.context(), event, now))
            .buffered(4);
        while let Some(replayed) = replays.next().await {
            replayed.map_err(|error| Failure::new("a replay failed", error))?;
        }
        self.drain().await?;
        let after = self.items("guichet-core").await;
        if before != after {
            let gone: Vec<&String> = before.difference(&after).collect();
            let come: Vec<&String> = after.difference(&before).collect();
            return Err(Failure::new("a replay changed something", format!("gone {gone:?}, come {come:?}")));
        }
        let now = self.world.mails().await.len();
        if now == mails { Ok(()) } else { Err(Failure::new("a replay mailed", format!("{mails} before, {now} after"))) }
    }
}

/// The state, completed with what only looking up a page reports and no event does: finished, its intent cancelled, it failed.
fn with_what_is_looked_up(state: &ProviderState) -> ProviderState {
    let (all, mut state) = (state, state.clone());
    let cancelled = |id: &ObjectId| matches!(all.0.get(id), Some(ObjectState::Intent(intent)) if intent.cancelled);
    for fact in state.0.values_mut() {
        if let ObjectState::Checkout(checkout) = fact {
            checkout.failed |= checkout.completed && checkout.intent.as_ref().is_some_and(cancelled);
        }
    }
    state
}
