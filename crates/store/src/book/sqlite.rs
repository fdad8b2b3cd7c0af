//! A turn on SQLite: row by row with prepared statements, which costs less than any way to send
//! many at once.

mod kept;
mod pauses;
mod write;

use std::collections::BTreeSet;

use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, QueryResult,
    RunQueryDsl, SelectableHelper, SqliteConnection,
};
use tollgate_ledger::book::{LEASE_LIFETIME, Outcome, Turn};

use super::batch;
use super::load::{AccountCounts, AccountLimits, TokenCounts, TokenLimits};
use super::pot::{Key, Owner};
use super::sheet::{self, Leased, Sheet};
use crate::schema::{account_spend, accounts, gateways, leases, token_spend, tokens};
use pauses::Pauses;

type LeaseRow = (String, i64, i64, i64);

/// Does a whole turn.
pub(super) fn run(conn: &mut SqliteConnection, turn: &Turn) -> QueryResult<Outcome> {
    let pauses = Pauses::of(turn.receipts.len());
    conn.immediate_transaction(|conn| {
        heartbeat(conn, turn)?;
        let dead = bury(conn, turn)?;
        let fresh = write::receipts(conn, &batch::sorted(&turn.receipts), pauses)?;
        let mut sheet = Sheet::default();
        let mut keys = sheet::touched(turn);
        if turn.reset {
            keys.extend(
                of_gateway(conn, &turn.gateway.0)?
                    .into_iter()
                    .map(|(key, _)| key),
            );
        }
        let owners: BTreeSet<Owner> = keys
            .iter()
            .chain(dead.iter().map(|(key, _)| key))
            .map(|key| key.owner)
            .collect();
        for owner in pauses.between(owners) {
            if let Some(purse) = purse(conn, owner)? {
                sheet.purses.insert(owner, purse);
            }
        }
        for key in pauses.between(keys) {
            load_lease(conn, turn, key, &mut sheet)?;
        }
        let leases = sheet.turn(turn, &fresh, &dead);
        write::all(conn, turn, &sheet, pauses)?;
        write::daily(conn, &sheet, &fresh, pauses)?;
        let settled = fresh.len();
        Ok(Outcome { leases, settled })
    })
}

fn heartbeat(conn: &mut SqliteConnection, turn: &Turn) -> QueryResult<()> {
    let now = turn.now.as_micros();
    diesel::insert_into(gateways::table)
        .values((
            gateways::id.eq(turn.gateway.0.as_slice()),
            gateways::seen_at.eq(now),
        ))
        .on_conflict(gateways::id)
        .do_update()
        .set(gateways::seen_at.eq(now))
        .execute(conn)?;
    Ok(())
}

/// Removes the gateways that are not heard of any more, and says what they had leased.
fn bury(conn: &mut SqliteConnection, turn: &Turn) -> QueryResult<Vec<(Key, i64)>> {
    let since = turn.now.minus(LEASE_LIFETIME).as_micros();
    let silent = gateways::seen_at.lt(since);
    let gone: Vec<Vec<u8>> = gateways::table
        .filter(silent.and(gateways::id.ne(turn.gateway.0.as_slice())))
        .select(gateways::id)
        .load(conn)?;
    let mut leased = Vec::new();
    for id in gone {
        leased.extend(of_gateway(conn, &id)?);
        // Its leases go with it.
        diesel::delete(gateways::table.find(id)).execute(conn)?;
    }
    Ok(leased)
}

fn of_gateway(conn: &mut SqliteConnection, gateway: &[u8]) -> QueryResult<Vec<(Key, i64)>> {
    let rows: Vec<LeaseRow> = leases::table
        .filter(leases::gateway_id.eq(gateway))
        .select((
            leases::pot,
            leases::owner_id,
            leases::begin_at,
            leases::amount,
        ))
        .load(conn)?;
    let key =
        |(pot, owner, begin, amount): LeaseRow| (Key::from_columns(&pot, owner, begin), amount);
    Ok(rows.into_iter().map(key).collect())
}

/// Not `first`: its limit is a parameter, for each new value of which SQLite prepares anew.
fn purse(conn: &mut SqliteConnection, owner: Owner) -> QueryResult<Option<super::purse::Purse>> {
    Ok(match owner {
        Owner::Account(id) => accounts::table
            .left_join(account_spend::table)
            .filter(accounts::id.eq(id))
            .select((
                AccountLimits::as_select(),
                Option::<AccountCounts>::as_select(),
            ))
            .get_result::<(AccountLimits, Option<AccountCounts>)>(conn)
            .optional()?
            .map(|(limits, counts)| limits.purse(counts.map(Into::into))),
        Owner::Token(id) => tokens::table
            .left_join(token_spend::table)
            .filter(tokens::id.eq(id))
            .select((TokenLimits::as_select(), Option::<TokenCounts>::as_select()))
            .get_result::<(TokenLimits, Option<TokenCounts>)>(conn)
            .optional()?
            .map(|(limits, counts)| limits.purse(counts.map(Into::into))),
    })
}

fn load_lease(
    conn: &mut SqliteConnection,
    turn: &Turn,
    key: Key,
    sheet: &mut Sheet,
) -> QueryResult<()> {
    let purse = sheet.purses.get_mut(&key.owner);
    let counts = purse.and_then(|purse| purse.counts(key.begin));
    if counts.is_some_and(|counts| counts.held == 0) {
        // Nobody has leased of it: not looked for, because this is so for most.
        return Ok(());
    }
    let columns = key.columns();
    let row = (
        turn.gateway.0.as_slice(),
        columns.pot,
        columns.owner_id,
        columns.begin_at,
    );
    let amount: Option<i64> = leases::table
        .find(row)
        .select(leases::amount)
        .get_result(conn)
        .optional()?;
    if let Some(stored) = amount {
        let now = stored;
        sheet.leases.insert(key, Leased { stored, now });
    }
    Ok(())
}
