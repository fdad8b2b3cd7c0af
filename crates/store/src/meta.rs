//! Facts about the database itself, by name.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl};
use diesel_async::RunQueryDsl;

use crate::backend::{Conn, on_backend};
use crate::error::StoreError;
use crate::schema::meta::dsl::{key, meta, value};

pub(crate) async fn fetch(conn: &mut Conn, name: &str) -> Result<Option<String>, StoreError> {
    let found = on_backend!(conn, c => meta
        .filter(key.eq(name))
        .select(value)
        .first::<String>(c)
        .await
        .optional())?;
    Ok(found)
}

/// Keeps a text under a name where there is none yet.
pub(crate) async fn insert_if_new(
    conn: &mut Conn,
    name: &str,
    text: &str,
) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::insert_into(meta)
        .values((key.eq(name), value.eq(text)))
        .on_conflict_do_nothing()
        .execute(c)
        .await)?;
    Ok(())
}

/// Takes the row's lock until the transaction ends, and then reads it: an update that changes
/// nothing is what both databases can say.
pub(crate) async fn lock(conn: &mut Conn, name: &str) -> Result<Option<String>, StoreError> {
    let found = on_backend!(conn, c => diesel::update(meta.filter(key.eq(name)))
        .set(value.eq(value))
        .returning(value)
        .get_result::<String>(c)
        .await
        .optional())?;
    Ok(found)
}

pub(crate) async fn update(conn: &mut Conn, name: &str, text: &str) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::update(meta.filter(key.eq(name)))
        .set(value.eq(text))
        .execute(c)
        .await)?;
    Ok(())
}

pub(crate) async fn delete(conn: &mut Conn, name: &str) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::delete(meta.filter(key.eq(name))).execute(c).await)?;
    Ok(())
}
