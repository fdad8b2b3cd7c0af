//! The commands of tokens. The secret is written here, once, and nowhere else.

mod shown;

use serde::Serialize;
use tollgate_admin_core::token::{self, Issued, TokenChange, TokenFilter, TokenInput};
use tollgate_admin_core::view::Page;
use tollgate_admin_core::view::token::TokenView;
use tollgate_policy::secret::Secret;

use super::cells::{self, moment, quoted};
use crate::arguments::token::{Create, Edit, List, Reveal, Rotate, TokenCommand};
use crate::confirm;
use crate::failure::Failure;
use crate::secret_file::SecretFile;
use crate::session::Session;

pub(super) async fn run(command: TokenCommand, session: &Session<'_>) -> Result<(), Failure> {
    let context = &session.context;
    match command {
        TokenCommand::Create(arguments) => create(session, arguments).await,
        TokenCommand::List(arguments) => list(session, arguments).await,
        TokenCommand::Show(one) => {
            shown::standing(session, &token::standing(context, &one.which).await?)
        }
        TokenCommand::Edit(arguments) => {
            let which = arguments.which.which.clone();
            shown::one(
                session,
                &token::edit(context, &which, &arguments.into()).await?,
            )
        }
        TokenCommand::Enable(one) => changed(
            session,
            &token::enable(context, &one.which).await?,
            "is enabled",
        ),
        TokenCommand::Disable(one) => changed(
            session,
            &token::disable(context, &one.which).await?,
            "is disabled",
        ),
        TokenCommand::Rotate(arguments) => rotate(session, arguments).await,
        TokenCommand::Reveal(arguments) => reveal(session, arguments).await,
        TokenCommand::Revoke(one) => {
            let id = confirmed(session, "revoke", &one.which).await?;
            changed(
                session,
                &token::revoke(context, &id).await?,
                "was revoked for good",
            )
        }
        TokenCommand::Delete(one) => {
            let id = confirmed(session, "delete", &one.which).await?;
            changed(session, &token::delete(context, &id).await?, "was deleted")
        }
    }
}

async fn create(session: &Session<'_>, arguments: Create) -> Result<(), Failure> {
    let file = arguments.secret.secret_file.as_deref();
    let file = file.map(SecretFile::create).transpose()?;
    let input = TokenInput {
        name: arguments.name,
        account: arguments.account,
        group: arguments.group,
        expires: arguments.expires,
        quota: arguments.quota,
        periodic: arguments.periodic,
        limits: arguments.limits.into(),
        scope: arguments.scope.into(),
        note: arguments.note,
        creator: None,
    };
    let made = token::create(&session.context, &input).await?;
    issued(session, &made, file, "was created")
}

async fn rotate(session: &Session<'_>, arguments: Rotate) -> Result<(), Failure> {
    let file = arguments.secret.secret_file.as_deref();
    let file = file.map(SecretFile::create).transpose()?;
    let (which, overlap) = (&arguments.which.which, Some(arguments.overlap.as_str()));
    let made = token::rotate(&session.context, which, overlap).await?;
    issued(session, &made, file, "has a new secret")
}

async fn reveal(session: &Session<'_>, arguments: Reveal) -> Result<(), Failure> {
    let file = arguments.secret.secret_file.as_deref();
    let file = file.map(SecretFile::create).transpose()?;
    let shown = token::reveal(&session.context, &arguments.which.which).await?;
    told(
        session,
        &shown.token,
        &shown.secret,
        file,
        "has this secret",
    )
}

/// What scripts get of a secret: itself, or the file that it was written to.
#[derive(Serialize)]
struct IssuedBody<'a> {
    token: &'a TokenView,
    secret: Option<&'a str>,
    secret_file: Option<String>,
}

fn issued(
    session: &Session<'_>,
    made: &Issued,
    file: Option<SecretFile>,
    what: &str,
) -> Result<(), Failure> {
    let (output, token) = (session.output, &made.token);
    let shown = file.is_none();
    told(session, token, &made.secret, file, what)?;
    if output.is_json() {
        return Ok(());
    }
    if shown {
        output.line(match session.context.sealing() {
            Some(_) => "Store this secret now: only `token reveal` shows it again.",
            None => "Store this secret now: it will not be shown again.",
        })?;
    }
    let until = token.secrets.iter().filter(|old| old.valid);
    for until in until.filter_map(|old| old.valid_until.as_ref()) {
        output.line(&format!("The old secret is valid until {}.", moment(until)))?;
    }
    shown::warnings(session, token);
    Ok(())
}

