//! The audit log as the feed of changes.

mod sqlite;

use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use tollgate_policy::id::{AccountId, TokenId};
use tollgate_rights::source::{Changes, Revision, Touched};

use crate::backend::{Conn, on_backend};
use crate::columns::Row;
use crate::error::{Kind, StoreError};
use crate::schema::audit;

pub(crate) use sqlite::SqliteFeed;

/// What was missed in a long absence is read in parts.
const MOST: i64 = 10_000;

type Changed = (i64, String, i64);

/// What was changed after a revision.
pub(crate) async fn after(conn: &mut Conn, after: Revision) -> Result<Changes, StoreError> {
    let rows = on_backend!(conn, c => audit::table
        .filter(audit::seq.gt(after.0))
        .order(audit::seq.asc())
        .limit(MOST)
        .select((audit::seq, audit::subject_kind, audit::subject_id))
        .load::<Changed>(c)
        .await)?;
    changes(after, rows)
}

/// The number of the last change.
pub(crate) async fn revision(conn: &mut Conn) -> Result<Revision, StoreError> {
    let last = on_backend!(conn, c => audit::table
        .select(diesel::dsl::max(audit::seq))
        .first::<Option<i64>>(c)
        .await)?;
    Ok(Revision(last.unwrap_or(0)))
}

fn changes(after: Revision, rows: Vec<Changed>) -> Result<Changes, StoreError> {
    let mut changes = Changes {
        touched: Vec::new(),
        revision: after,
    };
    for (seq, kind, id) in rows {
        let touched = touched(seq, &kind, id)?;
        // Changes of the catalog in a row make one reason to read it anew.
        if touched != Touched::Catalog || changes.touched.last() != Some(&touched) {
            changes.touched.push(touched);
        }
        changes.revision = Revision(seq);
    }
    Ok(changes)
}

fn touched(seq: i64, kind: &str, id: i64) -> Result<Touched, StoreError> {
    let row = Row::new("audit", seq);
    Ok(
        match row.one_of("subject_kind", kind, &Kind::ALL, Kind::name)? {
            Kind::Token => Touched::Token(row.id("subject_id", TokenId::from_raw(id))?),
            Kind::Account => Touched::Account(row.id("subject_id", AccountId::from_raw(id))?),
            Kind::Group | Kind::Model | Kind::Upstream | Kind::Setting => Touched::Catalog,
        },
    )
}
