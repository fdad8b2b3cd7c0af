//! The commands that change what an account holds, and its statement.

use tollgate_admin_core::account::{self, CreditsInput, StatementFilter};
use tollgate_admin_core::view::Page;
use tollgate_admin_core::view::account::EntryView;

use super::balance;
use crate::arguments::account::{Statement, TopUp};
use crate::command::cells::{self, moment};
use crate::confirm;
use crate::failure::Failure;
use crate::output::Table;
use crate::session::Session;

pub(super) async fn top_up(session: &Session<'_>, arguments: TopUp) -> Result<(), Failure> {
    let context = &session.context;
    let mut which = arguments.which.which;
    if !arguments.take_back && arguments.amount.trim_start().starts_with('-') {
        let message = format!("`{}` would take credits back", arguments.amount);
        return Err(Failure::input(message)
            .hint("write how many credits without the sign, and add --take-back"));
    }
    if arguments.take_back {
        confirm::possible(session)?;
        let found = account::show(context, &which).await?;
        let what = format!(
            "This will take {} credits back from the account `{}` ({}), also where they were spent.",
            arguments.amount, found.name, found.id
        );
        confirm::question(session, &what, &found.name)?;
        which = found.id;
    }
    let input = CreditsInput {
        amount: arguments.amount,
        take_back: arguments.take_back,
        note: arguments.note,
    };
    let changed = account::top_up(context, &which, &input).await?;
    if session.output.is_json() {
        return Ok(session.output.document(&changed)?);
    }
    let text = format!(
        "Account `{}` ({}): {}.",
        changed.name,
        changed.id,
        balance(&changed.funds)
    );
    Ok(session.output.line(&text)?)
}

pub(super) async fn statement(session: &Session<'_>, arguments: Statement) -> Result<(), Failure> {
    let (which, page) = (arguments.which.which, arguments.page);
    let mut filter = StatementFilter {
        limit: Some(page.limit),
        cursor: page.cursor,
    };
    let mut shown = account::statement(&session.context, &which, &filter).await?;
    while page.all && shown.next_cursor.is_some() {
        filter.cursor = shown.next_cursor.take();
        let next = account::statement(&session.context, &which, &filter).await?;
        shown.entries.extend(next.entries);
        shown.next_cursor = next.next_cursor;
    }
    show(session, &shown)
}

fn show(session: &Session<'_>, page: &Page<EntryView>) -> Result<(), Failure> {
    let output = session.output;
    if output.is_json() {
        return Ok(output.document(page)?);
    }
    let mut table = Table::new(["number", "at", "credits", "by", "note"]);
    for entry in &page.entries {
        table.row([
            entry.number.to_string(),
            moment(&entry.at),
            entry.amount.clone(),
            entry.actor.clone(),
            entry.note.clone(),
        ]);
    }
    output.table(&table)?;
    cells::pages(session, page.entries.len(), "entry", page);
    Ok(())
}
