//! What an operator does with accounts.

mod credits;

use serde::Deserialize;
use tollgate_policy::credits::Credits;
use tollgate_policy::id::AccountId;
use tollgate_policy::name::Name;
use tollgate_store::Kind;
use tollgate_store::account::{AccountEdit, NewAccount, Opening, StoredAccount};

pub use credits::{CreditsInput, StatementFilter, statement, top_up};

use crate::access::Deed;
use crate::context::Context;
use crate::error::AdminError;
use crate::input::limit::LimitsInput;
use crate::input::scope::ScopeInput;
use crate::input::{money, note, parsed};
use crate::view::account::AccountView;

/// An account to be made, as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountInput {
    /// 2 to 50 characters, unique among accounts.
    pub name: String,
    /// Whether it may spend without a limit.
    #[serde(default)]
    pub unlimited: bool,
    /// What it is given at first, in credits; nothing if missing.
    pub balance: Option<String>,
    /// What it may spend beyond what it is given, in credits; nothing if missing.
    pub credit_line: Option<String>,
    /// What it may spend in each period, such as `10/day`; no limit if missing.
    pub periodic: Option<String>,
    /// What all its tokens together may ask for in a minute, and at once.
    #[serde(flatten)]
    pub limits: LimitsInput,
    /// Restrictions of all its tokens.
    #[serde(flatten)]
    pub scope: ScopeInput,
    /// A remark of at most 500 characters.
    #[serde(default)]
    pub note: String,
}

/// What to change of an account, as it is written: what is missing stays as it is.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct AccountChange {
    /// A new name.
    pub name: Option<String>,
    /// Whether its tokens may be used at all.
    pub enabled: Option<bool>,
    /// Whether it may spend without a limit, or no more than it was given in all.
    pub unlimited: Option<bool>,
    /// What it may spend beyond what it was given.
    pub credit_line: Option<String>,
    /// What it may spend in each period; blank or `none` for no limit.
    pub periodic: Option<String>,
    /// What all its tokens together may ask for in a minute, and at once.
    #[serde(flatten)]
    pub limits: LimitsInput,
    /// Restrictions of all its tokens.
    #[serde(flatten)]
    pub scope: ScopeInput,
    /// A remark.
    pub note: Option<String>,
    /// Only if it is at this version still.
    pub if_version: Option<i64>,
}

/// Makes an account, and puts its first credits into it, as an entry of its statement.
///
/// # Errors
/// Where an input cannot be used, or the name is taken.
pub async fn create(context: &Context, input: &AccountInput) -> Result<AccountView, AdminError> {
    context.allow(Deed::ChangeAccounts, None)?;
    let balance = input.balance.as_deref();
    let balance = balance.map(|text| money::amount("balance", text));
    let balance = balance.transpose()?.filter(|one| *one > Credits::ZERO);
    if input.unlimited && balance.is_some() {
        let problem = "an account that spends without a limit has no balance: leave one out";
        return Err(AdminError::invalid("balance", problem));
    }
    let new = NewAccount {
        name: parsed("name", &input.name)?,
        enabled: true,
        limited: !input.unlimited,
        credit_line: line(input.credit_line.as_deref())?.unwrap_or(Credits::ZERO),
        periodic: input
            .periodic
            .as_deref()
            .map_or(Ok(None), money::periodic)?,
        limits: input.limits.limits()?,
        scope: input.scope.scope()?,
        note: note(&input.note)?,
    };
    let at = context.now();
    let id = AccountId::new(at, context.id_entropy()?);
    let (store, actor) = (context.store(), context.actor());
    let made = match balance {
        Some(amount) => {
            let note = "first balance".to_owned();
            let opening = Opening { amount, note };
            store.account_open(actor, new, opening, id, at).await?
        }
        None => store.account_insert(actor, new, id, at).await?,
    };
    Ok(AccountView::new(&made, at))
}

/// All accounts by name, as far as the caller sees them.
///
/// # Errors
/// Where the store does not answer.
pub async fn list(context: &Context) -> Result<Vec<AccountView>, AdminError> {
    context.allow(Deed::ReadAccounts, None)?;
    let (store, now) = (context.store(), context.now());
    let accounts = match context.confined_to() {
        Some(own) => vec![store.account_fetch(own).await?],
        None => store.account_list().await?,
    };
    let shown = accounts.iter().map(|one| AccountView::new(one, now));
    Ok(shown.collect())
}

/// The account of this name or id.
///
/// # Errors
/// Where it is not there.
pub async fn show(context: &Context, which: &str) -> Result<AccountView, AdminError> {
    context.allow(Deed::ReadAccounts, None)?;
    let found = find(context, which).await?;
    Ok(AccountView::new(&found, context.now()))
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
    context.allow(Deed::ChangeAccounts, None)?;
    let periodic = change.periodic.as_deref();
    let edit = AccountEdit {
        name: change
            .name
            .as_deref()
            .map(|name| parsed("name", name))
            .transpose()?,
        enabled: change.enabled,
        scope: change.scope.edit()?,
        limited: change.unlimited.map(|unlimited| !unlimited),
        credit_line: line(change.credit_line.as_deref())?,
        periodic: periodic.map(money::periodic).transpose()?,
        limits: change.limits.edit()?,
        note: change.note.as_deref().map(note).transpose()?,
        if_version: change.if_version,
    };
    let id = find(context, which).await?.account.id;
    let (store, at) = (context.store(), context.now());
    let edited = store.account_edit(context.actor(), id, edit, at).await?;
    Ok(AccountView::new(&edited, at))
}

/// Deletes an account that has no tokens; gives what it was.
///
/// # Errors
/// Where it is not there, or still has tokens.
pub async fn delete(context: &Context, which: &str) -> Result<AccountView, AdminError> {
    context.allow(Deed::ChangeAccounts, None)?;
    let found = find(context, which).await?;
    let (store, at) = (context.store(), context.now());
    store
        .account_delete(context.actor(), found.account.id, at)
        .await?;
    Ok(AccountView::new(&found, at))
}

/// An id comes first: a name that looks like one is found where there is no such id. Another account
/// than the one to which the caller is confined is not there for them.
pub(crate) async fn find(context: &Context, which: &str) -> Result<StoredAccount, AdminError> {
    let store = context.store();
    if let Ok(id) = which.parse::<AccountId>() {
        match store.account_fetch(id).await.map_err(AdminError::from) {
            Err(AdminError::NotFound { .. }) => {}
            Ok(found) if !sees(context, found.account.id) => {}
            other => return other,
        }
    }
    let found = match Name::parse(which) {
        Ok(name) => store.account_find_by_name(&name).await?,
        Err(_) => None,
    };
    let found = found.filter(|found| sees(context, found.account.id));
    found.ok_or_else(|| AdminError::not_found(Kind::Account, which))
}

/// Whether the caller is not confined to another account.
pub(crate) fn sees(context: &Context, account: AccountId) -> bool {
    context.confined_to().is_none_or(|own| own == account)
}

/// The id alone is enough where something of an account may be there that is gone itself.
pub(crate) async fn id(context: &Context, which: &str) -> Result<AccountId, AdminError> {
    match which.parse() {
        Ok(id) if sees(context, id) => Ok(id),
        _ => Ok(find(context, which).await?.account.id),
    }
}

fn line(text: Option<&str>) -> Result<Option<Credits>, AdminError> {
    text.map(|text| money::amount("credit_line", text))
        .transpose()
}
