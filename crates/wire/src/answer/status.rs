//! The table of statuses and error types: a row for each condition, a column for each dialect.
//! Each is what the dialect's own clients understand, and stop on where waiting cannot help.

use tollgate_policy::endpoint::Dialect;

use super::{Fault, LimitKind};

/// A status, and the dialect's own name for what went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) number: u16,
    /// The `type` of OpenAI's and Anthropic's errors, the `status` of Gemini's.
    pub(super) kind: &'static str,
}

pub(super) const fn of(fault: &Fault<'_>, dialect: Dialect) -> Status {
    let (number, kind) = match dialect {
        Dialect::OpenAi | Dialect::Plain => openai(fault),
        Dialect::Anthropic => anthropic(fault),
        Dialect::Gemini => gemini(fault),
    };
    Status { number, kind }
}

const fn openai(fault: &Fault<'_>) -> (u16, &'static str) {
    const INVALID: &str = "invalid_request_error";
    match fault {
        Fault::MissingCredential
        | Fault::UnknownCredential
        | Fault::OperatorCredential
        | Fault::TokenDisabled
        | Fault::TokenExpired
        | Fault::AddressNotAllowed => (401, INVALID),
        Fault::TwoCredentials | Fault::BadRequest(_) | Fault::PreviousResponseNotFound(_) => {
            (400, INVALID)
        }
        Fault::EndpointNotAllowed => (403, INVALID),
        Fault::ModelNotFound(_) | Fault::ResponseNotFound(_) | Fault::RouteNotFound => {
            (404, INVALID)
        }
        Fault::MethodNotAllowed { .. } => (405, INVALID),
        Fault::RequestTimeout => (408, INVALID),
        Fault::BodyTooLarge { .. } => (413, INVALID),
        Fault::ExpectationFailed => (417, INVALID),
        Fault::UpgradeRequired | Fault::NoWebSocket => (426, INVALID),
        Fault::RateLimited {
            kind: LimitKind::Tokens,
            ..
        } => (429, "tokens"),
        Fault::RateLimited { .. } => (429, "requests"),
        Fault::QuotaExhausted { .. } => (429, "insufficient_quota"),
        Fault::HeadersTooLarge => (431, INVALID),
        Fault::Internal => (500, "server_error"),
        Fault::UpstreamFailed => (502, "server_error"),
        Fault::Overloaded { .. } | Fault::StoreUnavailable => (503, "server_error"),
        Fault::UpstreamTimeout => (504, "server_error"),
    }
}

const fn anthropic(fault: &Fault<'_>) -> (u16, &'static str) {
    const INVALID: &str = "invalid_request_error";
    match fault {
        Fault::MissingCredential
        | Fault::UnknownCredential
        | Fault::OperatorCredential
        | Fault::TokenDisabled
        | Fault::TokenExpired => (401, "authentication_error"),
        Fault::TwoCredentials | Fault::BadRequest(_) | Fault::PreviousResponseNotFound(_) => {
            (400, INVALID)
        }
        Fault::QuotaExhausted { .. } => (402, "billing_error"),
        Fault::AddressNotAllowed | Fault::EndpointNotAllowed => (403, "permission_error"),
        Fault::ModelNotFound(_) | Fault::ResponseNotFound(_) | Fault::RouteNotFound => {
            (404, "not_found_error")
        }
        Fault::MethodNotAllowed { .. } => (405, INVALID),
        Fault::RequestTimeout => (408, "timeout_error"),
        Fault::BodyTooLarge { .. } | Fault::HeadersTooLarge => (413, "request_too_large"),
        Fault::ExpectationFailed => (417, INVALID),
        Fault::UpgradeRequired | Fault::NoWebSocket => (426, INVALID),
        Fault::RateLimited { .. } => (429, "rate_limit_error"),
        Fault::Internal => (500, "api_error"),
        Fault::UpstreamFailed => (502, "api_error"),
        Fault::UpstreamTimeout => (504, "timeout_error"),
        Fault::Overloaded { .. } | Fault::StoreUnavailable => (529, "overloaded_error"),
    }
}

/// Google's own names for statuses that it has; the nearest one for the others.
const fn gemini(fault: &Fault<'_>) -> (u16, &'static str) {
    const INVALID: &str = "INVALID_ARGUMENT";
    match fault {
        Fault::TwoCredentials
        | Fault::BadRequest(_)
        | Fault::PreviousResponseNotFound(_)
        | Fault::BodyTooLarge { .. }
        | Fault::HeadersTooLarge => (400, INVALID),
        Fault::MissingCredential
        | Fault::UnknownCredential
        | Fault::OperatorCredential
        | Fault::TokenDisabled
        | Fault::TokenExpired => (401, "UNAUTHENTICATED"),
        Fault::AddressNotAllowed | Fault::EndpointNotAllowed => (403, "PERMISSION_DENIED"),
        Fault::ModelNotFound(_) | Fault::ResponseNotFound(_) | Fault::RouteNotFound => {
            (404, "NOT_FOUND")
        }
        Fault::MethodNotAllowed { .. } => (405, INVALID),
        Fault::RequestTimeout => (408, "DEADLINE_EXCEEDED"),
        Fault::ExpectationFailed => (417, INVALID),
        Fault::UpgradeRequired | Fault::NoWebSocket => (426, INVALID),
        Fault::RateLimited { .. } | Fault::QuotaExhausted { .. } => (429, "RESOURCE_EXHAUSTED"),
        Fault::Internal => (500, "INTERNAL"),
        Fault::UpstreamFailed => (502, "UNAVAILABLE"),
        Fault::Overloaded { .. } | Fault::StoreUnavailable => (503, "UNAVAILABLE"),
        Fault::UpstreamTimeout => (504, "DEADLINE_EXCEEDED"),
    }
}

/// The phrase that belongs to a status.
pub(super) const fn phrase(number: u16) -> &'static str {
    match number {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        417 => "Expectation Failed",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Internal Server Error",
    }
}
