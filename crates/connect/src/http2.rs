//! HTTP/2: requests share connections, each driven by a task of its own. Another connection is made
//! only where the upstream allows no further stream on those that there are.

mod socket;
mod task;
mod trunk;
mod watched;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::SendError;
use crate::place::Place;
use crate::stream::Stream;

use trunk::Trunk;
pub(crate) use trunk::{Berth, Failed, Mooring, Outgoing};

/// The HTTP/2 connections to one destination.
pub(crate) struct Trunks {
    list: Mutex<Vec<Trunk>>,
    /// Held while a connection is made, so that requests that come meanwhile share it.
    pub(crate) growing: tokio::sync::Mutex<()>,
}

impl Trunks {
    pub(crate) fn new() -> Self {
        Self {
            list: Mutex::default(),
            growing: tokio::sync::Mutex::default(),
        }
    }

    /// A place for one more stream on a connection that there is.
    pub(crate) fn berth(&self) -> Option<Berth> {
        let mut list = self.lock();
        list.retain(|trunk| !trunk.is_closed());
        list.iter().find_map(Trunk::berth)
    }

    /// Adds a connection, and takes its first place.
    pub(crate) async fn add(&self, stream: Stream, place: Place) -> Result<Berth, SendError> {
        let trunk = Trunk::new(stream, place).await?;
        let berth = trunk.berth();
        self.lock().push(trunk);
        berth.ok_or(SendError::Full)
    }

    /// Lets go of connections that had no stream for too long.
    pub(crate) fn sweep(&self, now: Instant, idle_timeout: Duration) {
        self.lock()
            .retain(|trunk| !trunk.is_closed() && !trunk.is_stale(now, idle_timeout));
    }

    /// Lets go of all connections; their streams go on.
    pub(crate) fn close(&self) {
        self.lock().clear();
    }

    /// Connections without a stream.
    pub(crate) fn idle(&self) -> usize {
        let list = self.lock();
        let idle = |trunk: &&Trunk| trunk.is_idle() && !trunk.is_closed();
        list.iter().filter(idle).count()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Trunk>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
