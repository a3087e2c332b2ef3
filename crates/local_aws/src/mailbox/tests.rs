//! The mailbox, through the real SES client and over real HTTP.

use aws_sdk_ses::Client;
use aws_sdk_ses::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_ses::error::ProvideErrorMetadata as _;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::{MessageTag, RawMessage};
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::*;

const MESSAGE: &str = "From: =?utf-8?q?Caf=C3=A9?= <billing@example.com>\r
To: Ada <ada@example.com>\r
Bcc: audit@example.com\r
Subject: =?utf-8?q?Votre_facture_n=C2=B0_12_=E2=80=94_10=2C00_=E2=82=AC?=\r
List-Unsubscribe: <https://pay.example.com/unsubscribe/token>,\r
 <mailto:stop@example.com>\r
List-Unsubscribe-Post: List-Unsubscribe=One-Click\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=outer\r
\r
--outer\r
Content-Type: multipart/alternative; boundary=inner\r
\r
--inner\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: quoted-printable\r
\r
Payer 10,00=C2=A0=E2=82=AC (https://pay.example.com/p/abc=\r
def?x=3D1&y=3D2).\r
<script>alert(1)</script>\r
--inner\r
Content-Type: text/html; charset=utf-8\r
Content-Transfer-Encoding: base64\r
\r
PHA+UGF5ZXIgPGEgaHJlZj0iaHR0cHM6Ly9wYXkuZXhhbXBsZS5jb20vcC9hYmNkZWYiPjEwLDAwIOKCrDwvYT48L3A+\r
--inner--\r
--outer\r
Content-Type: application/pdf; name=\"invoice.pdf\"\r
Content-Disposition: attachment; filename=\"invoice.pdf\"\r
Content-Transfer-Encoding: base64\r
\r
JVBERg==\r
--outer--\r
";

struct World {
    folder: TempDir,
    mailbox: Mailbox,
    router: Router,
    client: Client,
}

impl World {
    async fn new() -> Self {
        Self::at(tempfile::tempdir().unwrap()).await
    }

