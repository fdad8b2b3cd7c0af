//! The audit log over the API.

use tollgate_admin_core::audit::{self, AuditFilter};
use tollgate_admin_core::view::Page;
use tollgate_admin_core::view::audit::{ChangeView, LogView};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, answer};
use super::body::Asked;
use crate::access::Caller;
use crate::site::Site;

pub(super) fn router() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(verify))
}

/// One page of changes, the newest first.
#[utoipa::path(
    get,
    path = "/audit",
    tag = "audit",
    operation_id = "listAudit",
    params(AuditFilter),
    responses((status = 200, body = Page<ChangeView>))
)]
async fn list(Caller(context): Caller, Asked(filter): Asked<AuditFilter>) -> Answer {
    answer(audit::list(&context, &filter).await)
}

/// Checks that no row of the log was changed.
#[utoipa::path(
    get,
    path = "/audit/verify",
    tag = "audit",
    operation_id = "verifyAudit",
    responses((status = 200, body = LogView))
)]
async fn verify(Caller(context): Caller) -> Answer {
    answer(audit::verify(&context).await)
}
