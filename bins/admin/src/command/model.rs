//! The commands of the model gallery and its prices.

mod import;

use tollgate_admin_core::model::{
    self, ModelChange, ModelInput, PriceInput, PriceScope, WindowInput,
};
use tollgate_admin_core::view::model::{ModelView, PriceView};

use super::cells::{moment, or, state};
use crate::arguments::model::{
    ModelCommand, ModelCreate, ModelEdit, MoneyArguments, PriceCommand, PriceScopeArguments,
};
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
        ModelCommand::Price(command) => price(session, command).await,
        ModelCommand::DefaultPrice { price } => default_price(session, price.as_deref()).await,
        ModelCommand::Import(arguments) => import::run(session, arguments).await,
    }
}

async fn price(session: &Session<'_>, command: PriceCommand) -> Result<(), Failure> {
    let context = &session.context;
    match command {
        PriceCommand::Set {
            model,
            scope,
            price,
        } => {
            let scope = scope.into();
            let input = PriceInput { scope, price };
            show(session, &model::price_set(context, &model, &input).await?)
        }
        PriceCommand::Remove { model, scope } => {
            let scope = scope.into();
            show(
                session,
                &model::price_remove(context, &model, &scope).await?,
            )
        }
    }
}

async fn default_price(session: &Session<'_>, price: Option<&str>) -> Result<(), Failure> {
    let context = &session.context;
    let shown = match price {
        Some(text) => model::set_default_price(context, text).await?,
        None => model::default_price(context).await?,
    };
    if session.output.is_json() {
        return Ok(session.output.document(&shown)?);
    }
    let text = match &shown.price {
        Some(price) => format!("What has no price of its own costs {price}."),
        None => "Calls of what has no price of its own are refused.".to_owned(),
    };
    Ok(session.output.line(&text)?)
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
    let mut lines = vec![
        ("name", model.name.clone()),
        ("id", model.id.clone()),
        ("provider", model.provider.clone()),
        ("state", state(model.enabled)),
        ("price", or(model.price.as_ref(), "unknown")),
    ];
    lines.extend(model.prices.iter().map(|one| ("price of some", some(one))));
    lines.extend([
        ("context", or(model.context.as_ref(), "unknown")),
        ("largest output", or(model.max_output.as_ref(), "unknown")),
        ("cap field", or(model.cap_field.as_ref(), "usual")),
        ("note", model.note.clone()),
        ("created", moment(&model.created_at)),
        ("changed", moment(&model.updated_at)),
    ]);
    session.output.table(&Table::lines(lines))?;
    if model.price.is_none() && model.prices.is_empty() {
        session.output.notice(&format!(
            "Its price is unknown, so its calls are refused where no default price is set: set one by `tollgate-admin model edit {} --price input=…,output=…`",
            model.id
        ));
    }
    Ok(())
}

/// A price list that applies to some calls only.
fn some(one: &PriceView) -> String {
    let provider = one.provider.as_ref().map(|name| format!("provider {name}"));
    let group = one
        .group
        .as_ref()
        .map(|group| format!("group {}", group.name));
    let of: Vec<_> = [provider, group].into_iter().flatten().collect();
    format!("{}: {}", of.join(", "), one.price)
}

fn show_all(session: &Session<'_>, models: &[ModelView]) -> Result<(), Failure> {
    if session.output.is_json() {
        return Ok(session.output.document(&models)?);
    }
    let mut table = Table::new([
        "name", "id", "provider", "state", "price", "context", "output", "note",
    ]);
    for model in models {
        table.row([
            model.name.clone(),
            model.id.clone(),
            model.provider.clone(),
            state(model.enabled),
            prices(model),
            or(model.context.as_ref(), "unknown"),
            or(model.max_output.as_ref(), "unknown"),
            model.note.clone(),
        ]);
    }
    let table = table.optional(&["note", "output", "context", "provider"]);
    Ok(session.output.table(&table)?)
}

/// The price in a list, with a mark where others apply to some calls.
fn prices(model: &ModelView) -> String {
    let price = or(model.price.as_ref(), "unknown");
    match model.prices.len() {
        0 => price,
        others => format!("{price} (+{others})"),
    }
}

impl From<PriceScopeArguments> for PriceScope {
    fn from(arguments: PriceScopeArguments) -> Self {
        Self {
            provider: arguments.provider,
            group: arguments.group,
        }
    }
}

impl From<MoneyArguments> for (Option<String>, WindowInput) {
    fn from(arguments: MoneyArguments) -> Self {
        let window = WindowInput {
            context: arguments.context,
            max_output: arguments.max_output,
            cap_field: arguments.cap_field,
        };
        (arguments.price, window)
    }
}

impl From<ModelCreate> for ModelInput {
    fn from(arguments: ModelCreate) -> Self {
        let (price, window) = arguments.money.into();
        Self {
            price,
            window,
            name: arguments.name,
            provider: arguments.provider,
            note: arguments.note,
        }
    }
}

impl From<ModelEdit> for ModelChange {
    fn from(arguments: ModelEdit) -> Self {
        let (price, window) = arguments.money.into();
        Self {
            price,
            window,
            name: arguments.name,
            provider: arguments.provider,
            enabled: None,
            note: arguments.note,
            if_version: None,
        }
    }
}
