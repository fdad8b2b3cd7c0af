//! Groups: the tiers that an operator makes. A group cannot be deleted while something is in it.

mod row;

use tollgate_policy::group::{Enforcement, Fallbacks, Group, Multiplier, OnLeave, Terms};
use tollgate_policy::id::GroupId;
use tollgate_policy::name::Name;
use tollgate_policy::scope::Scope;
use tollgate_policy::time::Timestamp;

use crate::actor::Actor;
use crate::audit::Change;
use crate::backend::Conn;
use crate::columns::text;
use crate::error::{Kind, StoreError};
use crate::limit::LimitsEdit;
use crate::record;
use crate::scope::{ScopeEdit, set};
use crate::store::{Changed, Store};
use crate::{model, upstream};

use row::GroupRow;
pub(crate) use row::{all, fallbacks};

/// A group to be made.
#[derive(Debug, Clone)]
pub struct NewGroup {
    /// Unique among groups.
    pub name: Name,
    /// What a call costs here in relation to its list price.
    pub multiplier: Multiplier,
    /// Restrictions of all its tokens.
    pub scope: Scope,
    /// Its limits, and how strictly quotas are kept.
    pub terms: Terms,
    /// Whether members may choose it for tokens of their own.
    pub open: bool,
    /// For operators.
    pub note: String,
}

/// What to change of a group: `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct GroupEdit {
    /// A new name.
    pub name: Option<Name>,
    /// What a call costs here in relation to its list price.
    pub multiplier: Option<Multiplier>,
    /// Its restrictions.
    pub scope: ScopeEdit,
    /// Its limits, and how strictly quotas are kept.
    pub terms: TermsEdit,
    /// Whether members may choose it for tokens of their own.
    pub open: Option<bool>,
    /// For operators.
    pub note: Option<String>,
    /// Only if it is at this version still.
    pub if_version: Option<i64>,
}

/// What to change of how a group treats its tokens: `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct TermsEdit {
    /// What its tokens may ask for in a minute, and at once.
    pub limits: LimitsEdit,
    /// Whether all its tokens share these limits.
    pub shared: Option<bool>,
    /// How quotas are kept.
    pub enforcement: Option<Enforcement>,
    /// What becomes of a call whose client leaves.
    pub on_leave: Option<OnLeave>,
    /// All fallbacks from now on.
    pub fallbacks: Option<Fallbacks>,
}

/// A group as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredGroup {
    /// The group.
    pub group: Group,
    /// Whether members may choose it for tokens of their own.
    pub open: bool,
    /// For operators.
    pub note: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Grows with each change.
    pub version: i64,
}

/// Groups. Every error leaves everything as it was.
impl Store {
    /// Makes a group.
    ///
    /// # Errors
    /// Where the name is taken.
    pub async fn group_insert(
        &self,
        who: &Actor,
        new: NewGroup,
        id: GroupId,
        at: Timestamp,
    ) -> Result<StoredGroup, StoreError> {
        self.write(who, at, move |conn| Box::pin(insert(conn, new, id, at)))
            .await
    }

    /// Changes a group.
    ///
    /// # Errors
    /// Where it is not there, or the new name is taken.
    pub async fn group_edit(
        &self,
        who: &Actor,
        id: GroupId,
        edit: GroupEdit,
        at: Timestamp,
    ) -> Result<StoredGroup, StoreError> {
        self.write(who, at, move |conn| Box::pin(change(conn, id, edit, at)))
            .await
    }

    /// Deletes a group.
    ///
    /// # Errors
    /// Where it is not there, still has tokens, or is named by an upstream or a price.
    pub async fn group_delete(
        &self,
        who: &Actor,
        id: GroupId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(who, at, move |conn| Box::pin(delete(conn, id)))
            .await
    }

    /// The group of this id.
    ///
    /// # Errors
    /// Where it is not there.
    pub async fn group_fetch(&self, id: GroupId) -> Result<StoredGroup, StoreError> {
        self.read(move |conn| Box::pin(fetch(conn, id))).await
    }

