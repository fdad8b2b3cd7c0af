//! Until when a connection may go on doing what it does: one timer, set anew as seldom as possible.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::crowd::{Crowd, Stall, Unread};
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
    pub(crate) stall: Stall,
}

/// Whose time is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// A head that was begun.
    Head,
    /// A connection without a request.
    Idle,
    /// A client that does not read.
    Unread,
    /// A client that does not close.
    Dead,
}

pin_project! {
    /// The one deadline of a connection.
    pub(crate) struct Deadline {
        limits: Limits,
        crowd: Arc<Crowd>,
        unread: Option<Unread>,
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
            stall: settings.stall(),
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
            Beat { stalled: true, .. } => (self.stall.alone, Due::Unread),
            Beat { running: true, .. } => return None,
            Beat { partial: true, .. } => (self.head, Due::Head),
            Beat { draining: true, .. } => (LAST_CALL.min(self.first), Due::Idle),
            Beat { begun: 0, .. } => (self.first, Due::Idle),
            _ => (self.idle, Due::Idle),
        })
    }
}

impl Deadline {
    /// Of a connection through a gate at which this is the crowd.
    pub(crate) fn new(limits: Limits, crowd: &Arc<Crowd>) -> Self {
        Self {
            limits,
            crowd: Arc::clone(crowd),
            unread: None,
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
            *this.unread = None;
            *this.due = this.limits.of(beat).map(|(after, due)| {
                let now = Instant::now();
                if due != Due::Unread {
                    return (now + after, due);
                }
                let unread = Unread::since(now, this.limits.stall, this.crowd);
                (this.unread.insert(unread).check(), due)
            });
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
                match this.unread.as_mut().and_then(Unread::next) {
                    Some(check) => *this.due = Some((check, due)),
                    None => return Poll::Ready(due),
                }
            }
        }
    }
}
