//! Sessions: who is signed in, where and until when. A cookie is found by its keyed hash alone.

mod row;

use std::time::Duration;

use serde::Serialize;
use tollgate_policy::id::{MemberId, SessionId};
use tollgate_policy::time::Timestamp;

use crate::actor::Actor;
use crate::audit::Change;
use crate::backend::Conn;
use crate::columns::text;
use crate::digest::Digest;
use crate::error::{Kind, StoreError};
use crate::member::StoredMember;
use crate::member::row as member;
use crate::store::{Changed, Store};

pub(crate) use row::delete_of;

/// When somebody was last seen is written this often at most.
const SEEN_EVERY: Duration = Duration::from_secs(60);
/// The most sessions of one member: the ones that were not seen for longest end first.
const MOST: usize = 50;
/// The longest address and user agent that are kept, in characters.
const LONGEST: usize = 200;

/// A session to be begun.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// What is kept of its cookie.
    pub digest: Digest,
    /// Whose it is.
    pub member: MemberId,
    /// At which version they were when they proved who they are.
    pub version: i64,
    /// From where they signed in.
    pub address: String,
    /// With what they signed in.
    pub user_agent: String,
    /// When it ends whatever is done.
    pub expires_at: Timestamp,
}

/// A session as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSession {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub member: MemberId,
    /// From where they signed in.
    pub address: String,
    /// With what they signed in.
    pub user_agent: String,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When they were last seen, to a minute.
    pub seen_at: Timestamp,
    /// When it ends whatever is done.
    pub expires_at: Timestamp,
}

/// What the audit log keeps of a session.
#[derive(Serialize)]
struct Record {
    session: String,
    address: String,
    user_agent: String,
}

impl From<&StoredSession> for Record {
    fn from(stored: &StoredSession) -> Self {
        Self {
            session: stored.id.to_string(),
            address: stored.address.clone(),
            user_agent: stored.user_agent.clone(),
        }
    }
}

/// Sessions. Every error leaves everything as it was.
impl Store {
    /// Begins a session: somebody has signed in. The audit log has it as `member.sign-in`.
    ///
    /// # Errors
    /// Where the member is not there, is disabled, or was changed since they proved who they are: what
    /// they proved it with may be a password that is not theirs any more.
    pub async fn session_open(
        &self,
        who: &Actor,
        new: NewSession,
        at: Timestamp,
    ) -> Result<StoredSession, StoreError> {
        self.write(who, at, move |conn| Box::pin(open(conn, new, at)))
            .await
    }

    /// The session of a cookie, with its member. `None` where it ended, was not seen for `idle`, or
    /// its member is disabled.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn session_find(
        &self,
        digest: Digest,
        idle: Duration,
        now: Timestamp,
    ) -> Result<Option<(StoredSession, StoredMember)>, StoreError> {
        let found = self
            .read(move |conn| Box::pin(row::by_digest(conn, digest)))
            .await?;
        let alive = |one: &(StoredSession, StoredMember)| {
            let (session, member) = one;
            member.enabled && now < session.expires_at && now < session.seen_at.plus(idle)
        };
        let Some((mut session, member)) = found.filter(alive) else {
            return Ok(None);
        };
        if session.seen_at.plus(SEEN_EVERY) <= now {
            let id = session.id;
            self.note(move |conn| Box::pin(row::seen(conn, id, now)))
                .await?;
            session.seen_at = now;
        }
        Ok(Some((session, member)))
    }

    /// Sessions that have not ended, of one member or of all, those last seen first.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn session_list(
        &self,
        member: Option<MemberId>,
        idle: Duration,
        now: Timestamp,
    ) -> Result<Vec<StoredSession>, StoreError> {
        self.read(move |conn| Box::pin(row::alive(conn, member, idle, now)))
            .await
    }

    /// The session of this id.
    ///
    /// # Errors
    /// Where it is not there.
    pub async fn session_fetch(&self, id: SessionId) -> Result<StoredSession, StoreError> {
        self.read(move |conn| Box::pin(fetch(conn, id))).await
    }

    /// Ends a session: its member has signed out, which the audit log calls `member.sign-out`, or
    /// somebody revoked it.
    ///
    /// # Errors
    /// Where it is not there.
    pub async fn session_close(
        &self,
        who: &Actor,
        id: SessionId,
        signed_out: bool,
        at: Timestamp,
    ) -> Result<StoredSession, StoreError> {
        self.write(who, at, move |conn| Box::pin(close(conn, id, signed_out)))
            .await
    }

    /// Ends all sessions of a member. Says how many.
    ///
    /// # Errors
    /// Where the member is not there.
    pub async fn session_close_all(
        &self,
        who: &Actor,
        member: MemberId,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        self.write(who, at, move |conn| Box::pin(close_all(conn, member)))
            .await
    }
}

async fn open(conn: &mut Conn, new: NewSession, at: Timestamp) -> Changed<StoredSession> {
    let owner = member::fetch(conn, new.member).await?;
    if !owner.enabled {
        return Err(StoreError::not_found(Kind::Member, new.member));
    }
    StoreError::unless_at(Kind::Member, owner.id, Some(new.version), owner.version)?;
    row::prune(conn, at).await?;
    let shortened = |long: String| text(long.chars().take(LONGEST).collect());
    let stored = StoredSession {
        id: new.id,
        member: new.member,
        address: shortened(new.address),
        user_agent: shortened(new.user_agent),
        created_at: at,
        seen_at: at,
        expires_at: new.expires_at,
    };
    row::insert(conn, &stored, new.digest).await?;
    row::keep_newest(conn, new.member, MOST).await?;
    row::signed_in(conn, new.member, at).await?;
    let (after, id) = (Record::from(&stored), new.member.raw());
    let change = Change::new(Kind::Member, "sign-in", id, None, Some(&after))?;
    Ok((stored, change))
}

async fn close(conn: &mut Conn, id: SessionId, signed_out: bool) -> Changed<StoredSession> {
    let stored = fetch(conn, id).await?;
    row::delete(conn, id).await?;
    let (before, member) = (Record::from(&stored), stored.member.raw());
    let change = match signed_out {
        true => Change::new(Kind::Member, "sign-out", member, Some(&before), None)?,
        false => Change::new(Kind::Session, "revoke", id.raw(), Some(&before), None)?,
    };
    Ok((stored, change))
}

async fn close_all(conn: &mut Conn, id: MemberId) -> Changed<u64> {
    #[derive(Serialize)]
    struct Ended {
        sessions: u64,
    }
    member::fetch(conn, id).await?;
    let sessions = delete_of(conn, id).await?;
    let before = Ended { sessions };
    let change = Change::new(Kind::Member, "sessions-end", id.raw(), Some(&before), None)?;
    Ok((sessions, change))
}

async fn fetch(conn: &mut Conn, id: SessionId) -> Result<StoredSession, StoreError> {
    let found = row::by_id(conn, id).await?;
    found.ok_or_else(|| StoreError::not_found(Kind::Session, id))
}
