//! Authenticators: a secret under the master key, the last step that was accepted, and the codes
//! that stand in for a lost one.

use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use tollgate_policy::id::MemberId;
use tollgate_policy::time::Timestamp;
use zeroize::Zeroizing;

use super::change::changed;
use super::{StoredMember, row};
use crate::actor::Actor;
use crate::backend::{Conn, on_backend};
use crate::digest::Digest;
use crate::error::{Kind, StoreError};
use crate::key::MasterKey;
use crate::schema::{members, recovery_codes};
use crate::seal;
use crate::store::{Changed, Store};

/// The secret that an authenticator shares with us, in clear. Never printed, and wiped on drop.
#[derive(Clone)]
pub struct TotpSecret(Zeroizing<Vec<u8>>);

impl TotpSecret {
    /// A secret from random bytes; RFC 4226 recommends 20 of them.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn unseal(key: &MasterKey, member: i64, sealed: &[u8]) -> Result<Self, StoreError> {
        let damaged = "the secret of the authenticator was not made for this member";
        let clear = seal::disclose(key, &bound_to(member), sealed)
            .ok_or_else(|| StoreError::corrupt("members", member, damaged))?;
        Ok(Self(clear))
    }
}

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

impl Store {
    /// Keeps the secret of an authenticator that is not asked for yet, in place of one that was not
    /// confirmed.
    ///
    /// # Errors
    /// Where the member is not there, or has an authenticator already.
    pub async fn member_totp_offer(
        &self,
        id: MemberId,
        secret: &TotpSecret,
    ) -> Result<(), StoreError> {
        let sealed = seal::enclose(&self.inner().key, &bound_to(id.raw()), secret.reveal())?;
        self.note(move |conn| Box::pin(offer(conn, id, sealed)))
            .await
    }

    /// The secret that was offered and is not confirmed yet.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn member_totp_offered(
        &self,
        id: MemberId,
    ) -> Result<Option<TotpSecret>, StoreError> {
        let found = self
            .read(move |conn| Box::pin(row::by_id(conn, id)))
            .await?;
        let open = found.filter(|row| !row.totp_confirmed);
        let sealed = open.and_then(|row| row.totp_sealed);
        sealed
            .map(|sealed| TotpSecret::unseal(&self.inner().key, id.raw(), &sealed))
            .transpose()
    }

    /// Has codes of the offered authenticator asked for from now on. `step` is the one of the code
    /// by which it was confirmed, which is not accepted again.
    ///
    /// # Errors
    /// Where the member is not there.
    pub async fn member_totp_confirm(
        &self,
        who: &Actor,
        id: MemberId,
        step: i64,
        recovery: Vec<Digest>,
        at: Timestamp,
    ) -> Result<StoredMember, StoreError> {
        self.write(who, at, move |conn| {
            Box::pin(confirm(conn, id, step, recovery))
        })
        .await
    }

    /// Asks for no codes any more.
    ///
    /// # Errors
    /// Where the member is not there.
    pub async fn member_totp_remove(
        &self,
        who: &Actor,
        id: MemberId,
        at: Timestamp,
    ) -> Result<StoredMember, StoreError> {
        self.write(who, at, move |conn| Box::pin(remove(conn, id)))
            .await
    }

    /// Takes the code of a step. False where it, or a later one, was taken before.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn member_totp_take(&self, id: MemberId, step: i64) -> Result<bool, StoreError> {
        self.note(move |conn| Box::pin(take_step(conn, id, step)))
            .await
    }

    /// Takes a recovery code. False where there is no such code, or not any more.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn member_recovery_take(
        &self,
        id: MemberId,
        code: Digest,
    ) -> Result<bool, StoreError> {
        self.note(move |conn| Box::pin(take_code(conn, id, code)))
            .await
    }
}

async fn offer(conn: &mut Conn, id: MemberId, sealed: Vec<u8>) -> Result<(), StoreError> {
    let row = members::table
        .find(id.raw())
        .filter(members::totp_confirmed.eq(false));
    let found = on_backend!(conn, c => diesel::update(row)
        .set((members::totp_sealed.eq(Some(sealed)), members::totp_step.eq(0)))
        .execute(c)
        .await)?;
    if found == 0 {
        return Err(StoreError::not_found(Kind::Member, id));
    }
    Ok(())
}

async fn confirm(
    conn: &mut Conn,
    id: MemberId,
    step: i64,
    recovery: Vec<Digest>,
) -> Changed<StoredMember> {
    let before = row::fetch(conn, id).await?;
    on_backend!(conn, c => diesel::update(members::table.find(id.raw()))
        .set((
            members::totp_confirmed.eq(true),
            members::totp_step.eq(step),
            members::version.eq(members::version + 1),
        ))
        .execute(c)
        .await)?;
    forget_codes(conn, id).await?;
    for code in recovery {
        let row = (
            recovery_codes::hash.eq(code.bytes()),
            recovery_codes::member_id.eq(id.raw()),
        );
        on_backend!(conn, c => diesel::insert_into(recovery_codes::table)
            .values(row)
            .execute(c)
            .await)?;
    }
    let after = row::fetch(conn, id).await?;
    let change = changed("totp-enable", Some(&before), Some(&after))?;
    Ok((after, change))
}

async fn remove(conn: &mut Conn, id: MemberId) -> Changed<StoredMember> {
    let before = row::fetch(conn, id).await?;
    on_backend!(conn, c => diesel::update(members::table.find(id.raw()))
        .set((
            members::totp_confirmed.eq(false),
            members::totp_sealed.eq(None::<Vec<u8>>),
            members::version.eq(members::version + 1),
        ))
        .execute(c)
        .await)?;
    forget_codes(conn, id).await?;
    let after = row::fetch(conn, id).await?;
    let change = changed("totp-disable", Some(&before), Some(&after))?;
    Ok((after, change))
}

async fn forget_codes(conn: &mut Conn, id: MemberId) -> Result<(), StoreError> {
    let codes = recovery_codes::table.filter(recovery_codes::member_id.eq(id.raw()));
    on_backend!(conn, c => diesel::delete(codes).execute(c).await)?;
    Ok(())
}

async fn take_step(conn: &mut Conn, id: MemberId, step: i64) -> Result<bool, StoreError> {
    let row = members::table
        .find(id.raw())
        .filter(members::totp_step.lt(step));
    let taken = on_backend!(conn, c => diesel::update(row)
        .set(members::totp_step.eq(step))
        .execute(c)
        .await)?;
    Ok(taken > 0)
}

async fn take_code(conn: &mut Conn, id: MemberId, code: Digest) -> Result<bool, StoreError> {
    let row = recovery_codes::table
        .filter(recovery_codes::hash.eq(code.bytes()))
        .filter(recovery_codes::member_id.eq(id.raw()));
    let taken = on_backend!(conn, c => diesel::delete(row).execute(c).await)?;
    Ok(taken > 0)
}

/// Associated data: a secret that is moved to another member does not open there.
fn bound_to(member: i64) -> Vec<u8> {
    [
        b"authenticator of a member".as_slice(),
        &member.to_be_bytes(),
    ]
    .concat()
}
