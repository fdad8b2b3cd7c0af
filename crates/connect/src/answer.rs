//! The body of an answer. It drives the connection that it comes from, and gives it back at its end.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use crate::http2::Mooring;
use crate::link::Link;
use crate::request::RequestBody;
use crate::shelf::Shelf;
use crate::upgraded::Upgraded;

/// The answer broke off before its end.
#[derive(Debug, thiserror::Error)]
#[error("the upstream's answer broke off")]
pub struct AnswerError(#[source] hyper::Error);

/// What follows the head of an answer.
///
/// Frames are what hyper read, and those that were read together are ready together. Dropping the
/// body before its end closes the connection (HTTP/2: resets the stream).
pub struct AnswerBody<B: RequestBody> {
    incoming: Incoming,
    source: Source<B>,
}

enum Source<B: RequestBody> {
    /// A connection that nobody else polls, and where it goes afterwards.
    Link(Box<Link<B>>, Arc<Shelf<B>>),
    /// A stream of a shared connection.
    Stream { _mooring: Mooring },
    /// The protocol was switched, and there is no body.
    Upgraded(Box<Upgraded>),
    /// All that there is has been read from the connection.
    Ended,
}

type Polled = Poll<Option<Result<Frame<Bytes>, AnswerError>>>;

impl<B: RequestBody> AnswerBody<B> {
    pub(crate) fn of_link(incoming: Incoming, link: Box<Link<B>>, shelf: Arc<Shelf<B>>) -> Self {
        let mut body = Self {
            incoming,
            source: Source::Link(link, shelf),
        };
        body.settle_at_end();
        body
    }

    pub(crate) fn of_stream(incoming: Incoming, mooring: Mooring) -> Self {
        let source = Source::Stream { _mooring: mooring };
        let mut body = Self { incoming, source };
        body.settle_at_end();
        body
    }

    pub(crate) fn of_upgraded(incoming: Incoming, upgraded: Upgraded) -> Self {
        Self {
            incoming,
            source: Source::Upgraded(Box::new(upgraded)),
        }
    }

    /// The bytes in both directions, where the answer is a 101.
    ///
    /// # Errors
    /// The body itself, where the protocol was not switched.
    pub fn into_upgraded(mut self) -> Result<Upgraded, Self> {
        match std::mem::replace(&mut self.source, Source::Ended) {
            Source::Upgraded(upgraded) => Ok(*upgraded),
            source => {
                self.source = source;
                Err(self)
            }
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Polled {
        let Source::Link(link, _) = &mut self.source else {
            return self.poll_incoming(cx);
        };
        let incoming = &mut self.incoming;
        let mut next = link.quietly(|cx| Pin::new(&mut *incoming).poll_frame(cx));
        let mut broke = Ok(());
        if next.is_pending() {
            broke = link.advance(cx);
            next = link.quietly(|cx| Pin::new(&mut *incoming).poll_frame(cx));
        }
        match next {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Some(Ok(frame))) => {
                self.settle_at_end();
                return Poll::Ready(Some(Ok(frame)));
            }
            Poll::Ready(None) => self.settle(),
            Poll::Ready(Some(Err(error))) => {
                self.source = Source::Ended;
                // hyper tells the body only that there was an error, and the connection which one.
                let cause = broke.err().unwrap_or(error);
                return Poll::Ready(Some(Err(AnswerError(cause))));
            }
        }
        Poll::Ready(None)
    }

    /// Of what is driven elsewhere, or was read before.
    fn poll_incoming(&mut self, cx: &mut Context<'_>) -> Polled {
        let next = Pin::new(&mut self.incoming).poll_frame(cx);
        if !matches!(next, Poll::Pending | Poll::Ready(Some(Ok(_)))) {
            self.source = Source::Ended;
        }
        next.map_err(AnswerError)
    }

    /// Where the length is known, the last frame says so, and nobody may ask for another one.
    fn settle_at_end(&mut self) {
        if self.incoming.is_end_stream() {
            self.settle();
        }
    }

    /// The body is over: the connection serves the next request, or is closed if it cannot.
    fn settle(&mut self) {
        if let Source::Link(mut link, shelf) = std::mem::replace(&mut self.source, Source::Ended) {
            if !link.is_ready() {
                let _ = link.advance(&Context::from_waker(Waker::noop()));
            }
            shelf.put(link);
        }
    }
}

impl<B: RequestBody> Body for AnswerBody<B> {
    type Data = Bytes;
    type Error = AnswerError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        self.get_mut().poll(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl<B: RequestBody> Drop for AnswerBody<B> {
    /// A body that is over is sometimes dropped by readers that knew so from its content.
    fn drop(&mut self) {
        if let Source::Link(..) = self.source {
            let polled = self.poll(&mut Context::from_waker(Waker::noop()));
            drop(polled);
        }
    }
}

impl<B: RequestBody> fmt::Debug for AnswerBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerBody")
            .field("incoming", &self.incoming)
            .finish_non_exhaustive()
    }
}
