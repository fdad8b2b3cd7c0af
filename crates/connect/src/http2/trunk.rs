//! One HTTP/2 connection, and the places for streams on it.

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use futures_util::task::AtomicWaker;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http2::{Builder, Connection, SendRequest};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::time::{Instant, timeout_at};

use super::socket::Socket;
use super::task::{End, Sending, Tasks, driving};
use super::watched::Watched;
use crate::error::SendError;
use crate::pace::{Pace, Paced};
use crate::place::{Place, Totals};
use crate::request::{BoxError, RequestBody};
use crate::stream::Stream;

/// What an upstream may send of one answer before it is read.
const STREAM_WINDOW: u32 = 64 << 10;
/// The same for all answers of a connection together.
const CONNECTION_WINDOW: u32 = 16 << 20;
/// Streams on a connection, whatever the upstream allows: fewer than leave no window to the others
/// where nobody reads their answers.
const MOST_STREAMS: usize = (CONNECTION_WINDOW / STREAM_WINDOW) as usize - 1;
/// The silence after which an upstream with open streams is asked whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(20);
/// How long it may take to say so.
const PING_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest head of an answer, in bytes.
const HEAD: u32 = 64 << 10;

type Http2 = Connection<TokioIo<Socket>, Watched, Tasks>;

/// A connection that any number of requests share.
pub(super) struct Trunk {
    sender: SendRequest<Watched>,
    load: Arc<Load>,
}

/// One connection and its streams, shared with the task that drives it.
struct Load {
    /// Also asked how many streams the upstream allows; gone at its end. Streams are added while it
    /// is locked.
    connection: Mutex<Option<Http2>>,
    driver: AtomicWaker,
    /// Told when there is no stream and no connection to put one on.
    socket: Arc<End>,
    streams: AtomicUsize,
    idle_since: Mutex<Instant>,
    totals: Arc<Totals>,
}

/// The right to one stream.
pub(crate) struct Berth {
    sender: SendRequest<Watched>,
    pub(crate) mooring: Mooring,
}

/// Counts as a stream until it is dropped.
pub(crate) struct Mooring {
    load: Arc<Load>,
    /// The request's body, once it is answered.
    sending: Option<Arc<Sending>>,
}

/// A request, how its body is sent, and how it gets on.
pub(crate) struct Outgoing {
    request: Request<Watched>,
    sending: Arc<Sending>,
    pace: Arc<Pace>,
}

/// Why a request has no answer.
pub(crate) enum Failed {
    /// It was not sent, and this is it.
    Unwritten(Box<Outgoing>, hyper::Error),
    /// It was, or may have been.
    Sent(SendError),
}

impl Outgoing {
    pub(crate) fn new<B: RequestBody>(request: Request<B>) -> Self {
        let sending = Arc::<Sending>::default();
        let pace = Pace::new(Instant::now());
        let request = request.map(|body| Watched::new(Paced::new(body, &pace), &sending));
        Self {
            request,
            sending,
            pace,
        }
    }
}

impl Trunk {
    /// Must be called in a runtime: the connection is driven by a task, which ends with it.
    pub(super) async fn new(stream: Stream, place: Place) -> Result<Self, SendError> {
        let totals = Arc::clone(place.totals());
        let socket = Arc::<End>::default();
        let tasks = Tasks {
            socket: Arc::clone(&socket),
        };
        let handshake = Builder::new(tasks)
            .timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PING_TIMEOUT)
            .max_header_list_size(HEAD)
            .handshake(TokioIo::new(Socket::new(stream, place)));
        let (sender, connection) = handshake.await.map_err(SendError::Unsent)?;
        let load = Arc::new(Load {
            connection: Mutex::new(Some(connection)),
            driver: AtomicWaker::new(),
            socket,
            streams: AtomicUsize::new(0),
            idle_since: Mutex::new(Instant::now()),
            totals,
        });
        tokio::spawn(driving(drive(Arc::clone(&load))));
        Ok(Self { sender, load })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.load.is_idle()
    }

    pub(super) fn is_stale(&self, now: Instant, idle_timeout: Duration) -> bool {
        let since = *self
            .load
            .idle_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.is_idle() && now.saturating_duration_since(since) >= idle_timeout
    }

    /// A place for a stream, if the upstream allows one more.
    pub(super) fn berth(&self) -> Option<Berth> {
        let mooring = Load::moor(&self.load)?;
        Some(Berth {
            sender: self.sender.clone(),
            mooring,
        })
    }
}

