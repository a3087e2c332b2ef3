//! Lists by change, for programs that follow what happens.
//!
//! Nothing is missed, however long a program takes between two pages: the cursor is a place in the order in which changes were
//! sealed, and what changes again comes again, later. So a document may come more than once, each time as it is then.

use jiff::Timestamp;
use store::{ChangePlace, ChangedIds, StoreError};

use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::pagination::{ListResponse, ListScope};
use crate::http::validation::{FieldErrors, validate};

/// The parameters of a request for a list that can also be read by change.
pub(crate) struct ChangesQuery<'a> {
    pub(crate) changed_since: Option<&'a str>,
    pub(crate) limit: Option<&'a str>,
    pub(crate) cursor: Option<&'a str>,
    /// The filters that only the list for people has, by name.
    pub(crate) filters: &'a [(&'a str, Option<&'a str>)],
}

/// A page of a list by change that was asked for.
pub(crate) struct ChangesPage {
    list: ListScope,
    start: Start,
    limit: usize,
}

#[derive(Clone, Copy)]
enum Start {
    Since(Timestamp),
    At(ChangePlace),
}

impl ChangesPage {
    /// The page that a request asks for. `None` where it asks for the list for people.
    pub(crate) fn asked(caller: &Caller, name: &str, query: &ChangesQuery<'_>) -> Result<Option<Self>, ApiError> {
        let list = ListScope::new(caller, &format!("{name}-changes"), &[]);
        let place = query.cursor.and_then(|cursor| list.open(cursor)).and_then(|place| place.parse().ok());
        if query.changed_since.is_none() && place.is_none() {
            return Ok(None);
        }
        let (start, limit) = validate(|errors| {
            for (filter, _) in query.filters.iter().filter(|(_, value)| value.is_some()) {
                errors.add(filter, "expected no filter in a list by change");
            }
            let limit = ListScope::limit(query.limit, errors);
            let start = match (query.changed_since, query.cursor) {
                (Some(_), Some(_)) => {
                    errors.add("changed_since", "expected either changed_since or the cursor that followed from it");
                    None
                }
                (Some(since), None) => past_instant(since, caller.now, errors).map(Start::Since),
                (None, _) => place.map(Start::At),
            };
            Some((start?, limit?))
        })?;
        Ok(Some(Self { list, start, limit }))
    }

    /// The ids that are on the page.
    pub(crate) async fn ids<I>(&self, caller: &Caller) -> Result<ChangedIds<I>, StoreError>
    where
        I: std::str::FromStr + PartialEq,
    {
        let (store, business) = (caller.store(), caller.business_id());
        let from = match self.start {
            Start::Since(since) => store.changes_since(business, since).await?,
            Start::At(place) => place,
        };
        store.changed(business, from, self.limit).await
    }

    /// The page of documents that were read for its ids.
    pub(crate) fn respond<I, T>(&self, changed: &ChangedIds<I>, documents: Vec<T>) -> ListResponse<T> {
        ListResponse::of_changes(documents, self.list.seal(&changed.next.to_string()), changed.has_more)
    }
}

fn past_instant(text: &str, now: Timestamp, errors: &mut FieldErrors) -> Option<Timestamp> {
    let since = errors.instant("changed_since", text)?;
    errors.check("changed_since", if since <= now { Ok(since) } else { Err("expected an instant that has passed") })
}
