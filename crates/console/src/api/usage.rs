//! Usage, receipts and alerts over the API.

use axum::extract::Path;
use tollgate_admin_core::alert::{self, AlertFilter};
use tollgate_admin_core::receipt::{self, ReceiptFilter};
use tollgate_admin_core::usage::{self, PruneInput, UsageFilter};
use tollgate_admin_core::view::Page;
use tollgate_admin_core::view::alert::AlertView;
use tollgate_admin_core::view::receipt::ReceiptView;
use tollgate_admin_core::view::usage::{PrunedView, ReportView};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, answer};
use super::body::{Asked, Sent};
use crate::access::Caller;
use crate::site::Site;

pub(super) fn router() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(report))
        .routes(routes!(prune))
        .routes(routes!(receipts))
        .routes(routes!(one_receipt))
        .routes(routes!(alerts))
}

/// What was used and what it cost, by any breakdown.
#[utoipa::path(
    get,
    path = "/usage",
    tag = "usage",
    operation_id = "usage",
    params(UsageFilter),
    responses((status = 200, body = ReportView))
)]
async fn report(Caller(context): Caller, Asked(filter): Asked<UsageFilter>) -> Answer {
    answer(usage::report(&context, &filter).await)
}

/// Lets go of old receipts, and sums up old days.
#[utoipa::path(
    post,
    path = "/usage/prune",
    tag = "usage",
    operation_id = "pruneUsage",
    request_body = PruneInput,
    responses((status = 200, body = PrunedView))
)]
async fn prune(Caller(context): Caller, sent: Sent<PruneInput>) -> Answer {
    answer(usage::prune(&context, &sent.input).await)
}

/// One page of single calls, the newest first.
#[utoipa::path(
    get,
    path = "/receipts",
    tag = "usage",
    operation_id = "listReceipts",
    params(ReceiptFilter),
    responses((status = 200, body = Page<ReceiptView>))
)]
async fn receipts(Caller(context): Caller, Asked(filter): Asked<ReceiptFilter>) -> Answer {
    answer(receipt::list(&context, &filter).await)
}

/// What one call used and cost, by its request id.
#[utoipa::path(
    get,
    path = "/receipts/{id}",
    tag = "usage",
    operation_id = "showReceipt",
    params(("id" = String, Path, description = "Its id or name")),
    responses((status = 200, body = ReceiptView))
)]
async fn one_receipt(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(receipt::show(&context, &id).await)
}

/// One page of what operators were told, the newest first.
#[utoipa::path(
    get,
    path = "/alerts",
    tag = "usage",
    operation_id = "listAlerts",
    params(AlertFilter),
    responses((status = 200, body = Page<AlertView>))
)]
async fn alerts(Caller(context): Caller, Asked(filter): Asked<AlertFilter>) -> Answer {
    answer(alert::list(&context, &filter).await)
}
