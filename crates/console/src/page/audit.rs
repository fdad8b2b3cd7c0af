//! The audit log: who changed what, and whether the log is as it was written.

use axum::Router;
use axum::routing::get;
use maud::{Markup, html};
use tollgate_admin_core::audit::{self, AuditFilter};
use tollgate_admin_core::view::audit::ChangeView;

use super::{Shown, shown};
use crate::access::Visit;
use crate::component::layout::{heading, page};
use crate::component::{problem, table, time};
use crate::form::Fields;
use crate::site::Site;

pub(super) fn router() -> Router<Site> {
    Router::new().route("/audit", get(show))
}

async fn show(visit: Visit, query: Fields) -> Shown {
    let filter = AuditFilter {
        subject: query.some("subject"),
        actor: query.some("actor"),
        action: query.some("action"),
        since: query.some("since"),
        until: query.some("until"),
        limit: None,
        cursor: query.some("cursor"),
    };
    let changes = audit::list(&visit.context, &filter).await?;
    let log = match query.is_on("verify") {
        true => Some(audit::verify(&visit.context).await?),
        false => None,
    };
    let names = ["actor", "action", "subject", "since", "until"];
    let actions = html! { a.button href="/audit?verify=true" { (visit.t("verify")) } };
    let content = html! {
        (heading(&visit.t("nav-audit"), &visit.t("audit-lead"), &actions))
        @if let Some(log) = log {
            @if log.whole { p.notice.good role="status" { (visit.say().with("log-whole", "count", log.rows.unwrap_or_default())) " " code.hint { (log.head.unwrap_or_default()) } } }
            @else { p.notice.bad role="alert" { (visit.say().with("log-broken", "row", log.bad_row.unwrap_or_default())) " " (problem::said(visit.say(), "log", &log.problem.unwrap_or_default())) } }
        }
        form.filters method="get" action="/audit" {
            @for name in names { label { span { (visit.say().name_of("filter", name)) }
                input name=(name) value=(query.text(name)) dir="auto" placeholder=(visit.say().name_of("example", name)) size="14"; } }
            button type="submit" { (visit.t("apply")) }
        }
        @if changes.entries.is_empty() { (table::empty(&visit.t("no-match"), &visit.t("no-match-help"), None)) }
        @else { ol.log { @for one in &changes.entries { (change(&visit, one)) } } }
        (table::pager(visit.say(), "/audit", &query, changes.next_cursor.as_deref()))
    };
    shown(page(&visit, "/audit", &visit.t("nav-audit"), &content))
}

fn change(visit: &Visit, one: &ChangeView) -> Markup {
    let json = |value: &Option<serde_json::Value>| {
        value
            .as_ref()
            .map(|value| serde_json::to_string_pretty(value).unwrap_or_default())
    };
    let (before, after) = (json(&one.before), json(&one.after));
    html! { li {
        details {
            summary {
                span.seq { "#" (one.seq) }
                (time::relative(visit.say(), &one.at, visit.context.now()))
                code.action { (one.action) }
                bdi.who { (one.actor) }
                span.quiet { (one.origin) }
                code.hint { (one.subject) }
            }
            p { (time::exact(&one.at))
                @if !one.subject.is_empty() { " · " a href={ "/audit?subject=" (super::segment(&one.subject)) } { (visit.t("history-of-this")) } }
            }
            div.columns {
                @if let Some(before) = before { figure.code { figcaption { (visit.t("before")) } pre tabindex="0" { (before) } } }
                @if let Some(after) = after { figure.code { figcaption { (visit.t("after")) } pre tabindex="0" { (after) } } }
            }
        }
    } }
}
