//! The local mailbox: a folder of sent messages, the SES that puts them there, and the ways to read them.
//!
//! The product sends through the SDK's SES client, as in production; only the endpoint differs. A message is stored as received
//! (`00000001.eml`), and beside it what only the envelope knows (`00000001.json`). The numbers give the order of sending.
//!
//! `POST /dev/mail/outage` makes the next requests to send fail, with the same fields as the sandbox's control of that name.
//!
//! Deliberately absent: delivery, bounces and complaints, and any check of signatures. It is for loopback only.

mod condition;
mod letter;
mod page;
mod ses;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use askama::Template as _;
use axum::extract::{Path as UrlPath, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use clock::Clock;
use serde::Deserialize;

pub use self::condition::Condition;
use self::letter::Envelope;
pub use self::letter::{Attachment, Letter};
use crate::atomic_write;
use fault_injection::{ConditionSwitch, Outage, OutageSwitch};

/// What SES accepts in one request is a message of 10 MB; base64 and percent encoding make it half as much again, and
/// more.
const REQUEST_BYTES_MAX: usize = 24 * 1024 * 1024;
const LETTERS_PER_PAGE: usize = 50;

/// The mailbox. Clones share it.
#[derive(Clone)]
pub struct Mailbox {
    shared: Arc<Shared>,
}

struct Shared {
    folder: PathBuf,
    clock: Clock,
    state: Mutex<Letters>,
    outage: OutageSwitch,
    condition: ConditionSwitch<Condition>,
}

struct Letters {
    last_number: u64,
    /// All letters, oldest first. Parsed at the first use: opening the mailbox must not wait for it.
    parsed: Option<Vec<Arc<Letter>>>,
}

impl Mailbox {
    /// Opens the folder, and creates it if necessary.
    pub fn open(folder: PathBuf, clock: Clock) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let last_number = numbers(&folder)?.last().copied().unwrap_or(0);
        let state = Mutex::new(Letters { last_number, parsed: None });
        let (outage, condition) = (OutageSwitch::default(), ConditionSwitch::default());
        Ok(Self { shared: Arc::new(Shared { folder, clock, state, outage, condition }) })
    }

    /// `POST /`: `SendRawEmail` in SES's query protocol. It is nested at a path that ends in a slash (`/dev/ses/`), because the
    /// SDK adds one to its endpoint's path.
    pub fn ses_router(&self) -> Router {
        Router::new()
            .route("/", post(ses::handle))
            .layer(axum::extract::DefaultBodyLimit::max(REQUEST_BYTES_MAX))
            .with_state(self.clone())
    }

    /// `GET /mail` (JSON, newest last), `GET /mail/{id}` (the message as received) and `GET /` (for people). It is nested at
    /// `/dev/`: the page's links are absolute. With `controls`, the page links to the sandbox's controls, and an outage can be
    /// switched on.
    pub fn dev_router(&self, controls: bool) -> Router {
        let mut routes = Router::new()
            .route("/", get(move |mailbox, query| show_page(mailbox, query, controls)))
            .route("/mail", get(list_letters))
            .route("/mail/{id}", get(show_source));
        if controls {
            routes = routes.route("/mail/outage", post(set_outage));
        }
        routes.with_state(self.clone())
    }

    /// The condition in which SES is. There is none, unless a test lets it begin; no route does.
    pub fn condition(&self) -> &ConditionSwitch<Condition> {
        &self.shared.condition
    }

    /// All letters, oldest first. The first call blocks.
    pub fn letters(&self) -> io::Result<Vec<Arc<Letter>>> {
        let mut state = self.state();
        if state.parsed.is_none() {
            let numbers = numbers(&self.shared.folder)?;
            let letters = numbers.into_iter().map(|number| self.read(number).map(Arc::new));
            state.parsed = Some(letters.collect::<io::Result<_>>()?);
        }
        Ok(state.parsed.clone().unwrap_or_default())
    }

    /// Deletes every letter. The numbers continue.
    pub fn clear(&self) -> io::Result<()> {
        let mut state = self.state();
        for number in numbers(&self.shared.folder)? {
            // The envelope first: a letter without it does not exist.
            std::fs::remove_file(self.envelope_file(number))?;
            std::fs::remove_file(self.message_file(number))?;
        }
        state.parsed = Some(Vec::new());
        Ok(())
    }

    /// Stores a message and returns its id. Blocks.
    fn keep(&self, mut envelope: Envelope, message: &[u8]) -> io::Result<String> {
        // Locked to the end, so that the order of the numbers is the order of sending.
        let mut state = self.state();
        envelope.sent_at = self.shared.clock.now();
        let number = state.last_number + 1;
        atomic_write::write(&self.message_file(number), message)?;
        atomic_write::write(&self.envelope_file(number), &serde_json::to_vec_pretty(&envelope)?)?;
        state.last_number = number;
        let letter = Letter::parse(id(number), envelope, message);
        if let Some(letters) = &mut state.parsed {
            letters.push(Arc::new(letter));
        }
        Ok(id(number))
    }

    fn read(&self, number: u64) -> io::Result<Letter> {
        let envelope = serde_json::from_slice(&std::fs::read(self.envelope_file(number))?)?;
        Ok(Letter::parse(id(number), envelope, &std::fs::read(self.message_file(number))?))
    }

    fn message_file(&self, number: u64) -> PathBuf {
        self.shared.folder.join(id(number)).with_extension("eml")
    }

    fn envelope_file(&self, number: u64) -> PathBuf {
        self.shared.folder.join(id(number)).with_extension("json")
    }

    fn state(&self) -> MutexGuard<'_, Letters> {
        // The state in memory only mirrors the folder, and is changed last.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn set_outage(State(mailbox): State<Mailbox>, Json(outage): Json<Outage>) -> Response {
    Json(mailbox.shared.outage.set(outage)).into_response()
}

