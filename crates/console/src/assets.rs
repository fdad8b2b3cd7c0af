//! Style and script, under names that change with their content, so that they can be kept for good.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{self, HeaderValue};

use crate::problem::Problem;
use crate::site::Site;

const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

struct Asset {
    name: String,
    content: &'static str,
    kind: &'static str,
}

static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    let content = include_str!("../assets/console.css");
    Asset::new("console", "css", content, "text/css; charset=utf-8")
});
static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    let content = include_str!("../assets/console.js");
    Asset::new("console", "js", content, "text/javascript; charset=utf-8")
});
static MARK: LazyLock<Asset> = LazyLock::new(|| {
    let content = include_str!("../assets/mark.svg");
    Asset::new("mark", "svg", content, "image/svg+xml")
});

impl Asset {
    fn new(name: &str, ending: &str, content: &'static str, kind: &'static str) -> Self {
        let hash = blake3::hash(content.as_bytes()).to_hex();
        let hash: String = hash.chars().take(16).collect();
        let name = format!("{name}-{hash}.{ending}");
        Self {
            name,
            content,
            kind,
        }
    }
}

pub(crate) fn router() -> Router<Site> {
    Router::new().route("/assets/{name}", get(show))
}

/// Where the style is.
pub(crate) fn style() -> String {
    format!("/assets/{}", STYLE.name)
}

/// Where the script is.
pub(crate) fn script() -> String {
    format!("/assets/{}", SCRIPT.name)
}

/// Where the mark is.
pub(crate) fn mark() -> String {
    format!("/assets/{}", MARK.name)
}

async fn show(Path(name): Path<String>) -> Response {
    let all = [&*STYLE, &*SCRIPT, &*MARK];
    let Some(asset) = all.into_iter().find(|one| one.name == name) else {
        return Problem::not_found().into_response();
    };
    let kind = HeaderValue::from_static(asset.kind);
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, FOREVER),
    ];
    (headers, asset.content).into_response()
}
