//! What an operator does with accounts.

use serde::Deserialize;
use tollgate_policy::credits::Credits;
use tollgate_policy::id::AccountId;
use tollgate_policy::limit::Limits;
use tollgate_policy::name::Name;
use tollgate_store::Kind;
use tollgate_store::account::{AccountEdit, NewAccount, StoredAccount};

use crate::context::Context;
use crate::error::AdminError;
use crate::input::scope::ScopeInput;
use crate::input::{note, parsed};
use crate::view::account::AccountView;

/// An account to be made, as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct AccountInput {
    /// 2 to 50 characters, unique among accounts.
    pub name: String,
    /// Restrictions of all its tokens.
    #[serde(flatten)]
    pub scope: ScopeInput,
    /// A remark of at most 500 characters.
    #[serde(default)]
    pub note: String,
}

/// What to change of an account, as it is written: what is missing stays as it is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct AccountChange {
    /// A new name.
    pub name: Option<String>,
    /// Whether its tokens may be used at all.
    pub enabled: Option<bool>,
    /// Restrictions of all its tokens.
    #[serde(flatten)]
    pub scope: ScopeInput,
    /// A remark.
    pub note: Option<String>,
}

/// Makes an account.
///
/// # Errors
/// Where an input cannot be used, or the name is taken.
pub async fn create(context: &Context, input: &AccountInput) -> Result<AccountView, AdminError> {
    let new = NewAccount {
        name: parsed("name", &input.name)?,
        enabled: true,
        limited: true,
        credit_line: Credits::ZERO,
        periodic: None,
        limits: Limits::default(),
        scope: input.scope.scope()?,
        note: note(&input.note)?,
    };
    let at = context.now();
    let id = AccountId::new(at, context.id_entropy()?);
    let store = context.store();
    let made = store.account_insert(context.actor(), new, id, at).await?;
    Ok(AccountView::new(&made))
}

/// All accounts by name.
///
/// # Errors
/// Where the store does not answer.
pub async fn list(context: &Context) -> Result<Vec<AccountView>, AdminError> {
    let accounts = context.store().account_list().await?;
    Ok(accounts.iter().map(AccountView::new).collect())
}

/// The account of this name or id.
///
/// # Errors
/// Where it is not there.
pub async fn show(context: &Context, which: &str) -> Result<AccountView, AdminError> {
    find(context, which)
        .await
        .map(|found| AccountView::new(&found))
}

/// Changes an account.
///
/// # Errors
/// Where it is not there, an input cannot be used, or the new name is taken.
pub async fn edit(
    context: &Context,
    which: &str,
    change: &AccountChange,
) -> Result<AccountView, AdminError> {
    let edit = AccountEdit {
        name: change
            .name
            .as_deref()
            .map(|name| parsed("name", name))
            .transpose()?,
        enabled: change.enabled,
        scope: change.scope.edit()?,
        note: change.note.as_deref().map(note).transpose()?,
        ..AccountEdit::default()
    };
    let id = find(context, which).await?.account.id;
    let (store, at) = (context.store(), context.now());
    let edited = store.account_edit(context.actor(), id, edit, at).await?;
    Ok(AccountView::new(&edited))
}

/// Deletes an account that has no tokens; gives what it was.
///
/// # Errors
/// Where it is not there, or still has tokens.
pub async fn delete(context: &Context, which: &str) -> Result<AccountView, AdminError> {
    let found = find(context, which).await?;
    let (store, at) = (context.store(), context.now());
    store
        .account_delete(context.actor(), found.account.id, at)
        .await?;
    Ok(AccountView::new(&found))
}

/// An id comes first: a name that looks like one is found where there is no such id.
pub(crate) async fn find(context: &Context, which: &str) -> Result<StoredAccount, AdminError> {
    let store = context.store();
    if let Ok(id) = which.parse::<AccountId>() {
        match store.account_fetch(id).await.map_err(AdminError::from) {
            Err(AdminError::NotFound { .. }) => {}
            other => return other,
        }
    }
    let found = match Name::parse(which) {
        Ok(name) => store.account_find_by_name(&name).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| AdminError::not_found(Kind::Account, which))
}
