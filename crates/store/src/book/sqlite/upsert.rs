//! The upsert of a daily sum, as a statement that stays prepared.

use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl, SqliteConnection};

use crate::book::daily::{Group, Measures};

/// A daily sum to be added to the one that is there.
pub(super) struct Daily<'a> {
    pub(super) group: Group<'a>,
    pub(super) creator: &'a str,
    pub(super) sums: Measures,
}

impl QueryId for Daily<'_> {
    type QueryId = Daily<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Daily<'_> {
    type SqlType = ();
}

impl RunQueryDsl<SqliteConnection> for Daily<'_> {}

impl QueryFragment<Sqlite> for Daily<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let Group {
            day,
            token,
            model,
            upstream,
            group,
            account,
        } = &self.group;
        out.push_sql(crate::book::daily::INSERT);
        out.push_sql("VALUES (");
        for (i, number) in [day, token, upstream, group, account]
            .into_iter()
            .chain(&self.sums)
            .enumerate()
        {
            if i > 0 {
                out.push_sql(", ");
            }
            out.push_bind_param::<BigInt, _>(number)?;
        }
        for text in [model, &self.creator] {
            out.push_sql(", ");
            out.push_bind_param::<Text, _>(text)?;
        }
        out.push_sql(")");
        out.push_sql(crate::book::daily::ADD);
        Ok(())
    }
}
