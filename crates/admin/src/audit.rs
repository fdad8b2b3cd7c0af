//! Reading and checking the audit log.

use std::str::FromStr;

use serde::Deserialize;
use tollgate_policy::id::{
    AccountId, ApiCredentialId, GroupId, MemberId, ModelId, SessionId, TokenId, UpstreamId,
};
use tollgate_store::Kind;
use tollgate_store::audit::AuditQuery;

use crate::access::Deed;
use crate::context::Context;
use crate::error::AdminError;
use crate::input::{numbered, period};
use crate::token;
use crate::view::Page;
use crate::view::audit::{ChangeView, LogView};

/// Which changes to list, as it is written. What is missing does not filter; all others must fit.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(default)]
pub struct AuditFilter {
    /// Of the thing with this id.
    pub subject: Option<String>,
    /// By this actor.
    pub actor: Option<String>,
    /// This action, such as `token.create`.
    pub action: Option<String>,
    /// At or after this moment; a duration means that long ago, here and below.
    pub since: Option<String>,
    /// Before this moment.
    pub until: Option<String>,
    /// At most so many, 1 to 200; 50 if missing.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// One page of changes, the newest first.
///
/// # Errors
/// Where a filter cannot be used.
pub async fn list(context: &Context, filter: &AuditFilter) -> Result<Page<ChangeView>, AdminError> {
    context.allow(Deed::ReadAudit, None)?;
    let now = context.now();
    let limit = token::limit(filter.limit)?;
    let (since, until) = (filter.since.as_deref(), filter.until.as_deref());
    let query = AuditQuery {
        before: filter.cursor.as_deref().map(numbered).transpose()?,
        actor: filter.actor.clone(),
        action: filter.action.clone(),
        subject: filter.subject.as_deref().map(subject).transpose()?,
        from: since
            .map(|text| period::past("since", text, now))
            .transpose()?,
        until: until
            .map(|text| period::past("until", text, now))
            .transpose()?,
        // One more tells whether there is a next page.
        limit: limit.saturating_add(1),
    };
    let found = context.store().audit_list(&query).await?;
    let changes = found.into_iter().map(|one| (one.seq, ChangeView::new(one)));
    let page = Page::cut(changes.collect(), limit, |(seq, _)| seq.to_string());
    Ok(Page {
        entries: page.entries.into_iter().map(|(_, view)| view).collect(),
        next_cursor: page.next_cursor,
    })
}

/// Checks that no row of the log was changed, removed or put in.
///
/// # Errors
/// Where the store does not answer. A bad log is an answer.
pub async fn verify(context: &Context) -> Result<LogView, AdminError> {
    context.allow(Deed::ReadAudit, None)?;
    let verdict = context.store().audit_verify().await?;
    Ok(LogView::new(&verdict))
}

fn subject(text: &str) -> Result<(Kind, i64), AdminError> {
    let found = raw(text, Kind::Token, TokenId::raw)
        .or_else(|| raw(text, Kind::Account, AccountId::raw))
        .or_else(|| raw(text, Kind::Group, GroupId::raw))
        .or_else(|| raw(text, Kind::Model, ModelId::raw))
        .or_else(|| raw(text, Kind::Upstream, UpstreamId::raw))
        .or_else(|| raw(text, Kind::Member, MemberId::raw))
        .or_else(|| raw(text, Kind::Session, SessionId::raw))
        .or_else(|| raw(text, Kind::ApiCredential, ApiCredentialId::raw));
    found.ok_or_else(|| {
        let seen: String = text.chars().take(60).collect();
        let problem = format!("`{seen}` is no id: write one such as `tok_…`, which `show` tells");
        AdminError::invalid("subject", problem)
    })
}

/// The id as the log keeps it, if it is one of this kind.
fn raw<T: FromStr>(text: &str, kind: Kind, number: fn(T) -> i64) -> Option<(Kind, i64)> {
    text.parse().ok().map(|id| (kind, number(id)))
}
