//! What a connection is doing: written by its socket and its requests, read by its deadlines.
//!
//! hyper knows no deadline for an idle connection, or towards a client that does not read. Nothing
//! here takes a lock or looks at a clock: those who write count, and who reads (see `deadline`) asks
//! for the time only if something has changed.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::service::Ending;
use crate::stream_task::Handed;

/// The order is that of one task's own steps nearly always; the waker orders the rest.
const ORDER: Ordering = Ordering::AcqRel;
const SEEN: Ordering = Ordering::Acquire;
/// The most that is handed over at once over HTTP/2, in bytes: that a client reads is seen as more is
/// asked for. Frames are rarely longer there anyway.
const PIECE: usize = 16 << 10;

/// The life of one connection, seen from its socket and from its requests.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    /// Requests that have come.
    begun: AtomicU32,
    /// Requests whose answer has not been handed over whole.
    running: AtomicU32,
    /// Part of a head has come.
    partial: AtomicBool,
    /// Which request's body is still coming, by the count of requests; 0 for none.
    arriving: AtomicU32,
    /// The client does not read what is waiting for it.
    stalled: AtomicBool,
    /// Times that it began not to.
    stalls: AtomicU32,
    /// The end of the last request wakes the connection's task, which is not at work on it.
    heeded: AtomicBool,
    signals: Signals,
    /// How it ends, where it is known before.
    fate: OnceLock<Ending>,
    /// The connection's own task.
    task: AtomicWaker,
    /// Whoever reads from the socket once it is not hyper any more.
    reader: AtomicWaker,
}

/// What is said once, and holds.
#[derive(Debug, Default)]
struct Signals {
    /// The listener ends: no further requests.
    draining: AtomicBool,
    /// The time for a head is up.
    head_late: AtomicBool,
    /// The last answer changed the protocol.
    switched: AtomicBool,
    /// Nothing but the end is to come.
    closing: AtomicBool,
    /// The connection has no right to go on.
    cut: AtomicBool,
    /// The socket is gone.
    closed: AtomicBool,
}

/// What of a pulse decides about deadlines. A deadline runs from its last change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Beat {
    pub(crate) begun: u32,
    pub(crate) running: bool,
    pub(crate) partial: bool,
    pub(crate) stalled: bool,
    pub(crate) stalls: u32,
    pub(crate) draining: bool,
    pub(crate) closing: bool,
}

impl Pulse {
    /// A request has come.
    pub(crate) fn request(self: &Arc<Self>) -> Running {
        let number = self.begun.fetch_add(1, ORDER).wrapping_add(1);
        self.running.fetch_add(1, ORDER);
        Running {
            pulse: Arc::clone(self),
            number,
        }
    }

