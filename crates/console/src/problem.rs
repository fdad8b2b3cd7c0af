//! The one place where an error becomes a status: as RFC 9457 says, and for pages as a page.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{self, HeaderValue};
use serde::Serialize;
use tollgate_admin_core::{AdminError, ErrorKind};

/// Why a request was not carried out (RFC 9457).
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct Problem {
    /// A name for this kind of problem: `urn:tollgate:problem:` and the code.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The same in words.
    pub(crate) title: &'static str,
    /// The status.
    pub(crate) status: u16,
    /// What happened, and what to do.
    pub(crate) detail: String,
    /// A stable name for programs.
    pub(crate) code: &'static str,
    /// The input that cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) field: Option<String>,
    #[serde(skip)]
    pub(crate) retry_after: Option<u32>,
    /// Whether the detail is in the language of the page already, and not in English.
    #[serde(skip)]
    pub(crate) translated: bool,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:tollgate:problem:{code}"),
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: detail.into(),
            code,
            field: None,
            retry_after: None,
            translated: false,
        }
    }

    /// What is no request that we can read.
    pub(crate) fn malformed(detail: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", detail)
    }

    /// An input that cannot be used.
    pub(crate) fn invalid(field: &str, detail: impl Into<String>) -> Self {
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_input", detail);
        problem.field = Some(field.to_owned());
        problem
    }

    /// An input of a page that cannot be used, in the language of that page.
    pub(crate) fn translated(field: &str, detail: impl Into<String>) -> Self {
        let mut problem = Self::invalid(field, detail);
        problem.translated = true;
        problem
    }

    pub(crate) fn too_large(most: usize) -> Self {
        let detail = format!("a body has at most {most} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    }

    pub(crate) fn too_slow() -> Self {
        let detail = "the body did not come in time";
        Self::new(StatusCode::REQUEST_TIMEOUT, "too_slow", detail)
    }

    pub(crate) fn media_type(wanted: &str) -> Self {
        let detail = format!("send `content-type: {wanted}`");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", detail)
    }

    /// A request that another site may have made.
    pub(crate) fn foreign() -> Self {
        let detail = "this was not sent from a page of the console: open the page again";
        Self::new(StatusCode::FORBIDDEN, "cross_site", detail)
    }

    pub(crate) fn forbidden() -> Self {
        let detail = "who is signed in may not see this";
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    pub(crate) fn not_found() -> Self {
        let detail = "there is nothing at this address";
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    pub(crate) fn method() -> Self {
        let detail = "this cannot be done at this address";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<AdminError> for Problem {
    fn from(error: AdminError) -> Self {
        let kind = error.kind();
        let status = match kind {
            ErrorKind::InvalidInput => StatusCode::UNPROCESSABLE_ENTITY,
            ErrorKind::NotFound => StatusCode::NOT_FOUND,
            ErrorKind::Conflict => StatusCode::CONFLICT,
            ErrorKind::Stale => StatusCode::PRECONDITION_FAILED,
            ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
            ErrorKind::Forbidden => StatusCode::FORBIDDEN,
            ErrorKind::TooMany => StatusCode::TOO_MANY_REQUESTS,
            ErrorKind::IssuerUnavailable => StatusCode::BAD_GATEWAY,
            ErrorKind::StoreUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        };
        if let AdminError::Store(error) = &error {
            let error: &dyn std::error::Error = error;
            tracing::error!(error, "the store did not do its part");
        }
        let mut problem = match &error {
            AdminError::Invalid { field, problem } => Self::invalid(field, problem),
            // What is wrong with the store is for the log, not for whoever asks.
            AdminError::Store(_) => {
                let detail = "the store cannot be used just now: nothing was changed, try again";
                Self::new(status, kind.name(), detail)
            }
            _ => Self::new(status, kind.name(), error.to_string()),
        };
        if let AdminError::TooMany { retry_after } = error {
            problem.retry_after = u32::try_from(retry_after.as_secs()).ok();
        }
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let json = HeaderValue::from_static("application/problem+json");
        let mut answer = (self.status(), [(header::CONTENT_TYPE, json)], body).into_response();
        let headers = answer.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status() == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer realm=\"tollgate\"");
            headers.insert(header::WWW_AUTHENTICATE, bearer);
        }
        // The pages make a page of it.
        answer.extensions_mut().insert(self);
        answer
    }
}
