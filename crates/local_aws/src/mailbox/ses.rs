//! `SendRawEmail`, as SES answers it: a form in, XML out.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::Mailbox;
use super::condition::Condition;
use super::letter::{self, Envelope};
use fault_injection::RequestOutcome;

const MESSAGE_BYTES_MAX: usize = 10 * 1024 * 1024;
const RECIPIENTS_MAX: usize = 50;
const TAG_LENGTH_MAX: usize = 256;

/// A refused request: the service's code and a sentence.
struct Refusal {
    code: &'static str,
    message: String,
}

pub(super) async fn handle(
    State(mailbox): State<Mailbox>,
    headers: HeaderMap,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let outcome = mailbox.shared.outage.next_outcome(agent);
    if let RequestOutcome::Refused(status) = outcome {
        return refused_by_outage(status);
    }
    let condition = mailbox.shared.condition.meet(mailbox.shared.clock.now());
    if let Some(condition) = condition.filter(|condition| !condition.takes_mail()) {
        return refused_in(condition);
    }
    let fields = match form {
        Ok(Form(fields)) => Fields(fields),
        Err(rejection) => return refused(&refusal("MalformedInput", rejection.body_text())),
    };
    let (envelope, message) = match accept(&fields) {
        Ok(accepted) => accepted,
        Err(refusal) => return refused(&refusal),
    };
    let kept = tokio::task::spawn_blocking(move || mailbox.keep(envelope, &message)).await;
    match kept.unwrap_or_else(|died| Err(std::io::Error::other(died))) {
        Ok(_) if outcome == RequestOutcome::Lost => fault_injection::broken_response(),
        Ok(id) => condition.map_or_else(|| xml(StatusCode::OK, &SentResponse { id: &id }), refused_in),
        Err(error) => {
            tracing::error!(error = %error, "a message could not be kept");
            let body =
                ErrorResponse { kind: "Receiver", code: "InternalFailure", message: "The message could not be kept." };
            xml(StatusCode::INTERNAL_SERVER_ERROR, &body)
        }
    }
}

/// The fields of the query protocol; lists are numbered from one (`Destinations.member.1`).
struct Fields(Vec<(String, String)>);

impl Fields {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    fn list(&self, name: &str, suffix: &str) -> Vec<&str> {
        (1..).map_while(|number| self.get(&format!("{name}.member.{number}{suffix}"))).collect()
    }
}

fn accept(fields: &Fields) -> Result<(Envelope, Vec<u8>), Refusal> {
    match fields.get("Action") {
        Some("SendRawEmail") => {}
        Some(action) => {
            let message = format!("Could not find operation {action} for version 2010-12-01");
            return Err(refusal("InvalidAction", message));
        }
        None => return Err(refusal("MissingAction", "The request names no action.")),
    }
    let data = fields.get("RawMessage.Data").filter(|data| !data.is_empty());
    let data = data.ok_or_else(|| refusal("ValidationError", "rawMessage.data must not be null or empty"))?;
    let message = STANDARD.decode(data).map_err(|_| invalid("RawMessage.Data is not base64."))?;
    if message.len() > MESSAGE_BYTES_MAX {
        return Err(invalid(format!("Message length is more than {MESSAGE_BYTES_MAX} bytes long.")));
    }
    let (mut named_from, named_to) = letter::addresses(&message);
    // The message must have a sender of its own, whatever the envelope says.
    if named_from.is_empty() {
        return Err(invalid("Missing required header 'From'."));
    }
    let from = fields.get("Source").map_or_else(|| named_from.remove(0), |source| bare_address(source).to_owned());
    let destinations = fields.list("Destinations", "");
    let to = if destinations.is_empty() {
        named_to
    } else {
        destinations.into_iter().map(|address| bare_address(address).to_owned()).collect()
    };
    if to.len() > RECIPIENTS_MAX {
        return Err(invalid(format!("Recipient count exceeds {RECIPIENTS_MAX}.")));
    }
    if to.is_empty() || !to.iter().chain([&from]).all(|address| is_address(address)) {
        return Err(invalid("Missing final '@domain'"));
    }
    let configuration_set = fields.get("ConfigurationSetName").map(str::to_owned);
    Ok((Envelope { from, to, tags: tags(fields)?, configuration_set, sent_at: Timestamp::UNIX_EPOCH }, message))
}

