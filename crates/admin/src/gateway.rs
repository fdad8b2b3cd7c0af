//! Gateways: which run, and what they serve.

use crate::access::Deed;
use crate::context::Context;
use crate::error::AdminError;
use crate::view::gateway::GatewayView;

/// The gateways that run, and those that fell silent without having ended in order, by host and
/// address.
///
/// # Errors
/// Where the store does not answer.
pub async fn list(context: &Context) -> Result<Vec<GatewayView>, AdminError> {
    context.allow(Deed::ReadUpstreams, None)?;
    let store = context.store();
    let found = store.gateways().await?;
    let revision = store.revision().await?;
    let revision = u64::try_from(revision.0).unwrap_or_default();
    let now = context.now();
    let shown = found.into_iter();
    Ok(shown
        .map(|one| GatewayView::new(one, revision, now))
        .collect())
}
