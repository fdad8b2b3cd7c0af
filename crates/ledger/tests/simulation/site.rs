//! One place where a gateway runs, or ran.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use tollgate_ledger::request_id::RequestId;
use tollgate_ledger::{Denied, Held};
use tollgate_policy::credits::Credits;
use tollgate_policy::time::Timestamp;

use super::expect::{Expected, Going};
use super::town::{AT_ONCE, is_strict};
use crate::support::book::State;
use crate::support::mortal::{Mortal, poll};

/// Half of how long the book keeps the leases of a silent gateway.
const TRUST: Duration = Duration::from_secs(300);

/// One place where a gateway runs, or ran.
pub struct Site {
    pub identity: [u8; 16],
    pub path: PathBuf,
    /// How far its clock is ahead.
    pub off: Duration,
    pub running: Option<Running>,
}

/// A gateway that runs, with its calls.
pub struct Running {
    pub mortal: Mortal,
    pub waiting: Vec<Waiting>,
    pub open: Vec<Open>,
    /// The moment of the last turn that it knows was done.
    pub heard: Timestamp,
}

/// A call that waits for its hold.
pub struct Waiting {
    pub request: RequestId,
    pub came: Timestamp,
    pub strict: bool,
    pub input_tokens: u64,
    pub hold: Pin<Box<dyn Future<Output = Result<Held, Denied>>>>,
}

/// A call that goes on.
pub struct Open {
    pub request: RequestId,
    pub held: Held,
    pub going: Going,
}

impl Running {
    /// Whether the store may have given the leases of the gateway to others.
    fn lapsed(&self, now: Timestamp) -> bool {
        now.since(self.heard) >= TRUST
    }

    /// Sees which calls have their hold now.
    pub fn see(&mut self) {
        for mut call in std::mem::take(&mut self.waiting) {
            match poll(call.hold.as_mut()) {
                None => self.waiting.push(call),
                Some(Err(Denied::Refused(_) | Denied::Unavailable | Denied::NoRoom(_))) => {}
                Some(Ok(held)) => {
                    // The moment that counts is that of the call, which is not later than this one.
                    // What costs nothing needs no lease.
                    assert!(
                        !self.lapsed(call.came) || held.amount() == Credits::ZERO,
                        "held from a lease that may be gone"
                    );
                    self.open.push(Open {
                        request: call.request,
                        going: Going {
                            strict: call.strict,
                            held: held.amount().as_micros(),
                            input_tokens: call.input_tokens,
                            noted: 0,
                        },
                        held,
                    });
                }
            }
        }
    }

    /// Kills the gateway. What it leaves is its journal, if that is not lost too.
    pub fn kill(self, remains: Option<&Path>, expected: &mut Expected) {
        if let Some(remains) = remains {
            self.mortal.remains(remains);
        }
        for open in &self.open {
            let killed = open
                .going
                .estimated(tollgate_ledger::receipt::Ending::Killed);
            expected.0.insert(open.request, killed);
        }
    }

    /// What is held and charged is leased, in the memory of the gateway as in the book.
    pub fn check(&self, state: &State, now: Timestamp) {
        let strict = self.open.iter().filter(|open| open.going.strict);
        assert!(strict.count() <= AT_ONCE as usize, "too many calls at once");
        for one in self.mortal.ledger.pots() {
            let row = state.rows.get(&one.pot);
            let closed = row.is_some_and(|row| row.closed);
            // A gateway that has lapsed trusts no lease before it has asked what is left of it.
            if closed || self.lapsed(now) || !is_strict(one.pot) {
                continue;
            }
            let gateway = &self.mortal.gateway;
            let lease = row.and_then(|row| row.leases.get(gateway));
            let forfeited = row.is_some_and(|row| row.forfeited.contains_key(gateway));
            let [leased, held, unsettled] =
                [one.leased, one.held, one.unsettled].map(|credits| credits.as_micros());
            // Calls that went on when the lease was given to others are not covered any more.
            assert!(forfeited || held + unsettled <= leased, "{one:?}");
            assert!(
                leased - unsettled <= lease.copied().unwrap_or(0),
                "{one:?} and {row:?}"
            );
        }
    }
}
