use expect_test::expect;
use jiff::Timestamp;
use mail_parser::{MessageParser, MimeHeaders};
use receivables::Locale;

use super::{all, business, named_business, names, receipt};
use crate::mime::mime;
use crate::{IdempotencyKey, Message};

const NOW: &str = "2026-03-01T08:05:09Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn once() -> IdempotencyKey {
    IdempotencyKey::new("receipt", "pay_01JD8Z0000ABCDEFGHJKMNPQRS")
}

fn parse(bytes: &[u8]) -> mail_parser::Message<'_> {
    MessageParser::default().parse(bytes).unwrap()
}

fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

fn head(bytes: &[u8]) -> String {
    let text = lines(std::str::from_utf8(bytes).unwrap());
    text.split_once("\n\n").unwrap().0.to_owned()
}

#[test]
fn every_message_in_every_locale_survives_the_journey() {
    let business = business();
    for message in all(&business) {
        let bytes = mime(&message, &business, &once(), now());
        assert!(bytes.is_ascii(), "SES may break what is not");
        for line in bytes.split(|byte| *byte == b'\n') {
            assert!(line.len() <= 999, "a line of {} bytes", line.len());
            assert!(line.is_empty() || line.ends_with(b"\r"), "a bare line feed");
        }
        let read = parse(&bytes);
        assert_eq!(read.subject(), Some(message.subject()));
        assert_eq!(lines(&read.body_text(0).unwrap()), message.text());
        assert_eq!(lines(&read.body_html(0).unwrap()), message.html());
        assert_eq!((read.text_body_count(), read.html_body_count(), read.attachment_count()), (1, 1, 0));
        assert_eq!(read.to().unwrap().first().unwrap().address(), Some(message.to().as_str()));
        assert_eq!(read.from().unwrap().first().unwrap().address(), Some(business.email.as_str()));
        assert_eq!(read.from().unwrap().first().unwrap().name(), Some(business.name.as_str()));
        assert_eq!(read.date().unwrap().to_timestamp(), now().as_second());
        assert_eq!(read.content_type().unwrap().subtype(), Some("alternative"));
        assert_eq!(read.header_raw("Content-Language").unwrap().trim(), message.locale().tag());
    }
}

#[test]
fn the_head_says_who_what_and_that_no_answer_is_wanted_from_a_machine() {
    let business = business();
    let message = receipt(&business, Locale::French).compose();
    expect![[r#"
        From: "Maison Exemple" <compta@maison.example>
        To: <atelier@nord.example>
        Subject: =?utf-8?B?UmXDp3XCoDogcGFpZW1lbnQgZGUgMeKArzIzNCw1MMKg4oKsIMOg?=
         =?utf-8?B?IE1haXNvbiBFeGVtcGxl?=
        Date: Sun, 1 Mar 2026 08:05:09 +0000
        Message-ID: <87a10ac9dc1afb1d8e6a3b98c9436676@maison.example>
        Content-Language: fr
        Auto-Submitted: auto-generated
        X-Auto-Response-Suppress: All
        MIME-Version: 1.0
        Content-Type: multipart/alternative;
         boundary="=_2ebf5a8f4f3a93d262a29cf0482de475""#]]
    .assert_eq(&head(&mime(&message, &business, &once(), now())));
}

#[test]
fn the_same_message_under_the_same_key_is_the_same_bytes() {
    let business = business();
    let message = receipt(&business, Locale::English).compose();
    let bytes = |once: &IdempotencyKey| mime(&message, &business, once, now());
    assert_eq!(bytes(&once()), bytes(&once()));
    assert_ne!(bytes(&once()), bytes(&IdempotencyKey::new("receipt", "pay_01JD8Z0000ABCDEFGHJKMNPQRT")));
}

#[test]
fn no_name_can_forge_a_header() {
    for (name, locale) in names().into_iter().flat_map(|name| Locale::ALL.map(|locale| (name.clone(), locale))) {
        let business = named_business(name.as_str());
        let mut view = receipt(&business, locale);
        view.customer_name = name.clone();
        // An invoice number contains no joiners, which some names need.
        view.lines[0].number = name.as_str().replace('\u{200d}', "").parse().unwrap();
        let message: Message = view.compose();
        let bytes = mime(&message, &business, &once(), now());
        let read = parse(&bytes);
        let headers: Vec<&str> = head_names(&bytes);
        assert_eq!(
            headers,
            [
                "From",
                "To",
                "Subject",
                "Date",
                "Message-ID",
                "Content-Language",
                "Auto-Submitted",
                "X-Auto-Response-Suppress",
                "MIME-Version",
                "Content-Type"
            ],
            "{}",
            name.as_str()
        );
        assert!(bytes.is_ascii());
        for line in head(&bytes).lines() {
            assert!(line.len() <= 250, "a line of {} bytes: {line}", line.len());
        }
        let from = read.from().unwrap();
        assert_eq!(from.iter().count(), 1, "{}", name.as_str());
        assert_eq!(as_seen(from.first().unwrap().name()), name.as_str());
        assert_eq!(from.first().unwrap().address(), Some("compta@maison.example"));
        assert_eq!(read.to().unwrap().iter().count(), 1);
        assert!(read.bcc().is_none() && read.cc().is_none());
        assert_eq!(as_seen(read.subject()), message.subject());
        assert_eq!(lines(&read.body_text(0).unwrap()), message.text());
        assert_eq!(lines(&read.body_html(0).unwrap()), message.html());
    }
}

/// A header's text as a person sees it, without zero-width spaces.
fn as_seen(text: Option<&str>) -> String {
    text.unwrap().replace('\u{200b}', "")
}

fn head_names(bytes: &[u8]) -> Vec<&str> {
    let text = std::str::from_utf8(bytes).unwrap();
    let head = text.split_once("\r\n\r\n").unwrap().0;
    head.split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split_once(':').unwrap().0)
        .collect()
}

#[test]
fn a_tag_is_a_once_key_in_the_letters_that_ses_takes() {
    let once = IdempotencyKey::new("receipt", format_args!("pay_1/a.b c:{}", "é".repeat(300)));
    assert!(once.tag().starts_with("receipt-pay_1-a-b-c--"));
    assert_eq!(once.tag().len(), 256);
    assert!(once.tag().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)));
    assert_eq!(once.digest().len(), 32);
}
