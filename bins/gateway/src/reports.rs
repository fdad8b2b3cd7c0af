//! What the gateway says of itself, as upkeep asks for it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use rustix::system::uname;
use tollgate_policy::time::Timestamp;
use tollgate_proxy::Services;
use tollgate_proxy::metrics::Metrics;
use tollgate_rights::Rights;
use tollgate_upkeep::report::{About, Gateway};

use crate::clock;

/// This process, as operators see it beside others.
pub(crate) struct Running {
    rights: Arc<Rights>,
    metrics: Arc<Metrics>,
    host: String,
    address: SocketAddr,
    started: Timestamp,
}

impl Running {
    /// It runs from now on.
    pub(crate) fn new(services: &Services, address: SocketAddr) -> Self {
        Self {
            rights: Arc::clone(&services.rights),
            metrics: Arc::clone(&services.metrics),
            host: uname().nodename().to_string_lossy().into_owned(),
            address,
            started: clock::now(),
        }
    }
}

impl Gateway for Running {
    fn about(&self) -> About {
        About {
            host: self.host.clone(),
            address: self.address.to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: self.started,
            revision: u64::try_from(self.rights.revision().0).unwrap_or_default(),
            open_calls: self.metrics.open_calls(),
        }
    }

    fn first_bytes(&self) -> BTreeMap<Option<u64>, u64> {
        self.metrics.first_bytes()
    }
}
