//! Why a use case was not carried out: a few kinds, each with its exit code or HTTP status outside.

use tollgate_store::{Kind, StoreError};

/// Why a use case was not carried out. Nothing was changed.
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
    /// There is no receipt of this call, not yet or no longer.
    #[error("there is no receipt of the call `{request}`, not yet or no longer")]
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
            Self::StoreUnavailable => "store_unavailable",
        }
    }
}

impl AdminError {
    /// The kind of the error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid { .. } => ErrorKind::InvalidInput,
            Self::NotFound { .. } | Self::NoReceipt { .. } => ErrorKind::NotFound,
            Self::Conflict { .. } | Self::Unlimited { .. } | Self::Ambiguous { .. } => {
                ErrorKind::Conflict
            }
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
            | StoreError::Conflict { .. }
            | StoreError::NoPrice { .. }
            | StoreError::Revoked(_) => Self::conflict(error),
            StoreError::Key(_)
            | StoreError::Corrupt { .. }
            | StoreError::Open { .. }
            | StoreError::Unavailable(_) => Self::Store(error),
        }
    }
}
