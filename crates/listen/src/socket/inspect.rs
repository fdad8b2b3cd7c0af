//! Reading HTTP/1: a message passes as far as the guard has looked at it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

use super::{Sight, Socket};
use crate::framing::Passage;
use crate::rejected::Reason;
use crate::service::{Ending, Service};

/// How much is read at once behind a head that is not complete.
const MORE: usize = 4096;

impl<S: Service> Socket<S> {
    /// Nearly always a read is one whole message, and nothing is copied.
    pub(super) fn poll_messages(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if matches!(self.sight, Sight::Open) {
                return self.poll_open(cx, buf);
            }
            if self.ready > 0 {
                self.give(buf);
                return Poll::Ready(Ok(()));
            }
            if let Some(reason) = self.rejected {
                return self.poll_rejected(reason, cx);
            }
            if self.is_held() {
                ready!(self.poll_answer(cx))?;
                continue;
            }
            if self.pulse.is_head_late() {
                self.rejected = Some(Reason::HeadTimeout);
                continue;
            }
            if !self.held.is_empty() {
                if ready!(self.poll_more(cx))? == 0 {
                    return Poll::Ready(Ok(()));
                }
                self.inspect();
                continue;
            }
            let before = buf.filled().len();
            ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
            let new = buf.filled().get(before..).unwrap_or_default();
            if new.is_empty() {
                return Poll::Ready(Ok(()));
            }
            let Passage { bytes, rejected } = self.sight.push(new);
            self.held
                .extend_from_slice(new.get(bytes..).unwrap_or_default());
            self.rejected = rejected;
            self.note_partial();
            buf.set_filled(before + bytes);
            if bytes > 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// Looks at what is held.
    pub(super) fn inspect(&mut self) {
        let Passage { bytes, rejected } = self.sight.push(&self.held);
        self.ready = bytes;
        self.rejected = rejected;
        self.note_partial();
    }

    /// What hyper reads after something was refused: nothing, once all answers before are written.
    fn poll_rejected(&mut self, reason: Reason, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_in_body() {
            self.pulse.doom(Ending::Rejected(reason));
            let error = io::Error::new(io::ErrorKind::InvalidData, reason);
            return Poll::Ready(Err(error));
        }
        ready!(self.poll_quiet(cx));
        self.begin_refusal();
        Poll::Ready(Ok(()))
    }

    /// Waits for the answer to an offer to upgrade. An error is the client's end.
    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.pulse.is_switched() {
            self.sight = Sight::Open;
            self.ready = self.held.len();
            return Poll::Ready(Ok(()));
        }
        if self.poll_quiet(cx).is_ready() {
            if let Sight::Http1(guard) = &mut self.sight {
                guard.go_on();
            }
            self.inspect();
            return Poll::Ready(Ok(()));
        }
        if self.held.is_empty()
            && let Poll::Ready(read) = self.poll_more(cx)
            && read? == 0
        {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        Poll::Pending
    }

    /// Waits until no answer goes on. hyper does not read again by itself after it was told to wait.
    fn poll_quiet(&self, cx: &Context<'_>) -> Poll<()> {
        if self.pulse.is_running() {
            self.pulse.heed();
            self.pulse.register(cx);
            // The last request may have ended meanwhile, and had nobody to wake.
            if self.pulse.is_running() {
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }

    /// Reads behind what is held.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut more = [0; MORE];
        let mut more = ReadBuf::new(&mut more);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut more))?;
        self.held.extend_from_slice(more.filled());
        Poll::Ready(Ok(more.filled().len()))
    }

    fn is_held(&self) -> bool {
        matches!(&self.sight, Sight::Http1(guard) if guard.is_held())
    }

    /// Of which request the body is still coming; 0 for none.
    fn arriving(&self) -> u32 {
        match &self.sight {
            Sight::Http1(guard) if guard.is_in_body() => guard.messages(),
            _ => 0,
        }
    }

    pub(super) fn is_in_body(&self) -> bool {
        matches!(&self.sight, Sight::Http1(guard) if guard.is_in_body())
    }

    fn note_partial(&mut self) {
        let waits = self.held.len() > self.ready;
        let partial = waits && !self.is_held() && !self.is_in_body();
        if self.partial != partial {
            self.partial = partial;
            self.pulse.partial(partial);
        }
        let arriving = self.arriving();
        if self.arriving != arriving {
            self.arriving = arriving;
            self.pulse.arriving(arriving);
        }
    }
}

impl Sight {
    fn push(&mut self, bytes: &[u8]) -> Passage {
        match self {
            Self::Http1(guard) => guard.push(bytes),
            Self::Http2(_) | Self::Open => Passage {
                bytes: bytes.len(),
                rejected: None,
            },
        }
    }
}
