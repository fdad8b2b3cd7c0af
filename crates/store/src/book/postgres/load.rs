//! Locking and reading what a turn needs to know of tokens and accounts.
//!
//! Only the rows of counts are locked: accounts first, each in the order of the ids. Limits are read
//! after that, by a statement of its own, so that none is older than the lock; whoever changes one
//! takes the same lock.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{ExpressionMethods, QueryDsl, QueryResult, SelectableHelper};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::kept::{Bind, Kept};
use crate::book::load::{AccountCounts, AccountLimits, Counted, TokenCounts, TokenLimits};
use crate::book::pot::Owner;
use crate::book::sheet::Sheet;
use crate::schema::{account_spend, accounts, token_spend, tokens};

/// Rows for those that have none. What is gone gets none.
const COUNT_ACCOUNTS: &str = "INSERT INTO account_spend (account_id) \
    SELECT id FROM accounts WHERE id = ANY(?) ORDER BY id ON CONFLICT (account_id) DO NOTHING";
const COUNT_TOKENS: &str = "INSERT INTO token_spend (token_id) \
    SELECT id FROM tokens WHERE id = ANY(?) ORDER BY id ON CONFLICT (token_id) DO NOTHING";

type Counts = BTreeMap<i64, Counted>;

/// Locks and reads the purses of these owners.
pub(super) async fn purses(
    conn: &mut AsyncPgConnection,
    owners: &BTreeSet<Owner>,
    sheet: &mut Sheet,
) -> QueryResult<()> {
    let (of_accounts, of_tokens): (Vec<Owner>, Vec<Owner>) = owners
        .iter()
        .partition(|owner| matches!(owner, Owner::Account(_)));
    let ids = |owners: Vec<Owner>| owners.into_iter().map(Owner::id).collect::<Vec<i64>>();
    let (of_accounts, of_tokens) = (ids(of_accounts), ids(of_tokens));
    let mut counts = account_counts(conn, &of_accounts).await?;
    let missing = missing(&of_accounts, &counts);
    if !missing.is_empty() {
        let insert = Kept::new(COUNT_ACCOUNTS, vec![Bind::Numbers(missing.clone())]);
        insert.execute(conn).await?;
        counts.extend(account_counts(conn, &missing).await?);
    }
    let token_counts = locked_tokens(conn, &of_tokens).await?;
    let rows: Vec<AccountLimits> = accounts::table
        .filter(accounts::id.eq_any(&of_accounts))
        .select(AccountLimits::as_select())
        .load(conn)
        .await?;
    sheet.purses.extend(rows.into_iter().map(|row| {
        let counted = counts.get(&row.id).copied();
        (Owner::Account(row.id), row.purse(counted))
    }));
    let rows: Vec<TokenLimits> = tokens::table
        .filter(tokens::id.eq_any(&of_tokens))
        .select(TokenLimits::as_select())
        .load(conn)
        .await?;
    sheet.purses.extend(rows.into_iter().map(|row| {
        let counted = token_counts.get(&row.id).copied();
        (Owner::Token(row.id), row.purse(counted))
    }));
    Ok(())
}

async fn locked_tokens(conn: &mut AsyncPgConnection, ids: &[i64]) -> QueryResult<Counts> {
    let mut counts = token_counts(conn, ids).await?;
    let missing = missing(ids, &counts);
    if !missing.is_empty() {
        let insert = Kept::new(COUNT_TOKENS, vec![Bind::Numbers(missing.clone())]);
        insert.execute(conn).await?;
        counts.extend(token_counts(conn, &missing).await?);
    }
    Ok(counts)
}

fn missing(ids: &[i64], counts: &Counts) -> Vec<i64> {
    let missing = ids.iter().filter(|id| !counts.contains_key(id));
    missing.copied().collect()
}

async fn account_counts(conn: &mut AsyncPgConnection, ids: &[i64]) -> QueryResult<Counts> {
    let rows: Vec<AccountCounts> = account_spend::table
        .filter(account_spend::account_id.eq_any(ids))
        .order(account_spend::account_id)
        .select(AccountCounts::as_select())
        .for_no_key_update()
        .load(conn)
        .await?;
    let rows = rows.into_iter().map(|row| (row.account_id, row.into()));
    Ok(rows.collect())
}

async fn token_counts(conn: &mut AsyncPgConnection, ids: &[i64]) -> QueryResult<Counts> {
    let rows: Vec<TokenCounts> = token_spend::table
        .filter(token_spend::token_id.eq_any(ids))
        .order(token_spend::token_id)
        .select(TokenCounts::as_select())
        .for_no_key_update()
        .load(conn)
        .await?;
    let rows = rows.into_iter().map(|row| (row.token_id, row.into()));
    Ok(rows.collect())
}
