//! The commands of the audit log.

use serde_json::Value;
use tollgate_admin_core::audit::{self, AuditFilter};
use tollgate_admin_core::view::audit::{ChangeView, LogView};

use super::cells::{moment, or};
use crate::Ending;
use crate::arguments::audit::{AuditCommand, AuditList};
use crate::failure::Failure;
use crate::output::Table;
use crate::session::Session;

pub(super) async fn run(command: AuditCommand, session: &Session<'_>) -> Result<Ending, Failure> {
    match command {
        AuditCommand::List(arguments) => {
            list(session, arguments).await?;
            Ok(Ending::Done)
        }
        AuditCommand::Verify => verify(session).await,
    }
}

async fn list(session: &Session<'_>, arguments: AuditList) -> Result<(), Failure> {
    let (output, all) = (session.output, arguments.page.all);
    let mut filter = AuditFilter::from(arguments);
    let mut first = true;
    loop {
        let page = audit::list(&session.context, &filter).await?;
        if output.is_json() && !all {
            return Ok(output.document(&page)?);
        }
        if output.is_json() {
            write_entries(session, &page.entries, first)?;
        } else {
            show(session, &page.entries, first)?;
        }
        first = false;
        match page.next_cursor {
            Some(cursor) if all => filter.cursor = Some(cursor),
            Some(cursor) => {
                output.notice(&format!(
                    "older changes: the same filters and --cursor {cursor}, or list --all"
                ));
                break;
            }
            None => break,
        }
    }
    if output.is_json() {
        output.bytes(b"],\"next_cursor\":null}\n")?;
    }
    Ok(())
}

fn write_entries(
    session: &Session<'_>,
    changes: &[ChangeView],
    mut first: bool,
) -> Result<(), Failure> {
    if first {
        session.output.bytes(b"{\"entries\":[\n")?;
    }
    for change in changes {
        let before = if first { "" } else { "," };
        session.output.fragment(before, change)?;
        first = false;
    }
    Ok(())
}

fn show(session: &Session<'_>, changes: &[ChangeView], headed: bool) -> Result<(), Failure> {
    let mut table = Table::new(["no", "at", "actor", "origin", "action", "subject", "change"]);
    for change in changes {
        table.row([
            change.seq.to_string(),
            moment(&change.at),
            change.actor.clone(),
            change.origin.clone(),
            change.action.clone(),
            change.subject.clone(),
            difference(change),
        ]);
    }
    let table = table.optional(&["origin"]);
    let table = if headed { table } else { table.headless() };
    Ok(session.output.table(&table)?)
}

async fn verify(session: &Session<'_>) -> Result<Ending, Failure> {
    let log = audit::verify(&session.context).await?;
    let ending = if log.whole {
        Ending::Done
    } else {
        Ending::AuditBroken
    };
    let shown = if session.output.is_json() {
        session.output.document(&log)
    } else {
        session.output.line(&verdict(&log))
    };
    ending.after(shown.map_err(Failure::from))
}

fn verdict(log: &LogView) -> String {
    let LogView {
        rows,
        head,
        bad_row,
        problem,
        ..
    } = log;
    if log.whole {
        format!(
            "All {} changes are as they were written. The log ends with {}.",
            or(rows.as_ref(), "0"),
            or(head.as_ref(), "nothing")
        )
    } else {
        format!(
            "The audit log was tampered with at change {}: {}.",
            or(bad_row.as_ref(), "unknown"),
            or(problem.as_ref(), "unknown")
        )
    }
}

/// What differs between before and after; the name where it was created or deleted.
fn difference(change: &ChangeView) -> String {
    match (&change.before, &change.after) {
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            let changed = after
                .iter()
                .filter(|(key, value)| before.get(*key) != Some(value));
            let told = changed.map(|(key, value)| {
                let was = before.get(key).map_or("null".to_owned(), Value::to_string);
                format!("{key}: {was} → {value}")
            });
            told.collect::<Vec<_>>().join("; ")
        }
        (None, Some(one)) | (Some(one), None) => one
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        _ => String::new(),
    }
}

impl From<AuditList> for AuditFilter {
    fn from(arguments: AuditList) -> Self {
        Self {
            subject: arguments.subject,
            actor: arguments.actor,
            action: arguments.action,
            since: arguments.since,
            until: arguments.until,
            limit: Some(arguments.page.limit),
            cursor: arguments.page.cursor,
        }
    }
}
