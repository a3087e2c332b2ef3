//! The calls to the tables, intercepted inside the client: counted, made to fail before or after they are carried out, and
//! refused with the service's own errors.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeDeserializationInterceptorContextMut,
    BeforeSerializationInterceptorContextMut, BeforeSerializationInterceptorContextRef,
    BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use aws_smithy_types::retry::RetryConfig;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::capacity;

/// Intercepts the calls. Clones share their counts and settings.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    made: Vec<String>,
    broken: Option<Breakage>,
    refused: Option<Refusals>,
    lost_calls: u64,
    refused_calls: u64,
    give_up_at_once: bool,
    metered: bool,
    units: Decimal,
}

/// How the tables refuse a call without carrying it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A transaction: another one is using one of its items.
    Conflict,
    /// A transaction: one of its items is requested too often.
    Throttled,
    /// A transaction: the throughput of one of its items is used up.
    Exceeded,
    /// A transaction: the same one is being carried out.
    InProgress,
    /// Any call: too many arrive.
    SlowDown,
    /// Any call: the service failed.
    Failed,
}

impl Refusal {
    pub const ALL: [Self; 6] =
        [Self::Conflict, Self::Throttled, Self::Exceeded, Self::InProgress, Self::SlowDown, Self::Failed];

    /// The service's name for the refusal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conflict => "TransactionConflict",
            Self::Throttled => "ThrottlingError",
            Self::Exceeded => "ProvisionedThroughputExceeded",
            Self::InProgress => "TransactionInProgressException",
            Self::SlowDown => "ThrottlingException",
            Self::Failed => "InternalServerError",
        }
    }

    /// Whether only transactions are refused in this way.
    pub fn is_of_transactions(self) -> bool {
        !matches!(self, Self::SlowDown | Self::Failed)
    }

    /// The service's answer to a request.
    fn answer(self, request: &[u8]) -> (u16, Value) {
        let named = |name: &str| json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{name}"), "message": "refused by the test" });
        match self {
            Self::Conflict | Self::Throttled | Self::Exceeded => {
                let request_body: Value = serde_json::from_slice(request).unwrap_or_default();
                let items = request_body["TransactItems"].as_array().map_or(1, Vec::len);
                // One of the items is to blame, and the others have no reason; the request decides which one.
                let blamed = request.len() % items.max(1);
                let reasons =
                    (0..items).map(|place| json!({ "Code": if place == blamed { self.as_str() } else { "None" } }));
                let mut answer = named("TransactionCanceledException");
                answer["CancellationReasons"] = reasons.collect();
                (400, answer)
            }
            Self::InProgress | Self::SlowDown => (400, named(self.as_str())),
            Self::Failed => (500, named(self.as_str())),
        }
    }
}

/// A planned series of refused calls.
#[derive(Clone, Copy, Debug)]
struct Refusals {
    /// Calls that succeed first.
    after: usize,
    /// Calls that are refused after those.
    calls: usize,
    refusal: Refusal,
}

/// The tables' answer, kept until the real one can be replaced by it.
#[derive(Clone, Debug)]
struct SubstituteAnswer(u16, String);

impl Storable for SubstituteAnswer {
    type Storer = StoreReplace<Self>;
}

/// A planned failure of calls: to the tables it looks as if the worker had died.
#[derive(Clone, Copy, Debug)]
struct Breakage {
    /// Calls that succeed first.
    after: usize,
    /// Whether the table carries the call out before the answer is lost.
    carried_out: bool,
    /// Calls that fail after those; enough of them to outlast the client's own retries.
    calls: usize,
}

impl Calls {
    /// Clears the list of calls and the counts.
    pub fn forget(&self) {
        let mut inner = self.inner.lock().unwrap();
        inner.made.clear();
        inner.units = Decimal::ZERO;
    }

    /// The operations called since the list was cleared, in order.
    pub fn made(&self) -> Vec<String> {
        self.inner.lock().unwrap().made.clone()
    }

    /// Makes the table report what each call uses.
    pub fn meter(&self) {
        self.inner.lock().unwrap().metered = true;
    }

    /// The capacity units used since the counts were cleared.
    pub fn units(&self) -> Decimal {
        self.inner.lock().unwrap().units
    }

