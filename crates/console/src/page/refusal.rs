//! Refused calls and first bytes, as parts of pages.

use maud::{Markup, html};
use tollgate_admin_core::first_byte;
use tollgate_admin_core::input::span::SpanFilter;
use tollgate_admin_core::refusal::{self, RefusalCountFilter, RefusalFilter};
use tollgate_admin_core::view::first_byte::FirstBytesView;
use tollgate_admin_core::view::refusal::{RefusalView, RefusalsView};
use tollgate_admin_core::{AdminError, Context, Deed};
use tollgate_policy::time::Timestamp;

use crate::access::Visit;
use crate::component::chart::Chart;
use crate::component::{money, problem, table, time};

const HOUR_MICROS: i64 = 3_600_000_000;
/// Hours in a chart.
const HOURS: i64 = 24;

/// The last refused calls of a token.
pub(super) async fn of_token(context: &Context, id: &str) -> Result<Vec<RefusalView>, AdminError> {
    let filter = RefusalFilter {
        token: Some(id.to_owned()),
        limit: Some(8),
        ..RefusalFilter::default()
    };
    Ok(refusal::list(context, &filter).await?.entries)
}

/// How often calls were refused in the last day, by hour.
pub(super) async fn of_day(context: &Context) -> Result<RefusalsView, AdminError> {
    let from = format!("{}h", HOURS - 1);
    let filter = RefusalCountFilter {
        from: Some(from),
        ..RefusalCountFilter::default()
    };
    refusal::count(context, &filter).await
}

/// How long first bytes took in the last day, by hour; nothing for who may not see it.
pub(super) async fn first_bytes(context: &Context) -> Result<Option<FirstBytesView>, AdminError> {
    if !context.may(Deed::ReadUpstreams, None) {
        return Ok(None);
    }
    let filter = SpanFilter {
        from: Some(format!("{}h", HOURS - 1)),
        ..SpanFilter::default()
    };
    first_byte::report(context, &filter).await.map(Some)
}

/// Refused calls, each with the way to why.
pub(super) fn recent(visit: &Visit, calls: &[RefusalView]) -> Markup {
    let (say, now) = (visit.say(), visit.context.now());
    let heads = ["time", "reason", "model", "client-address", "request-id"];
    let [at, reason, model, address, request] = heads.map(|id| visit.t(id));
    html! {
        @if calls.is_empty() { p.quiet { (visit.t("refusals-none")) } }
        @else { div.scroll tabindex="0" role="region" aria-label=(visit.t("last-refusals")) { table.list {
            thead { (table::heads(visit.say(), &heads)) }
            tbody { @for one in calls { tr {
                td data-label=(at) { (time::relative(say, &one.at, now)) }
                th scope="row" data-label=(reason) {
                    (say.name_of("code", &one.code))
                    @if !one.reasons.is_empty() { br; small.quiet { bdi { (problem::said(say, "reasons", &one.reasons)) } } }
                }
                td data-label=(model) { bdi { (asked(one)) } }
                td data-label=(address) { code { (one.client) } }
                td data-label=(request) {
                    a href={ "/tokens/" (one.token.id) "/why?request=" (one.request) } { code.hint { (one.request) } }
                }
            } } }
        } } }
    }
}

/// Refused calls by hour and reason.
pub(super) fn chart(visit: &Visit, counts: &RefusalsView) -> Markup {
    let say = visit.say();
    let mut chart = Chart::over(hours(visit.context.now()));
    for row in &counts.rows {
        let name = say.name_of("code", &row.code);
        chart.add(&hour(&row.from), &name, row.calls as f64);
    }
    let sum = counts.rows.iter().map(|row| row.calls).sum();
    html! {
        section.card {
            h2 { (visit.t("refusals-24h")) " " small.quiet { (money::count(sum)) } }
            @if counts.rows.is_empty() { p.quiet { (visit.t("refusals-none")) } }
            @else { (chart.draw(say, &visit.t("refusals-24h"))) }
        }
    }
}

/// How long first bytes took, by hour.
pub(super) fn first_byte_chart(visit: &Visit, bytes: &FirstBytesView) -> Markup {
    let (half, most) = (visit.t("half-of-calls"), visit.t("nine-of-ten-calls"));
    let mut chart = Chart::over(hours(visit.context.now()));
    for row in &bytes.rows {
        chart.add(&hour(&row.from), &half, row.p50_ms);
        chart.add(&hour(&row.from), &most, row.p90_ms - row.p50_ms);
    }
    html! {
        section.card {
            h2 { (visit.t("first-byte-24h")) }
            @match &bytes.all {
                None => { p.quiet { (visit.t("calls-none")) } }
                Some(all) => {
                    (chart.draw(visit.say(), &visit.t("first-byte-24h")))
                    p.quiet { (visit.t("median")) " " (millis(all.p50_ms)) " · 90 % " (millis(all.p90_ms)) " · 99 % " (millis(all.p99_ms)) }
                }
            }
        }
    }
}

fn asked(one: &RefusalView) -> &str {
    let asked = one.model.as_deref().or(one.endpoint.as_deref());
    asked.unwrap_or("–")
}

/// A time in milliseconds, with one decimal below ten.
pub(super) fn millis(time: f64) -> String {
    let digits = if time < 10.0 { 1 } else { 0 };
    format!("{time:.digits$} ms")
}

/// The last hours, as a chart names them.
fn hours(now: Timestamp) -> Vec<String> {
    let back = (0..HOURS).rev();
    let at = back.map(|ago| {
        now.as_micros()
            .saturating_sub(ago.saturating_mul(HOUR_MICROS))
    });
    at.map(|at| hour(&Timestamp::from_micros(at).to_string()))
        .collect()
}

/// `2026-11-21T13:00` of any moment in that hour.
fn hour(moment: &str) -> String {
    let hour: String = moment.chars().take(13).collect();
    format!("{hour}:00")
}
