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
use crate::{anthropic, gemini, openai, plain, realtime};

pub(crate) fn routes(app: App) -> Router {
    Router::new()
        .route("/v1/chat/completions", posted(openai::chat::answer))
        .route("/v1/completions", posted(openai::completions::answer))
        .route("/v1/embeddings", posted(openai::embeddings::answer))
        .route("/v1/responses", posted(openai::responses::answer))
        .route("/v1/models", got(openai::models::list))
        .route("/v1/models/{id}", gemini_model())
        .route("/v1beta/models", got(openai::models::list))
        .route("/v1beta/models/{id}", gemini_model())
        .route("/v1/responses/input_tokens", posted(openai::stored::count))
        .route("/v1/responses/compact", posted(openai::responses::answer))
        .route("/v1/responses/{id}", stored())
        .route("/v1/responses/{id}/cancel", posted(openai::stored::read))
        .route(
            "/v1/responses/{id}/input_items",
            got(openai::stored::input_items),
        )
        .route(
            "/v1/audio/transcriptions",
            posted(openai::audio::transcribe),
        )
        .route("/v1/audio/translations", posted(openai::audio::transcribe))
        .route("/v1/images/generations", posted(openai::images::generate))
        .route("/v1/images/edits", posted(openai::images::edit))
        .route("/v1/images/variations", posted(openai::images::vary))
        .route("/v1/realtime", get(realtime::session))
        .merge(azure())
        .route("/v1/messages", posted(anthropic::messages))
        .route("/v1/messages/count_tokens", posted(anthropic::count_tokens))
        .route("/crm", any(Serve(plain::echo)))
        .route("/crm/{*path}", any(Serve(plain::echo)))
        .fallback(Serve(unknown_path))
        .method_not_allowed_fallback(Serve(wrong_method))
        .with_state(app)
}

/// The model is named in the path.
fn azure() -> Router<App> {
    let routes: [(&str, Respond); 6] = [
        ("chat/completions", openai::chat::answer),
        ("completions", openai::completions::answer),
        ("embeddings", openai::embeddings::answer),
        ("images/generations", openai::images::generate),
        ("audio/transcriptions", openai::audio::transcribe),
        ("audio/translations", openai::audio::transcribe),
    ];
    routes
        .into_iter()
        .fold(Router::new(), |router, (path, respond)| {
            let path = format!("/openai/deployments/{{model}}/{path}");
            router.route(&path, posted(respond))
        })
}

fn gemini_model() -> MethodRouter<App> {
    got(openai::models::one).post(Serve(gemini::answer))
}

fn stored() -> MethodRouter<App> {
    got(openai::stored::read).delete(Serve(openai::stored::delete))
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
