//! What a fault says to a person: what is wrong, and what to do. Never what would have been let in.

use std::borrow::Cow;

use super::{Fault, LimitKind, bounded, seconds};

/// The longest part of a client's own text that is repeated to it, in characters.
const REPEATED: usize = 200;

/// One or two sentences in English.
pub(super) fn of(fault: &Fault<'_>) -> Cow<'static, str> {
    let said = match fault {
        Fault::BadRequest(what) => sentence(what),
        Fault::ModelNotFound(model) => {
            let model = repeated(model);
            format!(
                "The model `{model}` does not exist or you do not have access to it. List the models of this API key with GET /v1/models."
            )
        }
        Fault::ResponseNotFound(id) => format!(
            "There is no response `{}`, or it was not made with this API key.",
            repeated(id)
        ),
        Fault::PreviousResponseNotFound(id) => format!(
            "There is no previous response `{}`, or it was not made with this API key. Send what it said again, as input.",
            repeated(id)
        ),
        Fault::RateLimited {
            kind,
            retry_after_ms,
        } => limited(*kind, seconds(bounded(*retry_after_ms))),
        Fault::QuotaExhausted { resets: Some(at) } => {
            format!("The quota of this API key is used up. It starts again at {at}.")
        }
        Fault::BodyTooLarge { limit } => {
            format!("The request body is too large. Send at most {limit} bytes.")
        }
        Fault::MethodNotAllowed { allow } => {
            format!("This path does not take the method. Use one of {allow}.")
        }
        other => return Cow::Borrowed(fixed(other)),
    };
    Cow::Owned(said)
}

fn repeated(text: &str) -> String {
    text.chars().take(REPEATED).collect()
}

fn limited(kind: LimitKind, wait: u64) -> String {
    let what = match kind {
        LimitKind::Requests => "requests per minute",
        LimitKind::Tokens => "tokens per minute",
        LimitKind::Concurrency => "requests at once",
    };
    format!("Rate limit reached for {what}. Please try again in {wait}s.")
}

const fn fixed(fault: &Fault<'_>) -> &'static str {
    match fault {
        Fault::MissingCredential => {
            "No API key was sent. Send it as `Authorization: Bearer YOUR_KEY`."
        }
        Fault::TwoCredentials => {
            "The request carries two different API keys. Send one, in one header."
        }
        Fault::UnknownCredential => "The API key is not valid. Check it, or ask for a new one.",
        Fault::OperatorCredential => {
            "This is a credential of the admin API, which calls no model. Send an API key, which begins with `sk-tg-`."
        }
        Fault::TokenDisabled => "This API key is disabled. Ask its owner to enable it.",
        Fault::TokenExpired => "This API key has expired. Ask its owner for a new one.",
        Fault::AddressNotAllowed => {
            "This API key may not be used from your IP address. Ask its owner to allow it."
        }
        Fault::EndpointNotAllowed => {
            "This API key may not use this endpoint. Ask its owner to allow it."
        }
        Fault::QuotaExhausted { resets: None } => {
            "The quota of this API key or the balance of its account is used up. Ask the owner to raise it."
        }
        Fault::HeadersTooLarge => "The request headers are too large. Send fewer or shorter ones.",
        Fault::RequestTimeout => "The request came too slowly. Send it again without pauses.",
        Fault::RouteNotFound => {
            "There is nothing at this path. Check the base URL and the path of the request."
        }
        Fault::ExpectationFailed => {
            "The `Expect` header asks for something unknown. Send `100-continue` or leave it out."
        }
        Fault::UpgradeRequired => {
            "This path is a WebSocket. Ask for `Upgrade: websocket` of version 13 over HTTP/1.1."
        }
        Fault::NoWebSocket => {
            "There is no WebSocket at this path. Send a `POST` request, which can be answered as a stream."
        }
        Fault::Overloaded { .. } => "The gateway is overloaded. Try again after a short wait.",
        Fault::UpstreamFailed => {
            "The upstream provider gave no usable answer. Try again, or use another model."
        }
        Fault::UpstreamTimeout => {
            "The upstream provider did not answer in time. Try again, or use another model."
        }
        Fault::StoreUnavailable => {
            "The API key cannot be checked right now. Try again after a short wait."
        }
        _ => "The gateway failed. Try again, and report the request id if it fails again.",
    }
}

/// Makes a sentence of an error message, which has neither a capital nor a full stop.
fn sentence(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    format!("The request is not valid: {text}.")
}
