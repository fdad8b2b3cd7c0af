//! The error document of each dialect.

use serde::Serialize;
use tollgate_policy::endpoint::Dialect;

use super::status::{Status, phrase};
use super::{Fault, code, saying, seconds, wait};

/// More bytes than most documents have.
const USUAL: usize = 384;

/// The document that says a fault, as JSON.
pub(super) fn of(fault: &Fault<'_>, dialect: Dialect, status: Status, request_id: &str) -> Vec<u8> {
    let message: &str = &saying::of(fault);
    match dialect {
        Dialect::OpenAi => written(&Wrapped {
            error: openai(fault, status, message),
        }),
        Dialect::Anthropic => written(&Anthropic {
            kind: "error",
            error: AnthropicError {
                kind: status.kind,
                message,
            },
            request_id,
        }),
        Dialect::Gemini => written(&Wrapped {
            error: gemini(fault, status, message),
        }),
        // RFC 9457. With `about:blank`, the title is the phrase of the status.
        Dialect::Plain => written(&Problem {
            kind: "about:blank",
            title: phrase(status.number),
            status: status.number,
            detail: message,
            code: code(fault),
            request_id,
        }),
    }
}

fn written(document: &impl Serialize) -> Vec<u8> {
    let mut text = Vec::with_capacity(USUAL);
    // Texts and numbers under names of ours can always be written.
    let _ = serde_json::to_writer(&mut text, document);
    text
}

#[derive(Serialize)]
struct Wrapped<T> {
    error: T,
}

/// OpenAI's schema requires all four keys.
#[derive(Serialize)]
struct OpenAi<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    param: Option<&'static str>,
    code: &'static str,
}

fn openai<'a>(fault: &Fault<'_>, status: Status, message: &'a str) -> OpenAi<'a> {
    let param = match fault {
        Fault::ModelNotFound(_) => Some("model"),
        Fault::PreviousResponseNotFound(_) => Some("previous_response_id"),
        _ => None,
    };
    OpenAi {
        message,
        kind: status.kind,
        param,
        code: code(fault),
    }
}

#[derive(Serialize)]
struct Anthropic<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    error: AnthropicError<'a>,
    request_id: &'a str,
}

#[derive(Serialize)]
struct AnthropicError<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    message: &'a str,
}

#[derive(Serialize)]
struct Gemini<'a> {
    code: u16,
    message: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<[Detail<'a>; 1]>,
}

/// What its SDKs look for among the details.
#[derive(Serialize)]
#[serde(tag = "@type")]
enum Detail<'a> {
    #[serde(rename = "type.googleapis.com/google.rpc.RetryInfo")]
    Retry {
        #[serde(rename = "retryDelay")]
        delay: String,
    },
    #[serde(rename = "type.googleapis.com/google.rpc.QuotaFailure")]
    Quota { violations: [Violation<'a>; 1] },
}

#[derive(Serialize)]
struct Violation<'a> {
    subject: &'static str,
    description: &'a str,
}

fn gemini<'a>(fault: &Fault<'_>, status: Status, message: &'a str) -> Gemini<'a> {
    let detail = match fault {
        Fault::RateLimited { .. } => wait(fault).map(|milliseconds| Detail::Retry {
            delay: format!("{}s", seconds(milliseconds)),
        }),
        Fault::QuotaExhausted { .. } => Some(Detail::Quota {
            violations: [Violation {
                subject: "api_key",
                description: message,
            }],
        }),
        _ => None,
    };
    Gemini {
        code: status.number,
        message,
        status: status.kind,
        details: detail.map(|detail| [detail]),
    }
}

#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    request_id: &'a str,
}
