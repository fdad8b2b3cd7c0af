//! Tokens and the accounts that pay for them.

use crate::credits::Credits;
use crate::id::{AccountId, GroupId, TokenId};
use crate::limit::Limits;
use crate::name::Name;
use crate::quota::{PeriodicLimit, Quota, Standing};
use crate::scope::Scope;
use crate::time::Timestamp;

/// A credential's identity and its policy. Its secrets are kept apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Stays the same when the secret is rotated.
    pub id: TokenId,
    /// Chosen by an operator; need not be unique.
    pub name: Name,
    /// Who pays.
    pub account: AccountId,
    /// The tier: price, models and limits.
    pub group: GroupId,
    /// What the operator switched; see [`Token::status`] for what follows from it.
    pub state: TokenState,
    /// From this moment on the token is refused; `None` means never.
    pub expires_at: Option<Timestamp>,
    /// What the token may spend. Its account bounds it too.
    pub quota: Quota,
    /// What it may ask for in a minute, and at once.
    pub limits: Limits,
    /// The token's own restrictions.
    pub scope: Scope,
}

/// What an operator switched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenState {
    /// May be used.
    Enabled,
    /// Refused until it is enabled again.
    Disabled,
    /// Refused for good.
    Revoked,
}

/// How a token stands at a moment: what was switched, or what follows from expiry and quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenStatus {
    /// May be used.
    Enabled,
    /// Switched off by an operator.
    Disabled,
    /// Its expiry has passed.
    Expired,
    /// Its quota is used up.
    Exhausted,
    /// Taken back for good.
    Revoked,
}

/// Who pays: the tokens of an account share its balance and its restrictions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The account's identity.
    pub id: AccountId,
    /// Unique among accounts.
    pub name: Name,
    /// Whether its tokens may be used at all.
    pub enabled: bool,
    /// What all its tokens together may spend.
    pub funds: Funds,
    /// What all its tokens together may ask for in a minute, and at once.
    pub limits: Limits,
    /// Restrictions of all its tokens.
    pub scope: Scope,
}

/// What an account may spend.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Funds {
    /// All credits that it was ever given; `None` means that it may spend without a limit.
    pub credited: Option<Credits>,
    /// What it may spend beyond them, never negative.
    pub credit_line: Credits,
    /// What it may spend in each period.
    pub periodic: Option<PeriodicLimit>,
}

impl Funds {
    /// The limits that follow. A sum beyond the range is taken as its end.
    pub fn quota(&self) -> Quota {
        let line = self.credit_line;
        let most = Credits::from_micros(i64::MAX);
        Quota {
            lifetime: self
                .credited
                .map(|credited| credited.checked_add(line).unwrap_or(most)),
            periodic: self.periodic.clone(),
        }
    }
}

/// A token with its account and what it has spent: all that is particular to one caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The token.
    pub token: Token,
    /// The account that pays for it.
    pub account: Account,
    /// What the token has spent so far.
    pub spent: Standing,
    /// What the account has spent so far, through all its tokens.
    pub account_spent: Standing,
}

impl Token {
    /// The status at a moment, given what was spent. The gravest cause is named.
    pub fn status(&self, spent: &Standing, now: Timestamp) -> TokenStatus {
        match self.state {
            TokenState::Revoked => TokenStatus::Revoked,
            TokenState::Disabled => TokenStatus::Disabled,
            TokenState::Enabled if self.expired(now) => TokenStatus::Expired,
            TokenState::Enabled if self.quota.exhausted(spent, now).is_some() => {
                TokenStatus::Exhausted
            }
            TokenState::Enabled => TokenStatus::Enabled,
        }
    }

    /// Whether the expiry has passed: at the very moment of expiry it has.
    pub fn expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| now >= at)
    }
}

impl TokenState {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Enabled, Self::Disabled, Self::Revoked];

    /// The name in the database and in texts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Revoked => "revoked",
        }
    }
}

impl TokenStatus {
    /// All statuses.
    pub const ALL: [Self; 5] = [
        Self::Enabled,
        Self::Disabled,
        Self::Expired,
        Self::Exhausted,
        Self::Revoked,
    ];

    /// The name in lists and filters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::Exhausted => "exhausted",
            Self::Revoked => "revoked",
        }
    }
}

impl std::fmt::Display for TokenStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
