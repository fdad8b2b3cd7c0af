//! Models with their prices, and multipliers of groups, from the files of other products: what is made, changed, left alone,
//! and skipped, and why. A price is never guessed: what a file does not tell stays unknown.

mod decimal;
mod document;
mod entry;
mod group;
mod litellm;
mod new_api;

use std::collections::BTreeMap;

use serde::Deserialize;
use tollgate_policy::bound::Window;
use tollgate_policy::name::{ModelName, Provider};
use tollgate_policy::pattern::Pattern;
use tollgate_policy::upstream::Pricing;
use tollgate_store::model::{ModelEdit, NewModel, StoredModel};

use self::entry::Entry;
pub(crate) use self::entry::Found;
use crate::access::Deed;
use crate::context::Context;
use crate::error::AdminError;
use crate::input::parsed;
use crate::model;
use crate::view::import::{Action, ImportView, ImportedView};

/// A file of another product, and what to do with it.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ImportInput {
    /// Whose file it is: `litellm` or `new-api`.
    pub from: String,
    /// The file's text.
    pub text: String,
    /// Only models with such a name, and no groups: exact, or with `*` for any text; all if empty.
    pub only: Vec<String>,
    /// The vendor of new models where the file names none.
    pub provider: Option<String>,
    /// Whether nothing is done, and only shown what would be.
    pub dry_run: bool,
    /// Whether models that are there already are changed, and the multipliers of groups.
    pub update: bool,
}

/// Adds models with their prices, and changes those that are there already where that was said, as
/// well as the multipliers of groups that are there. No group is made.
///
/// # Errors
/// Where the file is not what it should be, or an input cannot be used. What cannot be used of a
/// file is skipped, and no error. Where the store fails, what was done before stays.
pub async fn models(context: &Context, input: &ImportInput) -> Result<ImportView, AdminError> {
    context.allow(Deed::ChangeCatalog, None)?;
    let read = match input.from.trim() {
        "litellm" => litellm::read(&input.text)?,
        "new-api" => new_api::read(&input.text)?,
        other => {
            let seen: String = other.chars().take(60).collect();
            let problem = format!("`{seen}` is neither `litellm` nor `new-api`");
            return Err(AdminError::invalid("from", problem));
        }
    };
    let only = input.only.iter().map(|text| parsed("only", text.trim()));
    let only: Vec<Pattern> = only.collect::<Result<_, _>>()?;
    let provider = input.provider.as_deref();
    let importer = Importer {
        context,
        input,
        provider: provider.map(|text| parsed("provider", text)).transpose()?,
        gallery: gallery(context).await?,
    };
    let mut view = ImportView::new(input.dry_run, read.remarks);
    // Names of models say nothing of groups.
    if only.is_empty() {
        view.groups = group::import(context, input, read.groups).await?;
    }
    for entry in read.entries {
        if only.is_empty() || only.iter().any(|one| one.matches(&entry.name)) {
            view.add(importer.entry(entry).await?);
        }
    }
    Ok(view)
}

async fn gallery(context: &Context) -> Result<BTreeMap<ModelName, StoredModel>, AdminError> {
    let models = context.store().model_list().await?.into_iter();
    Ok(models.map(|one| (one.model.name.clone(), one)).collect())
}

struct Importer<'a> {
    context: &'a Context,
    input: &'a ImportInput,
    provider: Option<Provider>,
    gallery: BTreeMap<ModelName, StoredModel>,
}

impl Importer<'_> {
    async fn entry(&self, entry: Entry) -> Result<ImportedView, AdminError> {
        let found = match entry.found {
            Ok(found) => found,
            Err(why) => return Ok(ImportedView::skipped(entry.name, why)),
        };
        let Ok(name) = ModelName::parse(&entry.name) else {
            let why = "it is no name of a model".to_owned();
            return Ok(ImportedView::skipped(entry.name, why));
        };
        match self.gallery.get(&name) {
            None => self.create(name, &found).await,
            Some(_) if !self.input.update => {
                let mut view = ImportedView::new(Action::Left, name.to_string(), &found);
                let why = "it is there already, and nothing said to update it".to_owned();
                view.notes.insert(0, why);
                Ok(view)
            }
            Some(there) => match self.update(there, &found).await {
                // Somebody changed the model since the gallery was read: their change stays.
                Err(AdminError::Stale { .. }) => {
                    let there = self.context.store().model_fetch(there.model.id).await?;
                    self.update(&there, &found).await
                }
                updated => updated,
            },
        }
    }

    async fn create(&self, name: ModelName, found: &Found) -> Result<ImportedView, AdminError> {
        let Some(provider) = found.provider.clone().or_else(|| self.provider.clone()) else {
            let why = "the file does not say whose it is: name a provider for new models";
            return Ok(ImportedView::skipped(name.to_string(), why.to_owned()));
        };
        let view = ImportedView::new(Action::Created, name.to_string(), found);
        let new = NewModel {
            name,
            provider,
            enabled: true,
            pricing: Pricing {
                base: Some(found.price),
                overrides: Vec::new(),
            },
            window: found.window,
            note: format!("imported from {}", self.input.from.trim()),
        };
        if !self.input.dry_run {
            model::insert(self.context, new).await?;
        }
        Ok(view)
    }

    /// The file counts where it says something; the vendor and the field of the cap stay.
    async fn update(&self, there: &StoredModel, found: &Found) -> Result<ImportedView, AdminError> {
        let old = &there.model;
        let window = Window {
            context: found.window.context.or(old.window.context),
            output: found.window.output.or(old.window.output),
            cap_field: old.window.cap_field,
        };
        let window = (old.window != window).then_some(window);
        let edit = ModelEdit {
            price: (old.pricing.base != Some(found.price)).then_some(Some(found.price)),
            // A window is put together from what was read.
            if_version: window.map(|_| there.version),
            window,
            ..ModelEdit::default()
        };
        let name = old.name.to_string();
        if edit.price.is_none() && edit.window.is_none() {
            return Ok(ImportedView::new(Action::Unchanged, name, found));
        }
        if !self.input.dry_run {
            let (store, at) = (self.context.store(), self.context.now());
            let actor = self.context.actor();
            store.model_edit(actor, old.id, edit, at).await?;
        }
        Ok(ImportedView::new(Action::Updated, name, found))
    }
}
