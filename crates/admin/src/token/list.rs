//! Finding tokens: search, filters, order and pages.

use serde::Deserialize;
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::TokenStatus;
use tollgate_store::token::{Direction, Sort, SortKey, TokenQuery};

use crate::access::Deed;
use crate::context::Context;
use crate::error::AdminError;
use crate::input::period;
use crate::view::Page;
use crate::view::token::TokenView;
use crate::{account, group};

/// The largest page.
pub(crate) const MOST: u32 = 200;
/// The page where nothing is said.
pub(crate) const USUAL: u32 = 50;

/// Which tokens to list, as it is written. What is missing does not filter; all others must fit.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(default)]
pub struct TokenFilter {
    /// A text that occurs in name, note, creator or id, in any case.
    pub search: Option<String>,
    /// In this group, by name or id.
    pub group: Option<String>,
    /// Of this account, by name or id.
    pub account: Option<String>,
    /// With this status now.
    pub status: Option<String>,
    /// Of exactly this creator.
    pub creator: Option<String>,
    /// Made at or after this moment; a duration means that long ago, here and below.
    pub created_since: Option<String>,
    /// Made before this moment.
    pub created_until: Option<String>,
    /// Last used at or after this moment.
    pub used_since: Option<String>,
    /// Last used before this moment.
    pub used_until: Option<String>,
    /// Neither made nor used since this moment.
    pub unused_since: Option<String>,
    /// Never used.
    pub never_used: bool,
    /// Not expired yet, but within this duration.
    pub expiring_within: Option<String>,
    /// `created`, `name`, `last_used`, `expires` or `used`; the newest first if missing.
    pub sort: Option<String>,
    /// From the last to the first.
    pub desc: bool,
    /// At most so many, 1 to 200; 50 if missing.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// One page of the tokens that fit.
///
/// # Errors
/// Where a filter cannot be used, or names an account or group that is not there.
pub async fn list(context: &Context, filter: &TokenFilter) -> Result<Page<TokenView>, AdminError> {
    context.allow(Deed::ReadTokens, None)?;
    let query = query(context, filter).await?;
    let store = context.store();
    let page = store.token_list(&query).await?;
    let gallery = store.model_list().await?;
    let shown = page
        .items
        .iter()
        .map(|one| TokenView::new(one, &gallery, query.now));
    Ok(Page {
        entries: shown.collect(),
        next_cursor: page.next,
    })
}

async fn query(context: &Context, filter: &TokenFilter) -> Result<TokenQuery, AdminError> {
    let now = context.now();
    let past = |field, text: &Option<String>| -> Result<Option<Timestamp>, AdminError> {
        text.as_deref()
            .map(|text| period::past(field, text, now))
            .transpose()
    };
    let within = filter.expiring_within.as_deref();
    let within = within
        .map(|text| period::duration("expiring_within", text))
        .transpose()?;
    let mut query = TokenQuery {
        keyword: filter.search.clone().filter(|text| !text.trim().is_empty()),
        status: filter.status.as_deref().map(status).transpose()?,
        creator: filter.creator.clone(),
        created_from: past("created_since", &filter.created_since)?,
        created_until: past("created_until", &filter.created_until)?,
        used_from: past("used_since", &filter.used_since)?,
        used_until: past("used_until", &filter.used_until)?,
        unused_since: past("unused_since", &filter.unused_since)?,
        never_used: filter.never_used,
        expiring_before: within.map(|length| now.plus(length)),
        sort: sort(filter.sort.as_deref(), filter.desc)?,
        limit: limit(filter.limit)?,
        cursor: filter.cursor.clone(),
        ..TokenQuery::new(now)
    };
    if let Some(which) = &filter.account {
        query.account = Some(account::find(context, which).await?.account.id);
    }
    // Whatever was asked for: nobody is shown more than their account.
    query.account = context.confined_to().or(query.account);
    if let Some(which) = &filter.group {
        query.group = Some(group::find(context, which).await?.group.id);
    }
    Ok(query)
}

fn status(text: &str) -> Result<TokenStatus, AdminError> {
    let found = TokenStatus::ALL.into_iter().find(|one| one.name() == text);
    found.ok_or_else(|| unknown("status", text, TokenStatus::ALL.map(TokenStatus::name)))
}

fn sort(text: Option<&str>, desc: bool) -> Result<Sort, AdminError> {
    let Some(text) = text else {
        return Ok(Sort::NEWEST);
    };
    let wanted = text.replace('_', "-");
    let found = SortKey::ALL.into_iter().find(|one| one.name() == wanted);
    let key = found.ok_or_else(|| unknown("sort", text, SortKey::ALL.map(SortKey::name)))?;
    let direction = if desc {
        Direction::Descending
    } else {
        Direction::Ascending
    };
    Ok(Sort { key, direction })
}

fn unknown<const N: usize>(
    field: &'static str,
    text: &str,
    known: [&'static str; N],
) -> AdminError {
    let seen: String = text.chars().take(60).collect();
    let known = known.map(|one| format!("`{one}`")).join(", ");
    AdminError::invalid(field, format!("`{seen}` is not one of {known}"))
}

/// The length of a page.
pub(crate) fn limit(limit: Option<u32>) -> Result<u32, AdminError> {
    match limit.unwrap_or(USUAL) {
        limit @ 1..=MOST => Ok(limit),
        other => {
            let problem = format!("a page has 1 to {MOST} entries, not {other}");
            Err(AdminError::invalid("limit", problem))
        }
    }
}
