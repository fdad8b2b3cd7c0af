//! A request's body whose failure is kept. hyper resets an HTTP/2 stream whose body fails, and tells
//! nobody why.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

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

/// The body, looked at as it passes.
pub(super) struct Watched<B> {
    pub(super) body: B,
    failure: Failure,
}

/// Stands for the failure that was kept.
#[derive(Debug, thiserror::Error)]
#[error("the request's body broke off")]
pub(super) struct Kept;

impl<B> Watched<B> {
    pub(super) fn new(body: B) -> (Self, Failure) {
        let failure = Failure::default();
        let watched = Self {
            body,
            failure: failure.clone(),
        };
        (watched, failure)
    }
}

impl<B: RequestBody> Body for Watched<B> {
    type Data = Bytes;
    type Error = Kept;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Kept>>> {
        let this = self.get_mut();
        Pin::new(&mut this.body).poll_frame(cx).map_err(|error| {
            this.failure.set(error.into());
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
