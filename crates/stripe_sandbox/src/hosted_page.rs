//! The hosted payment page: where the customer is sent to pay. Plain forms, no script; only a POST has an effect.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Sandbox;
use super::api_error::ApiError;
use super::checkout_sessions::return_address;
use super::confirmation::{self, Confirmation};
use super::confirmation_outcome::Outcome;
use super::database::{Record, RequestIds, Transaction};
use super::form;
use super::hosted_page_view::{self as view, FormValues};
use super::hosted_page_words::{Complaint, Words};
use super::payment_methods::Instrument;
use super::test_numbers;

const BODY_BYTES_MAX: usize = 16 * 1024;
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

/// The fields of a form, as sent.
struct Fields(Vec<(String, String)>);

enum Answer {
    Page(u16, String),
    SeeOther(String),
}

pub(super) fn routes() -> Router<Sandbox> {
    Router::new().route("/pay/{session}", get(show).post(submit)).layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

async fn show(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let fields = Fields(form::pairs(query.unwrap_or_default().as_bytes()).unwrap_or_default());
    let language = accepted_language(&headers);
    let answer =
        sandbox.run(RequestIds::default(), move |transaction| page(transaction, &id, &fields, &language)).await;
    respond(answer)
}

async fn submit(State(sandbox): State<Sandbox>, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let language = accepted_language(&headers);
    let work = move |transaction: &mut Transaction<'_>| {
        let fields = Fields(form::pairs(&body)?);
        handle_form(transaction, &id, &fields, &language)
    };
    let answer = sandbox.run(RequestIds::default(), work).await;
    respond(answer)
}

fn accepted_language(headers: &HeaderMap) -> String {
    headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn respond(answer: Result<(usize, Answer), ApiError>) -> Response {
    match answer {
        Ok((_, Answer::SeeOther(url))) => (StatusCode::SEE_OTHER, [(header::LOCATION, url)]).into_response(),
        Ok((_, Answer::Page(status, html))) => html_response(status, html),
        Err(error) => html_response(error.status, view::trouble(&Words::ENGLISH)),
    }
}

fn html_response(status: u16, html: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers: [(HeaderName, &str); 3] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::REFERRER_POLICY, "same-origin"),
    ];
    (status, headers, Html(html)).into_response()
}

/// The page for the session's state, whatever the address bar says.
fn page(transaction: &Transaction<'_>, id: &str, fields: &Fields, language: &str) -> Result<Answer, ApiError> {
    let Some(session) = transaction.find("checkout.session", id)? else { return Ok(not_found(language)) };
    let words = Words::choose(session.body["locale"].as_str(), language);
    if session.text("status") != "open" {
        return Ok(Answer::Page(200, view::closed(words, &session)));
    }
    if waiting_intent(transaction, &session)?.is_some() {
        return Ok(Answer::Page(200, view::authentication(words, &session)));
    }
    // Only published numbers can be filled in by a link: an address bar is no place for any other.
    let number = fields.get("card").and_then(test_numbers::test_card).map(|card| card.number);
    let iban = fields.get("iban").and_then(test_numbers::test_iban).map(|account| account.iban);
    let entered = FormValues {
        card_number: number.unwrap_or_default().to_owned(),
        card_expiry: number.map(|_| next_year(transaction.now)).unwrap_or_default(),
        card_cvc: number.map(|number| if number.len() == 15 { "1234" } else { "123" }).unwrap_or_default().to_owned(),
        iban: iban.unwrap_or_default().to_owned(),
        ..FormValues::default()
    };
    Ok(Answer::Page(200, view::form(words, &session, &entered, None)))
}

