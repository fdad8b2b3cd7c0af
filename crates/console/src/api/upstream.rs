//! Upstreams over the API. Their credentials are written, and never read.

mod body;

use axum::extract::Path;
use tollgate_admin_core::upstream::{self, TestInput};
use tollgate_admin_core::view::upstream::{TestView, UpstreamView};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::body::{CredentialBody, UpstreamBody, UpstreamEditBody};
use super::answer::{Answer, answer, made};
use super::body::Sent;
use crate::access::Caller;
use crate::site::Site;

pub(super) fn router() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, edit, delete))
        .routes(routes!(test))
        .routes(routes!(put_credential, remove_credential))
}

/// All upstreams.
#[utoipa::path(get, path = "/upstreams", tag = "upstreams", operation_id = "listUpstreams",
    responses((status = 200, body = Vec<UpstreamView>)))]
async fn list(Caller(context): Caller) -> Answer {
    answer(upstream::list(&context).await)
}

/// Makes an upstream.
#[utoipa::path(post, path = "/upstreams", tag = "upstreams", operation_id = "createUpstream",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer for 24 hours")),
    request_body = UpstreamBody, responses((status = 201, body = UpstreamView)))]
async fn create(Caller(context): Caller, sent: Sent<UpstreamBody>) -> Answer {
    let Sent { input, again } = sent;
    let owned = context.clone();
    let work = Box::pin(async move { upstream::create(&owned, input.into()).await });
    made(&context, again, work).await
}

/// An upstream.
#[utoipa::path(get, path = "/upstreams/{id}", tag = "upstreams", operation_id = "showUpstream",
    params(("id" = String, Path, description = "Its id or name")),
    responses((status = 200, body = UpstreamView)))]
async fn show(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(upstream::show(&context, &id).await)
}

/// Changes what is named of an upstream.
#[utoipa::path(patch, path = "/upstreams/{id}", tag = "upstreams", operation_id = "editUpstream",
    params(("id" = String, Path, description = "Its id or name"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    request_body = UpstreamEditBody, responses((status = 200, body = UpstreamView)))]
async fn edit(
    Caller(context): Caller,
    Path(id): Path<String>,
    sent: Sent<UpstreamEditBody>,
) -> Answer {
    answer(upstream::edit(&context, &id, sent.input.into()).await)
}

/// Deletes an upstream; gives what it was.
#[utoipa::path(delete, path = "/upstreams/{id}", tag = "upstreams", operation_id = "deleteUpstream",
    params(("id" = String, Path, description = "Its id or name")),
    responses((status = 200, body = UpstreamView)))]
async fn delete(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(upstream::delete(&context, &id).await)
}

/// Makes one small real call. A failed test is an answer.
#[utoipa::path(post, path = "/upstreams/{id}/test", tag = "upstreams", operation_id = "testUpstream",
    params(("id" = String, Path, description = "Its id or name")),
    request_body = TestInput, responses((status = 200, body = TestView)))]
async fn test(Caller(context): Caller, Path(id): Path<String>, sent: Sent<TestInput>) -> Answer {
    answer(upstream::test(&context, &id, &sent.input).await)
}

/// Adds a credential, or replaces or switches the one of this name.
#[utoipa::path(put, path = "/upstreams/{id}/credentials/{name}", tag = "upstreams", operation_id = "putCredential",
    params(("id" = String, Path, description = "Id or name of the upstream"),
        ("name" = String, Path, description = "Name of the credential")),
    request_body = CredentialBody, responses((status = 200, body = UpstreamView)))]
async fn put_credential(
    Caller(context): Caller,
    Path((id, name)): Path<(String, String)>,
    sent: Sent<CredentialBody>,
) -> Answer {
    let body = sent.input;
    let has = upstream::show(&context, &id)
        .await?
        .credentials
        .iter()
        .any(|one| one.name == name);
    let enabled = body.enabled;
    let mut done = match (has, body.input()) {
        (true, Some(input)) => upstream::credential::replace(&context, &id, &name, input).await,
        (false, Some(input)) => upstream::credential::add(&context, &id, &name, input).await,
        (_, None) => upstream::show(&context, &id).await,
    };
    if let (Ok(_), Some(enabled)) = (&done, enabled) {
        done = upstream::credential::enable(&context, &id, &name, enabled).await;
    }
    answer(done)
}

/// Removes a credential.
#[utoipa::path(delete, path = "/upstreams/{id}/credentials/{name}", tag = "upstreams", operation_id = "removeCredential",
    params(("id" = String, Path, description = "Id or name of the upstream"),
        ("name" = String, Path, description = "Name of the credential")),
    responses((status = 200, body = UpstreamView)))]
async fn remove_credential(
    Caller(context): Caller,
    Path((id, name)): Path<(String, String)>,
) -> Answer {
    answer(upstream::credential::remove(&context, &id, &name).await)
}
