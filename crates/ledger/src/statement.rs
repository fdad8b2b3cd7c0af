//! What a token can be told of itself: the port that a store implements for it.

use futures_util::future::BoxFuture;
use tollgate_policy::credits::Credits;
use tollgate_policy::id::TokenId;
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::Principal;

use crate::book::BookError;

/// Reads statements. Not on the path of a call.
pub trait Statements: Send + Sync + 'static {
    /// The statement of a token at a moment; `None` where there is no such token.
    fn statement(
        &self,
        token: TokenId,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<Option<Statement>, BookError>>;
}

/// A token as it stands in the store, with what it spent lately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The token, its account, and what both have spent.
    pub principal: Principal,
    /// Spent since the begin of the day (UTC).
    pub today: Credits,
    /// Spent since the begin of the week, which is Monday (UTC).
    pub this_week: Credits,
    /// Spent since the begin of the month (UTC).
    pub this_month: Credits,
}
