//! The commands of refused calls.

use tollgate_admin_core::refusal::{self, RefusalCountFilter, RefusalFilter};
use tollgate_admin_core::view::Page;
use tollgate_admin_core::view::refusal::RefusalView;

use super::cells::{self, moment, or};
use crate::arguments::report::{RefusalCommand, RefusalCount};
use crate::arguments::usage::CallList;
use crate::failure::Failure;
use crate::output::Table;
use crate::session::Session;

pub(super) async fn run(command: RefusalCommand, session: &Session<'_>) -> Result<(), Failure> {
    match command {
        RefusalCommand::Show { request } => {
            show(session, &refusal::show(&session.context, &request).await?)
        }
        RefusalCommand::List(arguments) => list(session, arguments).await,
        RefusalCommand::Count(arguments) => count(session, arguments).await,
    }
}

fn show(session: &Session<'_>, one: &RefusalView) -> Result<(), Failure> {
    let output = session.output;
    if output.is_json() {
        return Ok(output.document(one)?);
    }
    let mut table = Table::new(["", ""]);
    let rows = [
        ("request", one.request.clone()),
        ("at", moment(&one.at)),
        ("token", format!("{} ({})", one.token.name, one.token.id)),
        ("code", one.code.clone()),
        ("reasons", one.reasons.clone()),
        ("endpoint", or(one.endpoint.as_ref(), "not known")),
        ("model", or(one.model.as_ref(), "none")),
        ("client", one.client.clone()),
    ];
    for (name, value) in rows {
        table.row([name.to_owned(), value]);
    }
    Ok(output.table(&table)?)
}

async fn list(session: &Session<'_>, arguments: CallList) -> Result<(), Failure> {
    let context = &session.context;
    let mut filter = RefusalFilter {
        token: arguments.token,
        account: arguments.account,
        limit: Some(arguments.page.limit),
        cursor: arguments.page.cursor,
    };
    let mut page = refusal::list(context, &filter).await?;
    while arguments.page.all && page.next_cursor.is_some() {
        filter.cursor = page.next_cursor.take();
        let next = refusal::list(context, &filter).await?;
        page.entries.extend(next.entries);
        page.next_cursor = next.next_cursor;
    }
    show_all(session, &page)
}

fn show_all(session: &Session<'_>, page: &Page<RefusalView>) -> Result<(), Failure> {
    let output = session.output;
    if output.is_json() {
        return Ok(output.document(page)?);
    }
    let mut table = Table::new([
        "request", "at", "token", "code", "reasons", "endpoint", "model", "client",
    ]);
    for one in &page.entries {
        table.row([
            one.request.clone(),
            moment(&one.at),
            one.token.name.clone(),
            one.code.clone(),
            one.reasons.clone(),
            or(one.endpoint.as_ref(), ""),
            or(one.model.as_ref(), ""),
            one.client.clone(),
        ]);
    }
    let table = table.optional(&["endpoint", "client"]);
    output.table(&table)?;
    cells::pages(session, page.entries.len(), "refusal", page);
    Ok(())
}

async fn count(session: &Session<'_>, arguments: RefusalCount) -> Result<(), Failure> {
    let filter = RefusalCountFilter {
        from: arguments.span.from,
        to: arguments.span.to,
        by: arguments.span.by,
        account: arguments.account,
    };
    let counts = refusal::count(&session.context, &filter).await?;
    let output = session.output;
    if output.is_json() {
        return Ok(output.document(&counts)?);
    }
    let mut table = Table::new(["from", "code", "calls"]);
    for one in &counts.rows {
        table.row([moment(&one.from), one.code.clone(), one.calls.to_string()]);
    }
    Ok(output.table(&table)?)
}
