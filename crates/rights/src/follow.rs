//! Keeping rights current: the loops that a gateway runs beside its requests.

use std::error::Error;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::Rights;

/// How often changes are looked for. With the time that it takes to read them this keeps a change
/// in force within 50 ms of its commit.
pub const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// How often uses are written.
pub const FLUSH_INTERVAL: Duration = Duration::from_secs(5);

/// How long the source may take to say what was changed. After that its word is missing, and
/// [`Rights::is_current`] says so.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

/// How long rights are trusted while changes cannot be followed: as long as leases are. What was
/// revoked meanwhile is refused by then, also by a gateway that is cut off.
pub const TRUST: Duration = Duration::from_secs(300);

/// Follows the changes and writes the uses until `ended` is ready, and then writes what is left.
///
/// Run it as a task of its own: dropping a running query may block the thread.
pub async fn follow(rights: Arc<Rights>, ended: impl Future<Output = ()>) {
    let mut ended = pin!(ended);
    let writing = write_uses(&rights, ended.as_mut());
    tokio::select! {
        () = follow_changes(&rights) => {}
        // Only this one ends: it sees `ended` between two writes, so that none is cut off.
        () = writing => {}
    }
    if let Err(error) = rights.flush_uses().await {
        tracing::warn!(error = &error as &dyn Error, "last uses of tokens are lost");
    }
}

async fn follow_changes(rights: &Rights) {
    let mut ticks = interval(POLL_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    loop {
        ticks.tick().await;
        let was_current = rights.is_current();
        let caught_up = timeout(ANSWER_TIMEOUT, rights.catch_up()).await;
        if matches!(caught_up, Ok(Ok(_))) {
            heard = Instant::now();
        }
        let is_trusted = heard.elapsed() < TRUST;
        if rights.trust(is_trusted) && !is_trusted {
            tracing::error!("changes were not followed for so long that no token is served");
        }
        match caught_up {
            Ok(Ok(_)) if !was_current => tracing::info!("changes are followed again"),
            Ok(Ok(_)) => {}
            // Once, not a hundred times a second.
            Ok(Err(error)) if was_current => tracing::error!(
                error = &error as &dyn Error,
                "changes cannot be followed: rights stay as they were last known"
            ),
            Ok(Err(_)) => {}
            Err(_) => {
                rights.fell_behind();
                if was_current {
                    tracing::error!(
                        "the store does not answer: rights stay as they were last known"
                    );
                }
            }
        }
    }
}

async fn write_uses(rights: &Rights, mut ended: Pin<&mut impl Future<Output = ()>>) {
    let mut ticks = interval(FLUSH_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = ended.as_mut() => return,
        }
        if let Err(error) = rights.flush_uses().await {
            tracing::warn!(error = &error as &dyn Error, "last uses are kept for later");
        }
    }
}
