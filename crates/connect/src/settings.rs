//! Bounds and deadlines of connections, and how many there are.

use std::sync::Arc;
use std::time::Duration;

use crate::place::Sockets;

/// How long connecting and answering may take, and how many connections are kept.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The time to connect: name look-up, TCP, proxy and TLS together.
    pub connect_timeout: Duration,
    /// The time to the end of the answer's head, from the moment of sending and from when the last
    /// of the request's body was taken. It stands still while more of a body is waited for.
    pub response_timeout: Duration,
    /// How long a connection may be idle. Servers close those that nobody uses, so older ones are
    /// not trusted.
    pub idle_timeout: Duration,
    /// Idle connections that are kept per destination; beyond it, the oldest one is closed.
    pub idle_per_destination: usize,
    /// Connections per destination at once, idle and in use; without a bound where `None`.
    pub open_per_destination: Option<usize>,
    /// Connections to all destinations at once, of all pools that share this; without a bound where
    /// `None`. From seven eighths of it on, none is kept idle.
    pub sockets: Option<Arc<Sockets>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            response_timeout: Duration::from_secs(600),
            idle_timeout: Duration::from_secs(30),
            idle_per_destination: 256,
            open_per_destination: None,
            sockets: None,
        }
    }
}

/// How long one request may take: in place of what [`Settings`] say, where that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// The time to connect: name look-up, TCP, proxy and TLS together.
    pub connect: Duration,
    /// The time to the end of the answer's head, from the moment of sending and from when the last
    /// of the request's body was taken. It stands still while more of a body is waited for.
    pub response: Duration,
}

/// How many connections there are and were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Connections that are open now, idle or in use.
    pub open: usize,
    /// Connections that are open now and wait for a request.
    pub idle: usize,
    /// Connections that were made so far.
    pub made: u64,
    /// Requests that were sent on a connection that had served another one before.
    pub reused: u64,
}
