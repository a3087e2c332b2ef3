//! Pages of lists: how many, and where one begins.
//!
//! A cursor is sealed with the list it is of, the business and the filters. A cursor of another list, of another business, of
//! other filters or of nobody's making is refused; it never begins a list at the beginning by mistake.

use receivables::BusinessId;
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::{Page, Paged};
use utoipa::ToSchema;

use crate::http::validation::Faults;

/// Items on a page where nothing is said.
pub(crate) const PAGE_LIMIT_USUAL: usize = 50;
/// Items on a page, at most.
pub(crate) const PAGE_LIMIT_MAX: usize = 100;
/// Hexadecimal digits of a seal.
const SEAL_DIGITS: usize = 16;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct List<T> {
    /// What is on the page.
    data: Vec<T>,
    /// Where the next page begins: the next `cursor`. Null on the last page. A filtered page may hold fewer than `limit`.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// A list of a business, under its filters.
pub(crate) struct Listing(String);

impl Listing {
    pub(crate) fn new(business: &BusinessId, name: &str, filters: &[Option<&str>]) -> Self {
        let filters: Vec<String> = filters.iter().map(|filter| format!("{filter:?}")).collect();
        Self(format!("{business}/{name}/{}", filters.join("&")))
    }

    /// The page asked for.
    pub(crate) fn page(&self, limit: Option<&str>, cursor: Option<&str>, faults: &mut Faults) -> Option<Page> {
        let limit = match limit.map(str::parse::<usize>) {
            None => Some(PAGE_LIMIT_USUAL),
            Some(Ok(limit)) if (1..=PAGE_LIMIT_MAX).contains(&limit) => Some(limit),
            Some(_) => {
                faults.note("limit", "expected a whole number from 1 to 100");
                None
            }
        };
        let opened = cursor.map(|cursor| self.open(cursor));
        if let Some(None) = opened {
            faults.note("cursor", "expected the next_cursor of a page of this very list, with the same filters");
        }
        Some(Page { limit: limit?, cursor: opened.flatten() })
    }

    /// A page as it is answered.
    pub(crate) fn answer<T, U>(&self, paged: Paged<T>, shape: impl FnMut(T) -> U) -> List<U> {
        let next_cursor = paged.next_cursor.map(|cursor| self.seal(&cursor));
        List { data: paged.items.into_iter().map(shape).collect(), next_cursor }
    }

    /// A cursor as it is handed out.
    pub(crate) fn seal(&self, cursor: &str) -> String {
        format!("{}.{cursor}", self.seal_of(cursor))
    }

    fn open(&self, sealed: &str) -> Option<String> {
        let (seal, cursor) = sealed.split_once('.')?;
        (seal == self.seal_of(cursor)).then(|| cursor.to_owned())
    }

    fn seal_of(&self, cursor: &str) -> String {
        let mut seal = hex::encode(Sha256::digest(format!("{}\0{cursor}", self.0)));
        seal.truncate(SEAL_DIGITS);
        seal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_the_list_it_is_of_and_no_other() {
        let ours: BusinessId = "biz_01JD8Z0000ABCDEFGHJKMNPQRS".parse().unwrap();
        let theirs: BusinessId = "biz_01JD8Z0000ABCDEFGHJKMNPQRT".parse().unwrap();
        let list = Listing::new(&ours, "invoices", &[Some("paid"), None]);
        let cursor = list.seal("61.62.63");
        assert_eq!(list.open(&cursor), Some("61.62.63".to_owned()));
        for other in [
            Listing::new(&theirs, "invoices", &[Some("paid"), None]),
            Listing::new(&ours, "customers", &[Some("paid"), None]),
            Listing::new(&ours, "invoices", &[None, Some("paid")]),
        ] {
            assert_eq!(other.open(&cursor), None);
        }
        for broken in ["", "61.62.63", &cursor[1..], &format!("{cursor}0")] {
            assert_eq!(list.open(broken), None, "{broken:?} was taken");
        }
    }
}