/// Writes a secret to its file, or to the standard output.
fn told(
    session: &Session<'_>,
    token: &TokenView,
    secret: &Secret,
    file: Option<SecretFile>,
    what: &str,
) -> Result<(), Failure> {
    let path = file.map(|file| file.write(secret.reveal())).transpose()?;
    let path = path.map(|path| path.display().to_string());
    let kept = path.is_some();
    let written = written(session, token, secret, path, what);
    if kept {
        return written;
    }
    written.map_err(|failure| {
        failure.of_secret(match session.context.sealing() {
            Some(_) => "`tollgate-admin token reveal` shows it again",
            None => "it is lost: `tollgate-admin token rotate` makes another one",
        })
    })
}

fn written(
    session: &Session<'_>,
    token: &TokenView,
    secret: &Secret,
    path: Option<String>,
    what: &str,
) -> Result<(), Failure> {
    let output = session.output;
    if output.is_json() {
        let secret = path.is_none().then(|| secret.reveal());
        let body = IssuedBody {
            token,
            secret,
            secret_file: path,
        };
        return Ok(output.document(&body)?);
    }
    output.line(&format!("Token `{}` ({}) {what}.", token.name, token.id))?;
    match path {
        Some(path) => output.line(&format!(
            "Its secret is in `{path}`, which only you can read."
        ))?,
        None => {
            output.line("")?;
            output.line(secret.reveal())?;
            output.line("")?;
        }
    }
    Ok(())
}

async fn confirmed(session: &Session<'_>, verb: &str, which: &str) -> Result<String, Failure> {
    confirm::possible(session)?;
    let found = token::show(&session.context, which).await?;
    confirm::ask(session, verb, "token", &found.name, &found.id)?;
    Ok(found.id)
}

fn changed(session: &Session<'_>, token: &TokenView, what: &str) -> Result<(), Failure> {
    if session.output.is_json() {
        return Ok(session.output.document(token)?);
    }
    let text = format!("Token `{}` ({}) {what}.", token.name, token.id);
    Ok(session.output.line(&text)?)
}

async fn list(session: &Session<'_>, arguments: List) -> Result<(), Failure> {
    let all = arguments.page.all;
    let mut filter = TokenFilter::from(arguments);
    if all {
        return list_all(session, &mut filter).await;
    }
    let page = token::list(&session.context, &filter).await?;
    if session.output.is_json() {
        return Ok(session.output.document(&page)?);
    }
    shown::page(session, &page, true)?;
    let count = cells::count(page.entries.len(), "token");
    match &page.next_cursor {
        Some(cursor) => session.output.notice(&format!(
            "{count}; go on with the same filters and --cursor {}, or list --all",
            quoted(cursor)
        )),
        None => session.output.notice(&count),
    }
    Ok(())
}

/// Writes page after page, so that a long list needs no more memory than a short one.
async fn list_all(session: &Session<'_>, filter: &mut TokenFilter) -> Result<(), Failure> {
    let output = session.output;
    let (mut count, mut first) = (0, true);
    loop {
        let page = token::list(&session.context, filter).await?;
        count += page.entries.len();
        if output.is_json() {
            write_entries(session, &page, first)?;
        } else if first || !page.entries.is_empty() {
            shown::page(session, &page, first)?;
        }
        first = false;
        match page.next_cursor {
            Some(cursor) => filter.cursor = Some(cursor),
            None => break,
        }
    }
    if output.is_json() {
        output.bytes(b"],\"next_cursor\":null}\n")?;
    }
    output.notice(&cells::count(count, "token"));
    Ok(())
}

fn write_entries(
    session: &Session<'_>,
    page: &Page<TokenView>,
    mut first: bool,
) -> Result<(), Failure> {
    if first {
        session.output.bytes(b"{\"entries\":[\n")?;
    }
    for token in &page.entries {
        let before = if first { "" } else { "," };
        session.output.fragment(before, token)?;
        first = false;
    }
    Ok(())
}

impl From<List> for TokenFilter {
    fn from(arguments: List) -> Self {
        Self {
            search: arguments.search,
            group: arguments.group,
            account: arguments.account,
            status: arguments.status,
            creator: arguments.creator,
            created_since: arguments.created_since,
            created_until: arguments.created_until,
            used_since: arguments.used_since,
            used_until: arguments.used_until,
            unused_since: arguments.unused_since,
            never_used: arguments.never_used,
            expiring_within: arguments.expiring_within,
            sort: arguments.sort,
            desc: arguments.desc,
            limit: Some(arguments.page.limit),
            cursor: arguments.page.cursor,
        }
    }
}

impl From<Edit> for TokenChange {
    fn from(arguments: Edit) -> Self {
        Self {
            name: arguments.name,
            account: arguments.account,
            group: arguments.group,
            expires: arguments.expires,
            quota: arguments.quota,
            periodic: arguments.periodic,
            limits: arguments.limits.into(),
            scope: arguments.scope.into(),
            note: arguments.note,
            if_version: None,
        }
    }
}
