//! An HTTP/1.1 server that answers with a script, byte by byte, and keeps what it was sent.
//!
//! It is for tests of byte fidelity: what a test writes into a script is what goes on the wire,
//! well formed or not, at the moment the test chooses.

mod connection;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::deadline::within_deadline;
use crate::http_message::{self, Head};

/// One thing that the upstream does after it has read a request.
#[derive(Debug, Clone)]
pub enum Step {
    /// Sends these bytes as a write of their own.
    Write(Bytes),
    /// Waits until the test lets it go on; ends the script where the client leaves meanwhile.
    Wait(Gate),
    /// Ends the connection with a TCP reset.
    Reset,
    /// Ends the connection in order.
    Close,
    /// Ends its own half of the connection, and says nothing more until the client leaves.
    HalfClose,
    /// Says nothing more until the client leaves.
    Hang,
}

impl Step {
    /// A write of text or bytes.
    pub fn write(bytes: impl Into<Bytes>) -> Self {
        Self::Write(bytes.into())
    }

    /// A whole response with a length, after which the connection lives on.
    pub fn respond(status: u16, content_type: &str, body: impl AsRef<[u8]>) -> Self {
        Self::Write(http_message::response(status, content_type, body.as_ref()))
    }

    /// The same bytes in two writes, with a wait between them so that the receiver must have
    /// had the chance to read the first part alone.
    ///
    /// # Panics
    /// Where `cut` is beyond the end.
    pub fn cut(bytes: impl Into<Bytes>, cut: usize, gate: &Gate) -> Vec<Self> {
        let mut first = bytes.into();
        let second = first.split_off(cut);
        vec![
            Self::Write(first),
            Self::Wait(gate.clone()),
            Self::Write(second),
        ]
    }
}

/// Holds scripts back: each call of [`Gate::pass`] lets one [`Step::Wait`] go on.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Semaphore>);

impl Gate {
    /// A closed gate.
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    /// Lets one wait go on, now or when it is reached.
    pub fn pass(&self) {
        self.0.add_permits(1);
    }

    async fn wait(&self) {
        if let Ok(permit) = self.0.acquire().await {
            permit.forget();
        }
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

/// A request as it was received.
#[derive(Debug, Clone)]
pub struct Request {
    /// Every byte: head, framing and body.
    pub raw: Vec<u8>,
    /// Request line and headers.
    pub head: Head,
    /// The body, decoded where it was chunked.
    pub body: Vec<u8>,
}

/// What the upstream has seen so far.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Connections that were opened.
    pub connections: usize,
    /// Requests that came whole, in the order in which they ended.
    pub requests: Vec<Request>,
    /// Scripts that the client left before their end.
    pub abandoned: usize,
}

/// A running upstream. Dropping it closes its listener and its connections.
#[derive(Debug)]
pub struct RawUpstream {
    address: SocketAddr,
    seen: watch::Receiver<Seen>,
    accepting: JoinHandle<()>,
}

impl RawUpstream {
    /// Answers every request with the same steps.
    ///
    /// # Errors
    /// Where no loopback port can be had.
    pub async fn start(script: Vec<Step>) -> io::Result<Self> {
        Self::start_sequence(vec![script]).await
    }

    /// Answers the n-th request with the n-th script, and those beyond with the last one. A
    /// connection whose script ends without closing takes the next request.
    ///
    /// # Errors
    /// As [`RawUpstream::start`].
    pub async fn start_sequence(scripts: Vec<Vec<Step>>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (sender, seen) = watch::channel(Seen::default());
        let accepting = tokio::spawn(accept(listener, Arc::new(scripts), sender));
        Ok(Self {
            address,
            seen,
            accepting,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it has seen up to now.
    pub fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// The requests it has received up to now.
    pub fn requests(&self) -> Vec<Request> {
        self.seen().requests
    }

    /// Waits until what was seen satisfies `condition`.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`] after [`crate::DEADLINE`].
    pub async fn wait_until(&self, condition: impl FnMut(&Seen) -> bool) -> io::Result<Seen> {
        let mut seen = self.seen.clone();
        let reached = async move {
            let reached = seen.wait_for(condition).await;
            reached.map(|seen| seen.clone()).map_err(io::Error::other)
        };
        within_deadline("what the upstream should see", reached).await
    }
}

impl Drop for RawUpstream {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, scripts: Arc<Vec<Vec<Step>>>, seen: watch::Sender<Seen>) {
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        seen.send_modify(|seen| seen.connections += 1);
        connections.spawn(connection::serve(
            stream,
            Arc::clone(&scripts),
            seen.clone(),
        ));
    }
}

#[cfg(test)]
mod tests;
