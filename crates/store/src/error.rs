//! Why the store did not do as it was asked.

use tollgate_policy::credits::Credits;
use tollgate_policy::id::{CredentialId, TokenId};

use crate::key::KeyError;

/// A kind of thing that the store keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A token.
    Token,
    /// An account.
    Account,
    /// A group.
    Group,
    /// A model of the gallery.
    Model,
    /// An upstream.
    Upstream,
    /// A setting of the whole installation.
    Setting,
    /// What was used: receipts and sums.
    Usage,
    /// A person who signs in.
    Member,
    /// A session of a member.
    Session,
    /// An API credential of an operator.
    ApiCredential,
}

/// Why the store did not do as it was asked. Nothing was changed, unless it could not be used: a
/// change may be stored whose answer was lost.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The thing that was asked for, or referred to, is not there.
    #[error("there is no {kind} `{id}`")]
    NotFound {
        /// What was looked for.
        kind: Kind,
        /// Its id or name, as far as it was given.
        id: String,
    },
    /// Names are unique among things of one kind, tokens aside.
    #[error("the name `{name}` is taken by another {kind}: choose a different one")]
    NameTaken {
        /// What has the name.
        kind: Kind,
        /// The name.
        name: String,
    },
    /// A path prefix leads to one upstream.
    #[error("another upstream is already mounted under `/{0}`: choose another prefix")]
    MountTaken(String),
    /// An upstream has no such credential, or not any more.
    #[error("the upstream has no credential `{0}`")]
    NoCredential(CredentialId),
    /// The credentials of an upstream have different names.
    #[error("the upstream has a credential named `{0}` already: choose a different name")]
    CredentialTaken(String),
    /// A secret belongs to one token.
    #[error("this secret already belongs to a token: use another one")]
    SecretTaken,
    /// A token has one secret, or two while it is rotated.
    #[error("a token has one or two secrets, not {0}")]
    SecretCount(usize),
    /// Something else still refers to it.
    #[error("{kind} `{name}` is still used by {by}: change or delete them first")]
    InUse {
        /// What was to be deleted.
        kind: Kind,
        /// Its name.
        name: String,
        /// What refers to it, such as `3 tokens`.
        by: String,
    },
    /// The thing was changed since it was read.
    #[error("{kind} {id} was changed meanwhile and is at version {version}: read it again")]
    Conflict {
        /// What was to be changed.
        kind: Kind,
        /// Its id.
        id: String,
        /// Its version now.
        version: i64,
    },
    /// Somebody must be able to do everything.
    #[error("this is the last owner who can sign in: make another one first")]
    LastOwner,
    /// The person is signed in by the identity of another member already.
    #[error("this identity belongs to another member already")]
    IdentityTaken,
    /// A one-time link that was used, replaced or is too old.
    #[error("this link was used already, or is too old: ask for a new one")]
    NoLink,
    /// A link for the first owner does not make a second one.
    #[error("there is an owner already: ask them to invite you")]
    OwnerThere,
    /// Credits bound only an account that is limited to them.
    #[error("account `{0}` spends without a limit, which credits would not change: limit it first")]
    Unlimited(String),
    /// No amount that can be put in or taken back.
    #[error("account `{name}` was given {credited} credits: it cannot be given {amount} more")]
    Amount {
        /// The account's name.
        name: String,
        /// What it was given in all.
        credited: Credits,
        /// What was to be put in.
        amount: Credits,
    },
    /// A credit line adds to what an account may spend.
    #[error("`{0}` is no credit line: it is 0 or more")]
    CreditLine(Credits),
    /// A price list that was to be removed is not there.
    #[error("model `{model}` has no price of its own for {by}")]
    NoPrice {
        /// The model's name.
        model: String,
        /// The vendor, the group or both.
        by: String,
    },
    /// A revoked token stays revoked.
    #[error("token {0} is revoked for good: create a new one")]
    Revoked(TokenId),
    /// Only the hash of its secret is kept.
    #[error(
        "the secret of token {0} was not sealed when it was made, so that it cannot be shown again: rotate the token for one that can"
    )]
    NotSealed(TokenId),
    /// A cursor continues the list that it came from.
    #[error("the cursor does not belong to this list: start again at the first page")]
    BadCursor,
    /// The master key cannot be used, or is not the one of this database.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A row cannot be read as what it should be.
    #[error("row `{id}` of table `{table}` is damaged ({why}): repair it or restore a backup")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The row's key.
        id: String,
        /// What is wrong with it.
        why: String,
    },
    /// The database cannot be opened or brought to this version's tables.
    #[error("the database {url} cannot be opened")]
    Open {
        /// Where it is, without a password.
        url: String,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database did not do its part; trying again may help.
    #[error("the database did not answer as it should")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::Token,
        Self::Account,
        Self::Group,
        Self::Model,
        Self::Upstream,
        Self::Setting,
        Self::Usage,
        Self::Member,
        Self::Session,
        Self::ApiCredential,
    ];

    /// The name in texts and in the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Account => "account",
            Self::Group => "group",
            Self::Model => "model",
            Self::Upstream => "upstream",
            Self::Setting => "setting",
            Self::Usage => "usage",
            Self::Member => "member",
            Self::Session => "session",
            Self::ApiCredential => "api-credential",
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl StoreError {
    pub(crate) fn not_found(kind: Kind, id: impl std::fmt::Display) -> Self {
        let id = id.to_string();
        Self::NotFound { kind, id }
    }

    /// An edit is made only of the version that was read, where one was named.
    pub(crate) fn unless_at(
        kind: Kind,
        id: impl std::fmt::Display,
        seen: Option<i64>,
        version: i64,
    ) -> Result<(), Self> {
        if seen.is_none_or(|seen| seen == version) {
            return Ok(());
        }
        let id = id.to_string();
        Err(Self::Conflict { kind, id, version })
    }

    pub(crate) fn corrupt(
        table: &'static str,
        id: impl std::fmt::Display,
        why: impl std::fmt::Display,
    ) -> Self {
        let (id, why) = (id.to_string(), why.to_string());
        Self::Corrupt { table, id, why }
    }

    pub(crate) fn unavailable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(cause.into())
    }
}

impl From<diesel::result::Error> for StoreError {
    fn from(error: diesel::result::Error) -> Self {
        Self::unavailable(error)
    }
}
