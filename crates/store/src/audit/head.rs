//! The end of the audit log, at which one writer at a time adds a row.

use diesel_async::RunQueryDsl;
use tollgate_policy::time::Timestamp;

use super::Change;
use super::chain::AuditRow;
use crate::actor::Actor;
use crate::backend::{Conn, on_backend};
use crate::error::StoreError;
use crate::meta;
use crate::schema::audit;

const KEY: &str = "audit.head";

/// The number and hash of the last row.
pub(crate) struct Head {
    pub(super) seq: i64,
    pub(super) hash: [u8; 32],
}

impl Head {
    /// Reads the head, and keeps other writers away from it until the transaction ends.
    pub(crate) async fn lock(conn: &mut Conn) -> Result<Self, StoreError> {
        let text = meta::lock(conn, KEY).await?;
        Self::parse(text.as_deref())
    }

    /// Reads the head.
    pub(super) async fn fetch(conn: &mut Conn) -> Result<Self, StoreError> {
        let text = meta::fetch(conn, KEY).await?;
        Self::parse(text.as_deref())
    }

    /// Adds a row and moves the head to it.
    pub(crate) async fn append(
        self,
        conn: &mut Conn,
        who: &Actor,
        at: Timestamp,
        change: Change,
    ) -> Result<(), StoreError> {
        let mut row = AuditRow {
            seq: self.seq + 1,
            at: at.as_micros(),
            actor: crate::columns::text(who.name.clone()),
            origin: crate::columns::text(who.origin.clone()),
            action: change.action,
            subject_kind: change.kind.name().to_owned(),
            subject_id: change.id,
            before: change.before,
            after: change.after,
            previous: self.hash.to_vec(),
            hash: Vec::new(),
        };
        let hash = row.computed();
        row.hash = hash.to_vec();
        let seq = row.seq;
        on_backend!(conn, c => diesel::insert_into(audit::table)
            .values(row)
            .execute(c)
            .await)?;
        meta::update(conn, KEY, &Self { seq, hash }.to_text()).await
    }

    fn to_text(&self) -> String {
        let hash = blake3::Hash::from_bytes(self.hash);
        format!("{} {}", self.seq, hash.to_hex())
    }

    fn parse(text: Option<&str>) -> Result<Self, StoreError> {
        let damaged = || StoreError::corrupt("meta", KEY, "it is no number and hash");
        let (seq, hash) = text
            .and_then(|text| text.split_once(' '))
            .ok_or_else(damaged)?;
        Ok(Self {
            seq: seq.parse().map_err(|_| damaged())?,
            hash: *blake3::Hash::from_hex(hash)
                .map_err(|_| damaged())?
                .as_bytes(),
        })
    }
}