impl Load {
    fn moor(load: &Arc<Self>) -> Option<Mooring> {
        let connection = load.lock();
        let most = connection.as_ref()?.current_max_send_streams();
        if load.streams.load(Ordering::Relaxed) >= most.min(MOST_STREAMS) {
            return None;
        }
        load.streams.fetch_add(1, Ordering::Relaxed);
        Some(Mooring {
            load: Arc::clone(load),
            sending: None,
        })
    }

    fn is_idle(&self) -> bool {
        self.streams.load(Ordering::Relaxed) == 0
    }

    /// A stream is over.
    fn unmoor(&self) {
        if self.streams.fetch_sub(1, Ordering::Relaxed) != 1 {
            return;
        }
        let mut since = self
            .idle_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *since = Instant::now();
        drop(since);
        let mut connection = self.lock();
        // By now there may be a stream again.
        let closed = if self.is_idle() && self.totals.are_scarce() {
            connection.take()
        } else {
            None
        };
        self.settle(&connection);
        drop(connection);
        if closed.is_some() {
            self.driver.wake();
        }
    }

    /// Has the socket closed, where nobody has use for it any more.
    fn settle(&self, connection: &Option<Http2>) {
        if connection.is_none() && self.is_idle() {
            self.socket.soon();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Http2>> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts requests on the connection, whose socket is in a task of hyper's. Why it ended is told to the
/// requests that were on it.
async fn drive(load: Arc<Load>) {
    std::future::poll_fn(|cx| {
        load.driver.register(cx.waker());
        let mut shared = load.lock();
        let Some(open) = shared.as_mut() else {
            return Poll::Ready(());
        };
        let ended = Pin::new(open).poll(cx).map(drop);
        if ended.is_ready() {
            // Requests that are still queued go back to their senders.
            let closed = shared.take();
            load.settle(&shared);
            drop(shared);
            drop(closed);
        }
        ended
    })
    .await;
}

impl Berth {
    /// Sends a request and waits for the head of its answer, for so long from now and from when the
    /// last of its body was taken.
    ///
    /// CANCEL: dropping it resets the stream.
    pub(crate) async fn exchange(
        &mut self,
        outgoing: Outgoing,
        limit: Duration,
    ) -> Result<Response<Incoming>, Failed> {
        let Outgoing {
            request,
            sending,
            pace,
        } = outgoing;
        let mut now = Instant::now();
        pace.taken(now);
        let mut answer = pin!(self.sender.try_send_request(request));
        loop {
            let deadline = pace.deadline(limit, now);
            match timeout_at(deadline, answer.as_mut()).await {
                Ok(Ok(answer)) => {
                    self.mooring.sending = Some(sending);
                    return Ok(answer);
                }
                Ok(Err(error)) => return Err(failed(error, sending, pace)),
                Err(_) => now = Instant::now(),
            }
            if now >= pace.deadline(limit, now) {
                return Err(Failed::Sent(SendError::ResponseTimeout));
            }
        }
    }
}

fn failed(
    mut error: TrySendError<Request<Watched>>,
    sending: Arc<Sending>,
    pace: Arc<Pace>,
) -> Failed {
    if let Some(request) = error.take_message() {
        let outgoing = Outgoing {
            request,
            sending,
            pace,
        };
        return Failed::Unwritten(Box::new(outgoing), error.into_error());
    }
    let error = error.into_error();
    Failed::Sent(match sending.failure() {
        Some(failure) => SendError::Body(failure),
        None if was_ignored(&error) => SendError::Unsent(error),
        None => SendError::of_exchange(error),
    })
}

/// Whether the upstream told that it did not look at the request: it refused the stream, or is
/// going away and names only earlier ones as the last that it serves (RFC 9113, section 8.7).
fn was_ignored(error: &hyper::Error) -> bool {
    let cause = std::error::Error::source(error);
    let Some(cause) = cause.and_then(|cause| cause.downcast_ref::<h2::Error>()) else {
        return false;
    };
    let is_refused = cause.is_reset() && cause.reason() == Some(h2::Reason::REFUSED_STREAM);
    let is_left = cause.is_go_away() && cause.reason() == Some(h2::Reason::NO_ERROR);
    cause.is_remote() && (is_refused || is_left)
}

impl Mooring {
    /// The answer is over.
    pub(crate) fn leave(mut self) {
        if let Some(sending) = self.sending.take() {
            sending.end().soon();
        }
    }

    /// What the request's body failed with, if it did, which ends the stream.
    pub(crate) fn failure(&self) -> Option<BoxError> {
        self.sending.as_ref()?.failure()
    }
}

impl Drop for Mooring {
    fn drop(&mut self) {
        if let Some(sending) = self.sending.take() {
            sending.end().now();
        }
        self.load.unmoor();
    }
}
