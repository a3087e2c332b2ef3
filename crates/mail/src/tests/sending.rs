//! The outcomes of sending, against a loopback server that answers as SES does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_ses::Client;
use aws_sdk_ses::config::retry::RetryConfig;
use aws_sdk_ses::config::{BehaviorVersion, Credentials, Region};
use axum::Router;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::routing::post;
use jiff::Timestamp;
use mail_parser::MessageParser;
use receivables::Locale;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{address, business, receipt};
use crate::{IdempotencyKey, SendError, Sender, SentMessage, Wait};

const ACCEPTED: &str = r#"<SendRawEmailResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><SendRawEmailResult>
<MessageId>0102018f-1</MessageId></SendRawEmailResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></SendRawEmailResponse>"#;

type Requests = Arc<Mutex<Vec<HashMap<String, String>>>>;

/// Answers every request alike and records it.
#[derive(Clone)]
struct Ses {
    status: StatusCode,
    body: String,
    requests: Requests,
}

async fn answer(State(ses): State<Ses>, Form(form): Form<HashMap<String, String>>) -> (StatusCode, String) {
    ses.requests.lock().unwrap().push(form);
    (ses.status, ses.body)
}

/// A sender whose client would retry if it were allowed to.
fn sender(endpoint: String) -> Sender {
    let config = aws_sdk_ses::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
        .retry_config(RetryConfig::standard().with_max_attempts(4).with_initial_backoff(Duration::from_millis(1)))
        .endpoint_url(endpoint)
        .build();
    Sender::new(Client::from_conf(config))
}

async fn send(sender: &Sender) -> Result<SentMessage, SendError> {
    let business = business();
    let message = receipt(&business, Locale::French).compose();
    let once = IdempotencyKey::new("receipt", "pay_01JD8Z0000ABCDEFGHJKMNPQRS");
    sender.send(&message, &business, &once, Timestamp::UNIX_EPOCH).await
}

async fn answered(status: u16, body: &str) -> (Result<SentMessage, SendError>, Requests) {
    let requests = Requests::default();
    let ses = Ses { status: StatusCode::from_u16(status).unwrap(), body: body.to_owned(), requests: requests.clone() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server =
        tokio::spawn(
            async move { axum::serve(listener, Router::new().route("/", post(answer)).with_state(ses)).await },
        );
    let result = send(&sender(endpoint)).await;
    server.abort();
    (result, requests)
}

fn error(code: &str, text: &str) -> String {
    format!(
        r#"<ErrorResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><Error><Type>Sender</Type><Code>{code}</Code>
<Message>{text}</Message></Error><RequestId>r</RequestId></ErrorResponse>"#
    )
}

fn not_sent(reason: &str, wait: Wait) -> Result<SentMessage, SendError> {
    Err(SendError::NotSent { reason: reason.to_owned(), wait })
}

fn unknown(reason: &str) -> Result<SentMessage, SendError> {
    Err(SendError::OutcomeUnknown { reason: reason.to_owned() })
}

#[tokio::test]
async fn an_accepted_message_has_arrived_whole_with_its_tags() {
    let (result, requests) = answered(200, ACCEPTED).await;
    assert_eq!(result, Ok(SentMessage { provider_id: "0102018f-1".to_owned() }));
    let requests = requests.lock().unwrap();
    let [form] = requests.as_slice() else { panic!("{} requests", requests.len()) };
    let of = |name: &str| form.get(name).map(String::as_str);
    assert_eq!(of("Action"), Some("SendRawEmail"));
    assert_eq!(of("Source"), Some("compta@maison.example"));
    assert_eq!(of("Destinations.member.1"), Some(address().as_str()));
    assert_eq!(of("Destinations.member.2"), None);
    for (place, name, value) in [
        (1, "business", "biz_01JD8Z0000ABCDEFGHJKMNPQRS"),
        (2, "kind", "receipt"),
        (3, "once", "receipt-pay_01JD8Z0000ABCDEFGHJKMNPQRS"),
    ] {
        assert_eq!(of(&format!("Tags.member.{place}.Name")), Some(name));
        assert_eq!(of(&format!("Tags.member.{place}.Value")), Some(value));
    }
    let raw = decoded(of("RawMessage.Data").unwrap());
    let read = MessageParser::default().parse(&raw).unwrap();
    let business = business();
    assert_eq!(read.subject(), Some(receipt(&business, Locale::French).compose().subject()));
}

#[tokio::test]
async fn every_answer_is_asked_for_once_and_means_one_thing() {
    let private = "Email address is not verified: someone@private.example";
    for (status, body, meaning) in [
        (400, error("Throttling", "Maximum sending rate exceeded."), not_sent("Throttling", Wait::Retry)),
        (400, error("ThrottlingException", ""), not_sent("ThrottlingException", Wait::Retry)),
        (429, error("Whatever", ""), not_sent("Whatever", Wait::Retry)),
        (429, String::new(), not_sent("http-429", Wait::Retry)),
        (503, error("ServiceUnavailable", ""), not_sent("ServiceUnavailable", Wait::Retry)),
        (403, error("ExpiredToken", ""), not_sent("ExpiredToken", Wait::Retry)),
        (400, error("RequestExpired", ""), not_sent("RequestExpired", Wait::Retry)),
        (400, error("MessageRejected", private), not_sent("MessageRejected", Wait::Person)),
        (400, error("MessageRejected", "Email contains a virus"), not_sent("MessageRejected", Wait::Never)),
        (
            400,
            error("MailFromDomainNotVerifiedException", private),
            not_sent("MailFromDomainNotVerifiedException", Wait::Person),
        ),
        (400, error("ConfigurationSetDoesNotExist", ""), not_sent("ConfigurationSetDoesNotExist", Wait::Person)),
        (
            400,
            error("ConfigurationSetSendingPausedException", ""),
            not_sent("ConfigurationSetSendingPausedException", Wait::Person),
        ),
        (400, error("AccountSendingPausedException", ""), not_sent("AccountSendingPausedException", Wait::Person)),
        (400, error("InvalidParameterValue", private), not_sent("InvalidParameterValue", Wait::Never)),
        (403, error("AccessDenied", private), not_sent("AccessDenied", Wait::Person)),
        (403, error("SignatureDoesNotMatch", private), not_sent("SignatureDoesNotMatch", Wait::Person)),
        (400, error("someone@private.example", ""), not_sent("someoneprivate.example", Wait::Never)),
        (404, "<html>no such page</html>".to_owned(), not_sent("http-404", Wait::Never)),
        (408, error("RequestTimeout", ""), unknown("RequestTimeout")),
        (500, error("InternalFailure", private), unknown("InternalFailure")),
        (502, "<html>bad gateway</html>".to_owned(), unknown("http-502")),
        (504, String::new(), unknown("http-504")),
        (200, "<html>not SES".to_owned(), unknown("answer-not-understood")),
        (200, String::new(), unknown("answer-not-understood")),
    ] {
        let (result, requests) = answered(status, &body).await;
        assert_eq!(result, meaning, "{status} {body}");
        assert_eq!(requests.lock().unwrap().len(), 1, "{status} {body} was asked for again");
    }
}

#[tokio::test]
async fn a_refused_connection_has_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(send(&sender(endpoint)).await, not_sent("not-connected", Wait::Retry));
}

