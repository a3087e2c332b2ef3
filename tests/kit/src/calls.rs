//! The calls to the tables, watched from inside the client: counted, and broken at will before or after they are carried
//! out.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeDeserializationInterceptorContextMut,
    BeforeSerializationInterceptorContextMut, BeforeSerializationInterceptorContextRef,
    BeforeTransmitInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_types::retry::RetryConfig;
use rust_decimal::Decimal;

use crate::units;

/// Watches the calls. Clones watch together.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    made: Vec<String>,
    broken: Option<Breakage>,
    give_up_at_once: bool,
    metered: bool,
    units: Decimal,
}

/// One call that goes wrong, as a worker's death would look to the tables.
#[derive(Clone, Copy, Debug)]
struct Breakage {
    /// Calls that go well before it.
    after: usize,
    /// Whether the table carries the call out before the answer is lost.
    carried_out: bool,
    /// Calls from there on that go wrong, so that the client's own retries do not mend it.
    calls: usize,
}

impl Calls {
    /// Forgets what was made.
    pub fn forget(&self) {
        let mut inner = self.inner.lock().unwrap();
        inner.made.clear();
        inner.units = Decimal::ZERO;
    }

    /// The operations called since, in order.
    pub fn made(&self) -> Vec<String> {
        self.inner.lock().unwrap().made.clone()
    }

    /// Has the table say what each call uses.
    pub fn meter(&self) {
        self.inner.lock().unwrap().metered = true;
    }

    /// The capacity units that the table says were used since.
    pub fn units(&self) -> Decimal {
        self.inner.lock().unwrap().units
    }

    /// Lets `after` calls go well and then breaks `calls` of them: carried out without an answer, or not at all.
    pub fn break_after(&self, after: usize, calls: usize, carried_out: bool) {
        self.inner.lock().unwrap().broken = Some(Breakage { after, carried_out, calls });
    }

    /// Has no call tried again by the client: what is lost is lost at once, as with a worker that dies.
    pub fn give_up_at_once(&self) {
        self.inner.lock().unwrap().give_up_at_once = true;
    }

    /// Lets all go well again.
    pub fn mend(&self) {
        self.inner.lock().unwrap().broken = None;
    }

    /// Whether the breakage has come about.
    pub fn broke(&self) -> bool {
        self.inner.lock().unwrap().broken.is_none_or(|broken| broken.after == 0)
    }

    /// Counts a try down. Says whether it is to go wrong now.
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
            units::ask(context.input_mut());
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
        _context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.breaks(true) { Err(lost()) } else { Ok(()) }
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Ok(output) = context.output_or_error() {
            self.inner.lock().unwrap().units += units::told(output);
        }
        Ok(())
    }
}
