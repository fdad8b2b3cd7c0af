//! Making, changing and deleting upstreams, inside the transaction of the audit log.

use tollgate_policy::id::{GroupId, UpstreamId};
use tollgate_policy::scope::Allow;
use tollgate_policy::time::Timestamp;
use tollgate_policy::upstream::{Serves, Upstream};

use super::credential::CredentialColumns;
use super::row::{self, UpstreamRow};
use super::{NewUpstream, StoredUpstream, UpstreamEdit, served};
use crate::audit::Change;
use crate::backend::Conn;
use crate::columns::text;
use crate::error::{Kind, StoreError};
use crate::key::MasterKey;
use crate::scope::set;
use crate::store::Changed;
use crate::{group, record};

pub(super) async fn insert(
    conn: &mut Conn,
    key: MasterKey,
    new: NewUpstream,
    id: UpstreamId,
    at: Timestamp,
) -> Changed<StoredUpstream> {
    let credential = CredentialColumns::new(&key, id, &new.credential)?;
    let stored = StoredUpstream {
        upstream: Upstream {
            id,
            name: new.name,
            provider: new.provider,
            dialect: new.dialect,
            enabled: new.enabled,
            priority: new.priority,
            weight: new.weight,
            groups: new.groups,
            credentials: credential.ids(id.raw()),
            sticky: false,
            serves: new.serves,
            price: new.price,
        },
        base_url: new.base_url,
        carrier: new.carrier,
        credential: credential.kept(),
        note: text(new.note),
        created_at: at,
        updated_at: at,
    };
    check(conn, &stored).await?;
    row::insert(conn, UpstreamRow::new(&stored, credential)).await?;
    let stored = serve(conn, stored).await?;
    let after = record::Upstream::new(&stored, false);
    let change = Change::new(Kind::Upstream, "create", id.raw(), None, Some(&after))?;
    Ok((stored, change))
}

pub(super) async fn edit(
    conn: &mut Conn,
    key: MasterKey,
    id: UpstreamId,
    edit: UpstreamEdit,
    at: Timestamp,
) -> Changed<StoredUpstream> {
    let (mut stored, mut credential) = row::fetch(conn, id).await?;
    let before = record::Upstream::new(&stored, false);
    if let Some(new) = &edit.credential {
        credential = CredentialColumns::new(&key, id, new)?;
        stored.credential = credential.kept();
    }
    let replaced = edit.credential.is_some();
    apply(&mut stored, edit);
    stored.updated_at = at;
    check(conn, &stored).await?;
    row::update(conn, UpstreamRow::new(&stored, credential)).await?;
    let stored = serve(conn, stored).await?;
    let after = record::Upstream::new(&stored, replaced);
    let change = Change::new(
        Kind::Upstream,
        "edit",
        id.raw(),
        Some(&before),
        Some(&after),
    )?;
    Ok((stored, change))
}

pub(super) async fn delete(conn: &mut Conn, id: UpstreamId) -> Changed<()> {
    let (stored, _) = row::fetch(conn, id).await?;
    row::delete(conn, id).await?;
    let before = record::Upstream::new(&stored, false);
    let change = Change::new(Kind::Upstream, "delete", id.raw(), Some(&before), None)?;
    Ok(((), change))
}

fn apply(stored: &mut StoredUpstream, edit: UpstreamEdit) {
    let upstream = &mut stored.upstream;
    set(&mut upstream.name, edit.name);
    set(&mut upstream.provider, edit.provider);
    set(&mut upstream.dialect, edit.dialect);
    set(&mut upstream.enabled, edit.enabled);
    set(&mut upstream.priority, edit.priority);
    set(&mut upstream.weight, edit.weight);
    set(&mut upstream.groups, edit.groups);
    set(&mut upstream.serves, edit.serves);
    set(&mut upstream.price, edit.price);
    set(&mut stored.base_url, edit.base_url);
    set(&mut stored.carrier, edit.carrier);
    set(&mut stored.note, edit.note.map(text));
}

/// Names and mounts are unique, and groups that are named are there.
async fn check(conn: &mut Conn, stored: &StoredUpstream) -> Result<(), StoreError> {
    let upstream = &stored.upstream;
    if let Some(other) = row::by_name(conn, &upstream.name).await?
        && other.upstream.id != upstream.id
    {
        return Err(StoreError::NameTaken {
            kind: Kind::Upstream,
            name: upstream.name.to_string(),
        });
    }
    if let Some(prefix) = row::mount(&upstream.serves)
        && let Some(other) = row::id_by_mount(conn, prefix).await?
        && other != upstream.id.raw()
    {
        return Err(StoreError::MountTaken(prefix.to_string()));
    }
    check_groups(conn, &upstream.groups).await
}

async fn check_groups(conn: &mut Conn, groups: &Allow<GroupId>) -> Result<(), StoreError> {
    for id in groups.list().unwrap_or_default() {
        group::fetch(conn, *id).await?;
    }
    Ok(())
}

/// Writes what the upstream serves, and gives it as it will be read.
async fn serve(conn: &mut Conn, stored: StoredUpstream) -> Result<StoredUpstream, StoreError> {
    let models = match &stored.upstream.serves {
        Serves::Models(models) => models.as_slice(),
        Serves::Mount(_) => &[],
    };
    served::replace(conn, stored.upstream.id, models).await?;
    Ok(row::fetch(conn, stored.upstream.id).await?.0)
}
