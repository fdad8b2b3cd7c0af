//! Groups over the API.

use axum::extract::Path;
use tollgate_admin_core::group::{self, GroupChange, GroupInput};
use tollgate_admin_core::view::group::GroupView;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, answer, made};
use super::body::Sent;
use crate::access::Caller;
use crate::site::Site;

pub(super) fn router() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, edit, delete))
}

/// All groups.
#[utoipa::path(
    get,
    path = "/groups",
    tag = "groups",
    operation_id = "listGroups",
    responses((status = 200, body = Vec<GroupView>))
)]
async fn list(Caller(context): Caller) -> Answer {
    answer(group::list(&context).await)
}

/// Makes one of the groups.
#[utoipa::path(
    post,
    path = "/groups",
    tag = "groups",
    operation_id = "createGroup",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer for 24 hours")),
    request_body = GroupInput,
    responses((status = 201, body = GroupView))
)]
async fn create(Caller(context): Caller, sent: Sent<GroupInput>) -> Answer {
    let Sent { input, again } = sent;
    let owned = context.clone();
    made(&context, again, async move {
        group::create(&owned, &input).await
    })
    .await
}

/// One of the groups.
#[utoipa::path(
    get,
    path = "/groups/{id}",
    tag = "groups",
    operation_id = "showGroup",
    params(("id" = String, Path, description = "Its id or name")),
    responses((status = 200, body = GroupView))
)]
async fn show(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(group::show(&context, &id).await)
}

/// Changes what is named of it.
#[utoipa::path(
    patch,
    path = "/groups/{id}",
    tag = "groups",
    operation_id = "editGroup",
    params(("id" = String, Path, description = "Its id or name"), ("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    request_body = GroupChange,
    responses((status = 200, body = GroupView))
)]
async fn edit(Caller(context): Caller, Path(id): Path<String>, sent: Sent<GroupChange>) -> Answer {
    answer(group::edit(&context, &id, &sent.input).await)
}

/// Deletes it; gives what it was.
#[utoipa::path(
    delete,
    path = "/groups/{id}",
    tag = "groups",
    operation_id = "deleteGroup",
    params(("id" = String, Path, description = "Its id or name")),
    responses((status = 200, body = GroupView))
)]
async fn delete(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(group::delete(&context, &id).await)
}
