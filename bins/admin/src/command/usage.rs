//! The commands of reports.

use tollgate_admin_core::usage::{self, PruneInput, UsageFilter};
use tollgate_admin_core::view::Reference;
use tollgate_admin_core::view::usage::{ReportView, UsageRowView};

use crate::arguments::usage::{Prune, Report, UsageArguments, UsageCommand};
use crate::confirm;
use crate::failure::Failure;
use crate::output::Table;
use crate::session::Session;

const MEASURES: [&str; 8] = [
    "requests",
    "failed",
    "estimated",
    "input",
    "cached",
    "output",
    "cost",
    "uncovered",
];

pub(super) async fn run(arguments: UsageArguments, session: &Session<'_>) -> Result<(), Failure> {
    match arguments.command {
        Some(UsageCommand::Prune(prune)) => pruned(session, prune).await,
        None => {
            let report = usage::report(&session.context, &arguments.report.into()).await?;
            show(session, &report)
        }
    }
}

async fn pruned(session: &Session<'_>, arguments: Prune) -> Result<(), Failure> {
    confirm::possible(session)?;
    let what = [
        arguments
            .keep_receipts
            .as_ref()
            .map(|kept| format!("delete receipts older than {kept}")),
        arguments
            .keep_days
            .as_ref()
            .map(|kept| format!("sum up days older than {kept} by their months")),
    ];
    let what: Vec<_> = what.into_iter().flatten().collect();
    let what = format!("This will {} for good.", what.join(", and "));
    confirm::word(session, &what, "prune")?;
    let input = PruneInput {
        keep_receipts: arguments.keep_receipts,
        keep_days: arguments.keep_days,
    };
    let pruned = usage::prune(&session.context, &input).await?;
    if session.output.is_json() {
        return Ok(session.output.document(&pruned)?);
    }
    let text = format!(
        "{} receipts were deleted, {} sums of days were added to their months.",
        pruned.receipts, pruned.days
    );
    Ok(session.output.line(&text)?)
}

fn show(session: &Session<'_>, report: &ReportView) -> Result<(), Failure> {
    let output = session.output;
    if output.is_json() {
        return Ok(output.document(report)?);
    }
    let ids = output.is_csv();
    let mut header: Vec<String> = Vec::new();
    for by in &report.by {
        header.push(by.clone());
        if ids && has_id(by) {
            header.push(format!("{by} id"));
        }
    }
    header.extend(MEASURES.map(str::to_owned));
    let mut table = Table::headed(header);
    for row in &report.rows {
        let mut cells = Vec::new();
        for by in &report.by {
            let (name, id) = dimension(row, by);
            cells.push(name);
            if ids && has_id(by) {
                cells.push(id);
            }
        }
        cells.extend(measures(row));
        table.add(cells);
    }
    let table = table.optional(&["uncovered", "estimated", "failed", "cached"]);
    Ok(output.table(&table)?)
}

fn has_id(by: &str) -> bool {
    matches!(by, "token" | "account" | "group" | "upstream")
}

/// What a row is of, by name and by id.
fn dimension(row: &UsageRowView, by: &str) -> (String, String) {
    let text = |text: &Option<String>| (text.clone().unwrap_or_default(), String::new());
    let named = |one: &Option<Reference>| {
        let pair = one.as_ref().map(|one| (one.name.clone(), one.id.clone()));
        pair.unwrap_or_else(|| ("none".to_owned(), String::new()))
    };
    match by {
        "day" => text(&row.day),
        "month" => text(&row.month),
        "model" => text(&row.model),
        "creator" => text(&row.creator),
        "token" => named(&row.token),
        "account" => named(&row.account),
        "group" => named(&row.group),
        _ => named(&row.upstream),
    }
}

fn measures(row: &UsageRowView) -> [String; 8] {
    [
        row.requests.to_string(),
        row.failed.to_string(),
        row.estimated.to_string(),
        row.input_tokens.to_string(),
        row.cached_tokens.to_string(),
        row.output_tokens.to_string(),
        row.cost.clone(),
        row.uncovered.clone(),
    ]
}

impl From<Report> for UsageFilter {
    fn from(arguments: Report) -> Self {
        Self {
            by: arguments.by,
            from: arguments.from,
            to: arguments.to,
            token: arguments.token,
            account: arguments.account,
            group: arguments.group,
            model: arguments.model,
            upstream: arguments.upstream,
            creator: arguments.creator,
            limit: arguments.limit,
        }
    }
}
