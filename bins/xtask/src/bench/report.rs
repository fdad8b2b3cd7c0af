//! Medians, and what they are beside those of the first one.

use std::collections::BTreeMap;

use comfy_table::{CellAlignment, Table, presets};
use serde_json::json;

use super::scenario::{Figures, Scenario};
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

    /// Who, its median, and that as a multiple of the first one's.
    fn medians(sides: &[(String, Vec<Figures>)]) -> Vec<(&str, Figures, f64)> {
        let first = sides.first();
        let first = first.map_or(f64::NAN, |(_, all)| median(all).cost);
        let medians = sides.iter().map(|(name, all)| (name.as_str(), median(all)));
        medians
            .map(|(name, figures)| (name, figures, figures.cost / first))
            .collect()
    }

    pub(super) fn table(&self) -> String {
        let mut text = String::new();
        for (scenario, sides) in &self.figures {
            let mut table = Table::new();
            table.load_style(presets::ASCII_MARKDOWN);
            let first = sides.first().map_or("", |(name, _)| name);
            table.set_header(["", "median", &format!("x {first}"), "p50", "p99"]);
            for (name, figures, ratio) in Self::medians(sides) {
                let time = |micros: u64| match micros {
                    0 => String::new(),
                    micros => micros.to_string(),
                };
                table.add_row([
                    name.to_owned(),
                    format!("{:.1}", figures.cost),
                    format!("{ratio:.2}"),
                    time(figures.p50),
                    time(figures.p99),
                ]);
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
            let rows = Self::medians(sides).into_iter().zip(sides);
            let rows = rows.map(|((name, figures, ratio), (_, rounds))| {
                json!({ "name": name, "median": figures, "ratio": ratio, "rounds": rounds })
            });
            json!({ "scenario": scenario.name(), "sides": rows.collect::<Vec<_>>() })
        });
        Ok(serde_json::to_string_pretty(
            &scenarios.collect::<Vec<_>>(),
        )?)
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
