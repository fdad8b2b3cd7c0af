//! Tokens: the list, one token, making and changing one, and asking why its calls are refused.

mod act;
pub(super) mod bulk;
pub(super) mod detail;
mod edit;
mod example;
pub(super) mod list;
pub(super) mod sheet;
mod uses;
mod why;

use axum::Router;
use axum::routing::{get, post};

use crate::site::Site;

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/tokens", get(list::show).post(edit::create))
        .route("/tokens/new", get(edit::new))
        .route("/tokens/bulk", post(bulk::act))
        .route("/tokens/export", get(bulk::export))
        .route("/tokens/{id}", get(detail::show).post(edit::save))
        .route("/tokens/{id}/edit", get(edit::form))
        .route("/tokens/{id}/why", get(why::show))
        .route("/tokens/{id}/enable", post(act::enable))
        .route("/tokens/{id}/disable", post(act::disable))
        .route("/tokens/{id}/rotate", post(act::rotate))
        .route("/tokens/{id}/reveal", post(act::reveal))
        .route("/tokens/{id}/revoke", post(act::revoke))
        .route("/tokens/{id}/delete", post(act::delete))
}
