//! The first page: what was spent, what runs, and what needs somebody.

use std::collections::BTreeMap;

use axum::Router;
use axum::routing::get;
use maud::{Markup, html};
use tollgate_admin_core::receipt::{self, ReceiptFilter};
use tollgate_admin_core::token::{self, TokenFilter};
use tollgate_admin_core::usage::{self, UsageFilter};
use tollgate_admin_core::view::first_byte::FirstBytesView;
use tollgate_admin_core::view::token::TokenView;
use tollgate_admin_core::view::upstream::UpstreamView;
use tollgate_admin_core::view::usage::{ReportView, UsageRowView};
use tollgate_admin_core::{AdminError, Context, Deed, upstream};
use tollgate_policy::credits::Credits;
use tollgate_policy::time::Timestamp;

use super::usage::chart;
use super::{Shown, refusal, shown};
use crate::access::Visit;
use crate::component::icon::Icon;
use crate::component::layout::{heading, page};
use crate::component::{badge, money, time};
use crate::site::Site;
use crate::text::Say;

/// Tokens and models in a list of leaders.
const LEADERS: usize = 6;

/// Who is in a list of leaders: the name, where it leads, and what was spent.
type Leader = (String, Option<String>, String);

/// How long first bytes took, in milliseconds, and the text that says of which calls.
struct FirstByte {
    /// As it is read.
    median: Option<String>,
    of: &'static str,
}

/// What several rows of a report come to.
#[derive(Debug, Default)]
struct Sum {
    cost: Credits,
    requests: u64,
    failed: u64,
}

pub(super) fn router() -> Router<Site> {
    Router::new().route("/", get(show))
}

