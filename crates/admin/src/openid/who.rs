//! Who comes in: the member whom an issuer has signed in, one with their verified address of email,
//! or a new one where that was configured.

use serde_json::Value;
use tollgate_policy::id::{AccountId, MemberId};
use tollgate_store::Actor;
use tollgate_store::member::{Identity, Login, MemberEdit, NewMember, Role, StoredMember};

use super::claims::Said;
use super::settings::{Provision, Settings};
use crate::account;
use crate::context::Context;
use crate::error::AdminError;
use crate::input::parsed;

const NOBODY: AdminError = AdminError::Unauthenticated {
    problem: "no member has this identity: ask an owner to invite you",
};

/// The member whom the issuer has signed in.
pub(super) async fn member(
    context: &Context,
    settings: &Settings,
    said: &Said,
) -> Result<StoredMember, AdminError> {
    if !in_domain(settings, said.email.as_deref()) {
        return Err(NOBODY);
    }
    let store = context.store();
    let identity = Identity {
        issuer: settings.issuer.clone(),
        subject: said.subject.clone(),
    };
    if let Some(found) = store.member_find_by_identity(identity.clone()).await? {
        return enabled(found);
    }
    let email = said.email.as_deref().ok_or(NOBODY)?;
    let login = Login::parse(email).map_err(|_| NOBODY)?;
    match store.member_find_by_login(&login).await? {
        Some(found) => adopt(context, enabled(found)?, identity).await,
        None => provision(context, settings, said, login, identity).await,
    }
}

fn enabled(found: StoredMember) -> Result<StoredMember, AdminError> {
    match found.enabled {
        true => Ok(found),
        false => Err(NOBODY),
    }
}

fn in_domain(settings: &Settings, email: Option<&str>) -> bool {
    if settings.domains.is_empty() {
        return true;
    }
    let domain = email.and_then(|email| email.rsplit_once('@'));
    domain.is_some_and(|(_, domain)| {
        let mut known = settings.domains.iter();
        known.any(|one| one.eq_ignore_ascii_case(domain))
    })
}

/// A member who comes this way for the first time is known by the issuer's word from now on, and
/// no other subject of it can take their place.
async fn adopt(
    context: &Context,
    found: StoredMember,
    identity: Identity,
) -> Result<StoredMember, AdminError> {
    if found.identity.is_some() {
        return Err(NOBODY);
    }
    let edit = MemberEdit {
        identity: Some(Some(identity)),
        if_version: Some(found.version),
        ..MemberEdit::default()
    };
    let who = actor(context, &found.login);
    let (store, at) = (context.store(), context.now());
    Ok(store.member_edit(&who, found.id, edit, at).await?)
}

/// Makes a member of somebody who fits.
async fn provision(
    context: &Context,
    settings: &Settings,
    said: &Said,
    login: Login,
    identity: Identity,
) -> Result<StoredMember, AdminError> {
    let fitting = settings.provision.iter().find(|one| fits(one, said));
    let fitting = fitting.ok_or(NOBODY)?;
    let account = match fitting.account.as_deref() {
        Some(which) => Some(known_account(context, which).await?),
        None => None,
    };
    let role = Role::named(&fitting.role, account).ok_or(NOBODY)?;
    let name = said.name.as_deref().unwrap_or(login.as_str());
    let short: String = name.chars().take(50).collect();
    let name = parsed("name", &short).or_else(|_| parsed("name", "new member"))?;
    let who = actor(context, &login);
    let new = NewMember {
        login,
        name,
        role,
        identity: Some(identity),
    };
    let (store, at) = (context.store(), context.now());
    let id = MemberId::new(at, context.id_entropy()?);
    Ok(store.member_insert(&who, new, id, at).await?)
}

async fn known_account(context: &Context, which: &str) -> Result<AccountId, AdminError> {
    match account::find(context, which).await {
        Ok(found) => Ok(found.account.id),
        Err(AdminError::NotFound { .. }) => {
            tracing::error!(
                account = which,
                "there is no such account to make members of"
            );
            Err(NOBODY)
        }
        Err(other) => Err(other),
    }
}

fn fits(one: &Provision, said: &Said) -> bool {
    let Some(claim) = &one.claim else {
        return true;
    };
    let is = |value: &Value| match value {
        Value::String(text) => *text == one.value,
        Value::Bool(_) | Value::Number(_) => {
            let text = value.to_string();
            text == one.value
        }
        _ => false,
    };
    match said.claims.get(claim) {
        Some(Value::Array(list)) => list.iter().any(is),
        Some(value) => is(value),
        None => false,
    }
}

fn actor(context: &Context, login: &Login) -> Actor {
    Actor::new(login.as_str(), context.actor().origin.clone())
}
