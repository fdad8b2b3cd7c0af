//! One HTTP/1 connection, driven by whoever has a request on it: nothing is spawned, and an idle
//! connection is polled by nobody.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::answer::Lent;
use crate::error::SendError;
use crate::pace::{Pace, Paced};
use crate::place::Place;
use crate::relay::Relay;
use crate::request::RequestBody;
use crate::shelf::Shelf;
use crate::stream::Stream;
use crate::upgraded::Upgraded;

/// The most that is read ahead of the reader, and the longest head of an answer, in bytes.
const BUFFER: usize = 64 << 10;
/// Of so many connections each reads and writes long bodies in large pieces: fewer of them cost
/// less. What a connection has once read into it keeps while it is idle, so that further ones read
/// smaller pieces.
const FEW: usize = 64;
/// The most that is read or written at once on each of a few connections, in bytes: as much as hyper
/// does by itself.
const LARGE: usize = 408 << 10;

/// A body as hyper is given it. Each connection has a queue of 32 places for requests, whose size
/// counts for every stream that is open.
type Boxed<B> = Box<Paced<B>>;

/// A connection with both its ends in one hand.
pub(crate) struct Link<B: RequestBody> {
    sender: SendRequest<Boxed<B>>,
    driven: Driven<B>,
    relay: Relay,
    /// Rings at the deadline of some request on this connection, and is set anew only when it rings
    /// too early, or would ring too late: so most requests never touch the timer.
    alarm: Pin<Box<Sleep>>,
    limit: Duration,
    /// Of the request that is on its way.
    pace: Arc<Pace>,
    pub(crate) idle_since: Instant,
    pub(crate) place: Place,
    /// Where it goes when its answer is over; nowhere while it is there.
    home: Option<Arc<Shelf<B>>>,
}

enum Driven<B: RequestBody> {
    /// Speaks HTTP.
    Open(Box<Connection<TokioIo<Stream>, Boxed<B>>>),
    /// Came to its end; what is left is of use after an upgrade only.
    Ended(Stream, Bytes),
    Gone,
}

/// Why a request has no answer.
pub(crate) enum Unanswered<B> {
    /// Nothing was written, and this is the request.
    Unwritten(Box<Request<B>>, hyper::Error),
    /// It was or may have been written.
    Failed(SendError),
}

impl<B: RequestBody> Link<B> {
    pub(crate) async fn new(stream: Stream, place: Place) -> Result<Self, SendError> {
        let mut builder = Builder::new();
        let bytes = if place.open() <= FEW { LARGE } else { BUFFER };
        builder.max_buf_size(bytes).max_header_size(BUFFER);
        let handshake = builder.handshake(TokioIo::new(stream));
        let (sender, connection) = handshake.await.map_err(SendError::Unsent)?;
        let now = Instant::now();
        Ok(Self {
            sender,
            driven: Driven::Open(Box::new(connection)),
            relay: Relay::new(),
            alarm: Box::pin(sleep_until(now)),
            limit: Duration::ZERO,
            pace: Pace::new(now),
            idle_since: now,
            place,
            home: None,
        })
    }

    /// One that nobody uses yet.
    pub(crate) async fn fresh(stream: Stream, place: Place) -> Result<Self, SendError> {
        let mut link = Self::new(stream, place).await?;
        // Only a connection that was polled says that it is ready.
        link.advance(&Context::from_waker(Waker::noop()))
            .map_err(SendError::Unsent)?;
        Ok(link)
    }

