//! What was used and what it cost: any breakdown, as a chart, a table and a file.

pub(crate) mod chart;

use axum::Router;
use axum::routing::get;
use maud::{Markup, html};
use tollgate_admin_core::Deed;
use tollgate_admin_core::usage::{self, UsageFilter};
use tollgate_admin_core::view::usage::{ReportView, UsageRowView};

use super::token::bulk::{csv, file};
use super::{Shown, shown};
use crate::access::Visit;
use crate::component::icon::Icon;
use crate::component::layout::{heading, page};
use crate::component::{money, table};
use crate::form::Fields;
use crate::site::Site;

const DIMENSIONS: [&str; 8] = [
    "day", "month", "token", "account", "group", "model", "upstream", "creator",
];
const ROWS: u32 = 500;

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/usage", get(show))
        .route("/usage.csv", get(export))
}

fn filter(query: &Fields) -> UsageFilter {
    let mut by: Vec<String> = query
        .all("by")
        .into_iter()
        .filter(|one| !one.is_empty())
        .collect();
    by.dedup();
    if by.is_empty() {
        by.push("model".to_owned());
    }
    UsageFilter {
        by,
        from: Some(query.some("from").unwrap_or_else(|| "29d".to_owned())),
        to: query.some("to"),
        token: query.some("token"),
        account: query.some("account"),
        group: query.some("group"),
        model: query.some("model"),
        upstream: query.some("upstream"),
        creator: query.some("creator"),
        limit: Some(ROWS),
    }
}

async fn show(visit: Visit, query: Fields) -> Shown {
    let wanted = filter(&query);
    let mut daily = wanted.clone();
    let series = wanted
        .by
        .iter()
        .find(|one| !["day", "month"].contains(&one.as_str()));
    daily.by = vec![
        "day".to_owned(),
        series.cloned().unwrap_or_else(|| "model".to_owned()),
    ];
    daily.limit = None;
    let report = usage::report(&visit.context, &wanted).await?;
    let daily = usage::report(&visit.context, &daily).await?;
    let link = format!("/usage.csv?{}", query.query(&[]));
    let actions = html! { a.button href=(link) { (Icon::Download.draw()) span { "CSV" } } };
    let content = html! {
        (heading(&visit.t("nav-usage"), "", &actions))
        (bar(&visit, &query, &wanted))
        section.card { (chart::by_day(&visit, &daily, 30)) }
        @if report.rows.is_empty() { (table::empty(&visit.t("usage-none"), &visit.t("usage-none-help"), None)) }
        @else { (rows(&visit, &report)) }
    };
    shown(page(&visit, "/usage", &visit.t("nav-usage"), &content))
}

async fn export(visit: Visit, query: Fields) -> Shown {
    let mut wanted = filter(&query);
    wanted.limit = None;
    let report = usage::report(&visit.context, &wanted).await?;
    let mut text = report.by.join(",");
    text.push_str(",requests,failed,input_tokens,cached_tokens,output_tokens,cost,uncovered\n");
    for row in &report.rows {
        let mut cells: Vec<String> = report.by.iter().map(|by| csv(&label(row, by))).collect();
        let counts = [
            row.requests,
            row.failed,
            row.input_tokens,
            row.cached_tokens,
            row.output_tokens,
        ];
        cells.extend(counts.map(|one| one.to_string()));
        cells.extend([row.cost.clone(), row.uncovered.clone()]);
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    Ok(file(
        "text/csv; charset=utf-8",
        "usage.csv",
        text.into_bytes(),
    ))
}

fn bar(visit: &Visit, query: &Fields, wanted: &UsageFilter) -> Markup {
    let sees_upstreams = visit.context.may(Deed::ReadUpstreams, None);
    let offered = DIMENSIONS
        .into_iter()
        .filter(|one| *one != "upstream" || sees_upstreams);
    let offered: Vec<&str> = offered.collect();
    let second = wanted.by.get(1).map(String::as_str).unwrap_or_default();
    html! {
        form.filters method="get" action="/usage" {
            label { span { (visit.t("by")) }
                select name="by" { @for one in &offered { option value=(one) selected[wanted.by.first().is_some_and(|by| by == one)] { (visit.say().name_of("by", one)) } } }
            }
            label { span { (visit.t("and-by")) }
                select name="by" {
                    option value="" { "–" }
                    @for one in &offered { option value=(one) selected[second == *one] { (visit.say().name_of("by", one)) } }
                }
            }
            label { span { (visit.t("from")) } input name="from" value=(query.text("from")) placeholder="30d" size="11"; }
            label { span { (visit.t("to")) } input name="to" value=(query.text("to")) placeholder="2026-12-31" size="11"; }
            @for name in ["token", "account", "group", "model"] {
                label { span { (visit.say().name_of("by", name)) } input name=(name) value=(query.text(name)) size="11" dir="auto"; }
            }
            button type="submit" { (visit.t("apply")) }
        }
    }
}

/// What a row is about, in one dimension.
pub(crate) fn label(row: &UsageRowView, by: &str) -> String {
    let named = |one: &Option<tollgate_admin_core::view::Reference>| {
        one.as_ref().map(|one| one.name.clone()).unwrap_or_default()
    };
    match by {
        "day" => row.day.clone().unwrap_or_default(),
        "month" => row.month.clone().unwrap_or_default(),
        "token" => named(&row.token),
        "account" => named(&row.account),
        "group" => named(&row.group),
        "upstream" => named(&row.upstream),
        "model" => row.model.clone().unwrap_or_default(),
        _ => row.creator.clone().unwrap_or_default(),
    }
}

fn rows(visit: &Visit, report: &ReportView) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(visit.t("nav-usage")) {
            table.list {
                thead { tr {
                    @for by in &report.by { th scope="col" { (visit.say().name_of("by", by)) } }
                    @for id in ["requests", "failed-calls", "input-tokens", "cached-tokens", "output-tokens", "cost"] { th.number scope="col" { (visit.t(id)) } }
                } }
                tbody { @for row in &report.rows { tr {
                    @for by in &report.by { td data-label=(visit.say().name_of("by", by)) { bdi { (label(row, by)) } } }
                    td.number data-label=(visit.t("requests")) { (money::count(row.requests)) }
                    td.number data-label=(visit.t("failed-calls")) { (money::count(row.failed)) }
                    td.number data-label=(visit.t("input-tokens")) { (money::count(row.input_tokens)) }
                    td.number data-label=(visit.t("cached-tokens")) { (money::count(row.cached_tokens)) }
                    td.number data-label=(visit.t("output-tokens")) { (money::count(row.output_tokens)) }
                    td.number data-label=(visit.t("cost")) { strong { (money::credits(&row.cost)) } }
                } } }
            }
        }
    }
}
