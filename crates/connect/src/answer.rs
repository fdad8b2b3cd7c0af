//! The body of an answer. It drives the connection that it comes from, and gives it back at its end.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use crate::http2::Mooring;
use crate::request::BoxError;
use crate::upgraded::Upgraded;

/// The answer broke off before its end.
#[derive(Debug, thiserror::Error)]
#[error("the upstream's answer broke off")]
pub struct AnswerError(#[source] BoxError);

/// What follows the head of an answer to a request with a body `B`.
///
/// Frames are what hyper read, and those that were read together are ready together. Dropping the
/// body before its end closes the connection (HTTP/2: resets the stream). So does its end, where the
/// request's body is still being sent (HTTP/2: after a few seconds).
pub struct AnswerBody<B> {
    incoming: Incoming,
    source: Source,
    /// What was read already, and is to be read again.
    ahead: VecDeque<Result<Frame<Bytes>, AnswerError>>,
    request: PhantomData<fn(B)>,
}

/// What is behind a body. It does not know `B`, so that nobody who holds an answer in a future has to
/// prove what hyper demands of `B`.
enum Source {
    /// A connection that nobody else polls.
    Lent(Box<dyn Lent>),
    /// A stream of a shared connection.
    Stream(Mooring),
    /// The protocol was switched, and there is no body.
    Upgraded(Box<Upgraded>),
    /// All that there is has been read from the connection.
    Ended,
}

/// A connection that is driven by the body that comes from it.
pub(crate) trait Lent: Send {
    /// The next frame of `incoming`, which the connection fills.
    fn poll_frame(
        &mut self,
        incoming: &mut Incoming,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>>;

    /// The body is over: the connection serves the next request, or is closed if it cannot.
    fn give_back(self: Box<Self>);
}

type Polled = Poll<Option<Result<Frame<Bytes>, AnswerError>>>;

impl<B> AnswerBody<B> {
    fn new(incoming: Incoming, source: Source) -> Self {
        let mut body = Self {
            incoming,
            source,
            ahead: VecDeque::new(),
            request: PhantomData,
        };
        body.settle_at_end();
        body
    }

    pub(crate) fn of_link(incoming: Incoming, link: Box<dyn Lent>) -> Self {
        Self::new(incoming, Source::Lent(link))
    }

    pub(crate) fn of_stream(incoming: Incoming, mooring: Mooring) -> Self {
        Self::new(incoming, Source::Stream(mooring))
    }

    pub(crate) fn of_upgraded(incoming: Incoming, upgraded: Upgraded) -> Self {
        Self::new(incoming, Source::Upgraded(Box::new(upgraded)))
    }

    /// The whole body, or `None` where it has more bytes than that or breaks off. Whoever reads it
    /// afterwards gets the same frames, and the same error.
    ///
    /// CANCEL: nothing is lost.
    pub async fn look_ahead(&mut self, most: usize) -> Option<Vec<u8>> {
        let mut length: usize = self.ahead.iter().map(|frame| data(frame).len()).sum();
        while length <= most && self.ahead.back().is_none_or(Result::is_ok) {
            let Some(frame) = poll_fn(|cx| self.poll_source(cx)).await else {
                return Some(self.ahead.iter().flat_map(data).copied().collect());
            };
            length = length.saturating_add(data(&frame).len());
            self.ahead.push_back(frame);
        }
        None
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
        match self.ahead.pop_front() {
            Some(frame) => Poll::Ready(Some(frame)),
            None => self.poll_source(cx),
        }
    }

    fn poll_source(&mut self, cx: &mut Context<'_>) -> Polled {
        let next = match &mut self.source {
            Source::Lent(link) => link.poll_frame(&mut self.incoming, cx),
            _ => Pin::new(&mut self.incoming).poll_frame(cx),
        };
        match &next {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(_))) => self.settle_at_end(),
            Poll::Ready(None) => self.settle(),
            Poll::Ready(Some(Err(_))) => {
                let source = std::mem::replace(&mut self.source, Source::Ended);
                // hyper does not say that it was the request's body.
                if let Source::Stream(mooring) = source
                    && let Some(failure) = mooring.failure()
                {
                    return Poll::Ready(Some(Err(AnswerError(failure))));
                }
            }
        }
        next.map_err(|error| AnswerError(error.into()))
    }

    /// Where the length is known, the last frame says so, and nobody may ask for another one.
    fn settle_at_end(&mut self) {
        if self.incoming.is_end_stream() {
            self.settle();
        }
    }

    fn settle(&mut self) {
        if let Source::Upgraded(_) = self.source {
            return;
        }
        match std::mem::replace(&mut self.source, Source::Ended) {
            Source::Lent(link) => link.give_back(),
            Source::Stream(mooring) => mooring.leave(),
            Source::Upgraded(_) | Source::Ended => {}
        }
    }
}

impl<B> Body for AnswerBody<B> {
    type Data = Bytes;
    type Error = AnswerError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        self.get_mut().poll(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.ahead.is_empty() && self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.incoming.size_hint();
        if self.ahead.is_empty() {
            return rest;
        }
        let mut hint = SizeHint::new();
        let ahead: u64 = self
            .ahead
            .iter()
            .map(|frame| data(frame).len() as u64)
            .sum();
        hint.set_lower(rest.lower().saturating_add(ahead));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(ahead));
        }
        hint
    }
}

impl<B> Drop for AnswerBody<B> {
    /// A body that is over is sometimes dropped by readers that knew so from its content.
    fn drop(&mut self) {
        if let Source::Lent(_) = self.source {
            let polled = self.poll_source(&mut Context::from_waker(Waker::noop()));
            drop(polled);
        }
    }
}

fn data(frame: &Result<Frame<Bytes>, AnswerError>) -> &[u8] {
    let data = frame.as_ref().ok().and_then(Frame::data_ref);
    data.map_or(&[], |data| data)
}

impl<B> fmt::Debug for AnswerBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerBody")
            .field("incoming", &self.incoming)
            .finish_non_exhaustive()
    }
}
