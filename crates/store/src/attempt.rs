//! Attempts to sign in, or to prove once more who one is, counted before each is judged, so that
//! many at once are no way around it.
//!
//! The waits double with each attempt, by login and by address. A right password lets go of those
//! of its login, and takes back its own count of its address.

use std::time::Duration;

use diesel::prelude::{Insertable, Queryable, Selectable};
use diesel::{ExpressionMethods, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use serde::Serialize;
use tollgate_policy::id::MemberId;
use tollgate_policy::time::Timestamp;

use crate::actor::Actor;
use crate::audit::Change;
use crate::backend::{Conn, on_backend};
use crate::digest::Digest;
use crate::error::{Kind, StoreError};
use crate::schema::sign_in_attempts;
use crate::store::{Changed, Store};

/// Attempts are forgotten after a day without another one.
const FORGOTTEN: Duration = Duration::from_secs(24 * 60 * 60);
/// The most rows; beyond them some are let go at a time.
const MOST: i64 = 20_000;
const AT_A_TIME: i64 = 1_000;
/// A login: five attempts without a wait, then 1 s, 2 s, 4 s and so on, 5 minutes at most, since
/// strangers can make its owner wait.
const LOGIN: Rule = Rule { free: 5, most: 300 };
/// An address: twenty attempts, since many people may share it; 15 minutes at most.
const ADDRESS: Rule = Rule {
    free: 20,
    most: 900,
};

struct Rule {
    free: i64,
    /// Seconds.
    most: u64,
}

/// Who tries to sign in, from where.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    /// The login that was written, or the member who is signed in already.
    pub login: Digest,
    /// Where it came from: an address, or the network of one.
    pub address: Digest,
}

/// What becomes of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempted {
    /// It may be judged; it is the n-th of its login since the last success.
    Counted(i64),
    /// It comes too early: try again after this time. It was not counted.
    TooEarly(Duration),
}

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = sign_in_attempts)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct AttemptRow {
    hash: Vec<u8>,
    count: i64,
    last_at: i64,
    until_at: i64,
}

/// What the audit log keeps of failures.
#[derive(Serialize)]
struct Record {
    failures: i64,
}

impl Store {
    /// Counts an attempt to sign in, unless it comes too early.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn sign_in_attempt(
        &self,
        attempt: Attempt,
        at: Timestamp,
    ) -> Result<Attempted, StoreError> {
        self.note(move |conn| Box::pin(count(conn, attempt, at)))
            .await
    }

    /// Lets go of what was counted against a login, and of the last count against the address.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn sign_in_passed(&self, attempt: Attempt) -> Result<(), StoreError> {
        self.note(move |conn| Box::pin(passed(conn, attempt))).await
    }

    /// Lets go of the last count against the address: the password was right, and a code is asked for.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn sign_in_halfway(&self, attempt: Attempt) -> Result<(), StoreError> {
        self.note(move |conn| Box::pin(uncount(conn, attempt.address)))
            .await
    }

    /// Notes in the audit log that a member failed to sign in so many times.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn sign_in_failed(
        &self,
        who: &Actor,
        member: MemberId,
        failures: i64,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(who, at, move |_| {
            Box::pin(async move { failed(member, failures) })
        })
        .await
    }
}

fn failed(member: MemberId, failures: i64) -> Changed<()> {
    let after = Record { failures };
    let id = member.raw();
    let change = Change::new(Kind::Member, "sign-in-failure", id, None, Some(&after))?;
    Ok(((), change))
}

/// The address is looked at first, so that an address that waits makes no rows of logins.
async fn count(conn: &mut Conn, attempt: Attempt, at: Timestamp) -> Result<Attempted, StoreError> {
    prune(conn, at).await?;
    let address = locked(conn, attempt.address, at).await?;
    if let Some(wait) = address.wait(at) {
        return Ok(Attempted::TooEarly(wait));
    }
    let login = locked(conn, attempt.login, at).await?;
    if let Some(wait) = login.wait(at) {
        return Ok(Attempted::TooEarly(wait));
    }
    let counted = login.count.saturating_add(1);
    update(conn, login, &LOGIN, at).await?;
    update(conn, address, &ADDRESS, at).await?;
    Ok(Attempted::Counted(counted))
}

impl AttemptRow {
    /// How long the next attempt has to wait, where it has to.
    fn wait(&self, at: Timestamp) -> Option<Duration> {
        let micros = self.until_at.saturating_sub(at.as_micros());
        (micros > 0).then(|| Duration::from_micros(micros.unsigned_abs()))
    }
}

