//! The invariants at rest of what the provider stores and pays out: payouts with their fees, money in another currency, and
//! saved methods.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use payment_gateway::Meaning;
use payment_gateway::stripe::event::Event;
use payment_gateway::stripe::reports::reports;
use receivables::journal::JournalAccount;
use receivables::payout::PayoutRank;
use receivables::saved_method::MethodState;
use receivables::{ObjectId, Payment};
use serde_json::Value;
use store::Payout;

use super::runner::Runner;
use super::{Failure, provider};

fn id(object: &Value) -> ObjectId {
    object.as_str().expect("an id").parse().expect("an id")
}

impl Runner {
    /// All available money is paid out, and every payout is known. One by the calendar is proved by its transactions, each matched to
    /// its payment; of one by hand its own movements are known.
    pub(super) async fn payouts_are_proven(&mut self) -> Result<(), Failure> {
        self.world.advance(SignedDuration::from_hours(72));
        self.drain().await?;
        self.world.stripe_control("/payouts", &serde_json::json!({})).await;
        self.world.advance(SignedDuration::from_mins(5));
        self.drain().await?;
        let (store, b) = (&self.context().store, &self.business.id);
        let owners = self.owners_of_sources().await;
        let mut fees: BTreeMap<String, i64> = BTreeMap::new();
        let (by_hand, by_calendar): (Vec<Value>, Vec<Value>) =
            provider::all(&self.world, "payouts").await.into_iter().partition(|payout| payout["automatic"] == false);
        let mut moved = Vec::new();
        for payout in by_calendar {
            let stored = self.known_payout(&payout).await?;
            if !stored.proof.as_ref().is_some_and(|proof| proof.holds) {
                return Err(Failure::new("a payout is not proven", format!("{stored:?}")));
            }
            let list = format!("balance_transactions?payout={}&limit=100", stored.id);
            let listed = self.world.stripe(&format!("/{list}")).await;
            let listed: Vec<Value> = listed["data"].as_array().expect("a list").clone();
            let transactions = store.payout_transactions(b, testing::stripe(), &stored.id).await.expect("the table");
            if transactions.len() != listed.len() {
                let how = format!("{}: {} of {}", stored.id, transactions.len(), listed.len());
                return Err(Failure::new("a payout's transactions are not all stored", how));
            }
            moved.extend(listed);
        }
        for payout in &by_hand {
            let stored = self.known_payout(payout).await?;
            let own = store.transactions(b, testing::stripe(), &stored.state.movements).await.expect("the table");
            if own.is_empty() || own.len() != stored.state.movements.len() {
                return Err(Failure::new("a payout by hand did not move", format!("{stored:?}: {own:?}")));
            }
        }
        if !by_hand.is_empty() {
            moved = provider::all(&self.world, "balance_transactions").await;
            self.clearing_is_what_lies_there().await?;
        }
        for transaction in moved {
            let source = transaction["source"].as_str().unwrap_or_default();
            if let Some(owner) = owners.get(source) {
                *fees.entry(owner.clone()).or_default() += transaction["fee"].as_i64().unwrap();
            }
        }
        for (payment, fee) in fees {
            let told = store.transactions_of_payment(b, &payment.parse().unwrap()).await.expect("the table");
            let told: i64 = told.iter().map(|one| provider::in_provider_units(one.transaction.fee)).sum();
            if told != fee {
                return Err(Failure::new("a payment's fees are not told", format!("{payment}: {told} of {fee}")));
            }
        }
        Ok(())
    }

    async fn known_payout(&self, payout: &Value) -> Result<Payout, Failure> {
        let (store, name) = (&self.context().store, id(&payout["id"]));
        let stored = store.payout(&self.business.id, testing::stripe(), &name).await.expect("the table");
        let Some(stored) = stored else { return Err(Failure::new("a payout is not known", name)) };
        let rank = if payout["status"] == "failed" { PayoutRank::Failed } else { PayoutRank::Paid };
        if stored.state.rank != rank {
            return Err(Failure::new("a payout is not proven", format!("{name} is {}: {stored:?}", payout["status"])));
        }
        Ok(stored)
    }

    /// Where everything that moves is read by time, the clearing account of the journal is the balance at the provider.
    async fn clearing_is_what_lies_there(&self) -> Result<(), Failure> {
        let mut there: BTreeMap<String, i64> = BTreeMap::new();
        let balance = self.world.stripe("/balance").await;
        for sum in ["available", "pending"].iter().flat_map(|part| balance[*part].as_array().expect("a list")) {
            *there.entry(sum["currency"].as_str().unwrap().to_uppercase()).or_default() +=
                sum["amount"].as_i64().unwrap();
        }
        let today = self.business.time_zone.date_at(self.world.now());
        let from = today.checked_sub(jiff::Span::new().days(300)).expect("a day");
        let lines = operations::journal(self.context(), &self.business, from, today).await.expect("the table");
        let mut clearing: BTreeMap<String, i64> = BTreeMap::new();
        for line in lines.expect("few lines").iter().filter(|line| line.account == JournalAccount::Clearing) {
            *clearing.entry(line.amount.currency().code().to_owned()).or_default() +=
                provider::in_provider_units(line.amount);
        }
        there.retain(|_, sum| *sum != 0);
        clearing.retain(|_, sum| *sum != 0);
        if there == clearing {
            return Ok(());
        }
        Err(Failure::new("the journal has another balance than the provider", format!("{clearing:?}, not {there:?}")))
    }

