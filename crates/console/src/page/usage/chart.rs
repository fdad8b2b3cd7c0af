//! A report over time as charts: credits, requests or tokens, each behind a tab that needs no
//! script.

use maud::{Markup, html};
use tollgate_admin_core::view::usage::{ReportView, UsageRowView};
use tollgate_policy::time::Timestamp;

use super::rows::label;
use crate::access::Visit;
use crate::component::chart::{Chart, amount};

const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
/// Beyond so many days, months are drawn.
const DAYS: usize = 92;
/// The most months.
const MONTHS: usize = 60;

/// The days or months that are drawn, in order.
pub(super) enum Span {
    Days(Vec<String>),
    Months(Vec<String>),
}

/// One chart for each thing that is counted.
pub(super) struct Charts<'s> {
    span: &'s Span,
    credits: Chart,
    requests: Chart,
    tokens: Chart,
}

/// The last days of a report whose first dimension is the day.
pub(crate) fn by_day(visit: &Visit, report: &ReportView, days: usize) -> Markup {
    let span = Span::Days(last_days(visit.context.now(), days));
    let mut charts = Charts::over(&span);
    let series = report.by.iter().find(|by| *by != "day");
    charts.add(report, series.map(String::as_str));
    charts.draw(visit)
}

impl Span {
    /// From the first day that a report was asked for to the last one, or today.
    pub(super) fn of(report: &ReportView, now: Timestamp) -> Self {
        let moment = |text: &Option<String>| Timestamp::parse(text.as_deref()?).ok();
        let to = moment(&report.to).map_or(now, |to| to.min(now));
        let from = moment(&report.from).unwrap_or(to);
        let between = to.as_micros().saturating_sub(from.as_micros());
        let days = usize::try_from(between / DAY_MICROS).unwrap_or_default();
        // The present is some time after the beginning of its day.
        let days = days.saturating_add(1);
        if days <= DAYS {
            return Self::Days(last_days(to, days));
        }
        let mut months: Vec<String> = last_days(to, days.min(MONTHS * 31)).into_iter().collect();
        months.iter_mut().for_each(|day| day.truncate(7));
        months.dedup();
        let beyond = months.len().saturating_sub(MONTHS);
        Self::Months(months.split_off(beyond))
    }

    /// The dimension.
    pub(super) const fn unit(&self) -> &'static str {
        match self {
            Self::Days(_) => "day",
            Self::Months(_) => "month",
        }
    }

    fn points(&self) -> &[String] {
        match self {
            Self::Days(points) | Self::Months(points) => points,
        }
    }

    fn point_of(&self, row: &UsageRowView) -> String {
        match self {
            Self::Days(_) => row.day.clone().unwrap_or_default(),
            Self::Months(_) => {
                let month = row.month.as_deref().unwrap_or_default();
                month.chars().take(7).collect()
            }
        }
    }
}

impl<'s> Charts<'s> {
    pub(super) fn over(span: &'s Span) -> Self {
        let [credits, requests, tokens] = [(); 3].map(|()| Chart::over(span.points().to_vec()));
        Self {
            span,
            credits,
            requests,
            tokens,
        }
    }

    /// Adds the rows of a report, each to its series.
    pub(super) fn add(&mut self, report: &ReportView, series: Option<&str>) {
        for row in &report.rows {
            let name = series.map(|by| label(row, by)).unwrap_or_default();
            let point = self.span.point_of(row);
            for (chart, value) in self.each(row) {
                chart.add(&point, &name, value);
            }
        }
    }

    /// Says what each day or month came to: what no series has is drawn as the others.
    pub(super) fn in_all(&mut self, report: &ReportView) {
        for row in &report.rows {
            let point = self.span.point_of(row);
            for (chart, value) in self.each(row) {
                chart.in_all(&point, value);
            }
        }
    }

    fn each(&mut self, row: &UsageRowView) -> [(&mut Chart, f64); 3] {
        let tokens = row.input_tokens.saturating_add(row.output_tokens);
        [
            (&mut self.credits, amount(&row.cost)),
            (&mut self.requests, row.requests as f64),
            (&mut self.tokens, tokens as f64),
        ]
    }

    pub(super) fn draw(&self, visit: &Visit) -> Markup {
        let charts = [
            ("credits", &self.credits),
            ("requests", &self.requests),
            ("tokens", &self.tokens),
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
