//! Checks the whole audit log against its chain of hashes.

use diesel::{ExpressionMethods, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;

use super::chain::{AuditRow, START};
use super::head::Head;
use crate::backend::{Conn, on_backend};
use crate::error::StoreError;
use crate::schema::audit;
use crate::store::Store;

const PAGE: i64 = 500;

/// What the check of the audit log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditVerdict {
    /// Every row is as it was written.
    Whole {
        /// How many rows there are.
        rows: i64,
        /// The hash of the last row, in hexadecimal: kept elsewhere, it also shows a log that was
        /// written anew from its beginning.
        head: String,
    },
    /// The log was tampered with, or damaged.
    Bad {
        /// The number of the first row that is not as it was written, or is not there.
        seq: i64,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl Store {
    /// Checks every row of the audit log; finds rows that were modified, deleted, moved or cut off.
    ///
    /// # Errors
    /// Where the database does not answer. A bad log is no error but a verdict.
    pub async fn audit_verify(&self) -> Result<AuditVerdict, StoreError> {
        self.read(|conn| Box::pin(verify(conn))).await
    }
}

async fn verify(conn: &mut Conn) -> Result<AuditVerdict, StoreError> {
    let head = Head::fetch(conn).await?;
    let mut last = Head {
        seq: 0,
        hash: START,
    };
    loop {
        let page = page(conn, last.seq).await?;
        if page.is_empty() {
            return Ok(at_the_end(&head, &last));
        }
        for row in &page {
            match follows(&last, row) {
                Ok(next) => last = next,
                Err(why) => {
                    let seq = last.seq + 1;
                    return Ok(AuditVerdict::Bad { seq, why });
                }
            }
        }
    }
}

fn at_the_end(head: &Head, last: &Head) -> AuditVerdict {
    let bad = |seq, why| AuditVerdict::Bad { seq, why };
    if head.seq > last.seq {
        return bad(last.seq + 1, "the rows from here on were cut off");
    }
    if head.seq < last.seq {
        return bad(head.seq + 1, "the row was added without the store");
    }
    if head.hash != last.hash {
        return bad(last.seq, "its hash is not the one that the log ends with");
    }
    AuditVerdict::Whole {
        rows: last.seq,
        head: blake3::Hash::from_bytes(last.hash).to_hex().to_string(),
    }
}

fn follows(last: &Head, row: &AuditRow) -> Result<Head, &'static str> {
    if row.seq != last.seq + 1 {
        return Err("the row is missing");
    }
    if row.previous != last.hash {
        return Err("it does not follow the row before it");
    }
    let hash = row.computed();
    if row.hash != hash {
        return Err("it was modified");
    }
    Ok(Head { seq: row.seq, hash })
}

/// The rows after a number. A row with a number of zero or less has no place in the log.
async fn page(conn: &mut Conn, after: i64) -> Result<Vec<AuditRow>, StoreError> {
    let from = if after == 0 { i64::MIN } else { after + 1 };
    let rows = on_backend!(conn, c => audit::table
        .filter(audit::seq.ge(from))
        .order(audit::seq.asc())
        .limit(PAGE)
        .select(AuditRow::as_select())
        .load::<AuditRow>(c)
        .await)?;
    Ok(rows)
}
