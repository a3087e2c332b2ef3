//! A change of an item, as an update of what is different.
//!
//! A put over an item erases what this version does not know of it: an attribute, or an entry of a map, that a newer version
//! wrote while both run. So whatever is there already is changed attribute by attribute, maps by their paths, under a condition
//! on the item's version.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason, ReturnValuesOnConditionCheckFailure, Update};

use crate::items::{Item, VERSION, key_of, text_of};

/// That an item is of a version this one knows: what a newer one wrote is left to it.
pub(crate) const KNOWN_VERSION: &str = "(attribute_not_exists(v) OR v <= :mine)";

/// The version of this program's items, as a condition compares it.
pub(crate) fn mine() -> (&'static str, AttributeValue) {
    (":mine", AttributeValue::N(VERSION.to_owned()))
}

/// Whether an item is of a version above this program's.
pub(crate) fn is_newer(item: &Item) -> bool {
    let number = |text: &str| text.parse::<u64>().ok();
    let of = item.get("v").and_then(|v| v.as_n().ok()).and_then(|v| number(v));
    of.zip(number(VERSION)).is_some_and(|(of, mine)| of > mine)
}

/// The partition of an item of a newer version because of which a transaction was cancelled.
pub(crate) fn newer_in(reasons: &[CancellationReason]) -> Option<String> {
    let refused = reasons.iter().filter(|reason| reason.code() == Some("ConditionalCheckFailed"));
    let newer = refused.filter_map(CancellationReason::item).find(|item| is_newer(item))?;
    Some(text_of(newer, "pk").unwrap_or_default().to_owned())
}

/// Entries of a map that are written by their paths; where more are different it is written whole, since an expression may have
/// 4 KB.
const PATHS_MAX: usize = 50;

/// What an update sets and removes, with every attribute by a name of its own, since an expression cannot spell them all.
#[derive(Debug, Default)]
pub(crate) struct Difference {
    sets: Vec<String>,
    removes: Vec<String>,
    pub(crate) names: Vec<(String, String)>,
    pub(crate) values: Vec<(String, AttributeValue)>,
}

impl Difference {
    /// From one state of an item, as this version writes it, to another. The item's own attributes are all set; of a map that is
    /// there already, what is different.
    pub(crate) fn between(before: &Item, after: &Item) -> Self {
        let mut difference = Self::default();
        for (name, value) in in_order(after) {
            match (before.get(name), value) {
                (Some(AttributeValue::M(was)), AttributeValue::M(is)) if !was.is_empty() => {
                    difference.map(name, was, is);
                }
                (Some(_) | None, _) => difference.set("", name, value),
            }
        }
        for (name, _) in in_order(before).into_iter().filter(|(name, _)| !after.contains_key(*name)) {
            difference.remove("", name);
        }
        difference
    }

    /// From a state of which only the names are known: everything is set, and of the names what is not there any more goes.
    pub(crate) fn to(after: &Item, names: &[&str]) -> Self {
        let before = names.iter().map(|name| ((*name).to_owned(), AttributeValue::Null(true))).collect();
        Self::between(&before, after)
    }

    /// The update of an item in a transaction, where a condition holds and no newer version wrote it. The item of a refused condition
    /// comes back, and says which it was.
    pub(crate) fn update(self, table: &str, item: &Item, condition: &str) -> UpdateBuilder {
        let (mine, known) = mine();
        let update = Update::builder()
            .table_name(table)
            .set_key(Some(key_of(item)))
            .update_expression(self.expression())
            .condition_expression(format!("{condition} AND {KNOWN_VERSION}"))
            .expression_attribute_values(mine, known)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let named = |update: UpdateBuilder, (name, attribute)| update.expression_attribute_names(name, attribute);
        let update = self.names.into_iter().fold(update, named);
        let valued = |update: UpdateBuilder, (name, value)| update.expression_attribute_values(name, value);
        self.values.into_iter().fold(update, valued)
    }

    /// The update's expression.
    pub(crate) fn expression(&self) -> String {
        let part = |word: &str, parts: &[String]| {
            if parts.is_empty() { String::new() } else { format!("{word} {} ", parts.join(", ")) }
        };
        (part("SET", &self.sets) + &part("REMOVE", &self.removes)).trim_end().to_owned()
    }

