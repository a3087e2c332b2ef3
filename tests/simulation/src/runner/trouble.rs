//! Steps that cause trouble: calls that are lost, late or done twice.

use fault_injection::Random;
use operations::OperationError;
use reqwest::Method;
use serde_json::{Value, json};
use store::EventState;

use super::Runner;
use crate::steps::Step;
use crate::{Failure, provider};

impl Runner {
    /// Breaks something, from now on.
    pub(super) async fn trouble(&mut self, step: &Step) -> bool {
        match step {
            Step::Crash { after, calls, carried_out } => {
                (self.crashed, self.shaken) = (true, true);
                self.world.calls.break_after(*after, *calls, *carried_out);
            }
            Step::Outage { of_mail, after, requests, status, carried_out } => {
                self.shaken = true;
                let outage = json!({
                    "after": after, "requests": requests, "status": status, "carried_out": carried_out,
                    // The requests of the test itself to the sandbox must not fail.
                    "agent": if *of_mail { "" } else { "guichet/" },
                });
                self.switch_outage(*of_mail, &outage).await;
            }
            Step::Chaos { duplicate, drop, delay_ms, reorder } => {
                let seed = self.world.now().as_second();
                let late = json!({ "delay_ms_max": delay_ms, "reorder": reorder, "seed": seed });
                let mut switch = json!({ "duplicate": duplicate, "drop": drop });
                switch.as_object_mut().unwrap().extend(late.as_object().unwrap().clone());
                self.world.chaos(switch).await;
                return duplicate + drop > 0 || *delay_ms > 0 || *reorder;
            }
            _ => {}
        }
        // Whether any call meets it is counted later.
        false
    }

    /// Makes requests to the provider or to the mail service fail. Returns how many have failed so far.
    pub(crate) async fn switch_outage(&self, of_mail: bool, outage: &Value) -> u64 {
        let path = if of_mail { "/dev/mail/outage" } else { "/dev/stripe/outage" };
        let json = [("content-type", "application/json")];
        let set = self.world.send(Method::POST, path, &json, Some(outage.to_string().into_bytes())).await.json();
        set["met"].as_u64().expect("a count")
    }

    /// Reads the provider's list of events as the nightly sweep does, from where that stopped.
    pub(super) async fn sweep(&self) -> Result<bool, Failure> {
        let (context, now) = (self.context(), self.world.now());
        let sweep = context.store.sweep(&self.business.id, testing::stripe()).await;
        let Some(sweep) = self.judge(sweep.map_err(Into::into))?.flatten() else { return Ok(false) };
        let swept = operations::sweep_provider_events(context, &sweep.business, sweep.seen_until, now).await;
        Ok(self.judge(swept)?.is_some_and(|swept| swept.missed > 0))
    }

    /// Two workers apply the same events side by side, while the streams' own workers do as well.
    pub(super) async fn rivals(&self, pick: u64) -> Result<bool, Failure> {
        let mut random = Random::new(pick);
        let mut events = provider::events(&self.world).await;
        random.shuffle(&mut events);
        events.truncate(random.below(7) + 1);
        for event in &events {
            self.world.webhook(&event.to_string()).await;
        }
        let received: Vec<store::ReceivedEvent> =
            events.iter().map(|event| self.world.received(event, EventState::Received)).collect();
        let now = self.world.now();
        let twice = received.iter().chain(&received);
        let applied = twice.map(|event| operations::apply_provider_event(self.context(), event, now));
        for outcome in futures::future::join_all(applied).await {
            match outcome {
                // A worker that loses too often is tried again by the stream.
                Err(OperationError::Conflict) => {}
                outcome => drop(self.judge(outcome)?),
            }
        }
        Ok(!received.is_empty())
    }
}
