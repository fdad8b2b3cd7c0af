//! How the body of a request gets on while it is sent. An upstream is silent only from when it has
//! what there is: who sends the body slowly is not to be counted against it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body::{Body, Frame, SizeHint};
use tokio::time::Instant;

/// When the body of a request was last taken from.
pub(crate) struct Pace {
    base: Instant,
    /// In nanoseconds after `base`, or [`AWAITED`].
    taken: AtomicU64,
}

/// More of the body is waited for.
const AWAITED: u64 = u64::MAX;

/// A body that tells how it gets on.
pub(crate) struct Paced<B> {
    body: B,
    told: Told,
}

struct Told(Arc<Pace>);

impl Pace {
    pub(crate) fn new(now: Instant) -> Arc<Self> {
        Arc::new(Self {
            base: now,
            taken: AtomicU64::new(0),
        })
    }

    /// Something was taken, or a request begins.
    pub(crate) fn taken(&self, now: Instant) {
        let after = now.saturating_duration_since(self.base).as_nanos();
        let after = u64::try_from(after).unwrap_or(AWAITED - 1);
        self.taken.store(after, Ordering::Relaxed);
    }

    /// Until when an answer may take so long. It may turn out later, and never earlier.
    pub(crate) fn deadline(&self, limit: Duration, now: Instant) -> Instant {
        let since = match self.taken.load(Ordering::Relaxed) {
            AWAITED => now,
            after => self.base + Duration::from_nanos(after),
        };
        since + limit
    }
}

impl<B> Paced<B> {
    pub(crate) fn new(body: B, pace: &Arc<Pace>) -> Self {
        let told = Told(Arc::clone(pace));
        Self { body, told }
    }

    pub(crate) fn into_inner(self) -> B {
        self.body
    }
}

impl<B: Body + Unpin> Body for Paced<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let next = Pin::new(&mut self.body).poll_frame(cx);
        let pace = &self.told.0;
        match next {
            Poll::Pending => pace.taken.store(AWAITED, Ordering::Relaxed),
            Poll::Ready(_) => pace.taken(Instant::now()),
        }
        next
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Told {
    /// Nobody waits for more of it.
    fn drop(&mut self) {
        if self.0.taken.load(Ordering::Relaxed) == AWAITED {
            self.0.taken(Instant::now());
        }
    }
}
