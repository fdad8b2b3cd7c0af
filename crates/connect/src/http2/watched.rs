//! A request's body whose failure is kept. hyper resets an HTTP/2 stream whose body fails, and tells
//! nobody why.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;

use crate::request::{BoxError, RequestBody};

/// Where the failure of a body is found.
#[derive(Clone, Default)]
pub(super) struct Failure(Arc<Mutex<Option<BoxError>>>);

impl Failure {
    /// The failure, if there was one.
    pub(super) fn take(&self) -> Option<BoxError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn set(&self, error: BoxError) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }
}

/// The body, looked at as it passes. It is the same type for all bodies: what hyper makes of a body's
/// type for HTTP/2 would put bounds on it that no caller's future could be proved to hold.
pub(super) struct Watched {
    body: Pin<Box<dyn Body<Data = Bytes, Error = BoxError> + Send>>,
    failure: Failure,
}

/// Stands for the failure that was kept.
#[derive(Debug, thiserror::Error)]
#[error("the request's body broke off")]
pub(super) struct Kept;

impl Watched {
    pub(super) fn new<B: RequestBody>(body: B, failure: &Failure) -> Self {
        Self {
            body: Box::pin(body.map_err(Into::into)),
            failure: failure.clone(),
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
        let next = self.body.as_mut().poll_frame(cx);
        next.map_err(|error| {
            self.failure.set(error);
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
