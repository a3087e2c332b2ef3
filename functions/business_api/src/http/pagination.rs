//! Pages of lists, and the cursors that lead from one to the next.
//!
//! A cursor is sealed for one list, one business and one set of filters. Any other cursor is refused; it never restarts a list at
//! its beginning by mistake.

use operations::Links;
use serde::Serialize;
use store::{Page, Paged};
use utoipa::ToSchema;

use crate::http::auth::Caller;
use crate::http::validation::FieldErrors;

const PAGE_LIMIT_DEFAULT: usize = 50;
pub(crate) const PAGE_LIMIT_MAX: usize = 100;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = List)]
pub(crate) struct ListResponse<T> {
    /// The items of the page. With filters or `changed_since` there may be fewer than `limit`, even if more pages follow.
    data: Vec<T>,
    /// The `cursor` of the next page. Null on the last page. A list by `changed_since` has no last page.
    #[schema(required)]
    next_cursor: Option<String>,
    /// Only in a list by `changed_since`: whether to ask for the next page at once. If false, nothing more has changed so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    has_more: Option<bool>,
}

impl<T> ListResponse<T> {
    pub(crate) fn of_changes(data: Vec<T>, next_cursor: String, has_more: bool) -> Self {
        Self { data, next_cursor: Some(next_cursor), has_more: Some(has_more) }
    }
}

/// A list of a business under its filters, for which cursors are sealed.
pub(crate) struct ListScope {
    links: Links,
    purpose: String,
}

impl ListScope {
    pub(crate) fn new(caller: &Caller, name: &str, filters: &[Option<&str>]) -> Self {
        Self::sealed_by(&caller.state.context.links, caller.business_id().as_str(), name, filters)
    }

    fn sealed_by(links: &Links, business: &str, name: &str, filters: &[Option<&str>]) -> Self {
        let filters: Vec<String> = filters.iter().map(|filter| format!("{filter:?}")).collect();
        Self { links: links.clone(), purpose: format!("api-cursor/{business}/{name}/{}", filters.join("&")) }
    }

    /// The page that `limit` and `cursor` ask for.
    pub(crate) fn page(&self, limit: Option<&str>, cursor: Option<&str>, errors: &mut FieldErrors) -> Option<Page> {
        let limit = Self::limit(limit, errors);
        let opened = cursor.map(|cursor| self.open(cursor));
        if let Some(None) = opened {
            errors.add("cursor", "expected the next_cursor of a page of this list, with the same filters");
        }
        Some(Page { limit: limit?, cursor: opened.flatten() })
    }

    /// The number of items on a page.
    pub(crate) fn limit(limit: Option<&str>, errors: &mut FieldErrors) -> Option<usize> {
        match limit.map(str::parse::<usize>) {
            None => Some(PAGE_LIMIT_DEFAULT),
            Some(Ok(limit)) if (1..=PAGE_LIMIT_MAX).contains(&limit) => Some(limit),
            Some(_) => {
                errors.add("limit", "expected a whole number from 1 to 100");
                None
            }
        }
    }

    pub(crate) fn respond<T, U>(&self, page: Paged<T>, to_response: impl FnMut(T) -> U) -> ListResponse<U> {
        let next_cursor = page.next_cursor.map(|cursor| self.seal(&cursor));
        ListResponse { data: page.items.into_iter().map(to_response).collect(), next_cursor, has_more: None }
    }

    pub(crate) fn seal(&self, cursor: &str) -> String {
        self.links.seal(&self.purpose, cursor)
    }

    pub(crate) fn open(&self, sealed: &str) -> Option<String> {
        self.links.open_sealed(&self.purpose, sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_only_the_list_it_was_sealed_for() {
        let links = Links::new("https://pay.example", &[7; 32]);
        let other_secret = Links::new("https://pay.example", &[8; 32]);
        let (ours, theirs) = ("biz_01JD8Z0000ABCDEFGHJKMNPQRS", "biz_01JD8Z0000ABCDEFGHJKMNPQRT");
        let filters = [Some("paid"), None];
        let list = ListScope::sealed_by(&links, ours, "invoices", &filters);
        let cursor = list.seal("61.62.63");
        assert_eq!(list.open(&cursor), Some("61.62.63".to_owned()));
        for other in [
            ListScope::sealed_by(&links, theirs, "invoices", &filters),
            ListScope::sealed_by(&links, ours, "customers", &filters),
            ListScope::sealed_by(&links, ours, "invoices", &[None, Some("paid")]),
            ListScope::sealed_by(&other_secret, ours, "invoices", &filters),
        ] {
            assert_eq!(other.open(&cursor), None);
        }
        for broken in ["", "61.62.63", "18446744073709551615", "=", "é", &cursor[1..], &format!("{cursor}0")] {
            assert_eq!(list.open(broken), None, "{broken:?} was accepted");
        }
    }
}
