//! A report by day as a chart: credits, requests or tokens, each behind a tab that needs no script.

use maud::{Markup, html};
use tollgate_admin_core::view::usage::ReportView;
use tollgate_policy::time::Timestamp;

use super::label;
use crate::access::Visit;
use crate::component::chart::{Chart, amount};

const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// The last days of a report whose first dimension is the day.
pub(crate) fn by_day(visit: &Visit, report: &ReportView, days: usize) -> Markup {
    let series = report
        .by
        .iter()
        .find(|by| *by != "day")
        .cloned()
        .unwrap_or_default();
    let days = last_days(visit.context.now(), days);
    let [mut credits, mut requests, mut tokens] = [0, 1, 2].map(|_| Chart::over(days.clone()));
    for row in &report.rows {
        let day = row.day.as_deref().unwrap_or_default();
        let name = label(row, &series);
        credits.add(day, &name, amount(&row.cost));
        requests.add(day, &name, row.requests as f64);
        let sum = row.input_tokens.saturating_add(row.output_tokens);
        tokens.add(day, &name, sum as f64);
    }
    let charts = [
        ("credits", &credits),
        ("requests", &requests),
        ("tokens", &tokens),
    ];
    html! {
        div.tabs {
            @for (index, (id, chart)) in charts.into_iter().enumerate() {
                details name="chart" open[index == 0] {
                    summary { (visit.t(id)) }
                    (chart.draw(visit.say(), &visit.t(id)))
                }
            }
        }
    }
}

fn last_days(now: Timestamp, count: usize) -> Vec<String> {
    let count = i64::try_from(count).unwrap_or_default();
    let back = (0..count).rev().map(|ago| {
        let at = now
            .as_micros()
            .saturating_sub(ago.saturating_mul(DAY_MICROS));
        Timestamp::from_micros(at)
            .to_string()
            .chars()
            .take(10)
            .collect()
    });
    back.collect()
}
