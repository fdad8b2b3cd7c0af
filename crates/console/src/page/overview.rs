//! The first page: what was spent, what runs, and what needs somebody.

use axum::Router;
use axum::routing::get;
use maud::{Markup, html};
use tollgate_admin_core::receipt::{self, ReceiptFilter};
use tollgate_admin_core::token::{self, TokenFilter};
use tollgate_admin_core::usage::{self, UsageFilter};
use tollgate_admin_core::view::receipt::ReceiptView;
use tollgate_admin_core::view::token::TokenView;
use tollgate_admin_core::view::upstream::UpstreamView;
use tollgate_admin_core::view::usage::{ReportView, UsageRowView};
use tollgate_admin_core::{AdminError, Context, Deed, upstream};

use super::usage::{chart, label};
use super::{Shown, shown};
use crate::access::Visit;
use crate::component::icon::Icon;
use crate::component::layout::{heading, page};
use crate::component::{badge, money, time};
use crate::site::Site;

/// Tokens and models in a list of leaders.
const LEADERS: usize = 6;

pub(super) fn router() -> Router<Site> {
    Router::new().route("/", get(show))
}

async fn show(visit: Visit) -> Shown {
    let context = &visit.context;
    let daily = report(context, &["day", "model"], "29d").await?;
    let today = report(context, &[], "0d").await?;
    let month = report(context, &[], "29d").await?;
    let tokens = leading(context, "token").await?;
    let models = leading(context, "model").await?;
    let calls = ReceiptFilter {
        limit: Some(100),
        ..ReceiptFilter::default()
    };
    let calls = receipt::list(context, &calls).await?.entries;
    let soon = expiring(context).await?;
    let spent = nearly_spent(context).await?;
    let upstreams = match context.may(Deed::ReadUpstreams, None) {
        true => Some(upstream::list(context).await?),
        false => None,
    };
    let actions = html! {
        @if context.may(Deed::ChangeTokens, None) {
            a.button.primary href="/tokens/new" data-sheet data-key="n" { (Icon::Plus.draw()) span { (visit.t("token-new")) } }
        }
    };
    let content = html! {
        (heading(&visit.t("nav-overview"), "", &actions))
        div #live data-refresh="10" {
            (figures(&visit, &today, &month, &calls))
            section.card { h2 { (visit.t("usage-30d")) } (chart::by_day(&visit, &daily, 30)) }
            div.columns {
                (leaders(&visit, "top-tokens", "token", &tokens))
                (leaders(&visit, "top-models", "model", &models))
                (attention(&visit, &soon, &spent))
                @if let Some(upstreams) = &upstreams { (health(&visit, upstreams)) }
            }
        }
    };
    shown(page(&visit, "/", &visit.t("nav-overview"), &content))
}

async fn report(context: &Context, by: &[&str], from: &str) -> Result<ReportView, AdminError> {
    let filter = UsageFilter {
        by: by.iter().map(|one| (*one).to_owned()).collect(),
        from: Some(from.to_owned()),
        ..UsageFilter::default()
    };
    usage::report(context, &filter).await
}

/// Those that cost the most: no more rows are read than are shown, however many there are.
async fn leading(context: &Context, by: &str) -> Result<ReportView, AdminError> {
    let filter = UsageFilter {
        by: vec![by.to_owned()],
        from: Some("29d".to_owned()),
        limit: u32::try_from(LEADERS).ok(),
        ..UsageFilter::default()
    };
    usage::report(context, &filter).await
}

async fn expiring(context: &Context) -> Result<Vec<TokenView>, AdminError> {
    let filter = TokenFilter {
        expiring_within: Some("7d".to_owned()),
        sort: Some("expires".to_owned()),
        limit: Some(5),
        ..TokenFilter::default()
    };
    Ok(token::list(context, &filter).await?.entries)
}

async fn nearly_spent(context: &Context) -> Result<Vec<TokenView>, AdminError> {
    let filter = TokenFilter {
        sort: Some("used".to_owned()),
        desc: true,
        limit: Some(50),
        ..TokenFilter::default()
    };
    let mut found = token::list(context, &filter).await?.entries;
    found.retain(|one| {
        let limit = one.quota.as_deref().map(money::drawn);
        limit.is_some_and(|limit| money::drawn(&one.used) >= limit * 0.8)
    });
    found.truncate(5);
    Ok(found)
}

