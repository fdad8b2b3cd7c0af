//! An upstream's response on its way to the client: every frame passes unchanged and at once.
//!
//! The body owns the end of its call: complete, cut off, timed out or left by the client, it is noted
//! exactly once, on drop at the latest. On an event stream two things can be added, both only between
//! events: a comment after a silence, and the dialect's error event when the upstream breaks off. A
//! stream that is cut inside an event is broken off towards the client too, because half an event
//! followed by anything would be read as garbage.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Either;
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};
use tollgate_connect::AnswerError;
use tollgate_ledger::receipt::Ending;
use tollgate_policy::endpoint::Endpoint;
use tollgate_wire::events::{EventBoundary, KEEP_ALIVE, stream_error};

use crate::answer::{self, ReplyBody};
use crate::bounded::BodyError;
use crate::call::Call;
use crate::drain::Drains;
use crate::forward::Upstreamed;
use crate::rewrite;
use crate::upstream::Answer;

pin_project! {
    /// A response body that is passed on.
    pub struct RelayBody {
        // None once it has ended.
        inner: Option<Answer>,
        #[pin]
        alarm: Sleep,
        watch: Watch,
        // None only once this is dropped.
        call: Option<Box<Call>>,
        drains: Arc<Drains>,
    }

    impl PinnedDrop for RelayBody {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let (Some(inner), Some(call)) = (this.inner.take(), this.call.take()) {
                this.drains.left(inner, call);
            }
        }
    }
}

/// What is known of the stream while it passes.
struct Watch {
    events: Option<Events>,
    /// Whether parts of the stream may be held back and left out.
    filtered: bool,
    last_frame: Instant,
    idle_timeout: Duration,
    keep_alive_every: Duration,
    ended: bool,
    /// What the next poll fails with.
    broken: Option<RelayError>,
}

/// An event stream, and the error event that belongs to it.
struct Events {
    boundary: EventBoundary,
    endpoint: Endpoint,
    request_id: String,
}

/// What passing on failed with; hyper breaks the client's connection or stream off on it.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The upstream broke off where nothing can be added.
    #[error("the upstream broke off")]
    Broken(#[source] AnswerError),
    /// The client's body broke off while it was passed on, and so did the answer.
    #[error("the request's body broke off")]
    Body(#[source] AnswerError),
    /// The upstream was silent for too long.
    #[error("the upstream was silent for too long")]
    Silent,
}

impl RelayError {
    /// Why an answer broke off. What the client's body did to it is nothing of the upstream's.
    pub(crate) fn of(error: AnswerError) -> Self {
        match BodyError::behind(&error) {
            Some(_) => Self::Body(error),
            None => Self::Broken(error),
        }
    }

    /// How a call ends that it happened to.
    pub(crate) const fn ending(&self) -> Ending {
        match self {
            Self::Broken(_) => Ending::UpstreamBroke,
            Self::Body(_) => Ending::ClientLeft,
            Self::Silent => Ending::UpstreamSilent,
        }
    }
}

/// The client's response from the upstream's.
pub(crate) fn relay(upstreamed: Upstreamed, drains: &Arc<Drains>) -> Response<ReplyBody> {
    let Upstreamed {
        response,
        mut call,
        asked_for_usage,
    } = upstreamed;
    let (mut head, inner) = response.into_parts();
    rewrite::response_headers(&mut head.headers, call.endpoint.is_none());
    answer::name_request(&call.exchange, &mut head.headers);
    answer::tell_limits(&call.exchange, call.windows(), &mut head.headers);
    let is_events = is_event_stream(&head.headers);
    let filtered = is_events && asked_for_usage;
    if filtered {
        // What we asked for in addition is taken out again.
        head.headers.remove(CONTENT_LENGTH);
    }
    let opaque = head.headers.contains_key(CONTENT_ENCODING);
    call.metered(is_events, filtered, opaque);
    let takes_comments = is_events && !head.headers.contains_key(CONTENT_LENGTH);
    let events = call.endpoint.filter(|_| takes_comments);
    let events = events.map(|endpoint| Events {
        boundary: EventBoundary::default(),
        endpoint,
        request_id: call.exchange.id.to_string(),
    });
    let began = call.answered_at().unwrap_or_else(Instant::now);
    let settings = &call.exchange.settings;
    let watch = Watch {
        events,
        filtered,
        last_frame: began,
        idle_timeout: settings.idle_timeout,
        keep_alive_every: settings.keep_alive_every,
        ended: false,
        broken: None,
    };
    let alarm = sleep_until(watch.next_alarm(began));
    if inner.is_end_stream() {
        call.end(Ending::Complete, began);
    }
    let body = RelayBody {
        inner: Some(inner),
        alarm,
        watch,
        call: Some(call),
        drains: Arc::clone(drains),
    };
    Response::from_parts(head, Either::Right(body))
}

/// Whether the body is a plain event stream, in which comments can be added and usage be found.
fn is_event_stream(headers: &http::HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(|value| value.as_bytes());
    let is_events = kind.is_some_and(|kind| {
        let prefix = kind.get(..b"text/event-stream".len());
        prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"text/event-stream"))
    });
    is_events && !headers.contains_key(CONTENT_ENCODING)
}

