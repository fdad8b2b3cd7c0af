//! A client's socket as hyper sees it: what may not pass is held here, and refused here.

mod farewell;
mod inspect;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use self::farewell::Farewell;
use crate::flood::Watch;
use crate::framing::{Guard, path};
use crate::pulse::Pulse;
use crate::rejected::{Reason, Rejected};
use crate::service::{Ending, Peer, Service};
use crate::stream::Stream;

/// A stream with an eye on what passes.
pub(crate) struct Socket<S: Service> {
    stream: Stream,
    service: Arc<S>,
    peer: Peer,
    pulse: Arc<Pulse>,
    sight: Sight,
    /// Bytes that came and were not read yet.
    held: Vec<u8>,
    /// How many of them may be read.
    ready: usize,
    rejected: Option<Reason>,
    farewell: Farewell,
    /// What the pulse was told last.
    partial: bool,
    arriving: u32,
    stalled: bool,
    /// Whether it was a flush that stalled.
    unflushed: bool,
}

/// What is looked at.
pub(crate) enum Sight {
    /// Messages of HTTP/1.
    Http1(Guard),
    /// Frames of HTTP/2.
    Http2(Watch),
    /// Nothing any more.
    Open,
}

impl<S: Service> Socket<S> {
    /// A socket of which `first` was read already.
    pub(crate) fn new(
        stream: Stream,
        (service, peer): (Arc<S>, Peer),
        pulse: Arc<Pulse>,
        sight: Sight,
        first: Vec<u8>,
    ) -> Self {
        let mut socket = Self {
            stream,
            service,
            peer,
            pulse,
            sight,
            held: first,
            ready: 0,
            rejected: None,
            farewell: Farewell::None,
            partial: false,
            arriving: 0,
            stalled: false,
            unflushed: false,
        };
        if matches!(socket.sight, Sight::Http1(_)) {
            socket.inspect();
        } else {
            socket.ready = socket.held.len();
        }
        socket
    }

    /// Answers with a refusal and closes, in the place of everything else.
    pub(crate) async fn refuse(mut self, reason: Reason) {
        self.rejected = Some(reason);
        self.begin_refusal();
        // A client that is gone needs no answer.
        let _ = std::future::poll_fn(|cx| Pin::new(&mut self).poll_shutdown(cx)).await;
    }

    /// The bytes of the refusal are made now, and written when hyper shuts the socket down.
    fn begin_refusal(&mut self) {
        let Some(reason) = self.rejected else { return };
        if !matches!(self.farewell, Farewell::None) {
            return;
        }
        self.pulse.doom(Ending::Rejected(reason));
        let bytes = match self.sight {
            Sight::Http2(_) => farewell::go_away(),
            _ => {
                let path = path(&self.held);
                self.service.refuse(&self.peer, Rejected { reason, path })
            }
        };
        self.farewell = Farewell::Refusal { bytes };
    }

    fn note_stall(&mut self, stalled: bool) {
        if self.stalled != stalled {
            self.stalled = stalled;
            self.pulse.stalled(stalled);
        }
    }

    fn note_written(&mut self, written: &Poll<io::Result<usize>>) {
        self.unflushed = false;
        self.note_stall(written.is_pending());
        if let (Sight::Http2(watch), Poll::Ready(Ok(count))) = (&mut self.sight, written) {
            watch.sent(*count);
        }
    }

    fn poll_frames(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        if self.held.is_empty() {
            ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        } else {
            self.give(buf);
        }
        if let Sight::Http2(watch) = &mut self.sight {
            let new = buf.filled().get(before..).unwrap_or_default();
            if let Err(flood) = watch.received(new, std::time::Instant::now) {
                self.pulse.doom(Ending::Flooded);
                return Poll::Ready(Err(io::Error::other(flood)));
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_open(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.pulse.register_reader(cx);
        self.check_cut()?;
        if self.held.is_empty() {
            Pin::new(&mut self.stream).poll_read(cx, buf)
        } else {
            self.give(buf);
            Poll::Ready(Ok(()))
        }
    }

    fn check_cut(&self) -> io::Result<()> {
        if self.pulse.is_cut() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }

    /// Hands over as much as may be read and has room.
    fn give(&mut self, buf: &mut ReadBuf<'_>) {
        let count = self.ready.min(buf.remaining());
        buf.put_slice(self.held.get(..count).unwrap_or_default());
        self.ready -= count;
        if count == self.held.len() {
            // A connection that only waits keeps no memory for this.
            self.held = Vec::new();
        } else {
            self.held.drain(..count);
        }
    }
}

impl<S: Service> Drop for Socket<S> {
    fn drop(&mut self) {
        self.pulse.close();
    }
}

impl<S: Service> AsyncRead for Socket<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match this.sight {
            Sight::Http1(_) => this.poll_messages(cx, buf),
            Sight::Http2(_) => this.poll_frames(cx, buf),
            Sight::Open => this.poll_open(cx, buf),
        }
    }
}

impl<S: Service> AsyncWrite for Socket<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.check_cut()?;
        let written = Pin::new(&mut this.stream).poll_write(cx, buf);
        this.note_written(&written);
        written
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.check_cut()?;
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, bufs);
        this.note_written(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(cx);
        // In clear it says nothing of the client; TLS holds what was written until then.
        if flushed.is_pending() || this.unflushed {
            this.unflushed = flushed.is_pending();
            this.note_stall(this.unflushed);
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.pulse.closing();
        this.poll_farewell(cx)
    }
}
