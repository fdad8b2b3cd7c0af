//! Bounds and deadlines of connections. The defaults are those of the wire contract.

use std::time::Duration;

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
    /// Header fields in a request.
    pub headers: usize,
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

impl Default for Settings {
    fn default() -> Self {
        Self {
            refusals: 256,
            handshake: Duration::from_secs(10),
            head_timeout: Duration::from_secs(10),
            keep_alive_idle: Duration::from_secs(75),
            client_stall: Duration::from_secs(60),
            headers: 100,
            head_bytes: 64 << 10,
            streams: 100,
            control_frames: 1000,
            drain: Duration::from_secs(30),
        }
    }
}
