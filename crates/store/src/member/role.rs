//! What a member may do, by one word. What each word allows is decided by the use cases.

use tollgate_policy::id::AccountId;

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Everything, people included.
    Owner,
    /// Everything but people and settings.
    Operator,
    /// Reads everything and changes nothing.
    Auditor,
    /// Manages the tokens of one account, and sees nothing of others.
    Member(AccountId),
}

impl Role {
    /// The names of all roles.
    pub const NAMES: [&'static str; 4] = ["owner", "operator", "auditor", "member"];

    /// The name in texts and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
            Self::Member(_) => "member",
        }
    }

    /// The one account that the role is confined to; `None` for those that are not.
    pub const fn account(self) -> Option<AccountId> {
        match self {
            Self::Member(account) => Some(account),
            Self::Owner | Self::Operator | Self::Auditor => None,
        }
    }

    /// The role of a name; only `member` has an account, and always does.
    pub fn named(name: &str, account: Option<AccountId>) -> Option<Self> {
        match (name, account) {
            ("owner", None) => Some(Self::Owner),
            ("operator", None) => Some(Self::Operator),
            ("auditor", None) => Some(Self::Auditor),
            ("member", Some(account)) => Some(Self::Member(account)),
            _ => None,
        }
    }
}
