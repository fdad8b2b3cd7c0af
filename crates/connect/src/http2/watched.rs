//! A request's body whose failure is kept. hyper resets an HTTP/2 stream whose body fails, and tells
//! nobody why.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::task::Sending;
use crate::request::{BoxError, RequestBody};

/// The longest piece that is given out, in bytes. hyper hands over a piece, and with the last one
/// the end of the body, as soon as there is room for its first byte: what it has handed over is not
/// taken back.
const PIECE: usize = 16 << 10;

/// The body, looked at as it passes. It is the same type for all bodies: what hyper makes of a body's
/// type for HTTP/2 would put bounds on it that no caller's future could be proved to hold.
pub(super) struct Watched {
    body: Pin<Box<dyn Body<Data = Bytes, Error = BoxError> + Send>>,
    sending: Arc<Sending>,
}

pin_project! {
    /// A body whose data are given out piece by piece.
    struct InBytes<B: Body> {
        #[pin]
        body: B,
        // What is left of a frame.
        data: Option<B::Data>,
    }
}

impl<B: RequestBody> Body for InBytes<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut this = self.project();
        while this.data.is_none() {
            let frame = match ready!(this.body.as_mut().poll_frame(cx)) {
                Some(Ok(frame)) => frame,
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                None => return Poll::Ready(None),
            };
            match frame.into_data() {
                Ok(data) => *this.data = Some(data),
                Err(frame) => {
                    // What is neither is not known yet, and passed over.
                    if let Ok(trailers) = frame.into_trailers() {
                        return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
                    }
                }
            }
        }
        let piece = this
            .data
            .as_mut()
            .map(|data| data.copy_to_bytes(data.chunk().len().min(PIECE)));
        this.data.take_if(|data| !data.has_remaining());
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let mut left = self.body.size_hint();
        let data = self.data.as_ref().map_or(0, Buf::remaining) as u64;
        if let Some(upper) = left.upper() {
            left.set_upper(upper.saturating_add(data));
        }
        left.set_lower(left.lower().saturating_add(data));
        left
    }
}

/// Stands for the failure that was kept.
#[derive(Debug, thiserror::Error)]
#[error("the request's body broke off")]
pub(super) struct Kept;

impl Watched {
    pub(super) fn new<B: RequestBody>(body: B, sending: &Arc<Sending>) -> Self {
        Self {
            body: Box::pin(InBytes { body, data: None }),
            sending: Arc::clone(sending),
        }
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = Kept;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Kept>>> {
        self.sending.asked();
        let next = self.body.as_mut().poll_frame(cx);
        next.map_err(|error| {
            self.sending.fail(error);
            Kept
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
