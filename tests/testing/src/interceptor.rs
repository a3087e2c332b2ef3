//! The calls to the tables, intercepted inside the client: counted, and lost before or after they are carried out.
//!
//! What the tables themselves do, such as refusing, is played where they answer: see `local_aws::table::faults`.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeDeserializationInterceptorContextMut,
    BeforeSerializationInterceptorContextMut, BeforeSerializationInterceptorContextRef,
    BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_types::retry::RetryConfig;
use rust_decimal::Decimal;

use crate::{capacity, invocations};

/// Intercepts the calls. Clones share their counts and settings.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    made: Vec<String>,
    /// Calls that are under way.
    under_way: usize,
    round_trips: usize,
    broken: Option<Breakage>,
    lost_calls: u64,
    give_up_at_once: bool,
    metered: bool,
    units: Decimal,
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
        inner.round_trips = 0;
        inner.units = Decimal::ZERO;
    }

    /// The operations called since the list was cleared, in order.
    pub fn made(&self) -> Vec<String> {
        self.inner.lock().unwrap().made.clone()
    }

    /// How often a call began while none was under way, since the list was cleared: calls that are made at once are one round trip.
    pub fn round_trips(&self) -> usize {
        self.inner.lock().unwrap().round_trips
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

    /// The number of lost calls.
    pub fn lost(&self) -> u64 {
        self.inner.lock().unwrap().lost_calls
    }

    /// Turns the client's retries off: a lost call is lost at once, as when a worker dies.
    pub fn give_up_at_once(&self) {
        self.inner.lock().unwrap().give_up_at_once = true;
    }

    /// Lets all calls succeed again.
    pub fn mend(&self) {
        self.inner.lock().unwrap().broken = None;
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

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some((name, value)) = invocations::held_call() {
            context.request_mut().headers_mut().insert(name, value);
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
        let mut inner = self.inner.lock().unwrap();
        inner.made.push(name);
        inner.round_trips += usize::from(inner.under_way == 0);
        inner.under_way += 1;
        drop(inner);
        if self.breaks(false) { Err(lost()) } else { Ok(()) }
    }

    fn modify_before_deserialization(
        &self,
        _context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.breaks(true) { Err(lost()) } else { Ok(()) }
    }

    fn read_after_attempt(
        &self,
        _context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut inner = self.inner.lock().unwrap();
        inner.under_way = inner.under_way.saturating_sub(1);
        Ok(())
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
