//! What a list of tokens can be asked for.

use tollgate_policy::id::{AccountId, GroupId};
use tollgate_policy::name::Name;
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::TokenStatus;

/// Which tokens to list, in which order. Filters that are `None` do not filter; all others must fit.
#[derive(Debug, Clone)]
pub struct TokenQuery {
    /// The moment at which statuses are meant.
    pub now: Timestamp,
    /// A text that occurs in name, note, creator or id, in any case. `%` and the like are literal.
    pub keyword: Option<String>,
    /// Exactly this name.
    pub name: Option<Name>,
    /// In this group.
    pub group: Option<GroupId>,
    /// Of this account.
    pub account: Option<AccountId>,
    /// With this status at `now`.
    pub status: Option<TokenStatus>,
    /// Of exactly this creator.
    pub creator: Option<String>,
    /// Made at or after this moment.
    pub created_from: Option<Timestamp>,
    /// Made before this moment.
    pub created_until: Option<Timestamp>,
    /// Last used at or after this moment.
    pub used_from: Option<Timestamp>,
    /// Last used before this moment.
    pub used_until: Option<Timestamp>,
    /// Never used, and nothing spent.
    pub never_used: bool,
    /// Expires after `now` and before this moment.
    pub expiring_before: Option<Timestamp>,
    /// Neither made nor used since this moment.
    pub unused_since: Option<Timestamp>,
    /// The order.
    pub sort: Sort,
    /// At most so many, 1 to 200; others are brought into that range.
    pub limit: u32,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// An order of tokens. Those with equal values are in the order of their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub key: SortKey,
    /// Which way.
    pub direction: Direction,
}

/// What tokens are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortKey {
    /// When they were made.
    Created,
    /// Their names, byte by byte.
    Name,
    /// When they were last used; those that never were come before all others.
    LastUsed,
    /// When they expire; those that never do come after all others.
    Expires,
    /// What they have spent.
    Used,
}

/// Which way a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The smallest, earliest or first one first.
    Ascending,
    /// The largest, latest or last one first.
    Descending,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries in order.
    pub items: Vec<T>,
    /// Where the next page begins; `None` where this is the last one.
    pub next: Option<String>,
}

impl TokenQuery {
    /// All tokens, the newest first, 50 on a page.
    pub const fn new(now: Timestamp) -> Self {
        Self {
            now,
            keyword: None,
            name: None,
            group: None,
            account: None,
            status: None,
            creator: None,
            created_from: None,
            created_until: None,
            used_from: None,
            used_until: None,
            never_used: false,
            expiring_before: None,
            unused_since: None,
            sort: Sort::NEWEST,
            limit: 50,
            cursor: None,
        }
    }
}

impl Sort {
    /// The newest first.
    pub const NEWEST: Self = Self {
        key: SortKey::Created,
        direction: Direction::Descending,
    };
}

impl SortKey {
    /// All keys.
    pub const ALL: [Self; 5] = [
        Self::Created,
        Self::Name,
        Self::LastUsed,
        Self::Expires,
        Self::Used,
    ];

    /// The name on the command line and in cursors.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Name => "name",
            Self::LastUsed => "last-used",
            Self::Expires => "expires",
            Self::Used => "used",
        }
    }
}
