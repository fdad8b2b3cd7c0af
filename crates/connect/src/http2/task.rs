//! The tasks that hyper has run for a connection: one for its socket, and one for each body of a
//! request that does not leave at once. By itself hyper ends them only when the upstream has taken
//! everything, which it may never do. Here a body ends with its answer, and a socket with its last
//! stream.

use std::cell::Cell;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use hyper::rt::Executor;
use pin_project_lite::pin_project;
use tokio::task::futures::TaskLocalFuture;
use tokio::time::{Sleep, sleep};

use crate::request::BoxError;

/// How long a body may go on after its answer is over.
const BODY: Duration = Duration::from_secs(5);
/// How long a socket may stay after its last stream, where there is no next one: what is left are
/// goodbyes, and pieces for which the upstream makes no room.
const SOCKET: Duration = Duration::from_secs(10);

tokio::task_local! {
    /// Whose body was last asked for a piece, in the task that drives a connection: hyper asks for
    /// the first one there, right before it has a task run for the others.
    static ASKED: Cell<Option<Arc<Sending>>>;
}

/// Lets what drives a connection be followed by [`Tasks`].
pub(super) fn driving<F: Future>(drive: F) -> TaskLocalFuture<Cell<Option<Arc<Sending>>>, F> {
    ASKED.scope(Cell::new(None), drive)
}

/// Tells a task when it is to end.
#[derive(Default)]
pub(super) struct End {
    when: AtomicU8,
    task: AtomicWaker,
}

const SOON: u8 = 1;
const NOW: u8 = 2;

impl End {
    pub(super) fn now(&self) {
        self.tell(NOW);
    }

    /// After some time in which it may come to its end by itself.
    pub(super) fn soon(&self) {
        self.tell(SOON);
    }

    fn tell(&self, when: u8) {
        self.when.fetch_max(when, Ordering::SeqCst);
        self.task.wake();
    }
}

impl AsRef<End> for End {
    fn as_ref(&self) -> &End {
        self
    }
}

/// The body of a request on its way.
#[derive(Default)]
pub(super) struct Sending {
    failure: Mutex<Option<BoxError>>,
    end: End,
}

impl Sending {
    /// What the body failed with, if it did.
    pub(super) fn failure(&self) -> Option<BoxError> {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.take()
    }

    pub(super) fn fail(&self, error: BoxError) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    /// The body is asked for a piece.
    pub(super) fn asked(self: &Arc<Self>) {
        // In the body's own task nobody has to know.
        let _ = ASKED.try_with(|asked| asked.set(Some(Arc::clone(self))));
    }

    pub(super) fn end(&self) -> &End {
        &self.end
    }
}

impl AsRef<End> for Sending {
    fn as_ref(&self) -> &End {
        &self.end
    }
}

/// Runs what hyper has run for one connection.
#[derive(Clone)]
pub(super) struct Tasks {
    /// Ends the task that has the socket.
    pub(super) socket: Arc<End>,
}

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Tasks {
    fn execute(&self, task: F) {
        match ASKED.try_with(Cell::take) {
            // The rest of a body; or, where nothing is left of it, what waits for the head of the answer
            // and is over by then.
            Ok(Some(sending)) => drop(tokio::spawn(Task::new(task, sending, BODY))),
            // The same without a body: it ends with whoever waits for that head.
            Ok(None) => drop(tokio::spawn(task)),
            // Before the connection is driven, its socket is the only task.
            Err(_) => {
                let socket = Arc::clone(&self.socket);
                drop(tokio::spawn(Task::new(task, socket, SOCKET)));
            }
        }
    }
}

pin_project! {
    /// Ends by being dropped: a stream is reset then, and a socket closed.
    struct Task<F, E> {
        #[pin]
        task: F,
        end: Arc<E>,
        grace: Duration,
        alarm: Option<Pin<Box<Sleep>>>,
    }
}

impl<F, E> Task<F, E> {
    fn new(task: F, end: Arc<E>, grace: Duration) -> Self {
        Self {
            task,
            end,
            grace,
            alarm: None,
        }
    }
}

impl<F: Future, E: AsRef<End>> Future for Task<F, E> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let end = this.end.as_ref().as_ref();
        end.task.register(cx.waker());
        let when = end.when.load(Ordering::SeqCst);
        if when == NOW || this.task.poll(cx).is_ready() {
            return Poll::Ready(());
        }
        if when != SOON {
            return Poll::Pending;
        }
        let alarm = this
            .alarm
            .get_or_insert_with(|| Box::pin(sleep(*this.grace)));
        alarm.as_mut().poll(cx)
    }
}
