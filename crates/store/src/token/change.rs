//! Making, changing, rotating and deleting tokens, inside the transaction of the audit log.

use tollgate_policy::id::TokenId;
use tollgate_policy::quota::Standing;
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::{Token, TokenState};

use super::row::{self, TokenWrite};
use super::{NewSecret, NewToken, StoredToken, TokenEdit, reveal, secret};
use crate::audit::Change;
use crate::backend::Conn;
use crate::columns::text;
use crate::error::{Kind, StoreError};
use crate::period::{self, Owner};
use crate::scope::set;
use crate::store::Changed;
use crate::{account, group, record};

pub(super) async fn insert(
    conn: &mut Conn,
    new: NewToken,
    id: TokenId,
    at: Timestamp,
) -> Changed<StoredToken> {
    if !(1..=2).contains(&new.secrets.len()) {
        return Err(StoreError::SecretCount(new.secrets.len()));
    }
    let account = account::fetch(conn, new.account).await?;
    let group = group::fetch(conn, new.group).await?;
    let stored = StoredToken {
        token: Token {
            id,
            name: new.name,
            account: new.account,
            group: new.group,
            state: TokenState::Enabled,
            expires_at: new.expires_at,
            quota: new.quota,
            limits: new.limits,
            scope: new.scope,
        },
        spent: Standing::default(),
        account_name: account.account.name,
        group_name: group.group.name,
        creator: text(new.creator),
        note: text(new.note),
        created_at: at,
        updated_at: at,
        last_used_at: None,
        version: 1,
        secrets: Vec::new(),
    };
    row::insert(conn, TokenWrite::from(&stored)).await?;
    secret::insert(conn, id, &new.secrets, at).await?;
    let stored = row::fetch(conn, id).await?;
    let after = record::Token::from(&stored);
    let change = Change::new(Kind::Token, "create", id.raw(), None, Some(&after))?;
    Ok((stored, change))
}

pub(super) async fn edit(
    conn: &mut Conn,
    id: TokenId,
    edit: TokenEdit,
    at: Timestamp,
) -> Changed<StoredToken> {
    let before = row::fetch_locked(conn, id).await?;
    StoreError::unless_at(Kind::Token, id, edit.if_version, before.version)?;
    if let Some(account) = edit.account {
        account::fetch(conn, account).await?;
    }
    if let Some(group) = edit.group {
        group::fetch(conn, group).await?;
    }
    let mut stored = before.clone();
    apply(&mut stored, edit);
    finish(conn, "edit", &before, stored, at).await
}

fn apply(stored: &mut StoredToken, edit: TokenEdit) {
    let token = &mut stored.token;
    set(&mut token.name, edit.name);
    set(&mut token.account, edit.account);
    set(&mut token.group, edit.group);
    set(&mut token.expires_at, edit.expires_at);
    set(&mut token.quota.lifetime, edit.quota);
    set(&mut token.quota.periodic, edit.periodic);
    edit.limits.apply(&mut token.limits);
    edit.scope.apply(&mut token.scope);
    set(&mut stored.note, edit.note.map(text));
}

pub(super) async fn set_state(
    conn: &mut Conn,
    id: TokenId,
    state: TokenState,
    at: Timestamp,
) -> Changed<StoredToken> {
    let before = row::fetch_locked(conn, id).await?;
    if state != TokenState::Revoked {
        refuse_revoked(&before)?;
    }
    let verb = match state {
        TokenState::Enabled => "enable",
        TokenState::Disabled => "disable",
        TokenState::Revoked => "revoke",
    };
    if state == TokenState::Revoked {
        reveal::forget(conn, id).await?;
    }
    let mut stored = before.clone();
    stored.token.state = state;
    finish(conn, verb, &before, stored, at).await
}

pub(super) async fn rotate(
    conn: &mut Conn,
    id: TokenId,
    new: NewSecret,
    overlap_until: Timestamp,
    at: Timestamp,
) -> Changed<StoredToken> {
    let before = row::fetch_locked(conn, id).await?;
    refuse_revoked(&before)?;
    secret::retire(conn, id, overlap_until, at).await?;
    reveal::forget(conn, id).await?;
    secret::insert(conn, id, &[new], at).await?;
    let stored = before.clone();
    finish(conn, "rotate", &before, stored, at).await
}

pub(super) async fn delete(conn: &mut Conn, id: TokenId) -> Changed<()> {
    let stored = row::fetch(conn, id).await?;
    row::delete(conn, id).await?;
    let before = record::Token::from(&stored);
    let change = Change::new(Kind::Token, "delete", id.raw(), Some(&before), None)?;
    Ok(((), change))
}

/// Writes a changed token as its next version, and gives it as it will be read.
async fn finish(
    conn: &mut Conn,
    verb: &'static str,
    before: &StoredToken,
    mut stored: StoredToken,
    at: Timestamp,
) -> Changed<StoredToken> {
    let id = stored.token.id;
    stored.version += 1;
    stored.updated_at = at;
    row::update(conn, TokenWrite::from(&stored)).await?;
    let limits = (&before.token.quota.periodic, &stored.token.quota.periodic);
    let limits = (limits.0.as_ref(), limits.1.as_ref());
    period::turn(conn, Owner::Token(id), limits, at).await?;
    let stored = row::fetch(conn, id).await?;
    let (before, after) = (record::Token::from(before), record::Token::from(&stored));
    let change = Change::new(Kind::Token, verb, id.raw(), Some(&before), Some(&after))?;
    Ok((stored, change))
}

pub(super) fn refuse_revoked(stored: &StoredToken) -> Result<(), StoreError> {
    match stored.token.state {
        TokenState::Revoked => Err(StoreError::Revoked(stored.token.id)),
        TokenState::Enabled | TokenState::Disabled => Ok(()),
    }
}
