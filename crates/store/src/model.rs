//! The model gallery. A model cannot be deleted while an upstream serves it.

pub(crate) mod price;
mod row;

use tollgate_policy::bound::Window;
use tollgate_policy::id::{GroupId, ModelId};
use tollgate_policy::name::{ModelName, Provider};
use tollgate_policy::price::Price;
use tollgate_policy::time::Timestamp;
use tollgate_policy::upstream::{Model, PriceOverride, Pricing};

use crate::actor::Actor;
use crate::audit::Change;
use crate::backend::Conn;
use crate::columns::text;
use crate::error::{Kind, StoreError};
use crate::scope::set;
use crate::store::{Changed, Store};
use crate::{group, record};

use row::ModelRow;
pub(crate) use row::all;

/// A model to be made.
#[derive(Debug, Clone)]
pub struct NewModel {
    /// What clients call it; unique.
    pub name: ModelName,
    /// The vendor behind it.
    pub provider: Provider,
    /// Whether it is on offer.
    pub enabled: bool,
    /// What calls of it cost. Of two price lists for the same vendor and group the last one counts.
    pub pricing: Pricing,
    /// How much it takes and gives.
    pub window: Window,
    /// For operators.
    pub note: String,
}

/// What to change of a model: `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct ModelEdit {
    /// A new name.
    pub name: Option<ModelName>,
    /// The vendor behind it.
    pub provider: Option<Provider>,
    /// Whether it is on offer.
    pub enabled: Option<bool>,
    /// What calls of it cost where no other price applies; `Some(None)` is unknown.
    pub price: Option<Option<Price>>,
    /// Price lists of a vendor, of a group, or of a vendor for a group, one after the other.
    pub overrides: Vec<OverrideEdit>,
    /// How much it takes and gives.
    pub window: Option<Window>,
    /// For operators.
    pub note: Option<String>,
    /// Only if it is at this version still.
    pub if_version: Option<i64>,
}

/// A price list to be set or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OverrideEdit {
    /// In the place of the one for the same vendor and group, if there is one.
    Set(PriceOverride),
    /// The one for just this vendor and group.
    Remove {
        /// The vendor; `None` is the list for all.
        provider: Option<Provider>,
        /// The group; `None` is the list for all.
        group: Option<GroupId>,
    },
}

/// A model as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredModel {
    /// The model.
    pub model: Model,
    /// For operators.
    pub note: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Grows with each change.
    pub version: i64,
}

/// Models. Every error leaves everything as it was.
impl Store {
    /// Makes a model.
    ///
    /// # Errors
    /// Where the name is taken.
    pub async fn model_insert(
        &self,
        who: &Actor,
        new: NewModel,
        id: ModelId,
        at: Timestamp,
    ) -> Result<StoredModel, StoreError> {
        self.write(who, at, move |conn| Box::pin(insert(conn, new, id, at)))
            .await
    }

    /// Changes a model.
    ///
    /// # Errors
    /// Where it is not there, or the new name is taken.
    pub async fn model_edit(
        &self,
        who: &Actor,
        id: ModelId,
        edit: ModelEdit,
        at: Timestamp,
    ) -> Result<StoredModel, StoreError> {
        self.write(who, at, move |conn| Box::pin(change(conn, id, edit, at)))
            .await
    }

    /// Deletes a model.
    ///
    /// # Errors
    /// Where it is not there, or an upstream serves it.
    pub async fn model_delete(
        &self,
        who: &Actor,
        id: ModelId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(who, at, move |conn| Box::pin(delete(conn, id)))
            .await
    }

    /// The model of this id.
    ///
    /// # Errors
    /// Where it is not there.
    pub async fn model_fetch(&self, id: ModelId) -> Result<StoredModel, StoreError> {
        self.read(move |conn| Box::pin(fetch(conn, id))).await
    }

    /// The model of this name, if there is one.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn model_find_by_name(
        &self,
        name: &ModelName,
    ) -> Result<Option<StoredModel>, StoreError> {
        let name = name.clone();
        self.read(move |conn| Box::pin(async move { row::by_name(conn, &name).await }))
            .await
    }

    /// All models by name.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn model_list(&self) -> Result<Vec<StoredModel>, StoreError> {
        self.read(|conn| Box::pin(all(conn))).await
    }
}

