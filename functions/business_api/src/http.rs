//! What all resources of the API share: authentication, reading requests, running each of them once, answers and errors, and
//! the API's own description.

pub(crate) mod auth;
pub(crate) mod changes;
pub(crate) mod docs_page;
pub(crate) mod error;
pub(crate) mod health;
pub(crate) mod idempotency;
pub(crate) mod json;
pub(crate) mod openapi;
pub(crate) mod pagination;
pub(crate) mod request_log;
pub(crate) mod response;
pub(crate) mod strict_query;
pub(crate) mod validation;
