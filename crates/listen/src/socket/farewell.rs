//! The end of a socket: a refusal is written, and what a client still sends is read for a while.
//!
//! A socket that is closed with bytes unread resets the connection, and the client loses an answer
//! that it had not read yet.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Socket;
use crate::service::Service;

/// Bytes that are read after the last answer, and forgotten: many clients send all of a body before
/// they look for an answer. The time is bounded by `deadline`.
const MOST_LINGERED: usize = 64 << 20;

/// How far the end has come.
pub(super) enum Farewell {
    None,
    /// These bytes are still to be written.
    Refusal {
        bytes: Bytes,
    },
    /// The client is to be told that nothing follows, and may still send so many bytes.
    Shutdown {
        linger: usize,
    },
    /// It was told.
    Linger {
        left: usize,
    },
    Done,
}

/// An empty SETTINGS and a GOAWAY without a stream and an error: the client may try elsewhere.
pub(super) fn go_away() -> Bytes {
    Bytes::from_static(&[
        0, 0, 0, 4, 0, 0, 0, 0, 0, // SETTINGS
        0, 0, 8, 7, 0, 0, 0, 0, 0, // GOAWAY
        0, 0, 0, 0, 0, 0, 0, 0, // last stream, error code
    ])
}

impl<S: Service> Socket<S> {
    pub(super) fn poll_farewell(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            self.farewell = match &mut self.farewell {
                Farewell::None => Farewell::Shutdown {
                    linger: if self.is_in_body() || !self.held.is_empty() {
                        MOST_LINGERED
                    } else {
                        0
                    },
                },
                Farewell::Refusal { bytes } if bytes.has_remaining() => {
                    let stream = Pin::new(&mut self.stream);
                    let written = ready!(stream.poll_write(cx, bytes))?;
                    if written == 0 {
                        return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                    }
                    bytes.advance(written);
                    continue;
                }
                Farewell::Refusal { .. } => Farewell::Shutdown {
                    linger: MOST_LINGERED,
                },
                Farewell::Shutdown { linger } => {
                    ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
                    Farewell::Linger { left: *linger }
                }
                Farewell::Linger { left: 0 } => Farewell::Done,
                Farewell::Linger { left } => {
                    let mut ignored = [0; 16 << 10];
                    let mut ignored = ReadBuf::new(&mut ignored);
                    ready!(Pin::new(&mut self.stream).poll_read(cx, &mut ignored))?;
                    match ignored.filled().len() {
                        0 => Farewell::Done,
                        count => Farewell::Linger {
                            left: left.saturating_sub(count),
                        },
                    }
                }
                Farewell::Done => return Poll::Ready(Ok(())),
            };
        }
    }
}
