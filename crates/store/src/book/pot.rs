//! Pots as the tables name them.

use tollgate_ledger::book::Pot;
use tollgate_policy::id::{AccountId, TokenId};
use tollgate_policy::time::Timestamp;

/// Whose pots: accounts come before tokens, which is the order in which all gateways take locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    Account(i64),
    Token(i64),
}

/// A pot: without a begin that of the lifetime, else that of the period which begins then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) owner: Owner,
    pub(super) begin: Option<i64>,
}

/// A pot as a row of leases names it.
pub(super) struct Columns {
    pub(super) pot: &'static str,
    pub(super) owner_id: i64,
    /// 0 for a lifetime.
    pub(super) begin_at: i64,
}

impl Owner {
    /// The name of its periodic pot.
    pub(super) const fn periodic(self) -> (&'static str, i64) {
        match self {
            Self::Account(id) => ("account_period", id),
            Self::Token(id) => ("token_period", id),
        }
    }

    /// The id in its table.
    pub(super) const fn id(self) -> i64 {
        match self {
            Self::Account(id) | Self::Token(id) => id,
        }
    }

    const fn lifetime(self) -> (&'static str, i64) {
        match self {
            Self::Account(id) => ("account", id),
            Self::Token(id) => ("token", id),
        }
    }
}

impl From<Pot> for Key {
    fn from(pot: Pot) -> Self {
        let key = |owner, begin: Option<Timestamp>| Self {
            owner,
            begin: begin.map(Timestamp::as_micros),
        };
        match pot {
            Pot::Token(id) => key(Owner::Token(id.raw()), None),
            Pot::TokenPeriod(id, begin) => key(Owner::Token(id.raw()), Some(begin)),
            Pot::Account(id) => key(Owner::Account(id.raw()), None),
            Pot::AccountPeriod(id, begin) => key(Owner::Account(id.raw()), Some(begin)),
        }
    }
}

impl Key {
    /// The pot. Keys come from pots, so there always is one.
    pub(super) fn pot(self) -> Option<Pot> {
        let begin = self.begin.map(Timestamp::from_micros);
        Some(match (self.owner, begin) {
            (Owner::Token(id), None) => Pot::Token(TokenId::from_raw(id)?),
            (Owner::Token(id), Some(at)) => Pot::TokenPeriod(TokenId::from_raw(id)?, at),
            (Owner::Account(id), None) => Pot::Account(AccountId::from_raw(id)?),
            (Owner::Account(id), Some(at)) => Pot::AccountPeriod(AccountId::from_raw(id)?, at),
        })
    }

    pub(super) fn columns(self) -> Columns {
        let (pot, owner_id) = match self.begin {
            Some(_) => self.owner.periodic(),
            None => self.owner.lifetime(),
        };
        Columns {
            pot,
            owner_id,
            begin_at: self.begin.unwrap_or(0),
        }
    }

    /// The pot of a row of leases. The table allows no other names than these.
    pub(super) fn from_columns(pot: &str, owner_id: i64, begin_at: i64) -> Self {
        let owner = if pot.starts_with("account") {
            Owner::Account(owner_id)
        } else {
            Owner::Token(owner_id)
        };
        Self {
            owner,
            begin: pot.ends_with("_period").then_some(begin_at),
        }
    }
}
