//! The commands of accounts.

mod credits;

use tollgate_admin_core::account::{self, AccountChange, AccountInput};
use tollgate_admin_core::view::account::{AccountView, FundsView};

use super::cells::{limits, list, moment, or, period, state};
use crate::arguments::account::{AccountCommand, AccountCreate, AccountEdit};
use crate::confirm;
use crate::failure::Failure;
use crate::output::Table;
use crate::session::Session;

pub(super) async fn run(command: AccountCommand, session: &Session<'_>) -> Result<(), Failure> {
    let context = &session.context;
    match command {
        AccountCommand::Create(arguments) => {
            created(session, &account::create(context, &arguments.into()).await?)
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
        AccountCommand::TopUp(arguments) => credits::top_up(session, arguments).await,
        AccountCommand::Statement(arguments) => credits::statement(session, arguments).await,
        AccountCommand::Enable(one) => switch(session, &one.which, true).await,
        AccountCommand::Disable(one) => switch(session, &one.which, false).await,
        AccountCommand::Delete(one) => delete(session, &one.which).await,
    }
}

/// Says what to do where nothing can be spent yet: to a new operator it is a surprise.
fn created(session: &Session<'_>, account: &AccountView) -> Result<(), Failure> {
    show(session, account)?;
    let funds = &account.funds;
    let nothing = |amount: &str| amount == "0";
    if funds.remaining.as_deref().is_some_and(nothing) {
        session.output.notice(&format!(
            "It holds no credits, so calls of its tokens are refused: add some by `tollgate-admin account top-up {} CREDITS`, or let it spend without a limit by `tollgate-admin account edit {} --unlimited`",
            account.id, account.id
        ));
    }
    Ok(())
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
        ("balance", balance(&account.funds)),
        ("period", period(account.funds.periodic.as_ref())),
        ("limits", limits(&account.limits)),
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
    let mut table = Table::new([
        "name",
        "id",
        "state",
        "credited",
        "used",
        "held",
        "remaining",
        "models",
        "note",
    ]);
    for account in accounts {
        table.row([
            account.name.clone(),
            account.id.clone(),
            state(account.enabled),
            or(account.funds.credited.as_ref(), "unlimited"),
            account.funds.used.clone(),
            account.funds.held.clone(),
            or(account.funds.remaining.as_ref(), "unlimited"),
            list(account.scope.models.as_ref()),
            account.note.clone(),
        ]);
    }
    let table = table.optional(&["note", "models", "held", "credited"]);
    Ok(session.output.table(&table)?)
}

/// What an account was given, and what became of it.
pub(super) fn balance(funds: &FundsView) -> String {
    let FundsView {
        credit_line,
        used,
        held,
        ..
    } = funds;
    let (Some(credited), Some(remaining)) = (&funds.credited, &funds.remaining) else {
        return format!("unlimited: used {used}, held {held}");
    };
    format!(
        "remaining {remaining}: credited {credited}, credit line {credit_line}, used {used}, held {held}"
    )
}

impl From<AccountCreate> for AccountInput {
    fn from(arguments: AccountCreate) -> Self {
        Self {
            name: arguments.name,
            unlimited: arguments.unlimited,
            balance: arguments.balance,
            credit_line: arguments.funds.credit_line,
            periodic: arguments.funds.periodic,
            limits: arguments.funds.limits.into(),
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
            unlimited: match (arguments.unlimited, arguments.limited) {
                (true, _) => Some(true),
                (_, true) => Some(false),
                _ => None,
            },
            credit_line: arguments.funds.credit_line,
            periodic: arguments.funds.periodic,
            limits: arguments.funds.limits.into(),
            scope: arguments.scope.into(),
            note: arguments.note,
            if_version: None,
        }
    }
}
