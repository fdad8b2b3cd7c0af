//! Why a use case was not carried out: a few kinds, each with its exit code or HTTP status outside.

use std::time::Duration;

use tollgate_store::{Kind, StoreError};

use crate::access::Forbidden;

/// Why a use case was not carried out. Nothing was changed, unless the store could not be used: then
/// it may have been.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// An input cannot be used. The problem says what was seen and what to write.
    #[error("invalid {field}: {problem}")]
    Invalid {
        /// The input, as the JSON API names it.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// There is no such thing.
    #[error("there is no {kind} `{name}`")]
    NotFound {
        /// What was looked for.
        kind: Kind,
        /// The name or id by which it was looked for.
        name: String,
    },
    /// Neither a receipt nor a refusal of this call is there, not yet or no longer.
    #[error("nothing is known of the call `{request}`, not yet or no longer")]
    NoReceipt {
        /// The request id.
        request: String,
    },
    /// It collides with something that is there: a name is taken, or a thing is in use.
    #[error("{problem}")]
    Conflict {
        /// What collides.
        problem: String,
    },
    /// The account spends without a limit, which credits would not change.
    #[error("account `{account}` spends without a limit, which credits would not change")]
    Unlimited {
        /// The account's name.
        account: String,
    },
    /// Several tokens have this name.
    #[error("several tokens are named `{name}`: use the id")]
    Ambiguous {
        /// The name.
        name: String,
    },
    /// The thing was changed since the version that an edit was made for.
    #[error("{kind} `{id}` was changed meanwhile and is at version {version}: read it again")]
    Stale {
        /// What was to be changed.
        kind: Kind,
        /// Its id.
        id: String,
        /// Its version now.
        version: i64,
    },
    /// Nobody known acts, or what they proved themselves with is wrong. Does not say which part.
    #[error("{problem}")]
    Unauthenticated {
        /// What to do.
        problem: &'static str,
    },
    /// Who acts may not do this.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// It was tried too often.
    #[error("too many attempts: try again in {} s", retry_after.as_secs())]
    TooMany {
        /// When to try again, in whole seconds, rounded up.
        retry_after: Duration,
    },
    /// A one-time link that was used, replaced, or is too old.
    #[error("this link was used already, or is too old: ask for a new one")]
    NoLink,
    /// The OpenID Connect issuer did not do its part. The log says more.
    #[error("the OpenID Connect issuer cannot be used just now: {problem}")]
    Issuer {
        /// What it did not do.
        problem: &'static str,
    },
    /// The store did not do its part.
    #[error(transparent)]
    Store(StoreError),
    /// The operating system gave no randomness for a secret.
    #[error("the operating system gave no random bytes")]
    Entropy,
}

/// What a caller makes its exit code or HTTP status of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// The input cannot be used.
    InvalidInput,
    /// There is no such thing.
    NotFound,
    /// It collides with something that is there.
    Conflict,
    /// It was changed since it was read: the version that was named is not the one that is there.
    Stale,
    /// Nobody known acts, or what they proved themselves with is wrong.
    Unauthenticated,
    /// Who acts may not do this.
    Forbidden,
    /// It was tried too often; the error says when to try again.
    TooMany,
    /// The issuer that signs members in cannot be used.
    IssuerUnavailable,
    /// The store cannot be used.
    StoreUnavailable,
}

impl ErrorKind {
    /// The stable name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid_input",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Stale => "stale",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::TooMany => "too_many",
            Self::IssuerUnavailable => "issuer_unavailable",
            Self::StoreUnavailable => "store_unavailable",
        }
    }
}

impl AdminError {
    /// The kind of the error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid { .. } => ErrorKind::InvalidInput,
            Self::NotFound { .. } | Self::NoReceipt { .. } | Self::NoLink => ErrorKind::NotFound,
            Self::Stale { .. } => ErrorKind::Stale,
            Self::Unauthenticated { .. } => ErrorKind::Unauthenticated,
            Self::Forbidden(_) => ErrorKind::Forbidden,
            Self::TooMany { .. } => ErrorKind::TooMany,
            Self::Conflict { .. } | Self::Unlimited { .. } | Self::Ambiguous { .. } => {
                ErrorKind::Conflict
            }
            Self::Issuer { .. } => ErrorKind::IssuerUnavailable,
            Self::Store(_) | Self::Entropy => ErrorKind::StoreUnavailable,
        }
    }

    pub(crate) fn invalid(field: &'static str, problem: impl std::fmt::Display) -> Self {
        let problem = problem.to_string();
        Self::Invalid { field, problem }
    }

    pub(crate) fn not_found(kind: Kind, name: &str) -> Self {
        let name = name.chars().take(60).collect();
        Self::NotFound { kind, name }
    }

    pub(crate) fn no_receipt(request: &str) -> Self {
        let request = request.chars().take(60).collect();
        Self::NoReceipt { request }
    }

    /// Something here did not do its part, which nobody can do anything about.
    pub(crate) fn internal(problem: &'static str) -> Self {
        Self::Store(StoreError::Unavailable(problem.into()))
    }

    /// The waiting time in whole seconds, which is what HTTP can say.
    pub(crate) fn too_many(wait: Duration) -> Self {
        let whole = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let retry_after = Duration::from_secs(whole.max(1));
        Self::TooMany { retry_after }
    }

    pub(crate) fn conflict(problem: impl std::fmt::Display) -> Self {
        let problem = problem.to_string();
        Self::Conflict { problem }
    }
}

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { kind, id } => Self::NotFound { kind, name: id },
            StoreError::Unlimited(account) => Self::Unlimited { account },
            StoreError::Conflict { kind, id, version } => Self::Stale { kind, id, version },
            StoreError::NoLink => Self::NoLink,
            StoreError::BadCursor => Self::invalid("cursor", error),
            StoreError::Amount { .. } => Self::invalid("amount", error),
            StoreError::CreditLine(_) => Self::invalid("credit_line", error),
            StoreError::NoCredential(_)
            | StoreError::CredentialTaken(_)
            | StoreError::SecretCount(_)
            | StoreError::NameTaken { .. }
            | StoreError::MountTaken(_)
            | StoreError::SecretTaken
            | StoreError::InUse { .. }
            | StoreError::LastOwner
            | StoreError::IdentityTaken
            | StoreError::OwnerThere
            | StoreError::NoPrice { .. }
            | StoreError::NotSealed(_)
            | StoreError::Revoked(_) => Self::conflict(error),
            StoreError::Key(_)
            | StoreError::Corrupt { .. }
            | StoreError::Open { .. }
            | StoreError::Unavailable(_) => Self::Store(error),
        }
    }
}
