//! A message in the form in which mail travels.
//!
//! The same message under the same idempotency key at the same instant has the same bytes: nothing in it comes from a clock or
//! from randomness. Nothing that a person typed can forge a header: a [`Message`] comes only from typed views, names have no
//! control characters, and what is not plain ASCII is written as encoded words.
//!
//! Amazon SES replaces our `Date` and `Message-ID` by its own; ours are there for every other route. There are no `List-`
//! headers: these messages answer something the reader did, so there is no list to leave.

use std::borrow::Cow;

use jiff::Timestamp;
use mail_builder::MessageBuilder;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::text::Text;
use mail_builder::mime::MimePart;
use receivables::Business;

use crate::idempotency_key::{IdempotencyKey, digest};
use crate::message::Message;

/// Writes the message as MIME.
pub(crate) fn mime(mail: &Message, from: &Business, once: &IdempotencyKey, now: Timestamp) -> Vec<u8> {
    let sender = from.email.as_str();
    let domain = sender.rsplit_once('@').map_or(sender, |(_, domain)| domain);
    let alternative = ContentType::new("multipart/alternative").attribute("boundary", boundary(mail, once));
    let parts = vec![MimePart::new("text/plain", mail.text()), MimePart::new("text/html", mail.html())];
    let mut bytes = Vec::new();
    MessageBuilder::new()
        .from((as_typed(from.name.as_str()).into_owned(), sender.to_owned()))
        .to(mail.to().as_str())
        .subject(as_typed(mail.subject()))
        .date(now.as_second())
        .message_id(format!("{}@{domain}", once.digest()))
        .header("Content-Language", Text::new(mail.locale().tag()))
        .header("Auto-Submitted", Text::new("auto-generated"))
        .header("X-Auto-Response-Suppress", Text::new("All"))
        .body(MimePart::new(alternative, parts))
        .serialize(&mut bytes);
    bytes
}

/// A boundary that neither body contains: it depends on both, so nobody can have written it into one.
fn boundary(mail: &Message, once: &IdempotencyKey) -> String {
    format!("=_{}", digest(&[once.as_str(), mail.text(), mail.html()]))
}

/// Keeps encoded words that a person typed as they are. Plain ASCII goes into a header unchanged, and many readers would decode
/// them; a zero-width space makes the whole text be encoded.
fn as_typed(text: &str) -> Cow<'_, str> {
    if text.contains("=?") { Cow::Owned(text.replace("=?", "=\u{200b}?")) } else { Cow::Borrowed(text) }
}
