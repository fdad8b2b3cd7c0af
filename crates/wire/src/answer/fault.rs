//! The conditions under which a client gets no answer of a provider, and their stable codes.

use tollgate_policy::time::Timestamp;

/// A condition that is answered by the gateway itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault<'a> {
    /// No carrier holds a secret.
    MissingCredential,
    /// Two carriers hold different secrets.
    TwoCredentials,
    /// The secret is unknown, revoked, deleted, malformed, mistyped or rotated away. Callers
    /// cannot tell these apart.
    UnknownCredential,
    /// A credential of the admin API, which is known by its shape and calls no model.
    OperatorCredential,
    /// The token or its account is disabled.
    TokenDisabled,
    /// The token's expiry has passed.
    TokenExpired,
    /// The request cannot be understood. The text is for the client: in lower case, without a full
    /// stop, and with nothing secret in it.
    BadRequest(&'a str),
    /// The token may not be used from the client's address.
    AddressNotAllowed,
    /// The model does not exist, or not for this token. Callers cannot tell these apart.
    ModelNotFound(&'a str),
    /// No upstream keeps this response, or not for this token. Callers cannot tell these apart.
    ResponseNotFound(&'a str),
    /// The same of the response that another one is to go on from.
    PreviousResponseNotFound(&'a str),
    /// The token may not use the endpoint or the mounted API.
    EndpointNotAllowed,
    /// A limit is used up for now.
    RateLimited {
        /// Which limit.
        kind: LimitKind,
        /// When there is room again: milliseconds from now.
        retry_after_ms: u64,
    },
    /// The token's quota or its account's balance is used up.
    QuotaExhausted {
        /// When a periodic quota starts again.
        resets: Option<Timestamp>,
    },
    /// The body is too long.
    BodyTooLarge {
        /// The most that is taken, in bytes.
        limit: u64,
    },
    /// The headers are too many or too long.
    HeadersTooLarge,
    /// The request came too slowly.
    RequestTimeout,
    /// Nothing has this path.
    RouteNotFound,
    /// The path takes other methods.
    MethodNotAllowed {
        /// The methods that it takes, as the `Allow` header lists them.
        allow: &'static str,
    },
    /// The path speaks a WebSocket alone, and the request does not ask for one of version 13.
    UpgradeRequired,
    /// A WebSocket is asked for where there is none.
    NoWebSocket,
    /// `Expect` asks for something other than `100-continue`.
    ExpectationFailed,
    /// The gateway has no room for the call.
    Overloaded {
        /// When to try again: seconds from now.
        retry_after_s: u64,
    },
    /// No upstream gave an answer that can be passed on.
    UpstreamFailed,
    /// No upstream answered in time.
    UpstreamTimeout,
    /// The rights of a token that is not in memory cannot be read just now.
    StoreUnavailable,
    /// The gateway has a fault.
    Internal,
}

/// Which limit is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LimitKind {
    /// Requests per minute.
    Requests,
    /// Tokens per minute.
    Tokens,
    /// Requests at once.
    Concurrency,
}

/// The stable code of a fault: in OpenAI's bodies and plain ones, in logs and in metrics.
pub const fn code(fault: &Fault<'_>) -> &'static str {
    match fault {
        Fault::MissingCredential => "missing_api_key",
        Fault::TwoCredentials | Fault::BadRequest(_) => "invalid_request",
        Fault::UnknownCredential | Fault::OperatorCredential => "invalid_api_key",
        Fault::TokenDisabled => "token_disabled",
        Fault::TokenExpired => "token_expired",
        Fault::AddressNotAllowed => "ip_not_authorized",
        Fault::ModelNotFound(_) => "model_not_found",
        Fault::ResponseNotFound(_) => "response_not_found",
        Fault::PreviousResponseNotFound(_) => "previous_response_not_found",
        Fault::EndpointNotAllowed => "permission_denied",
        Fault::RateLimited { .. } => "rate_limit_exceeded",
        Fault::QuotaExhausted { .. } => "insufficient_quota",
        Fault::BodyTooLarge { .. } => "request_too_large",
        Fault::HeadersTooLarge => "headers_too_large",
        Fault::RequestTimeout => "request_timeout",
        Fault::RouteNotFound => "route_not_found",
        Fault::MethodNotAllowed { .. } => "method_not_allowed",
        Fault::UpgradeRequired => "upgrade_required",
        Fault::NoWebSocket => "websocket_unsupported",
        Fault::ExpectationFailed => "expectation_failed",
        Fault::Overloaded { .. } => "server_overloaded",
        Fault::UpstreamFailed => "upstream_error",
        Fault::UpstreamTimeout => "upstream_timeout",
        Fault::StoreUnavailable => "store_unavailable",
        Fault::Internal => "internal_error",
    }
}
