//! Secrets that may be copied again: kept sealed, and handed out with a row of the audit log.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl};
use diesel_async::RunQueryDsl;
use tollgate_policy::id::TokenId;
use tollgate_policy::secret::SecretHash;
use tollgate_policy::time::Timestamp;

use super::{row, secret};
use crate::actor::Actor;
use crate::audit::Change;
use crate::backend::{Conn, on_backend};
use crate::error::{Kind, StoreError};
use crate::record;
use crate::schema::sealed_secrets;
use crate::sealing::Sealed;
use crate::store::{Changed, Store};

/// The newest secret of a token, as it was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSecret {
    /// By which an operator recognises it.
    pub hint: String,
    /// The secret, sealed.
    pub sealed: Sealed,
}

impl Store {
    /// The newest secret of a token, sealed. That it was asked for is in the audit log.
    ///
    /// # Errors
    /// Where the token is not there, was revoked, or its secret was not sealed.
    pub async fn token_reveal(
        &self,
        who: &Actor,
        id: TokenId,
        at: Timestamp,
    ) -> Result<SealedSecret, StoreError> {
        self.write(who, at, move |conn| Box::pin(reveal(conn, id)))
            .await
    }
}

async fn reveal(conn: &mut Conn, id: TokenId) -> Changed<SealedSecret> {
    let stored = row::fetch_locked(conn, id).await?;
    super::change::refuse_revoked(&stored)?;
    let newest = secret::of_tokens(conn, &[id.raw()])
        .await?
        .into_iter()
        .next();
    let newest = newest.ok_or(StoreError::NotSealed(id))?;
    let found = on_backend!(conn, c => sealed_secrets::table
        .find(newest.hash())
        .select((sealed_secrets::key_id, sealed_secrets::sealed))
        .first::<(String, Vec<u8>)>(c)
        .await
        .optional())?;
    let (key, text) = found.ok_or(StoreError::NotSealed(id))?;
    let seen = record::Token::from(&stored);
    let change = Change::new(Kind::Token, "reveal", id.raw(), Some(&seen), Some(&seen))?;
    let secret = SealedSecret {
        hint: newest.info().hint,
        sealed: Sealed { key, text },
    };
    Ok((secret, change))
}

/// Keeps a sealed secret beside its hash.
pub(super) async fn insert(
    conn: &mut Conn,
    token: TokenId,
    hash: SecretHash,
    sealed: &Sealed,
) -> Result<(), StoreError> {
    let row = (
        sealed_secrets::hash.eq(hash.as_bytes().to_vec()),
        sealed_secrets::token_id.eq(token.raw()),
        sealed_secrets::key_id.eq(sealed.key.clone()),
        sealed_secrets::sealed.eq(sealed.text.clone()),
    );
    on_backend!(conn, c => diesel::insert_into(sealed_secrets::table)
        .values(row)
        .execute(c)
        .await)?;
    Ok(())
}

/// Lets go of what was sealed of a token.
pub(super) async fn forget(conn: &mut Conn, token: TokenId) -> Result<(), StoreError> {
    let rows = sealed_secrets::table.filter(sealed_secrets::token_id.eq(token.raw()));
    on_backend!(conn, c => diesel::delete(rows).execute(c).await)?;
    Ok(())
}
