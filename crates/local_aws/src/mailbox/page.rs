//! The page at `/dev/`: the mails sent, and links to everything else. Without scripts.

use std::sync::Arc;

use askama::Template;
use jiff::Timestamp;

use super::Letter;

/// A letter's own HTML is shown in a frame without scripts, under this policy: nothing is fetched from elsewhere.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-src 'self'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The page. The newest letter comes first, with its text open.
#[derive(Template)]
#[template(path = "mailbox.html")]
pub(super) struct Page {
    pub(super) letters: Vec<Arc<Letter>>,
    /// Letters in all, on this page and others.
    pub(super) total: usize,
    /// The last letter of this page, where older ones follow.
    pub(super) older: Option<String>,
    pub(super) now: Timestamp,
    /// Whether there are controls of the sandbox to link to.
    pub(super) controls: bool,
}

impl Letter {
    fn subject_or_none(&self) -> &str {
        if self.subject.is_empty() { "(no subject)" } else { &self.subject }
    }
}

fn shown(instant: &Timestamp) -> String {
    instant.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A part of a letter's text: a web address, or the text between two.
struct Part<'a> {
    text: &'a str,
    is_address: bool,
}

/// Splits a text at its web addresses, so that they can be shown as links.
fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = ["https://", "http://"].iter().filter_map(|scheme| rest.find(scheme)).min() {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| c.is_whitespace() || "<>\"".contains(c)).unwrap_or(from.len());
        let (address, _) = from.split_at(end);
        // A full stop or a bracket after an address belongs to the sentence.
        let address = address.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'']);
        parts.extend([Part { text: before, is_address: false }, Part { text: address, is_address: true }]);
        rest = from.get(address.len()..).unwrap_or_default();
    }
    parts.push(Part { text: rest, is_address: false });
    parts
}
