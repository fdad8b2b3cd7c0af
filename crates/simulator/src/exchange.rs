//! The life of a request: read, record, door, script, route, answer. It must not know any route.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::Value;
use tokio::sync::watch;

use crate::call::{Answer, Call, Respond};
use crate::dialect::Dialect;
use crate::failure::Failure;
use crate::journal::{Journal, Open, Seen};
use crate::options::Pace;
use crate::paced::Paced;
use crate::script::Script;
use crate::sse::{Frame, Frames};

/// The largest request body, in bytes.
const MAX_BODY: usize = 64 * 1024 * 1024;

const EVENTS: &str = "text/event-stream; charset=utf-8";
const JSON: &str = "application/json";

/// What all calls share.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) credential: Option<Arc<str>>,
    pub(crate) pace: Pace,
    pub(crate) journal: Journal,
    /// True, or closed, once the simulator stops.
    pub(crate) stopping: watch::Receiver<bool>,
}

pub(crate) async fn exchange(app: App, request: Request, respond: Respond) -> Response {
    let (parts, body) = request.into_parts();
    let dialect = Dialect::of(parts.uri.path(), &parts.headers);
    let read = to_bytes(body, MAX_BODY).await;
    let body = read.as_ref().map_or(Bytes::new(), Bytes::clone);
    let open = app.journal.open(Seen::new(&parts, body.clone()));
    let number = open.number();
    let script = Script::read(&parts.headers);

    let (answer, script) = match (read, script) {
        (Err(_), _) => (Err(unreadable()), Script::default()),
        (_, Err(failure)) => (Err(failure), Script::default()),
        (Ok(_), Ok(script)) => {
            wait(&app, &script).await;
            let answer = decide(&app, parts, body, &script, number, respond);
            (answer, script)
        }
    };
    open.answered();
    let request_id = format!("sim-{number:012}");
    let mut response = match answer {
        Ok(Answer::Json(value)) => whole(StatusCode::OK, &value, &script, open),
        Ok(Answer::Text(text)) => text_whole(text, open),
        Ok(Answer::Stream(frames)) => stream(frames, EVENTS, app.pace, &script, open),
        Ok(Answer::Pieces(frames)) => stream(frames, JSON, app.pace, &script, open),
        Err(failure) => refuse(&failure, dialect, &request_id, &script, open),
    };
    if let Ok(value) = HeaderValue::try_from(request_id) {
        let name = HeaderName::from_static(dialect.request_id_header());
        response.headers_mut().insert(name, value);
    }
    response
}

/// A call that hangs is let go when the simulator stops, or it would never stop.
async fn wait(app: &App, script: &Script) {
    if script.hang {
        let _ = app.stopping.clone().wait_for(|stopping| *stopping).await;
    }
    let first_byte = script.first_byte.unwrap_or(app.pace.first_byte);
    if !first_byte.is_zero() {
        tokio::time::sleep(first_byte).await;
    }
}

fn decide(
    app: &App,
    parts: Parts,
    body: Bytes,
    script: &Script,
    number: u64,
    respond: Respond,
) -> Result<Answer, Failure> {
    if script.hang {
        return Err(Failure::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the simulator stops",
        ));
    }
    door(app, &parts.headers, script)?;
    respond(&Call {
        parts,
        body,
        script: script.clone(),
        number,
    })
}

/// Who may come in, and whom a script refuses.
pub(crate) fn door(app: &App, headers: &HeaderMap, script: &Script) -> Result<(), Failure> {
    if let Some(credential) = &app.credential
        && !presents(headers, credential)
    {
        return Err(Failure::wrong_credential());
    }
    match script.status {
        Some(status) => Err(Failure::scripted(status)),
        None => Ok(()),
    }
}

fn presents(headers: &HeaderMap, credential: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|it| it.to_str().ok());
    let from_scheme = text("authorization").and_then(|it| it.split_once(' '));
    let bearer = from_scheme.is_some_and(|(scheme, rest)| {
        let is_known =
            scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("apikey");
        is_known && rest.trim() == credential
    });
    let names = ["x-api-key", "api-key", "x-goog-api-key"];
    bearer || names.iter().any(|name| text(name) == Some(credential))
}

fn unreadable() -> Failure {
    Failure::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!("the body broke off or holds more than {MAX_BODY} bytes"),
    )
}

pub(crate) fn refuse(
    failure: &Failure,
    dialect: Dialect,
    request_id: &str,
    script: &Script,
    open: Open,
) -> Response {
    let body = failure.body(dialect, request_id);
    let mut response = whole(failure.status, &body, script, open);
    response.headers_mut().extend(failure.headers(dialect));
    response
}

fn stream(
    frames: Frames,
    content_type: &'static str,
    pace: Pace,
    script: &Script,
    open: Open,
) -> Response {
    let between = script.between_chunks.unwrap_or(pace.between_chunks);
    let body = Paced::new(frames, between, script.cut_after, open).into_body();
    let mut response = respond_with(StatusCode::OK, content_type, body);
    let no_cache = HeaderValue::from_static("no-cache");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_cache);
    response
}

/// A scripted cut breaks an answer that is not a stream off in its middle.
fn whole(status: StatusCode, value: &Value, script: &Script, mut open: Open) -> Response {
    let mut first = Bytes::from(value.to_string());
    let body = match script.cut_after {
        None => {
            open.end();
            Body::from(first)
        }
        Some(_) => {
            let rest = first.split_off(first.len() / 2);
            let frames = [Frame::Opening(first), Frame::Closing(rest)];
            Paced::new(Box::new(frames.into_iter()), Duration::ZERO, Some(0), open).into_body()
        }
    };
    respond_with(status, JSON, body)
}

fn text_whole(text: String, mut open: Open) -> Response {
    open.end();
    respond_with(
        StatusCode::OK,
        "text/plain; charset=utf-8",
        Body::from(text),
    )
}

fn respond_with(status: StatusCode, content_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static(content_type);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}
