//! The table of secrets: hashes, by which tokens are found.

use diesel::prelude::{Insertable, Queryable, Selectable};
use diesel::{ExpressionMethods, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use tollgate_policy::id::TokenId;
use tollgate_policy::secret::{Scheme, SecretHash};
use tollgate_policy::time::Timestamp;

use super::{NewSecret, SecretInfo, reveal};
use crate::backend::{Conn, on_backend};
use crate::columns::moment;
use crate::error::StoreError;
use crate::schema::secrets;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = secrets)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(crate) struct SecretRow {
    hash: Vec<u8>,
    scheme: String,
    token_id: i64,
    hint: String,
    valid_until: Option<i64>,
    created_at: i64,
}

impl SecretRow {
    pub(super) fn hash(&self) -> &[u8] {
        &self.hash
    }

    pub(super) fn token_id(&self) -> i64 {
        self.token_id
    }

    pub(super) fn info(self) -> SecretInfo {
        SecretInfo {
            hint: self.hint,
            valid_until: moment(self.valid_until),
            created_at: Timestamp::from_micros(self.created_at),
        }
    }
}

/// The name of a scheme in the database.
pub(crate) const fn scheme(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Native => "native",
        Scheme::Foreign => "foreign",
    }
}

/// Keeps secrets of a token.
pub(super) async fn insert(
    conn: &mut Conn,
    token: TokenId,
    new: &[NewSecret],
    at: Timestamp,
) -> Result<(), StoreError> {
    for secret in new {
        refuse_taken(conn, secret.hash).await?;
        let row = SecretRow {
            hash: secret.hash.as_bytes().to_vec(),
            scheme: scheme(secret.hash.scheme()).to_owned(),
            token_id: token.raw(),
            hint: secret.hint.clone(),
            valid_until: None,
            created_at: at.as_micros(),
        };
        on_backend!(conn, c => diesel::insert_into(secrets::table).values(row).execute(c).await)?;
        if let Some(sealed) = &secret.sealed {
            reveal::insert(conn, token, secret.hash, sealed).await?;
        }
    }
    Ok(())
}

async fn refuse_taken(conn: &mut Conn, hash: SecretHash) -> Result<(), StoreError> {
    let taken = on_backend!(conn, c => secrets::table
        .find(hash.as_bytes().as_slice())
        .count()
        .get_result::<i64>(c)
        .await)?;
    if taken > 0 {
        return Err(StoreError::SecretTaken);
    }
    Ok(())
}

/// Makes room for a new secret: the newest one stays valid until `overlap_until`, the others end
/// now, and those that had ended before go.
pub(super) async fn retire(
    conn: &mut Conn,
    token: TokenId,
    overlap_until: Timestamp,
    at: Timestamp,
) -> Result<(), StoreError> {
    let kept = of_tokens(conn, &[token.raw()]).await?;
    let mut newest = true;
    for row in kept {
        let ended = row.valid_until.is_some_and(|until| until <= at.as_micros());
        if ended {
            on_backend!(conn, c => diesel::delete(secrets::table.find(&row.hash))
                .execute(c)
                .await)?;
            continue;
        }
        let end = if newest { overlap_until } else { at };
        newest = false;
        let until = row
            .valid_until
            .map_or(end.as_micros(), |until| until.min(end.as_micros()));
        on_backend!(conn, c => diesel::update(secrets::table.find(&row.hash))
            .set(secrets::valid_until.eq(Some(until)))
            .execute(c)
            .await)?;
    }
    Ok(())
}

/// The secrets of these tokens, the newest first; of two made at once, the one that lasts longer.
pub(super) async fn of_tokens(
    conn: &mut Conn,
    tokens: &[i64],
) -> Result<Vec<SecretRow>, StoreError> {
    let mut rows: Vec<SecretRow> = on_backend!(conn, c => secrets::table
        .filter(secrets::token_id.eq_any(tokens))
        .select(SecretRow::as_select())
        .load(c)
        .await)?;
    rows.sort_by(|a, b| {
        let age = |row: &SecretRow| (row.created_at, row.valid_until.unwrap_or(i64::MAX));
        age(b).cmp(&age(a)).then_with(|| a.hash.cmp(&b.hash))
    });
    Ok(rows)
}
