//! Gateways: which run, and what they serve.

use axum::Router;
use axum::routing::get;
use maud::{Markup, html};
use tollgate_admin_core::gateway;
use tollgate_admin_core::view::gateway::GatewayView;

use super::{Shown, shown};
use crate::access::Visit;
use crate::component::layout::{heading, page};
use crate::component::{badge, money, table, time};
use crate::site::Site;

pub(super) fn router() -> Router<Site> {
    Router::new().route("/gateways", get(show))
}

async fn show(visit: Visit) -> Shown {
    let found = gateway::list(&visit.context).await?;
    let title = visit.t("nav-gateways");
    let heads = [
        "host",
        "state",
        "version",
        "revision",
        "open-calls",
        "runs-since",
        "last-heard",
    ];
    let content = html! {
        (heading(&title, &visit.t("gateways-lead"), &html! {}))
        div #live data-refresh="10" {
            @if found.is_empty() { (table::empty(&visit.t("gateways-none"), &visit.t("gateways-help"), None)) }
            @else { div.scroll tabindex="0" role="region" aria-label=(title) { table.list {
                thead { (table::heads(visit.say(), &heads)) }
                tbody { @for one in &found { (row(&visit, one)) } }
            } } }
        }
    };
    shown(page(&visit, "/gateways", &title, &content))
}

fn row(visit: &Visit, one: &GatewayView) -> Markup {
    let (say, now) = (visit.say(), visit.context.now());
    html! {
        tr {
            th scope="row" data-label=(visit.t("host")) {
                bdi { (one.host) } " " small.quiet { code { (one.address) } }
            }
            td data-label=(visit.t("state")) { (state(visit, one)) }
            td data-label=(visit.t("version")) { (one.version) }
            td data-label=(visit.t("revision")) {
                (money::count(one.revision))
                @if one.behind > 0 { " " (badge::badge("warn", &say.with("behind", "count", one.behind))) }
            }
            td data-label=(visit.t("open-calls")) { (money::count(one.open_calls)) }
            td data-label=(visit.t("runs-since")) { (time::relative(say, &one.started_at, now)) }
            td data-label=(visit.t("last-heard")) { (time::relative(say, &one.seen_at, now)) }
        }
    }
}

/// Whether a gateway still says that it runs.
fn state(visit: &Visit, one: &GatewayView) -> Markup {
    let tone = if one.state == "live" { "good" } else { "bad" };
    badge::badge(tone, &visit.say().name_of("gateway", &one.state))
}
