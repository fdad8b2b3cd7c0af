//! Delivering alerts: to the log always, and to the webhook if there is one, again and again until
//! it takes them or three days are over.

use std::error::Error;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::time::{MissedTickBehavior, interval};
use tollgate_policy::time::Timestamp;

use crate::port::{Alert, NEVER, PortError};
use crate::run::Task;
use crate::webhook::{Outcome, Webhook};

/// How often the store is asked for alerts.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Deliveries at once.
const AT_ONCE: usize = 4;
/// Alerts of one look.
const MOST: u32 = 256;
/// For how long nobody else tries an alert that is being tried; longer than any attempt.
const CLAIM: Duration = Duration::from_secs(60);

/// How long to wait after the first failures, and after each one behind them.
const FIRST_WAITS: [Duration; 4] = [
    Duration::from_secs(10),
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
];
const LAST_WAIT: Duration = Duration::from_secs(60 * 60);
/// The longest wait that a receiver may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(6 * 60 * 60);
/// How old an alert may be at its last attempt, unless that is its first.
const GIVE_UP_AFTER: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// Looks for alerts and delivers them, for ever. One look is over before the next: no alert is in
/// flight twice here.
pub(crate) async fn deliver(task: &Task) {
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut answering = true;
    loop {
        ticks.tick().await;
        match look(task).await {
            Ok(()) => answering = true,
            Err(error) => {
                // Once, not every other second.
                if answering {
                    tracing::warn!(
                        error = &error as &dyn Error,
                        "alerts cannot be read, and wait"
                    );
                }
                answering = false;
            }
        }
    }
}

async fn look(task: &Task) -> Result<(), PortError> {
    let now = task.now();
    // Further than any wait: those that wait are counted, too.
    let mut alerts = task.port.due(now.plus(LONGEST_WAIT + CLAIM), MOST).await?;
    task.stats.looked(alerts.len());
    alerts.retain(|alert| alert.next_at <= now);
    alerts.sort_unstable_by_key(|alert| alert.id);
    stream::iter(&alerts)
        .for_each_concurrent(AT_ONCE, |alert| async move {
            if let Err(error) = one(task, alert).await {
                tracing::warn!(
                    error = &error as &dyn Error,
                    alert = alert.id,
                    "what became of an alert is not kept"
                );
            }
        })
        .await;
    Ok(())
}

/// Several gateways may see the same alert. The claim lets one of them have it; where that one dies
/// in between, the alert is delivered again, under the same id.
async fn one(task: &Task, alert: &Alert) -> Result<(), PortError> {
    let now = task.now();
    let claimed = task.port.claim(alert.id, alert.next_at, now.plus(CLAIM));
    if !claimed.await? {
        return Ok(());
    }
    if alert.attempts == 0 {
        log(alert);
    }
    match &task.settings.webhook {
        None => taken(task, alert).await,
        Some(webhook) => match webhook.send(alert, now).await {
            Outcome::Taken => taken(task, alert).await,
            Outcome::Failed {
                reason,
                retry_after,
            } => failed(task, webhook, alert, &reason, retry_after).await,
        },
    }
}

fn log(alert: &Alert) {
    tracing::warn!(
        target: "alert",
        id = alert.id,
        kind = alert.alert.kind,
        subject = %alert.alert.subject,
        key = alert.alert.key,
        raised = %alert.at,
        body = %alert.alert.body,
        "{} of {}",
        alert.alert.kind,
        alert.alert.subject,
    );
}

async fn taken(task: &Task, alert: &Alert) -> Result<(), PortError> {
    task.stats.count_delivered();
    task.port.delivered(alert.id, task.now()).await
}

async fn failed(
    task: &Task,
    webhook: &Webhook,
    alert: &Alert,
    reason: &str,
    retry_after: Option<Duration>,
) -> Result<(), PortError> {
    task.stats.count_failed();
    let (id, origin) = (alert.id, webhook.origin());
    let next = next(alert, task.now(), retry_after);
    match next {
        Some(next) => tracing::warn!(
            alert = id,
            origin,
            reason,
            next = %next,
            "an alert was not delivered, and is tried again"
        ),
        None => {
            task.stats.count_given_up();
            tracing::error!(
                alert = id,
                origin,
                reason,
                raised = %alert.at,
                "an alert was not delivered, and is given up"
            );
        }
    }
    task.port.failed(id, next.unwrap_or(NEVER)).await
}

/// When to try again after a failure; `None` where that would be too late. A receiver can ask for
/// more time than is planned, and not for less.
fn next(alert: &Alert, now: Timestamp, retry_after: Option<Duration>) -> Option<Timestamp> {
    let before = usize::try_from(alert.attempts).unwrap_or(usize::MAX);
    let planned = FIRST_WAITS.get(before).copied().unwrap_or(LAST_WAIT);
    let asked = retry_after.unwrap_or_default().min(LONGEST_WAIT);
    let next = now.plus(planned.max(asked));
    (next.since(alert.at) <= GIVE_UP_AFTER).then_some(next)
}

#[cfg(test)]
mod tests;
