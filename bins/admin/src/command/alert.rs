//! The commands of alerts.

use tollgate_admin_core::alert::{self, AlertFilter};
use tollgate_admin_core::view::Page;
use tollgate_admin_core::view::alert::AlertView;

use super::cells::{self, moment, moment_or};
use crate::arguments::usage::AlertCommand;
use crate::failure::Failure;
use crate::output::Table;
use crate::session::Session;

pub(super) async fn run(command: AlertCommand, session: &Session<'_>) -> Result<(), Failure> {
    let AlertCommand::List(arguments) = command;
    let context = &session.context;
    let mut filter = AlertFilter {
        limit: Some(arguments.limit),
        cursor: arguments.cursor,
    };
    let mut page = alert::list(context, &filter).await?;
    while arguments.all && page.next_cursor.is_some() {
        filter.cursor = page.next_cursor.take();
        let next = alert::list(context, &filter).await?;
        page.entries.extend(next.entries);
        page.next_cursor = next.next_cursor;
    }
    show(session, &page)
}

fn show(session: &Session<'_>, page: &Page<AlertView>) -> Result<(), Failure> {
    let output = session.output;
    if output.is_json() {
        return Ok(output.document(page)?);
    }
    let mut table = Table::new([
        "number",
        "at",
        "kind",
        "subject",
        "delivered",
        "attempts",
        "body",
    ]);
    for one in &page.entries {
        table.row([
            one.number.to_string(),
            moment(&one.at),
            one.kind.clone(),
            one.subject.clone(),
            moment_or(one.delivered_at.as_ref(), "not yet"),
            one.attempts.to_string(),
            one.body.to_string(),
        ]);
    }
    output.table(&table.optional(&["attempts"]))?;
    cells::pages(session, page.entries.len(), "alert", page);
    Ok(())
}
