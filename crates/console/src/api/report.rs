//! What gateways report, over the API: themselves, refused calls, and first bytes.

use axum::extract::Path;
use tollgate_admin_core::input::span::SpanFilter;
use tollgate_admin_core::refusal::{self, RefusalCountFilter, RefusalFilter};
use tollgate_admin_core::view::Page;
use tollgate_admin_core::view::first_byte::FirstBytesView;
use tollgate_admin_core::view::gateway::GatewayView;
use tollgate_admin_core::view::refusal::{RefusalView, RefusalsView};
use tollgate_admin_core::{first_byte, gateway};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, answer};
use super::body::Asked;
use crate::access::Caller;
use crate::site::Site;

pub(super) fn router() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(gateways))
        .routes(routes!(refusals))
        .routes(routes!(count))
        .routes(routes!(one_refusal))
        .routes(routes!(first_bytes))
}

/// The gateways that run, and those that fell silent without having ended in order.
#[utoipa::path(
    get,
    path = "/gateways",
    tag = "upstreams",
    operation_id = "listGateways",
    responses((status = 200, body = [GatewayView]))
)]
async fn gateways(Caller(context): Caller) -> Answer {
    answer(gateway::list(&context).await)
}

/// One page of refused calls, the newest first: of each token the last fifty are kept.
#[utoipa::path(
    get,
    path = "/refusals",
    tag = "usage",
    operation_id = "listRefusals",
    params(RefusalFilter),
    responses((status = 200, body = Page<RefusalView>))
)]
async fn refusals(Caller(context): Caller, Asked(filter): Asked<RefusalFilter>) -> Answer {
    answer(refusal::list(&context, &filter).await)
}

/// How often calls were refused, by time and code.
#[utoipa::path(
    get,
    path = "/refusals/count",
    tag = "usage",
    operation_id = "countRefusals",
    params(RefusalCountFilter),
    responses((status = 200, body = RefusalsView))
)]
async fn count(Caller(context): Caller, Asked(filter): Asked<RefusalCountFilter>) -> Answer {
    answer(refusal::count(&context, &filter).await)
}

/// Why one call was refused, by its request id.
#[utoipa::path(
    get,
    path = "/refusals/{id}",
    tag = "usage",
    operation_id = "showRefusal",
    params(("id" = String, Path, description = "The request id of its answer")),
    responses((status = 200, body = RefusalView))
)]
async fn one_refusal(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(refusal::show(&context, &id).await)
}

/// How long first bytes of relayed answers took, by time.
#[utoipa::path(
    get,
    path = "/first-bytes",
    tag = "usage",
    operation_id = "firstBytes",
    params(SpanFilter),
    responses((status = 200, body = FirstBytesView))
)]
async fn first_bytes(Caller(context): Caller, Asked(filter): Asked<SpanFilter>) -> Answer {
    answer(first_byte::report(&context, &filter).await)
}
