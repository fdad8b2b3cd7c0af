//! Receipts: what each call used and cost.

use serde::Deserialize;
use tollgate_store::receipt::{ReceiptQuery, StoredReceipt};

use crate::access::Deed;
use crate::context::Context;
use crate::error::AdminError;
use crate::input::parsed;
use crate::view::Page;
use crate::view::receipt::{Names, ReceiptView};
use crate::{account, token};

/// Which receipts to list, as it is written. What is missing does not filter; all others must fit.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(default)]
pub struct ReceiptFilter {
    /// Of this token, by name or id.
    pub token: Option<String>,
    /// Of this account, by name or id.
    pub account: Option<String>,
    /// At most so many, 1 to 200; 50 if missing.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// The receipt of a call, by the request id that stands in its answer.
///
/// # Errors
/// Where the text is no request id, or there is no receipt of the call, not yet or no longer.
pub async fn show(context: &Context, request: &str) -> Result<ReceiptView, AdminError> {
    context.allow(Deed::ReadUsage, None)?;
    let id = parsed("request", request.trim())?;
    let found = context.store().receipt_fetch(id).await?;
    let found = found.filter(|found| account::sees(context, found.account));
    let found = found.ok_or_else(|| AdminError::no_receipt(request))?;
    let names = names(context, std::slice::from_ref(&found)).await?;
    Ok(ReceiptView::new(&found, &names))
}

/// One page of receipts, the newest first.
///
/// # Errors
/// Where a filter cannot be used, or names something that is not there.
pub async fn list(
    context: &Context,
    filter: &ReceiptFilter,
) -> Result<Page<ReceiptView>, AdminError> {
    context.allow(Deed::ReadUsage, None)?;
    let limit = token::limit(filter.limit)?;
    let cursor = filter.cursor.as_deref();
    let mut query = ReceiptQuery {
        before: cursor.map(|text| parsed("cursor", text)).transpose()?,
        // One more tells whether there is a next page.
        limit: limit.saturating_add(1),
        ..ReceiptQuery::default()
    };
    if let Some(which) = &filter.token {
        query.token = Some(token::id(context, which).await?);
    }
    if let Some(which) = &filter.account {
        query.account = Some(account::id(context, which).await?);
    }
    // Whatever was asked for: nobody is shown more than their account.
    query.account = context.confined_to().or(query.account);
    let found = context.store().receipts_list(query).await?;
    let names = names(context, &found).await?;
    let shown = found.iter().map(|one| ReceiptView::new(one, &names));
    Ok(Page::cut(shown.collect(), limit, |last: &ReceiptView| {
        last.request.clone()
    }))
}

/// The names that things have now; what is gone is shown by its id.
async fn names(context: &Context, receipts: &[StoredReceipt]) -> Result<Names, AdminError> {
    let store = context.store();
    let tokens = receipts.iter().map(|one| one.token).collect();
    let tokens = token::names(context, tokens).await?;
    let accounts = store.account_list().await?.into_iter();
    let groups = store.group_list().await?.into_iter();
    let upstreams = match context.allow(Deed::ReadUpstreams, None) {
        Ok(()) => Some(store.upstream_list().await?),
        Err(_) => None,
    };
    Ok(Names {
        tokens,
        accounts: accounts
            .map(|one| (one.account.id, one.account.name.to_string()))
            .collect(),
        groups: groups
            .map(|one| (one.group.id, one.group.name.to_string()))
            .collect(),
        upstreams: upstreams.map(|list| {
            let list = list.into_iter();
            list.map(|one| (one.upstream.id, one.upstream.name.to_string()))
                .collect()
        }),
    })
}
