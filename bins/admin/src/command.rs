//! The commands: each calls one use case and shows its answer.

mod account;
mod audit;
mod cells;
mod explain;
mod group;
mod model;
mod token;
mod upstream;

use crate::Ending;
use crate::arguments::{Arguments, Command, LimitArguments, ScopeArguments};
use crate::failure::Failure;
use crate::output::Output;
use crate::{manual, session};
use tollgate_admin_core::input::limit::LimitsInput;
use tollgate_admin_core::input::scope::ScopeInput;

/// Carries a command out.
pub(crate) async fn run(arguments: Arguments, output: &Output) -> Result<Ending, Failure> {
    let Arguments { global, command } = arguments;
    match command {
        Command::Completions { shell } => {
            manual::completions(shell, output)?;
            Ok(Ending::Done)
        }
        Command::Man { dir } => {
            manual::pages(dir.as_deref(), output)?;
            Ok(Ending::Done)
        }
        command => {
            let session = session::open(&global, output).await?;
            dispatch(command, &session).await
        }
    }
}

async fn dispatch(command: Command, session: &session::Session<'_>) -> Result<Ending, Failure> {
    match command {
        Command::Token(command) => token::run(command, session).await?,
        Command::Group(command) => group::run(command, session).await?,
        Command::Account(command) => account::run(command, session).await?,
        Command::Model(command) => model::run(command, session).await?,
        Command::Upstream(command) => return upstream::run(command, session).await,
        Command::Explain(arguments) => return explain::run(arguments, session).await,
        Command::Audit(command) => return audit::run(command, session).await,
        // These were carried out without a store.
        Command::Completions { .. } | Command::Man { .. } => {}
    }
    Ok(Ending::Done)
}

impl From<ScopeArguments> for ScopeInput {
    fn from(arguments: ScopeArguments) -> Self {
        Self {
            models: arguments.models,
            providers: arguments.providers,
            endpoints: arguments.endpoints,
            networks: arguments.ips,
        }
    }
}

impl From<LimitArguments> for LimitsInput {
    fn from(arguments: LimitArguments) -> Self {
        Self {
            rpm: arguments.rpm,
            tpm: arguments.tpm,
            concurrency: arguments.concurrency,
        }
    }
}