/// Takes the lock of a row, which is made where there is none.
async fn locked(conn: &mut Conn, digest: Digest, at: Timestamp) -> Result<AttemptRow, StoreError> {
    let new = AttemptRow {
        hash: digest.bytes(),
        count: 0,
        last_at: at.as_micros(),
        until_at: 0,
    };
    let hash = new.hash.clone();
    on_backend!(conn, c => diesel::insert_into(sign_in_attempts::table)
        .values(new)
        .on_conflict_do_nothing()
        .execute(c)
        .await)?;
    let row = on_backend!(conn, c => diesel::update(sign_in_attempts::table.find(hash))
        .set(sign_in_attempts::count.eq(sign_in_attempts::count))
        .returning(AttemptRow::as_returning())
        .get_result::<AttemptRow>(c)
        .await)?;
    Ok(row)
}

async fn update(
    conn: &mut Conn,
    row: AttemptRow,
    rule: &Rule,
    at: Timestamp,
) -> Result<(), StoreError> {
    let count = row.count.saturating_add(1);
    let until = at.plus(rule.wait(count)).as_micros();
    on_backend!(conn, c => diesel::update(sign_in_attempts::table.find(row.hash))
        .set((
            sign_in_attempts::count.eq(count),
            sign_in_attempts::last_at.eq(at.as_micros()),
            sign_in_attempts::until_at.eq(until),
        ))
        .execute(c)
        .await)?;
    Ok(())
}

impl Rule {
    /// How long to wait after this many attempts.
    fn wait(&self, count: i64) -> Duration {
        if count <= self.free {
            return Duration::ZERO;
        }
        let beyond = u32::try_from(count.saturating_sub(self.free)).unwrap_or(u32::MAX);
        let seconds = 1u64.checked_shl(beyond).unwrap_or(u64::MAX) / 2;
        Duration::from_secs(seconds.min(self.most))
    }
}

async fn passed(conn: &mut Conn, attempt: Attempt) -> Result<(), StoreError> {
    // Locks are taken in the order in which attempts take them.
    uncount(conn, attempt.address).await?;
    let login = sign_in_attempts::table.find(attempt.login.bytes());
    on_backend!(conn, c => diesel::delete(login).execute(c).await)?;
    Ok(())
}

async fn uncount(conn: &mut Conn, address: Digest) -> Result<(), StoreError> {
    let address = sign_in_attempts::table
        .find(address.bytes())
        .filter(sign_in_attempts::count.gt(0));
    on_backend!(conn, c => diesel::update(address)
        .set((
            sign_in_attempts::count.eq(sign_in_attempts::count - 1),
            sign_in_attempts::until_at.eq(0),
        ))
        .execute(c)
        .await)?;
    Ok(())
}

/// Forgets what is old, and the oldest where there are too many: those whose wait goes on come last.
async fn prune(conn: &mut Conn, now: Timestamp) -> Result<(), StoreError> {
    let before = now.minus(FORGOTTEN).as_micros();
    let old = sign_in_attempts::table.filter(sign_in_attempts::last_at.le(before));
    on_backend!(conn, c => diesel::delete(old).execute(c).await)?;
    let rows = on_backend!(conn, c => sign_in_attempts::table.count().get_result::<i64>(c).await)?;
    if rows <= MOST {
        return Ok(());
    }
    let oldest = on_backend!(conn, c => sign_in_attempts::table
        .order((
            sign_in_attempts::until_at.gt(now.as_micros()).asc(),
            sign_in_attempts::last_at.asc(),
        ))
        .limit(AT_A_TIME)
        .select(sign_in_attempts::hash)
        .load::<Vec<u8>>(c)
        .await)?;
    let oldest = sign_in_attempts::table.filter(sign_in_attempts::hash.eq_any(oldest));
    on_backend!(conn, c => diesel::delete(oldest).execute(c).await)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_begins_late_doubles_and_ends_growing() {
        let seconds = |count| LOGIN.wait(count).as_secs();
        assert_eq!([1, 4, 5].map(seconds), [0, 0, 0]);
        assert_eq!([6, 7, 8, 9].map(seconds), [1, 2, 4, 8]);
        assert_eq!([14, 15, 70, i64::MAX].map(seconds), [256, 300, 300, 300]);
        assert_eq!(ADDRESS.wait(20), Duration::ZERO);
        assert_eq!(ADDRESS.wait(21), Duration::from_secs(1));
    }
}
