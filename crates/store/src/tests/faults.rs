//! What can happen to a call of the tables, made to happen inside the client.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::interceptors::{
    BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextMut,
    BeforeTransmitInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

/// What happens to the next calls.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// The call does not reach the table.
    NotCarriedOut,
    /// The table carries the call out, and its answer does not reach us.
    AnswerLost,
    /// The table cancels a transaction, with this reason for its first item.
    Cancelled(&'static str),
    /// The table refuses with this error.
    Refused(&'static str),
}

/// Makes faults happen. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    coming: Vec<Fault>,
    calls: usize,
}

impl Faults {
    /// Lets a fault happen to so many calls from now on.
    pub(super) fn let_happen(&self, fault: &Fault, calls: usize) {
        self.0.lock().unwrap().coming = vec![fault.clone(); calls];
    }

    pub(super) fn mend(&self) {
        self.0.lock().unwrap().coming.clear();
    }

    /// How many calls were sent since this was last asked.
    pub(super) fn calls(&self) -> usize {
        std::mem::take(&mut self.0.lock().unwrap().calls)
    }

    fn next(&self, concerned: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let mut state = self.0.lock().unwrap();
        if state.coming.last().is_some_and(concerned) { state.coming.pop() } else { None }
    }
}

fn is_answer(fault: &Fault) -> bool {
    matches!(fault, Fault::Cancelled(_) | Fault::Refused(_))
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Faults {
    fn name(&self) -> &'static str {
        "Faults"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.0.lock().unwrap().coming.last().is_some_and(is_answer) {
            // An operation that no table knows is not carried out.
            context.request_mut().headers_mut().insert("x-amz-target", "DynamoDB_20120810.Refused");
        }
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.lock().unwrap().calls += 1;
        match self.next(|fault| matches!(fault, Fault::NotCarriedOut)) {
            Some(_) => Err("not carried out".into()),
            None => Ok(()),
        }
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let answer: Value = match self.next(|fault| !matches!(fault, Fault::NotCarriedOut)) {
            None | Some(Fault::NotCarriedOut) => return Ok(()),
            Some(Fault::AnswerLost) => return Err("the answer is lost".into()),
            Some(Fault::Cancelled(code)) => json!({
                "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                "message": "cancelled by the test",
                "CancellationReasons": [{ "Code": code }, { "Code": "None" }],
            }),
            Some(Fault::Refused(name)) => {
                json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{name}"), "message": "refused by the test" })
            }
        };
        let response = context.response_mut();
        *response.status_mut() = StatusCode::try_from(400)?;
        response.headers_mut().remove("content-length");
        *response.body_mut() = SdkBody::from(answer.to_string());
        Ok(())
    }
}
