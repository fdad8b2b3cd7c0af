//! Making, changing and deleting upstreams, inside the transaction of the audit log.

use tollgate_policy::id::{CredentialId, GroupId, UpstreamId};
use tollgate_policy::name::Name;
use tollgate_policy::scope::Allow;
use tollgate_policy::time::Timestamp;
use tollgate_policy::upstream::{Serves, Upstream};

use tollgate_rights::source::ProxyAddress;

use super::credential::{self, CredentialRow, seal_proxy};
use super::row::{self, UpstreamRow};
use super::{
    CredentialChange, DEFAULT, NewCredential, NewUpstream, StoredUpstream, UpstreamEdit, served,
};
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
    let rows = only(&key, id, &new.credential, at)?;
    let proxy = new.proxy.as_ref();
    let sealed = proxy.map(|one| seal_proxy(&key, id, one)).transpose()?;
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
            credentials: None,
            sticky: new.sticky,
            serves: new.serves,
            price: new.price,
        },
        base_url: new.base_url,
        carrier: new.carrier,
        credentials: Vec::new(),
        reach: new.reach,
        proxy: proxy.map(ProxyAddress::shown),
        note: text(new.note),
        created_at: at,
        updated_at: at,
        version: 1,
    };
    check(conn, &stored).await?;
    row::insert(conn, UpstreamRow::new(&stored, sealed)).await?;
    credential::replace(conn, id, rows).await?;
    let stored = serve(conn, stored).await?;
    let after = record::Upstream::new(&stored, false);
    let change = Change::new(Kind::Upstream, "create", id.raw(), None, Some(&after))?;
    Ok((stored, change))
}

pub(super) async fn edit(
    conn: &mut Conn,
    key: MasterKey,
    id: UpstreamId,
    mut edit: UpstreamEdit,
    at: Timestamp,
) -> Changed<StoredUpstream> {
    let (mut stored, mut kept) = row::fetch(conn, id).await?;
    StoreError::unless_at(Kind::Upstream, id, edit.if_version, stored.version)?;
    let before = record::Upstream::new(&stored, false);
    let replaced = edit.credential.is_some();
    if let Some(new) = &edit.credential {
        credential::replace(conn, id, only(&key, id, new, at)?).await?;
    }
    if let Some(proxy) = edit.reach.proxy.take() {
        let sealed = proxy.as_ref().map(|one| seal_proxy(&key, id, one));
        kept.proxy = sealed.transpose()?;
        stored.proxy = proxy.as_ref().map(ProxyAddress::shown);
    }
    apply(&mut stored, edit);
    stored.updated_at = at;
    stored.version += 1;
    check(conn, &stored).await?;
    row::update(conn, UpstreamRow::new(&stored, kept.proxy)).await?;
    let stored = serve(conn, stored).await?;
    edited(&before, stored, "edit", replaced)
}

/// Changes the credentials alone.
pub(super) async fn credentials(
    conn: &mut Conn,
    key: MasterKey,
    id: UpstreamId,
    change: CredentialChange,
    at: Timestamp,
) -> Changed<StoredUpstream> {
    let (mut stored, kept) = row::fetch(conn, id).await?;
    let before = record::Upstream::new(&stored, false);
    let (rows, action) = changed(&key, id, kept.credentials, change, at)?;
    credential::replace(conn, id, rows).await?;
    stored.updated_at = at;
    stored.version += 1;
    row::update(conn, UpstreamRow::new(&stored, kept.proxy)).await?;
    let (stored, _) = row::fetch(conn, id).await?;
    edited(&before, stored, action, action == "credential.replace")
}

fn edited(
    before: &record::Upstream,
    stored: StoredUpstream,
    action: &'static str,
    replaced: bool,
) -> Result<(StoredUpstream, Change), StoreError> {
    let after = record::Upstream::new(&stored, replaced);
    let id = stored.upstream.id.raw();
    let change = Change::new(Kind::Upstream, action, id, Some(before), Some(&after))?;
    Ok((stored, change))
}

/// The rows of an upstream that has this credential and no other.
fn only(
    key: &MasterKey,
    id: UpstreamId,
    new: &NewCredential,
    at: Timestamp,
) -> Result<Vec<CredentialRow>, StoreError> {
    let name = Name::parse(DEFAULT).map_err(|error| StoreError::corrupt("upstreams", id, error))?;
    let row = CredentialRow::new(key, id, &name, new, at)?;
    Ok(row.into_iter().collect())
}

fn changed(
    key: &MasterKey,
    id: UpstreamId,
    mut rows: Vec<CredentialRow>,
    change: CredentialChange,
    at: Timestamp,
) -> Result<(Vec<CredentialRow>, &'static str), StoreError> {
    let place = |rows: &[CredentialRow], one: CredentialId| {
        let place = rows.iter().position(|row| row.id == one.raw());
        place.ok_or(StoreError::NoCredential(one))
    };
    match change {
        CredentialChange::Add(name, new) => {
            if rows.iter().any(|row| row.name == name.as_str()) {
                return Err(StoreError::CredentialTaken(name.to_string()));
            }
            rows.extend(CredentialRow::new(key, id, &name, &new, at)?);
            Ok((rows, "credential.add"))
        }
        CredentialChange::Replace(one, new) => {
            let old = rows.remove(place(&rows, one)?);
            let name = old.read()?.name;
            let made = CredentialRow::new(key, id, &name, &new, at)?;
            let enabled = old.enabled;
            rows.extend(made.map(|mut row| {
                row.enabled = enabled;
                row
            }));
            Ok((rows, "credential.replace"))
        }
        CredentialChange::Enable(one, enabled) => {
            let place = place(&rows, one)?;
            if let Some(row) = rows.get_mut(place) {
                row.enabled = enabled;
            }
            let action = if enabled {
                "credential.enable"
            } else {
                "credential.disable"
            };
            Ok((rows, action))
        }
        CredentialChange::Remove(one) => {
            rows.remove(place(&rows, one)?);
            Ok((rows, "credential.remove"))
        }
    }
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
    set(&mut upstream.sticky, edit.sticky);
    edit.reach.apply(&mut stored.reach);
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
