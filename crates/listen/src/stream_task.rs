//! The tasks of HTTP/2's streams. hyper waits without end for a client to make room on one; such a
//! stream is ended here, and the others of its connection go on.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, ready};

use hyper::rt::Executor;
use pin_project_lite::pin_project;
use tokio::task::futures::TaskLocalFuture;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::crowd::{Crowd, Stall, Unread};

tokio::task_local! {
    /// The stream whose task this is.
    static HANDED: Arc<Handed>;
}

/// What of an answer was handed over, and whether its client has room for more.
#[derive(Debug, Default)]
pub(crate) struct Handed {
    /// Pieces that were handed over, its head among them.
    pieces: AtomicU32,
    /// The pieces by which more was asked for: as many as were handed over, unless there is no room.
    asked_after: AtomicU32,
}

impl Handed {
    /// That of the task that this is called in, where it is a stream's.
    pub(crate) fn of_task() -> Option<Arc<Self>> {
        HANDED.try_with(Arc::clone).ok()
    }

    /// A piece is handed over.
    pub(crate) fn piece(&self) {
        self.pieces.fetch_add(1, Ordering::AcqRel);
    }

    /// There is room for another piece, or no other is to come.
    pub(crate) fn asked(&self) {
        let pieces = self.pieces.load(Ordering::Acquire);
        self.asked_after.store(pieces, Ordering::Release);
    }

    /// After how many pieces there is no room; none where there is.
    fn stalled_after(&self) -> Option<u32> {
        let pieces = self.pieces.load(Ordering::Acquire);
        (self.asked_after.load(Ordering::Acquire) != pieces).then_some(pieces)
    }
}

/// Runs what hyper has run for each stream.
#[derive(Debug, Clone)]
pub(crate) struct StreamTasks {
    /// How long a client may leave a stream without room.
    pub(crate) stall: Stall,
    /// Whom such a client is one of.
    pub(crate) crowd: Arc<Crowd>,
}

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for StreamTasks {
    fn execute(&self, stream: F) {
        let handed = Arc::<Handed>::default();
        tokio::spawn(StreamTask {
            stream: HANDED.scope(Arc::clone(&handed), stream),
            handed,
            stall: self.stall,
            crowd: Arc::clone(&self.crowd),
            alarm: None,
        });
    }
}

pin_project! {
    struct StreamTask<F> {
        #[pin]
        stream: TaskLocalFuture<Arc<Handed>, F>,
        handed: Arc<Handed>,
        stall: Stall,
        crowd: Arc<Crowd>,
        alarm: Option<Pin<Box<Alarm>>>,
    }
}

pin_project! {
    /// When a stream without room is ended for that.
    struct Alarm {
        // After how many pieces there was none.
        pieces: u32,
        unread: Unread,
        #[pin]
        timer: Sleep,
    }
}

impl Alarm {
    fn new(pieces: u32, stall: Stall, crowd: &Arc<Crowd>) -> Self {
        let unread = Unread::since(Instant::now(), stall, crowd);
        Self {
            pieces,
            timer: sleep_until(unread.check()),
            unread,
        }
    }

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        loop {
            ready!(this.timer.as_mut().poll(cx));
            match this.unread.next() {
                Some(check) => this.timer.as_mut().reset(check),
                None => return Poll::Ready(()),
            }
        }
    }
}

impl<F: Future> Future for StreamTask<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        if this.stream.poll(cx).is_ready() {
            return Poll::Ready(());
        }
        let Some(pieces) = this.handed.stalled_after() else {
            *this.alarm = None;
            return Poll::Pending;
        };
        if this.alarm.as_ref().is_some_and(|one| one.pieces != pieces) {
            *this.alarm = None;
        }
        let new = || Box::pin(Alarm::new(pieces, *this.stall, this.crowd));
        // Where it is up, the stream is reset by being dropped.
        this.alarm.get_or_insert_with(new).as_mut().poll(cx)
    }
}
