//! Adding models with their prices from a file of another product.

use std::io::Read;
use std::path::Path;

use tollgate_admin_core::import::{self, ImportInput};
use tollgate_admin_core::view::import::{Action, ImportView, ImportedGroupView, ImportedView};

use crate::arguments::model::{Import, Product};
use crate::command::cells::or;
use crate::failure::Failure;
use crate::output::Table;
use crate::session::Session;

/// The largest file that is read, in bytes.
const MOST: u64 = 64 << 20;

pub(super) async fn run(session: &Session<'_>, arguments: Import) -> Result<(), Failure> {
    let input = ImportInput {
        from: match arguments.from {
            Product::Litellm => "litellm",
            Product::NewApi => "new-api",
        }
        .to_owned(),
        text: read(&arguments.file)?,
        only: arguments.only,
        provider: arguments.provider,
        dry_run: arguments.dry_run,
        update: arguments.update,
    };
    let view = import::models(&session.context, &input).await?;
    show(session, &view)
}

fn read(path: &Path) -> Result<String, Failure> {
    let shown = path.display();
    let failed = |error: std::io::Error| {
        Failure::input(format!("`{shown}` cannot be read: {error}"))
            .hint("name a file of JSON text, or `-` for standard input")
    };
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().take(MOST).read_to_string(&mut text)
    } else {
        let file = std::fs::File::open(path).map_err(failed)?;
        file.take(MOST).read_to_string(&mut text)
    };
    match read.map_err(failed)? {
        length if length as u64 >= MOST => {
            let message = format!("`{shown}` is larger than {} MiB", MOST >> 20);
            Err(Failure::input(message))
        }
        _ => Ok(text),
    }
}

fn show(session: &Session<'_>, view: &ImportView) -> Result<(), Failure> {
    let output = session.output;
    if output.is_json() {
        return Ok(output.document(view)?);
    }
    let mut table = Table::new([
        "model", "action", "prices", "price", "context", "output", "notes",
    ]);
    for entry in &view.entries {
        table.row([
            entry.name.clone(),
            entry.action.name().to_owned(),
            exactness(entry),
            or(entry.price.as_ref(), ""),
            or(entry.context.as_ref(), ""),
            or(entry.max_output.as_ref(), ""),
            entry.notes.join("; "),
        ]);
    }
    let table = table.optional(&["output", "context"]);
    output.table(&table)?;
    for group in &view.groups {
        output.notice(&told(group));
    }
    for remark in &view.remarks {
        output.notice(remark);
    }
    output.notice(&summary(view));
    Ok(())
}

fn told(group: &ImportedGroupView) -> String {
    let multiplier = group.multiplier.as_ref();
    let multiplier = multiplier.map(|one| format!(", multiplier {one}"));
    let notes = match group.notes.as_slice() {
        [] => String::new(),
        notes => format!(" ({})", notes.join("; ")),
    };
    let (name, action) = (&group.name, group.action.name());
    format!(
        "Group `{name}`: {action}{}{notes}",
        multiplier.unwrap_or_default()
    )
}

fn exactness(entry: &ImportedView) -> String {
    match entry.exact {
        Some(true) => "exact",
        Some(false) => "approximate",
        None => "",
    }
    .to_owned()
}

fn summary(view: &ImportView) -> String {
    let ImportView {
        created,
        updated,
        unchanged,
        left,
        skipped,
        exact,
        approximate,
        ..
    } = view;
    let would = if view.dry_run {
        "Nothing was done; it would be: "
    } else {
        ""
    };
    let mut text = format!(
        "{would}{created} created, {updated} updated, {unchanged} unchanged, {left} left alone, {skipped} skipped; prices of {exact} exact, of {approximate} approximate."
    );
    let groups_left = view.groups.iter().any(|one| one.action == Action::Left);
    if *left > 0 || groups_left {
        text.push_str(" Add --update to change those that were left alone.");
    }
    text
}
