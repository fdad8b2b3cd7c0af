//! How long first bytes took, over all gateways.

use crate::access::Deed;
use crate::context::Context;
use crate::error::AdminError;
use crate::input::span::{self, SpanFilter};
use crate::view::first_byte::FirstBytesView;

/// How long first bytes of relayed answers took, counted from the heads of their requests.
///
/// # Errors
/// Where the filter cannot be used.
pub async fn report(context: &Context, filter: &SpanFilter) -> Result<FirstBytesView, AdminError> {
    context.allow(Deed::ReadUpstreams, None)?;
    let span = span::read(filter, context.now())?;
    let store = context.store();
    let hours = store.first_bytes(span.from, span.until).await?;
    Ok(FirstBytesView::new(&hours, |hour| span.step.of(hour)))
}
