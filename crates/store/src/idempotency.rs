//! Creations that may be asked for again: what was asked for, and the sealed answer, for a day.

use std::time::Duration;

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl};
use diesel_async::RunQueryDsl;
use tollgate_policy::time::Timestamp;
use zeroize::Zeroizing;

use crate::backend::{Conn, on_backend};
use crate::digest::Digest;
use crate::error::StoreError;
use crate::schema::idempotency;
use crate::seal;
use crate::store::Store;

/// How long an answer is kept.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// What is known of a creation under its key.
#[derive(Debug)]
pub enum Begun {
    /// It is asked for for the first time: make it, then keep the answer or give the key back.
    New,
    /// It is being made, or its maker went away in between.
    Underway,
    /// The key was used for something else.
    Another,
    /// It was made: this is the answer.
    Made(Zeroizing<Vec<u8>>),
}

type Found = (Vec<u8>, Option<Vec<u8>>);

impl Store {
    /// Takes a key for a creation. Both digests are of the purpose `Idempotency`.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn idempotency_begin(
        &self,
        key: Digest,
        request: Digest,
        now: Timestamp,
    ) -> Result<Begun, StoreError> {
        let found = self
            .note(move |conn| Box::pin(begin(conn, key, request, now)))
            .await?;
        let Some((asked, answer)) = found else {
            return Ok(Begun::New);
        };
        if asked != request.bytes() {
            return Ok(Begun::Another);
        }
        let Some(sealed) = answer else {
            return Ok(Begun::Underway);
        };
        let clear = seal::disclose(&self.inner().key, &bound_to(key), &sealed);
        let damaged = || StoreError::corrupt("idempotency", "…", "the answer does not open");
        clear.map(Begun::Made).ok_or_else(damaged)
    }

    /// Keeps the answer to a creation under its key.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn idempotency_finish(&self, key: Digest, answer: &[u8]) -> Result<(), StoreError> {
        let sealed = seal::enclose(&self.inner().key, &bound_to(key), answer)?;
        self.note(move |conn| {
            Box::pin(async move {
                on_backend!(conn, c => diesel::update(idempotency::table.find(key.bytes()))
                    .set(idempotency::answer.eq(Some(sealed)))
                    .execute(c)
                    .await)?;
                Ok(())
            })
        })
        .await
    }

    /// Gives a key back whose creation was refused.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn idempotency_abandon(&self, key: Digest) -> Result<(), StoreError> {
        self.note(move |conn| {
            Box::pin(async move {
                let row = idempotency::table
                    .find(key.bytes())
                    .filter(idempotency::answer.is_null());
                on_backend!(conn, c => diesel::delete(row).execute(c).await)?;
                Ok(())
            })
        })
        .await
    }
}

/// What was there under the key; `None` where it was taken now.
async fn begin(
    conn: &mut Conn,
    key: Digest,
    request: Digest,
    now: Timestamp,
) -> Result<Option<Found>, StoreError> {
    let before = now.minus(KEPT).as_micros();
    let old = idempotency::table.filter(idempotency::created_at.le(before));
    on_backend!(conn, c => diesel::delete(old).execute(c).await)?;
    let row = (
        idempotency::hash.eq(key.bytes()),
        idempotency::request.eq(request.bytes()),
        idempotency::created_at.eq(now.as_micros()),
    );
    let taken = on_backend!(conn, c => diesel::insert_into(idempotency::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c)
        .await)?;
    if taken > 0 {
        return Ok(None);
    }
    let found = on_backend!(conn, c => idempotency::table
        .find(key.bytes())
        .select((idempotency::request, idempotency::answer))
        .first::<Found>(c)
        .await
        .optional())?;
    Ok(Some(found.unwrap_or_else(|| (request.bytes(), None))))
}

/// Associated data: an answer that is moved to another key does not open there.
fn bound_to(key: Digest) -> Vec<u8> {
    [b"answer of a creation".as_slice(), &key.bytes()].concat()
}
