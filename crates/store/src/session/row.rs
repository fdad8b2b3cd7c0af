//! The table of sessions.

use std::time::Duration;

use diesel::prelude::{Insertable, Queryable, Selectable};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use tollgate_policy::id::{MemberId, SessionId};
use tollgate_policy::time::Timestamp;

use super::StoredSession;
use crate::backend::{Conn, on_backend};
use crate::columns::Row;
use crate::digest::Digest;
use crate::error::StoreError;
use crate::member::StoredMember;
use crate::member::row::MemberRow;
use crate::schema::{members, sessions};

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct SessionRow {
    id: i64,
    member_id: i64,
    address: String,
    user_agent: String,
    created_at: i64,
    seen_at: i64,
    expires_at: i64,
}

#[derive(Insertable)]
#[diesel(table_name = sessions)]
struct SessionWrite {
    id: i64,
    hash: Vec<u8>,
    member_id: i64,
    address: String,
    user_agent: String,
    created_at: i64,
    seen_at: i64,
    expires_at: i64,
}

impl SessionRow {
    fn read(self) -> Result<StoredSession, StoreError> {
        let row = Row::new("sessions", self.id);
        Ok(StoredSession {
            id: row.id("id", SessionId::from_raw(self.id))?,
            member: row.id("member_id", MemberId::from_raw(self.member_id))?,
            address: self.address,
            user_agent: self.user_agent,
            created_at: Timestamp::from_micros(self.created_at),
            seen_at: Timestamp::from_micros(self.seen_at),
            expires_at: Timestamp::from_micros(self.expires_at),
        })
    }
}

pub(super) async fn insert(
    conn: &mut Conn,
    stored: &StoredSession,
    digest: Digest,
) -> Result<(), StoreError> {
    let row = SessionWrite {
        id: stored.id.raw(),
        hash: digest.bytes(),
        member_id: stored.member.raw(),
        address: stored.address.clone(),
        user_agent: stored.user_agent.clone(),
        created_at: stored.created_at.as_micros(),
        seen_at: stored.seen_at.as_micros(),
        expires_at: stored.expires_at.as_micros(),
    };
    on_backend!(conn, c => diesel::insert_into(sessions::table).values(row).execute(c).await)?;
    Ok(())
}

pub(super) async fn by_digest(
    conn: &mut Conn,
    digest: Digest,
) -> Result<Option<(StoredSession, StoredMember)>, StoreError> {
    let found = on_backend!(conn, c => sessions::table
        .inner_join(members::table)
        .filter(sessions::hash.eq(digest.bytes()))
        .select((SessionRow::as_select(), MemberRow::as_select()))
        .first::<(SessionRow, MemberRow)>(c)
        .await
        .optional())?;
    found
        .map(|(session, member)| Ok((session.read()?, member.read()?)))
        .transpose()
}

pub(super) async fn by_id(
    conn: &mut Conn,
    id: SessionId,
) -> Result<Option<StoredSession>, StoreError> {
    let found = on_backend!(conn, c => sessions::table
        .find(id.raw())
        .select(SessionRow::as_select())
        .first::<SessionRow>(c)
        .await
        .optional())?;
    found.map(SessionRow::read).transpose()
}

pub(super) async fn alive(
    conn: &mut Conn,
    member: Option<MemberId>,
    idle: Duration,
    now: Timestamp,
) -> Result<Vec<StoredSession>, StoreError> {
    let rows = on_backend!(conn, c => {
        let mut rows = sessions::table
            .filter(sessions::expires_at.gt(now.as_micros()))
            .filter(sessions::seen_at.gt(now.minus(idle).as_micros()))
            .select(SessionRow::as_select())
            .order((sessions::seen_at.desc(), sessions::id.desc()))
            .limit(1000)
            .into_boxed();
        if let Some(member) = member {
            rows = rows.filter(sessions::member_id.eq(member.raw()));
        }
        rows.load::<SessionRow>(c).await
    })?;
    rows.into_iter().map(SessionRow::read).collect()
}

pub(super) async fn seen(conn: &mut Conn, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::update(sessions::table.find(id.raw()))
        .set(sessions::seen_at.eq(now.as_micros()))
        .execute(c)
        .await)?;
    Ok(())
}

pub(super) async fn signed_in(
    conn: &mut Conn,
    member: MemberId,
    at: Timestamp,
) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::update(members::table.find(member.raw()))
        .set(members::signed_in_at.eq(Some(at.as_micros())))
        .execute(c)
        .await)?;
    Ok(())
}

pub(super) async fn delete(conn: &mut Conn, id: SessionId) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::delete(sessions::table.find(id.raw())).execute(c).await)?;
    Ok(())
}

/// Ends all sessions of a member. Says how many.
pub(crate) async fn delete_of(conn: &mut Conn, member: MemberId) -> Result<u64, StoreError> {
    let theirs = sessions::table.filter(sessions::member_id.eq(member.raw()));
    let ended = on_backend!(conn, c => diesel::delete(theirs).execute(c).await)?;
    Ok(ended as u64)
}

/// Lets go of sessions that have ended.
pub(super) async fn prune(conn: &mut Conn, now: Timestamp) -> Result<(), StoreError> {
    let ended = sessions::table.filter(sessions::expires_at.le(now.as_micros()));
    on_backend!(conn, c => diesel::delete(ended).execute(c).await)?;
    Ok(())
}

/// Ends sessions of a member beyond the number that they may have.
pub(super) async fn keep_newest(
    conn: &mut Conn,
    member: MemberId,
    most: usize,
) -> Result<(), StoreError> {
    let ids = on_backend!(conn, c => sessions::table
        .filter(sessions::member_id.eq(member.raw()))
        .order((sessions::seen_at.desc(), sessions::id.desc()))
        .select(sessions::id)
        .load::<i64>(c)
        .await)?;
    for id in ids.into_iter().skip(most) {
        on_backend!(conn, c => diesel::delete(sessions::table.find(id)).execute(c).await)?;
    }
    Ok(())
}
