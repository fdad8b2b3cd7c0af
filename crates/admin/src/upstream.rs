//! What an operator does with upstreams.

pub mod credential;
mod input;
mod probe;
mod reach;

use tollgate_policy::id::UpstreamId;
use tollgate_policy::name::Name;
use tollgate_store::Kind;
use tollgate_store::upstream::{NewUpstream, StoredUpstream, UpstreamEdit};

pub use input::{CredentialInput, ServedInput, UpstreamChange, UpstreamInput};
pub use probe::{TestInput, test};
pub use reach::ReachInput;
pub use tollgate_rights::source::UpstreamSecret;

use crate::access::Deed;
use crate::context::Context;
use crate::error::AdminError;
use crate::group;
use crate::input::{note, parsed};
use crate::view::Reference;
use crate::view::upstream::UpstreamView;

/// Makes an upstream.
///
/// # Errors
/// Where an input cannot be used, the name or mount is taken, or a model or group is not there.
pub async fn create(context: &Context, input: UpstreamInput) -> Result<UpstreamView, AdminError> {
    context.allow(Deed::ChangeCatalog, None)?;
    let dialect = parsed("dialect", &input.dialect)?;
    let serves = input::serves(input.models.as_deref(), input.mount.as_deref())?
        .ok_or_else(|| AdminError::invalid("models", "name models, or a mount"))?;
    input::fits(dialect, &serves)?;
    let groups = input::groups(context, input.groups.as_deref()).await?;
    let base_url = input::base_url(&input.base_url)?;
    let (reach, proxy) = input.reach.new_reach()?;
    reach::check_address(&base_url, reach.allow_private)?;
    let new = NewUpstream {
        name: parsed("name", &input.name)?,
        provider: parsed("provider", &input.provider)?,
        dialect,
        base_url,
        carrier: input::carrier(input.carrier.as_deref(), dialect)?
            .unwrap_or_else(|| input::usual_carrier(dialect)),
        credential: input.credential.checked()?,
        reach,
        proxy,
        sticky: input.sticky,
        enabled: true,
        priority: input.priority,
        weight: input.weight,
        groups: groups.unwrap_or_default(),
        price: input::price(input.price.as_deref(), &serves)?.flatten(),
        serves,
        note: note(&input.note)?,
    };
    let at = context.now();
    let id = UpstreamId::new(at, context.id_entropy()?);
    let store = context.store();
    let made = store.upstream_insert(context.actor(), new, id, at).await?;
    view(context, &made).await
}

/// All upstreams by name.
///
/// # Errors
/// Where the store does not answer.
pub async fn list(context: &Context) -> Result<Vec<UpstreamView>, AdminError> {
    context.allow(Deed::ReadUpstreams, None)?;
    let groups = group::list(context).await?;
    let store = context.store();
    let upstreams = store.upstream_list().await?;
    let states = store.upstream_states(context.now()).await?;
    let shown = upstreams
        .iter()
        .map(|one| UpstreamView::new(one, &groups, &states));
    Ok(shown.collect())
}

/// The upstream of this name or id.
///
/// # Errors
/// Where it is not there.
pub async fn show(context: &Context, which: &str) -> Result<UpstreamView, AdminError> {
    context.allow(Deed::ReadUpstreams, None)?;
    view(context, &find(context, which).await?).await
}

/// Changes an upstream. Where the dialect changes and no carrier is named, the carrier stays.
///
/// # Errors
/// Where it is not there, an input cannot be used, the new name or mount is taken, or a model or
/// group is not there.
pub async fn edit(
    context: &Context,
    which: &str,
    change: UpstreamChange,
) -> Result<UpstreamView, AdminError> {
    context.allow(Deed::ChangeCatalog, None)?;
    let stored = find(context, which).await?;
    let found = &stored.upstream;
    if change.credential.is_some() && stored.credentials.len() > 1 {
        let problem =
            "the upstream has several credentials: change them with `upstream credential`";
        return Err(AdminError::invalid("credential", problem));
    }
    let dialect = change.dialect.as_deref();
    let dialect = dialect.map(|text| parsed("dialect", text)).transpose()?;
    let serves = input::serves(change.models.as_deref(), change.mount.as_deref())?;
    let kept = serves.as_ref().unwrap_or(&found.serves);
    let spoken = dialect.unwrap_or(found.dialect);
    input::fits(spoken, kept)?;
    let carrier = input::carrier(change.carrier.as_deref(), spoken)?;
    let price = input::price(change.price.as_deref(), kept)?;
    let provider = change.provider.as_deref();
    let base_url = change.base_url.as_deref();
    let base_url = base_url.map(input::base_url).transpose()?;
    let reach = change.reach.edit()?;
    reach::check_edit(&stored, base_url.as_ref(), &reach)?;
    // What they were checked against may be changed by somebody else meanwhile.
    let checked = [
        change.credential.is_some(),
        serves.is_some(),
        dialect.is_some(),
        carrier.is_some(),
        price.is_some(),
        base_url.is_some(),
        reach.allow_private.is_some(),
    ];
    let depends = checked.contains(&true);
    let edit = UpstreamEdit {
        name: change
            .name
            .as_deref()
            .map(|name| parsed("name", name))
            .transpose()?,
        provider: provider.map(|text| parsed("provider", text)).transpose()?,
        dialect,
        base_url,
        carrier,
        credential: change
            .credential
            .map(CredentialInput::checked)
            .transpose()?,
        reach,
        sticky: change.sticky,
        enabled: change.enabled,
        priority: change.priority,
        weight: change.weight,
        groups: input::groups(context, change.groups.as_deref()).await?,
        price,
        serves,
        note: change.note.as_deref().map(note).transpose()?,
        if_version: change.if_version.or(depends.then_some(stored.version)),
    };
    let (store, at) = (context.store(), context.now());
    let edited = store
        .upstream_edit(context.actor(), found.id, edit, at)
        .await?;
    view(context, &edited).await
}

/// Deletes an upstream with its credential; gives what it was.
///
/// # Errors
/// Where it is not there.
pub async fn delete(context: &Context, which: &str) -> Result<UpstreamView, AdminError> {
    context.allow(Deed::ChangeCatalog, None)?;
    let found = find(context, which).await?;
    let shown = view(context, &found).await?;
    let (store, at) = (context.store(), context.now());
    store
        .upstream_delete(context.actor(), found.upstream.id, at)
        .await?;
    Ok(shown)
}

/// An id comes first: a name that looks like one is found where there is no such id.
pub(crate) async fn find(context: &Context, which: &str) -> Result<StoredUpstream, AdminError> {
    let store = context.store();
    if let Ok(id) = which.parse::<UpstreamId>() {
        match store.upstream_fetch(id).await.map_err(AdminError::from) {
            Err(AdminError::NotFound { .. }) => {}
            other => return other,
        }
    }
    let found = match Name::parse(which) {
        Ok(name) => store.upstream_find_by_name(&name).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| AdminError::not_found(Kind::Upstream, which))
}

async fn view(context: &Context, stored: &StoredUpstream) -> Result<UpstreamView, AdminError> {
    let states = context.store().upstream_states(context.now()).await?;
    let groups = group::list(context).await?;
    Ok(UpstreamView::new(stored, &groups, &states))
}

fn reference(stored: &StoredUpstream) -> Reference {
    Reference {
        id: stored.upstream.id.to_string(),
        name: stored.upstream.name.to_string(),
    }
}
