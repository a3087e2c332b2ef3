//! Changing items that are there, under conditions.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use crate::calls::traced;
use crate::difference::{Difference, KNOWN_VERSION, is_newer, mine};
use crate::error::StoreError;
use crate::items::{Item, key_of, number, text, text_of};
use crate::keys::Key;
use crate::table::Store;

impl Store {
    /// Writes an item over the version that was read, of which `optional` may be there no more. Says whether it was still that.
    pub(crate) async fn change_over(&self, item: &Item, version: u64, optional: &[&str]) -> Result<bool, StoreError> {
        self.change(item, optional, "version = :was", vec![(":was", number(version))]).await
    }

    /// The same under another condition.
    pub(crate) async fn change(
        &self,
        item: &Item,
        optional: &[&str],
        condition: &str,
        values: Vec<(&'static str, AttributeValue)>,
    ) -> Result<bool, StoreError> {
        let core = &self.tables.core;
        let difference = Difference::to(item, optional);
        let (mine, known) = mine();
        let mut ask = self
            .client
            .update_item()
            .table_name(core)
            .set_key(Some(key_of(item)))
            .update_expression(difference.expression())
            .condition_expression(format!("{condition} AND {KNOWN_VERSION}"))
            .expression_attribute_values(mine, known)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        for (name, value) in values {
            ask = ask.expression_attribute_values(name, value);
        }
        for (name, value) in difference.values {
            ask = ask.expression_attribute_values(name, value);
        }
        for (name, attribute) in difference.names {
            ask = ask.expression_attribute_names(name, attribute);
        }
        match traced("UpdateItem", core, ask.send()).await {
            Ok(_) => Ok(true),
            Err(error) => match refused(error)? {
                Some(old) if is_newer(&old) => {
                    Err(StoreError::NewerVersion(text_of(&old, "pk").unwrap_or_default().to_owned()))
                }
                Some(_) | None => Ok(false),
            },
        }
    }

    /// Updates an item where the condition holds. Says whether it did. What a newer version wrote is an error.
    pub(crate) async fn update(&self, table: &str, mut update: Update<'_>) -> Result<bool, StoreError> {
        let condition = format!("({}) AND {KNOWN_VERSION}", update.condition);
        update.values.push(mine());
        match self.update_any(table, &Update { condition: &condition, ..update }).await? {
            Updated::Done => Ok(true),
            Updated::Refused(Some(item)) if is_newer(&item) => Err(StoreError::NewerVersion(update.key.pk.clone())),
            Updated::Refused(_) => Ok(false),
        }
    }

    /// The same of an item of any version: only for what every version reads alike, when it is due next.
    pub(crate) async fn update_any(&self, table: &str, update: &Update<'_>) -> Result<Updated, StoreError> {
        let mut ask = self
            .client
            .update_item()
            .table_name(table)
            .key("pk", text(&update.key.pk))
            .key("sk", text(&update.key.sk))
            .update_expression(update.set)
            .condition_expression(update.condition)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        for (name, value) in &update.values {
            ask = ask.expression_attribute_values(*name, value.clone());
        }
        for (name, attribute) in &update.names {
            ask = ask.expression_attribute_names(*name, *attribute);
        }
        match traced("UpdateItem", table, ask.send()).await {
            Ok(_) => Ok(Updated::Done),
            Err(error) => Ok(Updated::Refused(refused(error)?)),
        }
    }
}

/// The item of which a condition does not hold, where there is one. Any other failure is one.
fn refused(error: SdkError<UpdateItemError>) -> Result<Option<Item>, StoreError> {
    if !error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) {
        return Err(StoreError::of(&error));
    }
    let UpdateItemError::ConditionalCheckFailedException(refused) = error.into_service_error() else { return Ok(None) };
    Ok(refused.item)
}

/// What came of an update.
pub(crate) enum Updated {
    Done,
    /// The condition does not hold of the item, if it is there.
    Refused(Option<Item>),
}

/// A conditional change of one item.
pub(crate) struct Update<'a> {
    pub(crate) key: &'a Key,
    pub(crate) set: &'a str,
    pub(crate) condition: &'a str,
    pub(crate) values: Vec<(&'static str, AttributeValue)>,
    pub(crate) names: Vec<(&'static str, &'a str)>,
}
