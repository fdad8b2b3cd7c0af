//! One page of tokens.

use super::cursor::Cursor;
use super::query::{Page, TokenQuery};
use super::row;
use super::{StoredToken, filter, plan};
use crate::backend::Conn;
use crate::error::StoreError;

const MOST: u32 = 200;

pub(super) async fn list(
    conn: &mut Conn,
    query: TokenQuery,
) -> Result<Page<StoredToken>, StoreError> {
    let sort = query.sort;
    let cursor = query.cursor.as_deref();
    let cursor = cursor.map(|text| Cursor::parse(text, sort)).transpose()?;
    let limit = query.limit.clamp(1, MOST);
    let fts = matches!(conn, Conn::Sqlite(_));
    let conditions = filter::conditions(&query, fts);
    // One more than is shown tells whether there is another page.
    let mut rows = plan::page(conn, conditions, sort, cursor, i64::from(limit) + 1).await?;
    let shown = limit as usize;
    let more = rows.len() > shown;
    rows.truncate(shown);
    let next = rows.last().filter(|_| more).map(|row| {
        let cursor = Cursor {
            value: sort.key.value(row),
            id: row.token.id,
        };
        cursor.to_text(sort)
    });
    let items = row::complete(conn, rows).await?;
    Ok(Page { items, next })
}
