//! Keeping rights current: the loops that a gateway runs beside its requests.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::Rights;

/// How often changes are looked for. With the time that it takes to read them this keeps a change
/// in force within 50 ms of its commit.
pub const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// How often uses are written.
pub const FLUSH_INTERVAL: Duration = Duration::from_secs(5);

/// Follows the changes and writes the uses until `ended` is ready, and then writes what is left.
///
/// Run it as a task of its own: dropping a running query may block the thread.
pub async fn follow(rights: Arc<Rights>, ended: impl Future<Output = ()>) {
    tokio::select! {
        () = follow_changes(&rights) => {}
        () = write_uses(&rights) => {}
        () = ended => {}
    }
    if let Err(error) = rights.flush_uses().await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "last uses of tokens are lost"
        );
    }
}

async fn follow_changes(rights: &Rights) {
    let mut ticks = interval(POLL_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let was_current = rights.is_current();
        match rights.catch_up().await {
            Ok(_) if !was_current => tracing::info!("changes are followed again"),
            Ok(_) => {}
            // Once, not a hundred times a second.
            Err(error) if was_current => tracing::error!(
                error = &error as &dyn std::error::Error,
                "changes cannot be followed: rights stay as they were last known"
            ),
            Err(_) => {}
        }
    }
}

async fn write_uses(rights: &Rights) {
    let mut ticks = interval(FLUSH_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = rights.flush_uses().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "last uses are kept for later"
            );
        }
    }
}
