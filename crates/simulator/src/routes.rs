//! The table of routes.

use std::pin::Pin;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{MethodRouter, any, get, post};

use crate::call::{Answer, Call, Respond};
use crate::exchange::{App, exchange};
use crate::failure::Failure;
use crate::{anthropic, openai, plain};

pub(crate) fn routes(app: App) -> Router {
    Router::new()
        .route("/v1/chat/completions", posted(openai::chat::answer))
        .route("/v1/completions", posted(openai::completions::answer))
        .route("/v1/embeddings", posted(openai::embeddings::answer))
        .route("/v1/responses", posted(openai::responses::answer))
        .route("/v1/models", got(openai::models::list))
        .route("/v1/models/{id}", got(openai::models::one))
        .route("/v1/messages", posted(anthropic::messages))
        .route("/v1/messages/count_tokens", posted(anthropic::count_tokens))
        .route("/crm", any(Serve(plain::echo)))
        .route("/crm/{*path}", any(Serve(plain::echo)))
        .fallback(Serve(unknown_path))
        .method_not_allowed_fallback(Serve(wrong_method))
        .with_state(app)
}

fn posted(respond: Respond) -> MethodRouter<App> {
    post(Serve(respond))
}

fn got(respond: Respond) -> MethodRouter<App> {
    get(Serve(respond))
}

/// Joins a route, which only decides, with the exchange, which does the rest.
#[derive(Clone)]
struct Serve(Respond);

impl Handler<(), App> for Serve {
    type Future = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn call(self, request: Request, app: App) -> Self::Future {
        Box::pin(exchange(app, request, self.0))
    }
}

fn unknown_path(call: &Call) -> Result<Answer, Failure> {
    Err(Failure::new(
        StatusCode::NOT_FOUND,
        format!("there is nothing at `{}`", call.path()),
    ))
}

fn wrong_method(call: &Call) -> Result<Answer, Failure> {
    Err(Failure::new(
        StatusCode::METHOD_NOT_ALLOWED,
        format!("`{}` does not answer {}", call.path(), call.parts.method),
    ))
}
