//! A query whose answer is not what the table holds: some items as they were, others not at all, in pages of any size.
//!
//! The engine is asked for all that the query could ever list. Items that are to be seen otherwise are taken out or put in,
//! the rest is put into the order of the keys, and the page is cut.

use dynoxide::Database;
use serde_json::{Value, json};

use super::PageLimit;
use super::keys::{Item, ItemKey, key_of, text};
use crate::table::engine::key_names;
use crate::table::operation::{Failure, Operation, run};

/// An item as a query is to see it: none, one, or two images while an index moves it.
pub(super) struct Seen {
    pub(super) key: ItemKey,
    pub(super) images: Vec<Item>,
}

/// What a query asks for.
pub(super) struct Question {
    pub(super) table: String,
    pub(super) index: Option<String>,
    partition: String,
    conditions: Vec<Condition>,
    newest_first: bool,
    limit: Option<usize>,
    start: Option<Place>,
}

/// A condition on the sort key.
enum Condition {
    Compared(Comparison, String),
    Prefix(String),
    Between(String, String),
}

#[derive(Clone, Copy)]
enum Comparison {
    Equal,
    Below,
    UpTo,
    Above,
    From,
}

/// Where an item stands in its partition: its sort key, and in an index then its own key.
type Place = (String, String, String);

impl Question {
    /// Reads a query. An error if it uses what is not known here: then the fault would not happen, and nobody would notice.
    pub(super) fn read(request: &Value) -> Result<Self, Failure> {
        let unknown = ["FilterExpression", "ProjectionExpression", "Select", "KeyConditions", "QueryFilter"];
        if let Some(name) = unknown.iter().find(|name| request.get(**name).is_some()) {
            return Err(not_understood(&format!("{name} in a query")));
        }
        let expression = request["KeyConditionExpression"].as_str().unwrap_or_default();
        let index = request["IndexName"].as_str().map(str::to_owned);
        let (hash, sort) = key_names(index.as_deref());
        let (mut partition, mut conditions) = (None, Vec::new());
        for (attribute, condition) in Tokens::of(expression, request).conditions()? {
            if attribute == sort {
                conditions.push(condition);
            } else if let Condition::Compared(Comparison::Equal, value) = condition
                && attribute == hash
            {
                partition = Some(value);
            } else {
                return Err(not_understood(&format!("a condition on {attribute}")));
            }
        }
        let start = request["ExclusiveStartKey"].as_object();
        Ok(Self {
            table: request["TableName"].as_str().unwrap_or_default().to_owned(),
            partition: partition.ok_or_else(|| not_understood("a query without a partition"))?,
            conditions,
            newest_first: request["ScanIndexForward"] == false,
            limit: request["Limit"].as_u64().and_then(|limit| usize::try_from(limit).ok()),
            start: start.map(|start| place_of(index.as_deref(), start)),
            index,
        })
    }

    /// How many items it asks for, if it says so.
    pub(super) fn limit(&self) -> Option<usize> {
        self.limit
    }

    /// Whether an item is in the partition of the table that is asked for.
    pub(super) fn is_of_partition(&self, key: &ItemKey) -> bool {
        key.table == self.table && key.pk == self.partition
    }

    /// Whether an image of an item would be listed, were there no limit.
    pub(super) fn lists(&self, image: &Item) -> bool {
        let (hash, sort) = key_names(self.index.as_deref());
        let (Some(partition), Some(sort)) = (text(image, &hash), text(image, &sort)) else { return false };
        partition == self.partition && self.conditions.iter().all(|condition| condition.holds(sort))
    }

    /// The answer in which some items are seen otherwise than they are, and whether the page limit has cut it.
    pub(super) fn answer(
        &self,
        database: &Database,
        request: &Value,
        seen: &[Seen],
        page: Option<PageLimit>,
    ) -> Result<(Vec<u8>, bool), Failure> {
        let (mut items, mut answer) = everything(database, request)?;
        items.retain(|item| {
            let key = key_of(&self.table, &Value::Object(item.clone()));
            key.is_none_or(|key| seen.iter().all(|seen| seen.key != key))
        });
        items.extend(seen.iter().flat_map(|seen| &seen.images).filter(|image| self.lists(image)).cloned());
        let index = self.index.as_deref();
        items.sort_by_cached_key(|item| place_of(index, item));
        if self.newest_first {
            items.reverse();
        }
        if let Some(start) = &self.start {
            items.retain(|item| {
                let place = place_of(index, item);
                if self.newest_first { place < *start } else { place > *start }
            });
        }
        let (count, last_of_page) = self.cut(&items, page);
        let cut_short = last_of_page && self.limit.is_none_or(|limit| count < limit);
        items.truncate(count);
        let last = items.last().filter(|_| last_of_page).map(|last| self.start_key(last));
        answer["Count"] = json!(count);
        answer["ScannedCount"] = json!(count);
        answer["Items"] = json!(items);
        if let Some(last) = last {
            answer["LastEvaluatedKey"] = json!(last);
        }
        Ok((answer.to_string().into_bytes(), cut_short))
    }

