//! What upkeep needs of a store: the port that it implements. Nothing here is on the path of a call.

use std::fmt;

use futures_util::future::BoxFuture;
use serde_json::Value;
use tollgate_policy::breaker::Cause;
use tollgate_policy::id::{AccountId, CredentialId, TokenId, UpstreamId};
use tollgate_policy::time::Timestamp;

/// The durable side of upkeep. Several gateways may share it.
pub trait Upkeep: Send + Sync + 'static {
    /// Alerts that were not delivered and are to be tried at or before `until`, the soonest first,
    /// at most `limit` of them.
    fn due(&self, until: Timestamp, limit: u32) -> BoxFuture<'_, Result<Vec<Alert>, PortError>>;

    /// Takes an alert for one attempt: moves its next attempt from `seen` to `until`, in one atomic
    /// step. False where it was moved or delivered meanwhile, so that somebody else has it.
    fn claim(
        &self,
        id: i64,
        seen: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'_, Result<bool, PortError>>;

    /// Keeps that an alert was delivered: it is not due again.
    fn delivered(&self, id: i64, at: Timestamp) -> BoxFuture<'_, Result<(), PortError>>;

    /// Counts a failed attempt, and keeps when to try again; [`NEVER`] where it was given up.
    fn failed(&self, id: i64, next_at: Timestamp) -> BoxFuture<'_, Result<(), PortError>>;

    /// Raises an alert, unless one with its key was raised before.
    fn raise(&self, alert: NewAlert, at: Timestamp) -> BoxFuture<'_, Result<(), PortError>>;

    /// Tokens that still work and expire behind `after` and at or before `until`, by
    /// (`expires_at`, `token`), at most `limit` of them.
    fn expiring(
        &self,
        after: Place,
        until: Timestamp,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<Expiring>, PortError>>;

    /// The store's own clock, which is one for all gateways; `None` where it has none.
    fn clock(&self) -> BoxFuture<'_, Result<Option<Timestamp>, PortError>>;

    /// Deletes the receipts of calls before a moment, and says how many.
    fn prune(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, PortError>>;

    /// Deletes alerts that were delivered before a moment, or given up and raised before it, and says
    /// how many.
    fn forget(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, PortError>>;

    /// Deletes what gateways reported before a moment, and says how many rows.
    fn forget_reports(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, PortError>>;

    /// Sums up what is kept of each day before a moment, and says how many rows.
    fn compact(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, PortError>>;

    /// Keeps all that a gateway has put aside, in place of what it told before. What it does not
    /// tell again within three minutes is forgotten.
    fn put_aside(
        &self,
        gateway: Vec<u8>,
        aside: Vec<Aside>,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<(), PortError>>;
}

/// The next attempt of an alert that was given up.
pub const NEVER: Timestamp = Timestamp::from_micros(i64::MAX);

/// The store could not answer. The cause is for logs; callers only wait.
#[derive(Debug, thiserror::Error)]
#[error("the store did not answer")]
pub struct PortError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Something that operators are to be told once.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAlert {
    /// The occasion. An alert with a key that was there before is not raised again.
    pub key: String,
    /// What happened, in one word.
    pub kind: String,
    /// What it is about.
    pub subject: Subject,
    /// What else is to be told: an object.
    pub body: Value,
}

/// An alert that waits.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Its number, in the order of the alerts; the same for whoever delivers it.
    pub id: i64,
    /// What is told.
    pub alert: NewAlert,
    /// When it was raised.
    pub at: Timestamp,
    /// How often its delivery failed.
    pub attempts: u32,
    /// When it is to be tried.
    pub next_at: Timestamp,
}

/// What an alert is about. Its text is the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A token.
    Token(TokenId),
    /// An account.
    Account(AccountId),
    /// An upstream.
    Upstream(UpstreamId),
}

/// A token that is about to expire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiring {
    /// Which token.
    pub token: TokenId,
    /// Its name.
    pub name: String,
    /// The name of its account.
    pub account: String,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// An upstream, or a credential of one, that a gateway has put aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aside {
    /// The upstream.
    pub upstream: UpstreamId,
    /// What of it: `None` all of it, `Some` one credential, or the calls without one.
    pub credential: Option<Option<CredentialId>>,
    /// Why.
    pub cause: Cause,
    /// Since when.
    pub since: Timestamp,
    /// From when on one call may try; `None` while one does.
    pub until: Option<Timestamp>,
}

/// A place in the order of tokens by expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Behind all that expire before this moment, and
    pub expires_at: Timestamp,
    /// behind those that expire at it and are not beyond this token; all of them if missing.
    pub token: Option<TokenId>,
}

impl Subject {
    /// The kind of thing, in one word.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Token(_) => "token",
            Self::Account(_) => "account",
            Self::Upstream(_) => "upstream",
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(id) => id.fmt(f),
            Self::Account(id) => id.fmt(f),
            Self::Upstream(id) => id.fmt(f),
        }
    }
}
