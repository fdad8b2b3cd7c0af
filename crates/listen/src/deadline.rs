//! Until when a connection may go on doing what it does: one timer, set anew as seldom as possible.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::pulse::{Beat, Pulse};
use crate::settings::Settings;

/// The time for a connection to end after all is said.
pub(crate) const CLOSING: Duration = Duration::from_secs(2);
/// The time for a client to read its last answer, and to send what it still wants to send.
const LINGERING: Duration = Duration::from_secs(5);
/// The time for a request once the listener ends: it may be on its way.
const LAST_CALL: Duration = Duration::from_secs(1);

/// How long each state may last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) head: Duration,
    pub(crate) first: Duration,
    pub(crate) idle: Duration,
    pub(crate) stall: Duration,
}

/// Whose time is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// A head that was begun.
    Head,
    /// A connection without a request.
    Idle,
    /// A client that does not read, or does not close.
    Dead,
}

pin_project! {
    /// The one deadline of a connection.
    pub(crate) struct Deadline {
        limits: Limits,
        beat: Option<Beat>,
        due: Option<(Instant, Due)>,
        armed: Option<Instant>,
        #[pin]
        timer: Sleep,
    }
}

impl Limits {
    /// For HTTP/1, where a connection begins with a head.
    pub(crate) fn of_http1(settings: &Settings) -> Self {
        Self {
            head: settings.head_timeout,
            first: settings.head_timeout,
            idle: settings.keep_alive_idle,
            stall: settings.client_stall,
        }
    }

    /// For HTTP/2, where clients connect before they have a request.
    pub(crate) fn of_http2(settings: &Settings) -> Self {
        Self {
            first: settings.keep_alive_idle,
            ..Self::of_http1(settings)
        }
    }

    fn of(&self, beat: Beat) -> Option<(Duration, Due)> {
        Some(match beat {
            Beat {
                closing: true,
                running: false,
                ..
            } => (LINGERING, Due::Dead),
            Beat { stalled: true, .. } => (self.stall, Due::Dead),
            Beat { running: true, .. } => return None,
            Beat { partial: true, .. } => (self.head, Due::Head),
            Beat { draining: true, .. } => (LAST_CALL.min(self.first), Due::Idle),
            Beat { begun: 0, .. } => (self.first, Due::Idle),
            _ => (self.idle, Due::Idle),
        })
    }
}

impl Deadline {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            beat: None,
            due: None,
            armed: None,
            timer: sleep_until(Instant::now()),
        }
    }

    /// Resolves when the time for what the connection does is up.
    ///
    /// The timer is set anew only where a deadline is nearer than what it is set to; else it fires
    /// early, and is set to what is due then.
    pub(crate) fn poll(self: Pin<&mut Self>, pulse: &Pulse, cx: &mut Context<'_>) -> Poll<Due> {
        let mut this = self.project();
        let beat = pulse.beat();
        if *this.beat != Some(beat) {
            *this.beat = Some(beat);
            let due = this.limits.of(beat);
            *this.due = due.map(|(after, due)| (Instant::now() + after, due));
        }
        loop {
            match (*this.due, *this.armed) {
                (Some((at, _)), armed) if armed.is_none_or(|armed| at < armed) => {
                    this.timer.as_mut().reset(at);
                    *this.armed = Some(at);
                }
                (None, None) => return Poll::Pending,
                _ => {}
            }
            ready!(this.timer.as_mut().poll(cx));
            let fired = this.armed.take();
            if let Some((at, due)) = *this.due
                && fired.is_some_and(|fired| at <= fired)
            {
                *this.due = None;
                return Poll::Ready(due);
            }
        }
    }
}
