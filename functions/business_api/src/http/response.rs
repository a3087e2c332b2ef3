//! The successful answer of a handler. Its body is kept as text, so that it can be stored and sent again for a request that is
//! repeated under the same idempotency key.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::IdempotentResponse;

use crate::http::error::ApiError;

const JSON: &str = "application/json";
const CSV: &str = "text/csv; charset=utf-8";

#[derive(Debug)]
pub(crate) struct ApiResponse {
    status: StatusCode,
    content_type: String,
    body: String,
}

impl ApiResponse {
    pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Result<Self, ApiError> {
        let body = serde_json::to_string(body).map_err(|error| ApiError::defect("response", &error))?;
        Ok(Self { status, content_type: JSON.to_owned(), body })
    }

    /// JSON with status 200.
    pub(crate) fn ok(body: &impl Serialize) -> Result<Self, ApiError> {
        Self::json(StatusCode::OK, body)
    }

    /// Text of another media type, with status 200.
    pub(crate) fn text(content_type: &str, body: String) -> Self {
        Self { status: StatusCode::OK, content_type: content_type.to_owned(), body }
    }

    pub(crate) fn to_stored(&self) -> IdempotentResponse {
        IdempotentResponse {
            status: self.status.as_u16(),
            content_type: self.content_type.clone(),
            body: self.body.clone(),
        }
    }

    pub(crate) fn from_stored(response: IdempotentResponse) -> Self {
        let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, content_type: response.content_type, body: response.body }
    }
}

impl IntoResponse for ApiResponse {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        if let Ok(content_type) = HeaderValue::from_str(&self.content_type) {
            response.headers_mut().insert(header::CONTENT_TYPE, content_type);
        }
        response
    }
}

/// A file that the browser saves under `name`.
pub(crate) fn attachment(content_type: &str, name: &str, text: String) -> Response {
    let mut response = ApiResponse::text(content_type, text).into_response();
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let disposition = disposition.unwrap_or(HeaderValue::from_static("attachment"));
    response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    response
}

pub(crate) fn csv_attachment(name: &str, text: String) -> Response {
    attachment(CSV, name, text)
}
