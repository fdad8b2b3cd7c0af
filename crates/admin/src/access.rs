//! Who may do what: one table of roles and deeds. Every use case asks it before anything else.
//!
//! It reads nothing: who acts is known, and which account is concerned was looked up before.

use std::fmt;

use tollgate_policy::id::{AccountId, ApiCredentialId, MemberId};
use tollgate_store::api_credential::ApiScope;
use tollgate_store::member::Role;

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Somebody who has not said who they are.
    Nobody,
    /// Whoever runs the machine, by the command line: they could write the database themselves.
    Machine,
    /// A member who has signed in.
    Member {
        /// Who.
        id: MemberId,
        /// As what.
        role: Role,
    },
    /// A program with an API credential.
    Credential {
        /// Which credential.
        id: ApiCredentialId,
        /// For whom it acts.
        member: MemberId,
        /// What that member may do, which the program may do at most.
        role: Role,
        /// What the credential may do, which the program may do at most as well.
        scope: ApiScope,
    },
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    /// See models, groups and prices.
    ReadCatalog,
    /// See upstreams, their state and their gateways.
    ReadUpstreams,
    /// Change models, groups, prices and upstreams; test an upstream.
    ChangeCatalog,
    /// See tokens of an account, and why their calls are refused.
    ReadTokens,
    /// Make, change, rotate and take back tokens of an account.
    ChangeTokens,
    /// See a sealed secret of a token again.
    RevealSecrets,
    /// See an account with its balance and statement.
    ReadAccounts,
    /// Make, change and delete accounts.
    ChangeAccounts,
    /// Put credits into an account, or take them back.
    ChangeMoney,
    /// See what an account has used, and its single calls.
    ReadUsage,
    /// See what operators were told.
    ReadAlerts,
    /// See the audit log.
    ReadAudit,
    /// See members, their sessions and API credentials.
    ReadPeople,
    /// Invite, change and remove members, end their sessions, take back their API credentials.
    ChangePeople,
    /// See settings of the whole installation.
    ReadSettings,
    /// Change settings, and let go of old usage.
    ChangeSettings,
}

/// Who acts may not do this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{who} may not {deed}")]
pub struct Forbidden {
    who: String,
    deed: Deed,
}

/// Whether somebody may do something: with an account, to what belongs to it; without one, to what
/// belongs to none, or to any account at all.
///
/// # Errors
/// Where they may not.
pub fn may(caller: &Caller, deed: Deed, account: Option<AccountId>) -> Result<(), Forbidden> {
    let permitted = match caller {
        Caller::Nobody => false,
        Caller::Machine => true,
        Caller::Member { role, .. } => role_may(*role, deed, account),
        Caller::Credential { role, scope, .. } => {
            scope_may(*scope, deed) && role_may(*role, deed, account)
        }
    };
    if permitted {
        return Ok(());
    }
    let who = caller.to_string();
    Err(Forbidden { who, deed })
}

fn role_may(role: Role, deed: Deed, account: Option<AccountId>) -> bool {
    match role {
        Role::Owner => true,
        Role::Operator => !matches!(deed, Deed::ChangePeople | Deed::ChangeSettings),
        Role::Auditor => deed.reads(),
        Role::Member(own) => deed.within_an_account() && account.is_none_or(|one| one == own),
    }
}

fn scope_may(scope: ApiScope, deed: Deed) -> bool {
    match scope {
        ApiScope::Read => deed.reads(),
        ApiScope::Tokens => {
            deed.reads() || matches!(deed, Deed::ChangeTokens | Deed::RevealSecrets)
        }
        // Who people are and what they may do is changed by people: a credential that leaks must
        // not make its finder an owner.
        ApiScope::All => deed != Deed::ChangePeople,
    }
}

impl Deed {
    /// All deeds.
    pub const ALL: [Self; 16] = [
        Self::ReadCatalog,
        Self::ReadUpstreams,
        Self::ChangeCatalog,
        Self::ReadTokens,
        Self::ChangeTokens,
        Self::RevealSecrets,
        Self::ReadAccounts,
        Self::ChangeAccounts,
        Self::ChangeMoney,
        Self::ReadUsage,
        Self::ReadAlerts,
        Self::ReadAudit,
        Self::ReadPeople,
        Self::ChangePeople,
        Self::ReadSettings,
        Self::ChangeSettings,
    ];

    /// Whether nothing is changed, and no secret is shown.
    pub const fn reads(self) -> bool {
        matches!(
            self,
            Self::ReadCatalog
                | Self::ReadUpstreams
                | Self::ReadTokens
                | Self::ReadAccounts
                | Self::ReadUsage
                | Self::ReadAlerts
                | Self::ReadAudit
                | Self::ReadPeople
                | Self::ReadSettings
        )
    }

    /// Whether it is something that a member of an account does to it. The catalog is for all.
    const fn within_an_account(self) -> bool {
        matches!(
            self,
            Self::ReadCatalog
                | Self::ReadTokens
                | Self::ChangeTokens
                | Self::RevealSecrets
                | Self::ReadAccounts
                | Self::ReadUsage
        )
    }

    /// What it is, after `may not`.
    const fn text(self) -> &'static str {
        match self {
            Self::ReadCatalog => "see models and groups",
            Self::ReadUpstreams => "see upstreams",
            Self::ChangeCatalog => "change models, groups, prices and upstreams",
            Self::ReadTokens => "see these tokens",
            Self::ChangeTokens => "change these tokens",
            Self::RevealSecrets => "see secrets again",
            Self::ReadAccounts => "see this account",
            Self::ChangeAccounts => "change accounts",
            Self::ChangeMoney => "give or take credits",
            Self::ReadUsage => "see this usage",
            Self::ReadAlerts => "see alerts",
            Self::ReadAudit => "see the audit log",
            Self::ReadPeople => "see members",
            Self::ChangePeople => "change members",
            Self::ReadSettings => "see settings",
            Self::ChangeSettings => "change settings",
        }
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl Caller {
    /// The member who acts, or for whom a program does.
    pub const fn member(&self) -> Option<MemberId> {
        match self {
            Self::Member { id, .. } => Some(*id),
            Self::Credential { member, .. } => Some(*member),
            Self::Nobody | Self::Machine => None,
        }
    }

    /// The role of the member who acts, or for whom a program does.
    pub const fn role(&self) -> Option<Role> {
        match self {
            Self::Member { role, .. } | Self::Credential { role, .. } => Some(*role),
            Self::Nobody | Self::Machine => None,
        }
    }

    /// The one account to which they are confined.
    pub const fn account(&self) -> Option<AccountId> {
        match self.role() {
            Some(role) => role.account(),
            None => None,
        }
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("nobody who is not signed in"),
            Self::Machine => f.write_str("the machine"),
            Self::Member { role, .. } => write!(f, "the role `{}`", role.name()),
            Self::Credential { role, scope, .. } => {
                let (scope, role) = (scope.name(), role.name());
                write!(f, "an API credential of scope `{scope}` and role `{role}`")
            }
        }
    }
}

#[cfg(test)]
mod tests;
