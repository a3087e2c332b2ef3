//! A stored message, parsed for people and tests.

use std::collections::BTreeMap;

use jiff::Timestamp;
use mail_parser::{Message, MessageParser, MimeHeaders as _, PartType};
use serde::{Deserialize, Serialize};

/// What the message itself does not say.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Envelope {
    pub(super) from: String,
    pub(super) to: Vec<String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) configuration_set: Option<String>,
    pub(super) sent_at: Timestamp,
}

/// A message as `GET /dev/mail` shows it. `text` and `html` are what the sender wrote, decoded; neither is made from
/// the other.
#[derive(Clone, Debug, Serialize)]
pub struct Letter {
    pub id: String,
    pub from: String,
    pub to: Vec<String>,
    pub subject: String,
    pub text: Option<String>,
    pub html: Option<String>,
    /// Unfolded and otherwise as received. Of a repeated header, the last.
    pub headers: BTreeMap<String, String>,
    pub attachments: Vec<Attachment>,
    pub tags: BTreeMap<String, String>,
    pub configuration_set: Option<String>,
    pub sent_at: Timestamp,
}

#[derive(Clone, Debug, Serialize)]
pub struct Attachment {
    pub name: String,
    pub content_type: String,
    pub bytes: usize,
}

impl Letter {
    pub(super) fn parse(id: String, envelope: Envelope, message: &[u8]) -> Self {
        let message = MessageParser::default().parse(message).unwrap_or_default();
        Self {
            id,
            from: envelope.from,
            to: envelope.to,
            subject: message.subject().unwrap_or_default().to_owned(),
            text: bodies(&message)
                .find_map(|body| if let PartType::Text(text) = body { Some(on_screen(text)) } else { None }),
            html: bodies(&message)
                .find_map(|body| if let PartType::Html(html) = body { Some(on_screen(html)) } else { None }),
            headers: headers(&message),
            attachments: message.attachments().map(attachment).collect(),
            tags: envelope.tags,
            configuration_set: envelope.configuration_set,
            sent_at: envelope.sent_at,
        }
    }
}

/// The addresses of the message's own `From`, and of its `To`, `Cc` and `Bcc`.
pub(super) fn addresses(message: &[u8]) -> (Vec<String>, Vec<String>) {
    let message = MessageParser::default().parse(message).unwrap_or_default();
    let listed = |address: Option<&mail_parser::Address<'_>>| {
        let addresses = address.into_iter().flat_map(mail_parser::Address::iter);
        addresses.filter_map(|address| address.address().map(str::to_owned)).collect::<Vec<_>>()
    };
    let to = [message.to(), message.cc(), message.bcc()].into_iter().flat_map(listed).collect();
    (listed(message.from()), to)
}

fn bodies<'m>(message: &'m Message<'m>) -> impl Iterator<Item = &'m PartType<'m>> {
    message.text_bodies().chain(message.html_bodies()).map(|part| &part.body)
}

/// Replaces the line ends of mail by plain line breaks.
fn on_screen(body: &str) -> String {
    body.replace("\r\n", "\n")
}

fn headers(message: &Message<'_>) -> BTreeMap<String, String> {
    let unfolded = |value: &str| value.split("\r\n").map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned();
    message.headers_raw().map(|(name, value)| (name.to_owned(), unfolded(value))).collect()
}

fn attachment(part: &mail_parser::MessagePart<'_>) -> Attachment {
    let content_type = part.content_type().map(|kind| match kind.subtype() {
        Some(subtype) => format!("{}/{subtype}", kind.ctype()),
        None => kind.ctype().to_owned(),
    });
    Attachment {
        name: part.attachment_name().unwrap_or_default().to_owned(),
        content_type: content_type.unwrap_or_else(|| "application/octet-stream".into()),
        bytes: part.len(),
    }
}
