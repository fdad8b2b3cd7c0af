//! The rows of a report, as a table and as a file of the same rows.

use maud::{Markup, html};
use tollgate_admin_core::view::Reference;
use tollgate_admin_core::view::usage::{ReportView, UsageRowView};

use crate::access::Visit;
use crate::component::money;
use crate::page::token::bulk::csv;

/// Columns of sums, with their texts.
const MEASURES: [(&str, &str); 8] = [
    ("requests", "requests"),
    ("failed", "failed-calls"),
    ("estimated", "estimated-calls"),
    ("input_tokens", "input-tokens"),
    ("cached_tokens", "cached-tokens"),
    ("output_tokens", "output-tokens"),
    ("uncovered", "uncovered"),
    ("cost", "cost"),
];
/// Those that are left out of the table where there is nothing in them.
const SELDOM: [&str; 3] = ["failed", "estimated", "uncovered"];

/// What a row is about, in one dimension.
pub(super) fn label(row: &UsageRowView, by: &str) -> String {
    if let Some(one) = reference(row, by) {
        return one.name.clone();
    }
    let text = match by {
        "day" => &row.day,
        "month" => &row.month,
        "model" => &row.model,
        "creator" => &row.creator,
        _ => &None,
    };
    text.clone().unwrap_or_default()
}

/// What a row is about, where it has a page of its own.
fn reference<'r>(row: &'r UsageRowView, by: &str) -> Option<&'r Reference> {
    let one = match by {
        "token" => &row.token,
        "account" => &row.account,
        "group" => &row.group,
        "upstream" => &row.upstream,
        _ => &None,
    };
    one.as_ref()
}

fn measure(row: &UsageRowView, name: &str) -> String {
    match name {
        "requests" => row.requests.to_string(),
        "failed" => row.failed.to_string(),
        "estimated" => row.estimated.to_string(),
        "input_tokens" => row.input_tokens.to_string(),
        "cached_tokens" => row.cached_tokens.to_string(),
        "output_tokens" => row.output_tokens.to_string(),
        "uncovered" => row.uncovered.clone(),
        _ => row.cost.clone(),
    }
}

pub(super) fn table(visit: &Visit, report: &ReportView, total: &UsageRowView) -> Markup {
    let nothing = |name: &str| money::drawn(&measure(total, name)) == 0.0;
    let shown = MEASURES.into_iter();
    let shown = shown.filter(|(name, _)| !SELDOM.contains(name) || !nothing(name));
    let shown: Vec<_> = shown.collect();
    let sums = |row: &UsageRowView| {
        html! { @for (name, text) in &shown { td.number data-label=(visit.t(text)) { (written(row, name)) } } }
    };
    html! {
        div.scroll tabindex="0" role="region" aria-label=(visit.t("nav-usage")) {
            table.list {
                thead { tr {
                    @for by in &report.by { th scope="col" { (visit.say().name_of("by", by)) } }
                    @for (_, text) in &shown { th.number scope="col" { (visit.t(text)) } }
                } }
                tbody { @for row in &report.rows { tr {
                    @for by in &report.by { td data-label=(visit.say().name_of("by", by)) { (about(visit, row, by)) } }
                    (sums(row))
                } } }
                @if report.rows.len() > 1 { tfoot { tr {
                    th scope="row" colspan=(report.by.len()) { (visit.t("total")) }
                    (sums(total))
                } } }
            }
        }
    }
}

/// What a row is about, as a way to its page where it has one.
fn about(visit: &Visit, row: &UsageRowView, by: &str) -> Markup {
    let label = label(row, by);
    html! {
        @if let Some(one) = reference(row, by) { a href={ "/" (by) "s/" (one.id) } { bdi { (label) } } }
        @else if label.is_empty() { span.quiet { (visit.t("none")) } }
        @else { bdi { (label) } }
    }
}

fn written(row: &UsageRowView, name: &str) -> Markup {
    let value = measure(row, name);
    match name {
        "cost" => html! { strong { (money::credits(&value)) } },
        "uncovered" => html! { (money::credits(&value)) },
        _ => html! { (money::thousands(&value)) },
    }
}

/// All rows, with the ids of what has one.
pub(super) fn file_of(report: &ReportView) -> String {
    let mut heads: Vec<String> = Vec::new();
    for by in &report.by {
        heads.push(by.clone());
        if has_id(by) {
            heads.push(format!("{by}_id"));
        }
    }
    heads.extend(MEASURES.map(|(name, _)| name.to_owned()));
    let mut text = heads.join(",");
    text.push('\n');
    for row in &report.rows {
        let mut cells: Vec<String> = Vec::new();
        for by in &report.by {
            cells.push(csv(&label(row, by)));
            if has_id(by) {
                let id = reference(row, by).map(|one| one.id.clone());
                cells.push(id.unwrap_or_default());
            }
        }
        cells.extend(MEASURES.map(|(name, _)| measure(row, name)));
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

fn has_id(by: &str) -> bool {
    ["token", "account", "group", "upstream"].contains(&by)
}
