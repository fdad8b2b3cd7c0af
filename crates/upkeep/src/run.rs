//! The task that does all of it. Nothing here can take a gateway down: what fails is logged, and
//! tried again.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join4;
use tollgate_policy::time::Timestamp;

use crate::port::Upkeep;
use crate::settings::Settings;
use crate::stats::Stats;
use crate::watch::{UpstreamWatch, tell};
use crate::{deliver, expiry, retention};

/// What others hold of upkeep. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Handles {
    /// For whoever calls upstreams.
    pub watch: UpstreamWatch,
    /// For whoever shows metrics.
    pub stats: Arc<Stats>,
}

/// What every part of upkeep works with.
pub(crate) struct Task {
    pub(crate) port: Arc<dyn Upkeep>,
    pub(crate) settings: Settings,
    pub(crate) stats: Arc<Stats>,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Task {
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

/// Does upkeep until `over` is ready, and then ends at once. An alert that is being sent then is
/// sent again by whoever looks next.
///
/// Run it as a task of its own: dropping a running query may block the thread.
pub async fn run(
    port: Arc<dyn Upkeep>,
    settings: Settings,
    handles: Handles,
    clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    over: impl Future<Output = ()>,
) {
    let task = Task {
        port,
        settings,
        stats: handles.stats,
        clock: Box::new(clock),
    };
    let parts = join4(
        deliver::deliver(&task),
        expiry::remind(&task),
        tell(&handles.watch, &task),
        retention::retain(&task),
    );
    tokio::select! {
        biased;
        () = over => {}
        _ = parts => {}
    }
}

/// `None` for none.
pub(crate) fn days(number: u32) -> Option<Duration> {
    let day = Duration::from_secs(24 * 60 * 60);
    (number > 0).then(|| day.saturating_mul(number))
}
