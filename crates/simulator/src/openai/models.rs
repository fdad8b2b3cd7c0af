//! `GET /v1/models`, which both model APIs have. The calls themselves take any model name.

use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::dialect::Dialect;
use crate::failure::Failure;

/// Listed for chat completions, completions and responses.
pub const CHAT_MODEL: &str = "sim-chat";
/// Listed for embeddings.
pub const EMBEDDING_MODEL: &str = "sim-embedding";
/// Listed for Anthropic's messages.
pub const MESSAGES_MODEL: &str = "sim-messages";

/// Listed for Gemini's dialect.
pub const GEMINI_MODEL: &str = "sim-gemini";

const MODELS: [&str; 4] = [CHAT_MODEL, EMBEDDING_MODEL, MESSAGES_MODEL, GEMINI_MODEL];
/// 1 January 2026, in seconds since 1970 and in the form that Anthropic uses.
const CREATED: u64 = 1_767_225_600;
const CREATED_AT: &str = "2026-01-01T00:00:00Z";

pub(crate) fn list(call: &Call) -> Result<Answer, Failure> {
    let dialect = dialect(call);
    let data = MODELS.map(|id| model(id, dialect));
    Ok(Answer::Json(match dialect {
        Dialect::Anthropic => json!({
            "data": data,
            "has_more": false,
            "first_id": CHAT_MODEL,
            "last_id": GEMINI_MODEL,
        }),
        Dialect::Gemini => json!({"models": data}),
        Dialect::OpenAi | Dialect::Plain => json!({"object": "list", "data": data}),
    }))
}

pub(crate) fn one(call: &Call) -> Result<Answer, Failure> {
    let id = call.path().rsplit('/').next().unwrap_or_default();
    match MODELS.contains(&id) {
        true => Ok(Answer::Json(model(id, dialect(call)))),
        false => Err(Failure::unknown_model(id)),
    }
}

fn dialect(call: &Call) -> Dialect {
    Dialect::of(call.path(), &call.parts.headers)
}

fn model(id: &str, dialect: Dialect) -> Value {
    match dialect {
        Dialect::Anthropic => json!({
            "type": "model",
            "id": id,
            "display_name": id,
            "created_at": CREATED_AT,
        }),
        Dialect::Gemini => json!({
            "name": format!("models/{id}"),
            "displayName": id,
            "supportedGenerationMethods": ["generateContent", "countTokens"],
        }),
        Dialect::OpenAi | Dialect::Plain => json!({
            "id": id,
            "object": "model",
            "created": CREATED,
            "owned_by": "simulator",
        }),
    }
}
