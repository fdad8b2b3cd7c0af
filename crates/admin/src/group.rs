//! What an operator does with groups.

use serde::Deserialize;
use tollgate_policy::group::{Fallbacks, Multiplier, Terms};
use tollgate_policy::id::GroupId;
use tollgate_policy::name::Name;
use tollgate_store::Kind;
use tollgate_store::group::{GroupEdit, NewGroup, StoredGroup, TermsEdit};

use crate::access::Deed;
use crate::context::Context;
use crate::error::AdminError;
use crate::input::limit::LimitsInput;
use crate::input::scope::ScopeInput;
use crate::input::{note, parsed};
use crate::view::group::GroupView;

/// A group to be made, as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupInput {
    /// 2 to 50 characters, unique among groups.
    pub name: String,
    /// What a call costs in relation to its list price, such as `0.8`; the list price if missing.
    pub multiplier: Option<String>,
    /// Its limits, and how strictly quotas are kept.
    #[serde(flatten)]
    pub terms: TermsInput,
    /// Restrictions of all its tokens.
    #[serde(flatten)]
    pub scope: ScopeInput,
    /// Whether members may choose it for tokens of their own.
    #[serde(default)]
    pub open_to_members: bool,
    /// A remark of at most 500 characters.
    #[serde(default)]
    pub note: String,
}

/// How a group treats its tokens, as it is written, each where it was said.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(serde::Serialize, utoipa::ToSchema))]
#[serde(default)]
pub struct TermsInput {
    /// What its tokens may ask for in a minute, and at once.
    #[serde(flatten)]
    pub limits: LimitsInput,
    /// Whether all its tokens share these limits; each has them to itself if it was never said.
    pub shared_limits: Option<bool>,
    /// How quotas are kept: `strict`, `refuse` or `lenient`; `strict` if it was never said.
    pub enforcement: Option<String>,
    /// What becomes of a call whose client leaves: `cancel`, or `drain:` and 1 to 3600 seconds;
    /// `cancel` if it was never said.
    pub on_leave: Option<String>,
    /// All fallbacks from now on, each `MODEL=MODEL,MODEL`; an empty list for none.
    pub fallbacks: Option<Vec<String>>,
}

/// What to change of a group, as it is written: what is missing stays as it is.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct GroupChange {
    /// A new name.
    pub name: Option<String>,
    /// What a call costs in relation to its list price.
    pub multiplier: Option<String>,
    /// Its limits, and how strictly quotas are kept.
    #[serde(flatten)]
    pub terms: TermsInput,
    /// Restrictions of all its tokens.
    #[serde(flatten)]
    pub scope: ScopeInput,
    /// Whether members may choose it for tokens of their own.
    pub open_to_members: Option<bool>,
    /// A remark.
    pub note: Option<String>,
    /// Only if it is at this version still.
    pub if_version: Option<i64>,
}

impl TermsInput {
    fn edit(&self) -> Result<TermsEdit, AdminError> {
        let (enforcement, on_leave) = (self.enforcement.as_deref(), self.on_leave.as_deref());
        Ok(TermsEdit {
            limits: self.limits.edit()?,
            shared: self.shared_limits,
            enforcement: enforcement
                .map(|text| parsed("enforcement", text.trim()))
                .transpose()?,
            on_leave: on_leave
                .map(|text| parsed("on_leave", text.trim()))
                .transpose()?,
            fallbacks: self.fallbacks.as_deref().map(fallbacks).transpose()?,
        })
    }

    fn terms(&self) -> Result<Terms, AdminError> {
        let edit = self.edit()?;
        Ok(Terms {
            limits: self.limits.limits()?,
            shared: edit.shared.unwrap_or_default(),
            enforcement: edit.enforcement.unwrap_or_default(),
            on_leave: edit.on_leave.unwrap_or_default(),
            fallbacks: edit.fallbacks.unwrap_or_default(),
        })
    }
}