    pub(crate) fn beat(&self) -> Beat {
        Beat {
            begun: self.begun.load(SEEN),
            running: self.is_running(),
            partial: self.partial.load(SEEN),
            stalled: self.stalled.load(SEEN),
            stalls: self.stalls.load(SEEN),
            draining: self.is_draining(),
            closing: self.signals.closing.load(SEEN),
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.running.load(SEEN) > 0
    }

    /// Tells whether part of a head has come.
    pub(crate) fn partial(&self, partial: bool) {
        self.partial.store(partial, Ordering::Release);
    }

    /// Tells of which request, by their count, the body is still coming; 0 for none.
    pub(crate) fn arriving(&self, request: u32) {
        self.arriving.store(request, Ordering::Release);
    }

    /// Tells that the client began, or ceased, to let things wait.
    pub(crate) fn stalled(&self, stalled: bool) {
        self.stalled.store(stalled, Ordering::Release);
        self.stalls.fetch_add(u32::from(stalled), ORDER);
    }

    /// From now on the end of the last request wakes the connection's task.
    pub(crate) fn heed(&self) {
        self.heeded.store(true, Ordering::Release);
    }

    /// Registers the connection's task, which is woken by each signal.
    pub(crate) fn register(&self, cx: &Context<'_>) {
        self.task.register(cx.waker());
    }

    /// Registers who reads from the socket in hyper's place.
    pub(crate) fn register_reader(&self, cx: &Context<'_>) {
        self.reader.register(cx.waker());
    }

    pub(crate) fn drain(&self) {
        self.signal(&self.signals.draining);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.signals.draining.load(SEEN)
    }

    /// Resolves once no further request is wanted.
    pub(crate) async fn drained(&self) {
        std::future::poll_fn(|cx| {
            self.register(cx);
            ready_if(self.is_draining())
        })
        .await;
    }

    pub(crate) fn head_late(&self) {
        self.signal(&self.signals.head_late);
    }

    pub(crate) fn is_head_late(&self) -> bool {
        self.signals.head_late.load(SEEN)
    }

    pub(crate) fn closing(&self) {
        self.signals.closing.store(true, Ordering::Release);
    }

    /// Tells how the connection ends, where hyper would tell less.
    pub(crate) fn doom(&self, ending: Ending) {
        let _ = self.fate.set(ending);
    }

    pub(crate) fn fate(&self) -> Option<Ending> {
        self.fate.get().copied()
    }

    pub(crate) fn switch(&self) {
        self.signal(&self.signals.switched);
    }

    pub(crate) fn is_switched(&self) -> bool {
        self.signals.switched.load(SEEN)
    }

    /// Ends the connection, whoever has its socket.
    pub(crate) fn cut(&self) {
        self.signal(&self.signals.cut);
        self.reader.wake();
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.signals.cut.load(SEEN)
    }

    pub(crate) fn close(&self) {
        self.signal(&self.signals.closed);
    }

    /// Resolves once the socket is gone.
    pub(crate) async fn closed(&self) {
        std::future::poll_fn(|cx| {
            self.register(cx);
            ready_if(self.signals.closed.load(SEEN))
        })
        .await;
    }

    fn signal(&self, signal: &AtomicBool) {
        signal.store(true, Ordering::Release);
        self.task.wake();
    }
}

fn ready_if(ready: bool) -> Poll<()> {
    if ready {
        Poll::Ready(())
    } else {
        Poll::Pending
    }
}

/// A request that is being answered. It ends when this is dropped.
pub(crate) struct Running {
    pulse: Arc<Pulse>,
    /// Which request of its connection it is, from 1.
    number: u32,
}

impl Running {
    pub(crate) fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// Whether some of its body has not come yet.
    pub(crate) fn is_arriving(&self) -> bool {
        self.pulse.arriving.load(SEEN) == self.number
    }

    /// Ties the end of the request to the end of its answer.
    pub(crate) fn until<B>(self, body: B) -> Last<B> {
        let handed = Handed::of_task();
        if let Some(handed) = &handed {
            handed.piece();
        }
        Last {
            body,
            running: self,
            handed,
            rest: Bytes::new(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let others = self.pulse.running.fetch_sub(1, ORDER) > 1;
        if !others && self.pulse.heeded.load(SEEN) {
            self.pulse.task.wake();
        }
    }
}

pin_project! {
    /// A body whose end is the end of its request.
    pub(crate) struct Last<B> {
        #[pin]
        body: B,
        running: Running,
        // Over HTTP/2.
        handed: Option<Arc<Handed>>,
        // Over HTTP/2, what of a frame was not handed over yet.
        rest: Bytes,
    }
}

impl<B: Body<Data = Bytes>> Body for Last<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        let Some(handed) = this.handed else {
            return this.body.poll_frame(cx);
        };
        handed.asked();
        if this.rest.is_empty() {
            match ready!(this.body.poll_frame(cx)).map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(bytes))) => *this.rest = bytes,
                Some(Ok(Err(frame))) => {
                    handed.piece();
                    return Poll::Ready(Some(Ok(frame)));
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
        handed.piece();
        let piece = this.rest.split_to(this.rest.len().min(PIECE));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, body) = (self.rest.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(body.lower().saturating_add(rest));
        if let Some(upper) = body.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint
    }
}