fn figures(visit: &Visit, today: &ReportView, month: &ReportView, calls: &[ReceiptView]) -> Markup {
    let none = |report: &ReportView| report.rows.first().cloned();
    let (today, month) = (none(today), none(month));
    let cost = |row: &Option<UsageRowView>| {
        row.as_ref()
            .map_or_else(|| "0.00".to_owned(), |row| money::about(&row.cost))
    };
    let sum = |row: &Option<UsageRowView>, of: fn(&UsageRowView) -> u64| row.as_ref().map_or(0, of);
    let mut first: Vec<u64> = calls.iter().filter_map(|call| call.first_byte_ms).collect();
    first.sort_unstable();
    let median = first.get(first.len() / 2);
    let failed = sum(&month, |row| row.failed);
    html! {
        dl.figures {
            div { dt { (visit.t("spend-today")) } dd { (cost(&today)) } }
            div { dt { (visit.t("spend-30d")) } dd { (cost(&month)) } }
            div { dt { (visit.t("requests-today")) } dd { (money::short(sum(&today, |row| row.requests))) } }
            div { dt { (visit.t("requests-30d")) } dd { (money::short(sum(&month, |row| row.requests))) }
                @if failed > 0 { dd.note { (money::count(failed)) " " (visit.t("failed-calls")) } } }
            div { dt { (visit.t("first-byte")) } dd { @if let Some(ms) = median { (money::count(*ms)) small { " ms" } } @else { "–" } }
                dd.note { (visit.t("median-last-calls")) } }
        }
    }
}

fn leaders(visit: &Visit, title: &str, by: &str, report: &ReportView) -> Markup {
    let mut rows: Vec<&UsageRowView> = report.rows.iter().collect();
    rows.sort_by(|a, b| money::drawn(&b.cost).total_cmp(&money::drawn(&a.cost)));
    rows.truncate(LEADERS);
    let most = rows
        .first()
        .map_or(1.0, |row| money::drawn(&row.cost))
        .max(f64::MIN_POSITIVE);
    html! {
        section.card {
            h2 { (visit.t(title)) }
            @if rows.is_empty() { p.quiet { (visit.t("usage-none")) } }
            ul.leaders {
                @for row in rows {
                    li {
                        @if let Some(token) = row.token.as_ref().filter(|_| by == "token") {
                            a href={ "/tokens/" (token.id) } dir="auto" { (token.name) }
                        } @else { bdi { (label(row, by)) } }
                        span.amount title=(money::credits(&row.cost)) { (money::about(&row.cost)) }
                        progress max="1" value=(format!("{:.3}", money::drawn(&row.cost) / most)) aria-hidden="true" {}
                    }
                }
            }
        }
    }
}

fn attention(visit: &Visit, soon: &[TokenView], spent: &[TokenView]) -> Markup {
    let (say, now) = (visit.say(), visit.context.now());
    html! {
        section.card {
            h2 { (visit.t("attention")) }
            @if soon.is_empty() && spent.is_empty() { p.quiet { (visit.t("attention-none")) } }
            ul.rows {
                @for one in soon {
                    li { a href={ "/tokens/" (one.id) } dir="auto" { (one.name) }
                        span.quiet { (visit.t("expires")) " " (time::or_never(say, one.expires_at.as_deref(), now)) } }
                }
                @for one in spent {
                    li { a href={ "/tokens/" (one.id) } dir="auto" { (one.name) }
                        span { (money::used_of(say, &one.used, one.remaining.as_deref(), one.quota.as_deref())) } }
                }
            }
        }
    }
}

fn health(visit: &Visit, upstreams: &[UpstreamView]) -> Markup {
    html! {
        section.card {
            h2 { (visit.t("nav-upstreams")) }
            @if upstreams.is_empty() { p.quiet { (visit.t("upstreams-none")) } }
            ul.rows { @for one in upstreams {
                li { a href={ "/upstreams/" (one.id) } dir="auto" { (one.name) } (state(visit, one)) }
            } }
        }
    }
}

/// Whether an upstream takes calls.
pub(super) fn state(visit: &Visit, one: &UpstreamView) -> Markup {
    if !one.enabled {
        return badge::enabled(visit.say(), false);
    }
    match one.put_aside.first() {
        None => badge::badge("good", &visit.t("takes-calls")),
        Some(aside) => badge::badge("bad", &format!("{}: {}", aside.state, aside.reason)),
    }
}
