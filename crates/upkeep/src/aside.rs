//! Telling operators what a gateway has put aside, by the store that they read.
//!
//! It knows no breaker and no call, only that there is somebody to ask.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};
use tollgate_policy::time::Timestamp;

use crate::port::{Aside, Upkeep};

/// How often it is asked whether anything is another way than before.
pub const LOOK_EVERY: Duration = Duration::from_secs(3);
/// How often it is told again that something is put aside. The store forgets after three minutes, so
/// that nobody is shown what a gateway saw that has ended.
pub const TELL_AGAIN: Duration = Duration::from_secs(60);

/// Whoever puts upstreams and credentials aside.
pub trait Breakers: Send + Sync + 'static {
    /// A number that is another one whenever the list is.
    fn changes(&self) -> u64;

    /// Everything that is put aside now.
    fn aside(&self) -> Vec<Aside>;
}

/// What was told last, and when.
struct Told {
    changes: u64,
    anything: bool,
    at: Instant,
}

/// Tells for ever what this gateway has put aside, where it changed. What the last process of the
/// same name told is replaced at once.
///
/// CANCEL: dropping it leaves the store as it was told last.
pub async fn tell(
    port: Arc<dyn Upkeep>,
    gateway: Vec<u8>,
    breakers: Arc<dyn Breakers>,
    clock: impl Fn() -> Timestamp,
) {
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told: Option<Told> = None;
    let mut answering = true;
    loop {
        ticks.tick().await;
        // Before the list: what changes in between is told the next time.
        let changes = breakers.changes();
        if told.as_ref().is_some_and(|told| told.still_holds(changes)) {
            continue;
        }
        let aside = breakers.aside();
        let anything = !aside.is_empty();
        match port.put_aside(gateway.clone(), aside, clock()).await {
            Ok(()) => {
                told = Some(Told {
                    changes,
                    anything,
                    at: Instant::now(),
                });
                answering = true;
            }
            Err(error) => {
                // Once, not every three seconds.
                if answering {
                    tracing::warn!(
                        error = &error as &dyn Error,
                        "operators are not told which upstreams are put aside"
                    );
                }
                answering = false;
            }
        }
    }
}

impl Told {
    fn still_holds(&self, changes: u64) -> bool {
        let is_fresh = !self.anything || self.at.elapsed() < TELL_AGAIN;
        self.changes == changes && is_fresh
    }
}

#[cfg(test)]
mod tests;