impl Body for RelayBody {
    type Data = Bytes;
    type Error = RelayError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, RelayError>>> {
        let mut this = self.project();
        if let Some(error) = this.watch.broken.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let (Some(inner), Some(call), false) = (&mut this.inner, &mut this.call, this.watch.ended)
        else {
            return Poll::Ready(None);
        };
        loop {
            match Pin::new(&mut *inner).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    let now = Instant::now();
                    let passed = this.watch.pass(frame, call, now);
                    if inner.is_end_stream() {
                        call.end(Ending::Complete, now);
                    }
                    if let Some(frame) = passed {
                        return Poll::Ready(Some(Ok(frame)));
                    }
                }
                Poll::Ready(Some(Err(_))) if this.watch.is_whole(call) => {
                    return Poll::Ready(this.watch.finish(call, Instant::now()));
                }
                Poll::Ready(Some(Err(error))) => {
                    let error = RelayError::of(error);
                    call.end(error.ending(), Instant::now());
                    let last = this.watch.break_off(error);
                    let Some(Err(error)) = last else {
                        return Poll::Ready(last);
                    };
                    // What was passed on is flushed first: hyper drops what it has not sent.
                    this.watch.broken = Some(error);
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Ready(None) => {
                    return Poll::Ready(this.watch.finish(call, Instant::now()));
                }
                Poll::Pending => break,
            }
        }
        loop {
            ready!(this.alarm.as_mut().poll(cx));
            let now = Instant::now();
            let is_silent = now >= this.watch.last_frame + this.watch.idle_timeout;
            if is_silent && this.watch.is_whole(call) {
                return Poll::Ready(this.watch.finish(call, now));
            }
            if is_silent {
                let error = RelayError::Silent;
                call.end(error.ending(), now);
                return Poll::Ready(this.watch.break_off(error));
            }
            let comment = this.watch.comment_is_due(now);
            this.alarm.as_mut().reset(this.watch.next_alarm(now));
            if comment {
                let comment = Bytes::from_static(KEEP_ALIVE);
                return Poll::Ready(Some(Ok(Frame::data(comment))));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        // What a filter holds back comes after the end of what it reads.
        let read = self.inner.as_ref().is_none_or(Body::is_end_stream);
        let over = self.watch.ended || (read && !self.watch.filtered);
        over && self.watch.broken.is_none()
    }

    /// What was announced is passed on; an event stream announces nothing, so comments fit in.
    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Some(inner) if self.watch.events.is_none() && !self.watch.filtered => inner.size_hint(),
            _ => SizeHint::default(),
        }
    }
}

impl Watch {
    /// What of a frame is passed on; nothing where a filter holds all of it back.
    fn pass(&mut self, frame: Frame<Bytes>, call: &mut Call, now: Instant) -> Option<Frame<Bytes>> {
        self.last_frame = now;
        let data = match frame.into_data() {
            Ok(data) => call.read(data, now),
            Err(trailers) => {
                // Nothing comes after trailers, and nobody asks for more.
                let rest = call.rest(now);
                call.end(Ending::Complete, now);
                let rest = (!rest.is_empty()).then(|| Frame::data(rest));
                return rest.or(Some(trailers));
            }
        };
        if data.is_empty() {
            return None;
        }
        if let Some(events) = &mut self.events {
            events.boundary.push(&data);
        }
        Some(Frame::data(data))
    }

    /// Whether the stream has said that it is at its end, so that it does not matter how the upstream
    /// ends the connection.
    fn is_whole(&self, call: &Call) -> bool {
        let at_boundary = |events: &Events| events.boundary.at_boundary();
        call.is_settled() && self.events.as_ref().is_some_and(at_boundary)
    }

    /// Ends the stream with what was held back of it.
    fn finish(
        &mut self,
        call: &mut Call,
        now: Instant,
    ) -> Option<Result<Frame<Bytes>, RelayError>> {
        self.ended = true;
        let rest = call.rest(now);
        call.end(Ending::Complete, now);
        (!rest.is_empty()).then(|| Ok(Frame::data(rest)))
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
