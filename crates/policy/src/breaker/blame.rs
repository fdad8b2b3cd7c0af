//! What became of an attempt, and whose fault it was.

use std::time::Duration;

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The answer came.
    Served,
    /// The upstream answered with this status, which may well be one of success.
    Status(u16),
    /// No connection came about: nothing was sent.
    Unreachable,
    /// The credential is not there, or cannot be sent: nothing was.
    NoCredential,
    /// The answer did not begin in time.
    TimedOut,
    /// The connection broke.
    Broken,
    /// Nothing is known: the client left, or its body failed.
    Unknown,
}

/// What became of an attempt, and how long the upstream asked to be left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// What became of it.
    pub outcome: Outcome,
    /// The answer's `Retry-After`.
    pub retry_after: Option<Duration>,
}

/// Whose fault an outcome was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// It went well.
    Nobody,
    /// The credential: it is refused, unpaid, or has called too often.
    Credential(Cause),
    /// The endpoint.
    Upstream(Cause),
    /// The call itself: another endpoint would say the same.
    Client,
    /// It cannot be said.
    Unknown,
}

/// Why something was put aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// It answered with this status.
    Status(u16),
    /// No connection came about.
    Unreachable,
    /// It did not answer in time.
    TimedOut,
    /// The connection broke.
    Broken,
    /// The credential is not there, or cannot be sent.
    NoCredential,
}

impl Outcome {
    /// Whose fault it was.
    ///
    /// 401, 402, 403 and 429 speak of the credential. 5xx speaks of the endpoint, but for 501 and
    /// 505, which speak of the call; so do 407 and 1xx, which nobody who calls can bring about.
    /// All other 4xx are the client's own, and so is 3xx, since it may be of the path.
    pub const fn blame(self) -> Blame {
        match self {
            Self::Served | Self::Status(200..=299 | 304) => Blame::Nobody,
            Self::Status(status @ (401..=403 | 429)) => Blame::Credential(Cause::Status(status)),
            Self::Status(501 | 505) => Blame::Client,
            Self::Status(407) => Blame::Upstream(Cause::Status(407)),
            Self::Status(300..=499) => Blame::Client,
            Self::Status(status) => Blame::Upstream(Cause::Status(status)),
            Self::Unreachable => Blame::Upstream(Cause::Unreachable),
            Self::NoCredential => Blame::Credential(Cause::NoCredential),
            Self::TimedOut => Blame::Upstream(Cause::TimedOut),
            Self::Broken => Blame::Upstream(Cause::Broken),
            Self::Unknown => Blame::Unknown,
        }
    }
}

impl Report {
    /// Whose fault it was.
    pub const fn blame(&self) -> Blame {
        self.outcome.blame()
    }
}

impl From<Outcome> for Report {
    fn from(outcome: Outcome) -> Self {
        Self {
            outcome,
            retry_after: None,
        }
    }
}

/// A text that names no cause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is none of `status-NNN`, `unreachable`, `timed-out`, `broken`, `no-credential`")]
pub struct CauseError(String);

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status(status) => write!(f, "status-{status}"),
            Self::Unreachable => f.write_str("unreachable"),
            Self::TimedOut => f.write_str("timed-out"),
            Self::Broken => f.write_str("broken"),
            Self::NoCredential => f.write_str("no-credential"),
        }
    }
}

impl std::str::FromStr for Cause {
    type Err = CauseError;

    fn from_str(text: &str) -> Result<Self, CauseError> {
        let error = || CauseError(text.chars().take(40).collect());
        match text {
            "unreachable" => Ok(Self::Unreachable),
            "timed-out" => Ok(Self::TimedOut),
            "broken" => Ok(Self::Broken),
            "no-credential" => Ok(Self::NoCredential),
            _ => {
                let status = text.strip_prefix("status-").ok_or_else(error)?;
                status.parse().map(Self::Status).map_err(|_| error())
            }
        }
    }
}
