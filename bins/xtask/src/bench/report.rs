//! Medians, and what they are beside those of the first one.

use std::collections::BTreeMap;

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use serde_json::json;

use super::scenario::{Figures, Scenario};
use super::side::DIRECT;
use crate::Failure;

/// All figures, by scenario and by who was measured, in the order of the first round.
#[derive(Default)]
pub(super) struct Report {
    figures: BTreeMap<Scenario, Vec<(String, Vec<Figures>)>>,
}

impl Report {
    pub(super) fn add(&mut self, scenario: Scenario, side: &str, figures: Figures) {
        let sides = self.figures.entry(scenario).or_default();
        match sides.iter_mut().find(|(name, _)| *name == side) {
            Some((_, all)) => all.push(figures),
            None => sides.push((side.to_owned(), vec![figures])),
        }
    }

    pub(super) fn table(&self) -> String {
        let mut text = String::new();
        for (scenario, sides) in &self.figures {
            let mut table = Table::new();
            table.load_style(presets::ASCII_MARKDOWN);
            let first = sides.first().map_or("", |(name, _)| name);
            let beside = format!("x {first}");
            let rows = rows(sides);
            let mut head = vec!["", "median", &beside];
            if rows.iter().any(|row| row.added.is_some()) {
                head.extend(["p50", "p99", "added p50", &beside, "added p99", &beside]);
            }
            table.set_header(head);
            for row in &rows {
                table.add_row(row.cells());
            }
            for column in table.column_iter_mut().skip(1) {
                column.set_cell_alignment(CellAlignment::Right);
            }
            text.push_str(&format!("\n{}\n\n{table}\n", scenario.title()));
        }
        text
    }

    pub(super) fn json(&self) -> Result<String, Failure> {
        let scenarios = self.figures.iter().map(|(scenario, sides)| {
            let rows = rows(sides);
            let rows = rows.iter().zip(sides).map(|(row, (_, rounds))| {
                json!({
                    "name": row.name, "median": row.figures, "ratio": row.ratio,
                    "added": row.added, "rounds": rounds
                })
            });
            json!({ "scenario": scenario.name(), "sides": rows.collect::<Vec<_>>() })
        });
        Ok(serde_json::to_string_pretty(
            &scenarios.collect::<Vec<_>>(),
        )?)
    }
}

/// Who was measured, its medians, and what they are beside those of the first one.
struct Row<'a> {
    name: &'a str,
    figures: Figures,
    ratio: f64,
    added: Option<Added>,
}

/// What a call takes longer than one that nobody relays, in microseconds to its first byte, and as
/// multiples of the first one's.
#[derive(Clone, Copy, Serialize)]
struct Added {
    p50: u64,
    p50_ratio: f64,
    p99: u64,
    p99_ratio: f64,
}

fn rows<'a>(sides: &'a [(String, Vec<Figures>)]) -> Vec<Row<'a>> {
    let medians = sides.iter().map(|(name, all)| (name.as_str(), median(all)));
    let medians: Vec<_> = medians.collect();
    let first = medians.first().map(|(_, figures)| *figures);
    let direct = medians.iter().find(|(name, _)| *name == DIRECT);
    let direct = direct.map(|(_, figures)| *figures);
    let row = |&(name, figures): &(&'a str, Figures)| Row {
        name,
        figures,
        ratio: figures.cost / first.map_or(f64::NAN, |first| first.cost),
        added: first
            .zip(direct)
            .map(|(first, direct)| figures.added(first, direct)),
    };
    medians.iter().map(row).collect()
}

impl Figures {
    fn added(self, first: Self, direct: Self) -> Added {
        let p50 = |one: Self| one.p50.saturating_sub(direct.p50);
        let p99 = |one: Self| one.p99.saturating_sub(direct.p99);
        Added {
            p50: p50(self),
            p50_ratio: p50(self) as f64 / p50(first) as f64,
            p99: p99(self),
            p99_ratio: p99(self) as f64 / p99(first) as f64,
        }
    }
}

impl Row<'_> {
    fn cells(&self) -> Vec<String> {
        let ratio = |ratio: f64| format!("{ratio:.2}");
        let mut cells = vec![
            self.name.to_owned(),
            format!("{:.1}", self.figures.cost),
            ratio(self.ratio),
        ];
        if let Some(added) = self.added {
            cells.extend([self.figures.p50, self.figures.p99].map(|micros| micros.to_string()));
            cells.extend([added.p50.to_string(), ratio(added.p50_ratio)]);
            cells.extend([added.p99.to_string(), ratio(added.p99_ratio)]);
        }
        cells
    }
}

/// The middle one of each figure.
fn median(all: &[Figures]) -> Figures {
    let mut costs: Vec<f64> = all.iter().map(|one| one.cost).collect();
    costs.sort_by(f64::total_cmp);
    let time = |of: fn(&Figures) -> u64| {
        let mut times: Vec<u64> = all.iter().map(of).collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or_default()
    };
    Figures {
        cost: costs.get(costs.len() / 2).copied().unwrap_or(f64::NAN),
        p50: time(|one| one.p50),
        p99: time(|one| one.p99),
    }
}
