//! The commands of upstreams.

mod credential;
mod reach;
mod shown;

use tollgate_admin_core::upstream::{
    self, CredentialInput, ServedInput, TestInput, UpstreamChange, UpstreamInput,
};

use super::cells::state;
use crate::Ending;
use crate::arguments::upstream::{UpstreamCommand, UpstreamCreate, UpstreamEdit, UpstreamTest};
use crate::confirm;
use crate::failure::Failure;
use crate::session::Session;

pub(super) async fn run(
    command: UpstreamCommand,
    session: &Session<'_>,
) -> Result<Ending, Failure> {
    let context = &session.context;
    match command {
        UpstreamCommand::Create(arguments) => {
            let made = upstream::create(context, input(arguments)?).await?;
            shown::one(session, &made)?;
        }
        UpstreamCommand::List => shown::all(session, &upstream::list(context).await?)?,
        UpstreamCommand::Show(one) => {
            shown::one(session, &upstream::show(context, &one.which).await?)?;
        }
        UpstreamCommand::Edit(arguments) => {
            let which = arguments.which.which.clone();
            let edited = upstream::edit(context, &which, change(arguments)?).await?;
            shown::one(session, &edited)?;
        }
        UpstreamCommand::Enable(one) => switch(session, &one.which, true).await?,
        UpstreamCommand::Disable(one) => switch(session, &one.which, false).await?,
        UpstreamCommand::Delete(one) => delete(session, &one.which).await?,
        UpstreamCommand::Test(arguments) => return test(session, arguments).await,
        UpstreamCommand::Credential(command) => credential::run(command, session).await?,
    }
    Ok(Ending::Done)
}

async fn switch(session: &Session<'_>, which: &str, enabled: bool) -> Result<(), Failure> {
    let change = UpstreamChange {
        enabled: Some(enabled),
        ..UpstreamChange::default()
    };
    let changed = upstream::edit(&session.context, which, change).await?;
    if session.output.is_json() {
        return Ok(session.output.document(&changed)?);
    }
    let state = state(changed.enabled);
    let text = format!("Upstream `{}` ({}) is {state}.", changed.name, changed.id);
    Ok(session.output.line(&text)?)
}

async fn delete(session: &Session<'_>, which: &str) -> Result<(), Failure> {
    confirm::possible(session)?;
    let found = upstream::show(&session.context, which).await?;
    confirm::ask(session, "delete", "upstream", &found.name, &found.id)?;
    let gone = upstream::delete(&session.context, &found.id).await?;
    if session.output.is_json() {
        return Ok(session.output.document(&gone)?);
    }
    let text = format!("Upstream `{}` ({}) was deleted.", gone.name, gone.id);
    Ok(session.output.line(&text)?)
}

async fn test(session: &Session<'_>, arguments: UpstreamTest) -> Result<Ending, Failure> {
    let input = TestInput {
        model: arguments.model,
        timeout: Some(arguments.timeout),
    };
    let tested = upstream::test(&session.context, &arguments.which.which, &input).await?;
    let ending = if tested.passed {
        Ending::Done
    } else {
        Ending::TestFailed
    };
    ending.after(shown::tested(session, &tested))
}

fn input(arguments: UpstreamCreate) -> Result<UpstreamInput, Failure> {
    Ok(UpstreamInput {
        credential: credential::read(arguments.credential)?.unwrap_or(CredentialInput::None),
        sticky: arguments.reach.sticky.unwrap_or_default(),
        reach: reach::read(arguments.reach)?,
        name: arguments.name,
        base_url: arguments.base_url,
        dialect: arguments.dialect,
        provider: arguments.provider,
        models: arguments.models.map(served),
        mount: arguments.mount,
        price: arguments.price,
        carrier: arguments.carrier,
        groups: arguments.groups,
        priority: arguments.priority,
        weight: arguments.weight,
        note: arguments.note,
    })
}

fn change(arguments: UpstreamEdit) -> Result<UpstreamChange, Failure> {
    Ok(UpstreamChange {
        credential: credential::read(arguments.credential)?,
        sticky: arguments.reach.sticky,
        reach: reach::read(arguments.reach)?,
        name: arguments.name,
        base_url: arguments.base_url,
        dialect: arguments.dialect,
        provider: arguments.provider,
        models: arguments.models.map(served),
        mount: arguments.mount,
        price: arguments.price,
        carrier: arguments.carrier,
        groups: arguments.groups,
        enabled: None,
        priority: arguments.priority,
        weight: arguments.weight,
        note: arguments.note,
        if_version: None,
    })
}

fn served(models: Vec<String>) -> Vec<ServedInput> {
    models.iter().map(|text| ServedInput::parse(text)).collect()
}
