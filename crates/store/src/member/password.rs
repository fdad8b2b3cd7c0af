//! What members prove themselves with. Hashing and comparing is done outside: it takes long.

use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use tollgate_policy::id::MemberId;
use tollgate_policy::time::Timestamp;

use super::change::changed;
use super::totp::TotpSecret;
use super::{Login, StoredMember, row};
use crate::actor::Actor;
use crate::backend::{Conn, on_backend};
use crate::error::{Kind, StoreError};
use crate::schema::members;
use crate::session;
use crate::store::{Changed, Store};

/// The argon2id hash of a password, as a PHC text. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

/// What a member is to prove themselves against.
#[derive(Debug)]
pub struct Proof {
    /// Who they are.
    pub member: StoredMember,
    /// The hash of their password; `None` where they have none.
    pub password: Option<PasswordHash>,
    /// The secret of their authenticator; `None` where no code is asked for.
    pub totp: Option<TotpSecret>,
}

impl PasswordHash {
    /// A hash in the PHC text form.
    pub fn new(phc: String) -> Self {
        Self(phc)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

impl Store {
    /// What the member of a login is to prove themselves against; `None` where there is no such
    /// member, or they are disabled.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn member_proof(&self, login: &Login) -> Result<Option<Proof>, StoreError> {
        let key = login.key();
        let found = self
            .read(move |conn| Box::pin(async move { row::by_login(conn, &key).await }))
            .await?;
        self.proof(found)
    }

    /// As [`Store::member_proof`], of the member of this id.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn member_proof_of(&self, id: MemberId) -> Result<Option<Proof>, StoreError> {
        let found = self
            .read(move |conn| Box::pin(row::by_id(conn, id)))
            .await?;
        self.proof(found)
    }

    fn proof(&self, found: Option<row::MemberRow>) -> Result<Option<Proof>, StoreError> {
        let Some(mut row) = found else {
            return Ok(None);
        };
        let sealed = row.totp_sealed.take().filter(|_| row.totp_confirmed);
        let totp = sealed.map(|sealed| TotpSecret::unseal(&self.inner().key, row.id, &sealed));
        let password = row.password.clone().map(PasswordHash);
        let proof = Proof {
            totp: totp.transpose()?,
            password,
            member: row.read()?,
        };
        Ok(Some(proof).filter(|proof| proof.member.enabled))
    }

    /// Gives a member another password, and ends all their sessions. `version` is that at which they
    /// proved who they are.
    ///
    /// # Errors
    /// Where they are not there, or were changed since.
    pub async fn member_set_password(
        &self,
        who: &Actor,
        (id, version): (MemberId, i64),
        hash: PasswordHash,
        at: Timestamp,
    ) -> Result<StoredMember, StoreError> {
        self.write(who, at, move |conn| {
            Box::pin(set(conn, id, version, hash, at))
        })
        .await
    }

    /// Replaces a hash by one of the same password with other parameters, unless the password was
    /// changed meanwhile. No row of the audit log: nothing has changed for anybody.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn member_rehash(
        &self,
        id: MemberId,
        seen: PasswordHash,
        hash: PasswordHash,
    ) -> Result<(), StoreError> {
        self.note(move |conn| {
            Box::pin(async move {
                let row = members::table
                    .find(id.raw())
                    .filter(members::password.eq(seen.0));
                on_backend!(conn, c => diesel::update(row)
                    .set(members::password.eq(Some(hash.0)))
                    .execute(c)
                    .await)?;
                Ok(())
            })
        })
        .await
    }
}

async fn set(
    conn: &mut Conn,
    id: MemberId,
    version: i64,
    hash: PasswordHash,
    at: Timestamp,
) -> Changed<StoredMember> {
    let before = row::fetch(conn, id).await?;
    StoreError::unless_at(Kind::Member, id, Some(version), before.version)?;
    write(conn, id, hash, at).await?;
    let after = row::fetch(conn, id).await?;
    let change = changed("password", Some(&before), Some(&after))?;
    Ok((after, change))
}

/// Writes a password and ends all sessions, without a row of the audit log.
pub(crate) async fn write(
    conn: &mut Conn,
    id: MemberId,
    hash: PasswordHash,
    at: Timestamp,
) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::update(members::table.find(id.raw()))
        .set((
            members::password.eq(Some(hash.0)),
            members::updated_at.eq(at.as_micros()),
            members::version.eq(members::version + 1),
        ))
        .execute(c)
        .await)?;
    session::delete_of(conn, id).await?;
    Ok(())
}