    /// The payment of ours for each charge, refund and dispute, if there is one.
    async fn owners_of_sources(&self) -> BTreeMap<String, String> {
        let (store, b) = (&self.context().store, &self.business.id);
        let mut owners = BTreeMap::new();
        for charge in provider::all(&self.world, "charges").await {
            let anchor = charge["payment_intent"].as_str().or(charge["id"].as_str()).unwrap().parse().unwrap();
            let owner = store.payment_of_object(b, testing::stripe(), &anchor).await.expect("the table");
            owners.extend(owner.map(|owner| (charge["id"].as_str().unwrap().to_owned(), owner.to_string())));
        }
        for list in ["refunds", "disputes"] {
            for object in provider::all(&self.world, list).await {
                let owner = object["charge"].as_str().and_then(|charge| owners.get(charge)).cloned();
                owners.extend(owner.map(|owner| (object["id"].as_str().unwrap().to_owned(), owner)));
            }
        }
        owners
    }

    /// Money in another currency than its payment's is in suspense, with a review.
    pub(super) fn other_currencies_are_in_suspense(payments: &[Payment]) -> Result<(), Failure> {
        for payment in payments {
            let folded = payment.provider_state().fold();
            let mut expected: BTreeMap<String, i64> = BTreeMap::new();
            for came in folded.received.amounts() {
                *expected.entry(came.currency().code().to_owned()).or_default() += came.minor();
            }
            for back in folded.refunded.amounts().chain(folded.charged_back.amounts()) {
                *expected.entry(back.currency().code().to_owned()).or_default() -= back.minor();
            }
            expected.retain(|code, minor| *minor > 0 && *code != payment.currency().code());
            let found = payment.suspense().iter().map(|amount| (amount.currency().code().to_owned(), amount.minor()));
            let found: BTreeMap<String, i64> = found.collect();
            let reviews = payment.reviews();
            let seen = |(code, minor): (&String, &i64)| {
                let name = format!("other_currency#{code}.{minor}");
                payment.reviews_closed().contains(&name) || reviews.iter().any(|review| review.name == name)
            };
            if found != expected || !found.iter().all(seen) {
                let how = format!("{}: {found:?} and {reviews:?}, expected {expected:?}", payment.id());
                return Err(Failure::new("money in another currency", how));
            }
        }
        Ok(())
    }

    /// At most one charge of a saved method took money for each payment.
    pub(super) async fn nothing_is_charged_twice(&self, payments: &[Payment]) -> Result<(), Failure> {
        let intents = provider::all(&self.world, "payment_intents").await;
        for payment in payments.iter().filter(|payment| payment.charge().is_some()) {
            let of_it = |intent: &&Value| intent["metadata"]["guichet_payment"] == payment.id().as_str();
            let taken = intents.iter().filter(of_it).filter(|intent| intent["status"] == "succeeded").count();
            if taken > 1 {
                return Err(Failure::new("a method was charged twice", payment.id()));
            }
        }
        Ok(())
    }

    /// The stored state of each saved method is the merge of all events about it.
    pub(super) async fn methods_are_those_of_the_events(&self, events: &[Value]) -> Result<(), Failure> {
        let mut merged: BTreeMap<ObjectId, MethodState> = BTreeMap::new();
        for event in events {
            let body = event.to_string();
            let meaning = Event::read(body.as_bytes()).and_then(|envelope| reports(&envelope));
            if let Ok(Meaning::Methods(found) | Meaning::ReportsAndMethods(_, found)) = meaning {
                for report in found {
                    merged.entry(report.method).or_default().merge(&report.state);
                }
            }
        }
        let (store, b) = (&self.context().store, &self.business.id);
        for (name, fact) in &merged {
            let stored = store.method(b, testing::stripe(), name).await.expect("the table");
            if stored.as_ref().map(|stored| &stored.state) != Some(fact) {
                return Err(Failure::new(
                    "a method is not what the events say",
                    format!("{stored:?}, merged {fact:?}"),
                ));
            }
            let Some(customer) = stored.and_then(|stored| stored.customer) else { continue };
            let listed = store.methods_of(b, &customer).await.expect("the table");
            if !listed.iter().any(|method| method.id == *name && method.state.usable() == fact.usable()) {
                return Err(Failure::new("a customer's method is not listed", name));
            }
        }
        Ok(())
    }
}