async fn show(visit: Visit) -> Shown {
    let context = &visit.context;
    let daily = report(context, &["day", "model"], "29d").await?;
    let tokens = leading(context).await?;
    let today = Timestamp::to_string(&context.now());
    let today = today.get(..10).unwrap_or_default();
    let month = Sum::of(daily.rows.iter());
    let today = Sum::of(
        daily
            .rows
            .iter()
            .filter(|row| row.day.as_deref() == Some(today)),
    );
    let models = Sum::by_model(&daily);
    let refused = refusal::of_day(context).await?;
    let bytes = refusal::first_bytes(context).await?;
    let first_byte = match &bytes {
        Some(bytes) => FirstByte::of_day(bytes),
        None => FirstByte::of_calls(context).await?,
    };
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
            (figures(&visit, &today, &month, &first_byte))
            section.card { h2 { (visit.t("usage-30d")) } (chart::by_day(&visit, &daily, 30)) }
            div.columns {
                (refusal::chart(&visit, &refused))
                @if let Some(bytes) = &bytes { (refusal::first_byte_chart(&visit, bytes)) }
                (leaders(&visit, "top-tokens", &tokens))
                (leaders(&visit, "top-models", &models))
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

/// The tokens that cost the most since yesterday: all that were used since then are summed up, and
/// of a month that may be millions.
async fn leading(context: &Context) -> Result<Vec<Leader>, AdminError> {
    let filter = UsageFilter {
        by: vec!["token".to_owned()],
        from: Some("1d".to_owned()),
        limit: u32::try_from(LEADERS).ok(),
        ..UsageFilter::default()
    };
    let report = usage::report(context, &filter).await?;
    let leader = |row: UsageRowView| {
        let (id, name) = row.token.map(|one| (one.id, one.name)).unwrap_or_default();
        let href = Some(format!("/tokens/{id}"));
        (name, href, row.cost)
    };
    Ok(report.rows.into_iter().map(leader).collect())
}

impl FirstByte {
    /// As the chart of the day below it.
    fn of_day(bytes: &FirstBytesView) -> Self {
        let median = bytes.all.as_ref().map(|all| refusal::millis(all.p50_ms));
        let of = "median-24h";
        Self { median, of }
    }

    /// For who sees no report of gateways: of the calls that they see.
    async fn of_calls(context: &Context) -> Result<Self, AdminError> {
        let filter = ReceiptFilter {
            limit: Some(100),
            ..ReceiptFilter::default()
        };
        let calls = receipt::list(context, &filter).await?.entries;
        let mut times: Vec<u64> = calls.iter().filter_map(|call| call.first_byte_ms).collect();
        times.sort_unstable();
        // Calls are shown with whole milliseconds.
        let median = times.get(times.len() / 2).map(|ms| format!("{ms} ms"));
        let of = "median-last-calls";
        Ok(Self { median, of })
    }
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

impl Sum {
    fn of<'r>(rows: impl Iterator<Item = &'r UsageRowView>) -> Self {
        let mut sum = Self::default();
        for row in rows {
            let cost: Credits = row.cost.parse().unwrap_or_default();
            sum.cost = sum.cost.checked_add(cost).unwrap_or(sum.cost);
            sum.requests = sum.requests.saturating_add(row.requests);
            sum.failed = sum.failed.saturating_add(row.failed);
        }
        sum
    }

    /// The models that cost the most.
    fn by_model(daily: &ReportView) -> Vec<Leader> {
        let mut models: BTreeMap<&str, Vec<&UsageRowView>> = BTreeMap::new();
        for row in &daily.rows {
            let name = row.model.as_deref().unwrap_or_default();
            models.entry(name).or_default().push(row);
        }
        let sums = models
            .into_iter()
            .map(|(name, rows)| (name, Self::of(rows.into_iter())));
        let mut sums: Vec<_> = sums.collect();
        sums.sort_by_key(|(_, sum)| std::cmp::Reverse(sum.cost));
        sums.truncate(LEADERS);
        let leader = |(name, sum): (&str, Self)| (name.to_owned(), None, sum.cost.to_string());
        sums.into_iter().map(leader).collect()
    }

    fn cost(&self) -> String {
        money::about(&self.cost.to_string())
    }
}

fn figures(visit: &Visit, today: &Sum, month: &Sum, first_byte: &FirstByte) -> Markup {
    html! {
        dl.figures {
            div { dt { (visit.t("spend-today")) } dd { (today.cost()) } }
            div { dt { (visit.t("spend-30d")) } dd { (month.cost()) } }
            div { dt { (visit.t("requests-today")) } dd { (money::short(today.requests)) } }
            div { dt { (visit.t("requests-30d")) } dd { (money::short(month.requests)) }
                @if month.failed > 0 { dd.note { (money::count(month.failed)) " " (visit.t("failed-calls")) } } }
            div { dt { (visit.t("first-byte")) } dd { @if let Some(time) = &first_byte.median { (time) } @else { "–" } }
                dd.note { (visit.t(first_byte.of)) } }
        }
    }
}

fn leaders(visit: &Visit, title: &str, leaders: &[Leader]) -> Markup {
    let most = leaders
        .first()
        .map_or(1.0, |(_, _, cost)| money::drawn(cost));
    let most = most.max(f64::MIN_POSITIVE);
    html! {
        section.card {
            h2 { (visit.t(title)) }
            @if leaders.is_empty() { p.quiet { (visit.t("usage-none")) } }
            ul.leaders {
                @for (name, href, cost) in leaders {
                    li {
                        @if let Some(href) = href { a href=(href) dir="auto" { (name) } }
                        @else if name.is_empty() { span.quiet { (visit.t("none")) } }
                        @else { bdi { (name) } }
                        span.amount title=(money::credits(cost)) { (money::about(cost)) }
                        progress max="1" value=(format!("{:.3}", money::drawn(cost) / most)) aria-hidden="true" {}
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

/// Why a gateway has put something aside.
pub(super) fn cause(say: Say, reason: &str) -> String {
    match reason.strip_prefix("status-") {
        Some(status) => say.with("cause-status", "status", status),
        None => say.name_of("cause", reason),
    }
}

/// Whether an upstream takes calls.
pub(super) fn state(visit: &Visit, one: &UpstreamView) -> Markup {
    if !one.enabled {
        return badge::enabled(visit.say(), false);
    }
    match one.put_aside.first() {
        None => badge::badge("good", &visit.t("takes-calls")),
        Some(aside) => badge::badge(
            "bad",
            &format!(
                "{}: {}",
                visit.say().name_of("aside", &aside.state),
                cause(visit.say(), &aside.reason)
            ),
        ),
    }
}
