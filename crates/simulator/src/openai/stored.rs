//! What is kept of responses, below `/v1/responses/{id}`: each id that the simulator could have made
//! is known, and answered alike.

use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::failure::Failure;
use crate::prompt::Prompt;

pub(crate) fn read(call: &Call) -> Result<Answer, Failure> {
    let id = id(call)?;
    let is_cancel = call.path().ends_with("/cancel");
    Ok(Answer::Json(json!({
        "id": id,
        "object": "response",
        "status": if is_cancel { "cancelled" } else { "completed" },
        "model": "any",
        "output": [],
        "usage": {"input_tokens": 1_000, "output_tokens": 1_000, "total_tokens": 2_000},
    })))
}

pub(crate) fn delete(call: &Call) -> Result<Answer, Failure> {
    let id = id(call)?;
    Ok(Answer::Json(
        json!({"id": id, "object": "response", "deleted": true}),
    ))
}

pub(crate) fn input_items(call: &Call) -> Result<Answer, Failure> {
    id(call)?;
    Ok(Answer::Json(
        json!({"object": "list", "data": [], "has_more": false}),
    ))
}

/// `POST /v1/responses/input_tokens`
pub(crate) fn count(call: &Call) -> Result<Answer, Failure> {
    let ask = call.ask()?;
    ask.model()?;
    let nothing = Value::Null;
    let input = ask.get("input").unwrap_or(&nothing);
    let tokens = Prompt::measure(input, ask.get("instructions")).tokens();
    Ok(Answer::Json(
        json!({"object": "response.input_tokens", "input_tokens": tokens}),
    ))
}

fn id(call: &Call) -> Result<&str, Failure> {
    let rest = call.path().strip_prefix("/v1/responses/");
    let id = rest
        .and_then(|rest| rest.split('/').next())
        .unwrap_or_default();
    match id.starts_with("resp_sim") {
        true => Ok(id),
        false => Err(Failure::new(
            axum::http::StatusCode::NOT_FOUND,
            format!("there is no response `{id}`"),
        )),
    }
}