    async fn at(folder: TempDir) -> Self {
        let clock = Clock::manual("2026-11-22T09:00:00Z".parse().unwrap());
        let mailbox = Mailbox::open(folder.path().join("mail"), clock).unwrap();
        let router = Router::new().nest("/dev/ses/", mailbox.ses_router()).nest("/dev/", mailbox.dev_router(true));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/dev/ses", listener.local_addr().unwrap());
        let served = router.clone();
        // Ends with the test's runtime.
        tokio::spawn(async move { axum::serve(listener, served).await.unwrap() });
        let config = aws_sdk_ses::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "test"))
            .endpoint_url(endpoint)
            .build();
        Self { folder, mailbox, router, client: Client::from_conf(config) }
    }

    async fn send(&self, message: &str) -> String {
        let raw = RawMessage::builder().data(Blob::new(message)).build().unwrap();
        let sent = self.client.send_raw_email().raw_message(raw).send().await.unwrap();
        sent.message_id().to_owned()
    }

    async fn ask(&self, request: Request<Body>) -> (u16, header::HeaderMap, String) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        (parts.status.as_u16(), parts.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn get(&self, path: &str) -> (u16, header::HeaderMap, String) {
        self.ask(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn list(&self) -> Value {
        serde_json::from_str(&self.get("/dev/mail").await.2).unwrap()
    }

    /// A hand-written form, for requests that the client would refuse to send.
    async fn post(&self, fields: &[(&str, &str)]) -> (u16, String) {
        let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
        let form: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let request = Request::post("/dev/ses/").header("content-type", "application/x-www-form-urlencoded");
        let (status, _, body) = self.ask(request.body(form.join("&").into()).unwrap()).await;
        (status, body)
    }
}

fn tag(name: &str, value: &str) -> MessageTag {
    MessageTag::builder().name(name).value(value).build().unwrap()
}

fn plain(subject: &str) -> String {
    format!("From: a@example.com\r\nTo: b@example.com\r\nSubject: {subject}\r\n\r\nBody\r\n")
}

#[tokio::test]
async fn a_message_sent_by_the_sdk_is_listed_decoded_and_kept_as_it_came() {
    let world = World::new().await;
    let raw = RawMessage::builder().data(Blob::new(MESSAGE)).build().unwrap();
    let request = world.client.send_raw_email().raw_message(raw).source("Café <bounces@example.com>");
    let request = request.destinations("Ada <ada@example.com>").destinations("bob@example.com");
    let request =
        request.tags(tag("business", "biz_1")).tags(tag("template", "reminder")).configuration_set_name("main");
    let sent = request.send().await.unwrap();
    assert_eq!(sent.message_id(), "00000001");

    let letter = world.list().await[0].take();
    assert_eq!(letter["id"], "00000001");
    assert_eq!(letter["from"], "bounces@example.com");
    assert_eq!(letter["to"], json!(["ada@example.com", "bob@example.com"]));
    assert_eq!(letter["subject"], "Votre facture n° 12 — 10,00 €");
    let text = letter["text"].as_str().unwrap();
    assert!(text.starts_with("Payer 10,00\u{a0}€ (https://pay.example.com/p/abcdef?x=1&y=2).\n<script>"), "{text}");
    assert_eq!(letter["html"], "<p>Payer <a href=\"https://pay.example.com/p/abcdef\">10,00 €</a></p>");
    let unsubscribe = "<https://pay.example.com/unsubscribe/token>, <mailto:stop@example.com>";
    assert_eq!(letter["headers"]["List-Unsubscribe"], unsubscribe);
    assert_eq!(letter["headers"]["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click");
    assert_eq!(
        letter["attachments"],
        json!([{ "name": "invoice.pdf", "content_type": "application/pdf", "bytes": 4 }])
    );
    assert_eq!(letter["tags"], json!({ "business": "biz_1", "template": "reminder" }));
    assert_eq!(letter["configuration_set"], "main");
    assert_eq!(letter["sent_at"], "2026-11-22T09:00:00Z");

    let (status, headers, source) = world.get("/dev/mail/00000001").await;
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, "message/rfc822"));
    assert_eq!(source, MESSAGE);
}

#[tokio::test]
async fn without_an_envelope_the_message_says_who_gets_it() {
    let world = World::new().await;
    world.send(MESSAGE).await;
    let letter = world.list().await[0].take();
    assert_eq!(letter["from"], "billing@example.com");
    assert_eq!(letter["to"], json!(["ada@example.com", "audit@example.com"]));
}

#[tokio::test]
async fn letters_are_in_order_survive_reopening_and_can_be_cleared() {
    let world = World::new().await;
    for subject in ["one", "two"] {
        world.send(&plain(subject)).await;
    }
    let World { folder, .. } = world;
    std::fs::write(folder.path().join("mail/notes.json"), "not ours").unwrap();
    // A crash between the two files of a letter: it was never sent.
    std::fs::write(folder.path().join("mail/00000003.eml"), "half").unwrap();
    let world = World::at(folder).await;
    assert_eq!(world.send(&plain("three")).await, "00000003");
    let subjects = |list: Value| {
        let list = list.as_array().unwrap().clone();
        list.iter().map(|letter| letter["subject"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(subjects(world.list().await), ["one", "two", "three"]);
    world.send(&plain("four")).await;
    assert_eq!(subjects(world.list().await), ["one", "two", "three", "four"]);

    world.mailbox.clear().unwrap();
    assert_eq!(world.list().await, json!([]));
    assert_eq!(world.get("/dev/mail/00000001").await.0, 404);
    assert_eq!(world.send(&plain("five")).await, "00000005");
    assert!(world.folder.path().join("mail/notes.json").exists());
}

#[tokio::test]
async fn messages_sent_at_once_get_each_their_number() {
    let world = World::new().await;
    let all = futures::future::join_all((0..20).map(|number| {
        let message = plain(&format!("{number}"));
        let world = &world;
        async move { world.send(&message).await }
    }));
    let mut ids = all.await;
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20);
    assert_eq!(world.list().await.as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn a_refusal_reaches_the_sdk_with_its_code() {
    let world = World::new().await;
    let refuse = async |message: &str, to: &[&str], tags: &[(&str, &str)]| {
        let raw = RawMessage::builder().data(Blob::new(message)).build().unwrap();
        let mut request = world.client.send_raw_email().raw_message(raw);
        for to in to {
            request = request.destinations(*to);
        }
        for (name, value) in tags {
            request = request.tags(tag(name, value));
        }
        let error = request.send().await.unwrap_err();
        assert_eq!(error.code(), Some("InvalidParameterValue"), "{error:?}");
        error.message().unwrap_or_default().to_owned()
    };
    let sound = plain("x");
    assert_eq!(refuse(&sound, &["nobody"], &[]).await, "Missing final '@domain'");
    assert_eq!(refuse(&sound, &["a@b c"], &[]).await, "Missing final '@domain'");
    assert_eq!(refuse("To: b@example.com\r\n\r\nx", &[], &[]).await, "Missing required header 'From'.");
    assert_eq!(refuse("From: a@example.com\r\n\r\nx", &[], &[]).await, "Missing final '@domain'");
    assert_eq!(refuse("\0\u{1}", &[], &[]).await, "Missing required header 'From'.");
    assert!(refuse(&sound, &["c@example.com"; 51], &[]).await.contains("50"));
    assert!(refuse(&sound, &[], &[("to", "ada@example.com")]).await.contains("tag"), "no address in a tag");
    assert!(refuse(&sound, &[], &[("a", "1"), ("a", "2")]).await.contains("twice"));
    assert_eq!(world.list().await, json!([]));
}

#[tokio::test]
async fn bad_requests_are_answered_in_the_shape_of_the_service() {
    let world = World::new().await;
    let send = ("Action", "SendRawEmail");
    for (fields, code) in [
        (vec![], "MissingAction"),
        (vec![("Action", "Send<Everything>")], "InvalidAction"),
        (vec![send], "ValidationError"),
        (vec![send, ("RawMessage.Data", "")], "ValidationError"),
        (vec![send, ("RawMessage.Data", "!")], "InvalidParameterValue"),
        (
            vec![send, ("RawMessage.Data", "RnJvbTogYUBiLmMKVG86IGFAYi5jCgp4"), ("Tags.member.1.Name", "a")],
            "InvalidParameterValue",
        ),
    ] {
        let (status, body) = world.post(&fields).await;
        assert_eq!(status, 400);
        assert!(body.contains(&format!("<Type>Sender</Type><Code>{code}</Code>")), "{body}");
        assert!(!body.contains("<Everything>"));
    }
    let request = Request::post("/dev/ses/").body("{}".into()).unwrap();
    let (status, _, body) = world.ask(request).await;
    assert!(status == 400 && body.contains("<Code>MalformedInput</Code>"), "{status} {body}");
    assert_eq!(world.get("/dev/ses/").await.0, 405);
    for path in ["/dev/mail/1", "/dev/mail/00000001", "/dev/mail/..%2f..%2fCargo", "/dev/mail/99999999999999999999"] {
        assert_eq!(world.get(path).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn the_largest_message_is_taken_and_a_larger_one_refused() {
    let world = World::new().await;
    let mut message = plain("large");
    message.push_str(&"0123456789abcdef".repeat(10 * 1024 * 1024 / 16));
    message.truncate(10 * 1024 * 1024);
    world.send(&message).await;
    message.push('x');
    let raw = RawMessage::builder().data(Blob::new(message)).build().unwrap();
    let error = world.client.send_raw_email().raw_message(raw).send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidParameterValue"));
}

#[tokio::test]
async fn the_page_shows_the_newest_first_and_lets_nothing_of_a_message_out() {
    let world = World::new().await;
    let (_, _, page) = world.get("/dev/").await;
    assert!(page.contains("0 messages") && page.contains("Nothing here."));
    world.send(&plain("older \"quoted\" <b>")).await;
    world.send(MESSAGE).await;
    let (status, headers, page) = world.get("/dev/").await;
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, "text/html; charset=utf-8"));
    assert!(headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    assert!(page.find("Votre facture").unwrap() < page.find("older &#34;quoted&#34; &#60;b&#62;").unwrap());
    assert!(!page.contains("<script") && page.contains("&#60;script&#62;"));
    let link =
        "(<a href=\"https://pay.example.com/p/abcdef?x=1&#38;y=2\">https://pay.example.com/p/abcdef?x=1&#38;y=2</a>).";
    assert!(page.contains(link), "{page}");
    assert!(page.contains("srcdoc=\"&#60;base target=&#34;_blank&#34;&#62;&#60;p&#62;Payer"));
    assert!(page.contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\""));
    assert!(page.contains("<time datetime=\"2026-11-22T09:00:00Z\">"));
    for link in ["/", "/api/docs", "/dev/clock", "/dev/mail", "/dev/mail/00000002"] {
        assert!(page.contains(&format!("href=\"{link}\"")), "{link}");
    }
}

#[tokio::test]
async fn the_page_is_paged() {
    let world = World::new().await;
    for number in 0..=LETTERS_PER_PAGE {
        world.send(&plain(&format!("subject-{number}."))).await;
    }
    let (_, _, page) = world.get("/dev/").await;
    assert!(!page.contains("subject-0.") && page.contains("subject-1."));
    assert!(page.contains("href=\"/dev/?before=00000002\""));
    let (_, _, page) = world.get("/dev/?before=00000002").await;
    assert!(page.contains("subject-0.") && !page.contains("subject-1.") && !page.contains("?before="));
}

/// One try: the code and the text of the refusal, if it is refused.
async fn try_once(world: &World, subject: &str) -> Option<(String, String)> {
    let raw = RawMessage::builder().data(Blob::new(plain(subject))).build().unwrap();
    let once = aws_sdk_ses::config::Builder::new().retry_config(aws_sdk_ses::config::retry::RetryConfig::disabled());
    let sent = world.client.send_raw_email().raw_message(raw).customize().config_override(once).send().await;
    let refused = sent.err()?.into_service_error();
    Some((refused.code().unwrap().to_owned(), refused.message().unwrap_or_default().to_owned()))
}

#[tokio::test]
async fn in_each_condition_mails_are_refused_in_the_words_of_ses_until_it_is_over() {
    let world = World::new().await;
    let clock = &world.mailbox.shared.clock;
    let expected = [
        (Condition::DailyQuota, "Throttling", "Daily message quota exceeded"),
        (Condition::SendingRate, "Throttling", "Maximum sending rate exceeded"),
        (Condition::AccountPaused, "AccountSendingPausedException", "disabled for your entire account"),
        (Condition::IdentityNotVerified, "MessageRejected", "not verified"),
        (Condition::MailFromNotVerified, "MailFromDomainNotVerifiedException", "MAIL FROM"),
        (Condition::Denied, "AccessDenied", "not authorized"),
        (Condition::FailsAfterTaking, "InternalFailure", "unknown error"),
    ];
    assert_eq!(expected.map(|(condition, ..)| condition), Condition::ALL);
    let mut taken = 0;
    for (condition, code, text) in expected {
        let hour = jiff::SignedDuration::from_hours(1);
        world.mailbox.condition().begin(condition, clock.now().checked_add(hour).unwrap());
        for _ in 0..2 {
            let refused = try_once(&world, "refused").await.unwrap();
            assert!(refused.0 == code && refused.1.contains(text), "{condition:?}: {refused:?}");
        }
        taken += if condition == Condition::FailsAfterTaking { 2 } else { 0 };
        clock.advance(hour);
        assert_eq!(try_once(&world, "taken").await, None, "{condition:?}");
        taken += 1;
        assert_eq!(world.mailbox.letters().unwrap().len(), taken);
    }
    assert!(Condition::ALL.iter().all(|condition| world.mailbox.condition().met()[condition] == 2));
}
