//! The commands: each calls one use case and shows its answer.

mod account;
mod alert;
mod api_credential;
mod audit;
mod cells;
mod explain;
mod gateway;
mod group;
mod init;
mod member;
mod model;
mod receipt;
mod refusal;
mod sealing;
mod serve;
mod session;
mod token;
mod upstream;
mod usage;

use crate::Ending;
use crate::arguments::account::AccountCommand;
use crate::arguments::api_credential::ApiCredentialCommand;
use crate::arguments::catalog::GroupCommand;
use crate::arguments::member::{MemberCommand, SessionCommand};
use crate::arguments::model::ModelCommand;
use crate::arguments::report::RefusalCommand;
use crate::arguments::token::TokenCommand;
use crate::arguments::upstream::UpstreamCommand;
use crate::arguments::usage::{AlertCommand, ReceiptCommand};
use crate::arguments::{Arguments, Command, LimitArguments, ScopeArguments};
use crate::failure::Failure;
use crate::output::Output;
use crate::{manual, session as opened};
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
        Command::SealingKey(command) => {
            sealing::run(command, output)?;
            Ok(Ending::Done)
        }
        command => {
            if output.is_csv() && !is_list(&command) {
                let message = "only lists and reports can be written as CSV";
                return Err(Failure::usage(message).hint("write --output json or --output table"));
            }
            let session = opened::open(&global, output).await?;
            dispatch(command, &session).await
        }
    }
}

/// Whether a command answers with one table of rows.
fn is_list(command: &Command) -> bool {
    match command {
        Command::Usage(arguments) => arguments.command.is_none(),
        Command::Receipt(ReceiptCommand::List(_))
        | Command::Refusal(RefusalCommand::List(_) | RefusalCommand::Count(_))
        | Command::Gateway(_)
        | Command::Alert(AlertCommand::List(_))
        | Command::Token(TokenCommand::List(_))
        | Command::Group(GroupCommand::List)
        | Command::Account(AccountCommand::List | AccountCommand::Statement(_))
        | Command::Model(ModelCommand::List)
        | Command::Upstream(UpstreamCommand::List)
        | Command::Member(MemberCommand::List)
        | Command::Session(SessionCommand::List(_))
        | Command::ApiCredential(ApiCredentialCommand::List) => true,
        _ => false,
    }
}

async fn dispatch(command: Command, session: &opened::Session<'_>) -> Result<Ending, Failure> {
    match command {
        Command::Token(command) => token::run(command, session).await?,
        Command::Group(command) => group::run(command, session).await?,
        Command::Account(command) => account::run(command, session).await?,
        Command::Model(command) => model::run(command, session).await?,
        Command::Usage(arguments) => usage::run(arguments, session).await?,
        Command::Receipt(command) => receipt::run(command, session).await?,
        Command::Refusal(command) => refusal::run(command, session).await?,
        Command::Gateway(command) => gateway::run(command, session).await?,
        Command::Alert(command) => alert::run(command, session).await?,
        Command::Serve(arguments) => serve::run(arguments, session).await?,
        Command::Init => init::run(session).await?,
        Command::Member(command) => member::run(command, session).await?,
        Command::Session(command) => session::run(command, session).await?,
        Command::ApiCredential(command) => api_credential::run(command, session).await?,
        Command::Upstream(command) => return upstream::run(command, session).await,
        Command::Explain(arguments) => return explain::run(arguments, session).await,
        Command::Audit(command) => return audit::run(command, session).await,
        // These were carried out without a store.
        Command::Completions { .. } | Command::Man { .. } | Command::SealingKey(_) => {}
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
