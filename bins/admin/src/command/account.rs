//! The commands of accounts.

use tollgate_admin_core::account::{self, AccountChange, AccountInput};
use tollgate_admin_core::view::account::AccountView;

use super::cells::{list, moment, state};
use crate::arguments::catalog::{AccountCommand, AccountCreate, AccountEdit};
use crate::confirm;
use crate::failure::Failure;
use crate::output::Table;
use crate::session::Session;

pub(super) async fn run(command: AccountCommand, session: &Session<'_>) -> Result<(), Failure> {
    let context = &session.context;
    match command {
        AccountCommand::Create(arguments) => {
            show(session, &account::create(context, &arguments.into()).await?)
        }
        AccountCommand::List => show_all(session, &account::list(context).await?),
        AccountCommand::Show(one) => show(session, &account::show(context, &one.which).await?),
        AccountCommand::Edit(arguments) => {
            let which = arguments.which.which.clone();
            show(
                session,
                &account::edit(context, &which, &arguments.into()).await?,
            )
        }
        AccountCommand::Enable(one) => switch(session, &one.which, true).await,
        AccountCommand::Disable(one) => switch(session, &one.which, false).await,
        AccountCommand::Delete(one) => delete(session, &one.which).await,
    }
}

async fn switch(session: &Session<'_>, which: &str, enabled: bool) -> Result<(), Failure> {
    let change = AccountChange {
        enabled: Some(enabled),
        ..AccountChange::default()
    };
    let changed = account::edit(&session.context, which, &change).await?;
    if session.output.is_json() {
        return Ok(session.output.document(&changed)?);
    }
    let AccountView { name, id, .. } = &changed;
    let state = state(changed.enabled);
    Ok(session
        .output
        .line(&format!("Account `{name}` ({id}) is {state}."))?)
}

async fn delete(session: &Session<'_>, which: &str) -> Result<(), Failure> {
    confirm::possible(session)?;
    let found = account::show(&session.context, which).await?;
    confirm::ask(session, "delete", "account", &found.name, &found.id)?;
    let gone = account::delete(&session.context, &found.id).await?;
    if session.output.is_json() {
        return Ok(session.output.document(&gone)?);
    }
    let AccountView { name, id, .. } = gone;
    Ok(session
        .output
        .line(&format!("Account `{name}` ({id}) was deleted."))?)
}

fn show(session: &Session<'_>, account: &AccountView) -> Result<(), Failure> {
    if session.output.is_json() {
        return Ok(session.output.document(account)?);
    }
    let table = Table::properties([
        ("name", account.name.clone()),
        ("id", account.id.clone()),
        ("state", state(account.enabled)),
        ("models", list(account.scope.models.as_ref())),
        ("providers", list(account.scope.providers.as_ref())),
        ("endpoints", list(account.scope.endpoints.as_ref())),
        ("networks", list(account.scope.networks.as_ref())),
        ("note", account.note.clone()),
        ("created", moment(&account.created_at)),
        ("changed", moment(&account.updated_at)),
    ]);
    Ok(session.output.table(&table)?)
}

fn show_all(session: &Session<'_>, accounts: &[AccountView]) -> Result<(), Failure> {
    if session.output.is_json() {
        return Ok(session.output.document(&accounts)?);
    }
    let mut table = Table::new(["name", "id", "state", "models", "note"]);
    for account in accounts {
        table.row([
            account.name.clone(),
            account.id.clone(),
            state(account.enabled),
            list(account.scope.models.as_ref()),
            account.note.clone(),
        ]);
    }
    Ok(session.output.table(&table)?)
}

impl From<AccountCreate> for AccountInput {
    fn from(arguments: AccountCreate) -> Self {
        Self {
            name: arguments.name,
            scope: arguments.scope.into(),
            note: arguments.note,
        }
    }
}

impl From<AccountEdit> for AccountChange {
    fn from(arguments: AccountEdit) -> Self {
        Self {
            name: arguments.name,
            enabled: None,
            scope: arguments.scope.into(),
            note: arguments.note,
        }
    }
}
