//! One page of tokens.

use super::cursor::Cursor;
use super::query::{Page, Sort, SortKey, TokenQuery};
use super::row;
use super::{StoredToken, filter, plan};
use crate::backend::Conn;
use crate::error::StoreError;

const MOST: u32 = 200;

/// The order that is asked for. What was never used has spent nothing, so that both are the order of
/// ids; and there is an index of last uses.
const fn order(query: &TokenQuery) -> Sort {
    match query.sort.key {
        SortKey::Used if query.never_used => Sort {
            key: SortKey::LastUsed,
            ..query.sort
        },
        _ => query.sort,
    }
}

pub(super) async fn list(
    conn: &mut Conn,
    query: TokenQuery,
) -> Result<Page<StoredToken>, StoreError> {
    let sort = order(&query);
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
