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
        let is_known =
            touched == Some(Touched::Catalog) && changes.touched.last() == touched.as_ref();
        changes.touched.extend(touched.filter(|_| !is_known));
        changes.revision = Revision(seq);
    }
    Ok(changes)
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
