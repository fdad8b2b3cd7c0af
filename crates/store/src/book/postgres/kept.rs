//! A statement of fixed text, which the server keeps prepared, with arrays as parameters.

use std::borrow::Cow;

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Binary, Bool, Nullable, Text, Untyped};

/// A statement: `?` stands for its parameters, in their order.
pub(super) struct Kept<'a> {
    text: &'static str,
    binds: Vec<Bind<'a>>,
}

/// A parameter.
pub(super) enum Bind<'a> {
    Number(i64),
    Blob(&'a [u8]),
    Blobs(&'a [Vec<u8>]),
    Ids(Vec<[u8; 16]>),
    Numbers(Vec<i64>),
    MaybeNumbers(Vec<Option<i64>>),
    Texts(Vec<Cow<'a, str>>),
    MaybeTexts(Vec<Option<Cow<'a, str>>>),
    Flags(Vec<bool>),
}

impl<'a> Kept<'a> {
    pub(super) const fn new(text: &'static str, binds: Vec<Bind<'a>>) -> Self {
        Self { text, binds }
    }
}

/// Statements are told apart by their texts.
impl QueryId for Kept<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Kept<'_> {
    type SqlType = Untyped;
}

impl QueryFragment<Pg> for Kept<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut binds = self.binds.iter();
        for (i, part) in self.text.split('?').enumerate() {
            if i > 0
                && let Some(bind) = binds.next()
            {
                push(bind, out.reborrow())?;
            }
            out.push_sql(part);
        }
        Ok(())
    }
}

fn push<'b>(bind: &'b Bind<'_>, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
    match bind {
        Bind::Number(one) => out.push_bind_param::<BigInt, _>(one),
        Bind::Blob(one) => out.push_bind_param::<Binary, _>(one),
        Bind::Blobs(all) => out.push_bind_param::<Array<Binary>, _>(all),
        Bind::Ids(all) => out.push_bind_param::<Array<Binary>, _>(all),
        Bind::Numbers(all) => out.push_bind_param::<Array<BigInt>, _>(all),
        Bind::MaybeNumbers(all) => out.push_bind_param::<Array<Nullable<BigInt>>, _>(all),
        Bind::Texts(all) => out.push_bind_param::<Array<Text>, _>(all),
        Bind::MaybeTexts(all) => out.push_bind_param::<Array<Nullable<Text>>, _>(all),
        Bind::Flags(all) => out.push_bind_param::<Array<Bool>, _>(all),
    }
}