    /// Whether another request can be sent.
    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.driven, Driven::Open(_)) && self.sender.is_ready()
    }

    /// Sends a request, which is taken out of its place, and waits for the head of its answer, for so
    /// long from now and from when the last of its body was taken.
    ///
    /// An idle connection that the other side has closed, or on which it said something unasked, is
    /// found out before the request is written.
    ///
    /// CANCEL: dropping it leaves a request half-way, so the link has to be dropped too.
    pub(crate) async fn exchange(
        &mut self,
        request: &mut Option<Request<B>>,
        now: Instant,
        limit: Duration,
    ) -> Result<Response<Incoming>, Unanswered<B>> {
        let taken = request.take();
        let request = taken.ok_or(Unanswered::Failed(SendError::Request("request")))?;
        let request = request.map(|body| Box::new(Paced::new(body, &self.pace)));
        self.limit = limit;
        self.pace.taken(now);
        let deadline = now + limit;
        if deadline < self.alarm.deadline() {
            self.alarm.as_mut().reset(deadline);
        }
        let sender = &mut self.sender;
        let sending = self.relay.unheard(|| sender.try_send_request(request));
        let mut sending = pin!(sending);
        std::future::poll_fn(|cx| self.poll_exchange(cx, sending.as_mut())).await
    }

    fn poll_exchange<F>(
        &mut self,
        cx: &Context<'_>,
        sending: Pin<&mut F>,
    ) -> Poll<Result<Response<Incoming>, Unanswered<B>>>
    where
        F: Future<Output = Result<Response<Incoming>, TrySendError<Request<Boxed<B>>>>>,
    {
        // What went wrong with the connection is told through `sending` too.
        let _ = self.advance(cx);
        if let Poll::Ready(sent) = self.relay.quietly(|cx| sending.poll(cx)) {
            return Poll::Ready(sent.map_err(Unanswered::of));
        }
        if self.is_late() {
            return Poll::Ready(Err(Unanswered::Failed(SendError::ResponseTimeout)));
        }
        Poll::Pending
    }

    /// Lets the connection do all that it can do now, and tells what broke it.
    pub(crate) fn advance(&mut self, cx: &Context<'_>) -> Result<(), hyper::Error> {
        let Driven::Open(connection) = &mut self.driven else {
            return Ok(());
        };
        self.relay.follow(cx.waker());
        let mut inner = Context::from_waker(self.relay.waker());
        let Poll::Ready(ended) = connection.poll_without_shutdown(&mut inner) else {
            return Ok(());
        };
        // A request that is still queued comes back as soon as the connection is taken apart.
        if let Driven::Open(connection) = std::mem::replace(&mut self.driven, Driven::Gone) {
            let parts = connection.into_parts();
            self.driven = Driven::Ended(parts.io.into_inner(), parts.read_buf);
        }
        ended
    }

    /// Nobody waits for this connection any more.
    pub(crate) fn rest(&mut self, now: Instant) {
        self.relay.forget();
        self.idle_since = now;
    }

    /// For the body of the answer that has begun.
    pub(crate) fn lend(mut self: Box<Self>, home: Arc<Shelf<B>>) -> Box<dyn Lent> {
        self.home = Some(home);
        self
    }

    /// The stream, if the connection ended by switching protocols.
    pub(crate) fn into_upgraded(self) -> Option<Upgraded> {
        match self.driven {
            Driven::Ended(stream, read_ahead) => {
                Some(Upgraded::new(stream, read_ahead, self.place))
            }
            Driven::Open(_) | Driven::Gone => None,
        }
    }

    fn is_late(&mut self) -> bool {
        loop {
            let mut inner = Context::from_waker(self.relay.waker());
            if self.alarm.as_mut().poll(&mut inner).is_pending() {
                return false;
            }
            let now = Instant::now();
            let deadline = self.pace.deadline(self.limit, now);
            if now >= deadline {
                return true;
            }
            self.alarm.as_mut().reset(deadline);
        }
    }
}

impl<B: RequestBody> Lent for Link<B> {
    fn poll_frame(
        &mut self,
        incoming: &mut Incoming,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let next = self
            .relay
            .quietly(|cx| Pin::new(&mut *incoming).poll_frame(cx));
        if next.is_ready() {
            return next;
        }
        let broke = self.advance(cx);
        let next = self
            .relay
            .quietly(|cx| Pin::new(&mut *incoming).poll_frame(cx));
        // hyper tells the body only that there was an error, and the connection which one.
        next.map_err(|error| broke.err().unwrap_or(error))
    }

    fn give_back(mut self: Box<Self>) {
        if !self.is_ready() {
            let _ = self.advance(&Context::from_waker(Waker::noop()));
        }
        if let Some(home) = self.home.take()
            && !self.place.totals().are_scarce()
        {
            home.put(self);
        }
    }
}

impl<B> Unanswered<B> {
    fn of(mut error: TrySendError<Request<Boxed<B>>>) -> Self {
        match error.take_message() {
            Some(request) => {
                let request = request.map(|body| body.into_inner());
                Self::Unwritten(Box::new(request), error.into_error())
            }
            None => Self::Failed(SendError::of_exchange(error.into_error())),
        }
    }
}
