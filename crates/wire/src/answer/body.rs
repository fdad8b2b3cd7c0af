//! The error document of each dialect.

use serde_json::{Value, json};
use tollgate_policy::endpoint::Dialect;

use super::status::{Status, phrase};
use super::{Fault, code, saying, seconds, wait};

/// The document that says a fault, as JSON.
pub(super) fn of(fault: &Fault<'_>, dialect: Dialect, status: Status, request_id: &str) -> Vec<u8> {
    let message = saying::of(fault);
    let document = match dialect {
        Dialect::OpenAi => openai(fault, status, &message),
        Dialect::Anthropic => json!({
            "type": "error",
            "error": { "type": status.kind, "message": message },
            "request_id": request_id,
        }),
        Dialect::Gemini => gemini(fault, status, &message),
        Dialect::Plain => problem(fault, status, &message, request_id),
    };
    document.to_string().into_bytes()
}

/// OpenAI's schema requires all four keys.
fn openai(fault: &Fault<'_>, status: Status, message: &str) -> Value {
    let param = match fault {
        Fault::ModelNotFound(_) => Some("model"),
        Fault::PreviousResponseNotFound(_) => Some("previous_response_id"),
        _ => None,
    };
    json!({ "error": {
        "message": message, "type": status.kind, "param": param, "code": code(fault),
    } })
}

fn gemini(fault: &Fault<'_>, status: Status, message: &str) -> Value {
    let mut error = json!({
        "code": status.number, "message": message, "status": status.kind,
    });
    let detail = match fault {
        Fault::RateLimited { .. } => wait(fault).map(|milliseconds| {
            json!({
                "@type": "type.googleapis.com/google.rpc.RetryInfo",
                "retryDelay": format!("{}s", seconds(milliseconds)),
            })
        }),
        Fault::QuotaExhausted { .. } => Some(json!({
            "@type": "type.googleapis.com/google.rpc.QuotaFailure",
            "violations": [{ "subject": "api_key", "description": message }],
        })),
        _ => None,
    };
    if let (Some(detail), Some(error)) = (detail, error.as_object_mut()) {
        error.insert("details".to_owned(), json!([detail]));
    }
    json!({ "error": error })
}

/// RFC 9457. With `about:blank`, the title is the phrase of the status.
fn problem(fault: &Fault<'_>, status: Status, message: &str, request_id: &str) -> Value {
    json!({
        "type": "about:blank",
        "title": phrase(status.number),
        "status": status.number,
        "detail": message,
        "code": code(fault),
        "request_id": request_id,
    })
}