#[tokio::test]
async fn a_host_that_speaks_no_tls_has_been_sent_nothing() {
    let (endpoint, server) = scripted(Script::Close).await;
    assert_eq!(send(&sender(endpoint.replace("http:", "https:"))).await, not_sent("not-connected", Wait::Retry));
    assert_eq!(server.await.unwrap(), 1);
}

#[tokio::test]
async fn what_cannot_be_signed_has_not_been_dispatched() {
    let config = aws_sdk_ses::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:9")
        .build();
    assert_eq!(send(&Sender::new(Client::from_conf(config))).await, not_sent("request-not-dispatched", Wait::Retry));
}

#[tokio::test]
async fn silence_is_an_unknown_outcome_and_is_not_broken_again() {
    let (endpoint, server) = scripted(Script::Silence).await;
    let mut impatient = sender(endpoint);
    impatient.timeout = Duration::from_millis(300);
    assert_eq!(send(&impatient).await, unknown("timed-out"));
    server.abort();
}

#[tokio::test]
async fn a_connection_that_breaks_after_dispatch_is_an_unknown_outcome() {
    for script in [Script::Close, Script::Reset, Script::HalfAnswer] {
        let (endpoint, server) = scripted(script).await;
        let result = send(&sender(endpoint)).await;
        assert!(matches!(result, Err(SendError::OutcomeUnknown { .. })), "{script:?}: {result:?}");
        assert_eq!(server.await.unwrap(), 1, "{script:?} was tried again");
    }
}

#[tokio::test]
async fn an_address_that_ses_cannot_reach_is_refused_before_it_is_asked() {
    let business = business();
    let mut view = receipt(&business, Locale::French);
    view.to = "zoe@exämple.example".parse().unwrap();
    let once = IdempotencyKey::new("receipt", "pay_01JD8Z0000ABCDEFGHJKMNPQRS");
    let sender = sender("http://127.0.0.1:9".to_owned());
    let result = sender.send(&view.compose(), &business, &once, Timestamp::UNIX_EPOCH).await;
    assert_eq!(result, not_sent("address-not-ascii", Wait::Never));
}

#[test]
fn no_error_tells_whom_it_was_for() {
    for error in [not_sent("MessageRejected", Wait::Person), unknown("timed-out")].map(Result::unwrap_err) {
        assert!(!format!("{error} {error:?}").contains('@'));
    }
}

#[derive(Clone, Copy, Debug)]
enum Script {
    Silence,
    Close,
    /// Reads a little, then resets.
    Reset,
    /// Reads, answers in part, then closes.
    HalfAnswer,
}

/// A server of one connection at a time that follows a script; it ends a moment after the last and returns how many there were.
async fn scripted(script: Script) -> (String, tokio::task::JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let mut connections = 0;
        while let Ok(Ok((mut stream, _))) = tokio::time::timeout(Duration::from_millis(400), listener.accept()).await {
            connections += 1;
            let mut buffer = vec![0; 1 << 16];
            let read = if matches!(script, Script::Reset) { &mut buffer[..10] } else { &mut buffer[..] };
            let _ = stream.read(read).await;
            match script {
                Script::Silence => tokio::time::sleep(Duration::from_mins(1)).await,
                Script::Close | Script::Reset => {}
                Script::HalfAnswer => {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n<SendRaw").await;
                }
            }
        }
        connections
    });
    (endpoint, server)
}

fn decoded(base64: &str) -> Vec<u8> {
    let value = |byte: u8| {
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".iter().position(|known| *known == byte)
    };
    let digits: Vec<usize> = base64.bytes().filter_map(value).collect();
    digits
        .chunks(4)
        .flat_map(|chunk| {
            let bits = chunk.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - chunk.len()));
            [bits >> 16, bits >> 8, bits]
                .map(|byte| u8::try_from(byte & 0xff).unwrap())
                .into_iter()
                .take(chunk.len() - 1)
        })
        .collect()
}