async fn list_letters(State(mailbox): State<Mailbox>) -> Response {
    answer(mailbox, |mailbox| {
        let letters = mailbox.letters()?;
        Ok(Json(letters.iter().map(Arc::as_ref).collect::<Vec<_>>()).into_response())
    })
    .await
}

async fn show_source(State(mailbox): State<Mailbox>, UrlPath(id): UrlPath<String>) -> Response {
    answer(mailbox, move |mailbox| {
        let Some(number) = number_of(&id) else { return Ok(StatusCode::NOT_FOUND.into_response()) };
        match std::fs::read(mailbox.message_file(number)) {
            Ok(message) => Ok(([(header::CONTENT_TYPE, "message/rfc822")], message).into_response()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(StatusCode::NOT_FOUND.into_response()),
            Err(error) => Err(error),
        }
    })
    .await
}

#[derive(Deserialize)]
struct PageQuery {
    before: Option<String>,
}

async fn show_page(
    State(mailbox): State<Mailbox>,
    Query(PageQuery { before }): Query<PageQuery>,
    controls: bool,
) -> Response {
    answer(mailbox, move |mailbox| {
        let letters = mailbox.letters()?;
        let older = |letter: &&Arc<Letter>| before.as_ref().is_none_or(|before| letter.id < *before);
        let mut shown: Vec<_> = letters.iter().rev().filter(older).take(LETTERS_PER_PAGE + 1).cloned().collect();
        let more = shown.len() > LETTERS_PER_PAGE;
        shown.truncate(LETTERS_PER_PAGE);
        let older = shown.last().filter(|_| more).map(|letter| letter.id.clone());
        let now = mailbox.shared.clock.now();
        let page = page::Page { letters: shown, total: letters.len(), older, now, controls };
        let html = page.render().map_err(io::Error::other)?;
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, page::POLICY),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        Ok((headers, html).into_response())
    })
    .await
}

/// Reads the folder off the runtime's threads.
async fn answer(mailbox: Mailbox, read: impl FnOnce(&Mailbox) -> io::Result<Response> + Send + 'static) -> Response {
    let read = tokio::task::spawn_blocking(move || read(&mailbox)).await;
    read.unwrap_or_else(|died| Err(io::Error::other(died))).unwrap_or_else(|error| {
        tracing::error!(error = %error, "the mailbox's folder cannot be read");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    })
}

fn id(number: u64) -> String {
    format!("{number:08}")
}

/// The number of an id in our own notation; `None` for any other text, because an id becomes a file name.
fn number_of(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number| id(*number) == text)
}

/// The numbers of the folder's letters, in order. Other files are ignored.
fn numbers(folder: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            numbers.extend(path.file_stem().and_then(|stem| stem.to_str()).and_then(number_of));
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}
