//! Server-sent events that pass through: where something may be inserted, and what is.
//! It never looks into an event, and never holds one back.

use serde::Serialize;
use serde_json::json;
use tollgate_policy::endpoint::{Dialect, Endpoint};

/// An SSE comment: every parser skips it. To be sent only at an [`EventBoundary`].
pub const KEEP_ALIVE: &[u8] = b": keep-alive\n\n";

/// Tells whether a stream of events stands between two of them, in constant memory.
///
/// Lines end in LF, CRLF or CR, and an empty line ends an event. A CR that was the last byte so
/// far may be the first half of a CRLF: it counts as the end of an empty line only after another
/// CR, because only a stream whose lines end in bare CR has two in a row. After LF (`\n\r`, the
/// first three quarters of `\r\n\r\n`) the scanner waits for the next byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventBoundary {
    /// The last bytes, oldest first. A stream starts as if an empty line had just ended.
    tail: [u8; 3],
}

impl EventBoundary {
    /// A scanner at the start of a stream, which is a boundary.
    pub const fn new() -> Self {
        Self { tail: *b"\n\n\n" }
    }

    /// Takes the next bytes of the stream, cut anywhere. Costs the same for any length.
    pub fn push(&mut self, bytes: &[u8]) {
        let start = bytes.len().saturating_sub(self.tail.len());
        for byte in bytes.iter().skip(start) {
            let [_, second, third] = self.tail;
            self.tail = [second, third, *byte];
        }
    }

    /// Whether a whole event, or nothing, has passed since the last one began.
    pub const fn at_boundary(&self) -> bool {
        matches!(
            self.tail,
            [_, b'\n', b'\n'] | [_, b'\r', b'\r'] | [b'\n' | b'\r', b'\r', b'\n']
        )
    }
}

impl Default for EventBoundary {
    fn default() -> Self {
        Self::new()
    }
}

/// The event that tells a client of the dialect that its stream broke off.
///
/// To be sent only at an [`EventBoundary`], as the last bytes of the body: inside an event it
/// would complete a torn one, which clients report as bad JSON, and there breaking the connection
/// off is the clearer sign. It is never followed by `[DONE]` or `message_stop`.
///
/// - OpenAI: an event with an `error` object, on which the official SDKs raise.
/// - OpenAI Responses: the API's own flat `error` event, which the SDKs deliver without raising,
///   and the nested `error` object as well, on which they raise. Codex ends the turn at either.
///   `sequence_number`, which strict readers want, is 0: the true one is not known here.
/// - Anthropic: `event: error`. Without it, its SDKs take a cut stream for a finished one.
/// - Gemini: a chunk with an `error` object.
/// - Plain: nothing, since the protocol is not known. The connection must be broken off.
pub fn stream_error(
    dialect: Dialect,
    endpoint: Endpoint,
    message: &str,
    request_id: &str,
) -> Vec<u8> {
    let told = format!("{message} (request id: {request_id})");
    let error = json!({
        "message": told, "type": "server_error", "param": null, "code": "upstream_error",
    });
    match (dialect, endpoint) {
        (Dialect::OpenAi, Endpoint::Responses) => {
            let body = json!({
                "type": "error", "code": "upstream_error", "message": told, "param": null,
                "sequence_number": 0, "error": error,
            });
            event("event: error\n", &body)
        }
        (Dialect::OpenAi, _) => event("", &json!({ "error": error })),
        (Dialect::Anthropic, _) => {
            let error = json!({ "type": "api_error", "message": message });
            let body = json!({ "type": "error", "error": error, "request_id": request_id });
            event("event: error\n", &body)
        }
        (Dialect::Gemini, _) => {
            let error = json!({ "code": 502, "message": told, "status": "UNAVAILABLE" });
            event("", &json!({ "error": error }))
        }
        (Dialect::Plain, _) => Vec::new(),
    }
}

/// JSON has no raw line ends, so one `data` line holds it.
fn event(head: &str, body: &impl Serialize) -> Vec<u8> {
    let mut bytes = format!("{head}data: ").into_bytes();
    // Writing JSON into memory has no way to fail.
    let _ = serde_json::to_writer(&mut bytes, body);
    bytes.extend_from_slice(b"\n\n");
    bytes
}

#[cfg(test)]
mod tests;