    /// Lets `after` calls succeed and then loses `calls` of them: carried out without an answer, or not carried out.
    pub fn break_after(&self, after: usize, calls: usize, carried_out: bool) {
        self.inner.lock().unwrap().broken = Some(Breakage { after, carried_out, calls });
    }

    /// Lets `after` calls succeed and then refuses `calls` of them without carrying them out. Only calls that can be refused in
    /// this way are counted.
    pub fn refuse_after(&self, after: usize, calls: usize, refusal: Refusal) {
        self.inner.lock().unwrap().refused = Some(Refusals { after, calls, refusal });
    }

    /// The numbers of lost and of refused calls.
    pub fn met(&self) -> (u64, u64) {
        let inner = self.inner.lock().unwrap();
        (inner.lost_calls, inner.refused_calls)
    }

    /// Turns the client's retries off: a lost call is lost at once, as when a worker dies.
    pub fn give_up_at_once(&self) {
        self.inner.lock().unwrap().give_up_at_once = true;
    }

    /// Lets all calls succeed again.
    pub fn mend(&self) {
        let mut inner = self.inner.lock().unwrap();
        (inner.broken, inner.refused) = (None, None);
    }

    /// Whether the planned failure has happened.
    pub fn broke(&self) -> bool {
        self.inner.lock().unwrap().broken.is_none_or(|broken| broken.after == 0)
    }

    /// Counts a try down. Returns whether it fails now.
    fn breaks(&self, carried_out: bool) -> bool {
        let mut inner = self.inner.lock().unwrap();
        let Some(broken) = inner.broken.as_mut().filter(|broken| broken.carried_out == carried_out) else {
            return false;
        };
        if broken.after > 0 {
            broken.after -= 1;
            return false;
        }
        if broken.calls > 0 {
            broken.calls -= 1;
            inner.lost_calls += 1;
            return true;
        }
        false
    }

    /// Counts a call down. Returns how it is refused, if it is refused now.
    fn refuses(&self, operation: &str) -> Option<Refusal> {
        let mut inner = self.inner.lock().unwrap();
        let concerned =
            |refused: &&mut Refusals| !refused.refusal.is_of_transactions() || operation == "TransactWriteItems";
        let refused = inner.refused.as_mut().filter(concerned)?;
        if refused.after > 0 {
            refused.after -= 1;
            return None;
        }
        if refused.calls == 0 {
            return None;
        }
        refused.calls -= 1;
        let refusal = refused.refusal;
        inner.refused_calls += 1;
        Some(refusal)
    }
}

fn lost() -> BoxError {
    "broken by the test".into()
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Calls {
    fn name(&self) -> &'static str {
        "Calls"
    }

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.inner.lock().unwrap().give_up_at_once {
            bag.interceptor_state().store_put(RetryConfig::disabled());
        }
        Ok(())
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.inner.lock().unwrap().metered {
            capacity::ask(context.input_mut());
        }
        Ok(())
    }

    /// A refused request is sent as a call that no table knows, so that it is not carried out.
    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = bag.load::<Metadata>().map_or("unknown", |metadata| metadata.name()).to_owned();
        if let Some(refusal) = self.refuses(&operation) {
            let (status, answer) = refusal.answer(context.request().body().bytes().unwrap_or_default());
            context.request_mut().headers_mut().insert("x-amz-target", "DynamoDB_20120810.Refused");
            bag.interceptor_state().store_put(SubstituteAnswer(status, answer.to_string()));
        }
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let name = bag.load::<Metadata>().map_or("unknown", |metadata| metadata.name()).to_owned();
        self.inner.lock().unwrap().made.push(name);
        if self.breaks(false) { Err(lost()) } else { Ok(()) }
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(SubstituteAnswer(status, answer)) = bag.load::<SubstituteAnswer>().cloned() {
            // A retry of the same call is a call of its own.
            bag.interceptor_state().unset::<SubstituteAnswer>();
            let response = context.response_mut();
            *response.status_mut() = StatusCode::try_from(status)?;
            response.headers_mut().remove("content-length");
            *response.body_mut() = SdkBody::from(answer);
            return Ok(());
        }
        if self.breaks(true) { Err(lost()) } else { Ok(()) }
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Ok(output) = context.output_or_error() {
            self.inner.lock().unwrap().units += capacity::units_used(output);
        }
        Ok(())
    }
}
