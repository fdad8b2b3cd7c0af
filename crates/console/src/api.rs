//! The JSON API: a file for each kind of thing. Its document is made from the same lines that serve
//! it, and what the document does not know is refused.

mod account;
mod answer;
mod audit;
mod body;
mod document;
mod group;
mod link;
mod model;
mod person;
mod profile;
mod report;
mod schema;
mod token;
mod upstream;
mod usage;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use http::header;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::problem::Problem;
use crate::site::Site;

pub(crate) fn router() -> Router<Site> {
    let (router, api) = routes().split_for_parts();
    let text = document::finished(api);
    let show = move || async move {
        let kind = [(header::CONTENT_TYPE, "application/json")];
        (kind, text).into_response()
    };
    router
        .route("/openapi.json", get(show))
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method())
}

/// The OpenAPI document of the JSON API.
pub fn openapi() -> String {
    let (_, api) = routes().split_for_parts();
    document::finished(api)
}

fn routes() -> OpenApiRouter<Site> {
    OpenApiRouter::with_openapi(document::Document::openapi())
        .merge(token::router())
        .merge(account::router())
        .merge(group::router())
        .merge(model::router())
        .merge(upstream::router())
        .merge(usage::router())
        .merge(report::router())
        .merge(audit::router())
        .merge(person::router())
        .merge(profile::router())
}
