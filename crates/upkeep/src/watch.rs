//! Watching upstreams: who calls them says how it went, and operators hear of it when one goes down
//! and when it is back.

mod state;

use std::collections::VecDeque;
use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tollgate_policy::id::UpstreamId;
use tollgate_policy::time::Timestamp;

use crate::run::Task;
use state::{Event, States};

pub use state::{FAILURES, QUIET};

/// After the store did not take an alert, the next attempt waits.
const AGAIN_AFTER: Duration = Duration::from_secs(10);
/// Alerts that wait for the store; beyond that the oldest goes.
const MOST: usize = 256;

/// A handle for whoever calls upstreams. Clones are the same.
///
/// Each gateway sees for itself. Gateways that see an outage begin in the same minute raise one
/// alert; a gateway that starts does not know what was down before.
#[derive(Debug, Clone, Default)]
pub struct UpstreamWatch(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Whether any upstream has failed of late: as long as none has, an answer costs one load.
    troubled: AtomicBool,
    inner: Mutex<Inner>,
    raised: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    states: States,
    events: VecDeque<Event>,
}

impl UpstreamWatch {
    /// An upstream answered; what it said does not matter.
    pub fn answered(&self, upstream: UpstreamId, at: Timestamp) {
        if self.0.troubled.load(Relaxed) {
            let mut inner = self.lock();
            let event = inner.states.answered(upstream, at);
            self.0.troubled.store(!inner.states.is_empty(), Relaxed);
            self.put(inner, event);
        }
    }

    /// An upstream did not answer, or not as one that works. The reason is shown to operators.
    pub fn failed(&self, upstream: UpstreamId, name: &str, reason: &str, at: Timestamp) {
        let mut inner = self.lock();
        let event = inner.states.failed(upstream, name, reason, at);
        self.0.troubled.store(true, Relaxed);
        self.put(inner, event);
    }

    fn put(&self, mut inner: MutexGuard<'_, Inner>, event: Option<Event>) {
        let Some(event) = event else { return };
        if inner.events.len() >= MOST {
            inner.events.pop_front();
        }
        inner.events.push_back(event);
        drop(inner);
        self.0.raised.notify_one();
    }

    fn first(&self) -> Option<Event> {
        self.lock().events.front().cloned()
    }

    /// Lets go of what was raised, unless it had to go meanwhile.
    fn told(&self, event: &Event) {
        let mut inner = self.lock();
        if inner.events.front() == Some(event) {
            inner.events.pop_front();
        }
    }

    /// A poisoned lock still guards a whole state: nothing here panics half-way.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Raises what is seen, for ever. Dropping it loses nothing: what it was about to raise is raised
/// again by whoever tells next, and its key lets it be there once.
pub(crate) async fn tell(watch: &UpstreamWatch, task: &Task) {
    loop {
        // First what waits: nobody says again that it does.
        while let Some(event) = watch.first() {
            match task.port.raise(event.alert(), event.at()).await {
                Ok(()) => watch.told(&event),
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn Error,
                        "an alert on an upstream waits for the store"
                    );
                    tokio::time::sleep(AGAIN_AFTER).await;
                }
            }
        }
        watch.0.raised.notified().await;
    }
}

#[cfg(test)]
mod tests;