    fn map(&mut self, name: &str, before: &Item, after: &Item) {
        let set: Vec<(&str, &AttributeValue)> =
            in_order(after).into_iter().filter(|(name, value)| before.get(*name) != Some(*value)).collect();
        let gone: Vec<&str> = before.keys().map(String::as_str).filter(|name| !after.contains_key(*name)).collect();
        if set.is_empty() && gone.is_empty() {
            return;
        }
        if set.len() + gone.len() > PATHS_MAX {
            return self.set("", name, &AttributeValue::M(after.clone()));
        }
        let path = self.path("", name);
        for (name, value) in set {
            self.set(&path, name, value);
        }
        for name in gone {
            self.remove(&path, name);
        }
    }

    fn set(&mut self, path: &str, name: &str, value: &AttributeValue) {
        let place = format!(":d{}", self.values.len());
        let path = self.path(path, name);
        self.sets.push(format!("{path} = {place}"));
        self.values.push((place, value.clone()));
    }

    fn remove(&mut self, path: &str, name: &str) {
        let path = self.path(path, name);
        self.removes.push(path);
    }

    /// The path of an attribute in a map, or of the item's own.
    fn path(&mut self, path: &str, name: &str) -> String {
        let placeholder = format!("#d{}", self.names.len());
        let path = if path.is_empty() { placeholder.clone() } else { format!("{path}.{placeholder}") };
        self.names.push((placeholder, name.to_owned()));
        path
    }
}

/// The attributes but the key, by their names, so that the same change has the same expression.
fn in_order(item: &HashMap<String, AttributeValue>) -> Vec<(&str, &AttributeValue)> {
    let mut attributes: Vec<(&str, &AttributeValue)> = item
        .iter()
        .map(|(name, value)| (name.as_str(), value))
        .filter(|(name, _)| !["pk", "sk"].contains(name))
        .collect();
    attributes.sort_by_key(|(name, _)| *name);
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::items::{number, text};

    fn map(of: &[(&str, AttributeValue)]) -> Item {
        of.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    #[test]
    fn attributes_are_set_and_maps_by_their_paths() {
        let pages = |of: &[(&str, AttributeValue)]| AttributeValue::M(map(of));
        let before = map(&[
            ("pk", text("P#1")),
            ("state", text("started")),
            ("amount", number(5)),
            ("gone", text("x")),
            ("pages", pages(&[("a", number(1)), ("b", number(2))])),
        ]);
        let after = map(&[
            ("pk", text("P#1")),
            ("state", text("settled")),
            ("amount", number(5)),
            ("new", text("y")),
            ("pages", pages(&[("b", number(3)), ("c", number(4))])),
        ]);
        let difference = Difference::between(&before, &after);
        assert_eq!(
            difference.expression(),
            "SET #d0 = :d0, #d1 = :d1, #d2.#d3 = :d2, #d2.#d4 = :d3, #d6 = :d4 REMOVE #d2.#d5, #d7"
        );
        let names: Vec<&str> = difference.names.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["amount", "new", "pages", "b", "c", "a", "state", "gone"]);
        assert_eq!(difference.values.len(), 5);
        let same = Difference::between(&after, &after);
        assert_eq!(same.names.len(), 3, "a map that is as it was is not written: {}", same.expression());

        let all = Difference::to(&map(&[("b", number(1)), ("a", number(2))]), &["a", "c"]);
        assert_eq!(all.expression(), "SET #d0 = :d0, #d1 = :d1 REMOVE #d2");

        // Of a map in which too much is different, all is written.
        let many = |from: i128| AttributeValue::M((0..60).map(|n| (format!("n{n}"), number(from + n))).collect());
        let whole = Difference::between(&map(&[("m", many(0))]), &map(&[("m", many(1))]));
        assert_eq!(whole.expression(), "SET #d0 = :d0");
    }

    #[test]
    fn an_item_is_newer_by_its_version_only() {
        for (version, newer) in [(Some("1"), false), (Some("2"), true), (Some("10"), true), (None, false)] {
            let item = version.map(|version| ("v", AttributeValue::N(version.to_owned())));
            assert_eq!(is_newer(&map(&item.into_iter().collect::<Vec<_>>())), newer, "{version:?}");
        }
    }
}
