//! A turn on PostgreSQL: each statement takes all rows at once, as arrays.

mod kept;
mod load;
mod receipts;
mod write;

use std::collections::BTreeSet;

use diesel::QueryResult;
use diesel::prelude::QueryableByName;
use diesel::sql_types::{BigInt, Binary, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use tollgate_ledger::book::{LEASE_LIFETIME, Outcome, Turn};

use super::batch;
use super::pot::{Key, Owner};
use super::sheet::{self, Leased, Sheet};
use crate::postgres::now;
use kept::{Bind, Kept};

const HEARTBEAT: &str = concat!(
    "INSERT INTO gateways (id, seen_at) VALUES (?, ",
    now!(),
    ") ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at"
);
/// A gateway that is in a turn of its own lives; one that another turn buries is left to it.
const DEAD: &str = concat!(
    "SELECT id FROM gateways WHERE seen_at < ",
    now!(),
    " - ? AND id <> ? FOR UPDATE SKIP LOCKED"
);
const LEASES: &str = "SELECT pot, owner_id, begin_at, amount FROM leases \
    WHERE gateway_id = ANY(?) ORDER BY pot, owner_id, begin_at";
const SOME_LEASES: &str = "SELECT l.pot, l.owner_id, l.begin_at, l.amount \
    FROM unnest(?, ?, ?) AS k (pot, owner_id, begin_at) JOIN leases AS l \
    ON l.gateway_id = ? AND l.pot = k.pot AND l.owner_id = k.owner_id AND l.begin_at = k.begin_at";

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
}

#[derive(QueryableByName)]
struct LeaseRow {
    #[diesel(sql_type = Text)]
    pot: String,
    #[diesel(sql_type = BigInt)]
    owner_id: i64,
    #[diesel(sql_type = BigInt)]
    begin_at: i64,
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

impl LeaseRow {
    fn read(self) -> (Key, i64) {
        let key = Key::from_columns(&self.pot, self.owner_id, self.begin_at);
        (key, self.amount)
    }
}

/// Does a whole turn.
pub(super) async fn run(conn: &mut AsyncPgConnection, turn: &Turn) -> QueryResult<Outcome> {
    conn.transaction(async |conn| settle(conn, turn).await)
        .await
}

/// INVARIANT: leases of a pot are read and written under the lock on what its token or account has
/// spent, which is taken in one order by all.
async fn settle(conn: &mut AsyncPgConnection, turn: &Turn) -> QueryResult<Outcome> {
    heartbeat(conn, turn).await?;
    let gone = silent(conn, turn).await?;
    let fresh = receipts::insert(conn, &batch::sorted(&turn.receipts)).await?;
    let mut keys = sheet::touched(turn);
    if turn.reset {
        let own = of_gateways(conn, &[turn.gateway.0.to_vec()]).await?;
        keys.extend(own.into_iter().map(|(key, _)| key));
    }
    let mut owners: BTreeSet<Owner> = keys.iter().map(|key| key.owner).collect();
    if !gone.is_empty() {
        let dead = of_gateways(conn, &gone).await?;
        owners.extend(dead.into_iter().map(|(key, _)| key.owner));
    }
    let mut sheet = Sheet::default();
    load::purses(conn, &owners, &mut sheet).await?;
    load_leases(conn, turn, &keys, &mut sheet).await?;
    // Once more, now that nobody can change them.
    let dead = match gone.is_empty() {
        true => Vec::new(),
        false => of_gateways(conn, &gone).await?,
    };
    let leases = sheet.turn(turn, &fresh, &dead);
    write::all(conn, turn, &sheet, &gone).await?;
    write::daily(conn, &sheet, &fresh).await?;
    let settled = fresh.len();
    Ok(Outcome { leases, settled })
}

async fn heartbeat(conn: &mut AsyncPgConnection, turn: &Turn) -> QueryResult<()> {
    let binds = vec![Bind::Blob(&turn.gateway.0)];
    Kept::new(HEARTBEAT, binds).execute(conn).await?;
    Ok(())
}

/// Locks the gateways that are not heard of any more.
async fn silent(conn: &mut AsyncPgConnection, turn: &Turn) -> QueryResult<Vec<Vec<u8>>> {
    let lifetime = i64::try_from(LEASE_LIFETIME.as_micros()).unwrap_or(i64::MAX);
    let binds = vec![Bind::Number(lifetime), Bind::Blob(&turn.gateway.0)];
    let rows: Vec<Id> = Kept::new(DEAD, binds).load(conn).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

async fn of_gateways(
    conn: &mut AsyncPgConnection,
    gateways: &[Vec<u8>],
) -> QueryResult<Vec<(Key, i64)>> {
    let rows = Kept::new(LEASES, vec![Bind::Blobs(gateways)]).load(conn);
    let rows: Vec<LeaseRow> = rows.await?;
    Ok(rows.into_iter().map(LeaseRow::read).collect())
}

async fn load_leases(
    conn: &mut AsyncPgConnection,
    turn: &Turn,
    keys: &BTreeSet<Key>,
    sheet: &mut Sheet,
) -> QueryResult<()> {
    let pots = write::Pots::new(keys.iter());
    let mut binds = pots.binds();
    binds.push(Bind::Blob(&turn.gateway.0));
    let rows: Vec<LeaseRow> = Kept::new(SOME_LEASES, binds).load(conn).await?;
    for (key, stored) in rows.into_iter().map(LeaseRow::read) {
        let now = stored;
        sheet.leases.insert(key, Leased { stored, now });
    }
    Ok(())
}
