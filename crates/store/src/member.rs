//! Members: the people who sign in. One owner who can sign in always remains, once there was one.

mod change;
mod login;
mod password;
mod role;
pub(crate) mod row;
mod totp;

use serde::Serialize;
use tollgate_policy::id::MemberId;
use tollgate_policy::name::Name;
use tollgate_policy::time::Timestamp;

use crate::actor::Actor;
use crate::error::StoreError;
use crate::store::Store;

pub(crate) use change::{add, changed};
pub use login::{Login, LoginError};
pub(crate) use password::write as write_password;
pub use password::{PasswordHash, Proof};
pub use role::Role;
pub use totp::TotpSecret;

/// A member to be made. They cannot sign in before they have a password or an identity.
#[derive(Debug, Clone)]
pub struct NewMember {
    /// What they sign in with; unique in any case.
    pub login: Login,
    /// What they are called.
    pub name: Name,
    /// What they may do.
    pub role: Role,
    /// By which another server signs them in.
    pub identity: Option<Identity>,
}

/// By which an OpenID Connect issuer knows somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// The issuer's address.
    pub issuer: String,
    /// What the issuer calls them: the claim `sub`.
    pub subject: String,
}

/// What to change of a member: `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct MemberEdit {
    /// Another login.
    pub login: Option<Login>,
    /// Another name.
    pub name: Option<Name>,
    /// Another role. Their sessions end.
    pub role: Option<Role>,
    /// Whether they may sign in. Where not, their sessions end.
    pub enabled: Option<bool>,
    /// Another identity, or none.
    pub identity: Option<Option<Identity>>,
    /// Only if the member is at this version still.
    pub if_version: Option<i64>,
}

/// A member as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMember {
    /// The id.
    pub id: MemberId,
    /// What they sign in with.
    pub login: Login,
    /// What they are called.
    pub name: Name,
    /// What they may do.
    pub role: Role,
    /// Whether they may sign in.
    pub enabled: bool,
    /// Whether they have chosen a password.
    pub has_password: bool,
    /// Whether a code of an authenticator is asked for as well.
    pub has_totp: bool,
    /// By which another server signs them in.
    pub identity: Option<Identity>,
    /// When they were made.
    pub created_at: Timestamp,
    /// When they were last changed.
    pub updated_at: Timestamp,
    /// When they last signed in.
    pub signed_in_at: Option<Timestamp>,
    /// Grows with each change.
    pub version: i64,
}

/// Members. Every error leaves everything as it was.
impl Store {
    /// Makes a member.
    ///
    /// # Errors
    /// Where the login or identity is taken, or the account is not there.
    pub async fn member_insert(
        &self,
        who: &Actor,
        new: NewMember,
        id: MemberId,
        at: Timestamp,
    ) -> Result<StoredMember, StoreError> {
        self.write(who, at, move |conn| {
            Box::pin(change::insert(conn, new, id, at))
        })
        .await
    }

    /// Changes a member. Another role, or being disabled, ends their sessions.
    ///
    /// # Errors
    /// Where they are not there or at another version, the login or identity is taken, the account
    /// is not there, or no owner would remain who can sign in.
    pub async fn member_edit(
        &self,
        who: &Actor,
        id: MemberId,
        edit: MemberEdit,
        at: Timestamp,
    ) -> Result<StoredMember, StoreError> {
        self.write(who, at, move |conn| {
            Box::pin(change::edit(conn, id, edit, at))
        })
        .await
    }

    /// Deletes a member with their sessions, links and API credentials.
    ///
    /// # Errors
    /// Where they are not there, or no owner would remain who can sign in.
    pub async fn member_delete(
        &self,
        who: &Actor,
        id: MemberId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(who, at, move |conn| Box::pin(change::delete(conn, id)))
            .await
    }

    /// The member of this id.
    ///
    /// # Errors
    /// Where they are not there.
    pub async fn member_fetch(&self, id: MemberId) -> Result<StoredMember, StoreError> {
        self.read(move |conn| Box::pin(row::fetch(conn, id))).await
    }

    /// The member of this login in any case, if there is one.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn member_find_by_login(
        &self,
        login: &Login,
    ) -> Result<Option<StoredMember>, StoreError> {
        let key = login.key();
        self.read(move |conn| {
            Box::pin(async move {
                let found = row::by_login(conn, &key).await?;
                found.map(row::MemberRow::read).transpose()
            })
        })
        .await
    }

    /// The member whom an issuer knows as this one, if there is one.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn member_find_by_identity(
        &self,
        identity: Identity,
    ) -> Result<Option<StoredMember>, StoreError> {
        self.read(move |conn| Box::pin(async move { row::by_identity(conn, &identity).await }))
            .await
    }

    /// All members by login.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn member_list(&self) -> Result<Vec<StoredMember>, StoreError> {
        self.read(|conn| Box::pin(row::all(conn))).await
    }

    /// Whether there is an owner who can sign in.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn has_owner(&self) -> Result<bool, StoreError> {
        let owners = self.read(|conn| Box::pin(row::owners(conn))).await?;
        Ok(owners > 0)
    }
}
