//! Whose the responses are that upstreams keep, as the gateways note it: no audit row, because nobody
//! decided it.

use diesel::sql_types::{Array, BigInt, Binary, Nullable};
use diesel::{
    ExpressionMethods, Insertable, OptionalExtension, QueryDsl, QueryResult, SqliteConnection,
    sql_query,
};
use diesel_async::AsyncPgConnection;
use futures_util::future::BoxFuture;
use tollgate_policy::id::{CredentialId, UpstreamId};
use tollgate_policy::time::Timestamp;
use tollgate_rights::responses::{Made, Place, ResponseKey, Responses};
use tollgate_rights::source::SourceError;

use crate::backend::{Backend, Conn, on_backend};
use crate::columns::Row;
use crate::error::StoreError;
use crate::postgres::now;
use crate::schema::responses;
use crate::store::Store;

/// In the order of the keys, so that two gateways do not wait for each other. One that is over is
/// not worth to wait for.
const KEEP: &str = "INSERT INTO responses (token_id, hash, upstream_id, credential_id, until) \
    SELECT * FROM unnest($1, $2, $3, $4, $5) AS made (token_id, hash, upstream_id, credential_id, until) \
    ORDER BY token_id, hash \
    ON CONFLICT (token_id, hash) DO UPDATE SET upstream_id = excluded.upstream_id, \
    credential_id = excluded.credential_id, until = excluded.until";
/// Not before it is over by the server's clock too: one that is ahead has nothing of others forgotten.
const FORGET: &str = concat!(
    "DELETE FROM responses WHERE (token_id, hash) IN (SELECT token_id, hash \
    FROM responses WHERE until <= LEAST($1, ",
    now!(),
    ") ORDER BY until LIMIT 2000 FOR UPDATE SKIP LOCKED)"
);
const FORGET_SQLITE: &str = "DELETE FROM responses WHERE (token_id, hash) IN (SELECT token_id, hash \
    FROM responses WHERE until <= $1 ORDER BY until LIMIT 2000)";

#[derive(Insertable)]
#[diesel(table_name = responses)]
struct MadeRow {
    token_id: i64,
    hash: Vec<u8>,
    upstream_id: i64,
    credential_id: Option<i64>,
    until: i64,
}

impl Responses for Store {
    fn keep(&self, made: Vec<Made>, now: Timestamp) -> BoxFuture<'_, Result<(), SourceError>> {
        Box::pin(async move {
            self.detached(|inner| async move { keep(&inner.backend, made, now).await })
                .await
                .map_err(failed)
        })
    }

    fn find(
        &self,
        key: ResponseKey,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<Option<Made>, SourceError>> {
        Box::pin(async move {
            self.detached(|inner| async move {
                let mut conn = inner.backend.conn().await?;
                find(&mut conn, key, now).await
            })
            .await
            .map_err(failed)
        })
    }
}

fn failed(error: StoreError) -> SourceError {
    SourceError(Box::new(error))
}

async fn find(
    conn: &mut Conn,
    key: ResponseKey,
    now: Timestamp,
) -> Result<Option<Made>, StoreError> {
    let found = on_backend!(conn, c => {
        use diesel_async::RunQueryDsl;
        responses::table
            .find((key.token.raw(), key.hash.as_slice()))
            .filter(responses::until.gt(now.as_micros()))
            .select((responses::upstream_id, responses::credential_id, responses::until))
            .first::<(i64, Option<i64>, i64)>(c)
            .await
            .optional()
    })?;
    let Some((upstream, credential, until)) = found else {
        return Ok(None);
    };
    let row = Row::new("responses", key.token.raw());
    let credential = credential.map(|raw| row.id("credential_id", CredentialId::from_raw(raw)));
    let place = Place {
        upstream: row.id("upstream_id", UpstreamId::from_raw(upstream))?,
        credential: credential.transpose()?,
    };
    let until = Timestamp::from_micros(until);
    Ok(Some(Made { key, place, until }))
}

async fn keep(backend: &Backend, made: Vec<Made>, now: Timestamp) -> Result<(), StoreError> {
    let mut rows: Vec<MadeRow> = made.into_iter().map(MadeRow::from).collect();
    rows.sort_unstable_by(|one, other| {
        (one.token_id, &one.hash).cmp(&(other.token_id, &other.hash))
    });
    let now = now.as_micros();
    let _turn = backend.turn().await;
    match backend {
        Backend::Sqlite(database) => {
            let keep = move |conn: &mut SqliteConnection| sqlite(conn, &rows, now);
            database.busy.run(keep).await
        }
        Backend::Postgres(pool) => {
            let mut conn = pool.get_owned().await.map_err(StoreError::unavailable)?;
            Ok(postgres(&mut conn, rows, now).await?)
        }
    }
}

fn sqlite(conn: &mut SqliteConnection, rows: &[MadeRow], now: i64) -> QueryResult<()> {
    use diesel::RunQueryDsl;
    use diesel::upsert::excluded;
    conn.immediate_transaction(|conn| {
        for row in rows {
            diesel::insert_into(responses::table)
                .values(row)
                .on_conflict((responses::token_id, responses::hash))
                .do_update()
                .set((
                    responses::upstream_id.eq(excluded(responses::upstream_id)),
                    responses::credential_id.eq(excluded(responses::credential_id)),
                    responses::until.eq(excluded(responses::until)),
                ))
                .execute(conn)?;
        }
        sql_query(FORGET_SQLITE)
            .bind::<BigInt, _>(now)
            .execute(conn)?;
        Ok(())
    })
}

async fn postgres(conn: &mut AsyncPgConnection, rows: Vec<MadeRow>, now: i64) -> QueryResult<()> {
    use diesel_async::RunQueryDsl;
    let column = |of: fn(&MadeRow) -> i64| rows.iter().map(of).collect::<Vec<i64>>();
    let hashes: Vec<&[u8]> = rows.iter().map(|row| row.hash.as_slice()).collect();
    let credentials: Vec<Option<i64>> = rows.iter().map(|row| row.credential_id).collect();
    sql_query(KEEP)
        .bind::<Array<BigInt>, _>(column(|row| row.token_id))
        .bind::<Array<Binary>, _>(hashes)
        .bind::<Array<BigInt>, _>(column(|row| row.upstream_id))
        .bind::<Array<Nullable<BigInt>>, _>(credentials)
        .bind::<Array<BigInt>, _>(column(|row| row.until))
        .execute(conn)
        .await?;
    sql_query(FORGET)
        .bind::<BigInt, _>(now)
        .execute(conn)
        .await?;
    Ok(())
}

impl From<Made> for MadeRow {
    fn from(made: Made) -> Self {
        Self {
            token_id: made.key.token.raw(),
            hash: made.key.hash.to_vec(),
            upstream_id: made.place.upstream.raw(),
            credential_id: made.place.credential.map(CredentialId::raw),
            until: made.until.as_micros(),
        }
    }
}
