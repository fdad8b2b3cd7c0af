//! What the chart of a report is drawn from: the sums of each day or month, by what the report is
//! about, without reading more than is drawn.

use maud::Markup;
use tollgate_admin_core::AdminError;
use tollgate_admin_core::usage::{self, UsageFilter};
use tollgate_admin_core::view::usage::{ReportView, UsageRowView};

use super::chart::{Charts, Span};
use super::choice::Choice;
use super::rows;
use crate::access::Visit;
use crate::component::chart::SERIES;

/// Of these there may be a million: only the leading ones are asked for by day.
const MANY: [&str; 3] = ["token", "account", "creator"];

/// The chart of what was chosen.
pub(super) async fn chart(
    visit: &Visit,
    choice: &Choice,
    report: &ReportView,
) -> Result<Markup, AdminError> {
    let span = Span::of(report, visit.context.now());
    let unit = span.unit();
    let mut charts = Charts::over(&span);
    match choice.series() {
        None => charts.add(&read(visit, choice.by(&[unit])).await?, None),
        Some(series) if MANY.contains(&series) => {
            for filter in leading(visit, choice, series, report).await? {
                let by = vec![unit.to_owned(), series.to_owned()];
                charts.add(
                    &read(visit, UsageFilter { by, ..filter }).await?,
                    Some(series),
                );
            }
            charts.in_all(&read(visit, choice.by(&[unit])).await?);
        }
        Some(series) => charts.add(
            &read(visit, choice.by(&[unit, series])).await?,
            Some(series),
        ),
    }
    Ok(charts.draw(visit))
}

async fn read(visit: &Visit, filter: UsageFilter) -> Result<ReportView, AdminError> {
    usage::report(&visit.context, &filter).await
}

/// Filters for those that cost the most.
async fn leading(
    visit: &Visit,
    choice: &Choice,
    series: &str,
    report: &ReportView,
) -> Result<Vec<UsageFilter>, AdminError> {
    let mut filter = choice.by(&[series]);
    let apart = [series];
    // The report itself may say who they are.
    let rows: Vec<UsageRowView> = match report.by == apart {
        true => report.rows.iter().take(SERIES).cloned().collect(),
        false => {
            filter.limit = u32::try_from(SERIES).ok();
            read(visit, filter).await?.rows
        }
    };
    let one = |row: &UsageRowView| {
        let mut filter = choice.by(&[series]);
        match series {
            "token" => filter.token = row.token.as_ref().map(|one| one.id.clone()),
            "account" => filter.account = row.account.as_ref().map(|one| one.id.clone()),
            _ => filter.creator = Some(rows::label(row, series)),
        }
        filter
    };
    Ok(rows.iter().map(one).collect())
}
