//! The commands of members.

use serde::Serialize;
use tollgate_admin_core::member::{self, Invited, MemberChange, MemberInput};
use tollgate_admin_core::view::member::MemberView;

use super::cells::{moment, moment_or};
use super::init::{self, LinkDocument};
use crate::arguments::member::{MemberCommand, MemberEdit, MemberInvite};
use crate::confirm;
use crate::failure::Failure;
use crate::output::Table;
use crate::session::Session;

pub(super) async fn run(command: MemberCommand, session: &Session<'_>) -> Result<(), Failure> {
    let context = &session.context;
    match command {
        MemberCommand::Invite(arguments) => {
            let made = member::invite(context, &arguments.into()).await?;
            invited(session, &made, "join")
        }
        MemberCommand::List => show_all(session, &member::list(context).await?),
        MemberCommand::Show(one) => show(session, &member::show(context, &one.which).await?),
        MemberCommand::Edit(arguments) => edit(session, arguments).await,
        MemberCommand::Enable(one) => switch(session, &one.which, true).await,
        MemberCommand::Disable(one) => switch(session, &one.which, false).await,
        MemberCommand::ResetPassword(one) => {
            let made = member::reset_password(context, &one.which).await?;
            invited(session, &made, "choose another password")
        }
        MemberCommand::Delete(one) => delete(session, &one.which).await,
    }
}

/// What scripts get of a member with a link.
#[derive(Serialize)]
struct Document<'a> {
    member: &'a MemberView,
    link: Option<LinkDocument<'a>>,
}

fn invited(session: &Session<'_>, made: &Invited, what: &str) -> Result<(), Failure> {
    let written = written(session, made, what);
    if made.link.is_none() {
        return written;
    }
    let hint = "it is lost: `tollgate-admin member reset-password` makes another one";
    written.map_err(|failure| failure.of_secret(hint))
}

fn written(session: &Session<'_>, made: &Invited, what: &str) -> Result<(), Failure> {
    let link = made.link.as_ref();
    if session.output.is_json() {
        let document = Document {
            member: &made.member,
            link: link.map(LinkDocument::from),
        };
        return Ok(session.output.document(&document)?);
    }
    show(session, &made.member)?;
    match link {
        Some(link) => init::show(session, link, what),
        None => Ok(()),
    }
}

async fn edit(session: &Session<'_>, arguments: MemberEdit) -> Result<(), Failure> {
    let which = arguments.which.which.clone();
    let no_totp = arguments.no_totp;
    let change = MemberChange::from(arguments);
    let context = &session.context;
    let mut changed = None;
    if change != MemberChange::default() {
        changed = Some(member::edit(context, &which, &change).await?);
    }
    if no_totp {
        // The login may be another one by now.
        let which = changed.as_ref().map_or(&which, |one: &MemberView| &one.id);
        changed = Some(member::remove_totp(context, which).await?);
    }
    match changed {
        Some(changed) => show(session, &changed),
        None => Ok(()),
    }
}

async fn switch(session: &Session<'_>, which: &str, enabled: bool) -> Result<(), Failure> {
    let change = MemberChange {
        enabled: Some(enabled),
        ..MemberChange::default()
    };
    let changed = member::edit(&session.context, which, &change).await?;
    said(session, &changed, state(&changed))
}

async fn delete(session: &Session<'_>, which: &str) -> Result<(), Failure> {
    confirm::possible(session)?;
    let found = member::show(&session.context, which).await?;
    confirm::ask(session, "delete", "member", &found.login, &found.id)?;
    let gone = member::delete(&session.context, &found.id).await?;
    said(session, &gone, "deleted")
}

fn said(session: &Session<'_>, member: &MemberView, what: &str) -> Result<(), Failure> {
    if session.output.is_json() {
        return Ok(session.output.document(member)?);
    }
    let MemberView { login, id, .. } = member;
    let text = format!("Member `{login}` ({id}) is {what}.");
    Ok(session.output.line(&text)?)
}

fn show(session: &Session<'_>, member: &MemberView) -> Result<(), Failure> {
    if session.output.is_json() {
        return Ok(session.output.document(member)?);
    }
    let table = Table::properties([
        ("login", member.login.clone()),
        ("id", member.id.clone()),
        ("name", member.name.clone()),
        ("role", role(member)),
        ("state", state(member).to_owned()),
        ("authenticator", said_of(member.totp).to_owned()),
        (
            "issuer",
            member.issuer.clone().unwrap_or_else(|| "none".to_owned()),
        ),
        ("created", moment(&member.created_at)),
        ("changed", moment(&member.updated_at)),
        (
            "signed in",
            moment_or(member.signed_in_at.as_ref(), "never"),
        ),
    ]);
    Ok(session.output.table(&table)?)
}

fn show_all(session: &Session<'_>, members: &[MemberView]) -> Result<(), Failure> {
    if session.output.is_json() {
        return Ok(session.output.document(&members)?);
    }
    let mut table = Table::new([
        "login",
        "id",
        "name",
        "role",
        "state",
        "authenticator",
        "signed in",
    ]);
    for member in members {
        table.row([
            member.login.clone(),
            member.id.clone(),
            member.name.clone(),
            role(member),
            state(member).to_owned(),
            said_of(member.totp).to_owned(),
            moment_or(member.signed_in_at.as_ref(), "never"),
        ]);
    }
    Ok(session.output.table(&table.optional(&["authenticator"]))?)
}

fn role(member: &MemberView) -> String {
    match &member.account {
        Some(account) => format!("{} of {}", member.role, account.name),
        None => member.role.clone(),
    }
}

fn state(member: &MemberView) -> &'static str {
    match (member.enabled, member.invited) {
        (false, _) => "disabled",
        (true, true) => "invited",
        (true, false) => "enabled",
    }
}

fn said_of(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

impl From<MemberInvite> for MemberInput {
    fn from(arguments: MemberInvite) -> Self {
        Self {
            login: arguments.login,
            name: arguments.name,
            role: arguments.role,
            account: arguments.of.account,
            issuer: arguments.of.issuer,
            subject: arguments.of.subject,
        }
    }
}

impl From<MemberEdit> for MemberChange {
    fn from(arguments: MemberEdit) -> Self {
        Self {
            login: arguments.login,
            name: arguments.name,
            role: arguments.role,
            account: arguments.of.account,
            enabled: None,
            issuer: arguments.of.issuer,
            subject: arguments.of.subject,
            if_version: None,
        }
    }
}
