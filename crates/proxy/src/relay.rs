//! An upstream's response on its way to the client: every frame passes unchanged and at once.
//!
//! The body owns the end of its call: complete, cut off, timed out or left by the client, it is noted
//! exactly once, on drop at the latest. On an event stream two things can be added, both only between
//! events: a comment after a silence, and the dialect's error event when the upstream breaks off. A
//! stream that is cut inside an event is broken off towards the client too, because half an event
//! followed by anything would be read as garbage.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Either;
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};
use tollgate_policy::endpoint::Endpoint;
use tollgate_wire::events::{EventBoundary, KEEP_ALIVE, stream_error};

use crate::answer::{self, ReplyBody};
use crate::call::{Call, Ending};
use crate::rewrite;
use crate::settings::Settings;

pin_project! {
    /// A response body that is passed on.
    pub(crate) struct RelayBody {
        #[pin]
        inner: Incoming,
        #[pin]
        alarm: Sleep,
        watch: Watch,
        call: Call,
    }
}

/// What is known of the stream while it passes.
struct Watch {
    events: Option<Events>,
    last_frame: Instant,
    idle_timeout: Duration,
    keep_alive_every: Duration,
    ended: bool,
}

/// An event stream, and the error event that belongs to it.
struct Events {
    boundary: EventBoundary,
    endpoint: Endpoint,
    request_id: String,
}

/// What passing on failed with; hyper breaks the client's connection or stream off on it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RelayError {
    /// The upstream broke off where nothing can be added.
    #[error("the upstream broke off")]
    Broken(#[source] hyper::Error),
    /// The upstream was silent for too long.
    #[error("the upstream was silent for too long")]
    Silent,
}

/// The client's response from the upstream's.
pub(crate) fn relay(
    response: Response<Incoming>,
    endpoint: Option<Endpoint>,
    mut call: Call,
    settings: &Settings,
) -> Response<ReplyBody> {
    let (mut head, inner) = response.into_parts();
    rewrite::response_headers(&mut head.headers, endpoint.is_none());
    answer::name_request(&call.exchange, &mut head.headers);
    let is_events = is_event_stream(&head.headers);
    let events = endpoint.filter(|_| is_events).map(|endpoint| Events {
        boundary: EventBoundary::default(),
        endpoint,
        request_id: call.exchange.id.to_string(),
    });
    let now = Instant::now();
    let watch = Watch {
        events,
        last_frame: now,
        idle_timeout: settings.idle_timeout,
        keep_alive_every: settings.keep_alive_every,
        ended: false,
    };
    let alarm = sleep_until(watch.next_alarm(now));
    if inner.is_end_stream() {
        call.end(Ending::Complete);
    }
    let body = RelayBody {
        inner,
        alarm,
        watch,
        call,
    };
    Response::from_parts(head, Either::Right(body))
}

/// Whether comments can be added: a plain event stream whose length was not announced.
fn is_event_stream(headers: &http::HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(|value| value.as_bytes());
    let is_events = kind.is_some_and(|kind| {
        let prefix = kind.get(..b"text/event-stream".len());
        prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"text/event-stream"))
    });
    is_events && !headers.contains_key(CONTENT_ENCODING) && !headers.contains_key(CONTENT_LENGTH)
}

impl Body for RelayBody {
    type Data = Bytes;
    type Error = RelayError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, RelayError>>> {
        let mut this = self.project();
        if this.watch.ended {
            return Poll::Ready(None);
        }
        match this.inner.as_mut().poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                this.watch.saw(&frame, this.call);
                if this.inner.is_end_stream() {
                    this.call.end(Ending::Complete);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                this.call.end(Ending::UpstreamBroke);
                Poll::Ready(this.watch.break_off(RelayError::Broken(error)))
            }
            Poll::Ready(None) => {
                this.watch.ended = true;
                this.call.end(Ending::Complete);
                Poll::Ready(None)
            }
            Poll::Pending => loop {
                ready!(this.alarm.as_mut().poll(cx));
                let now = Instant::now();
                if now >= this.watch.last_frame + this.watch.idle_timeout {
                    this.call.end(Ending::UpstreamSilent);
                    return Poll::Ready(this.watch.break_off(RelayError::Silent));
                }
                let comment = this.watch.comment_is_due(now);
                this.alarm.as_mut().reset(this.watch.next_alarm(now));
                if comment {
                    let comment = Bytes::from_static(KEEP_ALIVE);
                    return Poll::Ready(Some(Ok(Frame::data(comment))));
                }
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.watch.ended || self.inner.is_end_stream()
    }

    /// What was announced is passed on; an event stream announces nothing, so comments fit in.
    fn size_hint(&self) -> SizeHint {
        if self.watch.events.is_some() {
            SizeHint::default()
        } else {
            self.inner.size_hint()
        }
    }
}

impl Watch {
    fn saw(&mut self, frame: &Frame<Bytes>, call: &mut Call) {
        self.last_frame = Instant::now();
        let Some(data) = frame.data_ref() else {
            return;
        };
        call.passed(data.len());
        if let Some(events) = &mut self.events {
            events.boundary.push(data);
        }
    }

    /// Ends the stream towards the client: by an error event where one fits, else by breaking off.
    fn break_off(&mut self, error: RelayError) -> Option<Result<Frame<Bytes>, RelayError>> {
        self.ended = true;
        match &self.events {
            Some(events) if events.boundary.at_boundary() => {
                Some(Ok(Frame::data(events.error(&error))))
            }
            _ => Some(Err(error)),
        }
    }

    fn comment_is_due(&self, now: Instant) -> bool {
        let fits = self
            .events
            .as_ref()
            .is_some_and(|events| events.boundary.at_boundary());
        fits && now >= self.last_frame + self.keep_alive_every
    }

    /// The next moment at which a silence may mean something.
    fn next_alarm(&self, now: Instant) -> Instant {
        let end = self.last_frame + self.idle_timeout;
        if self.events.is_none() {
            return end;
        }
        let since_frame = self.last_frame + self.keep_alive_every;
        let comment = if since_frame > now {
            since_frame
        } else {
            now + self.keep_alive_every
        };
        comment.min(end)
    }
}

impl Events {
    fn error(&self, error: &RelayError) -> Bytes {
        let message = format!("{error} before the answer was complete");
        Bytes::from(stream_error(
            self.endpoint.dialect(),
            self.endpoint,
            &message,
            &self.request_id,
        ))
    }
}
