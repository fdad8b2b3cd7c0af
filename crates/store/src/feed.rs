//! The audit log as the feed of changes.

mod sqlite;

use std::sync::{Mutex, PoisonError};

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

type Changed = (i64, String, i64, Vec<u8>);

/// The last change that was read, and its hash: where the log has another one in its place, or none,
/// changes were lost that were told of.
#[derive(Debug, Default)]
pub(crate) struct Mark(Option<(i64, Vec<u8>)>);

/// What was changed after a revision.
pub(crate) async fn after(
    conn: &mut Conn,
    after: Revision,
    mark: &Mutex<Mark>,
) -> Result<Changes, StoreError> {
    let rows = on_backend!(conn, c => audit::table
        .filter(audit::seq.ge(after.0))
        .order(audit::seq.asc())
        .limit(MOST)
        .select((audit::seq, audit::subject_kind, audit::subject_id, audit::hash))
        .load::<Changed>(c)
        .await)?;
    let told = {
        let mut mark = mark.lock().unwrap_or_else(PoisonError::into_inner);
        mark.changes(after, rows)?
    };
    match told {
        Some(changes) => Ok(changes),
        None => Ok(lost(after, revision(conn).await?)),
    }
}

/// All has to be read anew, and what comes is what comes after the change that is the last one now.
fn lost(after: Revision, head: Revision) -> Changes {
    tracing::warn!(
        known = after.0,
        head = head.0,
        "the store has lost changes that were in force: all rights are read anew"
    );
    Changes {
        touched: vec![Touched::Everything],
        revision: head,
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

impl Mark {
    /// What rows from a revision on tell; `None` where the change of that revision is not there any
    /// more.
    fn changes(
        &mut self,
        after: Revision,
        rows: Vec<Changed>,
    ) -> Result<Option<Changes>, StoreError> {
        let mut changes = Changes {
            touched: Vec::new(),
            revision: after,
        };
        let mut rows = rows.into_iter();
        if after > Revision(0) {
            let first = rows.next().filter(|row| row.0 == after.0);
            let Some((seq, _, _, hash)) = first.filter(|row| self.fits(row.0, &row.3)) else {
                self.0 = None;
                return Ok(None);
            };
            self.0 = Some((seq, hash));
        }
        for (seq, kind, id, hash) in rows {
            let touched = touched(seq, &kind, id)?;
            // Changes of the catalog in a row make one reason to read it anew.
            let is_known =
                touched == Some(Touched::Catalog) && changes.touched.last() == touched.as_ref();
            changes.touched.extend(touched.filter(|_| !is_known));
            changes.revision = Revision(seq);
            self.0 = Some((seq, hash));
        }
        Ok(Some(changes))
    }

    fn fits(&self, seq: i64, hash: &[u8]) -> bool {
        let known = self.0.as_ref().filter(|(known, _)| *known == seq);
        known.is_none_or(|(_, known)| known == hash)
    }
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
