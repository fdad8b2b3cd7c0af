//! What an operator does with the model gallery.

mod price;

use serde::Deserialize;
use tollgate_policy::bound::Window;
use tollgate_policy::id::ModelId;
use tollgate_policy::name::ModelName;
use tollgate_policy::upstream::Pricing;
use tollgate_store::Kind;
use tollgate_store::model::{ModelEdit, NewModel, StoredModel};

pub use price::{
    PriceInput, PriceScope, default_price, price_remove, price_set, set_default_price,
};

use crate::access::Deed;
use crate::context::Context;
use crate::error::AdminError;
use crate::group;
use crate::input::{money, note, parsed, shortened};
use crate::view::model::ModelView;

/// A model to be added, as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelInput {
    /// What clients call it, exactly; unique.
    pub name: String,
    /// The vendor behind it.
    pub provider: String,
    /// What calls cost, such as `input=2.5,output=10`, or `free`; unknown if missing.
    pub price: Option<String>,
    /// How much it takes and gives.
    #[serde(flatten)]
    pub window: WindowInput,
    /// A remark of at most 500 characters.
    #[serde(default)]
    pub note: String,
}

/// How much a model takes and gives, as it is written, each where it was said.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(serde::Serialize, utoipa::ToSchema))]
#[serde(default)]
pub struct WindowInput {
    /// The largest prompt, in tokens; blank or `unknown` where it is not known.
    pub context: Option<String>,
    /// The largest answer, in tokens; blank or `unknown` where it is not known.
    pub max_output: Option<String>,
    /// The field by which it wants its output capped; blank or `usual` for the usual one.
    pub cap_field: Option<String>,
}

/// What to change of a model, as it is written: what is missing stays as it is.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ModelChange {
    /// What clients call it from now on.
    pub name: Option<String>,
    /// The vendor behind it.
    pub provider: Option<String>,
    /// Whether it is on offer.
    pub enabled: Option<bool>,
    /// What calls cost where no other list applies; blank or `unknown` for an unknown price.
    pub price: Option<String>,
    /// How much it takes and gives.
    #[serde(flatten)]
    pub window: WindowInput,
    /// A remark.
    pub note: Option<String>,
    /// Only if it is at this version still.
    pub if_version: Option<i64>,
}

/// Adds a model to the gallery.
///
/// # Errors
/// Where an input cannot be used, or the name is taken.
pub async fn create(context: &Context, input: &ModelInput) -> Result<ModelView, AdminError> {
    context.allow(Deed::ChangeCatalog, None)?;
    let pricing = Pricing {
        base: input.price.as_deref().map_or(Ok(None), money::price)?,
        overrides: Vec::new(),
    };
    let new = NewModel {
        name: parsed("name", input.name.trim())?,
        provider: parsed("provider", &input.provider)?,
        enabled: true,
        pricing,
        window: input.window.over(Window::default())?.unwrap_or_default(),
        note: note(&input.note)?,
    };
    let made = insert(context, new).await?;
    Ok(ModelView::new(&made, &[]))
}

pub(crate) async fn insert(context: &Context, new: NewModel) -> Result<StoredModel, AdminError> {
    let at = context.now();
    let id = ModelId::new(at, context.id_entropy()?);
    let store = context.store();
    Ok(store.model_insert(context.actor(), new, id, at).await?)
}

/// All models by name.
///
/// # Errors
/// Where the store does not answer.
pub async fn list(context: &Context) -> Result<Vec<ModelView>, AdminError> {
    context.allow(Deed::ReadCatalog, None)?;
    let groups = group::list(context).await?;
    let models = context.store().model_list().await?;
    let shown = models.iter().map(|one| ModelView::new(one, &groups));
    Ok(shown.collect())
}

/// The model of this name or id.
///
/// # Errors
/// Where it is not there.
pub async fn show(context: &Context, which: &str) -> Result<ModelView, AdminError> {
    context.allow(Deed::ReadCatalog, None)?;
    view(context, &find(context, which).await?).await
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
    context.allow(Deed::ChangeCatalog, None)?;
    let name = change.name.as_deref();
    let provider = change.provider.as_deref();
    let StoredModel {
        model: found,
        version,
        ..
    } = find(context, which).await?;
    let window = change.window.over(found.window)?;
    let edit = ModelEdit {
        name: name.map(|name| parsed("name", name.trim())).transpose()?,
        provider: provider.map(|text| parsed("provider", text)).transpose()?,
        enabled: change.enabled,
        price: change.price.as_deref().map(money::price).transpose()?,
        overrides: Vec::new(),
        // What it is made of may be changed by somebody else meanwhile.
        if_version: change.if_version.or(window.map(|_| version)),
        window,
        note: change.note.as_deref().map(note).transpose()?,
    };
    let (store, at) = (context.store(), context.now());
    let edited = store
        .model_edit(context.actor(), found.id, edit, at)
        .await?;
    view(context, &edited).await
}

impl WindowInput {
    /// The window with what was said in place of what was; `None` where nothing was said.
    fn over(&self, mut window: Window) -> Result<Option<Window>, AdminError> {
        if self.context.is_none() && self.max_output.is_none() && self.cap_field.is_none() {
            return Ok(None);
        }
        if let Some(text) = self.context.as_deref() {
            window.context = tokens("context", text)?;
        }
        if let Some(text) = self.max_output.as_deref() {
            window.output = tokens("max_output", text)?;
        }
        match self.cap_field.as_deref().map(str::trim) {
            None => {}
            Some("" | "usual") => window.cap_field = None,
            Some(text) => window.cap_field = Some(parsed("cap_field", text)?),
        }
        Ok(Some(window))
    }
}

/// More than any model takes; and a database keeps it as a signed number.
const MOST_TOKENS: u64 = 1 << 40;

fn tokens(field: &'static str, text: &str) -> Result<Option<u64>, AdminError> {
    let text = text.trim();
    if text.is_empty() || text.eq_ignore_ascii_case("unknown") {
        return Ok(None);
    }
    match text.parse() {
        Ok(number @ 1..=MOST_TOKENS) => Ok(Some(number)),
        _ => {
            let seen = shortened(text);
            let problem = format!(
                "`{seen}` is no number of tokens: write digits, such as `128000`, or `unknown`"
            );
            Err(AdminError::invalid(field, problem))
        }
    }
}

/// Deletes a model that no upstream serves; gives what it was.
///
/// # Errors
/// Where it is not there, or an upstream serves it.
pub async fn delete(context: &Context, which: &str) -> Result<ModelView, AdminError> {
    context.allow(Deed::ChangeCatalog, None)?;
    let found = find(context, which).await?;
    let (store, at) = (context.store(), context.now());
    let shown = view(context, &found).await?;
    store
        .model_delete(context.actor(), found.model.id, at)
        .await?;
    Ok(shown)
}

async fn view(context: &Context, stored: &StoredModel) -> Result<ModelView, AdminError> {
    Ok(ModelView::new(stored, &group::list(context).await?))
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
