//! The audit log as the feed of changes.

mod sqlite;

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl};
use diesel_async::RunQueryDsl;
use tollgate_policy::id::{AccountId, TokenId};
use tollgate_rights::source::{Changes, Position, Revision, Touched};

use crate::backend::{Conn, on_backend};
use crate::columns::Row;
use crate::error::{Kind, StoreError};
use crate::schema::audit;

pub(crate) use sqlite::SqliteFeed;

/// What was missed in a long absence is read in parts.
const MOST: i64 = 10_000;

type Changed = (i64, String, i64, Vec<u8>);
/// The last change: its number and its hash, which is the mark of it.
type Head = (i64, Vec<u8>);

/// What was changed after a position.
pub(crate) async fn after(conn: &mut Conn, after: Position) -> Result<Changes, StoreError> {
    let rows = on_backend!(conn, c => audit::table
        .filter(audit::seq.ge(after.revision.0))
        .order(audit::seq.asc())
        .limit(MOST)
        .select((audit::seq, audit::subject_kind, audit::subject_id, audit::hash))
        .load::<Changed>(c)
        .await)?;
    if let Some(changes) = changes(&after, rows)? {
        return Ok(changes);
    }
    let head = on_backend!(conn, c => audit::table
        .order(audit::seq.desc())
        .select((audit::seq, audit::hash))
        .first::<Head>(c)
        .await
        .optional())?;
    Ok(lost(&after, head))
}

/// All has to be read anew, and what comes is what comes after the change that is the last one now.
fn lost(after: &Position, head: Option<Head>) -> Changes {
    let reached = head.map(reached).unwrap_or_default();
    tracing::warn!(
        known = after.revision.0,
        head = reached.revision.0,
        "the store has lost changes that were in force: all rights are read anew"
    );
    Changes {
        touched: vec![Touched::Everything],
        reached,
    }
}

fn reached((seq, hash): Head) -> Position {
    Position {
        revision: Revision(seq),
        mark: Some(hash),
    }
}

/// The number of the last change.
pub(crate) async fn revision(conn: &mut Conn) -> Result<Revision, StoreError> {
    let last = on_backend!(conn, c => audit::table
        .select(diesel::dsl::max(audit::seq))
        .first::<Option<i64>>(c)
        .await)?;
    Ok(Revision(last.unwrap_or(0)))
}

/// What rows from a position on tell; `None` where the change of that position is not there any more,
/// or another one is in its place: changes were lost that were told of.
fn changes(after: &Position, rows: Vec<Changed>) -> Result<Option<Changes>, StoreError> {
    let mut rows = rows.into_iter();
    let mut changes = Changes {
        touched: Vec::new(),
        reached: after.clone(),
    };
    if after.revision > Revision(0) {
        let first = rows.next().filter(|row| row.0 == after.revision.0);
        let first = first.filter(|row| after.mark.as_ref().is_none_or(|mark| *mark == row.3));
        let Some((seq, _, _, hash)) = first else {
            return Ok(None);
        };
        changes.reached = reached((seq, hash));
    }
    for (seq, kind, id, hash) in rows {
        let touched = touched(seq, &kind, id)?;
        // Changes of the catalog in a row make one reason to read it anew.
        let is_known =
            touched == Some(Touched::Catalog) && changes.touched.last() == touched.as_ref();
        changes.touched.extend(touched.filter(|_| !is_known));
        changes.reached = reached((seq, hash));
    }
    Ok(Some(changes))
}

/// None where no right depends on it.
fn touched(seq: i64, kind: &str, id: i64) -> Result<Option<Touched>, StoreError> {
    let row = Row::new("audit", seq);
    Ok(
        match row.one_of("subject_kind", kind, &Kind::ALL, Kind::name)? {
            Kind::Token => {
                let token = row.id("subject_id", TokenId::from_raw(id))?;
                Some(Touched::Token(token))
            }
            Kind::Account => {
                let account = row.id("subject_id", AccountId::from_raw(id))?;
                Some(Touched::Account(account))
            }
            Kind::Group | Kind::Model | Kind::Upstream | Kind::Setting => Some(Touched::Catalog),
            Kind::Usage | Kind::Member | Kind::Session | Kind::ApiCredential => None,
        },
    )
}
