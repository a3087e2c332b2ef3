//! The cost of calls: the capacity units that the table reports for each call, if asked to.

use aws_sdk_dynamodb::operation::batch_get_item::{BatchGetItemInput, BatchGetItemOutput};
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};
use aws_sdk_dynamodb::operation::put_item::{PutItemInput, PutItemOutput};
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsInput, TransactWriteItemsOutput};
use aws_sdk_dynamodb::operation::update_item::{UpdateItemInput, UpdateItemOutput};
use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};
use aws_smithy_runtime_api::client::interceptors::context::{Input, Output};
use rust_decimal::Decimal;

/// Makes the table report the units of a call.
pub(crate) fn ask(input: &mut Input) {
    macro_rules! one_of {
        ($($kind:ty),*) => {
            $(if let Some(input) = input.downcast_mut::<$kind>() {
                input.return_consumed_capacity = Some(ReturnConsumedCapacity::Total);
            })*
        };
    }
    one_of!(BatchGetItemInput, GetItemInput, PutItemInput, QueryInput, TransactWriteItemsInput, UpdateItemInput);
}

/// The units that a call has used; zero if the table did not report them.
pub(crate) fn units_used(output: &Output) -> Decimal {
    macro_rules! one_of {
        ($($kind:ty),*) => {
            $(if let Some(output) = output.downcast_ref::<$kind>() {
                return output.consumed_capacity.iter().map(units).sum();
            })*
        };
    }
    macro_rules! many_of {
        ($($kind:ty),*) => {
            $(if let Some(output) = output.downcast_ref::<$kind>() {
                return output.consumed_capacity().iter().map(units).sum();
            })*
        };
    }
    one_of!(GetItemOutput, PutItemOutput, QueryOutput, UpdateItemOutput);
    many_of!(BatchGetItemOutput, TransactWriteItemsOutput);
    Decimal::ZERO
}

fn units(consumed: &ConsumedCapacity) -> Decimal {
    consumed.capacity_units.and_then(|units| Decimal::try_from(units).ok()).unwrap_or_default()
}
