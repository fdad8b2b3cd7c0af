//! The chain of hashes that makes tampering with the audit log show.

use diesel::prelude::{Insertable, Queryable, Selectable};

use crate::schema::audit;

/// The first row follows this.
pub(super) const START: [u8; 32] = [0; 32];

/// A row of the audit log as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(crate) struct AuditRow {
    pub(super) seq: i64,
    pub(super) at: i64,
    pub(super) actor: String,
    pub(super) origin: String,
    pub(super) action: String,
    pub(super) subject_kind: String,
    pub(super) subject_id: i64,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) previous: Vec<u8>,
    pub(super) hash: Vec<u8>,
}

impl AuditRow {
    /// The hash over all fields and the hash of the row before. Each field is preceded by its
    /// length, so that no text can pass for the end of one field and the beginning of the next.
    pub(super) fn computed(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("tollgate 2025-01-01 audit log");
        let mut field = |bytes: Option<&[u8]>| {
            // A missing text differs from an empty one.
            hasher.update(&[u8::from(bytes.is_some())]);
            let bytes = bytes.unwrap_or_default();
            hasher.update(&(bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        };
        field(Some(&self.previous));
        field(Some(&self.seq.to_be_bytes()));
        field(Some(&self.at.to_be_bytes()));
        field(Some(self.actor.as_bytes()));
        field(Some(self.origin.as_bytes()));
        field(Some(self.action.as_bytes()));
        field(Some(self.subject_kind.as_bytes()));
        field(Some(&self.subject_id.to_be_bytes()));
        field(self.before.as_deref().map(str::as_bytes));
        field(self.after.as_deref().map(str::as_bytes));
        *hasher.finalize().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> AuditRow {
        AuditRow {
            seq: 1,
            at: 2,
            actor: "ab".to_owned(),
            origin: "c".to_owned(),
            action: "token.create".to_owned(),
            subject_kind: "token".to_owned(),
            subject_id: 3,
            before: None,
            after: Some(String::new()),
            previous: START.to_vec(),
            hash: Vec::new(),
        }
    }

    #[test]
    fn every_field_counts() {
        let changes: [fn(&mut AuditRow); 12] = [
            |row| row.seq = 2,
            |row| row.at = 3,
            |row| row.actor.push('x'),
            |row| row.origin.push('x'),
            |row| row.action.push('x'),
            |row| row.subject_kind.push('x'),
            |row| row.subject_id = 4,
            |row| row.before = Some(String::new()),
            |row| row.after = None,
            |row| row.previous = vec![1; 32],
            |row| (row.actor, row.origin) = ("a".to_owned(), "bc".to_owned()),
            |row| (row.before, row.after) = (row.after.take(), row.before.take()),
        ];
        for (i, change) in changes.iter().enumerate() {
            let mut changed = row();
            change(&mut changed);
            assert_ne!(changed.computed(), row().computed(), "change {i}");
        }
    }
}
