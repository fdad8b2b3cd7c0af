//! What the API answers: JSON, with the version of a thing as its ETag.

use std::future::Future;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{self, HeaderValue};
use serde::Serialize;
use serde_json::Value;
use tollgate_admin_core::{AdminError, Context, idempotency};

use super::body::Again;
use crate::problem::Problem;

pub(super) type Answer = Result<Response, Problem>;

/// The answer of a use case.
pub(super) fn answer<T: Serialize>(outcome: Result<T, AdminError>) -> Answer {
    let value = serde_json::to_value(outcome?).unwrap_or_default();
    Ok(with(StatusCode::OK, &value))
}

/// A creation: once only, where it has a key.
pub(super) async fn made<T, F>(context: &Context, again: Again, work: F) -> Answer
where
    T: Serialize,
    F: Future<Output = Result<T, AdminError>> + Send + 'static,
{
    // Work is large; the futures that wait for it need not be.
    let work = Box::pin(work);
    let Some(key) = again.key else {
        let value = serde_json::to_value(work.await?).unwrap_or_default();
        return Ok(with(StatusCode::CREATED, &value));
    };
    let bytes = async move { Ok(serde_json::to_vec(&work.await?).unwrap_or_default()) };
    let done = idempotency::once(context, &key, &again.request, bytes).await?;
    let value = serde_json::from_slice(&done.body).unwrap_or_default();
    let mut answer = with(StatusCode::CREATED, &value);
    if done.replayed {
        let headers = answer.headers_mut();
        headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    }
    Ok(answer)
}

fn with(status: StatusCode, value: &Value) -> Response {
    let json = HeaderValue::from_static("application/json");
    let body = serde_json::to_vec(value).unwrap_or_default();
    let mut answer = (status, [(header::CONTENT_TYPE, json)], body).into_response();
    let version = value.get("version").and_then(Value::as_i64);
    if let Some(tag) = version.and_then(|one| HeaderValue::from_str(&format!("\"{one}\"")).ok()) {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    answer
}
