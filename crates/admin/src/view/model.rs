//! Models as they are shown.

use serde::Serialize;
use tollgate_store::model::StoredModel;

/// A model of the gallery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelView {
    /// `mdl_…`
    pub id: String,
    /// What clients call it.
    pub name: String,
    /// The vendor behind it.
    pub provider: String,
    /// Whether it is on offer.
    pub enabled: bool,
    /// A remark.
    pub note: String,
    /// When it was added.
    pub created_at: String,
    /// When it was last changed.
    pub updated_at: String,
}

impl ModelView {
    pub(crate) fn new(stored: &StoredModel) -> Self {
        let model = &stored.model;
        Self {
            id: model.id.to_string(),
            name: model.name.to_string(),
            provider: model.provider.to_string(),
            enabled: model.enabled,
            note: stored.note.clone(),
            created_at: stored.created_at.to_string(),
            updated_at: stored.updated_at.to_string(),
        }
    }
}
