//! Where rights come from: the port that a store implements.

mod access;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tollgate_policy::Catalog;
use tollgate_policy::id::{AccountId, TokenId, UpstreamId};
use tollgate_policy::secret::SecretHash;
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::Principal;

pub use access::{
    Access, AccessCredential, Carrier, ExtraError, ExtraHeader, ExtraParameter, Http2,
    NoSuchCredential, ProxyAddress, ProxyAddressError, RetryOn, RetryOnError, UpstreamSecret,
};

/// The durable side of rights. Nothing here is called on the path of a request whose token is known.
pub trait Source: Send + Sync + 'static {
    /// The catalog as it stands, with the revision up to which it is current.
    fn snapshot(&self) -> BoxFuture<'_, Result<Snapshot, SourceError>>;

    /// The credential of this hash, if there is one; revoked and disabled tokens are found too.
    fn credential(
        &self,
        hash: SecretHash,
    ) -> BoxFuture<'_, Result<Option<Credential>, SourceError>>;

    /// What was changed after a position, oldest first, and the position reached.
    fn changes(&self, after: Position) -> BoxFuture<'_, Result<Changes, SourceError>>;

    /// Keeps when tokens were last used. Later moments win.
    fn record_uses(
        &self,
        uses: Vec<(TokenId, Timestamp)>,
    ) -> BoxFuture<'_, Result<(), SourceError>>;
}

/// The source could not answer. The cause is for logs; callers only wait or refuse.
#[derive(Debug, thiserror::Error)]
#[error("the store did not answer")]
pub struct SourceError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// A position in the sequence of administrative changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Revision(pub i64);

/// How far somebody has read the changes. It is the reader's, who asks with it again until what was
/// told is in force.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Position {
    /// The revision of the last change that was read.
    pub revision: Revision,
    /// What tells that change from another one that came to its number later, in the source's own
    /// form; `None` where the reader does not know it, and does not ask.
    pub mark: Option<Vec<u8>>,
}

impl From<Revision> for Position {
    fn from(revision: Revision) -> Self {
        let mark = None;
        Self { revision, mark }
    }
}

/// What all callers share: the catalog, and how its upstreams are reached.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// Groups, models and upstreams.
    pub catalog: Catalog,
    /// The address and credentials of each upstream.
    pub access: BTreeMap<UpstreamId, Arc<Access>>,
    /// The revision that the snapshot includes.
    pub revision: Revision,
}

/// A secret that is known: whose it is, and how long it is valid.
#[derive(Debug)]
pub struct Credential {
    /// The token, its account and what was spent.
    pub principal: Principal,
    /// When this secret stops being valid: set on the old one while a secret is rotated.
    pub valid_until: Option<Timestamp>,
}

/// What was changed since a position.
#[derive(Debug, Default)]
pub struct Changes {
    /// What must be read anew.
    pub touched: Vec<Touched>,
    /// The position reached.
    pub reached: Position,
}

/// One thing that was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touched {
    /// A group, model or upstream.
    Catalog,
    /// A token or one of its secrets.
    Token(TokenId),
    /// An account, and with it all its tokens.
    Account(AccountId),
    /// All that there is: the source has lost changes that were told of, as one does that was
    /// restored from a copy, and may give their revisions to others.
    Everything,
}
