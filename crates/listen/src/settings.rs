//! Bounds and deadlines of connections. The defaults are those of the wire contract.

use std::time::Duration;

use tokio::sync::watch;

use crate::crowd::Stall;

/// Bounds on all that a stranger can send or hold open before there is a request, and how long it may
/// take.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Connections that are refused with an answer at once, beyond those that are served; what comes
    /// beyond these is closed without one. How many are served is a matter of the
    /// [`Gate`](crate::Gate), which listeners share.
    pub refusals: usize,
    /// The time for a TLS handshake, and for a PROXY protocol header.
    pub handshake: Duration,
    /// The time to send a request's head, and the first byte of a connection.
    pub head_timeout: Duration,
    /// How long a connection may be idle between two requests.
    pub keep_alive_idle: Duration,
    /// How long a client may leave unread what is waiting for it.
    pub client_stall: Duration,
    /// The same where more than one in 16 places of the [`Gate`](crate::Gate) is taken by a client that
    /// does not read, until none of them is left.
    pub crowd_stall: Duration,
    /// Header fields in a request.
    pub headers: usize,
    /// Whether a request of HTTP/1.0 may be without `Host`, as those of load balancers are that look
    /// whether a server is well.
    pub hostless: bool,
    /// Bytes of a request's head, 8 KiB at least.
    pub head_bytes: usize,
    /// Streams at once on an HTTP/2 connection.
    pub streams: u32,
    /// HTTP/2 frames in ten seconds that ask for work and bring nothing: PING, SETTINGS, PRIORITY, and
    /// RST_STREAM, which counts for five.
    pub control_frames: u32,
    /// How long running requests may go on once the listener is told to end.
    pub drain: Duration,
}

/// Settings that may be replaced. A connection goes on with those that it began with.
#[derive(Debug, Clone)]
pub struct Live(watch::Receiver<Settings>);

impl Live {
    /// What is in force now.
    pub(crate) fn current(&self) -> Settings {
        self.0.borrow().clone()
    }

    /// What came into force since this was last asked, if anything did.
    pub(crate) fn replaced(&mut self) -> Option<Settings> {
        // A sender that is gone replaces nothing any more.
        let changed = self.0.has_changed().unwrap_or(false);
        changed.then(|| self.0.borrow_and_update().clone())
    }
}

impl From<Settings> for Live {
    /// Those, for good.
    fn from(settings: Settings) -> Self {
        Self(watch::channel(settings).1)
    }
}

impl From<watch::Receiver<Settings>> for Live {
    /// Those that the sender last sent.
    fn from(settings: watch::Receiver<Settings>) -> Self {
        Self(settings)
    }
}

impl Settings {
    pub(crate) const fn stall(&self) -> Stall {
        Stall {
            alone: self.client_stall,
            in_crowd: self.crowd_stall,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            refusals: 256,
            handshake: Duration::from_secs(10),
            head_timeout: Duration::from_secs(10),
            keep_alive_idle: Duration::from_secs(75),
            client_stall: Duration::from_secs(60),
            crowd_stall: Duration::from_secs(10),
            headers: 100,
            hostless: false,
            head_bytes: 64 << 10,
            streams: 100,
            control_frames: 1000,
            drain: Duration::from_secs(30),
        }
    }
}
