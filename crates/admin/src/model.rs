//! What an operator does with the model gallery.

use serde::Deserialize;
use tollgate_policy::bound::Window;
use tollgate_policy::id::ModelId;
use tollgate_policy::name::ModelName;
use tollgate_policy::upstream::Pricing;
use tollgate_store::Kind;
use tollgate_store::model::{ModelEdit, NewModel, StoredModel};

use crate::context::Context;
use crate::error::AdminError;
use crate::input::{note, parsed};
use crate::view::model::ModelView;

/// A model to be added, as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ModelInput {
    /// What clients call it, exactly; unique.
    pub name: String,
    /// The vendor behind it.
    pub provider: String,
    /// A remark of at most 500 characters.
    #[serde(default)]
    pub note: String,
}

/// What to change of a model, as it is written: what is missing stays as it is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ModelChange {
    /// What clients call it from now on.
    pub name: Option<String>,
    /// The vendor behind it.
    pub provider: Option<String>,
    /// Whether it is on offer.
    pub enabled: Option<bool>,
    /// A remark.
    pub note: Option<String>,
}

/// Adds a model to the gallery.
///
/// # Errors
/// Where an input cannot be used, or the name is taken.
pub async fn create(context: &Context, input: &ModelInput) -> Result<ModelView, AdminError> {
    let new = NewModel {
        name: parsed("name", input.name.trim())?,
        provider: parsed("provider", &input.provider)?,
        enabled: true,
        pricing: Pricing::default(),
        window: Window::default(),
        note: note(&input.note)?,
    };
    let at = context.now();
    let id = ModelId::new(at, context.id_entropy()?);
    let store = context.store();
    let made = store.model_insert(context.actor(), new, id, at).await?;
    Ok(ModelView::new(&made))
}

/// All models by name.
///
/// # Errors
/// Where the store does not answer.
pub async fn list(context: &Context) -> Result<Vec<ModelView>, AdminError> {
    let models = context.store().model_list().await?;
    Ok(models.iter().map(ModelView::new).collect())
}

/// The model of this name or id.
///
/// # Errors
/// Where it is not there.
pub async fn show(context: &Context, which: &str) -> Result<ModelView, AdminError> {
    find(context, which)
        .await
        .map(|found| ModelView::new(&found))
}

/// Changes a model.
///
/// # Errors
/// Where it is not there, an input cannot be used, or the new name is taken.
pub async fn edit(
    context: &Context,
    which: &str,
    change: &ModelChange,
) -> Result<ModelView, AdminError> {
    let name = change.name.as_deref();
    let provider = change.provider.as_deref();
    let edit = ModelEdit {
        name: name.map(|name| parsed("name", name.trim())).transpose()?,
        provider: provider.map(|text| parsed("provider", text)).transpose()?,
        enabled: change.enabled,
        note: change.note.as_deref().map(note).transpose()?,
        ..ModelEdit::default()
    };
    let id = find(context, which).await?.model.id;
    let (store, at) = (context.store(), context.now());
    let edited = store.model_edit(context.actor(), id, edit, at).await?;
    Ok(ModelView::new(&edited))
}

/// Deletes a model that no upstream serves; gives what it was.
///
/// # Errors
/// Where it is not there, or an upstream serves it.
pub async fn delete(context: &Context, which: &str) -> Result<ModelView, AdminError> {
    let found = find(context, which).await?;
    let (store, at) = (context.store(), context.now());
    store
        .model_delete(context.actor(), found.model.id, at)
        .await?;
    Ok(ModelView::new(&found))
}

/// An id comes first: a name that looks like one is found where there is no such id.
pub(crate) async fn find(context: &Context, which: &str) -> Result<StoredModel, AdminError> {
    let store = context.store();
    if let Ok(id) = which.parse::<ModelId>() {
        match store.model_fetch(id).await.map_err(AdminError::from) {
            Err(AdminError::NotFound { .. }) => {}
            other => return other,
        }
    }
    let found = match ModelName::parse(which) {
        Ok(name) => store.model_find_by_name(&name).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| AdminError::not_found(Kind::Model, which))
}