fn fallbacks(list: &[String]) -> Result<Fallbacks, AdminError> {
    let mut fallbacks = Fallbacks::default();
    for text in list.iter().filter(|text| !text.trim().is_empty()) {
        let (model, others) = text.split_once('=').ok_or_else(|| {
            AdminError::invalid("fallback", "write `MODEL=MODEL`, or several with commas")
        })?;
        let others = others.split(',').map(|one| parsed("fallback", one.trim()));
        let set = fallbacks.set(
            parsed("fallback", model.trim())?,
            others.collect::<Result<_, _>>()?,
        );
        set.map_err(|error| AdminError::invalid("fallback", error))?;
    }
    Ok(fallbacks)
}

/// Makes a group.
///
/// # Errors
/// Where an input cannot be used, or the name is taken.
pub async fn create(context: &Context, input: &GroupInput) -> Result<GroupView, AdminError> {
    context.allow(Deed::ChangeCatalog, None)?;
    let new = NewGroup {
        name: parsed("name", &input.name)?,
        multiplier: multiplier(input.multiplier.as_deref())?.unwrap_or(Multiplier::ONE),
        scope: input.scope.scope()?,
        terms: input.terms.terms()?,
        open: input.open_to_members,
        note: note(&input.note)?,
    };
    let at = context.now();
    let id = GroupId::new(at, context.id_entropy()?);
    let store = context.store();
    let made = store.group_insert(context.actor(), new, id, at).await?;
    Ok(GroupView::new(&made))
}

/// All groups by name.
///
/// # Errors
/// Where the store does not answer.
pub async fn list(context: &Context) -> Result<Vec<GroupView>, AdminError> {
    context.allow(Deed::ReadCatalog, None)?;
    let groups = context.store().group_list().await?;
    Ok(groups.iter().map(GroupView::new).collect())
}

/// The group of this name or id.
///
/// # Errors
/// Where it is not there.
pub async fn show(context: &Context, which: &str) -> Result<GroupView, AdminError> {
    context.allow(Deed::ReadCatalog, None)?;
    find(context, which)
        .await
        .map(|found| GroupView::new(&found))
}

/// Changes a group.
///
/// # Errors
/// Where it is not there, an input cannot be used, or the new name is taken.
pub async fn edit(
    context: &Context,
    which: &str,
    change: &GroupChange,
) -> Result<GroupView, AdminError> {
    context.allow(Deed::ChangeCatalog, None)?;
    let edit = GroupEdit {
        name: change
            .name
            .as_deref()
            .map(|name| parsed("name", name))
            .transpose()?,
        multiplier: multiplier(change.multiplier.as_deref())?,
        scope: change.scope.edit()?,
        terms: change.terms.edit()?,
        open: change.open_to_members,
        note: change.note.as_deref().map(note).transpose()?,
        if_version: change.if_version,
    };
    let id = find(context, which).await?.group.id;
    let (store, at) = (context.store(), context.now());
    let edited = store.group_edit(context.actor(), id, edit, at).await?;
    Ok(GroupView::new(&edited))
}

/// Deletes a group that nothing refers to; gives what it was.
///
/// # Errors
/// Where it is not there, still has tokens, or is named by an upstream.
pub async fn delete(context: &Context, which: &str) -> Result<GroupView, AdminError> {
    context.allow(Deed::ChangeCatalog, None)?;
    let found = find(context, which).await?;
    let (store, at) = (context.store(), context.now());
    store
        .group_delete(context.actor(), found.group.id, at)
        .await?;
    Ok(GroupView::new(&found))
}

/// An id comes first: a name that looks like one is found where there is no such id.
pub(crate) async fn find(context: &Context, which: &str) -> Result<StoredGroup, AdminError> {
    let store = context.store();
    if let Ok(id) = which.parse::<GroupId>() {
        match store.group_fetch(id).await.map_err(AdminError::from) {
            Err(AdminError::NotFound { .. }) => {}
            other => return other,
        }
    }
    let found = match Name::parse(which) {
        Ok(name) => store.group_find_by_name(&name).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| AdminError::not_found(Kind::Group, which))
}

fn multiplier(text: Option<&str>) -> Result<Option<Multiplier>, AdminError> {
    text.map(|text| parsed("multiplier", text)).transpose()
}
