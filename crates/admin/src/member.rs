//! What an owner does with members: the people who sign in.

use serde::Deserialize;
use tollgate_policy::id::MemberId;
use tollgate_store::Kind;
use tollgate_store::link::LinkPurpose;
use tollgate_store::member::{Identity, Login, MemberEdit, NewMember, Role, StoredMember};

use crate::access::{Caller, Deed};
use crate::account;
use crate::context::Context;
use crate::error::AdminError;
use crate::input::{parsed, shortened};
use crate::link::{self, Link};
use crate::view::Reference;
use crate::view::member::MemberView;

/// A member to be invited, as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MemberInput {
    /// What they sign in with: an email address or a user name, unique in any case.
    pub login: String,
    /// What they are called; the login if missing.
    pub name: Option<String>,
    /// `owner`, `operator`, `auditor` or `member`.
    pub role: String,
    /// The account of a `member`, by name or id.
    pub account: Option<String>,
    /// The OpenID Connect issuer that signs them in, and what it calls them.
    pub issuer: Option<String>,
    /// The claim `sub` of that issuer.
    pub subject: Option<String>,
}

/// What to change of a member, as it is written: what is missing stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct MemberChange {
    /// Another login.
    pub login: Option<String>,
    /// Another name.
    pub name: Option<String>,
    /// Another role. Their sessions end.
    pub role: Option<String>,
    /// Another account, for a `member`.
    pub account: Option<String>,
    /// Whether they may sign in. Where not, their sessions end.
    pub enabled: Option<bool>,
    /// Another issuer with another subject; both blank for none.
    pub issuer: Option<String>,
    /// Another subject.
    pub subject: Option<String>,
    /// Only if the member is at this version still.
    pub if_version: Option<i64>,
}

/// A member who was just invited.
#[derive(Debug)]
pub struct Invited {
    /// The member.
    pub member: MemberView,
    /// By which they choose a password; `None` where another server signs them in.
    pub link: Option<Link>,
}

/// Makes a member, and the link by which they choose their password.
///
/// # Errors
/// Where an input cannot be used, the login is taken, or the account is not there.
pub async fn invite(context: &Context, input: &MemberInput) -> Result<Invited, AdminError> {
    context.allow(Deed::ChangePeople, None)?;
    let login: Login = parsed("login", &input.login)?;
    let name = match input.name.as_deref() {
        Some(name) => parsed("name", name)?,
        None => parsed("name", &login.as_str().chars().take(50).collect::<String>())?,
    };
    let new = NewMember {
        login,
        name,
        role: role(context, &input.role, input.account.as_deref()).await?,
        identity: identity(input.issuer.as_deref(), input.subject.as_deref())?,
    };
    let by_password = new.identity.is_none();
    let at = context.now();
    let id = MemberId::new(at, context.id_entropy()?);
    let store = context.store();
    let made = store.member_insert(context.actor(), new, id, at).await?;
    let link = match by_password {
        true => Some(link::insert(context, LinkPurpose::Invite(id)).await?),
        false => None,
    };
    let member = view(context, &made).await?;
    Ok(Invited { member, link })
}

/// All members by login.
///
/// # Errors
/// Where the store does not answer.
pub async fn list(context: &Context) -> Result<Vec<MemberView>, AdminError> {
    context.allow(Deed::ReadPeople, None)?;
    let members = context.store().member_list().await?;
    let mut shown = Vec::with_capacity(members.len());
    for one in &members {
        shown.push(view(context, one).await?);
    }
    Ok(shown)
}

/// The member of this login or id.
///
/// # Errors
/// Where they are not there.
pub async fn show(context: &Context, which: &str) -> Result<MemberView, AdminError> {
    context.allow(Deed::ReadPeople, None)?;
    view(context, &find(context, which).await?).await
}

/// Changes a member.
///
/// # Errors
/// Where they are not there, an input cannot be used, they are at another version, or no owner
/// would remain who can sign in.
pub async fn edit(
    context: &Context,
    which: &str,
    change: &MemberChange,
) -> Result<MemberView, AdminError> {
    context.allow(Deed::ChangePeople, None)?;
    let found = find(context, which).await?;
    let (login, name) = (change.login.as_deref(), change.name.as_deref());
    let mut edit = MemberEdit {
        login: login.map(|text| parsed("login", text)).transpose()?,
        name: name.map(|text| parsed("name", text)).transpose()?,
        enabled: change.enabled,
        if_version: change.if_version,
        ..MemberEdit::default()
    };
    if change.role.is_some() || change.account.is_some() {
        let named = change.role.as_deref().unwrap_or(found.role.name());
        edit.role = Some(role(context, named, change.account.as_deref()).await?);
        // Half of it was read, and may be changed by somebody else meanwhile.
        if change.role.is_none() {
            edit.if_version = edit.if_version.or(Some(found.version));
        }
    }
    if change.issuer.is_some() || change.subject.is_some() {
        let (issuer, subject) = (change.issuer.as_deref(), change.subject.as_deref());
        edit.identity = Some(identity(issuer, subject)?);
    }
    let (store, at) = (context.store(), context.now());
    let edited = store
        .member_edit(context.actor(), found.id, edit, at)
        .await?;
    view(context, &edited).await
}

