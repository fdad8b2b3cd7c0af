//! Bounds and deadlines. The defaults are those of the wire contract.

use std::time::Duration;

use tollgate_connect::Patience;
use tollgate_policy::endpoint::Endpoint;
use tollgate_policy::network::Network;

/// Bounds on all that a stranger can send or hold open, and how long anything may take.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Connections at once; more wait in the backlog.
    pub connections: usize,
    /// The time to send a request's head.
    pub head_timeout: Duration,
    /// How long a connection may be idle between two requests.
    pub keep_alive_idle: Duration,
    /// How long a client may leave unread what is waiting for it.
    pub client_stall: Duration,
    /// Header fields in a request.
    pub headers: usize,
    /// Bytes of a request's head, 8 KiB at least.
    pub head_bytes: usize,
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Bytes of a body that brings sound to be written down.
    pub sound_bytes: usize,
    /// Bytes of bodies that all calls together keep in memory until an upstream has them.
    pub buffered_bytes: u64,
    /// Bytes of forms that all calls together keep on disk until an upstream has them.
    pub spooled_bytes: u64,
    /// The time to send the first byte of a body.
    pub body_first_byte: Duration,
    /// Bytes per second that a body must reach on the average after that.
    pub body_rate: u32,
    /// Streams at once on an HTTP/2 connection.
    pub streams: u32,
    /// The time to connect to an upstream, its TLS handshake included.
    pub connect_timeout: Duration,
    /// The time that an upstream may take until its response begins.
    pub response_timeout: Duration,
    /// The silence that is allowed between two pieces of an upstream's response.
    pub idle_timeout: Duration,
    /// The silence on an event stream after which a comment is sent to the client.
    pub keep_alive_every: Duration,
    /// How long running requests may go on once the gateway is told to end.
    pub drain: Duration,
    /// Proxies whose word on the client's address counts; none by default.
    pub trusted_proxies: Vec<Network>,
    /// Whether `Authorization: Basic` is accepted, with the secret as the password.
    pub basic_credentials: bool,
}

impl Settings {
    /// How long the body of a call to an endpoint may be, in bytes.
    pub(crate) fn most_bytes(&self, endpoint: Endpoint) -> usize {
        match endpoint {
            Endpoint::Transcriptions | Endpoint::Translations => self.sound_bytes,
            _ => self.body_bytes,
        }
    }

    /// How long an upstream may take.
    pub(crate) const fn patience(&self) -> Patience {
        Patience {
            connect: self.connect_timeout,
            response: self.response_timeout,
        }
    }

    /// What of this concerns connections before there is a request.
    pub fn listening(&self) -> tollgate_listen::Settings {
        tollgate_listen::Settings {
            head_timeout: self.head_timeout,
            keep_alive_idle: self.keep_alive_idle,
            client_stall: self.client_stall,
            headers: self.headers,
            head_bytes: self.head_bytes,
            streams: self.streams,
            drain: self.drain,
            ..tollgate_listen::Settings::default()
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connections: 10_000,
            head_timeout: Duration::from_secs(10),
            keep_alive_idle: Duration::from_secs(75),
            client_stall: Duration::from_secs(60),
            headers: 100,
            head_bytes: 64 << 10,
            body_bytes: 32 << 20,
            sound_bytes: 100 << 20,
            buffered_bytes: 256 << 20,
            spooled_bytes: 4 << 30,
            body_first_byte: Duration::from_secs(10),
            body_rate: 1024,
            streams: 100,
            connect_timeout: Duration::from_secs(5),
            response_timeout: Duration::from_secs(600),
            idle_timeout: Duration::from_secs(300),
            keep_alive_every: Duration::from_secs(15),
            drain: Duration::from_secs(30),
            trusted_proxies: Vec::new(),
            basic_credentials: false,
        }
    }
}
