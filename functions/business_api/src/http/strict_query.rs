//! The query of a URL, read as strictly as a body: an unknown parameter is refused, not ignored.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use function_runtime::AppState;
use serde::de::DeserializeOwned;

use crate::http::error::ApiError;
use crate::http::json::{field_of, masked};
use crate::http::validation::invalid_field;

#[derive(Debug)]
pub(crate) struct StrictQuery<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<AppState> for StrictQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        parse_query(parts).map(Self)
    }
}

pub(crate) fn parse_query<T: DeserializeOwned>(parts: &Parts) -> Result<T, ApiError> {
    let query = parts.uri.query().unwrap_or_default();
    let reader = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(reader)
        .map_err(|error| invalid_field(&field_of(error.path(), "query"), &masked(&error.inner().to_string())))
}
