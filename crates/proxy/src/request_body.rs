//! What is sent to an upstream: a body of any origin, as one type.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use tollgate_wire::body::Pieces;

use crate::bounded::BoundedBody;
use crate::spool::SpooledBody;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of a request to an upstream.
pub(crate) enum RequestBody {
    /// It was read whole and can be sent again. All of it is written at once.
    Whole(Full<Pieces>),
    /// It passes through once.
    Through(BoundedBody),
    /// A form that comes from the disk.
    Spooled(SpooledBody),
}

impl RequestBody {
    /// One that was read whole.
    pub(crate) fn whole(body: impl Into<Pieces>) -> Self {
        Self::Whole(Full::new(body.into()))
    }

    /// One without bytes.
    pub(crate) fn empty() -> Self {
        Self::whole(Bytes::new())
    }
}

impl Body for RequestBody {
    type Data = Pieces;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Pieces>, BoxError>>> {
        match &mut *self {
            Self::Whole(body) => Pin::new(body)
                .poll_frame(cx)
                .map_err(|never| match never {}),
            Self::Through(body) => in_pieces(Pin::new(body).poll_frame(cx)),
            Self::Spooled(body) => in_pieces(Pin::new(body).poll_frame(cx)),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Through(body) => body.is_end_stream(),
            Self::Spooled(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Through(body) => body.size_hint(),
            Self::Spooled(body) => body.size_hint(),
        }
    }
}

type Polled<D, E> = Poll<Option<Result<Frame<D>, E>>>;

fn in_pieces<E: Into<BoxError>>(polled: Polled<Bytes, E>) -> Polled<Pieces, BoxError> {
    polled
        .map_ok(|frame| frame.map_data(Pieces::from))
        .map_err(Into::into)
}
