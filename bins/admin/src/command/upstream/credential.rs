//! The commands of credentials, and reading one. It is never an argument: others could see it there.

use std::io::Read;
use std::path::Path;

use tollgate_admin_core::upstream::{self, CredentialInput, UpstreamSecret};
use zeroize::Zeroizing;

use super::shown;
use crate::arguments::upstream::{CredentialArguments, CredentialCommand, OneCredential};
use crate::confirm;
use crate::failure::Failure;
use crate::session::Session;

/// More is no credential, and may be a file that never ends.
const MOST: u64 = 64 * 1024;

pub(super) async fn run(command: CredentialCommand, session: &Session<'_>) -> Result<(), Failure> {
    let context = &session.context;
    let names = |one: &OneCredential| (one.which.which.clone(), one.name.clone());
    let changed = match command {
        CredentialCommand::List(one) => {
            let found = upstream::show(context, &one.which).await?;
            return shown::credentials(session, &found);
        }
        CredentialCommand::Add(given) => {
            let (which, name) = names(&given.one);
            upstream::credential::add(context, &which, &name, said(given.credential)?).await?
        }
        CredentialCommand::Replace(given) => {
            let (which, name) = names(&given.one);
            upstream::credential::replace(context, &which, &name, said(given.credential)?).await?
        }
        CredentialCommand::Enable(one) => {
            let (which, name) = names(&one);
            upstream::credential::enable(context, &which, &name, true).await?
        }
        CredentialCommand::Disable(one) => {
            let (which, name) = names(&one);
            upstream::credential::enable(context, &which, &name, false).await?
        }
        CredentialCommand::Remove(one) => {
            confirm::possible(session)?;
            let (which, name) = names(&one);
            let found = upstream::show(context, &which).await?;
            confirm::ask(session, "remove", "credential", &name, &found.name)?;
            upstream::credential::remove(context, &found.id, &name).await?
        }
    };
    shown::credentials(session, &changed)
}

fn said(arguments: CredentialArguments) -> Result<CredentialInput, Failure> {
    Ok(read(arguments)?.unwrap_or(CredentialInput::None))
}

/// Where the credential comes from; `None` if nothing was said.
pub(super) fn read(arguments: CredentialArguments) -> Result<Option<CredentialInput>, Failure> {
    if arguments.no_credential {
        return Ok(Some(CredentialInput::None));
    }
    if let Some(name) = arguments.credential_env {
        return Ok(Some(CredentialInput::Env(name)));
    }
    let text = if let Some(path) = arguments.credential_file {
        from_file(&path).map_err(|error| {
            let path = path.display();
            Failure::input(format!(
                "the credential cannot be read from `{path}`: {error}"
            ))
        })?
    } else if arguments.credential_prompt {
        let asked = rpassword::prompt_password("Credential (not shown): ");
        Zeroizing::new(asked.map_err(|error| {
            Failure::usage(format!(
                "there is no terminal to ask for the credential on: {error}"
            ))
            .hint("use --credential-file, with `-` for the standard input")
        })?)
    } else {
        return Ok(None);
    };
    let secret = UpstreamSecret::new(text.trim().to_owned());
    Ok(Some(CredentialInput::Clear(secret)))
}

pub(super) fn from_file(path: &Path) -> std::io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    if path == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(MOST)
            .read_to_string(&mut text)?;
    } else {
        std::fs::File::open(path)?
            .take(MOST)
            .read_to_string(&mut text)?;
    }
    Ok(text)
}
