//! Statements of fixed text, which the connection keeps prepared: those that diesel makes for
//! inserts and updates it prepares anew each time, which costs more than they do.

use std::marker::PhantomData;

use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl, SqliteConnection};

/// A statement; each has a type of its own.
pub(super) trait Statement: 'static {
    /// The parts of its text, between which its parameters stand. They are asked for at each use,
    /// so that the text is not to be cut each time.
    fn parts() -> &'static [&'static str];
}

/// A statement with its parameters, in their order.
pub(super) struct Kept<'a, S, const N: usize> {
    binds: [Bind<'a>; N],
    statement: PhantomData<fn() -> S>,
}

/// A parameter.
pub(super) enum Bind<'a> {
    Number(i64),
    MaybeNumber(Option<i64>),
    Text(&'a str),
    MaybeText(Option<&'a str>),
    Blob(&'a [u8]),
    Flag(bool),
}

/// Runs a statement, and says how many rows it wrote.
pub(super) fn execute<S: Statement, const N: usize>(
    conn: &mut SqliteConnection,
    binds: [Bind<'_>; N],
) -> QueryResult<usize> {
    let statement = PhantomData::<fn() -> S>;
    Kept { binds, statement }.execute(conn)
}

impl<S: Statement, const N: usize> QueryId for Kept<'_, S, N> {
    type QueryId = Kept<'static, S, N>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<S: Statement, const N: usize> Query for Kept<'_, S, N> {
    type SqlType = ();
}

impl<S: Statement, const N: usize> RunQueryDsl<SqliteConnection> for Kept<'_, S, N> {}

impl<S: Statement, const N: usize> QueryFragment<Sqlite> for Kept<'_, S, N> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let mut parts = S::parts().iter();
        out.push_sql(parts.next().copied().unwrap_or_default());
        for (bind, part) in self.binds.iter().zip(parts) {
            push(bind, out.reborrow())?;
            out.push_sql(part);
        }
        Ok(())
    }
}

fn push<'b>(bind: &'b Bind<'_>, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
    match bind {
        Bind::Number(one) => out.push_bind_param::<BigInt, _>(one),
        Bind::MaybeNumber(one) => out.push_bind_param::<Nullable<BigInt>, _>(one),
        Bind::Text(one) => out.push_bind_param::<Text, _>(one),
        Bind::MaybeText(one) => out.push_bind_param::<Nullable<Text>, _>(one),
        Bind::Blob(one) => out.push_bind_param::<Binary, _>(one),
        Bind::Flag(one) => out.push_bind_param::<Bool, _>(one),
    }
}
