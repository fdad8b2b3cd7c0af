//! Price lists that apply to some calls of a model only, and the default price of all models.

use serde::Deserialize;
use tollgate_policy::id::GroupId;
use tollgate_policy::name::Provider;
use tollgate_policy::upstream::PriceOverride;
use tollgate_store::model::{ModelEdit, OverrideEdit};

use super::{find, view};
use crate::access::Deed;
use crate::context::Context;
use crate::error::AdminError;
use crate::group;
use crate::input::{money, parsed};
use crate::view::model::{DefaultPriceView, ModelView};

/// A price list to be set, as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PriceInput {
    /// Which calls it applies to.
    #[serde(flatten)]
    pub scope: PriceScope,
    /// The price list, such as `input=2.5,output=10`, or `free`.
    pub price: String,
}

/// Which calls a price list applies to: with neither, all to which no other list does.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(serde::Serialize, utoipa::ToSchema, utoipa::IntoParams)
)]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(default)]
pub struct PriceScope {
    /// Those that an upstream of this vendor serves.
    pub provider: Option<String>,
    /// Those of this group's tokens, by name or id.
    pub group: Option<String>,
}

/// Sets a price list of a model, in the place of the one for the same calls.
///
/// # Errors
/// Where the model or group is not there, or an input cannot be used.
pub async fn price_set(
    context: &Context,
    which: &str,
    input: &PriceInput,
) -> Result<ModelView, AdminError> {
    context.allow(Deed::ChangeCatalog, None)?;
    let price = money::price(&input.price)?.ok_or_else(|| {
        let problem = "write a price list, or `free`; `price remove` makes it unknown";
        AdminError::invalid("price", problem)
    })?;
    let edit = match input.scope.read(context).await? {
        (None, None) => ModelEdit {
            price: Some(Some(price)),
            ..ModelEdit::default()
        },
        (provider, group) => with(OverrideEdit::Set(PriceOverride {
            provider,
            group,
            price,
        })),
    };
    change(context, which, edit).await
}

/// Removes a price list of a model.
///
/// # Errors
/// Where the model, the group or the price list is not there.
pub async fn price_remove(
    context: &Context,
    which: &str,
    scope: &PriceScope,
) -> Result<ModelView, AdminError> {
    context.allow(Deed::ChangeCatalog, None)?;
    let edit = match scope.read(context).await? {
        (None, None) => ModelEdit {
            price: Some(None),
            ..ModelEdit::default()
        },
        (provider, group) => with(OverrideEdit::Remove { provider, group }),
    };
    change(context, which, edit).await
}

/// What models and mounted APIs cost that have no price of their own.
///
/// # Errors
/// Where the store does not answer.
pub async fn default_price(context: &Context) -> Result<DefaultPriceView, AdminError> {
    context.allow(Deed::ReadCatalog, None)?;
    let price = context.store().default_price().await?;
    Ok(DefaultPriceView::new(price))
}

/// Says what models and mounted APIs cost that have no price of their own: a price list, `free`,
/// or `refuse` for calls that are refused.
///
/// # Errors
/// Where the text is none of these.
pub async fn set_default_price(
    context: &Context,
    text: &str,
) -> Result<DefaultPriceView, AdminError> {
    context.allow(Deed::ChangeCatalog, None)?;
    let price = match text.trim() {
        "refuse" => None,
        text => money::price(text)?,
    };
    let (store, at) = (context.store(), context.now());
    store.default_price_set(context.actor(), price, at).await?;
    Ok(DefaultPriceView::new(price))
}

fn with(one: OverrideEdit) -> ModelEdit {
    ModelEdit {
        overrides: vec![one],
        ..ModelEdit::default()
    }
}

async fn change(context: &Context, which: &str, edit: ModelEdit) -> Result<ModelView, AdminError> {
    let id = find(context, which).await?.model.id;
    let (store, at) = (context.store(), context.now());
    let edited = store.model_edit(context.actor(), id, edit, at).await?;
    view(context, &edited).await
}

impl PriceScope {
    async fn read(
        &self,
        context: &Context,
    ) -> Result<(Option<Provider>, Option<GroupId>), AdminError> {
        let provider = self.provider.as_deref();
        let provider = provider.map(|text| parsed("provider", text)).transpose()?;
        let group = match &self.group {
            Some(which) => Some(group::find(context, which).await?.group.id),
            None => None,
        };
        Ok((provider, group))
    }
}
