//! What the service manager is told, where there is one: systemd's `sd_notify`, by `NOTIFY_SOCKET`.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{MissedTickBehavior, interval};

/// Calls are served.
pub(crate) fn ready() {
    tell(&[NotifyState::Ready, NotifyState::Status("serving")]);
}

/// The configuration is read again; [`ready`] follows.
pub(crate) fn reloading() {
    let status = NotifyState::Status("reading the configuration again");
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now, status]),
        Err(error) => tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the monotonic clock cannot be read"
        ),
    }
}

/// The end has begun.
pub(crate) fn stopping() {
    tell(&[
        NotifyState::Stopping,
        NotifyState::Status("calls that run may finish"),
    ]);
}

/// Says that all is well as often as the service manager wants to hear it, as long as it is. Never
/// ends. Where nobody wants to hear it, it does nothing.
pub(crate) async fn watchdog(is_alive: impl Fn() -> bool) {
    let Some(period) = sd_notify::watchdog_enabled() else {
        return std::future::pending().await;
    };
    let mut ticks = interval((period / 2).max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut was_alive = true;
    loop {
        ticks.tick().await;
        let is_alive = is_alive();
        if is_alive {
            tell(&[NotifyState::Watchdog]);
        } else if was_alive {
            tracing::error!(
                "a part of the gateway stands still: the watchdog is not told any more"
            );
        }
        was_alive = is_alive;
    }
}

fn tell(states: &[NotifyState<'_>]) {
    // Without a service manager this does nothing.
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the service manager could not be told"
        );
    }
}
