//! Models and their prices as they are shown.

use serde::Serialize;
use tollgate_policy::price::Price;
use tollgate_policy::upstream::PriceOverride;
use tollgate_store::model::StoredModel;

use super::Reference;
use super::group::GroupView;

/// A model of the gallery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelView {
    /// `mdl_…`
    pub id: String,
    /// What clients call it.
    pub name: String,
    /// The vendor behind it.
    pub provider: String,
    /// Whether it is on offer.
    pub enabled: bool,
    /// What calls cost where no other list applies, such as `input=2.5,output=10`: tokens in
    /// credits per million, the rest in credits apiece; `null` where it is unknown.
    pub price: Option<String>,
    /// Price lists that apply to some calls only.
    pub prices: Vec<PriceView>,
    /// The largest prompt, in tokens; `null` where it is unknown.
    pub context: Option<u64>,
    /// The largest answer, in tokens; `null` where it is unknown.
    pub max_output: Option<u64>,
    /// The field by which it wants its output capped; `null` for the usual one.
    pub cap_field: Option<String>,
    /// A remark.
    pub note: String,
    /// When it was added.
    pub created_at: String,
    /// When it was last changed.
    pub updated_at: String,
    /// Grows with each change.
    pub version: i64,
}

/// A price list that applies to some calls only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PriceView {
    /// Where an upstream of this vendor serves the call; `null` for all.
    pub provider: Option<String>,
    /// Where a token of this group makes it; `null` for all.
    pub group: Option<Reference>,
    /// The price list.
    pub price: String,
}

/// What models and mounted APIs cost that have no price of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DefaultPriceView {
    /// The price list; `null` where such calls are refused.
    pub price: Option<String>,
}

impl ModelView {
    pub(crate) fn new(stored: &StoredModel, groups: &[GroupView]) -> Self {
        let model = &stored.model;
        let prices = &model.pricing.overrides;
        Self {
            id: model.id.to_string(),
            name: model.name.to_string(),
            provider: model.provider.to_string(),
            enabled: model.enabled,
            price: model.pricing.base.map(|price| price.to_string()),
            prices: prices
                .iter()
                .map(|one| PriceView::new(one, groups))
                .collect(),
            context: model.window.context,
            max_output: model.window.output,
            cap_field: model.window.cap_field.map(|field| field.to_string()),
            note: stored.note.clone(),
            created_at: stored.created_at.to_string(),
            updated_at: stored.updated_at.to_string(),
            version: stored.version,
        }
    }
}

impl PriceView {
    fn new(one: &PriceOverride, groups: &[GroupView]) -> Self {
        Self {
            provider: one.provider.as_ref().map(ToString::to_string),
            group: one.group.map(|id| Reference::to_group(id, groups)),
            price: one.price.to_string(),
        }
    }
}

impl DefaultPriceView {
    pub(crate) fn new(price: Option<Price>) -> Self {
        let price = price.map(|price| price.to_string());
        Self { price }
    }
}
