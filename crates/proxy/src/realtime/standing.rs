//! Who speaks with what in a session, and what is said where a response may not begin.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use tokio::time::Instant;
use tollgate_ledger::Ledger;
use tollgate_ledger::request_id::RequestId;
use tollgate_policy::secret::SecretHash;
use tollgate_policy::time::Timestamp;
use tollgate_rights::Rights;
use tollgate_rights::entry::Entry;
use tollgate_upkeep::refusals::Refusals;

use crate::exchange::Exchange;
use crate::metrics::Metrics;
use crate::record;
use crate::stop::Stop;

/// Who speaks with what, for as long as the session lasts.
pub(super) struct Standing {
    pub(super) rights: Arc<Rights>,
    pub(super) ledger: Ledger,
    pub(super) metrics: Arc<Metrics>,
    pub(super) refusals: Refusals,
    pub(super) clock: fn() -> Timestamp,
    pub(super) secret: SecretHash,
    /// The request that opened the session.
    pub(super) opening: Arc<Exchange>,
    pub(super) model: String,
}

/// Why there is no further response, by the name that the client is told.
pub(super) struct Refused {
    pub(super) id: RequestId,
    pub(super) code: &'static str,
    pub(super) message: Cow<'static, str>,
}

impl Standing {
    /// The next call, as if it had been asked for now.
    pub(super) fn exchange(&self) -> Arc<Exchange> {
        let now = (self.clock)();
        let opening = &self.opening;
        Arc::new(Exchange {
            id: RequestId::new(now, rand::random()),
            method: opening.method.clone(),
            version: opening.version,
            path: opening.path.clone(),
            dialect: opening.dialect,
            client: opening.client,
            started: Instant::now(),
            now,
            settings: Arc::clone(&opening.settings),
            read: OnceLock::new(),
            trace: OnceLock::new(),
        })
    }

    /// Records that a call was refused, as for one of its own.
    pub(super) fn refused(&self, exchange: &Exchange, entry: &Entry, stop: &Stop) -> Refused {
        let fault = stop.fault(exchange.now);
        let (code, id) = (stop.code(exchange.now), exchange.id);
        let answer = tollgate_wire::answer::answer(&fault, exchange.dialect, &id.to_string());
        self.metrics.refused(code, answer.status);
        record::stopped(&self.refusals, exchange, Some(entry), stop, answer.status);
        let message = tollgate_wire::answer::message(&fault);
        Refused { id, code, message }
    }
}
