//! The conditions in which Stripe carries nothing out, or does not say that it did; and refusals in its own words, which depend
//! on what an account may do and so cannot be caused by a request alone.
//!
//! A time-out is a connection that breaks without an answer: the client knows as much, and nobody waits for it.

use super::api_error::ApiError;

/// What is wrong between the business and Stripe for a time. Only the business's own requests meet it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// The key was rolled or revoked.
    KeyRefused,
    /// The account makes too many requests.
    RateLimited,
    /// Stripe is down.
    Unavailable,
    /// No answer comes, and nothing is carried out.
    TimesOut,
    /// No answer comes, though the request is carried out.
    TimesOutAfterwards,
}

/// How the business's own requests begin their `User-Agent`; those of other programs and of tests do not.
const AGENT: &str = "guichet/";

impl Condition {
    pub const ALL: [Self; 5] =
        [Self::KeyRefused, Self::RateLimited, Self::Unavailable, Self::TimesOut, Self::TimesOutAfterwards];

    /// Whether a request of this agent can meet it.
    pub(super) fn concerns(agent: &str) -> bool {
        agent.starts_with(AGENT)
    }

    /// Stripe's refusal; `None` where there is no answer at all.
    pub(super) fn refusal(self) -> Option<ApiError> {
        match self {
            Self::KeyRefused => Some(ApiError::unauthorised("Expired API Key provided: ****")),
            Self::RateLimited => Some(ApiError::outage(429)),
            Self::Unavailable => Some(ApiError::outage(503)),
            Self::TimesOut | Self::TimesOutAfterwards => None,
        }
    }
}

/// A refusal that Stripe gives to some of the business's own requests for a time. An empty text is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// The method and the path's beginning of the requests, such as `POST checkout/sessions`.
    pub request: &'static str,
    /// The parameter that they must have to be refused.
    pub having: &'static str,
    pub status: u16,
    /// The error's type.
    pub kind: &'static str,
    /// The error's code.
    pub code: &'static str,
    /// The parameter that Stripe names as at fault.
    pub param: &'static str,
}

impl Refusal {
    /// Whether a request is refused so.
    pub(super) fn concerns(&self, request: &str, params: &[(String, String)]) -> bool {
        request.starts_with(self.request)
            && (self.having.is_empty() || params.iter().any(|(name, _)| name == self.having))
    }

    pub(super) fn error(self) -> ApiError {
        ApiError::in_words(self.status, self.kind, self.code, self.param)
    }
}
