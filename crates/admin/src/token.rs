//! What an operator does with tokens. A secret leaves this module once, in what made it.

mod bulk;
mod change;
mod choice;
mod list;
mod reveal;
mod standing;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use tollgate_policy::id::TokenId;
use tollgate_policy::name::Name;
use tollgate_policy::quota::Quota;
use tollgate_policy::secret::Secret;
use tollgate_policy::token::TokenState;
use tollgate_store::token::{NewSecret, NewToken, StoredToken, TokenQuery};
use tollgate_store::{Kind, StoreError};

pub use bulk::{BulkAction, BulkInput, BulkView, MOST_AT_ONCE, bulk};
pub use change::{TokenChange, edit, rotate};
pub(crate) use list::limit;
pub use list::{TokenFilter, list};
pub use reveal::{Revealed, reveal};
pub use standing::standing;

use crate::access::Deed;
use crate::account;
use crate::context::Context;
use crate::error::AdminError;
use crate::input::limit::LimitsInput;
use crate::input::scope::ScopeInput;
use crate::input::{money, note, parsed, period};
use crate::view::token::TokenView;

/// A token to be made, as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenInput {
    /// What it is for: 2 to 50 characters; need not be unique.
    pub name: String,
    /// Who pays: an account's name or id.
    pub account: String,
    /// The tier: a group's name or id.
    pub group: String,
    /// When it ends: a moment, a date, how long from now, or `never`, `-1` or blank.
    #[serde(default)]
    pub expires: String,
    /// What it may spend in its whole life, in credits, or `unlimited` or blank.
    #[serde(default)]
    pub quota: String,
    /// What it may spend in each period, such as `10/day` or `5/month@Europe/Berlin`, or `none`.
    #[serde(default)]
    pub periodic: String,
    /// What it may ask for in a minute, and at once.
    #[serde(flatten)]
    pub limits: LimitsInput,
    /// Its own restrictions.
    #[serde(flatten)]
    pub scope: ScopeInput,
    /// A remark of at most 500 characters.
    #[serde(default)]
    pub note: String,
    /// Whose token it is; the actor if missing.
    pub creator: Option<String>,
}

/// A token with a secret that was just made. It is shown once, and kept only where secrets are
/// sealed.
#[derive(Debug)]
pub struct Issued {
    /// The token.
    pub token: TokenView,
    /// The secret in clear.
    pub secret: Secret,
}

/// Makes a token and its secret.
///
/// # Errors
/// Where an input cannot be used, or the account or group is not there.
pub async fn create(context: &Context, input: &TokenInput) -> Result<Issued, AdminError> {
    context.allow(Deed::ChangeTokens, None)?;
    let at = context.now();
    let (name, scope) = (parsed("name", &input.name)?, input.scope.scope()?);
    let expires_at = period::expiry(&input.expires, at)?;
    let quota = Quota {
        lifetime: money::quota(&input.quota)?,
        periodic: money::periodic(&input.periodic)?,
    };
    let limits = input.limits.limits()?;
    let note = note(&input.note)?;
    let creator = creator(context, input.creator.as_deref())?;
    let account = account::find(context, &input.account).await?.account.id;
    context.allow(Deed::ChangeTokens, Some(account))?;
    let group = choice::group(context, &input.group, account).await?;
    let id = TokenId::new(at, context.id_entropy()?);
    let (secret, kept) = new_secret(context, id)?;
    let new = NewToken {
        name,
        account,
        group,
        expires_at,
        quota,
        limits,
        scope,
        creator,
        note,
        secrets: vec![kept],
    };
    let store = context.store();
    let made = store.token_insert(context.actor(), new, id, at).await?;
    let token = view(context, &made).await?;
    Ok(Issued { token, secret })
}

/// The token of this name or id.
///
/// # Errors
/// Where it is not there, or several have the name.
pub async fn show(context: &Context, which: &str) -> Result<TokenView, AdminError> {
    context.allow(Deed::ReadTokens, None)?;
    view(context, &find(context, which).await?).await
}

/// Lets a disabled token be used again.
///
/// # Errors
/// Where it is not there, several have the name, or it was revoked.
pub async fn enable(context: &Context, which: &str) -> Result<TokenView, AdminError> {
    set_state(context, which, TokenState::Enabled).await
}

/// Has a token refused until it is enabled again.
///
/// # Errors
/// Where it is not there, several have the name, or it was revoked.
pub async fn disable(context: &Context, which: &str) -> Result<TokenView, AdminError> {
    set_state(context, which, TokenState::Disabled).await
}

