//! Accounts: who pays. An account cannot be deleted while it has tokens.

mod credits;
mod row;

use tollgate_policy::credits::Credits;
use tollgate_policy::id::AccountId;
use tollgate_policy::limit::Limits;
use tollgate_policy::name::Name;
use tollgate_policy::quota::{PeriodicLimit, Standing};
use tollgate_policy::scope::Scope;
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::{Account, Funds};

use crate::actor::Actor;
use crate::audit::Change;
use crate::backend::Conn;
use crate::columns::text;
use crate::error::{Kind, StoreError};
use crate::limit::LimitsEdit;
use crate::member::row as member;
use crate::period::{self, Owner};
use crate::record;
use crate::scope::{ScopeEdit, set};
use crate::store::{Changed, Store};

pub use credits::{CreditsEntry, CreditsQuery, Opening};
pub(crate) use row::AccountRow;
use row::AccountWrite;

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Unique among accounts.
    pub name: Name,
    /// Whether its tokens may be used at all.
    pub enabled: bool,
    /// Whether it may spend no more than it is given; it is given nothing yet.
    pub limited: bool,
    /// What it may spend beyond what it is given.
    pub credit_line: Credits,
    /// What it may spend in each period; `None` means unlimited.
    pub periodic: Option<PeriodicLimit>,
    /// What all its tokens together may ask for in a minute, and at once.
    pub limits: Limits,
    /// Restrictions of all its tokens.
    pub scope: Scope,
    /// For operators.
    pub note: String,
}

/// What to change of an account: `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct AccountEdit {
    /// A new name.
    pub name: Option<Name>,
    /// Whether its tokens may be used at all.
    pub enabled: Option<bool>,
    /// Whether it may spend no more than it was given: all entries of its statement together.
    pub limited: Option<bool>,
    /// What it may spend beyond what it was given.
    pub credit_line: Option<Credits>,
    /// What it may spend in each period; `Some(None)` means unlimited. Another limit keeps the
    /// counts; another period does where it began at the same moment, and else counts anew.
    pub periodic: Option<Option<PeriodicLimit>>,
    /// What all its tokens together may ask for in a minute, and at once.
    pub limits: LimitsEdit,
    /// Its restrictions.
    pub scope: ScopeEdit,
    /// For operators.
    pub note: Option<String>,
    /// Only if it is at this version still.
    pub if_version: Option<i64>,
}

/// An account as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAccount {
    /// The account.
    pub account: Account,
    /// What it has spent through all its tokens, and what is held of it.
    pub spent: Standing,
    /// For operators.
    pub note: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Grows with each change.
    pub version: i64,
}

/// Accounts. Every error leaves everything as it was.
impl Store {
    /// Makes an account.
    ///
    /// # Errors
    /// Where the name is taken, or the credit line is negative.
    pub async fn account_insert(
        &self,
        who: &Actor,
        new: NewAccount,
        id: AccountId,
        at: Timestamp,
    ) -> Result<StoredAccount, StoreError> {
        self.write(who, at, move |conn| Box::pin(insert(conn, new, id, at)))
            .await
    }

    /// Makes an account with its first entry of its statement: both are one change.
    ///
    /// # Errors
    /// Where the name is taken, the credit line is negative, the account spends without a limit, or
    /// the amount is not more than zero.
    pub async fn account_open(
        &self,
        who: &Actor,
        new: NewAccount,
        opening: Opening,
        id: AccountId,
        at: Timestamp,
    ) -> Result<StoredAccount, StoreError> {
        let entry = opening.by(who);
        self.write(who, at, move |conn| {
            Box::pin(credits::open(conn, new, entry, id, at))
        })
        .await
    }

    /// Changes an account.
    ///
    /// # Errors
    /// Where it is not there, the new name is taken, or the credit line is negative.
    pub async fn account_edit(
        &self,
        who: &Actor,
        id: AccountId,
        edit: AccountEdit,
        at: Timestamp,
    ) -> Result<StoredAccount, StoreError> {
        self.write(who, at, move |conn| Box::pin(change(conn, id, edit, at)))
            .await
    }

    /// Deletes an account.
    ///
    /// # Errors
    /// Where it is not there, or still has tokens.
    pub async fn account_delete(
        &self,
        who: &Actor,
        id: AccountId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(who, at, move |conn| Box::pin(delete(conn, id)))
            .await
    }

    /// The account of this id.
    ///
    /// # Errors
    /// Where it is not there.
    pub async fn account_fetch(&self, id: AccountId) -> Result<StoredAccount, StoreError> {
        self.read(move |conn| Box::pin(fetch(conn, id))).await
    }