/// Handles a submitted form. A session that is no longer open is only shown, so a second submission charges nothing.
fn handle_form(
    transaction: &mut Transaction<'_>,
    id: &str,
    fields: &Fields,
    language: &str,
) -> Result<Answer, ApiError> {
    let Some(mut session) = transaction.find("checkout.session", id)? else { return Ok(not_found(language)) };
    let words = Words::choose(session.body["locale"].as_str(), language);
    if session.text("status") != "open" {
        return Ok(Answer::Page(200, view::closed(words, &session)));
    }
    let entered = fields.entered();
    let outcome = match (waiting_intent(transaction, &session)?, fields.get("authentication")) {
        (Some(intent), Some(answer)) => {
            confirmation::authenticate(transaction, &mut session, intent, answer == "complete")?
        }
        (Some(_), None) => Outcome::AuthenticationNeeded,
        (None, Some(_)) => return Ok(Answer::Page(200, view::form(words, &session, &entered, None))),
        (None, None) => match entered.confirmation(&session, transaction.now) {
            Ok(given) => confirmation::confirm(transaction, &mut session, &given)?,
            Err(complaint) => {
                return Ok(Answer::Page(422, view::form(words, &session, &entered, Some(words.complaint(complaint)))));
            }
        },
    };
    Ok(match outcome {
        Outcome::Completed => Answer::SeeOther(return_address(&session)),
        Outcome::AuthenticationNeeded => Answer::Page(200, view::authentication(words, &session)),
        Outcome::AuthenticationFailed => {
            let reason = words.complaint(Complaint::NotAuthenticated);
            Answer::Page(402, view::form(words, &session, &entered, Some(reason)))
        }
        Outcome::Declined(decline) => {
            Answer::Page(402, view::form(words, &session, &entered, Some(words.decline(decline.decline_code))))
        }
    })
}

fn not_found(language: &str) -> Answer {
    Answer::Page(404, view::unknown(Words::choose(None, language)))
}

/// The session's intent, of either kind, if its customer has to authenticate.
fn waiting_intent(transaction: &Transaction<'_>, session: &Record) -> Result<Option<Record>, ApiError> {
    let kind = if session.text("mode") == "setup" { "setup_intent" } else { "payment_intent" };
    let intent = transaction.find(kind, session.text(kind))?;
    Ok(intent.filter(|intent| intent.text("status") == "requires_action"))
}

fn next_year(now: Timestamp) -> String {
    let date = now.to_zoned(TimeZone::UTC).date();
    format!("12/{:02}", (date.year() + 1) % 100)
}

impl Fields {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.trim())
    }

    fn entered(&self) -> FormValues {
        let text = |name| self.get(name).unwrap_or_default().to_owned();
        let compact = |name| text(name).chars().filter(|letter| !matches!(letter, ' ' | '-' | '\u{a0}')).collect();
        FormValues {
            card_number: compact("cardNumber"),
            card_expiry: text("cardExpiry"),
            card_cvc: text("cardCvc"),
            iban: compact("iban"),
            email: text("email"),
            name: text("billingName"),
            save: self.get("save").is_some(),
        }
    }
}

impl FormValues {
    /// The method that the customer entered, or what is wrong with it.
    fn confirmation(&self, session: &Record, now: Timestamp) -> Result<Confirmation, Complaint> {
        let instrument = match (self.card_number.is_empty(), self.iban.is_empty()) {
            (true, true) => return Err(Complaint::NothingEntered),
            (false, false) => return Err(Complaint::BothEntered),
            (false, true) => self.card(now)?,
            (true, false) => self.debit(session)?,
        };
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        Ok(Confirmation { instrument, email: given(&self.email), name: given(&self.name), save: self.save })
    }

    fn card(&self, now: Timestamp) -> Result<Instrument, Complaint> {
        if !test_numbers::passes_luhn(&self.card_number) {
            return Err(Complaint::CardNumber);
        }
        let (exp_month, exp_year) = expiry(&self.card_expiry).ok_or(Complaint::CardExpiry)?;
        let today = now.to_zoned(TimeZone::UTC).date();
        if (exp_year, exp_month) < (today.year(), today.month()) {
            return Err(Complaint::CardExpired);
        }
        let digits = self.card_cvc.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || !(3..=4).contains(&self.card_cvc.len()) {
            return Err(Complaint::CardCvc);
        }
        Ok(Instrument::Card { number: self.card_number.clone(), exp_month, exp_year })
    }

    fn debit(&self, session: &Record) -> Result<Instrument, Complaint> {
        if !view::takes(session, "sepa_debit") {
            return Err(Complaint::Iban);
        }
        let iban = self.iban.to_ascii_uppercase();
        test_numbers::test_iban(&iban).map(Instrument::SepaDebit).ok_or(Complaint::Iban)
    }
}

/// `12/34`, `12 / 2034` or `1234`.
fn expiry(text: &str) -> Option<(i8, i16)> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let (month, year) = match text.split_once('/') {
        Some((month, year)) => (month.trim().to_owned(), year.trim().to_owned()),
        None => (digits.get(..2)?.to_owned(), digits.get(2..)?.to_owned()),
    };
    let month = month.parse().ok().filter(|month| (1..=12).contains(month))?;
    let year: i16 = year.parse().ok()?;
    match year {
        0..=99 => Some((month, 2000 + year)),
        2000..=2999 => Some((month, year)),
        _ => None,
    }
}
