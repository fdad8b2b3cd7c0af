//! Where money is kept durably: the port that a store implements.
//!
//! A gateway spends only what it has leased. A lease is taken from a pot (one limit of a token or
//! an account) in the store, where `used + leased` never passes the limit; so however many gateways
//! there are, and whatever becomes of them, no pot is oversold.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tollgate_policy::credits::Credits;
use tollgate_policy::id::{AccountId, TokenId};
use tollgate_policy::time::Timestamp;

use crate::receipt::Receipt;

/// How long the store keeps the leases of a gateway that it does not hear of. A gateway stops
/// spending what it has leased after half of that, so clocks may differ by the other half.
pub const LEASE_LIFETIME: Duration = Duration::from_secs(600);

/// The durable side of the ledger.
pub trait Book: Send + Sync + 'static {
    /// Does one turn of a gateway's business in one transaction, in the order of [`Turn`]'s fields.
    /// A turn that is repeated because its outcome is unknown has no second effect on receipts.
    ///
    /// Turns of one gateway exclude each other, also one whose caller got no answer or is gone: when
    /// a turn begins, each earlier one is done, or never will be.
    fn turn(&self, turn: Arc<Turn>) -> BoxFuture<'_, Result<Outcome, BookError>>;
}

/// The store could not answer. The cause is for logs.
#[derive(Debug, thiserror::Error)]
#[error("the store did not answer")]
pub struct BookError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// A gateway, by the identity of its journal: the same after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GatewayId(pub [u8; 16]);

/// One limit from which calls are paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pot {
    /// The lifetime quota of a token.
    Token(TokenId),
    /// The periodic quota of a token, in the period that begins then.
    TokenPeriod(TokenId, Timestamp),
    /// The balance of an account with its credit line.
    Account(AccountId),
    /// The periodic quota of an account, in the period that begins then.
    AccountPeriod(AccountId, Timestamp),
}

/// One turn of a gateway's business with the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Whose.
    pub gateway: GatewayId,
    /// When. The gateway counts as alive from here on for [`LEASE_LIFETIME`].
    pub now: Timestamp,
    /// Receipts to settle: kept, and taken from pots and leases, each at most once.
    pub receipts: Vec<Arc<Receipt>>,
    /// Whether everything that the gateway has leased after that is given back: at its start.
    pub reset: bool,
    /// What is given back of leases, at most what is leased. Nothing is given back of a pot whose
    /// lease the gateway only wants to know.
    pub returns: Vec<(Pot, Credits)>,
    /// What is to be leased.
    pub asks: Vec<Ask>,
}

/// A wish for a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    /// From which pot.
    pub pot: Pot,
    /// What is needed at least; where less is left, all that is left is leased.
    pub least: Credits,
    /// What would be good to have: at least `least`. Granted where it is at most half of what is
    /// left; else that half, or `least` if that is more, so that other gateways find something. Where
    /// `least` is nothing, nobody waits: then all of it, where it is at most a quarter of what is
    /// left, or nothing.
    pub wish: Credits,
}

/// What came of a turn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// How much of each pot that the turn touched (by receipts, returns or asks) the gateway has
    /// leased now.
    pub leases: Vec<Lease>,
    /// How many receipts were new.
    pub settled: usize,
}

/// What a gateway has leased of a pot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The pot.
    pub pot: Pot,
    /// How much. Zero where the token, account or period is gone.
    pub leased: Credits,
    /// Whether the pot has a limit at all; where it has none, nothing needs to be leased.
    pub limited: bool,
}
