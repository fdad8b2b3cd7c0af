//! The body of a streamed answer: each frame on its own, at the pace asked for, broken off where
//! a script says so.

use std::fmt;
use std::iter::Peekable;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;

use crate::journal::Open;
use crate::sse::{Frame, Frames};

pub(crate) struct Paced {
    frames: Peekable<Frames>,
    between_chunks: Duration,
    cut_after: Option<u64>,
    open: Open,
    content_sent: u64,
    is_first: bool,
}

/// The end that a script asked for; the server closes the connection without a last chunk.
#[derive(Debug)]
struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("broken off as scripted")
    }
}

impl std::error::Error for Cut {}

impl Paced {
    pub(crate) fn new(
        frames: Frames,
        between_chunks: Duration,
        cut_after: Option<u64>,
        open: Open,
    ) -> Self {
        Self {
            frames: frames.peekable(),
            between_chunks,
            cut_after,
            open,
            content_sent: 0,
            is_first: true,
        }
    }

    pub(crate) fn into_body(self) -> Body {
        Body::from_stream(stream::unfold(self, |mut paced| async {
            paced.next().await.map(|frame| (frame, paced))
        }))
    }

    async fn next(&mut self) -> Option<Result<Bytes, Cut>> {
        self.wait().await;
        if self.is_at_cut() {
            self.open.end();
            self.frames = (Box::new(std::iter::empty()) as Frames).peekable();
            return Some(Err(Cut));
        }
        let frame = self.frames.next();
        if self.frames.peek().is_none() {
            // A client that has read the last frame may leave before it asks for the end.
            self.open.end();
        }
        match frame? {
            Frame::Content(bytes) => {
                self.content_sent += 1;
                Some(Ok(bytes))
            }
            Frame::Opening(bytes) | Frame::Closing(bytes) => Some(Ok(bytes)),
        }
    }

    /// Even without a pace, the server gets its turn, in which it flushes what it has: otherwise
    /// frames would leave together, and a cut would swallow those before it.
    async fn wait(&mut self) {
        if !std::mem::take(&mut self.is_first) {
            tokio::task::yield_now().await;
        }
        let is_content = matches!(self.frames.peek(), Some(Frame::Content(_)));
        if is_content && self.content_sent > 0 && !self.between_chunks.is_zero() {
            tokio::time::sleep(self.between_chunks).await;
        }
    }

    fn is_at_cut(&mut self) -> bool {
        let is_due = self.cut_after.is_some_and(|it| self.content_sent >= it);
        is_due
            && matches!(
                self.frames.peek(),
                Some(Frame::Content(_) | Frame::Closing(_))
            )
    }
}