fn tags(fields: &Fields) -> Result<BTreeMap<String, String>, Refusal> {
    let names = fields.list("Tags", ".Name");
    let values = fields.list("Tags", ".Value");
    let is_sound = |text: &str| {
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        !text.is_empty() && text.len() < TAG_LENGTH_MAX && text.bytes().all(sound)
    };
    if names.len() != values.len() || !names.iter().chain(&values).all(|text| is_sound(text)) {
        return Err(invalid("A tag's name and value hold 1 to 255 ASCII letters, digits, '_' or '-'."));
    }
    let tags: BTreeMap<_, _> =
        names.iter().zip(values).map(|(name, value)| ((*name).to_owned(), value.to_owned())).collect();
    if tags.len() < names.len() {
        return Err(invalid("A tag's name occurs twice."));
    }
    Ok(tags)
}

/// `ada@example.com` of `Ada <ada@example.com>`.
fn bare_address(text: &str) -> &str {
    match text.rsplit_once('<') {
        Some((_, address)) => address.split('>').next().unwrap_or_default().trim(),
        None => text.trim(),
    }
}

fn is_address(text: &str) -> bool {
    let no_space = !text.contains(|c: char| c.is_whitespace() || c.is_control());
    no_space && text.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
}

fn invalid(message: impl Into<String>) -> Refusal {
    refusal("InvalidParameterValue", message)
}

fn refusal(code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal { code, message: message.into() }
}

fn refused(refusal: &Refusal) -> Response {
    xml(StatusCode::BAD_REQUEST, &ErrorResponse { kind: "Sender", code: refusal.code, message: &refusal.message })
}

/// SES's errors when it is throttled, unavailable or broken.
fn refused_by_outage(status: u16) -> Response {
    let (kind, code) = match status {
        400..500 => ("Sender", "Throttling"),
        503 => ("Receiver", "ServiceUnavailable"),
        _ => ("Receiver", "InternalFailure"),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    xml(status, &ErrorResponse { kind, code, message: "An outage was switched on." })
}

/// SES's error in one of its conditions.
fn refused_in(condition: Condition) -> Response {
    let (status, code, message) = condition.answer();
    let kind = if status < 500 { "Sender" } else { "Receiver" };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    xml(status, &ErrorResponse { kind, code, message })
}

/// SES's answer when it has accepted a message.
#[derive(Template)]
#[template(
    ext = "xml",
    source = "<SendRawEmailResponse xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\"><SendRawEmailResult>\
<MessageId>{{ id }}</MessageId></SendRawEmailResult><ResponseMetadata><RequestId>{{ id }}</RequestId>\
</ResponseMetadata></SendRawEmailResponse>"
)]
struct SentResponse<'a> {
    id: &'a str,
}

/// SES's answer when it has refused one.
#[derive(Template)]
#[template(
    ext = "xml",
    source = "<ErrorResponse xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\"><Error><Type>{{ kind }}</Type>\
<Code>{{ code }}</Code><Message>{{ message }}</Message></Error><RequestId>local</RequestId></ErrorResponse>"
)]
struct ErrorResponse<'a> {
    /// The side at fault: `Sender` or `Receiver`.
    kind: &'a str,
    code: &'a str,
    message: &'a str,
}

fn xml(status: StatusCode, body: &impl Template) -> Response {
    match body.render() {
        Ok(body) => (status, [(header::CONTENT_TYPE, "text/xml")], body).into_response(),
        Err(error) => {
            tracing::error!(%error, "an answer of the mailbox could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
