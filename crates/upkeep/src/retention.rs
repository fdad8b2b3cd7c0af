//! Letting go of what is old: receipts, and sums by the day.

use std::error::Error;
use std::time::Duration;

use tokio::time::sleep;

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

/// Lets go of what is old once a day, for ever.
pub(crate) async fn retain(task: &Task) {
    sleep(FIRST_AFTER).await;
    loop {
        // None waits for another to work.
        let pruned = told("receipts were deleted", prune(task).await);
        let compacted = told("sums by the day were summed up", compact(task).await);
        let forgotten = told("alerts were deleted", forget(task).await);
        let reports = told(
            "reports of gateways were deleted",
            forget_reports(task).await,
        );
        let wait = if pruned && compacted && forgotten && reports {
            EVERY
        } else {
            AGAIN_AFTER
        };
        sleep(wait).await;
    }
}

async fn prune(task: &Task) -> Result<u64, PortError> {
    match days(task.settings.keep_receipts_days) {
        Some(kept) => task.port.prune(task.now().minus(kept)).await,
        None => Ok(0),
    }
}

async fn compact(task: &Task) -> Result<u64, PortError> {
    match days(task.settings.keep_daily_days) {
        Some(kept) => task.port.compact(task.now().minus(kept)).await,
        None => Ok(0),
    }
}

/// An alert on an expiry stays until the token has expired: without it, it would be raised again.
async fn forget(task: &Task) -> Result<u64, PortError> {
    match days(ALERTS_DAYS.max(task.settings.expiry_notice_days)) {
        Some(kept) => task.port.forget(task.now().minus(kept)).await,
        None => Ok(0),
    }
}

async fn forget_reports(task: &Task) -> Result<u64, PortError> {
    match days(REPORTS_DAYS) {
        Some(kept) => task.port.forget_reports(task.now().minus(kept)).await,
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
