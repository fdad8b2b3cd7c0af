//! Charts as SVG, drawn here: bars by day, each stacked by series.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::money;
use crate::text::Say;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 180.0;
const LEFT: f64 = 66.0;
const BOTTOM: f64 = 22.0;
const TOP: f64 = 8.0;
/// Series with a colour of their own; what is left is one more.
pub(crate) const SERIES: usize = 5;

/// Values by day and series.
#[derive(Debug, Default)]
pub(crate) struct Chart {
    days: Vec<String>,
    values: BTreeMap<(String, String), f64>,
    totals: BTreeMap<String, f64>,
    /// By day, of what has no series of its own.
    rest: BTreeMap<String, f64>,
}

impl Chart {
    /// A chart of these days, in order.
    pub(crate) fn over(days: Vec<String>) -> Self {
        Self {
            days,
            ..Self::default()
        }
    }

    pub(crate) fn add(&mut self, day: &str, series: &str, value: f64) {
        let key = (day.to_owned(), series.to_owned());
        *self.values.entry(key).or_default() += value;
        *self.totals.entry(series.to_owned()).or_default() += value;
    }

    /// What a day came to in all, where only some series are known.
    pub(crate) fn in_all(&mut self, day: &str, value: f64) {
        let rest = value - self.sum(day);
        // What floats lose is no rest.
        if rest > value.abs() * 1e-9 {
            *self.rest.entry(day.to_owned()).or_default() += rest;
        }
    }

    fn leading(&self) -> Vec<String> {
        let mut all: Vec<_> = self.totals.iter().collect();
        all.sort_by(|a, b| b.1.total_cmp(a.1));
        let leading = all.into_iter().take(SERIES);
        leading.map(|(name, _)| name.clone()).collect()
    }

    fn at(&self, day: &str, series: &str) -> f64 {
        let key = (day.to_owned(), series.to_owned());
        self.values.get(&key).copied().unwrap_or_default()
    }

    fn sum(&self, day: &str) -> f64 {
        let of_day = self.values.iter().filter(|((one, _), _)| one == day);
        let known: f64 = of_day.map(|(_, value)| value).sum();
        known + self.rest.get(day).copied().unwrap_or_default()
    }

    /// Draws it, with a legend where there is more than one series or one has a name, and as a table
    /// for who cannot see it.
    pub(crate) fn draw(&self, say: Say, label: &str) -> Markup {
        let leading = self.leading();
        let most = self
            .days
            .iter()
            .map(|day| self.sum(day))
            .fold(0.0, f64::max);
        let top = rounded_up(most);
        let count = self.days.len().max(1) as f64;
        let step = (WIDTH - LEFT) / count;
        let plot = HEIGHT - BOTTOM - TOP;
        html! {
            figure.chart {
                svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(label) {
                    @for part in [0.0, 0.5, 1.0] {
                        @let y = TOP + plot * (1.0 - part);
                        line.grid x1=(LEFT) x2=(WIDTH) y1=(point(y)) y2=(point(y)) {}
                        text.tick.up x=(LEFT - 8.0) y=(point(y + 4.0)) text-anchor="end" { (tick(top * part)) }
                    }
                    @for (index, day) in self.days.iter().enumerate() {
                        (self.bar(day, index as f64 * step + LEFT, step, plot, top, &leading))
                        @if index % label_every(self.days.len()) == 0 {
                            text.tick x=(point(LEFT + (index as f64 + 0.5) * step)) y=(HEIGHT - 6.0)
                                text-anchor="middle" { (short_day(day)) }
                        }
                    }
                }
                @let others = self.totals.len() > leading.len() || !self.rest.is_empty();
                @let named = leading.iter().any(|name| !name.is_empty());
                @if named || others && !leading.is_empty() {
                    figcaption.legend {
                        @for (index, name) in leading.iter().enumerate() {
                            span { i class={ "swatch c" (index) } {} span dir="auto" { @if name.is_empty() { (say.t("none")) } @else { (name) } } }
                        }
                        @if others {
                            span { i.swatch.c5 {} (say.t("others")) }
                        }
                    }
                }
                (self.table(say, label))
            }
        }
    }