async fn insert(
    conn: &mut Conn,
    new: NewModel,
    id: ModelId,
    at: Timestamp,
) -> Changed<StoredModel> {
    let stored = StoredModel {
        model: Model {
            id,
            name: new.name,
            provider: new.provider,
            enabled: new.enabled,
            pricing: new.pricing,
            window: new.window,
        },
        note: text(new.note),
        created_at: at,
        updated_at: at,
        version: 1,
    };
    refuse_taken(conn, &stored).await?;
    row::insert(conn, ModelRow::from(&stored)).await?;
    for one in &stored.model.pricing.overrides {
        set_price(conn, id, one).await?;
    }
    let stored = fetch(conn, id).await?;
    let after = record::Model::from(&stored);
    let change = Change::new(Kind::Model, "create", id.raw(), None, Some(&after))?;
    Ok((stored, change))
}

async fn change(
    conn: &mut Conn,
    id: ModelId,
    edit: ModelEdit,
    at: Timestamp,
) -> Changed<StoredModel> {
    let mut stored = fetch(conn, id).await?;
    StoreError::unless_at(Kind::Model, id, edit.if_version, stored.version)?;
    let before = record::Model::from(&stored);
    set(&mut stored.model.name, edit.name);
    set(&mut stored.model.enabled, edit.enabled);
    set(&mut stored.model.provider, edit.provider);
    set(&mut stored.model.pricing.base, edit.price);
    set(&mut stored.model.window, edit.window);
    set(&mut stored.note, edit.note.map(text));
    stored.updated_at = at;
    stored.version += 1;
    refuse_taken(conn, &stored).await?;
    row::update(conn, ModelRow::from(&stored)).await?;
    for one in edit.overrides {
        change_price(conn, &stored, one).await?;
    }
    let stored = fetch(conn, id).await?;
    let after = record::Model::from(&stored);
    let change = Change::new(Kind::Model, "edit", id.raw(), Some(&before), Some(&after))?;
    Ok((stored, change))
}

async fn change_price(
    conn: &mut Conn,
    stored: &StoredModel,
    edit: OverrideEdit,
) -> Result<(), StoreError> {
    let id = stored.model.id;
    let (provider, group) = match edit {
        OverrideEdit::Set(new) => return set_price(conn, id, &new).await,
        OverrideEdit::Remove { provider, group } => (provider, group),
    };
    if price::remove(conn, id, provider.as_ref(), group).await? {
        return Ok(());
    }
    let by = [
        provider.map(|provider| format!("provider `{provider}`")),
        group.map(|group| format!("group `{group}`")),
    ];
    let by: Vec<String> = by.into_iter().flatten().collect();
    Err(StoreError::NoPrice {
        model: stored.model.name.to_string(),
        by: by.join(" and "),
    })
}

async fn set_price(conn: &mut Conn, id: ModelId, new: &PriceOverride) -> Result<(), StoreError> {
    if let Some(group) = new.group {
        group::fetch(conn, group).await?;
    }
    price::set(conn, id, new).await
}

async fn delete(conn: &mut Conn, id: ModelId) -> Changed<()> {
    let stored = fetch(conn, id).await?;
    let upstreams = row::upstreams(conn, id).await?;
    if !upstreams.is_empty() {
        return Err(StoreError::InUse {
            kind: Kind::Model,
            name: stored.model.name.to_string(),
            by: upstreams.join(", "),
        });
    }
    row::delete(conn, id).await?;
    let before = record::Model::from(&stored);
    let change = Change::new(Kind::Model, "delete", id.raw(), Some(&before), None)?;
    Ok(((), change))
}

/// The model of this id, or an error that names it.
pub(crate) async fn fetch(conn: &mut Conn, id: ModelId) -> Result<StoredModel, StoreError> {
    let found = row::by_id(conn, id).await?;
    found.ok_or_else(|| StoreError::not_found(Kind::Model, id))
}

async fn refuse_taken(conn: &mut Conn, stored: &StoredModel) -> Result<(), StoreError> {
    match row::by_name(conn, &stored.model.name).await? {
        Some(other) if other.model.id != stored.model.id => Err(StoreError::NameTaken {
            kind: Kind::Model,
            name: stored.model.name.to_string(),
        }),
        _ => Ok(()),
    }
}
