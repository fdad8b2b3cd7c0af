//! Sign-ins by OpenID Connect under way, sealed for their browser, and those that were finished.

use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use tollgate_policy::time::Timestamp;
use zeroize::Zeroizing;

use crate::backend::{Conn, on_backend};
use crate::digest::Digest;
use crate::error::StoreError;
use crate::schema::finished_sign_ins;
use crate::seal;
use crate::store::Store;

/// Associated data: nothing else that is sealed under the master key opens as a sign-in.
const BOUND: &[u8] = b"sign-in by OpenID Connect";

impl Store {
    /// Seals what a browser keeps of a sign-in that it began.
    ///
    /// # Errors
    /// Where the operating system gives no randomness.
    pub fn openid_seal(&self, clear: &[u8]) -> Result<Vec<u8>, StoreError> {
        seal::enclose(&self.inner().key, BOUND, clear)
    }

    /// Opens what [`Store::openid_seal`] made; `None` for anything else.
    pub fn openid_open(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        seal::disclose(&self.inner().key, BOUND, sealed)
    }

    /// Takes a sign-in, which works once: `false` where it was finished before. The digest is of
    /// the purpose `OpenId`; it is known until `expires_at`, when the sign-in is too old anyway.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn openid_finish(
        &self,
        state: Digest,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.note(move |conn| Box::pin(finish(conn, state, expires_at, now)))
            .await
    }
}

async fn finish(
    conn: &mut Conn,
    state: Digest,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let old = finished_sign_ins::table.filter(finished_sign_ins::expires_at.le(now.as_micros()));
    on_backend!(conn, c => diesel::delete(old).execute(c).await)?;
    let row = (
        finished_sign_ins::hash.eq(state.bytes()),
        finished_sign_ins::expires_at.eq(expires_at.as_micros()),
    );
    let taken = on_backend!(conn, c => diesel::insert_into(finished_sign_ins::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c)
        .await)?;
    Ok(taken > 0)
}
