//! The orders of the list: an expression, and the index that has the tokens in that order.

use super::cursor::Value;
use super::query::{Direction, SortKey};
use super::row::TokenRow;

/// A token that was never used sorts before all moments. The indexes have the same expression.
pub(super) const LAST_USED: &str = "COALESCE(t.last_used_at, -1)";
/// A token that never expires sorts after all moments. The indexes have the same expression.
pub(super) const EXPIRES: &str = "COALESCE(t.expires_at, 9223372036854775807)";

impl SortKey {
    /// The expression that is sorted by.
    pub(super) const fn expression(self) -> &'static str {
        match self {
            Self::Created => "t.created_at",
            Self::Name => "t.name",
            Self::LastUsed => LAST_USED,
            Self::Expires => EXPIRES,
            Self::Used => "t.used",
        }
    }

    /// The index that has all tokens in this order.
    pub(super) const fn index(self) -> &'static str {
        match self {
            Self::Created => "tokens_by_created",
            Self::Name => "tokens_by_name",
            Self::LastUsed => "tokens_by_last_used",
            Self::Expires => "tokens_by_expires",
            Self::Used => "tokens_by_used",
        }
    }

    /// What the expression gives for a token.
    pub(super) fn value(self, row: &TokenRow) -> Value {
        match self {
            Self::Created => Value::Number(row.created_at),
            Self::Name => Value::Text(row.name.clone()),
            Self::LastUsed => Value::Number(row.last_used_at.unwrap_or(-1)),
            Self::Expires => Value::Number(row.expires_at.unwrap_or(i64::MAX)),
            Self::Used => Value::Number(row.used),
        }
    }
}

impl Direction {
    pub(super) const fn order(self) -> &'static str {
        match self {
            Self::Ascending => "ASC",
            Self::Descending => "DESC",
        }
    }

    /// How what follows an entry compares with it.
    pub(super) const fn after(self) -> &'static str {
        match self {
            Self::Ascending => ">",
            Self::Descending => "<",
        }
    }
}
