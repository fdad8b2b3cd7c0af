//! The pure step of a call for the benchmark, which cannot see it from outside.

use tollgate_policy::credits::Credits;
use tollgate_policy::group::Group;
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::Principal;

use crate::account::AccountState;
use crate::book::{Lease, Pot};
use crate::demand::Demand;

/// The state of one account, without lock and journal.
#[derive(Debug, Default)]
pub struct Probe(AccountState);

impl Probe {
    /// With so much leased of some pots.
    pub fn new(pots: impl IntoIterator<Item = Pot>, leased: Credits, now: Timestamp) -> Self {
        let mut state = AccountState::default();
        for pot in pots {
            let lease = Lease {
                pot,
                leased,
                limited: true,
            };
            state.apply(&lease, 0, 0, now);
        }
        Self(state)
    }

    /// Holds for a call, and settles it for nothing. False where it was not held.
    pub fn call(
        &mut self,
        principal: &Principal,
        group: &Group,
        full: Credits,
        now: Timestamp,
    ) -> bool {
        let demand = Demand {
            principal,
            group,
            full,
            least: full,
            tokens: 1,
            now,
        };
        let Ok(mut grip) = self.0.try_hold(&demand, None, false) else {
            return false;
        };
        let charged = self.0.cover(&mut grip, Credits::ZERO);
        self.0.settle(&grip, None, charged, 1, now);
        true
    }
}