/// Has a token refused for good.
///
/// # Errors
/// Where it is not there, or several have the name.
pub async fn revoke(context: &Context, which: &str) -> Result<TokenView, AdminError> {
    set_state(context, which, TokenState::Revoked).await
}

/// Deletes a token and its secrets; gives what it was.
///
/// # Errors
/// Where it is not there, or several have the name.
pub async fn delete(context: &Context, which: &str) -> Result<TokenView, AdminError> {
    context.allow(Deed::ChangeTokens, None)?;
    let found = find_to_change(context, which).await?;
    let shown = view(context, &found).await?;
    let (store, at) = (context.store(), context.now());
    store
        .token_delete(context.actor(), found.token.id, at)
        .await?;
    Ok(shown)
}

async fn set_state(
    context: &Context,
    which: &str,
    state: TokenState,
) -> Result<TokenView, AdminError> {
    context.allow(Deed::ChangeTokens, None)?;
    let id = find_to_change(context, which).await?.token.id;
    let (store, at) = (context.store(), context.now());
    let changed = store
        .token_set_state(context.actor(), id, state, at)
        .await?;
    view(context, &changed).await
}

/// A token whose account the caller may change the tokens of.
async fn find_to_change(context: &Context, which: &str) -> Result<StoredToken, AdminError> {
    let found = find(context, which).await?;
    context.allow(Deed::ChangeTokens, Some(found.token.account))?;
    Ok(found)
}

/// An id comes first: a name that looks like one is found where there is no such id. A token of
/// another account than the one to which the caller is confined is not there for them.
pub(crate) async fn find(context: &Context, which: &str) -> Result<StoredToken, AdminError> {
    let store = context.store();
    if let Ok(id) = which.parse::<TokenId>() {
        match store.token_fetch(id).await.map_err(AdminError::from) {
            Err(AdminError::NotFound { .. }) => {}
            Ok(found) if !account::sees(context, found.token.account) => {}
            other => return other,
        }
    }
    let missing = || AdminError::not_found(Kind::Token, which);
    let query = TokenQuery {
        name: Some(Name::parse(which).map_err(|_| missing())?),
        account: context.confined_to(),
        limit: 2,
        ..TokenQuery::new(context.now())
    };
    let mut found = store.token_list(&query).await?.items;
    if found.len() > 1 {
        let name = which.to_owned();
        return Err(AdminError::Ambiguous { name });
    }
    found.pop().ok_or_else(missing)
}

/// The id alone is enough where something of a token may be there that is gone itself.
pub(crate) async fn id(context: &Context, which: &str) -> Result<TokenId, AdminError> {
    match which.parse() {
        Ok(id) if context.confined_to().is_none() => Ok(id),
        _ => Ok(find(context, which).await?.token.id),
    }
}

/// The names that tokens have now; those that are gone are missing.
pub(crate) async fn names(
    context: &Context,
    ids: BTreeSet<TokenId>,
) -> Result<BTreeMap<TokenId, String>, AdminError> {
    let mut names = BTreeMap::new();
    for id in ids {
        match context.store().token_fetch(id).await {
            Ok(found) => names.insert(id, found.token.name.to_string()),
            Err(StoreError::NotFound { .. }) => None,
            Err(error) => return Err(error.into()),
        };
    }
    Ok(names)
}

async fn view(context: &Context, stored: &StoredToken) -> Result<TokenView, AdminError> {
    let gallery = context.store().model_list().await?;
    Ok(TokenView::new(stored, &gallery, context.now()))
}

fn new_secret(context: &Context, token: TokenId) -> Result<(Secret, NewSecret), AdminError> {
    let secret = Secret::native(&context.secret_entropy()?);
    let sealing = context.sealing();
    let kept = NewSecret {
        hash: secret.hash(&context.store().hash_key()),
        hint: secret.hint(),
        sealed: sealing.map(|keys| keys.seal(token, &secret)).transpose()?,
    };
    Ok((secret, kept))
}

fn creator(context: &Context, creator: Option<&str>) -> Result<String, AdminError> {
    match creator {
        None => Ok(context.actor().name.clone()),
        Some(_) if context.confined_to().is_some() => {
            let problem = "your tokens are yours: only operators name another creator";
            Err(AdminError::invalid("creator", problem))
        }
        Some(name) => Ok(parsed::<Name>("creator", name)?.to_string()),
    }
}
