//! One call that passed the door, as the routes see it, and what they make of it.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::request::Parts;
use bytes::Bytes;
use serde_json::Value;

use crate::ask::Ask;
use crate::failure::Failure;
use crate::script::Script;
use crate::sse::Frames;

/// A request that was read whole.
pub(crate) struct Call {
    pub(crate) parts: Parts,
    pub(crate) body: Bytes,
    pub(crate) script: Script,
    /// The order of arrival, from 1; ids are made of it.
    pub(crate) number: u64,
}

/// What a route answers when all is well.
pub(crate) enum Answer {
    Json(Value),
    /// Plain text.
    Text(String),
    /// Server-sent events.
    Stream(Frames),
    /// One JSON text, piece by piece.
    Pieces(Frames),
}

/// A route: no I/O, no waiting.
pub(crate) type Respond = fn(&Call) -> Result<Answer, Failure>;

impl Call {
    /// The body as a JSON object.
    pub(crate) fn ask(&self) -> Result<Ask, Failure> {
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(mut fields)) => {
                // Azure's clients name the model in the path, and need not in the body.
                if let Some(model) = self.deployment() {
                    fields.insert("model".to_owned(), model.into());
                }
                Ok(Ask::new(fields))
            }
            Ok(_) => Err(Failure::bad_request("the body must be a JSON object")),
            Err(error) => Err(Failure::bad_request(format!(
                "the body is not valid JSON: {error}"
            ))),
        }
    }

    /// An id with the prefix that the dialect gives to this kind of object.
    pub(crate) fn id(&self, prefix: &str) -> String {
        format!("{prefix}sim{:012}", self.number)
    }

    /// The model in a path of Azure's form.
    pub(crate) fn deployment(&self) -> Option<&str> {
        let rest = self.path().strip_prefix("/openai/deployments/")?;
        rest.split('/').next()
    }

    pub(crate) fn path(&self) -> &str {
        self.parts.uri.path()
    }
}

/// Seconds since 1970.
pub(crate) fn created() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |it| it.as_secs())
}
