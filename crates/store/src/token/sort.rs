//! The orders of the list: an expression, and the index that has the tokens in that order.

use super::cursor::Value;
use super::filter::USED;
use super::query::{Direction, SortKey};
use super::row::SpentRow;

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
            Self::Used => USED,
        }
    }

    /// The index that has all tokens in this order; none where no single one has.
    pub(super) const fn index(self) -> Option<&'static str> {
        match self {
            Self::Created => Some("tokens_by_created"),
            Self::Name => Some("tokens_by_name"),
            Self::LastUsed => Some("tokens_by_last_used"),
            Self::Expires => Some("tokens_by_expires"),
            Self::Used => None,
        }
    }

    /// What the expression gives for a token.
    pub(super) fn value(self, row: &SpentRow) -> Value {
        let (token, spend) = (&row.token, &row.spend);
        match self {
            Self::Created => Value::Number(token.created_at),
            Self::Name => Value::Text(token.name.clone()),
            Self::LastUsed => Value::Number(token.last_used_at.unwrap_or(-1)),
            Self::Expires => Value::Number(token.expires_at.unwrap_or(i64::MAX)),
            Self::Used => Value::Number(spend.used),
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
