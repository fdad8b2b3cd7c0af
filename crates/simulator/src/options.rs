//! How a simulator is set up: where it listens, whom it lets in, how fast it talks.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// What a simulator needs to start.
#[derive(Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one. `127.0.0.1:0` by default.
    pub listen: SocketAddr,
    /// The credential that callers must present, as `Authorization: Bearer`, `Authorization:
    /// ApiKey` or `x-api-key`. `None`, the default, lets everybody in.
    pub credential: Option<String>,
    /// How fast it answers, where a request's own `x-sim-` headers do not say so.
    pub pace: Pace,
}

/// The waits inside an answer. The default is [`Pace::none`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// From the end of the request to the head of the answer.
    pub first_byte: Duration,
    /// Between two content chunks of a stream.
    pub between_chunks: Duration,
}

impl Pace {
    /// About what a hosted model does: 180 ms to the first token, then a few words every 25 ms.
    pub fn believable() -> Self {
        Self {
            first_byte: Duration::from_millis(180),
            between_chunks: Duration::from_millis(25),
        }
    }

    /// No waits at all: what tests want.
    pub fn none() -> Self {
        Self::default()
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            credential: None,
            pace: Pace::none(),
        }
    }
}

/// Never shows the credential.
impl fmt::Debug for Options {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Options")
            .field("listen", &self.listen)
            .field("credential", &self.credential.as_ref().map(|_| "(hidden)"))
            .field("pace", &self.pace)
            .finish()
    }
}
