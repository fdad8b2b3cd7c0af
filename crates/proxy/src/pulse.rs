//! What a client connection is doing, and until when it may go on doing it.
//!
//! hyper knows no deadline before the protocol is chosen, for an idle connection, or towards a client
//! that does not read. This watches the socket from below and the requests from above, and gives all
//! of them one.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

use crate::settings::Settings;

/// How an HTTP/2 connection begins.
const PREFACE: &[u8] = b"PRI";

/// The life of one connection, seen from its socket and from its requests.
pub(crate) struct Pulse {
    head_timeout: Duration,
    idle_timeout: Duration,
    stall_timeout: Duration,
    state: Mutex<State>,
}

struct State {
    /// Requests whose answer has not been handed over whole.
    requests: usize,
    /// When the last request ended, or the connection began.
    idle_since: Instant,
    /// When the first byte of a head came that is not complete yet.
    head_since: Option<Instant>,
    /// Since when the client has not read what is waiting for it.
    stalled_since: Option<Instant>,
    greeted: bool,
    multiplexed: bool,
}

/// A client's socket that tells the pulse what passes.
pub(crate) struct Socket {
    stream: TcpStream,
    pulse: Arc<Pulse>,
}

/// A request that is being answered. It ends when this is dropped.
pub(crate) struct Running(Arc<Pulse>);

pin_project! {
    /// A body whose end is the end of its request.
    pub(crate) struct Last<B> {
        #[pin]
        body: B,
        running: Running,
    }
}

impl Pulse {
    pub(crate) fn new(settings: &Settings) -> Arc<Self> {
        let state = State {
            requests: 0,
            idle_since: Instant::now(),
            head_since: None,
            stalled_since: None,
            greeted: false,
            multiplexed: false,
        };
        Arc::new(Self {
            head_timeout: settings.head_timeout,
            idle_timeout: settings.keep_alive_idle,
            stall_timeout: settings.client_stall,
            state: Mutex::new(state),
        })
    }

    /// A request has come.
    pub(crate) fn request(self: &Arc<Self>) -> Running {
        let mut state = self.lock();
        state.requests += 1;
        state.head_since = None;
        Running(Arc::clone(self))
    }

    /// Resolves when the connection has to be closed.
    pub(crate) async fn expired(&self) {
        // A deadline can come nearer while this waits, so it looks up now and then.
        let look = self.head_timeout / 2;
        loop {
            let now = Instant::now();
            match self.deadline() {
                Some(deadline) if deadline <= now => return,
                Some(deadline) => sleep_until(deadline.min(now + look)).await,
                None => sleep_until(now + look).await,
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let state = self.lock();
        let stalled = state.stalled_since.map(|since| since + self.stall_timeout);
        let waiting = match state.head_since {
            _ if state.requests > 0 => None,
            Some(since) => Some(since + self.head_timeout),
            None if !state.greeted => Some(state.idle_since + self.head_timeout),
            None => Some(state.idle_since + self.idle_timeout),
        };
        [stalled, waiting].into_iter().flatten().min()
    }

    fn received(&self, bytes: &[u8]) {
        let mut state = self.lock();
        if !state.greeted {
            state.greeted = true;
            state.multiplexed = bytes.starts_with(PREFACE);
        }
        if state.requests == 0 && !state.multiplexed && state.head_since.is_none() {
            state.head_since = Some(Instant::now());
        }
    }

    fn wrote(&self, stalled: bool) {
        let mut state = self.lock();
        if !stalled {
            state.stalled_since = None;
        } else if state.stalled_since.is_none() {
            state.stalled_since = Some(Instant::now());
        }
    }

    /// A poisoned lock still guards a whole state: nothing here panics half-way.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    /// Ties the end of the request to the end of its answer.
    pub(crate) fn until<B>(self, body: B) -> Last<B> {
        Last {
            body,
            running: self,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.requests = state.requests.saturating_sub(1);
        state.idle_since = Instant::now();
    }
}

impl<B: Body<Data = Bytes>> Body for Last<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        self.project().body.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Socket {
    pub(crate) fn new(stream: TcpStream, pulse: Arc<Pulse>) -> Self {
        Self { stream, pulse }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if let Some(bytes) = buf.filled().get(before..).filter(|bytes| !bytes.is_empty()) {
            self.pulse.received(bytes);
        }
        read
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.pulse.wrote(written.is_pending());
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.pulse.wrote(written.is_pending());
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
