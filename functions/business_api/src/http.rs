//! What every resource of the API shares: who calls, how requests are read and carried out once, how answers and errors are
//! written, and the API's own description.

pub(crate) mod auth;
pub(crate) mod docs_page;
pub(crate) mod health;
pub(crate) mod idempotency;
pub(crate) mod openapi;
pub(crate) mod pagination;
pub(crate) mod request_log;
pub(crate) mod response;
pub(crate) mod strict_query;
pub(crate) mod validation;
