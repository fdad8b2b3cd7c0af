//! Tokens in the order of what they have spent: those that count it, by magnitude first, and then
//! exactly; and those that do not, which have spent nothing.

use std::cmp::Ordering;

use super::{COLUMNS, WINDOW, Wanted, Writer, load};
use crate::backend::Conn;
use crate::error::StoreError;
use crate::spend::magnitude;
use crate::token::cursor::Value;
use crate::token::filter::{Bind, Condition, Sql};
use crate::token::query::Direction;
use crate::token::row::SpentRow;
use crate::token::sort::LAST_USED;

/// Where the page before ended: what was used, and the token.
type After = Option<(i64, i64)>;

/// A page of all tokens.
pub(super) async fn page(conn: &mut Conn, wanted: &Wanted) -> Result<Vec<SpentRow>, StoreError> {
    let after = after(wanted);
    let (direction, limit) = (wanted.sort.direction, wanted.limit);
    let sqlite = matches!(conn, Conn::Sqlite(_));
    let counted = counted(sqlite, None, wanted);
    let mut rows: Vec<SpentRow> = load(conn, counted).await?;
    if let Some(after) = needed(&rows, direction, after, limit) {
        let others = uncounted(sqlite, direction, after, limit);
        rows.extend(load::<SpentRow>(conn, others).await?);
    }
    rows.sort_by(|a, b| compare(direction, a, b));
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(rows)
}

/// Those of the next tokens that fulfil conditions. In the other direction, tokens that count
/// nothing come in between, and none are looked for.
pub(super) async fn tried(
    conn: &mut Conn,
    conditions: Vec<Condition>,
    wanted: &Wanted,
) -> Result<Vec<SpentRow>, StoreError> {
    if matches!(wanted.sort.direction, Direction::Ascending) {
        return Ok(Vec::new());
    }
    let sqlite = matches!(conn, Conn::Sqlite(_));
    let mut rows: Vec<SpentRow> = load(conn, counted(sqlite, Some(conditions), wanted)).await?;
    rows.retain(|row| row.spend.used > 0);
    Ok(rows)
}

/// Where the page before ended.
fn after(wanted: &Wanted) -> After {
    let cursor = wanted.cursor.as_ref()?;
    Some(match cursor.value {
        Value::Number(used) => (used, cursor.id),
        Value::Text(_) => (0, cursor.id),
    })
}

fn compare(direction: Direction, a: &SpentRow, b: &SpentRow) -> Ordering {
    let order = (a.spend.used, a.token.id).cmp(&(b.spend.used, b.token.id));
    match direction {
        Direction::Ascending => order,
        Direction::Descending => order.reverse(),
    }
}

/// Whether tokens that count nothing may be on the page, and if so, after which of them.
fn needed(
    rows: &[SpentRow],
    direction: Direction,
    after: After,
    limit: i64,
) -> Option<Option<i64>> {
    let full = i64::try_from(rows.len()).is_ok_and(|len| len >= limit);
    let spent = rows.last().is_some_and(|row| row.spend.used > 0);
    if full && spent && matches!(direction, Direction::Descending) {
        return None;
    }
    match (after, direction) {
        (None, _) => Some(None),
        (Some((0, id)), _) => Some(Some(id)),
        (Some((1.., _)), Direction::Descending) | (Some((..0, _)), Direction::Ascending) => {
            Some(None)
        }
        _ => None,
    }
}

/// The tokens of one magnitude are sorted, and there are eight from each power of two to the next.
/// With conditions, only the next few thousands are looked at.
fn counted(sqlite: bool, conditions: Option<Vec<Condition>>, wanted: &Wanted) -> Sql {
    let mut writer = Writer::new(sqlite);
    let (by, join) = match sqlite {
        true => ("INDEXED BY token_spend_by_magnitude", "CROSS JOIN"),
        false => ("", "JOIN"),
    };
    writer.push(&format!(
        "SELECT {COLUMNS} FROM (SELECT * FROM token_spend AS s {by} WHERE "
    ));
    let direction = wanted.sort.direction;
    let (order, beyond) = (direction.order(), direction.after());
    match after(wanted) {
        Some((used, id)) => {
            // The first condition is for the index, since the order is not its own.
            let text = format!(
                "s.magnitude {beyond}= ? AND (s.magnitude, s.used, s.token_id) {beyond} (?, ?, ?)"
            );
            let step = Bind::Number(magnitude(used));
            let (used, id) = (Bind::Number(used), Bind::Number(id));
            writer.sql(Sql::new(text, vec![step.clone(), step, used, id]), true);
        }
        None => writer.push("1 = 1"),
    }
    let within = conditions.as_ref().map_or(wanted.limit, |_| WINDOW);
    let sorted = format!("ORDER BY s.magnitude {order}, s.used {order}, s.token_id {order} LIMIT");
    writer.push(&format!(
        " {sorted} {within}) AS s {join} tokens AS t ON t.id = s.token_id WHERE 1 = 1"
    ));
    writer.conditions(conditions.unwrap_or_default());
    writer.push(&format!(" {sorted} {}", wanted.limit));
    writer.sql
}

/// Found among those that were never used: whoever was used counts, by what `uses` does.
fn uncounted(sqlite: bool, direction: Direction, after: Option<i64>, limit: i64) -> Sql {
    let mut writer = Writer::new(sqlite);
    let by = if sqlite {
        "INDEXED BY tokens_by_last_used"
    } else {
        ""
    };
    writer.push(&format!(
        "SELECT {COLUMNS} FROM tokens AS t {by} LEFT JOIN token_spend AS s ON s.token_id = t.id \
         WHERE {LAST_USED} = -1 AND s.token_id IS NULL"
    ));
    let (order, beyond) = (direction.order(), direction.after());
    if let Some(id) = after {
        let text = format!(" AND t.id {beyond} ?");
        writer.sql(Sql::new(text, vec![Bind::Number(id)]), true);
    }
    writer.push(&format!(" ORDER BY t.id {order} LIMIT {limit}"));
    writer.sql
}
