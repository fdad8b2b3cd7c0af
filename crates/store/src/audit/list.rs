//! Reading the audit log, newest first.

use diesel::{ExpressionMethods, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use tollgate_policy::id::{
    AccountId, ApiCredentialId, GroupId, MemberId, ModelId, SessionId, TokenId, UpstreamId,
};
use tollgate_policy::time::Timestamp;

use super::chain::AuditRow;
use super::{AuditEntry, AuditQuery};
use crate::backend::{Conn, on_backend};
use crate::columns::Row;
use crate::error::{Kind, StoreError};
use crate::schema::audit;
use crate::store::Store;

const DEFAULT_LIMIT: u32 = 50;
const MOST: u32 = 1000;

impl Store {
    /// Lists rows of the audit log, newest first.
    ///
    /// # Errors
    /// Where the database does not answer, or a row is damaged.
    pub async fn audit_list(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        let query = query.clone();
        self.read(move |conn| Box::pin(list(conn, query))).await
    }
}

async fn list(conn: &mut Conn, query: AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
    let limit = match query.limit {
        0 => DEFAULT_LIMIT,
        limit => limit.min(MOST),
    };
    let rows = on_backend!(conn, c => {
        let mut rows = audit::table.select(AuditRow::as_select()).into_boxed();
        if let Some(before) = query.before {
            rows = rows.filter(audit::seq.lt(before));
        }
        if let Some(actor) = query.actor {
            rows = rows.filter(audit::actor.eq(actor));
        }
        if let Some(action) = query.action {
            rows = rows.filter(audit::action.eq(action));
        }
        if let Some((kind, id)) = query.subject {
            rows = rows.filter(audit::subject_kind.eq(kind.name()));
            rows = rows.filter(audit::subject_id.eq(id));
        }
        if let Some(from) = query.from {
            rows = rows.filter(audit::at.ge(from.as_micros()));
        }
        if let Some(until) = query.until {
            rows = rows.filter(audit::at.lt(until.as_micros()));
        }
        rows.order(audit::seq.desc()).limit(i64::from(limit)).load::<AuditRow>(c).await
    })?;
    rows.into_iter().map(entry).collect()
}

fn entry(row: AuditRow) -> Result<AuditEntry, StoreError> {
    let at = Row::new("audit", row.seq);
    let kind = at.one_of("subject_kind", &row.subject_kind, &Kind::ALL, Kind::name)?;
    Ok(AuditEntry {
        seq: row.seq,
        at: Timestamp::from_micros(row.at),
        actor: row.actor,
        origin: row.origin,
        action: row.action,
        kind,
        subject: at.id("subject_id", subject(kind, row.subject_id))?,
        before: row.before,
        after: row.after,
    })
}

fn subject(kind: Kind, id: i64) -> Option<String> {
    match kind {
        Kind::Token => TokenId::from_raw(id).map(|id| id.to_string()),
        Kind::Account => AccountId::from_raw(id).map(|id| id.to_string()),
        Kind::Group => GroupId::from_raw(id).map(|id| id.to_string()),
        Kind::Model => ModelId::from_raw(id).map(|id| id.to_string()),
        Kind::Upstream => UpstreamId::from_raw(id).map(|id| id.to_string()),
        Kind::Member => MemberId::from_raw(id).map(|id| id.to_string()),
        Kind::Session => SessionId::from_raw(id).map(|id| id.to_string()),
        Kind::ApiCredential => ApiCredentialId::from_raw(id).map(|id| id.to_string()),
        // Which setting it is, or what of usage, the action says.
        Kind::Setting | Kind::Usage => Some(String::new()),
    }
}
