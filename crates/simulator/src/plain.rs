//! A plain HTTP API that says back what it was asked, with a few customers.

use axum::http::header;
use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::failure::Failure;

pub(crate) fn echo(call: &Call) -> Result<Answer, Failure> {
    let mut answer = json!({
        "method": call.parts.method.as_str(),
        "path": call.path(),
        "query": call.parts.uri.query().unwrap_or_default(),
        "customers": customers(),
    });
    if let Some(received) = received(call)?
        && let Some(fields) = answer.as_object_mut()
    {
        fields.insert("received".to_owned(), received);
    }
    Ok(Answer::Json(answer))
}

fn customers() -> Value {
    json!([
        {"id": 1, "name": "Nordlicht GmbH", "city": "Kiel"},
        {"id": 2, "name": "Casa Verde", "city": "Porto"},
        {"id": 3, "name": "Harbour & Sons", "city": "Cork"},
    ])
}

/// Bodies that do not claim to be JSON, and are not, are passed over.
fn received(call: &Call) -> Result<Option<Value>, Failure> {
    let content_type = call.parts.headers.get(header::CONTENT_TYPE);
    let claims_json = content_type.is_some_and(|it| it.as_bytes().starts_with(b"application/json"));
    match serde_json::from_slice(&call.body) {
        Ok(value) => Ok(Some(value)),
        Err(error) if claims_json && !call.body.is_empty() => Err(Failure::bad_request(format!(
            "the body is not valid JSON: {error}"
        ))),
        Err(_) => Ok(None),
    }
}
