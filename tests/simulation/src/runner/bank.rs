//! Steps of banks: transfers that arrive in parts, money in another currency, payouts, and methods that are saved and removed.

use serde_json::{Value, json};

use super::Runner;
use crate::provider;
use crate::steps::CURRENCIES;

/// A method that a customer has saved at the provider.
#[derive(Clone, Debug)]
pub(super) struct SavedMethod {
    pub(super) method: String,
    mandate: Option<String>,
}

/// What becomes of the card behind a saved method, by the method's label.
const CARDS_BEHIND: [&str; 5] =
    ["4242424242424242", "4000002760003184", "4242424242424242", "4000000000009995", "4000000000009987"];

/// The amount that a transfer still waits for, if an intent is one.
fn awaited(intent: &Value) -> Option<i64> {
    let waits = &intent["next_action"]["display_bank_transfer_instructions"]["amount_remaining"];
    waits.as_i64().filter(|_| intent["status"] == "requires_action")
}

impl Runner {
    async fn session(&self, payment: usize) -> Option<Value> {
        let session = self.pages.get(&payment)?.rsplit('/').next()?;
        Some(self.world.stripe(&format!("/checkout/sessions/{session}")).await)
    }

    /// The payer chooses to pay by transfer, and part of it arrives at once.
    pub(super) async fn transfer(&self, payment: usize, percent: i64) -> bool {
        let Some(session) = self.session(payment).await else { return false };
        let funded = session["amount_total"].as_i64().unwrap() * percent / 100;
        let funded = provider::in_steps(funded, session["currency"].as_str().unwrap());
        let begun = json!({ "session": session["id"], "funded": funded });
        self.world.stripe_control_if("/bank_transfers", &begun).await.is_some()
    }

    /// More of a transfer arrives.
    pub(super) async fn arrive(&self, payment: usize, percent: i64) -> bool {
        let Some(session) = self.session(payment).await else { return false };
        let Some(id) = session["payment_intent"].as_str() else { return false };
        let intent = self.world.stripe(&format!("/payment_intents/{id}")).await;
        let Some(waits) = awaited(&intent) else { return false };
        let amount = provider::in_steps(waits * percent / 100, intent["currency"].as_str().unwrap());
        self.world.stripe_control_if(&format!("/bank_transfers/{id}"), &json!({ "amount": amount })).await.is_some()
    }

    /// Every transfer that is still awaited either arrives or is given up, alternately.
    pub(crate) async fn transfers_end(&self, seed: u64) {
        for (place, intent) in (seed..).zip(provider::all(&self.world, "payment_intents").await) {
            let (Some(waits), Some(id)) = (awaited(&intent), intent["id"].as_str()) else { continue };
            if place.is_multiple_of(2) {
                self.world.stripe_control(&format!("/bank_transfers/{id}"), &json!({ "amount": waits })).await;
            } else {
                let cancelled = self.world.stripe_post(&format!("/payment_intents/{id}/cancel"), "").await;
                assert!(cancelled.status.is_success(), "{}", cancelled.text);
            }
        }
    }

    /// Money that names a payment of ours arrives in whatever currency.
    pub(super) async fn arrive_in(&self, payment: usize, place: usize, minor: i64) -> bool {
        let Some(payment) = self.payments.get(&payment) else { return false };
        let amount = provider::to_stripe(minor, CURRENCIES[place].0);
        let named = json!({ "guichet_payment": payment, "guichet_business": self.business.id });
        let currency = CURRENCIES[place].0.to_lowercase();
        let whole = json!({ "amount": amount, "currency": currency, "metadata": named, "funded": amount });
        self.world.stripe_control_if("/bank_transfers", &whole).await.is_some()
    }

    /// The provider pays out whatever is available.
    pub(super) async fn pay_out(&self) -> bool {
        let made = self.world.stripe_control("/payouts", &json!({})).await;
        made["data"].as_array().is_some_and(|made| !made.is_empty())
    }

    /// The business pays out a part of what can be paid out in the first currency that has any.
    pub(super) async fn pay_out_by_hand(&self, percent: i64, instant: bool) -> bool {
        let balance = self.world.stripe("/balance").await;
        let there = |sum: &Value| sum["amount"].as_i64().unwrap();
        let Some(sum) = balance["available"].as_array().unwrap().iter().find(|sum| there(sum) > 0) else {
            return false;
        };
        let currency = sum["currency"].as_str().unwrap();
        let amount = provider::in_steps(there(sum) * percent / 100, currency);
        let asked = json!({ "by_hand": { "amount": amount, "currency": currency, "instant": instant } });
        self.world.stripe_control_if("/payouts", &asked).await.is_some()
    }

    /// The bank sends one of the payouts back.
    pub(super) async fn return_payout(&self, pick: usize) -> bool {
        let payouts = provider::all(&self.world, "payouts").await;
        let Some(payout) = payouts.get(pick % payouts.len().max(1)).and_then(|payout| payout["id"].as_str()) else {
            return false;
        };
        self.world.stripe_control_if(&format!("/payouts/{payout}/fail"), &json!({})).await.is_some()
    }

    /// A customer of the provider saves a card, or an account to be debited.
    pub(super) async fn save(&mut self, label: usize, customer: usize, debit: bool) -> bool {
        let Some(customer) = &self.customers[customer].1 else { return false };
        let saved = if debit {
            let fields =
                format!("mode=setup&customer={customer}&success_url=http%3A%2F%2F127.0.0.1%2Fback&currency=eur");
            let session = self.world.stripe_post("/checkout/sessions", &fields).await.json();
            self.world.submit_hosted(session["url"].as_str().unwrap(), "DE89370400440532013000").await;
            let session = self.world.stripe(&format!("/checkout/sessions/{}", session["id"].as_str().unwrap())).await;
            let setup = session["setup_intent"].as_str().unwrap();
            self.world.stripe(&format!("/setup_intents/{setup}")).await
        } else if label.is_multiple_of(6) {
            // Only to be shown again.
            let path = "/payment_methods/pm_card_visa/attach";
            let method = self.world.stripe_post(path, &format!("customer={customer}")).await.json();
            json!({ "payment_method": method["id"] })
        } else {
            let fields = format!("customer={customer}&payment_method=pm_card_visa&confirm=true&usage=off_session");
            self.world.stripe_post("/setup_intents", &fields).await.json()
        };
        let Some(method) = saved["payment_method"].as_str().map(str::to_owned) else { return false };
        let number = CARDS_BEHIND[label % CARDS_BEHIND.len()];
        if !debit && number != CARDS_BEHIND[0] {
            self.world.stripe_control(&format!("/payment_methods/{method}"), &json!({ "number": number })).await;
        }
        self.saved.insert(label, SavedMethod { method, mandate: saved["mandate"].as_str().map(str::to_owned) });
        true
    }

    /// A saved method is removed, or its mandate ends.
    pub(super) async fn die(&self, label: usize, removed: bool) -> bool {
        let Some(saved) = self.saved.get(&label) else { return false };
        match &saved.mandate {
            Some(mandate) if !removed => {
                let body = json!({ "status": "inactive" });
                self.world.stripe_control_if(&format!("/mandates/{mandate}"), &body).await.is_some()
            }
            Some(_) | None => {
                let path = format!("/payment_methods/{}/detach", saved.method);
                self.world.stripe_post(&path, "").await.status.is_success()
            }
        }
    }
}
