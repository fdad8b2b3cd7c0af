//! When tokens were last used, as the gateways report it: no audit row, because nobody decided it.

use std::collections::BTreeMap;

use diesel::sql_types::{Array, BigInt};
use diesel::{ExpressionMethods, QueryDsl, QueryResult, SqliteConnection, sql_query};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use tollgate_policy::id::TokenId;
use tollgate_policy::time::Timestamp;

use crate::backend::Backend;
use crate::error::StoreError;
use crate::schema::{token_spend, tokens};

/// Whoever was used counts what it spends: the list of those that never were is complete by that.
/// Before the rows of the tokens, which is the order in which all gateways take their locks.
const COUNT: &str = "INSERT INTO token_spend (token_id) SELECT id FROM tokens AS t \
    WHERE id = ANY($1) AND NOT EXISTS (SELECT 1 FROM token_spend AS s WHERE s.token_id = t.id) \
    ORDER BY id ON CONFLICT (token_id) DO NOTHING";
/// In the order of the ids.
const LOCK: &str = "SELECT id FROM tokens WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE";
const UPDATE: &str = "UPDATE tokens AS t SET last_used_at = u.at \
    FROM unnest($1, $2) AS u (id, at) \
    WHERE t.id = u.id AND COALESCE(t.last_used_at, -1) < u.at";

/// Keeps when tokens were last used. Later moments win; tokens that are gone are passed over.
pub(crate) async fn record(
    backend: &Backend,
    uses: &[(TokenId, Timestamp)],
) -> Result<(), StoreError> {
    let mut latest = BTreeMap::new();
    for (token, at) in uses {
        let at = at.as_micros().max(0);
        let kept = latest.entry(token.raw()).or_insert(at);
        *kept = at.max(*kept);
    }
    if latest.is_empty() {
        return Ok(());
    }
    let _turn = backend.turn().await;
    match backend {
        Backend::Sqlite(database) => database.busy.run(move |conn| sqlite(conn, &latest)).await,
        Backend::Postgres(pool) => {
            let mut conn = pool.get_owned().await.map_err(StoreError::unavailable)?;
            Ok(postgres(&mut conn, latest).await?)
        }
    }
}

fn sqlite(conn: &mut SqliteConnection, latest: &BTreeMap<i64, i64>) -> QueryResult<()> {
    use diesel::{BoolExpressionMethods, RunQueryDsl};
    conn.immediate_transaction(|conn| {
        for (token, at) in latest {
            let row = tokens::table.find(token);
            let earlier = tokens::last_used_at
                .is_null()
                .or(tokens::last_used_at.lt(at));
            let noted = diesel::update(row.filter(earlier))
                .set(tokens::last_used_at.eq(at))
                .execute(conn)?;
            if noted > 0 {
                diesel::insert_into(token_spend::table)
                    .values(token_spend::token_id.eq(token))
                    .on_conflict(token_spend::token_id)
                    .do_nothing()
                    .execute(conn)?;
            }
        }
        Ok(())
    })
}

async fn postgres(conn: &mut AsyncPgConnection, latest: BTreeMap<i64, i64>) -> QueryResult<()> {
    use diesel_async::RunQueryDsl;
    let (ids, moments): (Vec<i64>, Vec<i64>) = latest.into_iter().unzip();
    conn.transaction(async |conn| {
        sql_query(COUNT)
            .bind::<Array<BigInt>, _>(&ids)
            .execute(conn)
            .await?;
        sql_query(LOCK)
            .bind::<Array<BigInt>, _>(&ids)
            .execute(conn)
            .await?;
        sql_query(UPDATE)
            .bind::<Array<BigInt>, _>(&ids)
            .bind::<Array<BigInt>, _>(&moments)
            .execute(conn)
            .await?;
        QueryResult::Ok(())
    })
    .await
}