    /// How many items are on the page, and whether there may be another page.
    fn cut(&self, items: &[Item], page: Option<PageLimit>) -> (usize, bool) {
        let most = [self.limit, page.and_then(|page| page.items)].into_iter().flatten().min();
        let bytes_max = page.and_then(|page| page.bytes).unwrap_or(usize::MAX);
        let (mut count, mut bytes) = (0, 0);
        for item in items {
            if most.is_some_and(|most| count >= most) {
                return (count, true);
            }
            let size = json!(item).to_string().len();
            // A page has at least one item, however large.
            if count > 0 && bytes + size > bytes_max {
                return (count, true);
            }
            bytes += size;
            count += 1;
        }
        (count, most.is_some_and(|most| count >= most))
    }

    fn start_key(&self, item: &Item) -> Item {
        let (hash, sort) = key_names(self.index.as_deref());
        let wanted = ["pk".to_owned(), "sk".to_owned(), hash, sort];
        item.iter()
            .filter(|(name, _)| wanted.contains(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

/// All that a query lists, whatever its limit and its start, and the engine's answer without the items.
fn everything(database: &Database, request: &Value) -> Result<(Vec<Item>, Value), Failure> {
    let mut request = request.clone();
    if let Some(fields) = request.as_object_mut() {
        fields.remove("Limit");
        fields.remove("ExclusiveStartKey");
    }
    let mut items = Vec::new();
    loop {
        let answered = run(database, Operation::Query, request.to_string().as_bytes())?;
        let mut answer: Value =
            serde_json::from_slice(&answered).map_err(|error| not_understood(&error.to_string()))?;
        if let Value::Array(page) = answer["Items"].take() {
            items.extend(page.iter().filter_map(|item| item.as_object().cloned()));
        }
        let last = answer.as_object_mut().and_then(|answer| answer.remove("LastEvaluatedKey"));
        match last {
            Some(last) => request["ExclusiveStartKey"] = last,
            None => return Ok((items, answer)),
        }
    }
}

fn place_of(index: Option<&str>, item: &Item) -> Place {
    let of = |name: &str| text(item, name).unwrap_or_default().to_owned();
    (of(&key_names(index).1), of("pk"), of("sk"))
}

fn not_understood(what: &str) -> Failure {
    let body = json!({
        "__type": "com.amazon.coral.validate#ValidationException",
        "message": format!("The table's faults do not understand {what}."),
    });
    Failure { status: 400, body: body.to_string() }
}

impl Condition {
    fn holds(&self, sort: &str) -> bool {
        match self {
            Self::Compared(Comparison::Equal, value) => sort == value,
            Self::Compared(Comparison::Below, value) => sort < value.as_str(),
            Self::Compared(Comparison::UpTo, value) => sort <= value.as_str(),
            Self::Compared(Comparison::Above, value) => sort > value.as_str(),
            Self::Compared(Comparison::From, value) => sort >= value.as_str(),
            Self::Prefix(prefix) => sort.starts_with(prefix),
            Self::Between(from, to) => (from.as_str()..=to.as_str()).contains(&sort),
        }
    }
}

/// The words and signs of a key condition, with the request's names and values put in.
struct Tokens {
    tokens: std::vec::IntoIter<String>,
}

impl Tokens {
    fn of(expression: &str, request: &Value) -> Self {
        let spaced: String = expression
            .chars()
            .flat_map(|sign| if "(),".contains(sign) { vec![' ', sign, ' '] } else { vec![sign] })
            .collect();
        let put_in = |token: &str| match token.chars().next() {
            Some('#') => request["ExpressionAttributeNames"][token].as_str().unwrap_or(token).to_owned(),
            Some(':') => request["ExpressionAttributeValues"][token]["S"].as_str().unwrap_or(token).to_owned(),
            _ => token.to_owned(),
        };
        Self { tokens: spaced.split_whitespace().map(put_in).collect::<Vec<_>>().into_iter() }
    }

    fn next(&mut self) -> Result<String, Failure> {
        self.tokens.next().ok_or_else(|| not_understood("a key condition that ends too early"))
    }

    fn expect(&mut self, expected: &str) -> Result<(), Failure> {
        let found = self.next()?;
        if found.eq_ignore_ascii_case(expected) { Ok(()) } else { Err(not_understood(&found)) }
    }

    /// Each attribute with its condition.
    fn conditions(mut self) -> Result<Vec<(String, Condition)>, Failure> {
        let mut conditions = Vec::new();
        loop {
            conditions.push(self.condition()?);
            if self.tokens.len() == 0 {
                return Ok(conditions);
            }
            self.expect("AND")?;
        }
    }

    fn condition(&mut self) -> Result<(String, Condition), Failure> {
        let first = self.next()?;
        if first.eq_ignore_ascii_case("begins_with") {
            self.expect("(")?;
            let attribute = self.next()?;
            self.expect(",")?;
            let prefix = self.next()?;
            self.expect(")")?;
            return Ok((attribute, Condition::Prefix(prefix)));
        }
        let comparison = match self.next()?.as_str() {
            "=" => Comparison::Equal,
            "<" => Comparison::Below,
            "<=" => Comparison::UpTo,
            ">" => Comparison::Above,
            ">=" => Comparison::From,
            word if word.eq_ignore_ascii_case("BETWEEN") => {
                let from = self.next()?;
                self.expect("AND")?;
                return Ok((first, Condition::Between(from, self.next()?)));
            }
            other => return Err(not_understood(other)),
        };
        Ok((first, Condition::Compared(comparison, self.next()?)))
    }
}
