//! What the gateway has put aside, as upkeep asks for it.

use std::sync::Arc;

use tollgate_policy::breaker::{Part, State};
use tollgate_proxy::health::{Health, Seen};
use tollgate_upkeep::aside::Breakers;
use tollgate_upkeep::port::Aside;

/// The breakers of all workers.
pub(crate) struct Shared(pub(crate) Arc<Health>);

impl Breakers for Shared {
    fn changes(&self) -> u64 {
        self.0.changes()
    }

    fn aside(&self) -> Vec<Aside> {
        let seen = self.0.snapshot();
        seen.into_iter().filter_map(put_aside).collect()
    }
}

fn put_aside(seen: Seen) -> Option<Aside> {
    let (cause, since, until) = match seen.state {
        State::Closed => return None,
        State::Open {
            until,
            cause,
            since,
        } => (cause, since, Some(until)),
        State::HalfOpen { cause, since, .. } => (cause, since, None),
    };
    Some(Aside {
        upstream: seen.upstream,
        credential: match seen.part {
            Part::Upstream => None,
            Part::Credential => Some(seen.credential),
        },
        cause,
        since,
        until,
    })
}
