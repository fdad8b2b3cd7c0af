//! Changing a token, and giving it a new secret.

use std::time::Duration;

use serde::Deserialize;
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::Token;
use tollgate_store::token::TokenEdit;

use super::{Issued, choice, find_to_change, new_secret, view};
use crate::access::Deed;
use crate::account;
use crate::context::Context;
use crate::error::AdminError;
use crate::input::limit::LimitsInput;
use crate::input::scope::ScopeInput;
use crate::input::{money, note, parsed, period};
use crate::view::token::TokenView;

/// How long an old secret goes on where nothing is said.
const OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);

/// What to change of a token, as it is written: what is missing stays as it is.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct TokenChange {
    /// A new name.
    pub name: Option<String>,
    /// Another account, by name or id.
    pub account: Option<String>,
    /// Another group, by name or id.
    pub group: Option<String>,
    /// When it ends; blank, `-1` or `never` for no end.
    pub expires: Option<String>,
    /// What it may spend in its whole life; blank or `unlimited` for no limit.
    pub quota: Option<String>,
    /// What it may spend in each period, such as `10/day`; blank or `none` for no limit.
    pub periodic: Option<String>,
    /// What it may ask for in a minute, and at once.
    #[serde(flatten)]
    pub limits: LimitsInput,
    /// Its own restrictions.
    #[serde(flatten)]
    pub scope: ScopeInput,
    /// A remark.
    pub note: Option<String>,
    /// Only if the token is at this version still.
    pub if_version: Option<i64>,
}

/// Changes a token.
///
/// # Errors
/// Where it, the account or the group is not there, an input cannot be used, or it is not at the
/// version that was named.
pub async fn edit(
    context: &Context,
    which: &str,
    change: &TokenChange,
) -> Result<TokenView, AdminError> {
    context.allow(Deed::ChangeTokens, None)?;
    let at = context.now();
    let (expires, limit) = (change.expires.as_deref(), change.quota.as_deref());
    let periodic = change.periodic.as_deref();
    let mut edit = TokenEdit {
        name: change
            .name
            .as_deref()
            .map(|name| parsed("name", name))
            .transpose()?,
        quota: limit.map(money::quota).transpose()?,
        periodic: periodic.map(money::periodic).transpose()?,
        limits: change.limits.edit()?,
        scope: change.scope.edit()?,
        note: change.note.as_deref().map(note).transpose()?,
        if_version: change.if_version,
        ..TokenEdit::default()
    };
    if let Some(which) = &change.account {
        let account = account::find(context, which).await?.account.id;
        context.allow(Deed::ChangeTokens, Some(account))?;
        edit.account = Some(account);
    }
    let found = find_to_change(context, which).await?.token;
    let expires = expires.filter(|text| !is_expiry_of(&found, text));
    edit.expires_at = expires.map(|text| period::expiry(text, at)).transpose()?;
    if let Some(which) = &change.group {
        let account = edit.account.unwrap_or(found.account);
        edit.group = choice::other_group(context, which, &found, account).await?;
    }
    let id = found.id;
    let edited = context
        .store()
        .token_edit(context.actor(), id, edit, at)
        .await?;
    view(context, &edited).await
}

/// Whether this is the end that the token has, which may have passed: it is no new one.
fn is_expiry_of(token: &Token, text: &str) -> bool {
    token.expires_at.is_some() && Timestamp::parse(text).ok() == token.expires_at
}

/// Gives a token a new secret. The old one goes on for the overlap: 24 hours where nothing is said,
/// `0` ends it at once.
///
/// # Errors
/// Where the token is not there or was revoked, several have the name, or the overlap cannot be used.
pub async fn rotate(
    context: &Context,
    which: &str,
    overlap: Option<&str>,
) -> Result<Issued, AdminError> {
    context.allow(Deed::ChangeTokens, None)?;
    let overlap = overlap.map_or(Ok(OVERLAP), |text| period::duration("overlap", text))?;
    let id = find_to_change(context, which).await?.token.id;
    let (secret, kept) = new_secret(context, id)?;
    let (store, at) = (context.store(), context.now());
    let until = at.plus(overlap);
    let rotated = store
        .token_rotate(context.actor(), id, kept, until, at)
        .await?;
    let token = view(context, &rotated).await?;
    Ok(Issued { token, secret })
}
