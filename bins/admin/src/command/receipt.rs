//! The commands of receipts.

use tollgate_admin_core::receipt::{self, ReceiptFilter};
use tollgate_admin_core::view::Page;
use tollgate_admin_core::view::receipt::ReceiptView;

use super::cells::{self, moment, or};
use crate::arguments::usage::{CallList, ReceiptCommand};
use crate::failure::Failure;
use crate::output::Table;
use crate::session::Session;

pub(super) async fn run(command: ReceiptCommand, session: &Session<'_>) -> Result<(), Failure> {
    match command {
        ReceiptCommand::Show { request } => {
            show(session, &receipt::show(&session.context, &request).await?)
        }
        ReceiptCommand::List(arguments) => list(session, arguments).await,
    }
}

async fn list(session: &Session<'_>, arguments: CallList) -> Result<(), Failure> {
    let context = &session.context;
    let mut filter = ReceiptFilter {
        token: arguments.token,
        account: arguments.account,
        limit: Some(arguments.page.limit),
        cursor: arguments.page.cursor,
    };
    let mut page = receipt::list(context, &filter).await?;
    while arguments.page.all && page.next_cursor.is_some() {
        filter.cursor = page.next_cursor.take();
        let next = receipt::list(context, &filter).await?;
        page.entries.extend(next.entries);
        page.next_cursor = next.next_cursor;
    }
    show_all(session, &page)
}

fn show_all(session: &Session<'_>, page: &Page<ReceiptView>) -> Result<(), Failure> {
    let output = session.output;
    if output.is_json() {
        return Ok(output.document(page)?);
    }
    let mut table = Table::new([
        "request", "at", "token", "account", "model", "upstream", "ending", "tokens", "cost",
    ]);
    for one in &page.entries {
        table.row([
            one.request.clone(),
            moment(&one.at),
            one.token.name.clone(),
            one.account.name.clone(),
            one.model.clone().unwrap_or_else(|| one.endpoint.clone()),
            upstream(one),
            ending(one),
            tokens(one),
            one.cost.clone(),
        ]);
    }
    let table = table.optional(&["account", "upstream", "tokens"]);
    output.table(&table)?;
    cells::pages(session, page.entries.len(), "receipt", page);
    Ok(())
}

fn show(session: &Session<'_>, one: &ReceiptView) -> Result<(), Failure> {
    if session.output.is_json() {
        return Ok(session.output.document(one)?);
    }
    let named = |name: &str, id: &str| format!("{name} ({id})");
    let used = one
        .usage
        .iter()
        .map(|(part, units)| format!("{part} {units}"));
    let used: Vec<_> = used.collect();
    let ms = |ms: u64| format!("{ms} ms");
    let table = Table::properties([
        ("request", one.request.clone()),
        ("at", moment(&one.at)),
        ("token", named(&one.token.name, &one.token.id)),
        ("account", named(&one.account.name, &one.account.id)),
        ("group", named(&one.group.name, &one.group.id)),
        ("endpoint", one.endpoint.clone()),
        ("model", or(one.model.as_ref(), "none")),
        ("served as", or(one.served_as.as_ref(), "the same")),
        ("upstream", upstream(one)),
        ("client", one.client.clone()),
        ("status", or(one.status.as_ref(), "no answer")),
        ("ending", ending(one)),
        (
            "streamed",
            if one.streamed { "yes" } else { "no" }.to_owned(),
        ),
        ("used", used.join(", ")),
        ("price", one.price.clone()),
        ("multiplier", one.multiplier.clone()),
        ("cost", one.cost.clone()),
        ("uncovered", one.uncovered.clone()),
        (
            "first byte",
            one.first_byte_ms.map_or_else(|| "none".to_owned(), ms),
        ),
        ("total", ms(one.total_ms)),
    ]);
    Ok(session.output.table(&table)?)
}

fn upstream(one: &ReceiptView) -> String {
    let upstream = one.upstream.as_ref();
    upstream.map_or_else(|| "none".to_owned(), |upstream| upstream.name.clone())
}

fn ending(one: &ReceiptView) -> String {
    let estimated = if one.estimated { " (estimated)" } else { "" };
    format!("{}{estimated}", one.ending)
}

/// What was used, without what is counted otherwise than in tokens or pieces.
fn tokens(one: &ReceiptView) -> String {
    let counted = one
        .usage
        .iter()
        .filter(|(part, _)| *part != "second_micros");
    counted.map(|(_, units)| *units).sum::<u64>().to_string()
}