/// Deletes a member with their sessions, links and API credentials; gives what they were.
///
/// # Errors
/// Where they are not there, or no owner would remain who can sign in.
pub async fn delete(context: &Context, which: &str) -> Result<MemberView, AdminError> {
    context.allow(Deed::ChangePeople, None)?;
    let found = find(context, which).await?;
    let shown = view(context, &found).await?;
    let (store, at) = (context.store(), context.now());
    store.member_delete(context.actor(), found.id, at).await?;
    Ok(shown)
}

/// Makes the link by which a member chooses another password, or a first one where the first link
/// is too old. Their password goes on until then.
///
/// # Errors
/// Where they are not there.
pub async fn reset_password(context: &Context, which: &str) -> Result<Invited, AdminError> {
    context.allow(Deed::ChangePeople, None)?;
    let found = find(context, which).await?;
    let purpose = match found.has_password {
        true => LinkPurpose::Reset(found.id),
        false => LinkPurpose::Invite(found.id),
    };
    let link = link::insert(context, purpose).await?;
    let member = view(context, &found).await?;
    Ok(Invited {
        member,
        link: Some(link),
    })
}

/// Asks a member who lost their authenticator for no codes any more.
///
/// # Errors
/// Where they are not there.
pub async fn remove_totp(context: &Context, which: &str) -> Result<MemberView, AdminError> {
    context.allow(Deed::ChangePeople, None)?;
    let id = find(context, which).await?.id;
    let (store, at) = (context.store(), context.now());
    let changed = store.member_totp_remove(context.actor(), id, at).await?;
    view(context, &changed).await
}

/// An id comes first: a login that looks like one is found where there is no such id.
pub(crate) async fn find(context: &Context, which: &str) -> Result<StoredMember, AdminError> {
    let store = context.store();
    if let Ok(id) = which.parse::<MemberId>() {
        match store.member_fetch(id).await.map_err(AdminError::from) {
            Err(AdminError::NotFound { .. }) => {}
            other => return other,
        }
    }
    let found = match Login::parse(which) {
        Ok(login) => store.member_find_by_login(&login).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| AdminError::not_found(Kind::Member, which))
}

pub(crate) async fn view(
    context: &Context,
    stored: &StoredMember,
) -> Result<MemberView, AdminError> {
    let account = match stored.role.account() {
        Some(id) => {
            let account = context.store().account_fetch(id).await?.account;
            let (id, name) = (id.to_string(), account.name.to_string());
            Some(Reference { id, name })
        }
        None => None,
    };
    Ok(MemberView::new(stored, account))
}

pub(crate) fn reference(stored: &StoredMember) -> Reference {
    Reference {
        id: stored.id.to_string(),
        name: stored.login.to_string(),
    }
}

async fn role(context: &Context, name: &str, account: Option<&str>) -> Result<Role, AdminError> {
    let account = match account.filter(|text| !text.trim().is_empty()) {
        Some(which) => Some(account::find(context, which).await?.account.id),
        None => None,
    };
    if let Some(role) = Role::named(name, account) {
        return Ok(role);
    }
    if !Role::NAMES.contains(&name) {
        let known = Role::NAMES.map(|one| format!("`{one}`")).join(", ");
        let problem = format!("`{}` is not one of {known}", shortened(name));
        return Err(AdminError::invalid("role", problem));
    }
    let problem = "the role `member` has an account, and no other role has one";
    Err(AdminError::invalid("account", problem))
}

fn identity(issuer: Option<&str>, subject: Option<&str>) -> Result<Option<Identity>, AdminError> {
    let (issuer, subject) = (issuer.unwrap_or_default(), subject.unwrap_or_default());
    let (issuer, subject) = (issuer.trim(), subject.trim());
    if issuer.is_empty() && subject.is_empty() {
        return Ok(None);
    }
    let odd =
        |text: &str| text.is_empty() || text.len() > 500 || text.chars().any(char::is_control);
    if odd(issuer) || odd(subject) {
        let problem = "an identity has an issuer and a subject of 1 to 500 characters each";
        return Err(AdminError::invalid("issuer", problem));
    }
    Ok(Some(Identity {
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
    }))
}

/// When something of a member was asked for by themselves, or by somebody who sees people.
pub(crate) fn visible(context: &Context, member: MemberId, deed: Deed) -> Result<(), AdminError> {
    if own(context, deed) == Some(member) {
        return Ok(());
    }
    context.allow(deed, None)
}

/// Who may do this to what is theirs, whatever their role. People may do all of it; a program that
/// acts for them only looks.
pub(crate) fn own(context: &Context, deed: Deed) -> Option<MemberId> {
    let caller = context.caller();
    let is_program = matches!(caller, Caller::Credential { .. });
    caller.member().filter(|_| deed.reads() || !is_program)
}