    fn bar(&self, day: &str, x: f64, step: f64, plot: f64, top: f64, leading: &[String]) -> Markup {
        let scale = |value: f64| if top > 0.0 { value / top * plot } else { 0.0 };
        let mut parts: Vec<(usize, f64)> = Vec::new();
        for (index, name) in leading.iter().enumerate() {
            parts.push((index, self.at(day, name)));
        }
        let known: f64 = parts.iter().map(|(_, value)| value).sum();
        parts.push((SERIES, (self.sum(day) - known).max(0.0)));
        let mut below = 0.0;
        html! {
            g {
                title { (day) ": " (tick(self.sum(day))) }
                rect.hover x=(point(x)) y=(TOP) width=(point(step)) height=(point(plot)) {}
                @for (index, value) in parts.into_iter().filter(|(_, value)| *value > 0.0) {
                    @let height = scale(value).max(0.8);
                    @let y = TOP + plot - below - height;
                    ({ below += height; "" })
                    rect class={ "c" (index) } x=(point(x + step * 0.15)) y=(point(y)) rx="1.5"
                        width=(point(step * 0.7)) height=(point(height)) {}
                }
            }
        }
    }

    fn table(&self, say: Say, label: &str) -> Markup {
        html! {
            table.unseen {
                caption { (label) }
                tr { th { (say.t("day")) } th { (say.t("total")) } }
                @for day in &self.days { tr { td { (day) } td { (tick(self.sum(day))) } } }
            }
        }
    }
}

/// A round number at or above. From 1 on its half is whole, for the tick in the middle of counts.
fn rounded_up(most: f64) -> f64 {
    if most <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(most.log10().floor());
    let steps = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0].map(|one| one * power);
    let whole = |one: f64| one < 1.0 || (one / 2.0).fract() == 0.0;
    let fits = |one: &f64| *one >= most && whole(*one);
    steps.into_iter().find(fits).unwrap_or(most)
}

fn tick(value: f64) -> String {
    if value >= 1_000_000.0 {
        format!("{:.1} M", value / 1_000_000.0)
    } else if value >= 10_000.0 {
        format!("{:.0} k", value / 1000.0)
    } else if value >= 100.0 || value == 0.0 {
        money::thousands(&format!("{value:.0}"))
    } else if value >= 1.0 && value.fract() == 0.0 {
        format!("{value:.0}")
    } else if value >= 1.0 {
        format!("{value:.2}")
    } else {
        let text = format!("{value:.6}");
        text.trim_end_matches('0').to_owned()
    }
}

fn point(value: f64) -> String {
    format!("{value:.1}")
}

fn label_every(count: usize) -> usize {
    count.div_ceil(8).max(1)
}

/// The day without its year, and of an hour the hour.
fn short_day(day: &str) -> String {
    let short = day.get(11..16).or_else(|| day.get(5..10));
    short.unwrap_or(day).to_owned()
}

/// A sum as it is drawn.
pub(crate) fn amount(text: &str) -> f64 {
    money::drawn(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_number() {
        assert_eq!(rounded_up(0.0), 1.0);
        assert_eq!(rounded_up(1.0), 2.0);
        assert_eq!(rounded_up(3.0), 4.0);
        assert_eq!(rounded_up(12.0), 20.0);
        assert_eq!(rounded_up(37.0), 40.0);
        assert_eq!(rounded_up(0.012), 0.015);
    }

    #[test]
    fn small_amounts_are_not_rounded_away() {
        assert_eq!(tick(0.00015), "0.00015");
        assert_eq!(tick(0.5), "0.5");
        assert_eq!(tick(1.5), "1.50");
        assert_eq!(tick(30.0), "30");
        assert_eq!(tick(6000.0), "6,000");
    }

    #[test]
    fn a_legend_names_a_series_that_is_alone() {
        let drawn = |name: &str, in_all: f64| {
            let mut chart = Chart::over(vec!["2026-11-01".to_owned()]);
            chart.add("2026-11-01", name, 1.0);
            chart.in_all("2026-11-01", in_all);
            chart.draw(Say::English, "x").into_string()
        };
        assert!(drawn("gpt-4o", 1.0).contains("class=\"legend\""));
        assert!(drawn("", 2.0).contains("class=\"legend\""));
        assert!(!drawn("", 1.0).contains("class=\"legend\""));
    }

    #[test]
    fn hostile_names_are_escaped() {
        let mut chart = Chart::over(vec!["2026-11-01".to_owned()]);
        chart.add("2026-11-01", "<script>", 1.0);
        chart.add("2026-11-01", "b", 1.0);
        let drawn = chart.draw(Say::English, "x").into_string();
        assert!(!drawn.contains("<script>"), "{drawn}");
    }
}
