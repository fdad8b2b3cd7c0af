//! Where a page ended: the order, and the last entry's value and id in it.

use super::query::{Direction, Sort, SortKey};
use crate::error::StoreError;

/// A place in an ordered list of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) value: Value,
    pub(super) id: i64,
}

/// What a list is sorted by, of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Number(i64),
    Text(String),
}

impl Cursor {
    /// The text that callers hand back: order, id and value.
    pub(super) fn to_text(&self, sort: Sort) -> String {
        let value: &dyn std::fmt::Display = match &self.value {
            Value::Number(number) => number,
            Value::Text(text) => text,
        };
        format!("{}.{}.{value}", order(sort), self.id)
    }

    pub(super) fn parse(text: &str, sort: Sort) -> Result<Self, StoreError> {
        parse(text, sort).ok_or(StoreError::BadCursor)
    }
}

fn parse(text: &str, sort: Sort) -> Option<Cursor> {
    let rest = text.strip_prefix(&order(sort))?.strip_prefix('.')?;
    let (id, value) = rest.split_once('.')?;
    let value = match sort.key {
        SortKey::Name if value.contains('\0') => return None,
        SortKey::Name => Value::Text(value.to_owned()),
        _ => Value::Number(value.parse().ok()?),
    };
    let id = id.parse().ok()?;
    Some(Cursor { value, id })
}

fn order(sort: Sort) -> String {
    let direction = match sort.direction {
        Direction::Ascending => "asc",
        Direction::Descending => "desc",
    };
    format!("{}-{direction}", sort.key.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BY_NAME: Sort = Sort {
        key: SortKey::Name,
        direction: Direction::Ascending,
    };

    proptest! {
        #[test]
        fn a_cursor_reads_back_in_its_order_and_no_other(id: i64, name in "[^\\x00]{0,60}", number: i64) {
            let by_name = Cursor { value: Value::Text(name), id };
            let text = by_name.to_text(BY_NAME);
            prop_assert_eq!(Cursor::parse(&text, BY_NAME).unwrap(), by_name);
            prop_assert!(Cursor::parse(&text, Sort::NEWEST).is_err());
            let newest = Cursor { value: Value::Number(number), id };
            let text = newest.to_text(Sort::NEWEST);
            prop_assert_eq!(Cursor::parse(&text, Sort::NEWEST).unwrap(), newest);
            prop_assert!(Cursor::parse(&text, BY_NAME).is_err());
        }

        #[test]
        fn parsing_never_panics(text in ".*") {
            let _ = Cursor::parse(&text, BY_NAME);
        }
    }
}
