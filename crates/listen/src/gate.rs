//! Who may come in, and how many: what listeners share.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tollgate_policy::network::Network;

use crate::crowd::Crowd;
use crate::tls::Certificates;

/// What stands in front of one listener or several. A clone shares the places.
#[derive(Debug, Clone)]
pub struct Gate {
    /// Where there are some, connections are under TLS.
    pub certificates: Option<Arc<Certificates>>,
    /// Connections from these networks begin with a header of the PROXY protocol, and it is believed.
    pub proxies: Vec<Network>,
    places: Arc<Semaphore>,
    /// How many places there are.
    all: usize,
    /// Of those who came in, who does not read.
    pub(crate) crowd: Arc<Crowd>,
}

/// A place for a connection, until it is dropped.
pub(crate) type Place = OwnedSemaphorePermit;

impl Gate {
    /// A gate in clear, for so many connections at once, that believes nobody.
    pub fn new(connections: usize) -> Self {
        let places = connections.min(Semaphore::MAX_PERMITS);
        Self {
            certificates: None,
            proxies: Vec::new(),
            places: Arc::new(Semaphore::new(places)),
            all: places,
            crowd: Arc::new(Crowd::new(places)),
        }
    }

    /// The same places, under TLS.
    #[must_use]
    pub fn with_certificates(mut self, certificates: Arc<Certificates>) -> Self {
        self.certificates = Some(certificates);
        self
    }

    /// The same places, where senders in these networks speak the PROXY protocol.
    #[must_use]
    pub fn with_proxies(mut self, proxies: Vec<Network>) -> Self {
        self.proxies = proxies;
        self
    }

    /// Places that are free.
    pub fn free(&self) -> usize {
        self.places.available_permits()
    }

    /// Places that are taken.
    pub(crate) fn taken(&self) -> usize {
        self.all.saturating_sub(self.free())
    }

    pub(crate) fn enter(&self) -> Option<Place> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_shared_and_come_back() {
        let gate = Gate::new(2);
        let other = gate.clone().with_proxies(Vec::new());
        let (first, second) = (gate.enter(), other.enter());
        assert!(first.is_some() && second.is_some());
        assert_eq!((gate.taken(), other.free()), (2, 0));
        assert!(gate.enter().is_none());
        drop(first);
        assert_eq!((other.taken(), gate.free()), (1, 1));
        assert!(other.enter().is_some());
    }
}