    /// The account of this name, if there is one.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn account_find_by_name(
        &self,
        name: &Name,
    ) -> Result<Option<StoredAccount>, StoreError> {
        let name = name.clone();
        self.read(move |conn| Box::pin(async move { row::by_name(conn, &name).await }))
            .await
    }

    /// All accounts by name.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn account_list(&self) -> Result<Vec<StoredAccount>, StoreError> {
        self.read(|conn| Box::pin(row::all(conn))).await
    }
}

async fn insert(
    conn: &mut Conn,
    new: NewAccount,
    id: AccountId,
    at: Timestamp,
) -> Changed<StoredAccount> {
    let stored = StoredAccount {
        account: Account {
            id,
            name: new.name,
            enabled: new.enabled,
            funds: Funds {
                credited: new.limited.then_some(Credits::ZERO),
                credit_line: new.credit_line,
                periodic: new.periodic,
            },
            limits: new.limits,
            scope: new.scope,
        },
        spent: Standing::default(),
        note: text(new.note),
        created_at: at,
        updated_at: at,
        version: 1,
    };
    check(conn, &stored).await?;
    row::insert(conn, AccountWrite::from(&stored)).await?;
    let after = record::Account::from(&stored);
    let change = Change::new(Kind::Account, "create", id.raw(), None, Some(&after))?;
    Ok((stored, change))
}

async fn change(
    conn: &mut Conn,
    id: AccountId,
    edit: AccountEdit,
    at: Timestamp,
) -> Changed<StoredAccount> {
    let old = fetch(conn, id).await?;
    StoreError::unless_at(Kind::Account, id, edit.if_version, old.version)?;
    let mut stored = old.clone();
    if let Some(limited) = edit.limited {
        stored.account.funds.credited = match limited {
            true => Some(credits::total(conn, id).await?),
            false => None,
        };
    }
    apply(&mut stored, edit);
    stored.updated_at = at;
    stored.version += 1;
    check(conn, &stored).await?;
    row::update(conn, AccountWrite::from(&stored)).await?;
    let limits = (&old.account.funds.periodic, &stored.account.funds.periodic);
    let limits = (limits.0.as_ref(), limits.1.as_ref());
    period::turn(conn, Owner::Account(id), limits, at).await?;
    let stored = fetch(conn, id).await?;
    let (before, after) = (record::Account::from(&old), record::Account::from(&stored));
    let change = Change::new(Kind::Account, "edit", id.raw(), Some(&before), Some(&after))?;
    Ok((stored, change))
}

fn apply(stored: &mut StoredAccount, edit: AccountEdit) {
    let account = &mut stored.account;
    set(&mut account.name, edit.name);
    set(&mut account.enabled, edit.enabled);
    set(&mut account.funds.credit_line, edit.credit_line);
    set(&mut account.funds.periodic, edit.periodic);
    edit.limits.apply(&mut account.limits);
    edit.scope.apply(&mut account.scope);
    set(&mut stored.note, edit.note.map(text));
}

async fn delete(conn: &mut Conn, id: AccountId) -> Changed<()> {
    let stored = fetch(conn, id).await?;
    let tokens = row::tokens(conn, id).await?;
    if tokens > 0 {
        return Err(StoreError::InUse {
            kind: Kind::Account,
            name: stored.account.name.to_string(),
            by: record::count(tokens, "token"),
        });
    }
    let members = member::of_account(conn, id).await?;
    if members > 0 {
        return Err(StoreError::InUse {
            kind: Kind::Account,
            name: stored.account.name.to_string(),
            by: record::count(members, "member"),
        });
    }
    row::delete(conn, id).await?;
    let before = record::Account::from(&stored);
    let change = Change::new(Kind::Account, "delete", id.raw(), Some(&before), None)?;
    Ok(((), change))
}

/// The account of this id, or an error that names it.
pub(crate) async fn fetch(conn: &mut Conn, id: AccountId) -> Result<StoredAccount, StoreError> {
    let found = row::by_id(conn, id).await?;
    found.ok_or_else(|| StoreError::not_found(Kind::Account, id))
}

async fn check(conn: &mut Conn, stored: &StoredAccount) -> Result<(), StoreError> {
    let line = stored.account.funds.credit_line;
    if line < Credits::ZERO {
        return Err(StoreError::CreditLine(line));
    }
    match row::by_name(conn, &stored.account.name).await? {
        Some(other) if other.account.id != stored.account.id => Err(StoreError::NameTaken {
            kind: Kind::Account,
            name: stored.account.name.to_string(),
        }),
        _ => Ok(()),
    }
}
