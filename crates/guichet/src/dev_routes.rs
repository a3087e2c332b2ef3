//! Routes that exist only locally: the clock, the timer, settling, resetting, the mailbox and the sandbox.

use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::State as Held;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use function_runtime::http::Problem;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use receivables::BusinessId;
use serde::{Deserialize, Serialize};

use crate::background::Works;
use crate::process::{Local, found};
use crate::{data_folder, demo};
use local_aws::mailbox::Mailbox;

#[derive(Clone)]
struct Dev {
    works: Arc<Works>,
    state: function_runtime::AppState,
    mailbox: Mailbox,
    business: BusinessId,
    folder: PathBuf,
    api_key: String,
    ephemeral: bool,
    empty: bool,
}

pub(crate) fn router(local: &Local) -> Router {
    let dev = Dev {
        works: Arc::clone(&local.works),
        state: local.state.clone(),
        mailbox: local.mailbox.clone(),
        business: local.business.clone(),
        folder: local.folder().to_owned(),
        api_key: local.api_key.clone(),
        ephemeral: local.is_ephemeral(),
        empty: local.is_empty(),
    };
    Router::new()
        .route("/clock", get(read_clock).post(move_clock))
        .route("/run-due", post(run_due))
        .route("/settle", post(settle))
        .route("/reset", post(reset))
        .with_state(dev)
        .nest("/ses/", local.mailbox.ses_router())
        .nest("/stripe", local.sandbox.router())
        .merge(local.mailbox.dev_router())
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

async fn read_clock(Held(dev): Held<Dev>) -> Json<ClockView> {
    Json(ClockView { now: dev.state.clock.now() })
}

async fn move_clock(Held(dev): Held<Dev>, body: String) -> Response {
    let wrong = |detail: &str| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "clock", "The clock was not moved")
            .detail(detail)
            .into_response()
    };
    let Ok(asked) = serde_json::from_str::<ClockMove>(&body) else {
        return wrong(r#"expected {"now":"2026-03-01T09:00:00Z"} or {"advance":"P3D"}"#);
    };
    let now = dev.state.clock.now();
    let by = match (asked.now, asked.advance) {
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
    dev.state.clock.advance(by);
    if let Err(error) = data_folder::keep_clock(&dev.folder, &dev.state.clock) {
        tracing::warn!(%error, "the clock could not be kept");
    }
    Json(ClockView { now: dev.state.clock.now() }).into_response()
}

async fn run_due(Held(dev): Held<Dev>) -> Response {
    match dev.works.run_due().await {
        Ok(run) => {
            Json(serde_json::json!({"done": run.done, "failed": run.failed, "taken": run.taken})).into_response()
        }
        Err(error) => unavailable(&error),
    }
}

async fn settle(Held(dev): Held<Dev>) -> Response {
    match dev.works.drain().await {
        Ok(()) => Json(serde_json::json!({"settled": true})).into_response(),
        Err(error) => unavailable(&error),
    }
}

async fn reset(Held(dev): Held<Dev>) -> Response {
    if !dev.ephemeral {
        let problem = Problem::new(StatusCode::CONFLICT, "not_ephemeral", "Only an ephemeral process can be reset");
        return problem.detail("start it with --ephemeral").into_response();
    }
    match reset_all(&dev).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => unavailable(&error),
    }
}

async fn reset_all(dev: &Dev) -> Result<(), String> {
    dev.works.drain().await?;
    dev.works.clear_tables().map_err(|error| error.to_string())?;
    dev.mailbox.clear().map_err(|error| error.to_string())?;
    found(&dev.state, &dev.business, &dev.api_key).await.map_err(|error| error.to_string())?;
    if !dev.empty {
        demo::furnish(&dev.state, &dev.business).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn unavailable(why: &str) -> Response {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "It could not be done now").detail(why).into_response()
}
