//! A client's body under a bound and a deadline, whether it is read here or passed through.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};
use tollgate_wire::answer::Fault;

use crate::arriving::Arriving;
use crate::settings::Settings;
use crate::stop::Stop;

/// A client's body. Every piece must come in time, and all of them must fit.
pub(crate) struct BoundedBody<B = Arriving> {
    inner: B,
    limit: u64,
    received: u64,
    deadline: Deadline,
    alarm: Option<Pin<Box<Sleep>>>,
}

/// What is wrong with a client's body. It is the client's fault, never the upstream's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// More bytes than are allowed.
    #[error("the body has more than {0} bytes")]
    TooLarge(u64),
    /// The body stalled, or came too slowly.
    #[error("the body did not come in time")]
    TooSlow,
    /// The connection broke or the framing is wrong.
    #[error("the body ended early or cannot be read")]
    Broken(#[source] hyper::Error),
}

/// The longest pause that what came fast can buy.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// When the next piece must be there: soon at first, then as the least rate demands.
struct Deadline {
    at: Instant,
    /// Since when nobody waits for a piece: that time is not the client's.
    unasked: Option<Instant>,
    /// The least rate, in bytes per second.
    rate: u32,
}

impl<B: Body<Data = Bytes>> BoundedBody<B> {
    /// `most` is how many bytes are taken.
    pub(crate) fn new(inner: B, most: usize, settings: &Settings) -> Self {
        let now = Instant::now();
        let deadline = Deadline {
            at: now + settings.body_first_byte,
            unasked: Some(now),
            rate: settings.body_rate.max(1),
        };
        let limit = most as u64;
        Self {
            inner,
            limit,
            received: 0,
            deadline,
            alarm: None,
        }
    }

    fn accept(&mut self, frame: Frame<Bytes>, now: Instant) -> Result<Frame<Bytes>, BodyError> {
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        self.received = self.received.saturating_add(bytes as u64);
        self.alarm = None;
        self.deadline.received(bytes as u64, now);
        if self.received > self.limit {
            return Err(BodyError::TooLarge(self.limit));
        }
        Ok(frame)
    }
}

impl<B: Body<Data = Bytes, Error = hyper::Error> + Unpin> Body for BoundedBody<B> {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let now = Instant::now();
        self.deadline.asked(now);
        match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(self.accept(frame, now))),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(BodyError::Broken(error)))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => {
                let at = self.deadline.at;
                let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(at)));
                match alarm.as_mut().poll(cx) {
                    Poll::Ready(()) => Poll::Ready(Some(Err(BodyError::TooSlow))),
                    Poll::Pending => Poll::Pending,
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl BodyError {
    /// What stops the walk.
    pub(crate) fn stop(&self) -> Stop {
        match self {
            Self::TooLarge(limit) => Fault::BodyTooLarge { limit: *limit }.into(),
            Self::TooSlow => Fault::RequestTimeout.into(),
            Self::Broken(_) => Stop::Malformed(self.to_string()),
        }
    }

    /// The body's error that another error was caused by, if it was.
    pub(crate) fn behind<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Self> {
        let mut causes = std::iter::successors(Some(error), |error| error.source());
        causes.find_map(|cause| cause.downcast_ref())
    }
}

impl Deadline {
    /// A piece is waited for from now on.
    fn asked(&mut self, now: Instant) {
        if let Some(since) = self.unasked.take() {
            self.at += now.saturating_duration_since(since);
        }
    }

    /// What was received buys time at the least rate, on top of what is left; of that, no more than
    /// for a pause.
    fn received(&mut self, bytes: u64, now: Instant) {
        let bought = self.at + Duration::from_secs(bytes) / self.rate;
        self.at = bought.min(now + LONGEST_PAUSE).max(self.at);
        self.unasked = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use tokio::sync::mpsc;
    use tokio::time::{advance, timeout};

    use super::*;

    /// What comes through a channel.
    struct Sent(mpsc::UnboundedReceiver<Bytes>);

    impl Body for Sent {
        type Data = Bytes;
        type Error = hyper::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
            let received = self.0.poll_recv(cx);
            received.map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn time_runs_only_while_a_piece_is_waited_for() {
        let second = Duration::from_secs;
        let settings = Settings {
            body_first_byte: second(10),
            body_rate: 1024,
            ..Settings::default()
        };
        let (client, sent) = mpsc::unbounded_channel();
        let mut body = BoundedBody::new(Sent(sent), 1 << 20, &settings);
        // Nobody asks the client for it.
        advance(second(100)).await;
        assert!(timeout(second(9), body.frame()).await.is_err());
        for _ in 0..2 {
            client.send(Bytes::from_static(&[0; 2048])).unwrap();
            body.frame().await.unwrap().unwrap();
            // The upstream takes no more for now.
            advance(second(100)).await;
        }
        // Of its first ten seconds one is left, and each piece was worth two.
        assert!(timeout(second(4), body.frame()).await.is_err());
        let late = timeout(second(2), body.frame()).await.unwrap();
        assert!(matches!(late, Some(Err(BodyError::TooSlow))));
    }

    #[test]
    fn what_came_fast_buys_a_pause_and_no_more() {
        let begun = Instant::now();
        let mut deadline = Deadline {
            at: begun + Duration::from_secs(10),
            unasked: None,
            rate: 1024,
        };
        let second = |seconds| begun + Duration::from_secs(seconds);
        deadline.received(2048, second(9));
        assert_eq!(deadline.at, second(12));
        deadline.received(31 << 20, second(11));
        assert_eq!(deadline.at, second(41));
        // From then on, each second takes its share of bytes.
        deadline.received(1, second(40));
        assert!(deadline.at < second(42));
        deadline.received(1024, second(40));
        assert!(deadline.at >= second(42));
    }
}
