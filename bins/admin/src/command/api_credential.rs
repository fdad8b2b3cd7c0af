//! The commands of API credentials. A secret is written here, once, and nowhere else.

use serde::Serialize;
use tollgate_admin_core::api_credential::{self, ApiCredentialInput};
use tollgate_admin_core::view::member::ApiCredentialView;

use super::cells::moment_or;
use crate::arguments::api_credential::{ApiCredentialCommand, ApiCredentialCreate};
use crate::confirm;
use crate::failure::Failure;
use crate::output::Table;
use crate::secret_file::SecretFile;
use crate::session::Session;

pub(super) async fn run(
    command: ApiCredentialCommand,
    session: &Session<'_>,
) -> Result<(), Failure> {
    match command {
        ApiCredentialCommand::Create(arguments) => create(session, arguments).await,
        ApiCredentialCommand::List => {
            show_all(session, &api_credential::list(&session.context).await?)
        }
        ApiCredentialCommand::Revoke(one) => revoke(session, &one.which).await,
    }
}

/// What scripts get of a new secret: itself, or the file that it was written to.
#[derive(Serialize)]
struct Document<'a> {
    credential: &'a ApiCredentialView,
    secret: Option<&'a str>,
    secret_file: Option<String>,
}

async fn create(session: &Session<'_>, arguments: ApiCredentialCreate) -> Result<(), Failure> {
    let file = arguments.secret_file.as_deref();
    let file = file.map(SecretFile::create).transpose()?;
    let input = ApiCredentialInput {
        name: arguments.name,
        scope: arguments.scope,
        member: Some(arguments.member),
        expires: arguments.expires,
    };
    let made = api_credential::create(&session.context, &input).await?;
    let secret = made.secret.reveal();
    let path = file.map(|file| file.write(secret)).transpose()?;
    let path = path.map(|path| path.display().to_string());
    let kept = path.is_some();
    let written = written(session, &made.credential, secret, path);
    if kept {
        return written;
    }
    let hint = "it is lost: take this one back, and `tollgate-admin api-credential create` makes another one";
    written.map_err(|failure| failure.of_secret(hint))?;
    if session.output.is_json() {
        return Ok(());
    }
    let text = "Store this secret now: it will not be shown again.";
    Ok(session.output.line(text)?)
}

fn written(
    session: &Session<'_>,
    credential: &ApiCredentialView,
    secret: &str,
    path: Option<String>,
) -> Result<(), Failure> {
    let output = session.output;
    if output.is_json() {
        return Ok(output.document(&Document {
            credential,
            secret: path.is_none().then_some(secret),
            secret_file: path,
        })?);
    }
    let ApiCredentialView {
        name, id, scope, ..
    } = credential;
    let member = &credential.member.name;
    output.line(&format!(
        "API credential `{name}` ({id}) of scope `{scope}` acts for `{member}`."
    ))?;
    match path {
        Some(path) => output.line(&format!(
            "Its secret is in `{path}`, which only you can read."
        ))?,
        None => output.line(secret)?,
    }
    Ok(())
}

async fn revoke(session: &Session<'_>, which: &str) -> Result<(), Failure> {
    confirm::possible(session)?;
    let context = &session.context;
    let all = api_credential::list(context).await?;
    let found = all.iter().find(|one| one.id == which || one.name == which);
    if let Some(found) = found {
        confirm::ask(session, "revoke", "API credential", &found.name, &found.id)?;
    }
    let which = found.map_or(which, |found| &found.id);
    let gone = api_credential::revoke(context, which).await?;
    if session.output.is_json() {
        return Ok(session.output.document(&gone)?);
    }
    let ApiCredentialView { name, id, .. } = &gone;
    let text = format!("API credential `{name}` ({id}) is revoked.");
    Ok(session.output.line(&text)?)
}

fn show_all(session: &Session<'_>, credentials: &[ApiCredentialView]) -> Result<(), Failure> {
    if session.output.is_json() {
        return Ok(session.output.document(&credentials)?);
    }
    let mut table = Table::new([
        "name",
        "id",
        "member",
        "scope",
        "hint",
        "expires",
        "last used",
    ]);
    for one in credentials {
        table.row([
            one.name.clone(),
            one.id.clone(),
            one.member.name.clone(),
            one.scope.clone(),
            one.hint.clone(),
            moment_or(one.expires_at.as_ref(), "never"),
            moment_or(one.last_used_at.as_ref(), "never"),
        ]);
    }
    Ok(session.output.table(&table.optional(&["hint"]))?)
}
