//! What operators were told, or are to be told.

use serde::Deserialize;
use tollgate_store::alert::AlertQuery;

use crate::access::Deed;
use crate::context::Context;
use crate::error::AdminError;
use crate::input::numbered;
use crate::token;
use crate::view::Page;
use crate::view::alert::AlertView;

/// Which alerts to list, as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(default)]
pub struct AlertFilter {
    /// At most so many, 1 to 200; 50 if missing.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// One page of alerts, delivered or not, the newest first.
///
/// # Errors
/// Where a filter cannot be used.
pub async fn list(context: &Context, filter: &AlertFilter) -> Result<Page<AlertView>, AdminError> {
    context.allow(Deed::ReadAlerts, None)?;
    let limit = token::limit(filter.limit)?;
    let query = AlertQuery {
        before: filter.cursor.as_deref().map(numbered).transpose()?,
        // One more tells whether there is a next page.
        limit: limit.saturating_add(1),
    };
    let found = context.store().alerts_list(query).await?;
    let shown = found.into_iter().map(AlertView::new).collect();
    Ok(Page::cut(shown, limit, |last: &AlertView| {
        last.number.to_string()
    }))
}
