//! A client's body until somebody reads it, and what becomes of one that nobody wants.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::timeout;

/// The largest body that is read for nothing.
const MOST_IGNORED: u64 = 64 << 10;
/// How long the rest of such a body is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// A client's body. Whoever reads it takes it, and leaves one that has ended.
#[derive(Debug, Default)]
pub(crate) struct Arriving(Option<Incoming>);

impl Arriving {
    /// A body of which nothing was read.
    pub(crate) const fn new(body: Incoming) -> Self {
        Self(Some(body))
    }

    /// Reads what nobody wanted of a small body, for a little while, before its request is refused:
    /// only then can a connection of HTTP/1 serve another one, and some clients of HTTP/2 take an
    /// answer that comes earlier for an error. Most look for it after the body.
    ///
    /// CANCEL: dropping it leaves the rest unread.
    pub(crate) async fn exhaust(&mut self) {
        if self.is_end_stream() || self.size_hint().lower() > MOST_IGNORED {
            return;
        }
        // What is seldom needed leaves no room in the future of every request.
        let reading = Box::pin(timeout(PATIENCE, self.ignore()));
        // A connection whose request did not come whole ends with the answer.
        let _ = reading.await;
    }

    async fn ignore(&mut self) {
        let mut left = MOST_IGNORED;
        while let Some(Ok(frame)) = self.frame().await {
            let bytes = frame.data_ref().map_or(0, Bytes::len) as u64;
            let Some(rest) = left.checked_sub(bytes) else {
                return;
            };
            left = rest;
        }
    }
}

impl Body for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.0 {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let body = self.0.as_ref();
        body.map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
