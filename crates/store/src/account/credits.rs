//! The statement of an account: what operators put into it and took out of it.

use diesel::prelude::{Insertable, Queryable, Selectable};
use diesel::{ExpressionMethods, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use tollgate_policy::credits::Credits;
use tollgate_policy::id::AccountId;
use tollgate_policy::time::Timestamp;

use super::{NewAccount, StoredAccount, fetch, insert, row};
use crate::actor::Actor;
use crate::audit::Change;
use crate::backend::{Conn, on_backend};
use crate::columns::text;
use crate::error::{Kind, StoreError};
use crate::record;
use crate::schema::credits;
use crate::store::{Changed, Store};

const DEFAULT_LIMIT: u32 = 50;
const MOST: u32 = 1000;

/// One entry of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditsEntry {
    /// Its number: entries made later have higher ones.
    pub id: i64,
    /// The account.
    pub account: AccountId,
    /// When.
    pub at: Timestamp,
    /// What was put in; negative where it was taken back.
    pub amount: Credits,
    /// Who did it.
    pub actor: String,
    /// Why, for operators.
    pub note: String,
}

/// What a new account is given at first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// More than zero.
    pub amount: Credits,
    /// Why, for operators.
    pub note: String,
}

/// Which entries of a statement to list, the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CreditsQuery {
    /// Only entries before this number: the last one of the page before.
    pub before: Option<i64>,
    /// How many entries at most, 1 to 1,000; 0 means 50.
    pub limit: u32,
}

/// An entry to be made.
pub(super) struct Entry {
    amount: Credits,
    actor: String,
    note: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = credits)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct CreditsRow {
    id: i64,
    account_id: i64,
    at: i64,
    amount: i64,
    actor: String,
    note: String,
}

impl Opening {
    pub(super) fn by(self, who: &Actor) -> Entry {
        Entry {
            amount: self.amount,
            actor: text(who.name.clone()),
            note: text(self.note),
        }
    }
}

impl CreditsRow {
    fn read(self, account: AccountId) -> CreditsEntry {
        CreditsEntry {
            id: self.id,
            account,
            at: Timestamp::from_micros(self.at),
            amount: Credits::from_micros(self.amount),
            actor: self.actor,
            note: self.note,
        }
    }
}

/// Statements. Every error leaves everything as it was.
impl Store {
    /// Puts credits into an account, or takes back what it was given: also what it has spent, so
    /// that less than nothing is left.
    ///
    /// An account without a limit is not given one in passing: what it has spent already may be
    /// more than the amount, and all its tokens would be refused. Limit it first, with a credit
    /// line where calls are to go on meanwhile.
    ///
    /// # Errors
    /// Where the account is not there or spends without a limit, where the amount is zero, or where
    /// all entries together would be negative or too large.
    pub async fn credits_add(
        &self,
        who: &Actor,
        account: AccountId,
        amount: Credits,
        note: String,
        at: Timestamp,
    ) -> Result<StoredAccount, StoreError> {
        let entry = Opening { amount, note }.by(who);
        self.write(who, at, move |conn| Box::pin(add(conn, account, entry, at)))
            .await
    }

    /// The entries of an account's statement, the newest first.
    ///
    /// # Errors
    /// Where the account is not there.
    pub async fn credits_list(
        &self,
        account: AccountId,
        query: CreditsQuery,
    ) -> Result<Vec<CreditsEntry>, StoreError> {
        self.read(move |conn| Box::pin(list(conn, account, query)))
            .await
    }
}

async fn add(
    conn: &mut Conn,
    id: AccountId,
    entry: Entry,
    at: Timestamp,
) -> Changed<StoredAccount> {
    let mut stored = fetch(conn, id).await?;
    let before = record::Account::from(&stored);
    let after = put(conn, &mut stored, entry, at).await?;
    let (before, after) = (Some(&before), Some(&after));
    let change = Change::new(Kind::Account, "credit", id.raw(), before, after)?;
    Ok((stored, change))
}

/// Makes an account with its first entry.
pub(super) async fn open(
    conn: &mut Conn,
    new: NewAccount,
    entry: Entry,
    id: AccountId,
    at: Timestamp,
) -> Changed<StoredAccount> {
    let (mut stored, _) = insert(conn, new, id, at).await?;
    let after = put(conn, &mut stored, entry, at).await?;
    let change = Change::new(Kind::Account, "create", id.raw(), None, Some(&after))?;
    Ok((stored, change))
}

/// Makes an entry, and gives what the audit log keeps of it.
async fn put(
    conn: &mut Conn,
    stored: &mut StoredAccount,
    entry: Entry,
    at: Timestamp,
) -> Result<record::Account, StoreError> {
    let credited = after(stored, entry.amount)?;
    let row = CreditsRow {
        id: last(conn).await? + 1,
        account_id: stored.account.id.raw(),
        at: at.as_micros(),
        amount: entry.amount.as_micros(),
        actor: entry.actor,
        note: entry.note.clone(),
    };
    on_backend!(conn, c => diesel::insert_into(credits::table).values(row).execute(c).await)?;
    stored.account.funds.credited = Some(credited);
    stored.updated_at = at;
    stored.version += 1;
    row::update(conn, (&*stored).into()).await?;
    Ok(record::Account::from(&*stored).with_entry(entry.amount, entry.note))
}

/// What the account was given in all, with an amount more.
fn after(stored: &StoredAccount, amount: Credits) -> Result<Credits, StoreError> {
    let account = &stored.account;
    let name = || account.name.to_string();
    let Some(credited) = account.funds.credited else {
        return Err(StoreError::Unlimited(name()));
    };
    let sum = credited.checked_add(amount);
    sum.filter(|sum| amount != Credits::ZERO && *sum >= Credits::ZERO)
        .ok_or_else(|| StoreError::Amount {
            name: name(),
            credited,
            amount,
        })
}

/// The sum of all entries of an account.
pub(super) async fn total(conn: &mut Conn, account: AccountId) -> Result<Credits, StoreError> {
    let amounts = on_backend!(conn, c => credits::table
        .filter(credits::account_id.eq(account.raw()))
        .select(credits::amount)
        .load::<i64>(c)
        .await)?;
    let sum = amounts.into_iter().try_fold(0, i64::checked_add);
    let sum = sum.ok_or_else(|| StoreError::corrupt("credits", account, "the sum is too large"))?;
    Ok(Credits::from_micros(sum))
}

/// The number of the last entry of any account.
async fn last(conn: &mut Conn) -> Result<i64, StoreError> {
    let last = on_backend!(conn, c => credits::table
        .select(diesel::dsl::max(credits::id))
        .first::<Option<i64>>(c)
        .await)?;
    Ok(last.unwrap_or(0))
}

async fn list(
    conn: &mut Conn,
    account: AccountId,
    query: CreditsQuery,
) -> Result<Vec<CreditsEntry>, StoreError> {
    fetch(conn, account).await?;
    let limit = match query.limit {
        0 => DEFAULT_LIMIT,
        limit => limit.min(MOST),
    };
    let before = query.before.unwrap_or(i64::MAX);
    let rows: Vec<CreditsRow> = on_backend!(conn, c => credits::table
        .filter(credits::account_id.eq(account.raw()))
        .filter(credits::id.lt(before))
        .order(credits::id.desc())
        .limit(i64::from(limit))
        .select(CreditsRow::as_select())
        .load(c)
        .await)?;
    Ok(rows.into_iter().map(|row| row.read(account)).collect())
}