    /// The group of this name, if there is one.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn group_find_by_name(&self, name: &Name) -> Result<Option<StoredGroup>, StoreError> {
        let name = name.clone();
        self.read(move |conn| Box::pin(async move { row::by_name(conn, &name).await }))
            .await
    }

    /// All groups by name.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn group_list(&self) -> Result<Vec<StoredGroup>, StoreError> {
        self.read(|conn| Box::pin(all(conn))).await
    }
}

async fn insert(
    conn: &mut Conn,
    new: NewGroup,
    id: GroupId,
    at: Timestamp,
) -> Changed<StoredGroup> {
    let stored = StoredGroup {
        group: Group {
            id,
            name: new.name,
            multiplier: new.multiplier,
            scope: new.scope,
            terms: new.terms,
        },
        open: new.open,
        note: text(new.note),
        created_at: at,
        updated_at: at,
        version: 1,
    };
    refuse_taken(conn, &stored).await?;
    row::insert(conn, GroupRow::from(&stored)).await?;
    let after = record::Group::from(&stored);
    let change = Change::new(Kind::Group, "create", id.raw(), None, Some(&after))?;
    Ok((stored, change))
}

async fn change(
    conn: &mut Conn,
    id: GroupId,
    edit: GroupEdit,
    at: Timestamp,
) -> Changed<StoredGroup> {
    let mut stored = fetch(conn, id).await?;
    StoreError::unless_at(Kind::Group, id, edit.if_version, stored.version)?;
    let before = record::Group::from(&stored);
    set(&mut stored.group.name, edit.name);
    set(&mut stored.group.multiplier, edit.multiplier);
    edit.scope.apply(&mut stored.group.scope);
    edit.terms.apply(&mut stored.group.terms);
    set(&mut stored.open, edit.open);
    set(&mut stored.note, edit.note.map(text));
    stored.updated_at = at;
    stored.version += 1;
    refuse_taken(conn, &stored).await?;
    row::update(conn, GroupRow::from(&stored)).await?;
    let after = record::Group::from(&stored);
    let change = Change::new(Kind::Group, "edit", id.raw(), Some(&before), Some(&after))?;
    Ok((stored, change))
}

async fn delete(conn: &mut Conn, id: GroupId) -> Changed<()> {
    let stored = fetch(conn, id).await?;
    let users = users(conn, id).await?;
    if !users.is_empty() {
        return Err(StoreError::InUse {
            kind: Kind::Group,
            name: stored.group.name.to_string(),
            by: users.join(" and "),
        });
    }
    row::delete(conn, id).await?;
    let before = record::Group::from(&stored);
    let change = Change::new(Kind::Group, "delete", id.raw(), Some(&before), None)?;
    Ok(((), change))
}

impl TermsEdit {
    fn apply(self, terms: &mut Terms) {
        self.limits.apply(&mut terms.limits);
        set(&mut terms.shared, self.shared);
        set(&mut terms.enforcement, self.enforcement);
        set(&mut terms.on_leave, self.on_leave);
        set(&mut terms.fallbacks, self.fallbacks);
    }
}

/// What refers to the group, in words.
async fn users(conn: &mut Conn, id: GroupId) -> Result<Vec<String>, StoreError> {
    let mut users = Vec::new();
    let tokens = row::tokens(conn, id).await?;
    if tokens > 0 {
        users.push(record::count(tokens, "token"));
    }
    let prices = model::price::of_group(conn, id).await?;
    if prices > 0 {
        users.push(record::count(prices, "model price"));
    }
    for upstream in upstream::all(conn).await? {
        let served = upstream.upstream.groups.list().unwrap_or_default();
        if served.contains(&id) {
            users.push(format!("upstream `{}`", upstream.upstream.name));
        }
    }
    Ok(users)
}

/// The group of this id, or an error that names it.
pub(crate) async fn fetch(conn: &mut Conn, id: GroupId) -> Result<StoredGroup, StoreError> {
    let found = row::by_id(conn, id).await?;
    found.ok_or_else(|| StoreError::not_found(Kind::Group, id))
}

async fn refuse_taken(conn: &mut Conn, stored: &StoredGroup) -> Result<(), StoreError> {
    match row::by_name(conn, &stored.group.name).await? {
        Some(other) if other.group.id != stored.group.id => Err(StoreError::NameTaken {
            kind: Kind::Group,
            name: stored.group.name.to_string(),
        }),
        _ => Ok(()),
    }
}
