//! The query of an address, read as strictly as a body: what is not known is refused, not ignored.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use runtime::State;
use serde::de::DeserializeOwned;

use crate::answer::Failure;
use crate::faults::fault;

/// What the query of an address asks, in its shape.
#[derive(Debug)]
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<State> for Asked<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Failure> {
        let asked = Query::<T>::try_from_uri(&parts.uri);
        asked.map(|Query(asked)| Self(asked)).map_err(|rejection| {
            let said = rejection.body_text();
            let said = said.split_once(": ").map_or(said.as_str(), |(_, said)| said);
            let field = said.split('`').nth(1).unwrap_or("query");
            fault(field, said)
        })
    }
}
