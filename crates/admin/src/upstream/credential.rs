//! What an operator does with the credentials of an upstream.

use tollgate_store::upstream::{CredentialChange, NewCredential, StoredCredential, StoredUpstream};

use super::input::CredentialInput;
use super::{find, reach, view};
use crate::access::Deed;
use crate::context::Context;
use crate::error::AdminError;
use crate::view::upstream::UpstreamView;

/// Gives an upstream one more credential.
///
/// # Errors
/// Where the upstream is not there, the name is taken, or the credential cannot be used.
pub async fn add(
    context: &Context,
    which: &str,
    name: &str,
    input: CredentialInput,
) -> Result<UpstreamView, AdminError> {
    context.allow(Deed::ChangeCatalog, None)?;
    let found = find(context, which).await?;
    let change = CredentialChange::Add(reach::name(name)?, given(input)?);
    apply(context, &found, change).await
}

/// Puts another secret in the place of a credential. What kept the old one aside does not keep the
/// new one.
///
/// # Errors
/// Where the upstream or the credential is not there, or the new one cannot be used.
pub async fn replace(
    context: &Context,
    which: &str,
    name: &str,
    input: CredentialInput,
) -> Result<UpstreamView, AdminError> {
    context.allow(Deed::ChangeCatalog, None)?;
    let found = find(context, which).await?;
    let id = one(&found, name)?.id;
    apply(
        context,
        &found,
        CredentialChange::Replace(id, given(input)?),
    )
    .await
}

/// Uses a credential again, or does not use it.
///
/// # Errors
/// Where the upstream or the credential is not there.
pub async fn enable(
    context: &Context,
    which: &str,
    name: &str,
    enabled: bool,
) -> Result<UpstreamView, AdminError> {
    context.allow(Deed::ChangeCatalog, None)?;
    let found = find(context, which).await?;
    let id = one(&found, name)?.id;
    apply(context, &found, CredentialChange::Enable(id, enabled)).await
}

/// Takes a credential away. An upstream without any is called without one.
///
/// # Errors
/// Where the upstream or the credential is not there.
pub async fn remove(
    context: &Context,
    which: &str,
    name: &str,
) -> Result<UpstreamView, AdminError> {
    context.allow(Deed::ChangeCatalog, None)?;
    let found = find(context, which).await?;
    let id = one(&found, name)?.id;
    apply(context, &found, CredentialChange::Remove(id)).await
}

async fn apply(
    context: &Context,
    found: &StoredUpstream,
    change: CredentialChange,
) -> Result<UpstreamView, AdminError> {
    let (store, at, id) = (context.store(), context.now(), found.upstream.id);
    let changed = store.upstream_credential(context.actor(), id, change, at);
    view(context, &changed.await?).await
}

/// The credential of this name or id.
fn one<'a>(found: &'a StoredUpstream, which: &str) -> Result<&'a StoredCredential, AdminError> {
    let mut all = found.credentials.iter();
    let is_it = |one: &&StoredCredential| one.name.as_str() == which || one.id.to_string() == which;
    all.find(is_it).ok_or_else(|| {
        let shown: String = which.chars().take(60).collect();
        let problem = format!("the upstream has no credential `{shown}`");
        AdminError::invalid("credential", problem)
    })
}

fn given(input: CredentialInput) -> Result<NewCredential, AdminError> {
    match input.checked()? {
        NewCredential::None => Err(AdminError::invalid("credential", "give a credential")),
        given => Ok(given),
    }
}
