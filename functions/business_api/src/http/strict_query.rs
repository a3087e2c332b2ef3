//! The query of an address, read as strictly as a body: what is not known is refused, not ignored.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use function_runtime::AppState;
use serde::de::DeserializeOwned;

use crate::http::idempotency::{BODY, misfit};
use crate::http::response::Failure;
use crate::http::validation::fault;

/// What the query of an address asks, in its shape.
#[derive(Debug)]
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<AppState> for Asked<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Failure> {
        query_of(parts).map(Self)
    }
}

/// Reads a query into a shape.
pub(crate) fn query_of<T: DeserializeOwned>(parts: &Parts) -> Result<T, Failure> {
    let asked = Query::<T>::try_from_uri(&parts.uri);
    asked.map(|Query(asked)| asked).map_err(|rejection| {
        let said = rejection.body_text();
        // Before what is wrong stands that something is, and then where, which the rest says better.
        let said = said.rsplit(": ").next().unwrap_or_default();
        let (field, message) = misfit(".", said);
        fault(if field == BODY { "query" } else { &field }, &message)
    })
}
