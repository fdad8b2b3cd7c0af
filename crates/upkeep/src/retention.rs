//! Letting go of what is old: receipts, and sums by the day.

use std::error::Error;
use std::time::Duration;

use tokio::time::sleep;
use tollgate_policy::time::Timestamp;

use crate::port::PortError;
use crate::run::{Task, days};

/// A gateway that starts has other things to do first.
const FIRST_AFTER: Duration = Duration::from_secs(60);
const EVERY: Duration = Duration::from_secs(24 * 60 * 60);
const AGAIN_AFTER: Duration = Duration::from_secs(60 * 60);
/// How many days an alert is kept once it was delivered or given up.
const ALERTS_DAYS: u32 = 90;
/// How many days refusals and times of first bytes are kept.
const REPORTS_DAYS: u32 = 90;
/// From here on it is told that clocks differ.
const FAR_AHEAD: Duration = Duration::from_secs(300);

/// Lets go of what is old once a day, for ever.
pub(crate) async fn retain(task: &Task) {
    sleep(FIRST_AFTER).await;
    loop {
        let wait = match now(task).await {
            Ok(now) if let_go(task, now).await => EVERY,
            Ok(_) => AGAIN_AFTER,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn Error,
                    "it is tried again in an hour to let go of what is old"
                );
                AGAIN_AFTER
            }
        };
        sleep(wait).await;
    }
}

/// The earlier one of both clocks: what others keep is not let go of because ours is ahead.
async fn now(task: &Task) -> Result<Timestamp, PortError> {
    let (ours, store) = (task.now(), task.port.clock().await?);
    let now = store.map_or(ours, |store| store.min(ours));
    let ahead = ours.since(now);
    if ahead >= FAR_AHEAD {
        tracing::warn!(
            seconds = ahead.as_secs(),
            "the clock is ahead of the store's, by which it is told what is old"
        );
    }
    Ok(now)
}

/// Whether all of it could be done. None waits for another to work.
async fn let_go(task: &Task, now: Timestamp) -> bool {
    let pruned = told("receipts were deleted", prune(task, now).await);
    let compacted = told("sums by the day were summed up", compact(task, now).await);
    let forgotten = told("alerts were deleted", forget(task, now).await);
    let reports = forget_reports(task, now).await;
    let reports = told("reports of gateways were deleted", reports);
    pruned && compacted && forgotten && reports
}

async fn prune(task: &Task, now: Timestamp) -> Result<u64, PortError> {
    match days(task.settings.keep_receipts_days) {
        Some(kept) => task.port.prune(now.minus(kept)).await,
        None => Ok(0),
    }
}

async fn compact(task: &Task, now: Timestamp) -> Result<u64, PortError> {
    match days(task.settings.keep_daily_days) {
        Some(kept) => task.port.compact(now.minus(kept)).await,
        None => Ok(0),
    }
}

/// An alert on an expiry stays until the token has expired: without it, it would be raised again.
async fn forget(task: &Task, now: Timestamp) -> Result<u64, PortError> {
    match days(ALERTS_DAYS.max(task.settings.expiry_notice_days)) {
        Some(kept) => task.port.forget(now.minus(kept)).await,
        None => Ok(0),
    }
}

async fn forget_reports(task: &Task, now: Timestamp) -> Result<u64, PortError> {
    match days(REPORTS_DAYS) {
        Some(kept) => task.port.forget_reports(now.minus(kept)).await,
        None => Ok(0),
    }
}

fn told(what: &'static str, done: Result<u64, PortError>) -> bool {
    match done {
        Ok(0) => true,
        Ok(rows) => {
            tracing::info!(rows, "old {what}");
            true
        }
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn Error,
                "it is tried again in an hour that old {what}"
            );
            false
        }
    }
}

#[cfg(test)]
mod tests;
