//! The commands of groups.

use tollgate_admin_core::group::{self, GroupChange, GroupInput, TermsInput};
use tollgate_admin_core::view::group::GroupView;
use tollgate_admin_core::view::money::LimitsView;

use super::cells::{limits, list, moment};
use crate::arguments::catalog::{GroupCommand, GroupCreate, GroupEdit, TermsArguments};
use crate::confirm;
use crate::failure::Failure;
use crate::output::Table;
use crate::session::Session;

pub(super) async fn run(command: GroupCommand, session: &Session<'_>) -> Result<(), Failure> {
    let context = &session.context;
    match command {
        GroupCommand::Create(arguments) => {
            show(session, &group::create(context, &arguments.into()).await?)
        }
        GroupCommand::List => show_all(session, &group::list(context).await?),
        GroupCommand::Show(one) => show(session, &group::show(context, &one.which).await?),
        GroupCommand::Edit(arguments) => {
            let which = arguments.which.which.clone();
            show(
                session,
                &group::edit(context, &which, &arguments.into()).await?,
            )
        }
        GroupCommand::Delete(one) => delete(session, &one.which).await,
    }
}

async fn delete(session: &Session<'_>, which: &str) -> Result<(), Failure> {
    confirm::possible(session)?;
    let found = group::show(&session.context, which).await?;
    confirm::ask(session, "delete", "group", &found.name, &found.id)?;
    let gone = group::delete(&session.context, &found.id).await?;
    if session.output.is_json() {
        return Ok(session.output.document(&gone)?);
    }
    let GroupView { name, id, .. } = gone;
    Ok(session
        .output
        .line(&format!("Group `{name}` ({id}) was deleted."))?)
}

fn show(session: &Session<'_>, group: &GroupView) -> Result<(), Failure> {
    if session.output.is_json() {
        return Ok(session.output.document(group)?);
    }
    let table = Table::properties([
        ("name", group.name.clone()),
        ("id", group.id.clone()),
        ("multiplier", group.multiplier.clone()),
        ("limits", of_group(&group.limits, group.shared_limits)),
        ("enforcement", group.enforcement.clone()),
        ("on leave", group.on_leave.clone()),
        ("fallbacks", fallbacks(group)),
        ("open to members", yes(group.open_to_members).to_owned()),
        ("models", list(group.scope.models.as_ref())),
        ("providers", list(group.scope.providers.as_ref())),
        ("endpoints", list(group.scope.endpoints.as_ref())),
        ("networks", list(group.scope.networks.as_ref())),
        ("note", group.note.clone()),
        ("created", moment(&group.created_at)),
        ("changed", moment(&group.updated_at)),
    ]);
    Ok(session.output.table(&table)?)
}

fn show_all(session: &Session<'_>, groups: &[GroupView]) -> Result<(), Failure> {
    if session.output.is_json() {
        return Ok(session.output.document(&groups)?);
    }
    let mut table = Table::new(["name", "id", "multiplier", "limits", "models", "note"]);
    for group in groups {
        table.row([
            group.name.clone(),
            group.id.clone(),
            group.multiplier.clone(),
            of_group(&group.limits, group.shared_limits),
            list(group.scope.models.as_ref()),
            group.note.clone(),
        ]);
    }
    Ok(session.output.table(&table)?)
}

fn fallbacks(group: &GroupView) -> String {
    let pairs = group.fallbacks.iter();
    let shown: Vec<_> = pairs
        .map(|(model, others)| format!("{model}={}", others.join(",")))
        .collect();
    if shown.is_empty() {
        return "none".to_owned();
    }
    shown.join("; ")
}

const fn yes(said: bool) -> &'static str {
    if said { "yes" } else { "no" }
}

/// The limits of a group, and whose they are.
pub(super) fn of_group(view: &LimitsView, shared: bool) -> String {
    let limits = limits(view);
    let whose = if shared {
        "all tokens together"
    } else {
        "each token"
    };
    match limits.as_str() {
        "unlimited" => limits,
        _ => format!("{limits} ({whose})"),
    }
}

impl From<TermsArguments> for TermsInput {
    fn from(arguments: TermsArguments) -> Self {
        Self {
            limits: arguments.limits.into(),
            shared_limits: arguments.shared_limits,
            enforcement: arguments.enforcement,
            on_leave: arguments.on_leave,
            fallbacks: arguments.fallbacks,
        }
    }
}

impl From<GroupCreate> for GroupInput {
    fn from(arguments: GroupCreate) -> Self {
        Self {
            name: arguments.name,
            multiplier: Some(arguments.multiplier),
            terms: arguments.terms.into(),
            scope: arguments.scope.into(),
            open_to_members: arguments.open_to_members,
            note: arguments.note,
        }
    }
}

impl From<GroupEdit> for GroupChange {
    fn from(arguments: GroupEdit) -> Self {
        Self {
            name: arguments.name,
            multiplier: arguments.multiplier,
            terms: arguments.terms.into(),
            scope: arguments.scope.into(),
            open_to_members: arguments.open_to_members,
            note: arguments.note,
            if_version: None,
        }
    }
}
