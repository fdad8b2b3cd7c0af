//! Making, changing and deleting members, inside the transaction of the audit log.

use serde::Serialize;
use tollgate_policy::id::MemberId;
use tollgate_policy::time::Timestamp;

use super::row::{self, MemberWrite};
use super::{Identity, MemberEdit, NewMember, Role, StoredMember};
use crate::account;
use crate::audit::Change;
use crate::backend::Conn;
use crate::error::{Kind, StoreError};
use crate::scope::set;
use crate::session;
use crate::store::Changed;

/// What the audit log keeps of a member.
#[derive(Serialize)]
pub(super) struct Record {
    id: String,
    login: String,
    name: String,
    role: &'static str,
    account: Option<String>,
    enabled: bool,
    password: bool,
    totp: bool,
    identity: Option<Identity>,
}

impl From<&StoredMember> for Record {
    fn from(stored: &StoredMember) -> Self {
        Self {
            id: stored.id.to_string(),
            login: stored.login.to_string(),
            name: stored.name.to_string(),
            role: stored.role.name(),
            account: stored.role.account().map(|id| id.to_string()),
            enabled: stored.enabled,
            password: stored.has_password,
            totp: stored.has_totp,
            identity: stored.identity.clone(),
        }
    }
}

pub(super) async fn insert(
    conn: &mut Conn,
    new: NewMember,
    id: MemberId,
    at: Timestamp,
) -> Changed<StoredMember> {
    let stored = add(conn, new, id, at).await?;
    let change = changed("create", None, Some(&stored))?;
    Ok((stored, change))
}

/// Writes a new member, without a row of the audit log.
pub(crate) async fn add(
    conn: &mut Conn,
    new: NewMember,
    id: MemberId,
    at: Timestamp,
) -> Result<StoredMember, StoreError> {
    let stored = StoredMember {
        id,
        login: new.login,
        name: new.name,
        role: new.role,
        enabled: true,
        has_password: false,
        has_totp: false,
        identity: new.identity,
        created_at: at,
        updated_at: at,
        signed_in_at: None,
        version: 1,
    };
    check(conn, &stored).await?;
    row::insert(conn, MemberWrite::from(&stored)).await?;
    Ok(stored)
}

pub(super) async fn edit(
    conn: &mut Conn,
    id: MemberId,
    edit: MemberEdit,
    at: Timestamp,
) -> Changed<StoredMember> {
    let before = row::fetch(conn, id).await?;
    StoreError::unless_at(Kind::Member, id, edit.if_version, before.version)?;
    let mut stored = before.clone();
    set(&mut stored.login, edit.login);
    set(&mut stored.name, edit.name);
    set(&mut stored.role, edit.role);
    set(&mut stored.enabled, edit.enabled);
    set(&mut stored.identity, edit.identity);
    stored.updated_at = at;
    stored.version += 1;
    check(conn, &stored).await?;
    let owners = row::owners(conn).await?;
    row::update(conn, MemberWrite::from(&stored)).await?;
    keep_an_owner(conn, owners).await?;
    if stored.role != before.role || !stored.enabled {
        session::delete_of(conn, id).await?;
    }
    let verb = match (before.enabled, stored.enabled) {
        (true, false) => "disable",
        (false, true) => "enable",
        _ => "edit",
    };
    let change = changed(verb, Some(&before), Some(&stored))?;
    Ok((stored, change))
}

pub(super) async fn delete(conn: &mut Conn, id: MemberId) -> Changed<()> {
    let before = row::fetch(conn, id).await?;
    let owners = row::owners(conn).await?;
    row::delete(conn, id).await?;
    keep_an_owner(conn, owners).await?;
    Ok(((), changed("delete", Some(&before), None)?))
}

pub(crate) fn changed(
    verb: &'static str,
    before: Option<&StoredMember>,
    after: Option<&StoredMember>,
) -> Result<Change, StoreError> {
    let id = before.or(after).map_or(0, |one| one.id.raw());
    let (before, after) = (before.map(Record::from), after.map(Record::from));
    Change::new(Kind::Member, verb, id, before.as_ref(), after.as_ref())
}

async fn keep_an_owner(conn: &mut Conn, before: i64) -> Result<(), StoreError> {
    if before > 0 && row::owners(conn).await? == 0 {
        return Err(StoreError::LastOwner);
    }
    Ok(())
}

async fn check(conn: &mut Conn, stored: &StoredMember) -> Result<(), StoreError> {
    if let Role::Member(account) = stored.role {
        account::fetch(conn, account).await?;
    }
    let other = row::by_login(conn, &stored.login.key()).await?;
    if other.is_some_and(|other| other.id != stored.id.raw()) {
        return Err(StoreError::NameTaken {
            kind: Kind::Member,
            name: stored.login.to_string(),
        });
    }
    let Some(identity) = &stored.identity else {
        return Ok(());
    };
    match row::by_identity(conn, identity).await? {
        Some(other) if other.id != stored.id => Err(StoreError::IdentityTaken),
        _ => Ok(()),
    }
}
