//! Routes that exist on this machine only: the mailbox; and with the sandbox in place of Stripe also its pages and API, the
//! clock, the timer, draining and resetting.

use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use function_runtime::AppState;
use function_runtime::http::Problem;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use local_aws::mailbox::Mailbox;
use receivables::BusinessId;
use serde::{Deserialize, Serialize};
use stripe_sandbox::Sandbox;

use crate::background::BackgroundWork;
use crate::{api_key, data_folder, demo, first_business, local_only};

/// What is served under `/dev`.
pub(crate) struct DevRoutes<'a> {
    pub(crate) mailbox: &'a Mailbox,
    pub(crate) sandbox: &'a Sandbox,
    /// Absent with a real processor, and then so is the sandbox.
    pub(crate) controls: Option<Controls>,
}

/// What the controls act on.
#[derive(Clone)]
pub(crate) struct Controls {
    pub(crate) background: Arc<BackgroundWork>,
    pub(crate) state: AppState,
    pub(crate) mailbox: Mailbox,
    pub(crate) business: BusinessId,
    pub(crate) folder: PathBuf,
    pub(crate) api_key: String,
    pub(crate) ephemeral: bool,
    pub(crate) empty: bool,
}

impl DevRoutes<'_> {
    /// All of it, with its paths, for this machine only.
    pub(crate) fn router(self) -> Router {
        let mut routes = Router::new()
            .nest("/ses/", self.mailbox.ses_router())
            .merge(self.mailbox.dev_router(self.controls.is_some()));
        if let Some(controls) = self.controls {
            routes = routes.merge(controls.router()).nest("/stripe", self.sandbox.router());
        }
        let slash = || async { Redirect::permanent("/dev/") };
        Router::new().route("/dev", get(slash)).nest("/dev/", routes).layer(from_fn(local_only::guard))
    }
}

impl Controls {
    fn router(self) -> Router {
        Router::new()
            .route("/clock", get(read_clock).post(move_clock))
            .route("/run-due", post(run_due))
            .route("/settle", post(drain))
            .route("/reset", post(reset))
            .with_state(self)
    }
}

#[derive(Serialize)]
struct ClockView {
    now: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockMove {
    now: Option<Timestamp>,
    advance: Option<String>,
}

async fn read_clock(State(controls): State<Controls>) -> Json<ClockView> {
    Json(ClockView { now: controls.state.clock.now() })
}

async fn move_clock(State(controls): State<Controls>, body: String) -> Response {
    let wrong = |detail: &str| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "clock", "The clock was not moved")
            .detail(detail)
            .into_response()
    };
    let Ok(change) = serde_json::from_str::<ClockMove>(&body) else {
        return wrong(r#"expected {"now":"2026-03-01T09:00:00Z"} or {"advance":"P3D"}"#);
    };
    let now = controls.state.clock.now();
    let by = match (change.now, change.advance) {
        (Some(to), None) => to.duration_since(now),
        (None, Some(span)) => {
            let span = span.parse::<Span>().ok();
            let later = span.and_then(|span| now.to_zoned(TimeZone::UTC).checked_add(span).ok());
            let Some(later) = later else {
                return wrong("advance: expected an ISO 8601 duration such as P3D or PT15M");
            };
            later.timestamp().duration_since(now)
        }
        _ => return wrong("expected either now or advance"),
    };
    if by < SignedDuration::ZERO {
        return wrong("time moves only forward");
    }
    controls.state.clock.advance(by);
    if let Err(error) = data_folder::save_clock(&controls.folder, &controls.state.clock) {
        tracing::warn!(%error, "the clock's position could not be saved");
    }
    Json(ClockView { now: controls.state.clock.now() }).into_response()
}

async fn run_due(State(controls): State<Controls>) -> Response {
    match controls.background.run_due().await {
        Ok(run) => {
            Json(serde_json::json!({"done": run.done, "failed": run.failed, "taken": run.taken})).into_response()
        }
        Err(error) => unavailable(&error),
    }
}

async fn drain(State(controls): State<Controls>) -> Response {
    match controls.background.drain().await {
        Ok(()) => Json(serde_json::json!({"settled": true})).into_response(),
        Err(error) => unavailable(&error),
    }
}

async fn reset(State(controls): State<Controls>) -> Response {
    if !controls.ephemeral {
        let problem = Problem::new(StatusCode::CONFLICT, "not_ephemeral", "Only an ephemeral process can be reset");
        return problem.detail("start it with --ephemeral").into_response();
    }
    match reset_all(&controls).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => unavailable(&error),
    }
}

async fn reset_all(controls: &Controls) -> Result<(), String> {
    controls.background.drain().await?;
    controls.background.clear_tables().map_err(|error| error.to_string())?;
    controls.mailbox.clear().map_err(|error| error.to_string())?;
    if let Some(storage) = &controls.state.context.object_storage {
        storage.remove_all(controls.business.as_str()).await.map_err(|error| error.to_string())?;
    }
    first_business::ensure(&controls.state, &controls.business).await.map_err(|error| error.to_string())?;
    api_key::install(&controls.state, &controls.business, &controls.api_key)
        .await
        .map_err(|error| error.to_string())?;
    if !controls.empty {
        demo::create(&controls.state, &controls.business).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn unavailable(why: &str) -> Response {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "This did not work; try again")
        .detail(why)
        .into_response()
}
