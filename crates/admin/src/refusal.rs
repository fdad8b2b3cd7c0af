//! Refused calls: the last ones as they were, and how often.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use tollgate_policy::id::TokenId;
use tollgate_store::report::{RefusalQuery, RefusalSpan, StoredRefusal};

use crate::access::Deed;
use crate::context::Context;
use crate::error::AdminError;
use crate::input::parsed;
use crate::input::span::{self, SpanFilter};
use crate::view::Page;
use crate::view::refusal::{RefusalView, RefusalsView};
use crate::{account, token};

/// Which refused calls to list, as it is written. What is missing does not filter; all others must
/// fit.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(default)]
pub struct RefusalFilter {
    /// Of this token, by name or id.
    pub token: Option<String>,
    /// Of this account, by name or id.
    pub account: Option<String>,
    /// At most so many, 1 to 200; 50 if missing.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// Which refusals to count, as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(default)]
pub struct RefusalCountFilter {
    /// From the hour of this moment on, or of so long ago; a day ago if missing.
    pub from: Option<String>,
    /// To the hour of this moment, or of so long ago; now if missing.
    pub to: Option<String>,
    /// By `hour` or `day` (UTC); by the hour if missing.
    pub by: Option<String>,
    /// Of this account, by name or id; of all, and of callers who are not known, if missing.
    pub account: Option<String>,
}

/// A refused call, by the request id that stands in its answer. Of each token the last fifty are
/// kept, for ninety days.
///
/// # Errors
/// Where the text is no request id, or the call is not one of those that are kept.
pub async fn show(context: &Context, request: &str) -> Result<RefusalView, AdminError> {
    context.allow(Deed::ReadUsage, None)?;
    let id = parsed("request", request.trim())?;
    let found = context.store().refusal_fetch(id).await?;
    let found = found.filter(|found| account::sees(context, found.account));
    let found = found.ok_or_else(|| AdminError::no_receipt(request))?;
    let names = token::names(context, BTreeSet::from([found.token])).await?;
    Ok(view(context, found, &names))
}

fn view(
    context: &Context,
    stored: StoredRefusal,
    names: &BTreeMap<TokenId, String>,
) -> RefusalView {
    let mut view = RefusalView::new(stored, names);
    if context.allow(Deed::ReadUpstreams, None).is_err() {
        view.hide_upstreams();
    }
    view
}

/// One page of refused calls, the newest first.
///
/// # Errors
/// Where a filter cannot be used, or names something that is not there.
pub async fn list(
    context: &Context,
    filter: &RefusalFilter,
) -> Result<Page<RefusalView>, AdminError> {
    context.allow(Deed::ReadUsage, None)?;
    let limit = token::limit(filter.limit)?;
    let cursor = filter.cursor.as_deref();
    let mut query = RefusalQuery {
        before: cursor.map(|text| parsed("cursor", text)).transpose()?,
        // One more tells whether there is a next page.
        limit: limit.saturating_add(1),
        ..RefusalQuery::default()
    };
    if let Some(which) = &filter.token {
        query.token = Some(token::id(context, which).await?);
    }
    if let Some(which) = &filter.account {
        query.account = Some(account::id(context, which).await?);
    }
    // Whatever was asked for: nobody is shown more than their account.
    query.account = context.confined_to().or(query.account);
    let found = context.store().refusals_list(query).await?;
    let tokens = found.iter().map(|one| one.token).collect();
    let names = token::names(context, tokens).await?;
    let shown = found.into_iter().map(|one| view(context, one, &names));
    Ok(Page::cut(shown.collect(), limit, |last: &RefusalView| {
        last.request.clone()
    }))
}

/// How often calls were refused, by time and code.
///
/// # Errors
/// Where a filter cannot be used, or names an account that is not there.
pub async fn count(
    context: &Context,
    filter: &RefusalCountFilter,
) -> Result<RefusalsView, AdminError> {
    context.allow(Deed::ReadUsage, None)?;
    let written = SpanFilter {
        from: filter.from.clone(),
        to: filter.to.clone(),
        by: filter.by.clone(),
    };
    let span = span::read(&written, context.now())?;
    let named = match &filter.account {
        Some(which) => Some(account::id(context, which).await?),
        None => None,
    };
    let counted = RefusalSpan {
        from: span.from,
        until: span.until,
        account: context.confined_to().or(named),
    };
    let counts = context.store().refusals_count(counted).await?;
    Ok(RefusalsView::new(counts, |hour| span.step.of(hour)))
}
