//! The commands of the model gallery.

use tollgate_admin_core::model::{self, ModelChange, ModelInput};
use tollgate_admin_core::view::model::ModelView;

use super::cells::{moment, state};
use crate::arguments::catalog::{ModelCommand, ModelCreate, ModelEdit};
use crate::confirm;
use crate::failure::Failure;
use crate::output::Table;
use crate::session::Session;

pub(super) async fn run(command: ModelCommand, session: &Session<'_>) -> Result<(), Failure> {
    let context = &session.context;
    match command {
        ModelCommand::Create(arguments) => {
            show(session, &model::create(context, &arguments.into()).await?)
        }
        ModelCommand::List => show_all(session, &model::list(context).await?),
        ModelCommand::Show(one) => show(session, &model::show(context, &one.which).await?),
        ModelCommand::Edit(arguments) => {
            let which = arguments.which.which.clone();
            show(
                session,
                &model::edit(context, &which, &arguments.into()).await?,
            )
        }
        ModelCommand::Enable(one) => switch(session, &one.which, true).await,
        ModelCommand::Disable(one) => switch(session, &one.which, false).await,
        ModelCommand::Delete(one) => delete(session, &one.which).await,
    }
}

async fn switch(session: &Session<'_>, which: &str, enabled: bool) -> Result<(), Failure> {
    let change = ModelChange {
        enabled: Some(enabled),
        ..ModelChange::default()
    };
    let changed = model::edit(&session.context, which, &change).await?;
    if session.output.is_json() {
        return Ok(session.output.document(&changed)?);
    }
    let ModelView { name, id, .. } = &changed;
    let state = state(changed.enabled);
    Ok(session
        .output
        .line(&format!("Model `{name}` ({id}) is {state}."))?)
}

async fn delete(session: &Session<'_>, which: &str) -> Result<(), Failure> {
    confirm::possible(session)?;
    let found = model::show(&session.context, which).await?;
    confirm::ask(session, "delete", "model", &found.name, &found.id)?;
    let gone = model::delete(&session.context, &found.id).await?;
    if session.output.is_json() {
        return Ok(session.output.document(&gone)?);
    }
    let ModelView { name, id, .. } = gone;
    Ok(session
        .output
        .line(&format!("Model `{name}` ({id}) was deleted."))?)
}

fn show(session: &Session<'_>, model: &ModelView) -> Result<(), Failure> {
    if session.output.is_json() {
        return Ok(session.output.document(model)?);
    }
    let table = Table::properties([
        ("name", model.name.clone()),
        ("id", model.id.clone()),
        ("provider", model.provider.clone()),
        ("state", state(model.enabled)),
        ("note", model.note.clone()),
        ("created", moment(&model.created_at)),
        ("changed", moment(&model.updated_at)),
    ]);
    Ok(session.output.table(&table)?)
}

fn show_all(session: &Session<'_>, models: &[ModelView]) -> Result<(), Failure> {
    if session.output.is_json() {
        return Ok(session.output.document(&models)?);
    }
    let mut table = Table::new(["name", "id", "provider", "state", "note"]);
    for model in models {
        table.row([
            model.name.clone(),
            model.id.clone(),
            model.provider.clone(),
            state(model.enabled),
            model.note.clone(),
        ]);
    }
    Ok(session.output.table(&table)?)
}

impl From<ModelCreate> for ModelInput {
    fn from(arguments: ModelCreate) -> Self {
        Self {
            name: arguments.name,
            provider: arguments.provider,
            note: arguments.note,
        }
    }
}

impl From<ModelEdit> for ModelChange {
    fn from(arguments: ModelEdit) -> Self {
        Self {
            name: arguments.name,
            provider: arguments.provider,
            enabled: None,
            note: arguments.note,
        }
    }
}
