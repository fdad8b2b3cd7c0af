//! What operators were told.

use axum::Router;
use axum::routing::get;
use maud::html;
use tollgate_admin_core::alert::{self, AlertFilter};

use super::{Shown, shown};
use crate::access::Visit;
use crate::component::layout::{heading, page};
use crate::component::{badge, table, time};
use crate::form::Fields;
use crate::site::Site;

pub(super) fn router() -> Router<Site> {
    Router::new().route("/alerts", get(show))
}

async fn show(visit: Visit, query: Fields) -> Shown {
    let filter = AlertFilter {
        limit: None,
        cursor: query.some("cursor"),
    };
    let found = alert::list(&visit.context, &filter).await?;
    let content = html! {
        (heading(&visit.t("nav-alerts"), &visit.t("alerts-lead"), &html! {}))
        @if found.entries.is_empty() { (table::empty(&visit.t("alerts-none"), &visit.t("alerts-lead"), None)) }
        @else { div.scroll tabindex="0" role="region" aria-label=(visit.t("nav-alerts")) { table.list {
            thead { (table::heads(visit.say(), &["time", "kind", "subject", "delivered"])) }
            tbody { @for one in &found.entries { tr {
                td data-label=(visit.t("time")) { (time::relative(visit.say(), &one.at, visit.context.now())) }
                th scope="row" data-label=(visit.t("kind")) { code { (one.kind) } }
                td data-label=(visit.t("subject")) { bdi { (one.subject) } }
                td data-label=(visit.t("delivered")) {
                    @if let Some(at) = &one.delivered_at { (time::relative(visit.say(), at, visit.context.now())) }
                    @else { (badge::badge("warn", &visit.t("waiting"))) }
                }
            } } }
        } } }
        (table::pager(visit.say(), "/alerts", &query, found.next_cursor.as_deref()))
    };
    shown(page(&visit, "/alerts", &visit.t("nav-alerts"), &content))
}
